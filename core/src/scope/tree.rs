//! The cancel tree: which region is inside which, and what a cancel reaches.
//!
//! Longer than other files: what a node keeps under its lock, and each bit of its flags, is changed here alone, or by the files
//! below that are named after what they do.
//!
//! A region that waits is a node, or, while nothing inside it needs one, a *leaf*: no more than a
//! waker in its parent's list. A task that was spawned and waits is a leaf; so is `cancelled()`. A blocking
//! call is listed as what its caller and its thread share, until the thread asks for a node.
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
//! 5. A node that is OUT knows the region that made it so: the nearest one around that is OWN, with no
//!    shield between. Reasons are looked up from one such region to the next.
//! 6. Only `start` moves a living node to another parent, and only one whose old parent is not
//!    effectively cancelled, under that parent's lock.
//! 7. A node is LISTED only while it has the waker that its own poll has brought and knows, shows nothing that it waits
//!    for, and has the deadline that this poll has seen. The bit changes under the node's lock, with these. So a poll with
//!    that waker that finds the node LISTED, and not effectively cancelled, has nothing to do under the lock. Who takes
//!    the waker clears the bit, and wakes it after that: before this poll began, which then sees the bit cleared, or else
//!    there is one more poll.
//!
//! # Lock order
//!
//! Parent before child, never more than two. Wakers are cloned, woken and dropped with no lock held.

mod around;
mod call;
mod hold;
mod kids;
mod leaf;
mod link;
mod place;
mod snapshot;
mod sweep;

use std::fmt;
use std::mem;
use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::Instant;

use slab::Slab;

pub(crate) use self::around::outward;
pub(crate) use self::call::{CallSeat, Seated};
use self::kids::Kids;
pub(crate) use self::leaf::{Leaf, Listed, Seat};
use self::link::Link;
pub(crate) use self::snapshot::{Snapshot, SnapshotKid};
pub(crate) use self::sweep::{Sweep, cancel, cancel_daemons, kids_of};
use super::awaited;
use super::reason::Reason;
use crate::group::Group;
use crate::loom::{AtomicU8, Mutex, Ordering};
use crate::outcome::wake;
use crate::renewal::WakerId;
use crate::task::{Place, TaskInfo};
use crate::task_tree::Awaited;
use crate::thread::limiter::{CapacityLimiter, LoanId};

/// Somebody cancelled this very region.
const OWN: u8 = 1;
/// The region around this one is effectively cancelled.
const OUT: u8 = 2;
/// Either of the two.
const CANCELLED: u8 = OWN + OUT;
/// The node has a place in the tree.
const ATTACHED: u8 = 4;
/// The region has ended, and nothing reaches it any more.
const LEFT: u8 = 8;
/// A handle has moved the deadline.
const MOVED: u8 = 16;
/// Somebody cancelled this very region before what is around it was cancelled.
const FIRST: u8 = 64;
/// The region outlived the one around it and no longer holds the one it was handed to.
const LOOSE: u8 = 32;
/// A poll with the waker of the last one finds all as it left it (invariant 7).
const LISTED: u8 = 128;

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
    /// A blocking call that its caller may leave behind: it holds nobody.
    Abandonable,
    /// A stream of a blocking iterator: below the root, which it does not hold and which does not cancel it.
    Stream,
    /// A future that a blocking call waits for on its thread.
    FromThread,
}

impl Kind {
    pub(crate) fn is_shield(self) -> bool {
        matches!(
            self,
            Kind::Shield | Kind::Cleanup | Kind::Hooks | Kind::Stream
        )
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
        works || (self.is_shield() && self != Kind::Stream)
    }

    /// Whether what holds a region of this kind is no matter of the one around it.
    fn is_apart(self) -> bool {
        self.is_task() || self == Kind::Stream
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
            Kind::Blocking | Kind::Abandonable => "run_in_threadpool",
            Kind::Stream => "iterate_in_threadpool",
            Kind::FromThread => "from_thread::run",
        }
    }
}

