//! A stream that a piece of code fills.

use std::future::Future;
use std::iter::once_with;

use super::completed::consumed;
use super::crowd::Crowd;
use crate::stream::{ObjectReceiver, ObjectSender, object_stream};
use crate::task::Place;

/// Runs `fill`, which sends items, and `body`, which receives them: what a generator is for, without a generator that is
/// left half done somewhere.
///
/// Neither runs ahead: each send waits for its receiver. When `fill` returns, the stream ends, unless it has left a clone
/// of its sender somewhere; when `body` returns,
/// `fill` is cancelled ([`NotNeeded`](crate::Cause::NotNeeded)) and waited for, finalizers included. Both may borrow, and
/// `fill` may be inside scopes, shields and groups of its own while it sends. Keeps CO1, CO2 and CO7.
///
/// # Cancellation
///
/// As [`gather`](crate::gather).
///
/// # Panics
///
/// Resumes a panic of either, once the other one is gone.
///
/// ```
/// use anyrt::stream_from;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let squares = async |items: anyrt::stream::ObjectSender<u32>| {
///     for n in 1.. {
///         if items.send(n * n).await.is_err() {
///             return;
///         }
///     }
/// };
/// let large = stream_from(squares, async |items| {
///     while let Ok(square) = items.receive().await {
///         if square > 50 {
///             return Some(square);
///         }
///     }
///     None
/// });
/// assert_eq!(large.await, Some(64));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn stream_from<T, S, R, B, F>(
    fill: S,
    body: B,
) -> impl Future<Output = F::Output> + use<T, S, R, B, F>
where
    S: FnOnce(ObjectSender<T>) -> R,
    R: Future<Output = ()>,
    B: FnOnce(ObjectReceiver<T>) -> F,
    F: Future,
{
    let place = Place::caller();
    let (sender, receiver) = object_stream(0);
    let filling = once_with(move || fill(sender));
    consumed(place, Crowd::new(filling), |_| body(receiver))
}
