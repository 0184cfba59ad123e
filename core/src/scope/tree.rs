//! The cancel tree: which region is inside which, and what a cancel reaches.
//!
//! A region that waits is a node, or, while nothing inside it needs one, a *leaf*: no more than a
//! waker in its parent's list. A task that was spawned and waits is a leaf; so is `cancelled()`.
//!
//! # Always true
//!
//! 1. A node has two bits of cancellation: OWN, somebody cancelled it; OUT, the region around it is
//!    effectively cancelled. Both only ever go up. It is effectively cancelled when it is OWN, or OUT
//!    and not a shield.
//! 2. Whoever makes a node effectively cancelled takes its waker, its leaves and the list of its
//!    kids under the same lock, so that each of them is reached once: those attached later read the
//!    bit under that lock.
//! 3. A leaf's key is valid as long as its parent is not effectively cancelled (by 2).
//! 4. `holds` counts the direct kids that hold. Only its steps between 0 and 1 are passed on, and they
//!    stop at a node that holds by itself and at a task, so they are a property of one task.
//! 5. Only `start` moves a living node to another parent, and only one whose old parent is not
//!    effectively cancelled, under that parent's lock.
//!
//! # Lock order
//!
//! Parent before child, never more than two. Wakers are cloned, woken and dropped with no lock held.

mod leaf;
mod link;
mod snapshot;
mod sweep;

use std::fmt;
use std::mem;
use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::Instant;

use slab::Slab;

pub(crate) use self::leaf::{Leaf, Seat, WakerId};
use self::link::Link;
pub(crate) use self::snapshot::{Snapshot, SnapshotKid};
pub(crate) use self::sweep::{Sweep, cancel, cancel_daemons};
use super::reason::Reason;
use crate::group::Group;
use crate::loom::{AtomicU8, Mutex, MutexGuard, Ordering};
use crate::outcome::wake;
use crate::task::{Place, TaskInfo};

/// Somebody cancelled this very region.
const OWN: u8 = 1;
/// The region around this one is effectively cancelled.
const OUT: u8 = 2;
/// The node has a place in the tree.
const ATTACHED: u8 = 4;
/// The region has ended, and nothing reaches it any more.
const LEFT: u8 = 8;
/// A handle has moved the deadline.
const MOVED: u8 = 16;
/// The region outlived the one around it and no longer holds the one it was handed to.
const LOOSE: u8 = 32;

/// What a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The root of `run` or `attach`.
    Root,
    Task,
    Daemon,
    Scope,
    Shield,
    /// The cleanup of a `finally`: a shield.
    Cleanup,
    /// The hooks of a group or an exit stack: a shield.
    Hooks,
    /// A scope inside a shield that is also cancelled when the shield's outside is.
    Restore,
    Group,
    /// The body of a `finally`.
    Finally,
    /// The wait of `start`, which owns the child until it has started.
    Start,
    /// A blocking call that is at work.
    Blocking,
}

impl Kind {
    pub(crate) fn is_shield(self) -> bool {
        matches!(self, Kind::Shield | Kind::Cleanup | Kind::Hooks)
    }

    pub(crate) fn is_task(self) -> bool {
        matches!(self, Kind::Task | Kind::Daemon)
    }

    /// Whether a region of this kind holds the one around it for as long as it is at work.
    fn holds(self) -> bool {
        let works = matches!(
            self,
            Kind::Group | Kind::Finally | Kind::Start | Kind::Blocking
        );
        works || self.is_shield()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Root => "root",
            Kind::Task => "task",
            Kind::Daemon => "daemon",
            Kind::Scope => "scope",
            Kind::Shield => "shield",
            Kind::Cleanup => "cleanup of finally",
            Kind::Hooks => "hooks",
            Kind::Restore => "restore",
            Kind::Group => "group",
            Kind::Finally => "finally",
            Kind::Start => "start",
            Kind::Blocking => "run_in_threadpool",
        }
    }
}

/// A region's place in the tree.
pub(crate) struct Node {
    kind: Kind,
    place: Place,
    flags: AtomicU8,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    parent: Option<Arc<Node>>,
    /// Where the parent lists this node.
    key: usize,
    /// How many direct kids hold this region. Below zero for a moment where a region that several
    /// tasks poll is left by one and entered by another.
    holds: i32,
    /// Of the region's own poll; taken by whoever wakes it.
    waker: Option<Waker>,
    deadline: Option<Instant>,
    /// When the region first waited, or took its place in order to.
    since: Option<Instant>,
    /// What most nodes never need.
    rare: Option<Box<Rare>>,
}

