//! Results as they come.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use pin_project_lite::pin_project;

use super::crowd::Crowd;
use super::ends::Ends;
use super::tally::not_needed;
use crate::checkpoint::spend_budget;
use crate::group::Group;
use crate::group::host::{Host, Shape};
use crate::scope::current;
use crate::scope::tree::Kind;
use crate::task::Place;

/// Runs futures, and `body`, which gets what they give as it comes.
///
/// A body that returns before all have ended does not need the others: they are cancelled
/// ([`NotNeeded`](crate::Cause::NotNeeded)) and waited for, and what they gave is dropped. The futures go on while the
/// body is at work with a result. They run as those of [`gather`](crate::gather). Keeps CO1, CO2 and CO5.
///
/// # Cancellation
///
/// As [`gather`](crate::gather).
///
/// # Panics
///
/// As [`race`](crate::race).
///
/// ```
/// use anyrt::{as_completed, sleep};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let after = async |ms| { sleep(Duration::from_millis(ms)).await; ms };
/// let first_two = as_completed([after(60_000), after(2), after(1)], async |mut results| {
///     [results.next().await, results.next().await]
/// });
/// assert_eq!(first_two.await, [Some(1), Some(2)]);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn as_completed<I, B, F>(futures: I, body: B) -> impl Future<Output = F::Output> + use<I, B, F>
where
    I: IntoIterator<Item: Future>,
    B: FnOnce(Completed<<I::Item as Future>::Output>) -> F,
    F: Future,
{
    consumed(Place::caller(), Crowd::new(futures.into_iter()), body)
}

/// Runs a crowd, and a body that gets the ends.
pub(super) fn consumed<S, W, T, B, F>(
    place: Place,
    crowd: Crowd<S, W, T>,
    body: B,
) -> impl Future<Output = F::Output> + use<S, W, T, B, F>
where
    S: Iterator<Item = W>,
    W: Future<Output = T>,
    B: FnOnce(Completed<T>) -> F,
    F: Future,
{
    let make = move |group: &Arc<Group>, crowd: &mut Crowd<S, W, T>| {
        crowd.open(group);
        let completed = Completed::new(crowd.ends.clone(), group.place);
        Consume {
            body: body(completed),
            ends: crowd.ends.clone(),
            group: group.clone(),
        }
    };
    Host::new(Kind::Group, place, make, crowd)
}

pin_project! {
    /// The body: when it has returned, nothing that still runs is needed.
    struct Consume<F, T> {
        #[pin]
        body: F,
        ends: Arc<Ends<T>>,
        group: Arc<Group>,
    }
}

impl<F: Future, T> Future for Consume<F, T> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let value = ready!(this.body.poll(cx));
        this.ends.settle();
        not_needed(this.group);
        Poll::Ready(value)
    }
}

impl<S, F, T, V> Shape<V> for Crowd<S, F, T>
where
    S: Iterator<Item = F>,
    F: Future<Output = T>,
{
    type Value = V;
    type Output = V;

    fn poll_children(&mut self, cx: &mut Context<'_>) -> bool {
        // Without budget the body has its poll in another turn.
        self.poll(cx) && spend_budget(cx).is_ready()
    }

    fn body(&mut self, value: V, _: &Group) -> Option<V> {
        Some(value)
    }

    fn value(&mut self, value: V) -> V {
        drop(self.ends.rest());
        value
    }
}

/// The results of [`as_completed`] or [`Together::as_completed`](super::Together::as_completed), in the order in which they
/// come: a `Stream` that ends when all have been taken.
///
/// In an effectively cancelled region it gives nothing and loses nothing.
#[must_use = "results that are not taken are dropped"]
pub struct Completed<T> {
    ends: Arc<Ends<T>>,
    place: Place,
}

impl<T> Completed<T> {
    pub(crate) fn new(ends: Arc<Ends<T>>, place: Place) -> Self {
        Self { ends, place }
    }

    /// The next result, `None` after the last one.
    ///
    /// # Cancellation
    ///
    /// An operation: cancelled it takes nothing.
    // Named as the method of `StreamExt`, which it is without an import.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> NextCompleted<'_, T> {
        NextCompleted(self)
    }
}

impl<T> Stream for Completed<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        let taken = ready!(self.ends.poll(cx));
        Poll::Ready(taken.map(|(_, end)| end))
    }
}

impl<T> fmt::Debug for Completed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completed")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The future of [`Completed::next`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct NextCompleted<'a, T>(&'a mut Completed<T>);

impl<T> Future for NextCompleted<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut *self.0).poll_next(cx)
    }
}
