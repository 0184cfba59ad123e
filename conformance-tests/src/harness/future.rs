//! Foreign yields and polls.

use super::thread::take_time;
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

/// Yields once: wakes itself and is pending for one poll.
pub fn yield_once() -> Yields {
    yields(1)
}

/// Yields `n` times.
pub fn yields(n: usize) -> Yields {
    Yields { left: n }
}

/// The future of [`yields`].
#[derive(Debug)]
pub struct Yields {
    left: usize,
}

impl Future for Yields {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Polls `fut` once with the caller's waker and tells what it said.
pub fn poll_once<F: Future + Unpin>(fut: &mut F) -> impl Future<Output = Poll<F::Output>> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *fut).poll(cx)))
}

/// Every sequence of so many things that may be done.
pub fn sequences<T: Copy>(choices: &[T], length: usize) -> impl Iterator<Item = Vec<T>> {
    let count = choices.len();
    (0..count.pow(length as u32)).map(move |sequence| {
        let at = |place: usize| choices[sequence / count.pow(place as u32) % count];
        (0..length).map(at).collect()
    })
}

/// Waits for a state that has no event, by asking again at every turn of the executor. Asking takes time.
pub async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        take_time();
        yield_once().await;
    }
}

/// Runs `fut` while time passes, also where it waits for what does not move: a clock that jumps when everything is
/// blocked stands still while a closure is at work.
pub async fn while_time_passes<F: Future>(fut: F) -> F::Output {
    let mut fut = std::pin::pin!(fut);
    poll_fn(|cx| {
        let polled = fut.as_mut().poll(cx);
        if polled.is_pending() && take_time() {
            cx.waker().wake_by_ref();
        }
        polled
    })
    .await
}
