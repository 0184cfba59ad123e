//! Futures put together: several waited for as one, and none of them left behind (CO1 to CO7).
//!
//! ```text
//!   + open      a group; the futures are its children, and live in the host (`crowd.rs`)
//!   ~ run       they begin, all or as many as the limit lets; how each ends is put down in order (`ends.rs`)
//!   >> settled  what came is what it was made for (`tally.rs`), or a body that gets the results returns
//!   ~ unwind    who is still at work is cancelled, and waited for, finalizers included
//!   + joined    what the ends amount to
//! ```
//!
//! So they differ in nothing but in what they make of the ends.
//!
//! # Always true
//!
//! 1. What a future has given is counted, or kept until somebody takes it: nothing is lost between the two.
//! 2. An outcome stands, whatever becomes of the others: they are not needed any more.
//! 3. Once there is an outcome no other future begins; nor does one after a cancel from outside, but in a region that
//!    was cancelled from the start.

mod amap;
mod completed;
mod crowd;
pub(crate) mod ends;
mod gather;
mod many;
mod race;
mod select;
mod slots;
mod spawned;
mod stream_from;
mod tally;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

pub use self::amap::{Amap, TryAmap, amap, try_amap};
use self::completed::consumed;
pub use self::completed::{Completed, NextCompleted, as_completed};
use self::crowd::Crowd;
pub use self::gather::{Gather, TryGather, gather, try_gather};
pub use self::many::{Alike, Many, TryMany};
pub use self::race::{AllFailed, Race, RaceOk, race, race_ok};
pub use self::select::{Select, select};
pub use self::spawned::spawned;
pub use self::stream_from::stream_from;
use self::tally::{Settled, Tallied, Tally};
use crate::group::Group;
use crate::group::host::Host;
use crate::scope::tree::Kind;
use crate::task::Place;

type Open<S, F, T, K> = fn(&Arc<Group>, &mut Tallied<S, F, T, K>) -> Settled<T>;

pin_project! {
    /// Futures that are waited for together: what [`gather`], [`try_gather`], [`race`], [`race_ok`], [`select`],
    /// [`amap`] and [`try_amap`] return.
    ///
    /// It gives what that function says, and is `Send` where the futures are. They begin when it is first polled.
    ///
    /// # Cancellation
    ///
    /// After a cancel from outside it waits until the futures are gone, finalizers included. It completes only if its
    /// outcome is settled all the same, by a shield for instance (CO2).
    ///
    /// # Panics
    ///
    /// Resumes a panic of one of the futures, or of what makes them, once the others have been cancelled and are gone.
    // The type relates its parameters in no way: see `Residents`.
    #[must_use = "futures do nothing unless polled"]
    pub struct Together<S, F, T, K> {
        #[pin]
        host: Host<Open<S, F, T, K>, Settled<T>, Tallied<S, F, T, K>, Infallible>,
    }
}

impl<S, F, T, K> Together<S, F, T, K>
where
    S: Iterator<Item = F>,
    F: Future<Output = T>,
    K: Tally<T>,
{
    /// Runs the futures of `source`, and makes of their ends what `tally` does.
    fn new(place: Place, source: S, tally: K) -> Self {
        let shape = Tallied::new(Crowd::new(source), tally);
        Self {
            host: Host::new(Kind::Group, place, Tallied::open, shape),
        }
    }

    /// At most this many futures at work at once, at least one (CO5). Until there is room, the next one does not begin,
    /// and no further item is taken from an iterator. One whose result [`as_completed`](Self::as_completed) has not
    /// handed out yet still takes its room.
    pub fn limit(mut self, futures: usize) -> Self {
        self.host.shape().crowd.limit = futures.max(1);
        self
    }

    /// Runs `body` meanwhile, which gets the results as they come: as the function [`as_completed`]. The futures may be
    /// without end, if there is a limit.
    ///
    /// # Cancellation
    ///
    /// As the whole.
    ///
    /// # Panics
    ///
    /// As the whole, and a panic of the body.
    ///
    /// ```
    /// use anyrt::amap;
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let found = amap(1_u32.., async |n| n * n).limit(4).as_completed(async |mut squares| {
    ///     while let Some(square) = squares.next().await {
    ///         if square > 50 {
    ///             return square;
    ///         }
    ///     }
    ///     unreachable!("there is always one more");
    /// });
    /// assert!(found.await > 50);
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn as_completed<B, R>(
        mut self,
        body: B,
    ) -> impl Future<Output = R::Output> + use<S, F, T, K, B, R>
    where
        B: FnOnce(Completed<T>) -> R,
        R: Future,
    {
        consumed(self.host.place(), self.host.shape().crowd.take(), body)
    }
}

impl<S, F, T, K> Future for Together<S, F, T, K>
where
    S: Iterator<Item = F>,
    F: Future<Output = T>,
    K: Tally<T>,
{
    type Output = K::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<K::Output> {
        self.project().host.poll(cx)
    }
}

impl<S, F, T, K> fmt::Debug for Together<S, F, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together")
            .field("place", &self.host.place())
            .finish_non_exhaustive()
    }
}
