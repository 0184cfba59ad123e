//! A blocking iterator as a stream: it works ahead on a thread, into a bounded buffer (TH8).
//!
//! ```text
//!   Idle       the iterator is parked beside the buffer, and uses neither thread nor token
//!   >> Working the buffer is at most half full: queued for a token, or on a thread, where it makes items
//!              until the buffer is full
//!   + Idle     .. or
//!   + Ended    there are no more items; it was dropped on its thread
//! ```
//!
//! # Always true
//!
//! 1. `next` and the destructor of an iterator that has been started run on worker threads alone.
//! 2. An item is in the buffer, and the consumer woken, before anything else of the iterator is called.
//! 3. A batch belongs to the stream and not to the region that happened to poll it: a timeout around one
//!    item neither waits for the thread nor ends the stream. It ends when the stream is dropped, which the
//!    nearest group waits for.
//! 4. A token that is granted to a stream is at work at once, whether anybody polls the stream or not.
//! 5. The iterator is parked, and taken up again, under the lock of the buffer: whoever takes an item and finds
//!    the buffer low finds the iterator too, or a thread that has not stopped yet and will look again.

pub(crate) mod feed;

use std::fmt;
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use futures_util::stream::FusedStream;

use self::feed::{Batch, Feed};
use super::caller::{self, Call};
use super::hop::{Hop, Left, drop_on_worker, ended, leave, send_when_free};
use super::limiter::{CapacityLimiter, Queued};
use crate::checkpoint::spend_budget;
use crate::group::orphan::adopt_task;
use crate::outcome::Payload;
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::reason::{Cause, Reason};
use crate::scope::region::Region;
use crate::scope::tree::{self, Kind, Node, outward};
use crate::task::Place;

/// How many items a stream holds ahead, unless told otherwise.
const AHEAD: usize = 64;

/// A blocking iterator as a stream.
///
/// The iterator runs ahead on a thread of the runtime's pool, under the limiter, until the buffer is full;
/// then it gives thread and token back until half of the buffer is used. An item that is made is there at
/// once, whatever the next one takes. Keeps TH8.
///
/// # Cancellation
///
/// In a cancelled region the stream gives nothing and loses nothing: a timeout around one item leaves it as
/// it was. When it is dropped, by a cancel or because the loop is left, the thread stops after the item at
/// hand and drops the iterator; the nearest group waits for that, unless
/// [`abandon_on_cancel`](IterateInThreadpool::abandon_on_cancel) was said.
///
/// # Panics
///
/// Resumes a panic of the iterator, after the items that were made before. Panics when no runtime is to be
/// found, and when it has shut down.
///
/// ```
/// use anyrt::iterate_in_threadpool;
/// use futures_util::StreamExt;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let lines = "one\ntwo\nthree".lines().map(str::len);
/// let mut lengths = iterate_in_threadpool(lines);
/// let mut total = 0;
/// while let Some(length) = lengths.next().await {
///     total += length;
/// }
/// assert_eq!(total, 11);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn iterate_in_threadpool<I>(iter: I) -> IterateInThreadpool<I::IntoIter>
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
{
    IterateInThreadpool {
        place: Place::caller(),
        limiter: None,
        abandon: false,
        started: None,
        feed: Feed::new(AHEAD, iter.into_iter()),
        step: Step::Idle,
        leaving: Vec::new(),
    }
}

/// The stream of [`iterate_in_threadpool`], and its options.
#[must_use = "streams do nothing unless polled"]
pub struct IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    place: Place,
    limiter: Option<CapacityLimiter>,
    abandon: bool,
    /// Since the first poll.
    started: Option<Started>,
    feed: Arc<Feed<I>>,
    step: Step,
    /// Batches that have parked the iterator, and whose threads are on their way out.
    leaving: Vec<Arc<Hop<Batch>>>,
}

/// What the batches of a stream have in common: the runtime, and a region of their own below its root, which
/// is cancelled when the stream is dropped.
struct Started {
    rt: Arc<Rt>,
    region: Region,
}

enum Step {
    Idle,
    Working(Arc<Hop<Batch>>, Option<Queued>),
    /// What the iterator panicked with, until the items before it are taken.
    Panicked(Payload),
    /// The runtime has shut down and dropped the iterator.
    Lost,
    Ended,
}

