//! tokio's clock and timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use anyrt_backend::Timer;
use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::task::coop::unconstrained;
use tokio::time::Sleep;

pin_project! {
    /// A `Sleep` that the task's cooperative budget does not hold back.
    struct TokioTimer {
        #[pin]
        sleep: Sleep,
    }
}

impl Timer for TokioTimer {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A body that has used up the budget must not hide that its deadline has passed.
        Pin::new(&mut unconstrained(self.project().sleep)).poll(cx)
    }

    fn reset(self: Pin<&mut Self>, at: Instant) {
        self.project().sleep.reset(at.into());
    }
}

/// A timer of this runtime, made from any thread.
pub(crate) fn timer(handle: &Handle, at: Instant) -> Pin<Box<dyn Timer>> {
    let _context = handle.enter();
    Box::pin(TokioTimer {
        sleep: tokio::time::sleep_until(at.into()),
    })
}

/// tokio's clock, which a test may have paused. It is found through the thread's context.
pub(crate) fn now(handle: &Handle) -> Instant {
    let _context = handle.enter();
    tokio::time::Instant::now().into_std()
}
