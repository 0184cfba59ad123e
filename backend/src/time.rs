//! A runtime's timer, as the core polls it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// A timer of a runtime.
pub trait Timer: Send {
    /// Ready once the clock has reached the timer's instant; never earlier.
    ///
    /// A pending timer wakes the waker of its last poll. A timer that was ready stays ready until it
    /// is reset.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Moves the instant, earlier or later. The next poll registers the waker anew.
    fn reset(self: Pin<&mut Self>, at: Instant);
}
