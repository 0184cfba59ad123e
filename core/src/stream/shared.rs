//! What the ends of a stream share: the buffer, and who waits at either end.
//!
//! A `receive` or a `send` waits in a queue and is handed what it waits for. A `Stream` or a `Sink` *looks*: it is
//! woken when there may be something for it, and owns nothing until it is polled, since nobody knows whether it will be.
//!
//! Longer than other files, since each step at one end has to keep what is true for the other.
//!
//! # Always true
//!
//! Whenever the lock is free, but for those whose region is cancelled:
//!
//! 1. Nobody waits to receive while there is an item in the buffer, or one with a sender that has room.
//! 2. Nobody waits to send while there is room.
//! 3. An item is in one place: with its sender, in the buffer, or with the receiver it was granted to. One that is
//!    granted to a receive that is dropped goes back to where it was in the order.
//! 4. Room that was given to somebody who has not used it counts as used.
//! 5. The end is told when nothing can come any more, from a receive that is dropped either.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::task::{Poll, Waker};

use crate::loom::{Mutex, MutexGuard};
use crate::renewal::Renewal;
use crate::sync::label::Label;
use crate::sync::queue::{Ended, Seat, WaitQueue, Waiting, Woken};
use crate::task::Place;

/// Tells the clones of an end apart.
pub(super) type EndId = u64;

pub(super) struct Shared<T> {
    pub(super) state: Mutex<State<T>>,
}

pub(super) struct State<T> {
    room: usize,
    /// In the order of their numbers.
    buffer: VecDeque<Numbered<T>>,
    next_number: u64,
    /// Room that was given and is not used yet.
    reserved: usize,
    /// Items that were granted and not taken yet.
    granted: usize,
    pub(super) senders: usize,
    pub(super) receivers: usize,
    next_id: EndId,
    pub(super) sending: WaitQueue<Sending<T>, Sent<T>>,
    pub(super) receiving: WaitQueue<EndId, Received<T>>,
    /// Who looks for room, and who for an item.
    sinks: BTreeMap<EndId, Waker>,
    streams: BTreeMap<EndId, Waker>,
}

/// An item, and when it came among the others.
pub(super) struct Numbered<T> {
    number: u64,
    pub(super) item: T,
}

/// What one waits for at the sending end.
pub(super) struct Sending<T> {
    pub(super) who: EndId,
    /// The item, or nothing where room alone is wanted.
    pub(super) item: Option<T>,
}

/// How a wait at the sending end has ended.
pub(super) enum Sent<T> {
    /// The item is on its way, or there is room for it.
    Done,
    Broken(Option<T>),
    Closed(Option<T>),
}

/// How a wait at the receiving end has ended.
pub(super) enum Received<T> {
    Item(Numbered<T>),
    End,
    Closed,
}

/// A stream's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamStatistics {
    /// How many items it has room for.
    pub room: usize,
    /// How many are there.
    pub buffered: usize,
    /// How many senders are open.
    pub senders: usize,
    /// How many receivers are open.
    pub receivers: usize,
    /// How many tasks wait to send.
    pub waiting_to_send: usize,
    /// How many tasks wait to receive.
    pub waiting_to_receive: usize,
}

impl<T> Shared<T> {
    pub(super) fn new(room: usize, place: Place) -> Self {
        Self {
            state: Mutex::new(State {
                room,
                buffer: VecDeque::new(),
                next_number: 0,
                reserved: 0,
                granted: 0,
                senders: 0,
                receivers: 0,
                next_id: 0,
                sending: WaitQueue::new(Label::new("room in a stream", place)),
                receiving: WaitQueue::new(Label::new("item of a stream", place)),
                sinks: BTreeMap::new(),
                streams: BTreeMap::new(),
            }),
        }
    }

    /// Does something under the lock, and wakes those whose wait it ended.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut State<T>, &mut Woken) -> R) -> R {
        with_locked(self.state.lock(), f)
    }

    pub(super) fn statistics(&self) -> StreamStatistics {
        let state = self.state.lock();
        StreamStatistics {
            room: state.room,
            buffered: state.buffer.len(),
            senders: state.senders,
            receivers: state.receivers,
            waiting_to_send: state.sending.waiting(),
            waiting_to_receive: state.receiving.waiting(),
        }
    }
}

/// As [`Shared::with`], under the lock that is held already.
pub(super) fn with_locked<T, R>(
    state: MutexGuard<'_, State<T>>,
    f: impl FnOnce(&mut State<T>, &mut Woken) -> R,
) -> R {
    let mut woken = Woken::default();
    let result = {
        // Released before any waker is woken, or dropped.
        let mut state = state;
        f(&mut state, &mut woken)
    };
    woken.wake();
    result
}

impl<T> State<T> {
    pub(super) fn next_id(&mut self) -> EndId {
        self.next_id += 1;
        self.next_id
    }

