//! Every item for every receiver.
//!
//! Each receiver has a stream of its own, and an item is shared by all of them. It takes one place, a permit of a
//! semaphore, until the last receiver has taken it: so the slowest one holds the senders up, and nothing is lost.
//!
//! # Always true
//!
//! 1. Items are handed to the streams under one lock, so that all receivers have them in one order.
//! 2. An item that waits has a permit, and the streams have room without end: with a permit, sending never waits.
//!
//! Lock order: the list of receivers, then one stream. Wakers are woken with neither held.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;

use super::error::{ReceiveError, SendError, TryReceiveError, TrySendError};
use super::receive::{ObjectReceiver, ReceiveFuture};
use super::shared::{EndId, Shared};
use crate::loom::{AtomicUsize, Mutex, Ordering};
use crate::sync::label::Label;
use crate::sync::queue::Woken;
use crate::sync::{AcquireArc, Semaphore, SemaphorePermitArc};
use crate::task::Place;

/// A stream whose items go to every receiver, with room for this many that some have not received yet: one at least.
///
/// When there is no room, a send waits for the slowest receiver. Both ends can be multiplied: a receiver that
/// [`subscribe`](BroadcastSender::subscribe) makes gets what is sent from then on. Keeps MS4.
///
/// ```
/// use anyrt::stream::broadcast_stream;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let (sender, mut first) = broadcast_stream(8);
/// let mut second = sender.subscribe();
/// sender.send("to all").await.expect("there are receivers");
/// drop(sender);
/// assert_eq!(first.receive().await, Ok("to all"));
/// assert_eq!(second.receive().await, Ok("to all"));
/// assert!(second.receive().await.is_err());
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn broadcast_stream<T: Clone>(room: usize) -> (BroadcastSender<T>, BroadcastReceiver<T>) {
    let room = room.clamp(1, Semaphore::MAX_PERMITS);
    let place = Place::caller();
    let permits = Semaphore::of(Label::new("room in a broadcast", place), room);
    let hub = Arc::new(Hub {
        permits: Arc::new(permits),
        room,
        place,
        streams: Mutex::new(Some(Vec::new())),
        senders: AtomicUsize::new(1),
    });
    let receiver = hub.subscribe();
    (BroadcastSender { hub }, receiver)
}

struct Hub<T> {
    permits: Arc<Semaphore>,
    room: usize,
    place: Place,
    /// The stream of each receiver; none once all senders are gone.
    streams: Mutex<Option<Vec<Inbox<T>>>>,
    senders: AtomicUsize,
}

/// What one receiver has still to receive.
type Inbox<T> = Arc<Shared<Arc<Item<T>>>>;

/// An item, and the place that it takes while some have not received it.
struct Item<T> {
    item: T,
    permit: SemaphorePermitArc,
}

/// A broadcast's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BroadcastStatistics {
    /// How many items it has room for.
    pub room: usize,
    /// How many are there that some have not received.
    pub buffered: usize,
    /// How many senders there are.
    pub senders: usize,
    /// How many receivers there are; none once all senders are gone.
    pub receivers: usize,
    /// How many tasks wait to send.
    pub waiting_to_send: usize,
}

impl<T> Hub<T> {
    fn subscribe(self: &Arc<Self>) -> BroadcastReceiver<T> {
        let shared = Arc::new(Shared::new(usize::MAX, self.place));
        let receiver = ObjectReceiver::first(shared.clone());
        if let Some(streams) = &mut *self.streams.lock() {
            shared.with(|state, _| state.senders = 1);
            streams.push(shared);
        }
        BroadcastReceiver {
            hub: self.clone(),
            receiver,
        }
    }

    /// Hands an item to all who receive. It comes back where nobody does.
    fn publish(&self, item: T, permit: SemaphorePermitArc) -> Result<(), T> {
        let item = Arc::new(Item { item, permit });
        let mut woken = Woken::default();
        let mut has_receiver = false;
        if let Some(streams) = &*self.streams.lock() {
            has_receiver = !streams.is_empty();
            for shared in streams {
                // There is always room (invariant 2).
                let _ = shared.state.lock().put(item.clone(), &mut woken);
            }
        }
        if has_receiver {
            // Theirs alone, before they look.
            drop(item);
            woken.wake();
            return Ok(());
        }
        match Arc::try_unwrap(item) {
            Ok(Item { item, .. }) => Err(item),
            Err(_) => unreachable!("nobody else has it"),
        }
    }

    /// Tells all receivers that nothing comes any more.
    fn end(&self) {
        let streams = self.streams.lock().take();
        for shared in streams.into_iter().flatten() {
            shared.with(|state, woken| state.close_sender(EndId::default(), woken));
        }
    }

    fn statistics(&self) -> BroadcastStatistics {
        let permits = self.permits.statistics();
        let receivers = self.streams.lock().as_ref().map_or(0, Vec::len);
        BroadcastStatistics {
            room: self.room,
            buffered: self.room - permits.free,
            senders: self.senders.load(Ordering::Relaxed),
            receivers,
            waiting_to_send: permits.waiting,
        }
    }
}

/// The sending end of a [`broadcast_stream`]. The last clone that is dropped ends the stream.
pub struct BroadcastSender<T> {
    hub: Arc<Hub<T>>,
}

