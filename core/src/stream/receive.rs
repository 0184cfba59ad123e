//! The receiving end of a stream.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;

use super::error::{ReceiveError, TryReceiveError};
use super::shared::{EndId, Received, Shared, State, StreamStatistics, with_locked};
use crate::checkpoint::spend_budget;
use crate::loom::{AtomicBool, Ordering};
use crate::renewal::Renewal;
use crate::scope::current;
use crate::sync::queue::{Ended, Seat, Wait};

/// The receiving end of an [`object_stream`](super::object_stream). When the last clone is dropped or closed, nothing
/// can be sent any more, and what nobody has received is dropped.
///
/// It is a [`Stream`] too, which ends where [`receive`](Self::receive) gives an error. As such it has no place in the
/// queue: it is woken when there may be an item, and takes one when it is polled, if nobody waits for it.
pub struct ObjectReceiver<T> {
    pub(super) shared: Arc<Shared<T>>,
    id: EndId,
    closed: AtomicBool,
}

impl<T> ObjectReceiver<T> {
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self::open(shared, || true)
    }

    /// Another one, closed from the start unless `opens`, which is asked under the lock: one that would be open for a
    /// moment could take what nobody receives.
    fn open(shared: Arc<Shared<T>>, opens: impl FnOnce() -> bool) -> Self {
        let id = shared.with(|state, _| {
            opens().then(|| {
                state.receivers += 1;
                state.next_id()
            })
        });
        Self {
            shared,
            id: id.unwrap_or_default(),
            closed: AtomicBool::new(id.is_none()),
        }
    }

    /// Receives the next item.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], when all senders are gone and everything was received, or this receiver was closed, also
    /// meanwhile.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes nothing and never completes. An item that it was granted before
    /// comes with its next poll, or goes to the next receiver where it is dropped (SC4, MS2).
    pub fn receive(&self) -> ReceiveFuture<'_, T> {
        ReceiveFuture {
            receiver: self,
            wait: Wait::default(),
        }
    }

    /// Receives the next item, if there is one.
    ///
    /// # Errors
    ///
    /// [`TryReceiveError`].
    pub fn try_receive(&self) -> Result<T, TryReceiveError> {
        match self.receive_now() {
            Poll::Ready(Ok(item)) => Ok(item),
            Poll::Ready(Err(ReceiveError::EndOfStream)) => Err(TryReceiveError::EndOfStream),
            Poll::Ready(Err(ReceiveError::ClosedResource)) => Err(TryReceiveError::ClosedResource),
            Poll::Pending => Err(TryReceiveError::Empty),
        }
    }

    /// What a receive comes to now.
    #[inline]
    fn receive_now(&self) -> Poll<Result<T, ReceiveError>> {
        let mut state = self.shared.state.lock();
        if state.is_quiet() {
            return self.look(&mut state, State::take_quietly);
        }
        with_locked(state, |state, woken| {
            self.look(state, |state| state.take(woken))
        })
    }

    /// Under the lock: after a close nothing is taken, and whoever closes this later finds who waits from now on.
    #[inline]
    fn look(
        &self,
        state: &mut State<T>,
        take: impl FnOnce(&mut State<T>) -> Option<T>,
    ) -> Poll<Result<T, ReceiveError>> {
        if self.is_closed() {
            return Poll::Ready(Err(ReceiveError::ClosedResource));
        }
        match take(state) {
            Some(item) => Poll::Ready(Ok(item)),
            None if state.has_ended() => Poll::Ready(Err(ReceiveError::EndOfStream)),
            None => Poll::Pending,
        }
    }

    /// Closes this receiver, but for its clones; what waits on it ends with an error (MS1). Twice is as once.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            let lost = self
                .shared
                .with(|state, woken| state.close_receiver(self.id, woken));
            drop(lost);
        }
    }

    /// Whether this receiver was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> StreamStatistics {
        self.shared.statistics()
    }
}

