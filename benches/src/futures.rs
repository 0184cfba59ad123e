//! The work that cases do: small futures that belong to no runtime.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// Pending once, having woken itself, then ready.
#[derive(Debug, Default)]
pub struct YieldOnce(bool);

/// A future that yields once.
pub fn yield_once() -> YieldOnce {
    YieldOnce(false)
}

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Counts down to zero and wakes the one who waits for that: the least that a
/// program needs to know that all its tasks have ended.
#[derive(Debug)]
pub struct Countdown {
    left: AtomicUsize,
    waker: AtomicWaker,
}

impl Countdown {
    /// A countdown of `n` steps.
    pub fn new(n: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(n),
            waker: AtomicWaker::new(),
        })
    }

    /// One step.
    pub fn step(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waker.wake();
        }
    }

    /// Waits for the last step.
    pub async fn wait(&self) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            match self.left.load(Ordering::Acquire) {
                0 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
    }
}

/// Steps the countdown at its first poll and is never ready: a child that is
/// known to wait.
#[derive(Debug)]
pub struct Waiting(Option<Arc<Countdown>>);

/// A future that waits for ever and tells `polled` when it has begun to.
pub fn waiting(polled: &Arc<Countdown>) -> Waiting {
    Waiting(Some(polled.clone()))
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if let Some(polled) = self.0.take() {
            polled.step();
        }
        Poll::Pending
    }
}
