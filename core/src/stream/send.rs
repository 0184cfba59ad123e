//! The sending end of a stream.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Sink;

use super::error::{ReserveError, SendError, TrySendError};
use super::shared::{EndId, Sending, Sent, Shared, StreamStatistics};
use crate::checkpoint::spend_budget;
use crate::loom::{AtomicBool, Ordering};
use crate::scope::current;
use crate::sync::queue::Ended;

/// The sending end of an [`object_stream`](super::object_stream). The last clone that is dropped or closed ends the
/// stream.
///
/// It is a [`Sink`] too, whose `poll_ready` takes room that `start_send` uses.
pub struct ObjectSender<T> {
    shared: Arc<Shared<T>>,
    id: EndId,
    closed: AtomicBool,
    /// Of the sink.
    ready: Ready,
}

/// What a sink has of the room it was asked for.
#[derive(Clone, Copy, Default)]
enum Ready {
    #[default]
    No,
    Waits(usize),
    Yes,
}

impl<T> ObjectSender<T> {
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        let id = shared.with(|state, _| {
            state.senders += 1;
            state.next_id()
        });
        Self {
            shared,
            id,
            closed: AtomicBool::new(false),
            ready: Ready::No,
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
            step: Step::New(item),
        }
    }

    /// Sends an item, if it need not wait.
    ///
    /// # Errors
    ///
    /// [`TrySendError`], with the item.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        if self.is_closed() {
            return Err(TrySendError::ClosedResource(item));
        }
        self.shared.with(|state, woken| {
            if state.receivers == 0 {
                return Err(TrySendError::BrokenResource(item));
            }
            state.put(item, woken).map_err(TrySendError::Full)
        })
    }

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
            waits: None,
        }
    }

    /// Closes this sender, but for its clones; what waits on it ends with an error (MS1). Twice is as once.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            self.shared
                .with(|state, woken| state.close_sender(self.id, woken));
        }
    }

    /// Whether this sender was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> StreamStatistics {
        self.shared.statistics()
    }

    /// Gives room back, or the wait for it.
    fn unready(&mut self) {
        match mem::take(&mut self.ready) {
            Ready::No => {}
            Ready::Waits(key) => self.leave(key),
            Ready::Yes => self
                .shared
                .with(|state, woken| state.use_reserved(None, woken)),
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
        waits: &mut Option<usize>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ReserveError>> {
        if let Some(key) = *waits {
            let mut waker = cx.waker().clone();
            let polled = self.shared.state.lock().sending.poll(key, &mut waker);
            let ended = ready!(polled);
            *waits = None;
            match ended {
                Some(Ended::Granted(Sent::Done)) => return Poll::Ready(Ok(())),
                Some(Ended::Granted(Sent::Broken(_))) => {
                    return Poll::Ready(Err(ReserveError::BrokenResource));
                }
                Some(Ended::Granted(Sent::Closed(_))) => {
                    return Poll::Ready(Err(ReserveError::ClosedResource));
                }
                // For good in the cancelled region, anew in one that is not.
                Some(Ended::PassedOver(_)) | None => {}
            }
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
            *waits = Some(state.sending.push(wants, region, waker));
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

impl<T> Clone for ObjectSender<T> {
    /// Another sender of the same stream, open or, where this one is closed, closed like it.
    fn clone(&self) -> Self {
        let clone = Self::first(self.shared.clone());
        if self.is_closed() {
            clone.close();
        }
        clone
    }
}

impl<T> Drop for ObjectSender<T> {
    fn drop(&mut self) {
        self.unready();
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
    step: Step<T>,
}

enum Step<T> {
    New(T),
    /// In the queue, with the item.
    Waits(usize),
    Done,
}

impl<T> Unpin for SendFuture<'_, T> {}

impl<T> SendFuture<'_, T> {
    /// The item, unless it was sent.
    pub fn into_item(mut self) -> Option<T> {
        self.take_item()
    }

    fn take_item(&mut self) -> Option<T> {
        match mem::replace(&mut self.step, Step::Done) {
            Step::New(item) => Some(item),
            Step::Waits(key) => {
                let (waker, ended) = self.sender.shared.state.lock().sending.leave(key);
                drop(waker);
                match ended? {
                    Ended::PassedOver(sending) => sending.item,
                    Ended::Granted(Sent::Broken(item) | Sent::Closed(item)) => item,
                    Ended::Granted(Sent::Done) => None,
                }
            }
            Step::Done => None,
        }
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let sender = this.sender;
        if let Step::Waits(key) = this.step {
            let mut waker = cx.waker().clone();
            let polled = sender.shared.state.lock().sending.poll(key, &mut waker);
            let ended = ready!(polled);
            this.step = Step::Done;
            match ended {
                Some(Ended::Granted(Sent::Broken(Some(item)))) => {
                    return Poll::Ready(Err(SendError::BrokenResource(item)));
                }
                Some(Ended::Granted(Sent::Closed(Some(item)))) => {
                    return Poll::Ready(Err(SendError::ClosedResource(item)));
                }
                Some(Ended::Granted(_)) => return Poll::Ready(Ok(())),
                // For good in the cancelled region, anew in one that is not.
                Some(Ended::PassedOver(Sending {
                    item: Some(item), ..
                })) => this.step = Step::New(item),
                Some(Ended::PassedOver(_)) | None => {}
            }
        }
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        let Step::New(item) = mem::replace(&mut this.step, Step::Done) else {
            return Poll::Pending;
        };
        let closed = |item| Poll::Ready(Err(SendError::ClosedResource(item)));
        let item = match sender.try_send(item) {
            Ok(()) => return Poll::Ready(Ok(())),
            Err(TrySendError::BrokenResource(item)) => {
                return Poll::Ready(Err(SendError::BrokenResource(item)));
            }
            Err(TrySendError::ClosedResource(item)) => return closed(item),
            Err(TrySendError::Full(item)) => item,
        };
        let (region, waker) = (current::node(), cx.waker().clone());
        sender.shared.with(|state, woken| {
            // All of it may have changed meanwhile.
            if sender.is_closed() {
                return closed(item);
            }
            if state.receivers == 0 {
                return Poll::Ready(Err(SendError::BrokenResource(item)));
            }
            let item = match state.put(item, woken) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(item) => Some(item),
            };
            let who = sender.id;
            let key = state.sending.push(Sending { who, item }, region, waker);
            this.step = Step::Waits(key);
            Poll::Pending
        })
    }
}

impl<T> Drop for SendFuture<'_, T> {
    fn drop(&mut self) {
        drop(self.take_item());
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture")
            .field("waits", &matches!(self.step, Step::Waits(_)))
            .finish_non_exhaustive()
    }
}

/// The future of [`ObjectSender::reserve`].
#[must_use = "futures do nothing unless polled"]
pub struct ReserveFuture<'a, T> {
    sender: &'a ObjectSender<T>,
    waits: Option<usize>,
}

impl<'a, T> Future for ReserveFuture<'a, T> {
    type Output = Result<Slot<'a, T>, ReserveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sender = self.sender;
        let polled = sender.poll_reserve(&mut self.waits, cx);
        polled.map_ok(|()| Slot {
            sender,
            unused: true,
        })
    }
}

impl<T> Drop for ReserveFuture<'_, T> {
    fn drop(&mut self) {
        if let Some(key) = self.waits.take() {
            self.sender.leave(key);
        }
    }
}

impl<T> fmt::Debug for ReserveFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReserveFuture")
            .field("waits", &self.waits.is_some())
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
        let mut waits = match this.ready {
            Ready::Yes => return Poll::Ready(Ok(())),
            Ready::Waits(key) => Some(key),
            Ready::No => None,
        };
        let polled = this.poll_reserve(&mut waits, cx);
        this.ready = match polled {
            Poll::Ready(Ok(())) => Ready::Yes,
            _ => waits.map_or(Ready::No, Ready::Waits),
        };
        polled
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        let this = self.get_mut();
        match this.ready {
            Ready::Yes => this.ready = Ready::No,
            // Against the rules of a sink: one more than there is room for, and nothing lost.
            Ready::No | Ready::Waits(_) => this.shared.with(|state, _| state.reserve_beyond()),
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
