//! Those who wait, first come first served, and are handed what they wait for (PR1): the queue and the wait, which keep each
//! other's invariants, in one file that is longer than others for it.
//!
//! Plain data: all of it is under the lock of the primitive that owns it. It wakes nobody and drops no waker: those
//! are handed out, for when the lock is released. An entry belongs to the future that waits, by its
//! key, until that future has taken the end of its wait or has left.
//!
//! ```text
//!   + Waits        in the queue
//!   >> Granted     out of the queue, with what it was given; the future takes that, or passes it on
//!   >> PassedOver  out of the queue: its region was cancelled when its turn came
//!   + gone         the future has taken the end, or was dropped
//! ```
//!
//! # Always true
//!
//! 1. The queue lists exactly the entries that wait, in the order in which they came.
//! 2. What is granted goes to the oldest entry whose region is not effectively cancelled at that moment, whoever
//!    has been polled since.
//! 3. Waits are numbered in the order in which they came. The board is told of the end of each before it is woken, so that
//!    one that is polled for nothing sees there, without the lock, that its turn has not come: a poll sees what came before
//!    the wakes that it answers, as runtimes promise. Where waits end out of order, by a cancel or a close, those in
//!    between look under the lock.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::label::{Board, Subject};
use crate::outcome::wake;
use crate::renewal::{Renewal, WakerId};
use crate::scope::tree::Node;
use crate::scope::{awaited, current};

/// No entry.
const NONE: usize = usize::MAX;

/// A queue of waiters that want a `W` and are given a `G`.
#[derive(Debug)]
pub(crate) struct WaitQueue<W, G> {
    subject: Subject,
    entries: Slab<Entry<W, G>>,
    first: usize,
    last: usize,
    waiting: usize,
    next_number: u64,
}

/// | state      | want | waker | grant |
/// |------------|------|-------|-------|
/// | Waits      | yes  | yes   | no    |
/// | Granted    | no   | no    | yes   |
/// | PassedOver | yes  | no    | no    |
#[derive(Debug)]
struct Entry<W, G> {
    want: Option<W>,
    waker: Option<Waker>,
    grant: Option<G>,
    /// Where it waits.
    region: Option<Arc<Node>>,
    number: u64,
    before: usize,
    after: usize,
}

impl<W, G> Entry<W, G> {
    fn waits(&self) -> bool {
        self.waker.is_some()
    }

    fn is_cancelled(&self) -> bool {
        let region = self.region.as_ref();
        region.is_some_and(|node| node.is_cancelled())
    }

    fn ended(self) -> Option<Ended<W, G>> {
        let granted = self.grant.map(Ended::Granted);
        granted.or(self.want.map(Ended::PassedOver))
    }
}

/// Who waits, and where.
pub(crate) struct Seat {
    region: Option<Arc<Node>>,
    waker: Waker,
}

impl Seat {
    /// The code that runs now. To be made with no lock held.
    pub(crate) fn here(cx: &Context<'_>) -> Self {
        Self {
            region: current::node(),
            waker: cx.waker().clone(),
        }
    }
}

/// How a wait has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended<W, G> {
    Granted(G),
    /// What it wanted, for another try: the region of the wait was cancelled, that of the next poll may not be.
    PassedOver(W),
}

/// A future's side of its entry.
#[derive(Debug, Default)]
pub(crate) struct Wait(Option<Waiting>);

/// What a future knows of its entry.
#[derive(Debug)]
#[must_use = "somebody waits"]
pub(crate) struct Waiting {
    board: Arc<Board>,
    key: usize,
    number: u64,
    /// Of the clone in the entry, which is there until the end of the wait.
    waker: WakerId,
}

impl Waiting {
    /// Whether a look under the lock finds what it found before (invariant 3).
    #[inline]
    fn goes_on(&self, cx: &Context<'_>) -> bool {
        self.waker == WakerId::of(cx.waker()) && !self.board.may_have_ended(self.number)
    }
}

impl Wait {
    pub(crate) fn begin(&mut self, waiting: Waiting) {
        awaited::say(&waiting.board);
        self.0 = Some(waiting);
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.0.is_some()
    }