#[derive(Default)]
struct Rare {
    kids: Slab<Kid>,
    /// What is told when a shield's outside is cancelled.
    links: Slab<Link>,
    reason: Option<Reason>,
    name: Option<Arc<str>>,
    task: Option<TaskInfo>,
    group: Option<Weak<Group>>,
}

enum Kid {
    Leaf(Leaf),
    Region(Arc<Node>),
}

/// What a region does after its body was pending.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Park {
    /// Wait: the waker is registered.
    Wait,
    /// Drop the body: the region is effectively cancelled and nothing holds it.
    Drop,
}

impl Inner {
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Takes a kid off the list, for the caller to drop once the lock is released.
    fn remove_kid(&mut self, key: usize) -> Option<Kid> {
        let rare = self.rare.as_mut()?;
        let kid = rare.kids.try_remove(key);
        // A burst of children must not keep its peak for as long as the region lives (TG13).
        if rare.kids.is_empty() && rare.kids.capacity() > 64 {
            rare.kids = Slab::new();
        }
        kid
    }
}

impl Node {
    pub(crate) fn new(kind: Kind, place: Place) -> Self {
        Self {
            kind,
            place,
            flags: AtomicU8::new(0),
            inner: Mutex::default(),
        }
    }

    pub(crate) fn with_deadline(kind: Kind, place: Place, deadline: Option<Instant>) -> Self {
        let node = Self::new(kind, place);
        node.inner.lock().deadline = deadline;
        node
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    /// Sets flags; the node's lock is held, which orders it with the readers that matter.
    fn raise(&self, flags: u8) -> u8 {
        self.flags.fetch_or(flags, Ordering::AcqRel)
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.has(ATTACHED)
    }

    /// Whether the region is effectively cancelled (SC2).
    pub(crate) fn is_cancelled(&self) -> bool {
        self.has(if self.kind.is_shield() {
            OWN
        } else {
            OWN | OUT
        })
    }

    /// Whether somebody cancelled this very region.
    pub(crate) fn cancel_called(&self) -> bool {
        self.has(OWN)
    }

    /// Whether the region around this one is effectively cancelled.
    pub(crate) fn outside_cancelled(&self) -> bool {
        self.has(OUT)
    }

    /// The region's own reason, if this is where a cancel stops (SC5).
    pub(crate) fn absorbs(&self) -> Option<Reason> {
        let flags = self.flags.load(Ordering::Acquire);
        (flags & OWN != 0 && flags & OUT == 0).then(|| self.own_reason())?
    }

    pub(crate) fn own_reason(&self) -> Option<Reason> {
        self.inner.lock().rare.as_ref()?.reason.clone()
    }

    pub(crate) fn parent(&self) -> Option<Arc<Node>> {
        self.inner.lock().parent.clone()
    }

    pub(crate) fn group(&self) -> Option<Arc<Group>> {
        self.inner.lock().rare.as_ref()?.group.as_ref()?.upgrade()
    }

    pub(crate) fn set_group(&self, group: Weak<Group>) {
        self.inner.lock().rare().group = Some(group);
    }

    pub(crate) fn set_name(&self, name: Arc<str>) {
        self.inner.lock().rare().name = Some(name);
    }

    pub(crate) fn set_task(&self, task: TaskInfo) {
        self.inner.lock().rare().task = Some(task);
    }

    pub(crate) fn task(&self) -> Option<TaskInfo> {
        self.inner.lock().rare.as_ref()?.task.clone()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.inner.lock().deadline
    }

    /// Gives the region the deadline it was built with, unless a handle has set another.
    pub(crate) fn start_deadline(&self, deadline: Option<Instant>) {
        let mut inner = self.inner.lock();
        if !self.has(MOVED) {
            inner.deadline = deadline;
        }
    }

    /// Moves the deadline and wakes the region, which arms its timer anew (DL4).
    pub(crate) fn move_deadline(&self, deadline: Option<Instant>) {
        let waker = {
            let mut inner = self.inner.lock();
            if self.is_cancelled() || self.has(LEFT) {
                return;
            }
            self.raise(MOVED);
            inner.deadline = deadline;
            inner.waker.take()
        };
        wake(waker);
    }

    /// Wakes the region's own poll.
    pub(crate) fn wake(&self) {
        let waker = self.inner.lock().waker.take();
        wake(waker);
    }

    /// Gives the node its place below `parent`, or makes it a root of its own.
    pub(crate) fn attach(self: &Arc<Self>, parent: Option<Arc<Node>>) {
        let Some(parent) = parent else {
            self.inner.lock().since = Some(Instant::now());
            self.raise(ATTACHED);
            return;
        };
        {
            let mut above = parent.inner.lock();
            let mut inner = self.inner.lock();
            self.attach_locked(&parent, &mut above, &mut inner);
        }
        if self.kind.holds() {
            parent.hold();
        }
    }

    fn attach_locked(
        self: &Arc<Self>,
        parent: &Arc<Node>,
        above: &mut MutexGuard<'_, Inner>,
        inner: &mut MutexGuard<'_, Inner>,
    ) {
        inner.key = above.rare().kids.insert(Kid::Region(self.clone()));
        inner.parent = Some(parent.clone());
        if !self.kind.is_task() {
            inner.since = Some(Instant::now());
        }
        self.raise(if parent.is_cancelled() {
            ATTACHED | OUT
        } else {
            ATTACHED
        });
    }

    /// Takes the node out of the tree. What it still lists outlived it (a future that was polled on
    /// elsewhere, or forgotten) and goes to the region around.
    pub(crate) fn detach(&self) {
        let (parent, key, holding, waker, kids) = {
            let mut inner = self.inner.lock();
            self.raise(LEFT);
            let kids = inner.rare.as_mut().map(|rare| mem::take(&mut rare.kids));
            let holding = self.holds_parent(&inner);
            let parent = inner.parent.take();
            (parent, inner.key, holding, inner.waker.take(), kids)
        };
        drop(waker);
        // The kids first: the region around is held without a gap.
        for (_, kid) in kids.into_iter().flatten() {
            if let Kid::Region(kid) = kid {
                let same_task = parent.as_ref().filter(|_| !self.kind.is_task());
                kid.hand_to(parent.as_ref(), same_task.is_some());
            }
        }
        if let Some(parent) = &parent {
            let kid = parent.inner.lock().remove_kid(key);
            drop(kid);
            if holding {
                parent.unhold();
            }
        }
    }

    /// Whether this region counts as one that holds the region around.
    fn holds_parent(&self, inner: &Inner) -> bool {
        let passes = !self.kind.is_task() && inner.holds > 0;
        !self.has(LOOSE) && (self.kind.holds() || passes)
    }

    /// Moves a region that outlived its parent outward. In the same task it goes on to hold; in
    /// another one, or in none, it holds nobody any more.
    fn hand_to(self: &Arc<Self>, parent: Option<&Arc<Node>>, same_task: bool) {
        let Some(parent) = parent else {
            let mut inner = self.inner.lock();
            self.raise(LOOSE);
            inner.parent = None;
            return;
        };
        let (cancelled, holding) = {
            let mut above = parent.inner.lock();
            let mut inner = self.inner.lock();
            if self.has(LEFT) {
                return;
            }
            if !same_task {
                self.raise(LOOSE);
            }
            inner.key = above.rare().kids.insert(Kid::Region(self.clone()));
            inner.parent = Some(parent.clone());
            (parent.is_cancelled(), self.holds_parent(&inner))
        };
        if holding {
            parent.hold();
        }
        if cancelled {
            Sweep::below(self).run();
        }
    }

    /// Stops holding the region around: foreign code dropped this one, and nothing must wait for
    /// what it left but the group that adopts it.
    pub(crate) fn loosen(&self) {
        let parent = {
            let inner = self.inner.lock();
            let holding = self.kind.holds() && self.raise(LOOSE) & LOOSE == 0;
            if holding { inner.parent.clone() } else { None }
        };
        if let Some(parent) = parent {
            parent.unhold();
        }
    }

    /// Moves a started child from the region of `start` to its group, unless `from` was cancelled
    /// first (invariant 5). The sweep that comes back is run with no lock held.
    pub(crate) fn move_to(self: &Arc<Self>, from: &Arc<Node>, to: &Arc<Node>) -> Option<Sweep> {
        let kid = {
            let mut above = from.inner.lock();
            let mut inner = self.inner.lock();
            if from.is_cancelled() || self.has(LEFT) {
                return None;
            }
            inner.parent = None;
            above.remove_kid(inner.key)
        };
        drop(kid);
        let mut above = to.inner.lock();
        let mut inner = self.inner.lock();
        if !self.has(LEFT) {
            inner.key = above.rare().kids.insert(Kid::Region(self.clone()));
            inner.parent = Some(to.clone());
        }
        Some(if to.is_cancelled() {
            Sweep::below(self)
        } else {
            Sweep::default()
        })
    }

    /// Counts one more direct kid that holds (invariant 4).
    fn hold(self: &Arc<Self>) {
        let mut node = self.clone();
        loop {
            let next = {
                let mut inner = node.inner.lock();
                inner.holds += 1;
                if inner.holds != 1 || node.keeps_holds() {
                    return;
                }
                inner.parent.clone()
            };
            match next {
                Some(parent) => node = parent,
                None => return,
            }
        }
    }

    /// Whether the holds of this region's kids are not passed on.
    fn keeps_holds(&self) -> bool {
        self.kind.holds() || self.kind.is_task() || self.has(LOOSE)
    }

    /// Counts one kid less that holds. A cancelled region that nothing holds any more is woken.
    fn unhold(self: &Arc<Self>) {
        let mut node = self.clone();
        loop {
            let (waker, next) = {
                let mut inner = node.inner.lock();
                inner.holds -= 1;
                if inner.holds != 0 {
                    return;
                }
                let waker = if node.is_cancelled() {
                    inner.waker.take()
                } else {
                    None
                };
                let parent = inner.parent.clone();
                (waker, parent.filter(|_| !node.keeps_holds()))
            };
            wake(waker);
            match next {
                Some(parent) => node = parent,
                None => return,
            }
        }
    }

    /// Registers the region's waker, or says that its body must be dropped now.
    pub(crate) fn park(&self, cx: &Context<'_>) -> Park {
        self.register(cx, |inner| self.is_cancelled() && inner.holds <= 0)
    }

    /// Registers the waker of a region that has no body to drop.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.register(cx, |_| false);
    }

