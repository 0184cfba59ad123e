//! async-std's timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use anyrt_backend::Timer;

/// A sleep, made anew when it is reset: async-std has no timer that can be moved.
struct AsyncStdTimer {
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Timer for AsyncStdTimer {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
        Poll::Ready(())
    }

    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        self.sleep = Some(sleep_until(at));
    }
}

/// A timer of the process's reactor.
pub(crate) fn timer(at: Instant) -> Pin<Box<dyn Timer>> {
    Box::pin(AsyncStdTimer {
        sleep: Some(sleep_until(at)),
    })
}

fn sleep_until(at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    // The period is measured when the sleep is made, so it never ends before `at`.
    Box::pin(async_std::task::sleep(
        at.saturating_duration_since(Instant::now()),
    ))
}