    /// The end of the wait, which `look` finds in the queue; none where nothing waits.
    #[inline]
    pub(crate) fn poll<W, G>(
        &mut self,
        cx: &Context<'_>,
        mut look: impl FnMut(usize, &mut Renewal<'_>) -> Poll<Option<Ended<W, G>>>,
    ) -> Poll<Option<Ended<W, G>>> {
        let Some(waiting) = &mut self.0 else {
            return Poll::Ready(None);
        };
        if !waiting.goes_on(cx) {
            let ended = Renewal::poll(cx, |renewal| {
                let ended = look(waiting.key, renewal);
                waiting.waker = renewal.kept().unwrap_or(waiting.waker);
                ended
            });
            if ended.is_ready() {
                self.end();
                return ended;
            }
        }
        awaited::say(&waiting.board);
        Poll::Pending
    }

    /// For one who leaves.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<usize> {
        self.is_waiting().then(|| self.end())?
    }

    fn end(&mut self) -> Option<usize> {
        let waiting = self.0.take()?;
        awaited::take_back(&waiting.board);
        Some(waiting.key)
    }
}

/// The wakers of those whose wait has ended, to be woken with no lock held.
#[derive(Debug, Default)]
#[must_use = "somebody waits to be woken"]
pub(crate) struct Woken {
    // One is the rule. Without one there are no more.
    first: Option<Waker>,
    more: Vec<Waker>,
}

impl Woken {
    /// One more, who is in no queue.
    pub(crate) fn add(&mut self, waker: Waker) {
        self.extend(Some(waker));
    }

    fn extend(&mut self, waker: Option<Waker>) {
        if self.first.is_none() {
            self.first = waker;
        } else {
            self.more.extend(waker);
        }
    }

    #[inline]
    pub(crate) fn wake(self) {
        if let Some(first) = self.first {
            wake(Some(first));
            wake(self.more);
        }
    }
}

impl<W, G> WaitQueue<W, G> {
    pub(crate) fn new(subject: impl Into<Subject>) -> Self {
        Self {
            subject: subject.into(),
            entries: Slab::new(),
            first: NONE,
            last: NONE,
            waiting: 0,
            next_number: 0,
        }
    }

    /// What is waited for.
    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// How many wait, those included whose region is cancelled and who have not been passed over yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds one at the end, in the region that is polled.
    pub(crate) fn push(&mut self, want: W, seat: Seat) -> Waiting {
        let number = self.next_number;
        self.next_number += 1;
        let waker = WakerId::of(&seat.waker);
        let key = self.entries.insert(Entry {
            want: Some(want),
            waker: Some(seat.waker),
            grant: None,
            region: seat.region,
            number,
            before: self.last,
            after: NONE,
        });
        match self.entries.get_mut(self.last) {
            Some(last) => last.after = key,
            None => self.first = key,
        }
        self.last = key;
        self.waiting += 1;
        Waiting {
            board: self.subject.share().clone(),
            key,
            number,
            waker,
        }
    }

    /// Passes over those in front whose region is cancelled. Says whether there is one left whose turn it is.
    pub(crate) fn has_next(&mut self, woken: &mut Woken) -> bool {
        while let Some(entry) = self.entries.get(self.first) {
            if !entry.is_cancelled() {
                return true;
            }
            self.end(self.first, woken);
        }
        false
    }

    /// Whether so many wait whose region is not cancelled; passes over those in front of them whose region is.
    pub(crate) fn has_waiting(&mut self, many: usize, woken: &mut Woken) -> bool {
        let (mut key, mut found) = (self.first, 0);
        while let Some(entry) = self.entries.get(key).filter(|_| found < many) {
            let after = entry.after;
            if entry.is_cancelled() {
                self.end(key, woken);
            } else {
                found += 1;
            }
            key = after;
        }
        found >= many
    }

    /// Passes over all whose region is cancelled.
    pub(crate) fn pass_over_cancelled(&mut self, woken: &mut Woken) {
        self.has_waiting(usize::MAX, woken);
    }

