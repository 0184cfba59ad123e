//! The polling side of a region: what a scope, a shield, a group and the others have in common.
//!
//! # The order of one poll
//!
//! ```text
//! enter     the region goes onto the stack, bare if it has no node
//!   body    polled; a ready body is dropped in the region, and its value wins (SC3)
//! leave     the region comes off the stack
//!           - ready: the region ends
//!           - pending: it takes its place in the tree, looks at its deadline, and parks:
//!             effectively cancelled and nothing holds it: the body is dropped, there and then
//!             otherwise: the waker is registered
//! ```
//!
//! # Always true
//!
//! 1. Until its first pending poll a region has no node, unless a handle or something inside needed
//!    one: work that is ready at once costs no allocation and no lock.
//! 2. A region that was dropped has left the tree.
//! 3. Of a region that has a node, the deadline in the badge is the one that the node had when it was looked at last. A
//!    timer, if there is one, is set to it.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use anyrt_backend::Timer;

use super::current::{self, Badge, Bare, Home};
use super::reason::{Cause, Reason};
use super::tree::{Kind, Node, Park};
use crate::error::Cancelled;
use crate::renewal::WakerId;
use crate::runtime::Rt;
use crate::task::Place;
use crate::time::is_never;

/// The polling side of a region.
pub(crate) struct Region {
    badge: Badge,
    alarm: Option<Alarm>,
    /// The waker that its node has of it, unless somebody took that.
    listed: Option<WakerId>,
}

/// A deadline's timer, made when it is first waited for.
struct Alarm {
    rt: Arc<Rt>,
    timer: Option<Pin<Box<dyn Timer>>>,
}

impl Alarm {
    fn new(rt: Arc<Rt>) -> Self {
        Self { rt, timer: None }
    }

    /// Ready when the deadline has passed. The clock is asked first: a timer may be coarser. `was_moved` says that the timer
    /// is set to another.
    fn poll(&mut self, deadline: Instant, was_moved: bool, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.rt.now();
        if deadline <= now {
            return Poll::Ready(());
        }
        if is_never(deadline, now) {
            self.timer = None;
            return Poll::Pending;
        }
        if let Some(timer) = self.timer.as_mut().filter(|_| was_moved) {
            timer.as_mut().reset(deadline);
        }
        self.timer
            .get_or_insert_with(|| self.rt.backend().timer(deadline))
            .as_mut()
            .poll(cx)
    }
}

impl Region {
    #[inline]
    pub(crate) const fn new(kind: Kind, place: Place) -> Self {
        Self {
            badge: Badge {
                bare: Bare {
                    kind,
                    place,
                    deadline: None,
                },
                node: None,
            },
            alarm: None,
            listed: None,
        }
    }

    /// A region whose node exists already, since a handle was given out.
    pub(crate) fn with_node(node: Arc<Node>) -> Self {
        let mut region = Self::new(node.kind(), node.place());
        region.badge.node = Some(node);
        region
    }

    pub(crate) fn place(&self) -> Place {
        self.badge.bare.place
    }

    /// Sets the deadline, before the first poll of the body or from within the region's own poll.
    #[inline]
    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        match &self.badge.node {
            Some(node) => node.start_deadline(deadline),
            None => self.badge.bare.deadline = deadline,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.badge.node {
            Some(node) => node.deadline(),
            None => self.badge.bare.deadline,
        }
    }

