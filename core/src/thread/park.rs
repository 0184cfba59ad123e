//! Waiting for a future on a thread that sleeps meanwhile. Not for the threads of a runtime.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Polls a future on this thread until it is ready, but no longer than until `deadline`. The future is polled once
/// at least.
pub(crate) fn block_until<F: Future>(
    mut future: Pin<&mut F>,
    deadline: Option<Instant>,
) -> Option<F::Output> {
    let (parker, unparker) = parking::pair();
    let waker = Waker::from(unparker);
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        match deadline {
            None => parker.park(),
            // Woken or not, it is polled again: only the time says when to stop.
            Some(deadline) if Instant::now() >= deadline => return None,
            Some(deadline) => {
                parker.park_deadline(deadline);
            }
        }
    }
}
