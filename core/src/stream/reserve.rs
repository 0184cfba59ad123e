//! Room for an item that need not be there yet, also by way of `Sink`.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_util::Sink;

use super::error::{ReserveError, SendError};
use super::send::ObjectSender;
use super::shared::{Sending, Sent};
use crate::checkpoint::spend_budget;
use crate::scope::current;
use crate::sync::queue::{Ended, Wait};

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

    /// Gives room back, or the wait for it.
    pub(super) fn unready(&mut self) {
        if let Some(key) = self.wait.take() {
            self.leave(key);
        }
        if mem::take(&mut self.ready) {
            self.shared
                .with(|state, woken| state.use_reserved(None, woken));
        }
    }

    /// Gives a wait for room up.
    fn leave(&self, key: usize) {
        let left = self.shared.with(|state, woken| {
            let (waker, ended) = state.sending.leave(key);
            if let Some(Ended::Granted(Sent::Done)) = ended {
                state.use_reserved(None, woken);
            }
            waker
        });
        drop(left);
    }

    /// Waits for room, with the key of the wait kept by the caller.
    fn poll_reserve(
        &self,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ReserveError>> {
        let look = |key, waker: &mut Waker| self.shared.state.lock().sending.poll(key, waker);
        match ready!(wait.poll(cx, look)) {
            Some(Ended::Granted(Sent::Done)) => return Poll::Ready(Ok(())),
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
        let (region, waker) = (current::node(), cx.waker().clone());
        self.shared.with(|state, woken| {
            // Asked under the lock: whoever closes it later finds the wait.
            if self.is_closed() {
                return Poll::Ready(Err(ReserveError::ClosedResource));
            }
            if state.receivers == 0 {
                return Poll::Ready(Err(ReserveError::BrokenResource));
            }
            if state.reserve(woken) {
                return Poll::Ready(Ok(()));
            }
            let wants = Sending {
                who: self.id,
                item: None,
            };
            wait.begin(state.sending.push(wants, region, waker));
            Poll::Pending
        })
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
        let sender = self.sender;
        let polled = sender.poll_reserve(&mut self.wait, cx);
        polled.map_ok(|()| Slot {
            sender,
            unused: true,
        })
    }
}

impl<T> Drop for ReserveFuture<'_, T> {
    fn drop(&mut self) {
        if let Some(key) = self.wait.take() {
            self.sender.leave(key);
        }
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

impl<T> Unpin for ObjectSender<T> {}

impl<T> Sink<T> for ObjectSender<T> {
    type Error = ReserveError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let this = self.get_mut();
        if this.ready {
            return Poll::Ready(Ok(()));
        }
        let mut wait = mem::take(&mut this.wait);
        let polled = this.poll_reserve(&mut wait, cx);
        this.wait = wait;
        this.ready = matches!(polled, Poll::Ready(Ok(())));
        polled
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        let this = self.get_mut();
        if !mem::take(&mut this.ready) {
            // Against the rules of a sink: one more than there is room for, and nothing lost.
            this.shared.with(|state, _| state.reserve_beyond());
        }
        this.fill(item).map_err(|error| match error {
            SendError::BrokenResource(_) => ReserveError::BrokenResource,
            SendError::ClosedResource(_) => ReserveError::ClosedResource,
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let this = self.get_mut();
        this.unready();
        this.close();
        Poll::Ready(Ok(()))
    }
}
