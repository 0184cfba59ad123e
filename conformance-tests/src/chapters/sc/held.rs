//! A child that holds: what the tests of foreign drops leave behind.

use crate::harness::*;
use futures_util::future::{Either, select};

/// The events of a child that notices its cancel inside a shield and stays until it is let go.
#[derive(Clone, Default)]
pub(super) struct Held {
    /// The child has been polled.
    pub(super) entered: Event,
    /// The child has seen that it is cancelled.
    pub(super) noticed: Event,
    /// Lets the child go.
    pub(super) gate: Event,
    /// The last thing the child does.
    pub(super) gone: Event,
}

impl Held {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The child itself.
    pub(super) fn child(&self) -> impl Future<Output = ()> + Send + 'static {
        let held = self.clone();
        shield_with(async move |outside: Outside| {
            held.entered.set();
            outside.cancelled().await;
            held.noticed.set();
            held.gate.wait().await;
            yields(3).await;
            held.gone.set();
        })
    }

    /// Lets the child go at the end of the block that owns the guard.
    pub(super) fn let_go_at_end(&self) -> SetOnDrop {
        self.gate.set_on_drop()
    }
}

/// Polls `running` until `when` is set and then drops it, as a foreign select or timeout does.
pub(super) async fn drop_when(running: impl Future, when: &Event) {
    match select(pin!(running), when.wait()).await {
        Either::Left(_) => panic!("what was to be dropped has ended by itself"),
        Either::Right(_) => {}
    }
}
