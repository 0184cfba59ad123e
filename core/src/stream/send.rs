//! The sending end of a stream.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::error::{SendError, TrySendError};
use super::shared::{EndId, Sent, Shared, StreamStatistics, with_locked};
use crate::checkpoint::spend_budget;
use crate::loom::{AtomicBool, Ordering};
use crate::renewal::Renewal;
use crate::scope::current;
use crate::sync::queue::{Ended, Seat, Wait};

/// The sending end of an [`object_stream`](super::object_stream). The last clone that is dropped or closed ends the
/// stream.
///
/// It is a [`Sink`](futures_util::Sink) too, whose `poll_ready` takes room that `start_send` uses. As such it has no place in
/// the queue: it is woken when there may be room.
pub struct ObjectSender<T> {
    pub(super) shared: Arc<Shared<T>>,
    pub(super) id: EndId,
    closed: AtomicBool,
    /// Whether the sink has room.
    pub(super) ready: AtomicBool,
}

impl<T> ObjectSender<T> {
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self::open(shared, || true)
    }

    /// Another one, closed from the start unless `opens`, which is asked under the lock.
    fn open(shared: Arc<Shared<T>>, opens: impl FnOnce() -> bool) -> Self {
        let id = shared.with(|state, _| {
            opens().then(|| {
                state.senders += 1;
                state.next_id()
            })
        });
        Self {
            shared,
            id: id.unwrap_or_default(),
            closed: AtomicBool::new(id.is_none()),
            ready: AtomicBool::new(false),
        }
    }

    /// Sends an item.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the item, where all receivers are gone or this sender was closed, also meanwhile.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it sends nothing and never completes (SC4, MS2). The item goes with the
    /// future, which gives it back by [`into_item`](SendFuture::into_item); [`reserve`](Self::reserve) leaves it with you.
    pub fn send(&self, item: T) -> SendFuture<'_, T> {
        SendFuture {
            sender: self,
            item: Some(item),
            wait: Wait::default(),
        }
    }

    /// Sends an item, if it need not wait.
    ///
    /// # Errors
    ///
    /// [`TrySendError`], with the item.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut state = self.shared.state.lock();
        // Asked under the lock: after a close nothing is sent.
        if self.is_closed() {
            return Err(TrySendError::ClosedResource(item));
        }
        if state.receivers == 0 {
            return Err(TrySendError::BrokenResource(item));
        }
        if state.is_quiet() {
            return state.put_quietly(item).map_err(TrySendError::Full);
        }
        with_locked(state, |state, woken| state.put(item, woken)).map_err(TrySendError::Full)
    }

    /// Closes this sender, but for its clones; what waits on it ends with an error (MS1). Twice is as once.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            self.shared
                .with(|state, woken| state.close_sender(self.id, woken));
        }
        self.unready();
    }

    /// Whether this sender was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> StreamStatistics {
        self.shared.statistics()
    }
}

impl<T> Clone for ObjectSender<T> {
    /// Another sender of the same stream, open or, where this one is closed, closed like it.
    fn clone(&self) -> Self {
        Self::open(self.shared.clone(), || !self.is_closed())
    }
}

impl<T> Drop for ObjectSender<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for ObjectSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectSender")
            .field("closed", &self.is_closed())
            .field("statistics", &self.statistics())
            .finish()
    }
}

/// The future of [`ObjectSender::send`].
#[must_use = "futures do nothing unless polled"]
pub struct SendFuture<'a, T> {
    sender: &'a ObjectSender<T>,
    /// Here or in the queue.
    item: Option<T>,
    wait: Wait,
}

impl<T> Unpin for SendFuture<'_, T> {}

impl<T> SendFuture<'_, T> {
    /// The item, unless it was sent.
    pub fn into_item(mut self) -> Option<T> {
        match self.wait.take() {
            Some(key) => self.leave(key),
            None => self.item.take(),
        }
    }

    /// Gives up a wait. Gives the item back, unless it is on its way.
    fn leave(&mut self, key: usize) -> Option<T> {
        let (waker, ended) = self.sender.shared.with(|state, woken| {
            let left = state.sending.leave(key);
            // What it stood in front of is there for others.
            state.advance(woken);
            left
        });
        drop(waker);
        match ended? {
            Ended::PassedOver(sending) => sending.item,
            Ended::Granted(Sent::Broken(item) | Sent::Closed(item)) => item,
            Ended::Granted(Sent::Done) => None,
        }
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.wait.is_waiting() {
            if let Some(result) = ready!(this.poll_wait(cx)) {
                return Poll::Ready(result);
            }
        }
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        let Some(item) = this.item.take() else {
            return Poll::Pending;
        };
        match this.sender.try_send(item) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(TrySendError::BrokenResource(item)) => {
                Poll::Ready(Err(SendError::BrokenResource(item)))
            }
            Err(TrySendError::ClosedResource(item)) => {
                Poll::Ready(Err(SendError::ClosedResource(item)))
            }
            Err(TrySendError::Full(item)) => this.send_or_wait(item, cx),
        }
    }
}

impl<T> SendFuture<'_, T> {
    /// What the wait has come to. One that was passed over did so for good in the cancelled region; in one that is not, it
    /// is tried anew.
    fn poll_wait(&mut self, cx: &Context<'_>) -> Poll<Option<Result<(), SendError<T>>>> {
        let state = &self.sender.shared.state;
        let look = |key, waker: &mut Renewal<'_>| state.lock().sending.poll(key, waker);
        Poll::Ready(match ready!(self.wait.poll(cx, look)) {
            Some(Ended::Granted(Sent::Broken(Some(item)))) => {
                Some(Err(SendError::BrokenResource(item)))
            }
            Some(Ended::Granted(Sent::Closed(Some(item)))) => {
                Some(Err(SendError::ClosedResource(item)))
            }
            Some(Ended::Granted(_)) => Some(Ok(())),
            Some(Ended::PassedOver(sending)) => {
                self.item = sending.item;
                None
            }
            None => None,
        })
    }

    /// For one who has found no room.
    fn send_or_wait(&mut self, item: T, cx: &Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let sender = self.sender;
        let mut seat = Some(Seat::here(cx));
        sender.shared.with(|state, woken| {
            // All of it may have changed meanwhile.
            if sender.is_closed() {
                return Poll::Ready(Err(SendError::ClosedResource(item)));
            }
            if state.receivers == 0 {
                return Poll::Ready(Err(SendError::BrokenResource(item)));
            }
            let item = match state.put(item, woken) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(item) => Some(item),
            };
            if let Some(seat) = seat.take() {
                let waiting = state.wait_to_send(sender.id, item, seat, woken);
                self.wait.begin(waiting);
            }
            Poll::Pending
        })
    }
}

impl<T> Drop for SendFuture<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(key) = self.wait.take() {
            drop(self.leave(key));
        }
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture")
            .field("waits", &self.wait.is_waiting())
            .finish_non_exhaustive()
    }
}