impl<I> IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    /// How many items may wait in the buffer: 64 unless told otherwise, and never less than one. To be said
    /// before the first poll.
    pub fn buffer(mut self, items: usize) -> Self {
        let unused = self.started.is_none().then(|| self.feed.unpark());
        if let Some(iter) = unused.flatten() {
            self.feed = Feed::new(items.max(1), iter);
        }
        self
    }

    /// Takes the tokens of this limiter instead of the runtime's own (TH4).
    pub fn limiter(mut self, limiter: &CapacityLimiter) -> Self {
        self.limiter = Some(limiter.clone());
        self
    }

    /// Lets a stream that is dropped leave its thread behind: nobody waits for the item at hand. The token
    /// is given back and the iterator dropped when it is made (TH3). To be said before the first poll.
    pub fn abandon_on_cancel(mut self) -> Self {
        self.abandon |= self.started.is_none();
        self
    }

    fn started(&mut self) -> &Started {
        let place = self.place;
        self.started.get_or_insert_with(|| {
            let node = Arc::new(Node::new(Kind::Stream, place));
            let around = current::node().into_iter().flat_map(|node| outward(&node));
            let root = around.filter_map(|node| node.group()).last();
            node.attach(root.map(|root| root.node.clone()));
            Started {
                rt: Rt::here(),
                region: Region::with_node(node),
            }
        })
    }

    /// Sets the iterator to work, at once or when there is a token.
    fn begin(&mut self, iter: I) {
        let abandon = self.abandon;
        let Started { rt, region } = self.started();
        let (rt, node) = (rt.clone(), region.node().cloned());
        let Some(node) = node else {
            unreachable!("it was given one")
        };
        let limiter = self.limiter.as_ref().unwrap_or_else(|| rt.limiter());
        let call = Call::new(rt.clone(), self.place, node).abandonable(abandon);
        let feed = self.feed.clone();
        let (hop, queued) = send_when_free(limiter, call, move || feed.fill(iter));
        self.leaving.retain(|hop| !hop.is_done());
        if let Step::Working(last, _) = mem::replace(&mut self.step, Step::Working(hop, queued)) {
            self.leaving.push(last);
        }
    }

    /// Brings the iterator to its thread, or looks what became of it there. Says whether there is something
    /// new.
    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(iter) = self.feed.unpark() {
            self.begin(iter);
            return true;
        }
        let Step::Working(hop, _) = &self.step else {
            return false;
        };
        let Poll::Ready(result) = hop.poll(cx) else {
            return false;
        };
        self.step = match result {
            Some(Ok(Batch::Full)) => Step::Idle,
            Some(Ok(Batch::Over)) => Step::Ended,
            Some(Err(payload)) => Step::Panicked(payload),
            None => Step::Lost,
        };
        true
    }
}

impl<I> Unpin for IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
}

impl<I> Stream for IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    type Item = I::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I::Item>> {
        let this = self.get_mut();
        // Nothing is lost by waiting: the items stay where they are.
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        loop {
            if let Some((item, is_low)) = this.feed.pop() {
                if let Some(iter) = is_low.then(|| this.feed.unpark()).flatten() {
                    this.begin(iter);
                }
                return Poll::Ready(Some(item));
            }
            if this.advance(cx) {
                continue;
            }
            match mem::replace(&mut this.step, Step::Ended) {
                Step::Ended => return Poll::Ready(None),
                Step::Panicked(payload) => resume_unwind(payload),
                Step::Lost => panic!(
                    "the iterator of {} was dropped: its runtime has shut down",
                    this.place
                ),
                step => this.step = step,
            }
            if this.feed.listen(cx) {
                return Poll::Pending;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.feed.size_hint()
    }
}

impl<I> FusedStream for IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    fn is_terminated(&self) -> bool {
        matches!(self.step, Step::Ended) && self.feed.is_empty()
    }
}

impl<I> Drop for IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    fn drop(&mut self) {
        let mut step = mem::replace(&mut self.step, Step::Ended);
        let parked = self.feed.close();
        // One that was never polled has not left the thread it was made on.
        let Some(Started { rt, mut region }) = self.started.take() else {
            return;
        };
        let Some(node) = region.node().cloned() else {
            return;
        };
        // Out of the queue before it is cancelled: a grant would pass it over and drop the iterator.
        let start = match &mut step {
            Step::Working(_, queued) => queued.take().and_then(Queued::leave),
            _ => None,
        };
        // What cancelled the code that drops it, if anything did.
        let reason = current::reason();
        tree::cancel(
            &node,
            reason.unwrap_or_else(|| Reason::here(Cause::Shutdown)),
        );
        let place = self.place;
        // The nearest group: of the code that drops it, async or blocking, else the root it ran below.
        let from = current::node().or_else(|| Some(caller::called()?.call().node().clone()));
        let from = from.or_else(|| node.parent());
        let call = Call::new(rt.clone(), place, node).abandonable(self.abandon);
        let mut ends: Vec<BoxFuture<'static, ()>> = Vec::new();
        let mut batches = mem::take(&mut self.leaving);
        match step {
            Step::Working(hop, _) => batches.push(hop),
            Step::Panicked(payload) => rt.closure_panicked(place, payload),
            Step::Idle | Step::Lost | Step::Ended => {}
        }
        // With the iterator inside.
        if let Some(start) = start {
            batches.pop();
            ends.push(drop_on_worker(call, start).boxed());
        } else if let Some(iter) = parked {
            ends.push(drop_on_worker(call, iter).boxed());
        }
        for hop in batches {
            if let Left::AtWork = leave(&hop) {
                ends.push(ended(hop).boxed());
            }
        }
        if !self.abandon && !ends.is_empty() {
            adopt_task(from.as_ref(), None, &rt, async move {
                join_all(ends).await;
                region.leave();
            });
        }
    }
}

impl<I> fmt::Debug for IterateInThreadpool<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterateInThreadpool")
            .field("place", &self.place)
            .field("limiter", &self.limiter)
            .field("abandon_on_cancel", &self.abandon)
            .finish_non_exhaustive()
    }
}
