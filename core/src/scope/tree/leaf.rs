//! Leaves: regions that wait, listed with their parent as no more than a waker.
//!
//! A task that was spawned has a *seat* in its group: nothing at first, a leaf once it waits, and a
//! node as soon as something inside it needs one or somebody cancels it by itself.
//!
//! # Always true
//!
//! 1. A seat changes only under the lock of the group's node.
//! 2. A leaf is listed only while that node is not effectively cancelled: the sweep takes all leaves
//!    with it. A task that is still a leaf afterwards has nothing inside that could hold.

use std::mem;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Waker};
use std::time::Instant;

use super::{LEFT, LISTED, Node, Park};
use crate::loom::AtomicUsize;
use crate::loom::Ordering::{AcqRel, Acquire, Release};
use crate::renewal::WakerId;
use crate::task::Place;

/// A region that waits and has nothing inside that needs a node.
pub(crate) struct Leaf {
    pub(crate) waker: Waker,
    pub(crate) kind: &'static str,
    pub(crate) place: Place,
    pub(crate) since: Option<Instant>,
}

/// What became of a leaf that is no task.
pub(crate) enum Listed {
    Waits,
    /// Its region is effectively cancelled.
    Cancelled,
    /// Its region has left the tree, and the leaf is in no list.
    Gone,
}

/// The task has ended.
const GONE: usize = 1 << (usize::BITS - 1);
/// The seat has a node.
const SOLID: usize = GONE >> 1;
/// The bits of the key.
const KEY: usize = SOLID - 1;

/// A task's place in its group.
#[derive(Default)]
pub(crate) struct Seat {
    node: OnceLock<Arc<Node>>,
    /// The leaf's key plus one, zero while there is none; and the two bits above, which settle who
    /// takes the node out of the tree when a task ends while somebody asks for its node.
    state: AtomicUsize,
}

/// What became of a task that was about to wait.
enum Seated {
    Leaf,
    /// The group is effectively cancelled.
    Cancelled,
    /// The seat has a node.
    Node,
}

impl Seat {
    /// A seat that has a node from the start.
    pub(crate) fn solid(node: Arc<Node>) -> Self {
        Self {
            node: OnceLock::from(node),
            state: AtomicUsize::new(SOLID),
        }
    }

    pub(crate) fn node(&self) -> Option<&Arc<Node>> {
        self.node.get()
    }

    /// The leaf's key; the group's lock is held.
    fn key(&self) -> Option<usize> {
        (self.state.load(Acquire) & KEY).checked_sub(1)
    }
}

impl Node {
    /// Parks a task in its seat. `last` is the waker it is listed with.
    pub(crate) fn park_task(
        &self,
        seat: &Seat,
        last: &mut Option<WakerId>,
        place: Place,
        cx: &Context<'_>,
    ) -> Park {
        if let Some(node) = seat.node() {
            return node.park(last, cx);
        }
        if *last == Some(WakerId::of(cx.waker())) {
            // A leaf that was swept meanwhile has been woken and comes back.
            return if self.is_cancelled() {
                Park::Drop
            } else {
                Park::Wait
            };
        }
        let leaf = Leaf {
            waker: cx.waker().clone(),
            kind: "task",
            place,
            since: Some(Instant::now()),
        };
        // Of the clone: a waker may make one that has another address, and its own is free for others then.
        let id = WakerId::of(&leaf.waker);
        match self.seat_leaf(seat, leaf) {
            Seated::Leaf => {
                *last = Some(id);
                Park::Wait
            }
            Seated::Cancelled => Park::Drop,
            Seated::Node => seat.node().map_or(Park::Wait, |node| node.park(last, cx)),
        }
    }

    fn seat_leaf(&self, seat: &Seat, mut leaf: Leaf) -> Seated {
        let mut inner = self.inner.lock();
        let seated = if seat.node().is_some() {
            Seated::Node
        } else if self.is_cancelled() {
            Seated::Cancelled
        } else {
            let kids = &mut inner.kids;
            match seat.key().and_then(|key| kids.leaf_mut(key)) {
                Some(old) => mem::swap(&mut old.waker, &mut leaf.waker),
                None => {
                    seat.state.store(kids.add_leaf(leaf) + 1, Release);
                    return Seated::Leaf;
                }
            }
            Seated::Leaf
        };
        // The waker that was not listed, or not any more, is dropped after the lock.
        drop(inner);
        drop(leaf);
        seated
    }

