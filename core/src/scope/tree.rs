//! The cancel tree: which region is inside which, and what a cancel reaches.
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

    /// Registers the region's waker, or says that its body must be dropped now.
    pub(crate) fn park(&self, cx: &Context<'_>) -> Park {
        self.park_until(cx).0
    }

    /// As [`park`](Self::park), with the deadline at that moment: who moves it from then on wakes the region.
    pub(crate) fn park_until(&self, cx: &Context<'_>) -> (Park, Option<Instant>) {
        self.register(cx, Some(awaited::take()), |inner| self.drops_body(inner))
    }

    /// As [`park_until`](Self::park_until), in a poll after which it has parked already and has told what it waits for.
    pub(crate) fn park_again(&self, cx: &Context<'_>) -> (Park, Option<Instant>) {
        self.register(cx, None, |inner| self.drops_body(inner))
    }

    fn drops_body(&self, inner: &Inner) -> bool {
        self.is_cancelled() && inner.holds <= 0
    }

    /// Registers the waker of a region that has no body to drop.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.listen_until(cx);
    }

    /// As [`listen`](Self::listen), with the deadline at that moment.
    pub(crate) fn listen_until(&self, cx: &Context<'_>) -> Option<Instant> {
        self.register(cx, Some(None), |_| false).1
    }

    /// `awaited` is what is waited for, if that is told anew.
    fn register(
        &self,
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
                return (Park::Wait, inner.deadline);
            }
        }
        let waker = cx.waker().clone();
        let (old, deadline) = {
            let mut inner = self.inner.lock();
            if drop_now(&inner) {
                drop(inner);
                return (Park::Drop, None);
            }
            (inner.waker.replace(waker), inner.deadline)
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