/// A region's place in the tree.
pub(crate) struct Node {
    kind: Kind,
    place: Place,
    /// Those of its flags by which it is effectively cancelled (invariant 1).
    cancelled_by: u8,
    flags: AtomicU8,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    parent: Option<Arc<Node>>,
    /// The region around that was cancelled and made this one OUT.
    cause: Option<Arc<Node>>,
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
    /// What the region's own poll last waited for, if it was said.
    awaited: Option<Arc<dyn Awaited>>,
    kids: Kids,
    /// Of a group's node.
    group: Option<Weak<Group>>,
    /// What most nodes never need.
    rare: Option<Box<Rare>>,
}

#[derive(Default)]
struct Rare {
    /// What is told when a shield's outside is cancelled.
    links: Slab<Link>,
    reason: Option<Reason>,
    name: Option<Arc<str>>,
    task: Option<TaskInfo>,
    /// A token that is lent to what is inside.
    loan: Option<(CapacityLimiter, LoanId)>,
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
}

impl Node {
    pub(crate) fn new(kind: Kind, place: Place) -> Self {
        Self::with_deadline(kind, place, None)
    }

    pub(crate) fn with_deadline(kind: Kind, place: Place, deadline: Option<Instant>) -> Self {
        Self {
            kind,
            place,
            cancelled_by: if kind.is_shield() { OWN } else { CANCELLED },
            flags: AtomicU8::new(0),
            inner: Mutex::new(Inner {
                deadline,
                ..Inner::default()
            }),
        }
    }

    /// With the waker of a region that is about to take its place, and to wait there.
    pub(crate) fn waiting(mut self, waker: Waker) -> Self {
        let inner = self.inner.get_mut();
        inner.waker = Some(waker);
        inner.awaited = awaited::take();
        if inner.awaited.is_none() {
            self.raise(LISTED);
        }
        self
    }

