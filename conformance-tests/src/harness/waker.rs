//! A waker that counts, to poll a future by hand and see exactly when it asks for a poll.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Polls futures by hand and counts how often their waker was woken.
#[derive(Clone, Debug, Default)]
pub struct WakeCounter {
    wakes: Arc<Wakes>,
}

#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl WakeCounter {
    /// A counter whose waker has not been woken.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often the waker has been woken.
    pub fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    /// The waker itself.
    pub fn waker(&self) -> Waker {
        Waker::from(self.wakes.clone())
    }

    /// Polls `fut` once with the counting waker.
    pub fn poll<F: Future + ?Sized>(&self, fut: Pin<&mut F>) -> Poll<F::Output> {
        fut.poll(&mut Context::from_waker(&self.waker()))
    }
}
