//! Chapter TG: task groups.
//!
//! A group is left when every child is gone, whatever ended it. The tests attack that from all sides: children that
//! spawn while the host waits, that fail or panic one after another, whose destructors are slow or panic, and cancels
//! that come from inside, from outside and while something holds. What holds for groups of spawned tasks holds for
//! local groups (TG12), so most tests are written once and made for both kinds by `both_kinds!`.

mod daemons;
mod destructors;
mod end;
mod errors;
mod group_error;
mod limit;
mod limit_queue;
mod list;
mod local;
mod memory;
mod open;
mod outcome;
mod outer;
mod outer_outcome;
mod panics;
mod panics_more;
mod shielded;
mod spawn;
mod storm;

pub use daemons::*;
pub use destructors::*;
pub use end::*;
pub use errors::*;
pub use group_error::*;
pub use limit::*;
pub use limit_queue::*;
pub use list::*;
pub use local::*;
pub use memory::*;
pub use open::*;
pub use outcome::*;
pub use outer::*;
pub use outer_outcome::*;
pub use panics::*;
pub use panics_more::*;
pub use shielded::*;
pub use spawn::*;
pub use storm::*;

use crate::harness::*;

/// Makes each test twice: for groups of spawned tasks, and under the name in `local(..)` for local groups.
///
/// In the tests `task_group`, `try_task_group`, `TaskGroup`, `TryTaskGroup` and `TaskHandle` stand for either kind.
macro_rules! both_kinds {
    ($(
        $(#[doc = $doc:literal])*
        #[local($local:ident)]
        pub fn $spawned:ident($on:ident: &Flavour) $body:block
    )*) => {$(
        $(#[doc = $doc])*
        pub fn $spawned($on: &$crate::Flavour) {
            #[allow(unused_imports)]
            use anyrt::{TaskGroup, TaskHandle, TryTaskGroup, task_group, try_task_group};
            $body
        }

        $(#[doc = $doc])*
        ///
        /// The same in a local group.
        pub fn $local($on: &$crate::Flavour) {
            #[allow(unused_imports)]
            use anyrt::{
                LocalTaskGroup as TaskGroup, LocalTaskHandle as TaskHandle, TryLocalTaskGroup as TryTaskGroup,
                local_task_group as task_group, try_local_task_group as try_task_group,
            };
            $body
        }
    )*};
}
pub(super) use both_kinds;

/// Waits until the region around is cancelled, behind a shield, so that what follows is never cut off.
pub(super) fn asked_to_stop() -> impl Future<Output = Reason> + Send + 'static {
    shield_with(async |outside: Outside| outside.cancelled().await)
}

/// A hand-written future around another that runs `last` as the last thing of its life, in its destructor.
struct WithDrop<F, D: FnOnce()> {
    inner: Pin<Box<F>>,
    last: Option<D>,
}

impl<F: Future, D: FnOnce() + Unpin> WithDrop<F, D> {
    fn new(inner: F, last: D) -> Self {
        Self {
            inner: Box::pin(inner),
            last: Some(last),
        }
    }
}

impl<F: Future, D: FnOnce() + Unpin> Future for WithDrop<F, D> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl<F, D: FnOnce()> Drop for WithDrop<F, D> {
    fn drop(&mut self) {
        if let Some(last) = self.last.take() {
            last();
        }
    }
}
