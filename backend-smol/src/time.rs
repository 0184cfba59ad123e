//! async-io's timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use anyrt_backend::Timer;

/// A timer that stays ready once it has fired.
struct SmolTimer {
    timer: smol::Timer,
    fired: bool,
}

impl Timer for SmolTimer {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.fired = self.fired || Pin::new(&mut self.timer).poll(cx).is_ready();
        if self.fired {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        self.timer.set_at(at);
        self.fired = false;
    }
}

/// A timer of the process's reactor.
pub(crate) fn timer(at: Instant) -> Pin<Box<dyn Timer>> {
    Box::pin(SmolTimer {
        timer: smol::Timer::at(at),
        fired: false,
    })
}
