//! What the ends of a stream share: the buffer, and who waits at either end.
//!
//! # Always true
//!
//! Whenever the lock is free, but for those whose region is cancelled:
//!
//! 1. Nobody waits to receive while there is an item, in the buffer or with a sender.
//! 2. Nobody waits to send while there is room.
//! 3. An item is in one place: with its sender, in the buffer, or with the receiver it was granted to. One that is
//!    granted to a receiver whose future is dropped goes back to the front.
//! 4. Room that was given to somebody who has not used it counts as used.

use std::collections::VecDeque;

use crate::loom::Mutex;
use crate::sync::queue::{WaitQueue, Woken};

/// Tells the clones of an end apart.
pub(super) type EndId = u64;

pub(super) struct Shared<T> {
    pub(super) state: Mutex<State<T>>,
}

pub(super) struct State<T> {
    room: usize,
    buffer: VecDeque<T>,
    /// Room that was given and is not used yet.
    reserved: usize,
    pub(super) senders: usize,
    pub(super) receivers: usize,
    next_id: EndId,
    pub(super) sending: WaitQueue<Sending<T>, Sent<T>>,
    pub(super) receiving: WaitQueue<EndId, Received<T>>,
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
    Item(T),
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
    pub(super) fn new(room: usize) -> Self {
        Self {
            state: Mutex::new(State {
                room,
                buffer: VecDeque::new(),
                reserved: 0,
                senders: 0,
                receivers: 0,
                next_id: 0,
                sending: WaitQueue::new(),
                receiving: WaitQueue::new(),
            }),
        }
    }

    /// Does something under the lock, and wakes those whose wait it ended.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut State<T>, &mut Woken) -> R) -> R {
        let mut woken = Woken::default();
        let result = f(&mut self.state.lock(), &mut woken);
        woken.wake();
        result
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

impl<T> State<T> {
    pub(super) fn next_id(&mut self) -> EndId {
        self.next_id += 1;
        self.next_id
    }

    /// Sends an item, unless it would have to wait: then it comes back.
    pub(super) fn put(&mut self, item: T, woken: &mut Woken) -> Result<(), T> {
        if self.sending.has_next(woken) || !self.has_place(woken) {
            return Err(item);
        }
        self.hand_over(item, woken);
        Ok(())
    }

    /// Gives an item that has a place to the one who waits for it, or to the buffer. While one waits there is
    /// nothing before this item (invariant 1).
    fn hand_over(&mut self, item: T, woken: &mut Woken) {
        if self.receiving.has_next(woken) {
            self.receiving.grant_next(woken, |_| Received::Item(item));
        } else {
            self.buffer.push_back(item);
        }
    }

    /// The next item, if there is one.
    pub(super) fn take(&mut self, woken: &mut Woken) -> Option<T> {
        let mut item = self.buffer.pop_front();
        if item.is_none() {
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

    /// Keeps invariants 1 and 2 after something has become free.
    pub(super) fn advance(&mut self, woken: &mut Woken) {
        while !self.buffer.is_empty() && self.receiving.has_next(woken) {
            if let Some(item) = self.buffer.pop_front() {
                self.receiving.grant_next(woken, |_| Received::Item(item));
            }
        }
        while self.sending.has_next(woken) && self.has_place(woken) {
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
    }

    /// Whether one more item, or a promise of one, has a place: in the buffer, or with one who waits for it.
    fn has_place(&mut self, woken: &mut Woken) -> bool {
        let used = self.buffer.len().saturating_add(self.reserved);
        used < self.room || {
            self.receiving.pass_over_cancelled(woken);
            used < self.room.saturating_add(self.receiving.waiting())
        }
    }

    /// Takes room for an item, if there is any and nobody waits for it.
    pub(super) fn reserve(&mut self, woken: &mut Woken) -> bool {
        let reserves = !self.sending.has_next(woken) && self.has_place(woken);
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
        match item {
            Some(item) => self.hand_over(item, woken),
            None => self.advance(woken),
        }
    }

    /// Takes back what was granted to a receive that was dropped (invariant 3).
    pub(super) fn put_back(&mut self, item: T, woken: &mut Woken) {
        self.buffer.push_front(item);
        self.advance(woken);
    }

    /// A sender is closed.
    pub(super) fn close_sender(&mut self, who: EndId, woken: &mut Woken) {
        self.senders -= 1;
        let mine = |sending: &Sending<T>| sending.who == who;
        let closed = |sending: Sending<T>| Sent::Closed(sending.item);
        self.sending.end_where(woken, mine, closed);
        self.advance(woken);
        if self.senders == 0 && self.buffer.is_empty() {
            while self.receiving.grant(woken, |_| Received::End) {}
        }
    }

    /// A receiver is closed. Gives what nobody will receive, to be dropped with no lock held.
    pub(super) fn close_receiver(&mut self, who: EndId, woken: &mut Woken) -> VecDeque<T> {
        self.receivers -= 1;
        let mine = |waits: &EndId| *waits == who;
        self.receiving.end_where(woken, mine, |_| Received::Closed);
        if self.receivers > 0 {
            return VecDeque::new();
        }
        while self
            .sending
            .grant(woken, |sending| Sent::Broken(sending.item))
        {}
        std::mem::take(&mut self.buffer)
    }
}