    /// Gives the one whose turn it is what it waits for. Says whether there was one.
    pub(crate) fn grant(&mut self, woken: &mut Woken, give: impl FnOnce(W) -> G) -> bool {
        let has_next = self.has_next(woken);
        if has_next {
            self.grant_next(woken, give);
        }
        has_next
    }

    /// As [`grant`](Self::grant), after [`has_next`](Self::has_next) has said that there is one: a cancel that comes
    /// in between comes after the grant, and what is given has a taker.
    pub(crate) fn grant_next(&mut self, woken: &mut Woken, give: impl FnOnce(W) -> G) {
        if let Some(entry) = self.end(self.first, woken) {
            entry.grant = entry.want.take().map(give);
        }
    }

    /// Whether the one in front is such a one.
    pub(crate) fn next_wants(&self, is: impl FnOnce(&W) -> bool) -> bool {
        let next = self.entries.get(self.first);
        next.and_then(|entry| entry.want.as_ref()).is_some_and(is)
    }

    /// As [`grant`](Self::grant), if the one whose turn it is is such a one.
    pub(crate) fn grant_where(
        &mut self,
        woken: &mut Woken,
        is: impl FnOnce(&W) -> bool,
        give: impl FnOnce(W) -> G,
    ) -> bool {
        let granted = self.has_next(woken) && self.next_wants(is);
        if granted {
            self.grant_next(woken, give);
        }
        granted
    }

    /// Ends the waits of all such ones, whether their region is cancelled or not.
    pub(crate) fn end_where(
        &mut self,
        woken: &mut Woken,
        is: impl Fn(&W) -> bool,
        give: impl Fn(W) -> G,
    ) {
        let mut key = self.first;
        while let Some(entry) = self.entries.get(key) {
            let after = entry.after;
            if entry.want.as_ref().is_some_and(&is) {
                if let Some(entry) = self.end(key, woken) {
                    entry.grant = entry.want.take().map(&give);
                }
            }
            key = after;
        }
    }

    /// Ends a wait; nobody asks for the region from now on.
    fn end(&mut self, key: usize, woken: &mut Woken) -> Option<&mut Entry<W, G>> {
        self.unlink(key);
        let entry = self.entries.get_mut(key)?;
        if let Some(board) = self.subject.shared() {
            board.note_end(entry.number);
        }
        entry.region = None;
        woken.extend(entry.waker.take());
        Some(entry)
    }

    /// Asks for the end of a wait. Else keeps the waker of this poll.
    pub(crate) fn poll(
        &mut self,
        key: usize,
        waker: &mut Renewal<'_>,
    ) -> Poll<Option<Ended<W, G>>> {
        let entry = self.entries.get_mut(key);
        if let Some(entry) = entry.filter(|entry| entry.waker.is_some()) {
            waker.keep(&mut entry.waker);
            return Poll::Pending;
        }
        Poll::Ready(self.remove(key).and_then(Entry::ended))
    }

    /// Takes one out whose future is dropped, with what it has not taken: a grant is to be passed on. Its waker is
    /// to be dropped with no lock held.
    pub(crate) fn leave(&mut self, key: usize) -> (Option<Waker>, Option<Ended<W, G>>) {
        if self.entries.get(key).is_some_and(Entry::waits) {
            self.unlink(key);
        }
        let mut entry = self.remove(key);
        let waker = entry.as_mut().and_then(|entry| entry.waker.take());
        (waker, entry.and_then(Entry::ended))
    }

    fn remove(&mut self, key: usize) -> Option<Entry<W, G>> {
        let entry = self.entries.try_remove(key);
        // A burst of waiters must not keep its peak.
        if self.entries.is_empty() && self.entries.capacity() > 64 {
            self.entries = Slab::new();
        }
        entry
    }

    /// Takes an entry out of the order of those that wait (invariant 1).
    fn unlink(&mut self, key: usize) {
        let Some(entry) = self.entries.get(key) else {
            return;
        };
        let (before, after) = (entry.before, entry.after);
        match self.entries.get_mut(before) {
            Some(entry) => entry.after = after,
            None => self.first = after,
        }
        match self.entries.get_mut(after) {
            Some(entry) => entry.before = before,
            None => self.last = before,
        }
        self.waiting -= 1;
    }
}