impl<T: Clone> BroadcastSender<T> {
    /// Sends an item to all receivers, when each has received enough for it to have room.
    ///
    /// # Errors
    ///
    /// [`SendError::BrokenResource`], with the item, where there is no receiver.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it sends nothing and never completes (SC4). The item goes with the future,
    /// which gives it back by [`into_item`](BroadcastSend::into_item).
    pub fn send(&self, item: T) -> BroadcastSend<'_, T> {
        BroadcastSend {
            sender: self,
            acquire: self.hub.permits.acquire_arc(),
            item: Some(item),
        }
    }

    /// Sends an item to all receivers, if it need not wait.
    ///
    /// # Errors
    ///
    /// [`TrySendError`], with the item.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        match self.hub.permits.try_acquire_arc() {
            Some(permit) => {
                let published = self.hub.publish(item, permit);
                published.map_err(TrySendError::BrokenResource)
            }
            None => Err(TrySendError::Full(item)),
        }
    }
}

impl<T> BroadcastSender<T> {
    /// One more receiver, of what is sent from now on.
    pub fn subscribe(&self) -> BroadcastReceiver<T> {
        self.hub.subscribe()
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> BroadcastStatistics {
        self.hub.statistics()
    }
}

impl<T> Clone for BroadcastSender<T> {
    fn clone(&self) -> Self {
        self.hub.senders.fetch_add(1, Ordering::Relaxed);
        Self {
            hub: self.hub.clone(),
        }
    }
}

impl<T> Drop for BroadcastSender<T> {
    fn drop(&mut self) {
        if self.hub.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.hub.end();
        }
    }
}

impl<T> fmt::Debug for BroadcastSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastSender")
            .field("statistics", &self.statistics())
            .finish()
    }
}

/// The future of [`BroadcastSender::send`].
#[must_use = "futures do nothing unless polled"]
pub struct BroadcastSend<'a, T> {
    sender: &'a BroadcastSender<T>,
    acquire: AcquireArc,
    item: Option<T>,
}

impl<T> Unpin for BroadcastSend<'_, T> {}

impl<T> BroadcastSend<'_, T> {
    /// The item, unless it was sent.
    pub fn into_item(self) -> Option<T> {
        self.item
    }
}

impl<T> Future for BroadcastSend<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let permit = ready!(Pin::new(&mut this.acquire).poll(cx));
        let Some(item) = this.item.take() else {
            return Poll::Pending;
        };
        let published = this.sender.hub.publish(item, permit);
        Poll::Ready(published.map_err(SendError::BrokenResource))
    }
}

impl<T> fmt::Debug for BroadcastSend<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastSend").finish_non_exhaustive()
    }
}

/// The receiving end of a [`broadcast_stream`]. It is a [`Stream`] too.
pub struct BroadcastReceiver<T> {
    hub: Arc<Hub<T>>,
    receiver: ObjectReceiver<Arc<Item<T>>>,
}

impl<T: Clone> BroadcastReceiver<T> {
    /// Receives the next item that this receiver has not received.
    ///
    /// # Errors
    ///
    /// [`ReceiveError::EndOfStream`], when all senders are gone and everything was received.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes nothing and never completes (SC4, MS2).
    pub fn receive(&mut self) -> BroadcastReceive<'_, T> {
        BroadcastReceive(self.receiver.receive())
    }

    /// Receives the next item, if there is one.
    ///
    /// # Errors
    ///
    /// [`TryReceiveError`].
    pub fn try_receive(&mut self) -> Result<T, TryReceiveError> {
        self.receiver.try_receive().map(own)
    }
}

impl<T> BroadcastReceiver<T> {
    /// One more receiver, of what is sent from now on.
    pub fn subscribe(&self) -> Self {
        self.hub.subscribe()
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> BroadcastStatistics {
        self.hub.statistics()
    }
}

impl<T> Drop for BroadcastReceiver<T> {
    fn drop(&mut self) {
        // What it has not received goes with its end of the stream, with no lock held.
        if let Some(streams) = &mut *self.hub.streams.lock() {
            streams.retain(|shared| !Arc::ptr_eq(shared, &self.receiver.shared));
        }
    }
}

/// The last who takes an item needs no clone.
fn own<T: Clone>(item: Arc<Item<T>>) -> T {
    match Arc::try_unwrap(item) {
        Ok(Item { item, permit }) => {
            drop(permit);
            item
        }
        Err(item) => item.item.clone(),
    }
}

impl<T: Clone> Stream for BroadcastReceiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let item = ready!(Pin::new(&mut self.receiver).poll_next(cx));
        Poll::Ready(item.map(own))
    }
}

impl<T> fmt::Debug for BroadcastReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastReceiver")
            .field("statistics", &self.statistics())
            .finish()
    }
}

/// The future of [`BroadcastReceiver::receive`].
#[must_use = "futures do nothing unless polled"]
pub struct BroadcastReceive<'a, T>(ReceiveFuture<'a, Arc<Item<T>>>);

impl<T: Clone> Future for BroadcastReceive<'_, T> {
    type Output = Result<T, ReceiveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(received.map(own))
    }
}

impl<T> fmt::Debug for BroadcastReceive<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BroadcastReceive").field(&self.0).finish()
    }
}