    /// Runs `f` inside the region.
    #[inline]
    pub(crate) fn enter<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let _entered = current::enter_again(Home::Region(&mut self.badge));
        f()
    }

    /// Polls the body inside the region. A body that is ready is dropped there too.
    #[inline]
    pub(crate) fn poll_body<F: Future>(
        &mut self,
        mut body: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let _entered = current::enter(Home::Region(&mut self.badge));
        let Some(future) = body.as_mut().as_pin_mut() else {
            // The body is gone: the region has ended and never completes.
            return Poll::Pending;
        };
        let output = future.poll(cx);
        if output.is_ready() {
            body.set(None);
        }
        output
    }

    /// Drops the body inside the region.
    pub(crate) fn drop_body<F>(&mut self, mut body: Pin<&mut Option<F>>) {
        if body.is_some() {
            self.enter(|| body.set(None));
        }
    }

    /// Takes the region's place in the tree, if it has none.
    pub(crate) fn settle(&mut self) -> Arc<Node> {
        self.badge.settled().clone()
    }

    /// Makes the region a root of its own.
    pub(crate) fn settle_as_root(&mut self) -> Arc<Node> {
        let node = Node::new(self.badge.bare.kind, self.badge.bare.place).placed(None);
        self.badge.node.insert(node).clone()
    }

    /// What to do after the body was pending: wait, or drop the body.
    pub(crate) fn park(&mut self, cx: &mut Context<'_>) -> Park {
        let (parked, deadline) = match &self.badge.node {
            Some(node) if node.waits_still(self.listed, cx) => {
                (Park::Wait, self.badge.bare.deadline)
            }
            Some(_) => self.badge.settled().park_until(&mut self.listed, cx),
            None => self.settle_parked(cx),
        };
        self.parked(parked, deadline, cx)
    }

    /// As [`park`](Self::park), in a poll after which it has parked already.
    pub(crate) fn park_again(&mut self, cx: &mut Context<'_>) -> Park {
        let (parked, deadline) = self.badge.settled().park_again(&mut self.listed, cx);
        self.parked(parked, deadline, cx)
    }

    fn parked(&mut self, parked: Park, deadline: Option<Instant>, cx: &mut Context<'_>) -> Park {
        let has_deadline = deadline.is_some() || self.badge.bare.deadline.is_some();
        if has_deadline && parked == Park::Wait && self.watch_deadline(deadline, cx) {
            let (parked, deadline) = self.badge.settled().park_again(&mut self.listed, cx);
            self.badge.bare.deadline = deadline;
            return parked;
        }
        parked
    }

    /// Takes the region's place in the tree and parks it there. Nobody has a handle of it, so that nothing holds it
    /// and nobody has moved its deadline.
    fn settle_parked(&mut self, cx: &Context<'_>) -> (Park, Option<Instant>) {
        let waker = cx.waker().clone();
        self.listed = Some(WakerId::of(&waker));
        let node = self.badge.bare.to_node();
        let node = node.waiting(waker).placed(current::node());
        let parked = if node.is_cancelled() {
            Park::Drop
        } else {
            Park::Wait
        };
        self.badge.node = Some(node);
        // That whose clock the deadline was counted on, in this very poll; a walk up the tree takes longer.
        let watched = self.badge.bare.deadline.filter(|_| parked == Park::Wait);
        self.alarm = watched.map(|_| Alarm::new(Rt::here()));
        (parked, self.badge.bare.deadline)
    }

    /// Registers the waker of a region that has no body to drop.
    pub(crate) fn listen(&mut self, cx: &mut Context<'_>) {
        let deadline = match &self.badge.node {
            Some(node) if node.waits_still(self.listed, cx) => self.badge.bare.deadline,
            _ => self.badge.settled().listen_until(&mut self.listed, cx),
        };
        if self.watch_deadline(deadline, cx) {
            let deadline = self.badge.settled().listen_until(&mut self.listed, cx);
            self.badge.bare.deadline = deadline;
        }
    }

    /// Sees to it that the region is woken when its deadline passes. Says whether it has, in which
    /// case the region was cancelled, by this or by somebody else; or somebody who was faster has moved the deadline,
    /// and woken the region to wait for that one.
    fn watch_deadline(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> bool {
        let before = mem::replace(&mut self.badge.bare.deadline, deadline);
        let node = self.badge.node.as_ref().filter(|node| !node.is_cancelled());
        let (Some(deadline), Some(node)) = (deadline, node) else {
            self.alarm = None;
            return false;
        };
        let alarm = self.alarm.get_or_insert_with(|| Alarm::new(Rt::of(node)));
        if alarm
            .poll(deadline, before != Some(deadline), cx)
            .is_pending()
        {
            return false;
        }
        self.alarm = None;
        node.expire(deadline, Reason::here(Cause::Deadline));
        true
    }

    /// Cancels the region for a deadline that had passed before the body was polled at all.
    pub(crate) fn expire_now(&mut self, deadline: Instant) {
        self.settle()
            .expire(deadline, Reason::here(Cause::Deadline));
    }

    #[inline]
    pub(crate) fn node(&self) -> Option<&Arc<Node>> {
        self.badge.node.as_ref()
    }

    /// Why the region is cancelled. One that outlived what was around it is shut down.
    pub(crate) fn visible_reason(&self) -> Reason {
        self.node()
            .and_then(|node| node.visible_reason())
            .unwrap_or_else(|| Reason::here(Cause::Shutdown))
    }

    /// The region's own reason, if this is where the cancel stops.
    pub(crate) fn absorbs(&self) -> Option<Cancelled> {
        self.badge.node.as_ref()?.absorbs().map(Cancelled::new)
    }

    /// Takes the region out of the tree, unless it has left.
    #[inline]
    pub(crate) fn leave(&mut self) {
        // A bare region has no alarm either.
        if let Some(node) = self.badge.node.as_ref().filter(|node| !node.has_left()) {
            self.alarm = None;
            node.detach();
        }
    }
}

impl Badge {
    /// The node in its place in the tree.
    fn settled(&mut self) -> &Arc<Node> {
        if let Some(node) = self.node.as_ref().filter(|node| !node.is_attached()) {
            node.attach(current::node());
        }
        self.node
            .get_or_insert_with(|| self.bare.to_node().placed(current::node()))
    }
}

impl Drop for Region {
    #[inline]
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("kind", &self.badge.bare.kind)
            .field("place", &self.badge.bare.place)
            .field("node", &self.badge.node)
            .finish_non_exhaustive()
    }
}