    /// Gives a task's seat a node, if it has none (invariant 1).
    pub(crate) fn solidify(
        self: &Arc<Self>,
        seat: &Seat,
        make: impl FnOnce() -> Node,
    ) -> Arc<Node> {
        let mut above = self.inner.lock();
        if let Some(node) = seat.node() {
            return node.clone();
        }
        let node = Arc::new(make());
        let cause = self.cause(&above);
        let cancelled = cause.is_some();
        node.take_place(cancelled);
        {
            let mut inner = node.inner.lock();
            inner.parent = Some(self.clone());
            inner.cause = cause;
            let listed = seat.key().filter(|_| !cancelled).and_then(|key| {
                let leaf = above.kids.solidify(key, &node)?;
                Some((key, leaf))
            });
            match listed {
                Some((key, leaf)) => {
                    inner.key = key;
                    inner.waker = Some(leaf.waker);
                    inner.since = leaf.since;
                    // The task's own poll knows which waker that is.
                    node.raise(LISTED);
                }
                None => inner.key = above.kids.add_region(node.clone()),
            }
        }
        // Nobody else sets it: this is done under the group's lock.
        let node = seat.node.get_or_init(|| node).clone();
        let ended = seat.state.swap(SOLID, AcqRel) & GONE != 0;
        drop(above);
        if ended {
            node.detach();
        }
        node
    }

    /// Takes a task that has ended out of the tree. `alone` says that nobody else can reach the seat:
    /// a task that never waited and has no handle has left nothing there.
    #[inline]
    pub(crate) fn leave_seat(&self, seat: &Seat, alone: bool) {
        if !alone || seat.state.load(Acquire) != 0 {
            self.empty_seat(seat);
        }
    }

    fn empty_seat(&self, seat: &Seat) {
        let state = seat.state.fetch_or(GONE, AcqRel);
        if state & SOLID != 0 {
            if let Some(node) = seat.node() {
                node.detach();
            }
        } else if let Some(key) = state.checked_sub(1) {
            let mut inner = self.inner.lock();
            // Swept, or turned into a node by somebody who has seen that the task is gone.
            let listed = !self.is_cancelled() && seat.node().is_none();
            let kid = if listed { inner.kids.remove(key) } else { None };
            // The key is another's from now on; whoever still asks for a node sees that this one is gone.
            if listed {
                seat.state.store(GONE, Release);
            }
            drop(inner);
            drop(kid);
        }
    }

    /// Lists a leaf that is no task, or says that this region is effectively cancelled.
    pub(crate) fn add_leaf(&self, leaf: Leaf) -> Option<usize> {
        let mut inner = self.inner.lock();
        if self.is_cancelled() || self.has(LEFT) {
            drop(inner);
            drop(leaf);
            return None;
        }
        Some(inner.kids.add_leaf(leaf))
    }

    /// Replaces a leaf's waker.
    pub(crate) fn set_leaf_waker(&self, key: usize, mut waker: Waker) -> Listed {
        let mut inner = self.inner.lock();
        let listed = if self.is_cancelled() {
            Listed::Cancelled
        } else if self.has(LEFT) {
            Listed::Gone
        } else {
            if let Some(leaf) = inner.kids.leaf_mut(key) {
                mem::swap(&mut leaf.waker, &mut waker);
            }
            Listed::Waits
        };
        drop(inner);
        drop(waker);
        listed
    }

    /// Takes a leaf off the list, which is done already if this region is cancelled (invariant 2).
    pub(crate) fn remove_leaf(&self, key: usize) {
        let mut inner = self.inner.lock();
        let kid = if self.is_cancelled() || self.has(LEFT) {
            None
        } else {
            inner.kids.remove(key)
        };
        drop(inner);
        drop(kid);
    }
}