    fn register(&self, cx: &Context<'_>, drop_now: impl Fn(&Inner) -> bool) -> Park {
        {
            let mut inner = self.inner.lock();
            if drop_now(&inner) {
                return Park::Drop;
            }
            inner.since.get_or_insert_with(Instant::now);
            if inner
                .waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                return Park::Wait;
            }
        }
        let waker = cx.waker().clone();
        let old = {
            let mut inner = self.inner.lock();
            if drop_now(&inner) {
                drop(inner);
                return Park::Drop;
            }
            inner.waker.replace(waker)
        };
        drop(old);
        Park::Wait
    }

    /// The reason that code inside this region sees: that of the outermost visible cancelled
    /// region, the one that will absorb (SC8).
    pub(crate) fn visible_reason(self: &Arc<Self>) -> Option<Reason> {
        let mut reason = None;
        for node in outward(self) {
            if node.cancel_called() {
                reason = node.own_reason().or(reason);
            }
            if node.kind.is_shield() {
                break;
            }
        }
        reason
    }

    /// The reason that code outside this region sees.
    pub(crate) fn outside_reason(&self) -> Option<Reason> {
        self.parent()?.visible_reason()
    }

    /// The earliest deadline, outward to the nearest shield (DL3), which a `restore` undoes (SH4).
    pub(crate) fn effective_deadline(self: &Arc<Self>) -> Option<Instant> {
        let mut earliest: Option<Instant> = None;
        let mut restored = false;
        for node in outward(self) {
            if let Some(deadline) = node.deadline() {
                earliest = Some(earliest.map_or(deadline, |e| e.min(deadline)));
            }
            if node.kind.is_shield() && !restored {
                break;
            }
            // It undoes one shield, of its own task.
            restored = match node.kind {
                Kind::Restore => true,
                kind => restored && !kind.is_shield() && !kind.is_task(),
            };
        }
        earliest
    }

    /// Cancels for a deadline that has passed: the outermost visible region whose own is not later
    /// (DL3). Nothing happens if the deadline has been moved meanwhile (DL4).
    pub(crate) fn expire(self: &Arc<Self>, deadline: Instant, reason: Reason) {
        if self.deadline().is_none_or(|now| now > deadline) {
            return;
        }
        let mut charged = self.clone();
        for node in outward(self) {
            let shield = node.kind.is_shield();
            if node.deadline().is_some_and(|d| d <= deadline) {
                charged = node;
            }
            if shield {
                break;
            }
        }
        cancel(&charged, reason);
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("kind", &self.kind)
            .field("place", &self.place)
            .field("cancel_called", &self.cancel_called())
            .field("outside_cancelled", &self.outside_cancelled())
            .finish_non_exhaustive()
    }
}

/// Dropping the last link of a long chain must not recurse through it.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = mem::take(&mut *self.inner.lock()).parent;
        while let Some(node) = next {
            next = Arc::into_inner(node).and_then(|node| node.inner.lock().parent.take());
        }
    }
}

/// A node and all around it, innermost first.
pub(crate) fn outward(node: &Arc<Node>) -> impl Iterator<Item = Arc<Node>> + use<> {
    std::iter::successors(Some(node.clone()), |node| node.parent())
}
