//! Room for an item that need not be there yet, also by way of `Sink`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::Sink;

use super::error::{ReserveError, SendError};
use super::send::ObjectSender;
use super::shared::{Sent, State};
use crate::checkpoint::spend_budget;
use crate::loom::Ordering;
use crate::renewal::Renewal;
use crate::scope::current;
use crate::sync::queue::{Ended, Seat, Wait, Woken};

impl<T> ObjectSender<T> {
    /// Waits for room for one item; the item need not be there yet.
    ///
    /// # Errors
    ///
    /// [`ReserveError`], where all receivers are gone or this sender was closed, also meanwhile.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes no room and never completes (SC4, MS2).
    ///
    /// ```
    /// use anyrt::object_stream;
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let (sender, receiver) = object_stream(1);
    /// let item = "not lost, whatever happens to the wait".to_owned();
    /// let slot = sender.reserve().await.expect("somebody receives");
    /// slot.send(item).expect("somebody receives");
    /// assert!(receiver.try_receive().is_ok());
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn reserve(&self) -> ReserveFuture<'_, T> {
        ReserveFuture {
            sender: self,
            wait: Wait::default(),
        }
    }

    /// Gives the sink's room back.
    pub(super) fn unready(&self) {
        if self.ready.swap(false, Ordering::AcqRel) {
            self.shared
                .with(|state, woken| state.use_reserved(None, woken));
        }
    }

    /// Takes room, if there is any now.
    fn take_room(
        &self,
        state: &mut State<T>,
        woken: &mut Woken,
    ) -> Option<Result<(), ReserveError>> {
        // Asked under the lock: whoever closes it later finds the wait.
        if self.is_closed() {
            return Some(Err(ReserveError::ClosedResource));
        }
        if state.receivers == 0 {
            return Some(Err(ReserveError::BrokenResource));
        }
        state.reserve(woken).then_some(Ok(()))
    }

    /// Uses room that was reserved.
    fn fill(&self, item: T) -> Result<(), SendError<T>> {
        self.shared.with(|state, woken| {
            let broken = state.receivers == 0;
            if broken || self.is_closed() {
                state.use_reserved(None, woken);
                return Err(match broken {
                    true => SendError::BrokenResource(item),
                    false => SendError::ClosedResource(item),
                });
            }
            state.use_reserved(Some(item), woken);
            Ok(())
        })
    }
}

/// The future of [`ObjectSender::reserve`].
#[must_use = "futures do nothing unless polled"]
pub struct ReserveFuture<'a, T> {
    sender: &'a ObjectSender<T>,
    wait: Wait,
}

impl<'a, T> Future for ReserveFuture<'a, T> {
    type Output = Result<Slot<'a, T>, ReserveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let (sender, shared) = (this.sender, &this.sender.shared);
        let slot = Slot {
            sender,
            unused: false,
        };
        let look = |key, waker: &mut Renewal<'_>| shared.state.lock().sending.poll(key, waker);
        match ready!(this.wait.poll(cx, look)) {
            Some(Ended::Granted(Sent::Done)) => return Poll::Ready(Ok(slot.with_room())),
            Some(Ended::Granted(Sent::Broken(_))) => {
                return Poll::Ready(Err(ReserveError::BrokenResource));
            }
            Some(Ended::Granted(Sent::Closed(_))) => {
                return Poll::Ready(Err(ReserveError::ClosedResource));
            }
            // The first poll, or passed over: for good in the cancelled region, anew in one that is not.
            Some(Ended::PassedOver(_)) | None => {}
        }
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        if let Some(result) = shared.with(|state, woken| sender.take_room(state, woken)) {
            return Poll::Ready(result.map(|()| slot.with_room()));
        }
        let mut seat = Some(Seat::here(cx));
        let polled = shared.with(|state, woken| {
            // All of it may have changed meanwhile.
            if let Some(result) = sender.take_room(state, woken) {
                return Poll::Ready(result);
            }
            if let Some(seat) = seat.take() {
                let waiting = state.wait_to_send(sender.id, None, seat, woken);
                this.wait.begin(waiting);
            }
            Poll::Pending
        });
        polled.map_ok(|()| slot.with_room())
    }
}

impl<T> Drop for ReserveFuture<'_, T> {
    fn drop(&mut self) {
        let Some(key) = self.wait.take() else {
            return;
        };
        // Dropped with no lock held.
        let _waker = self.sender.shared.with(|state, woken| {
            let (waker, ended) = state.sending.leave(key);
            match ended {
                Some(Ended::Granted(Sent::Done)) => state.use_reserved(None, woken),
                // What it stood in front of is there for others.
                _ => state.advance(woken),
            }
            waker
        });
    }
}

impl<T> fmt::Debug for ReserveFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReserveFuture")
            .field("waits", &self.wait.is_waiting())
            .finish_non_exhaustive()
    }
}

/// Room for one item, from [`ObjectSender::reserve`]. Dropped unused it is given back.
#[must_use = "room that is dropped is given back"]
pub struct Slot<'a, T> {
    sender: &'a ObjectSender<T>,
    unused: bool,
}

impl<T> Slot<'_, T> {
    fn with_room(mut self) -> Self {
        self.unused = true;
        self
    }

    /// Sends an item, at once.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the item, where all receivers are gone or the sender was closed meanwhile.
    pub fn send(mut self, item: T) -> Result<(), SendError<T>> {
        self.unused = false;
        self.sender.fill(item)
    }
}

impl<T> Drop for Slot<'_, T> {
    fn drop(&mut self) {
        if self.unused {
            let shared = &self.sender.shared;
            shared.with(|state, woken| state.use_reserved(None, woken));
        }
    }
}

impl<T> fmt::Debug for Slot<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

impl<T> Sink<T> for ObjectSender<T> {
    type Error = ReserveError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if self.ready.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        let mut waker = Some(cx.waker().clone());
        let mut old = None;
        let polled = self.shared.with(|state, woken| {
            if let Some(result) = self.take_room(state, woken) {
                return Poll::Ready(result);
            }
            if let Some(waker) = waker.take() {
                old = state.look_for_room(self.id, waker);
            }
            Poll::Pending
        });
        drop(old);
        if let Poll::Ready(Ok(())) = polled {
            self.ready.store(true, Ordering::Release);
        }
        polled
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        if !self.ready.swap(false, Ordering::AcqRel) {
            // Against the rules of a sink: one more than there is room for, and nothing lost.
            self.shared.with(|state, _| state.reserve_beyond());
        }
        self.fill(item).map_err(|error| match error {
            SendError::BrokenResource(_) => ReserveError::BrokenResource,
            SendError::ClosedResource(_) => ReserveError::ClosedResource,
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}