    /// The region around, of which nothing is kept, also where it is what made this one OUT.
    fn let_go_of_parent(&mut self) -> Option<Arc<Node>> {
        let inner = self.inner.get_mut();
        inner.cause = None;
        inner.parent.take()
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

    /// Makes a node LISTED that has this waker, unless nobody keeps which one that is, or the node shows what it waits
    /// for; its lock is held.
    fn list(&self, inner: &Inner, waker: WakerId, kept: Option<&mut Option<WakerId>>) {
        let is_kept = kept.map(|kept| *kept = Some(waker)).is_some();
        if !is_kept || inner.awaited.is_some() {
            self.unlist();
        } else if !self.has(LISTED) {
            self.raise(LISTED);
        }
    }

    /// Sends the next poll to the node's lock, which is held.
    fn unlist(&self) {
        if self.has(LISTED) {
            self.flags.fetch_and(!LISTED, Ordering::AcqRel);
        }
    }

    /// Takes the waker of the region's own poll, to be woken with no lock held.
    fn take_waker(&self, inner: &mut Inner) -> Option<Waker> {
        self.unlist();
        inner.waker.take()
    }

    /// Notes that the node has its place, and whether what is around it is cancelled.
    fn take_place(&self, outside_cancelled: bool) {
        if outside_cancelled {
            self.raise(OUT);
        }
        self.raise(ATTACHED);
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.has(ATTACHED)
    }

    pub(crate) fn has_left(&self) -> bool {
        self.has(LEFT)
    }

    /// Whether the region is effectively cancelled (SC2).
    pub(crate) fn is_cancelled(&self) -> bool {
        self.has(self.cancelled_by)
    }

    /// Whether somebody cancelled this very region.
    pub(crate) fn cancel_called(&self) -> bool {
        self.has(OWN)
    }

    /// Whether this very region was cancelled, and before what is around it was.
    pub(crate) fn was_cancelled_first(&self) -> bool {
        self.has(FIRST)
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
        self.inner.lock().group.as_ref()?.upgrade()
    }

    pub(crate) fn set_group(&self, group: Weak<Group>) {
        self.inner.lock().group = Some(group);
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

    pub(crate) fn set_loan(&self, limiter: CapacityLimiter, loan: LoanId) {
        self.inner.lock().rare().loan = Some((limiter, loan));
    }

    /// The token of this limiter that is lent to what is inside this region.
    pub(crate) fn loan_of(&self, limiter: &CapacityLimiter) -> Option<LoanId> {
        let inner = self.inner.lock();
        let (of, loan) = inner.rare.as_ref()?.loan.as_ref()?;
        of.is(limiter).then_some(*loan)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.inner.lock().deadline
    }

    /// Gives the region the deadline it was built with, unless a handle has set another.
    pub(crate) fn start_deadline(&self, deadline: Option<Instant>) {
        let mut inner = self.inner.lock();
        if !self.has(MOVED) {
            self.unlist();
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
            self.take_waker(&mut inner)
        };
        wake(waker);
    }

    /// Wakes the region's own poll.
    pub(crate) fn wake(&self) {
        let waker = self.take_waker(&mut self.inner.lock());
        wake(waker);
    }

    /// Whether a region that waits again has nothing to do under the lock: neither to bring its waker, which is `listed`,
    /// nor to say what it waits for, nor to look at its deadline, which is as it was (invariant 7).
    #[inline]
    pub(crate) fn waits_still(&self, listed: Option<WakerId>, cx: &Context<'_>) -> bool {
        let flags = self.flags.load(Ordering::Acquire);
        flags & (LISTED | self.cancelled_by) == LISTED
            && listed == Some(WakerId::of(cx.waker()))
            && awaited::is_silent()
    }

    /// Registers the region's waker, or says that its body must be dropped now. `listed` is the waker that the region's
    /// own poll has registered last.
    pub(crate) fn park(&self, listed: &mut Option<WakerId>, cx: &Context<'_>) -> Park {
        if self.waits_still(*listed, cx) {
            return Park::Wait;
        }
        self.park_until(listed, cx).0
    }

    /// As [`park`](Self::park), with the deadline at that moment: who moves it from then on wakes the region.
    pub(crate) fn park_until(
        &self,
        listed: &mut Option<WakerId>,
        cx: &Context<'_>,
    ) -> (Park, Option<Instant>) {
        let awaited = Some(awaited::take());
        self.register(Some(listed), cx, awaited, |inner| self.drops_body(inner))
    }

    /// As [`park_until`](Self::park_until), in a poll after which it has parked already and has told what it waits for.
    pub(crate) fn park_again(
        &self,
        listed: &mut Option<WakerId>,
        cx: &Context<'_>,
    ) -> (Park, Option<Instant>) {
        self.register(Some(listed), cx, None, |inner| self.drops_body(inner))
    }

    fn drops_body(&self, inner: &Inner) -> bool {
        self.is_cancelled() && inner.holds <= 0
    }

    /// Registers the waker of a region that has no body to drop, and of which nothing is kept.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.register(None, cx, Some(None), |_| false);
    }

    /// As [`park_until`](Self::park_until), for a region that has no body to drop.
    pub(crate) fn listen_until(
        &self,
        listed: &mut Option<WakerId>,
        cx: &Context<'_>,
    ) -> Option<Instant> {
        self.register(Some(listed), cx, Some(None), |_| false).1
    }

    /// `listed` is where the waker is kept that the node has from now on, if anywhere; `awaited` is what is waited for, if
    /// that is told anew.
    fn register(
        &self,
        listed: Option<&mut Option<WakerId>>,
        cx: &Context<'_>,
        mut awaited: Option<Option<Arc<dyn Awaited>>>,
        drop_now: impl Fn(&Inner) -> bool,
    ) -> (Park, Option<Instant>) {
        {
            let mut inner = self.inner.lock();
            if drop_now(&inner) {
                return (Park::Drop, None);
            }
            if let Some(awaited) = &mut awaited {
                // What it waited for before is dropped after the lock.
                mem::swap(&mut inner.awaited, awaited);
            }
            inner.since.get_or_insert_with(Instant::now);
            if inner
                .waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                self.list(&inner, WakerId::of(cx.waker()), listed);
                return (Park::Wait, inner.deadline);
            }
            self.unlist();
        }
        let waker = cx.waker().clone();
        // Of the clone: a waker may make one that has another address, and its own is free for others then.
        let id = WakerId::of(&waker);
        let (old, deadline) = {
            let mut inner = self.inner.lock();
            if drop_now(&inner) {
                drop(inner);
                return (Park::Drop, None);
            }
            let old = inner.waker.replace(waker);
            self.list(&inner, id, listed);
            (old, inner.deadline)
        };
        drop(old);
        (Park::Wait, deadline)
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
        let mut next = self.let_go_of_parent();
        while let Some(node) = next {
            next = Arc::into_inner(node).and_then(|mut node| node.let_go_of_parent());
        }
    }
}