impl<T> Clone for ObjectReceiver<T> {
    /// Another receiver of the same stream, open or, where this one is closed, closed like it.
    fn clone(&self) -> Self {
        Self::open(self.shared.clone(), || !self.is_closed())
    }
}

impl<T> Drop for ObjectReceiver<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for ObjectReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReceiver")
            .field("closed", &self.is_closed())
            .field("statistics", &self.statistics())
            .finish()
    }
}

impl<T> Stream for ObjectReceiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        if let Poll::Ready(received) = self.receive_now() {
            return Poll::Ready(received.ok());
        }
        let mut waker = Some(cx.waker().clone());
        let mut old = None;
        let received = self.shared.with(|state, woken| {
            // All of it may have changed meanwhile.
            let received = self.look(state, |state| state.take(woken));
            // One that is not needed is dropped with no lock held.
            if let Some(waker) = waker.take_if(|_| received.is_pending()) {
                old = state.look_for_items(self.id, waker, woken);
            }
            received
        });
        drop(old);
        received.map(Result::ok)
    }
}

/// The future of [`ObjectReceiver::receive`].
#[must_use = "futures do nothing unless polled"]
pub struct ReceiveFuture<'a, T> {
    receiver: &'a ObjectReceiver<T>,
    wait: Wait,
}

impl<T> Future for ReceiveFuture<'_, T> {
    type Output = Result<T, ReceiveError>;

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
        if let Poll::Ready(received) = this.receiver.receive_now() {
            return Poll::Ready(received);
        }
        this.receive_or_wait(cx)
    }
}

impl<T> ReceiveFuture<'_, T> {
    /// What the wait has come to. One that was passed over did so for good in the cancelled region; in one that is not, it
    /// is tried anew.
    fn poll_wait(&mut self, cx: &Context<'_>) -> Poll<Option<Result<T, ReceiveError>>> {
        let shared = &self.receiver.shared;
        let look = |key, waker: &mut Renewal<'_>| {
            shared.with(|state, woken| state.poll_receiving(key, waker, woken))
        };
        Poll::Ready(match ready!(self.wait.poll(cx, look)) {
            Some(Ended::Granted(Received::Item(numbered))) => Some(Ok(numbered.item)),
            Some(Ended::Granted(Received::End)) => Some(Err(ReceiveError::EndOfStream)),
            Some(Ended::Granted(Received::Closed)) => Some(Err(ReceiveError::ClosedResource)),
            Some(Ended::PassedOver(_)) | None => None,
        })
    }

    /// For one who has found nothing.
    fn receive_or_wait(&mut self, cx: &Context<'_>) -> Poll<Result<T, ReceiveError>> {
        let receiver = self.receiver;
        let mut seat = Some(Seat::here(cx));
        receiver.shared.with(|state, woken| {
            // All of it may have changed meanwhile.
            let received = receiver.look(state, |state| state.take(woken));
            // One that is not needed is dropped with no lock held.
            if let Some(seat) = seat.take_if(|_| received.is_pending()) {
                let waiting = state.wait_to_receive(receiver.id, seat, woken);
                self.wait.begin(waiting);
            }
            received
        })
    }

    /// Gives up a wait, and passes on what it was granted.
    fn leave(&mut self, key: usize) {
        // Dropped with no lock held.
        let _left = self.receiver.shared.with(|state, woken| {
            let (waker, ended) = state.receiving.leave(key);
            let lost = match ended {
                Some(Ended::Granted(Received::Item(item))) => state.put_back(item, woken),
                _ => {
                    // What it stood in front of is there for others.
                    state.advance(woken);
                    None
                }
            };
            (waker, lost)
        });
    }
}

impl<T> Drop for ReceiveFuture<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(key) = self.wait.take() {
            self.leave(key);
        }
    }
}

impl<T> fmt::Debug for ReceiveFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiveFuture")
            .field("waits", &self.wait.is_waiting())
            .finish_non_exhaustive()
    }
}