    /// Whether nobody waits or looks at either end. Then items come and go by the buffer alone, and nobody is woken.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        self.sending.waiting() == 0
            && self.receiving.waiting() == 0
            && self.sinks.is_empty()
            && self.streams.is_empty()
    }

    /// As [`put`](Self::put), where it is quiet.
    #[inline]
    pub(super) fn put_quietly(&mut self, item: T) -> Result<(), T> {
        debug_assert!(self.is_quiet());
        if self.buffer.len().saturating_add(self.reserved) >= self.room {
            return Err(item);
        }
        let numbered = self.numbered(item);
        self.buffer.push_back(numbered);
        Ok(())
    }

    /// As [`take`](Self::take), where it is quiet.
    #[inline]
    pub(super) fn take_quietly(&mut self) -> Option<T> {
        debug_assert!(self.is_quiet());
        self.buffer.pop_front().map(|numbered| numbered.item)
    }

    /// Sends an item, unless it would have to wait: then it comes back.
    pub(super) fn put(&mut self, item: T, woken: &mut Woken) -> Result<(), T> {
        if self.sending.has_next(woken) || !self.has_place(false, woken) {
            return Err(item);
        }
        self.hand_over(item, woken);
        Ok(())
    }

    /// Lets a sender wait with its item, or for room alone.
    pub(super) fn wait_to_send(
        &mut self,
        who: EndId,
        item: Option<T>,
        seat: Seat,
        woken: &mut Woken,
    ) -> Waiting {
        if item.is_some() {
            // Where there is no buffer, it is to be had here.
            wake_all(&mut self.streams, woken);
        }
        self.sending.push(Sending { who, item }, seat)
    }

    /// Lets a receiver wait.
    pub(super) fn wait_to_receive(&mut self, who: EndId, seat: Seat, woken: &mut Woken) -> Waiting {
        let waiting = self.receiving.push(who, seat);
        // Where there is no buffer, one may wait for just this.
        self.advance(woken);
        waiting
    }

    /// Lets a sink be woken when there may be room.
    pub(super) fn look_for_room(&mut self, who: EndId, waker: Waker) -> Option<Waker> {
        self.sinks.insert(who, waker)
    }

    /// Lets a stream be woken when there may be an item.
    pub(super) fn look_for_items(
        &mut self,
        who: EndId,
        waker: Waker,
        woken: &mut Woken,
    ) -> Option<Waker> {
        let old = self.streams.insert(who, waker);
        self.advance(woken);
        old
    }

    /// Gives an item that has a place to the one who waits for it, or to the buffer. While one waits there is
    /// nothing before this item (invariant 1).
    fn hand_over(&mut self, item: T, woken: &mut Woken) {
        let numbered = self.numbered(item);
        if self.receiving.has_next(woken) {
            self.grant(numbered, woken);
        } else {
            self.buffer.push_back(numbered);
            wake_all(&mut self.streams, woken);
        }
    }

    fn numbered(&mut self, item: T) -> Numbered<T> {
        let number = self.next_number;
        self.next_number += 1;
        Numbered { number, item }
    }

    fn grant(&mut self, item: Numbered<T>, woken: &mut Woken) {
        self.granted += 1;
        self.receiving.grant_next(woken, |_| Received::Item(item));
    }

    /// The next item, if there is one that nobody waits for.
    pub(super) fn take(&mut self, woken: &mut Woken) -> Option<T> {
        if self.receiving.has_next(woken) {
            return None;
        }
        let mut item = self.buffer.pop_front().map(|numbered| numbered.item);
        if item.is_none() && self.has_room_for_taker() {
            // Where there is no buffer, the item of the oldest sender. One in front that wants room alone has its turn
            // when somebody waits.
            let is_item = |sending: &Sending<T>| sending.item.is_some();
            self.sending.grant_where(woken, is_item, |sending| {
                item = sending.item;
                Sent::Done
            });
        }
        self.advance(woken);
        item
    }

    /// Whether nothing can come any more (invariant 5).
    pub(super) fn has_ended(&self) -> bool {
        self.senders == 0 && self.buffer.is_empty() && self.granted == 0
    }

    /// Keeps invariants 1, 2 and 5 after something has become free.
    pub(super) fn advance(&mut self, woken: &mut Woken) {
        while !self.buffer.is_empty() && self.receiving.has_next(woken) {
            if let Some(item) = self.buffer.pop_front() {
                self.grant(item, woken);
            }
        }
        while self.sending.has_next(woken) {
            let slot = self.sending.next_wants(|sending| sending.item.is_none());
            if !self.has_place(slot, woken) {
                break;
            }
            let mut item = None;
            self.sending.grant_next(woken, |sending| {
                item = sending.item;
                Sent::Done
            });
            match item {
                None => self.reserved += 1,
                Some(item) => self.hand_over(item, woken),
            }
        }
        if !self.sinks.is_empty() && !self.sending.has_next(woken) && self.has_place(true, woken) {
            wake_all(&mut self.sinks, woken);
        }
        // What nobody waits for is there for who looks: in the buffer, or with the sender in front.
        let has_item = !self.buffer.is_empty()
            || (self.has_room_for_taker()
                && self.sending.next_wants(|sending| sending.item.is_some()));
        if has_item && !self.receiving.has_next(woken) {
            wake_all(&mut self.streams, woken);
        }
        if self.has_ended() {
            while self.receiving.grant(woken, |_| Received::End) {}
            wake_all(&mut self.streams, woken);
        }
    }

    /// Whether one who finds the buffer empty may have an item of a sender that waits: it is room for one more than there
    /// is, unless that is reserved (invariant 4).
    fn has_room_for_taker(&self) -> bool {
        self.reserved <= self.room
    }

    /// Whether one more item has a place, in the buffer or with one who waits for it; or the promise of one, which a
    /// stream that looks for items makes good too where there is no buffer.
    fn has_place(&mut self, slot: bool, woken: &mut Woken) -> bool {
        let used = self.buffer.len().saturating_add(self.reserved);
        let Some(beyond) = used.checked_sub(self.room) else {
            return true;
        };
        let looks = slot && self.room == 0 && beyond < self.streams.len();
        looks || self.receiving.has_waiting(beyond + 1, woken)
    }

    /// Takes room for an item, if there is any and nobody waits for it.
    pub(super) fn reserve(&mut self, woken: &mut Woken) -> bool {
        let reserves = !self.sending.has_next(woken) && self.has_place(true, woken);
        self.reserved += usize::from(reserves);
        reserves
    }

    /// Takes room that there may not be.
    pub(super) fn reserve_beyond(&mut self) {
        self.reserved += 1;
    }

    /// Uses room that was taken, or gives it back.
    pub(super) fn use_reserved(&mut self, item: Option<T>, woken: &mut Woken) {
        self.reserved -= 1;
        if let Some(item) = item {
            self.hand_over(item, woken);
        }
        // Who had the item leaves room, or an item of somebody else, for the next.
        self.advance(woken);
    }

    /// Asks for the end of a wait to receive, as [`WaitQueue::poll`]. An item that it was granted is taken with it.
    pub(super) fn poll_receiving(
        &mut self,
        key: usize,
        waker: &mut Renewal<'_>,
        woken: &mut Woken,
    ) -> Poll<Option<Ended<EndId, Received<T>>>> {
        let ended = self.receiving.poll(key, waker);
        if let Poll::Ready(Some(Ended::Granted(Received::Item(_)))) = ended {
            self.granted -= 1;
            if self.has_ended() {
                self.advance(woken);
            }
        }
        ended
    }

    /// Takes back what was granted to a receive that was dropped (invariant 3). It comes back where nobody is left to
    /// receive it.
    pub(super) fn put_back(&mut self, item: Numbered<T>, woken: &mut Woken) -> Option<T> {
        self.granted -= 1;
        if self.receivers == 0 {
            return Some(item.item);
        }
        let place = self
            .buffer
            .partition_point(|other| other.number < item.number);
        self.buffer.insert(place, item);
        self.advance(woken);
        None
    }

    /// A sender is closed.
    pub(super) fn close_sender(&mut self, who: EndId, woken: &mut Woken) {
        self.senders -= 1;
        let mine = |sending: &Sending<T>| sending.who == who;
        let closed = |sending: Sending<T>| Sent::Closed(sending.item);
        self.sending.end_where(woken, mine, closed);
        if let Some(waker) = self.sinks.remove(&who) {
            woken.add(waker);
        }
        self.advance(woken);
    }

    /// A receiver is closed. Gives what nobody will receive, to be dropped with no lock held.
    pub(super) fn close_receiver(
        &mut self,
        who: EndId,
        woken: &mut Woken,
    ) -> VecDeque<Numbered<T>> {
        self.receivers -= 1;
        let mine = |waits: &EndId| *waits == who;
        self.receiving.end_where(woken, mine, |_| Received::Closed);
        if let Some(waker) = self.streams.remove(&who) {
            woken.add(waker);
        }
        if self.receivers > 0 {
            return VecDeque::new();
        }
        while self
            .sending
            .grant(woken, |sending| Sent::Broken(sending.item))
        {}
        wake_all(&mut self.sinks, woken);
        mem::take(&mut self.buffer)
    }
}

fn wake_all(lookers: &mut BTreeMap<EndId, Waker>, woken: &mut Woken) {
    while let Some((_, waker)) = lookers.pop_first() {
        woken.add(waker);
    }
}
