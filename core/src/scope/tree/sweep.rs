//! A cancel on its way down: one lock at a time, no recursion, wakers last (SC8, SC9).

use std::mem;
use std::sync::Arc;
use std::task::Waker;

use super::{FIRST, Inner, Kind, Link, Node, OUT, OWN, SnapshotKid};
use crate::outcome::wake;
use crate::scope::reason::{Cause, Reason};

/// Cancels a region. Says whether this was the call that did it (SC8).
pub(crate) fn cancel(node: &Arc<Node>, reason: Reason) -> bool {
    let mut sweep = Sweep::default();
    if !sweep.own(node, reason) {
        return false;
    }
    sweep.run();
    true
}

/// Cancels every daemon that this group still lists.
pub(crate) fn cancel_daemons(group: &Arc<Node>, reason: &Reason) {
    for daemon in kids_of(group).filter(|kid| kid.kind == Kind::Daemon) {
        cancel(&daemon, reason.clone());
    }
}

/// The nodes that this one lists at the moment.
pub(crate) fn kids_of(node: &Node) -> impl Iterator<Item = Arc<Node>> + use<> {
    let kids = node.snapshot().kids.into_iter();
    kids.filter_map(|kid| match kid {
        SnapshotKid::Region(kid) => Some(kid),
        SnapshotKid::Leaf { .. } => None,
    })
}

/// A cancel on its way down: one lock at a time, no recursion, wakers last.
#[derive(Default)]
#[must_use = "a sweep reaches nobody until it is run"]
pub(crate) struct Sweep {
    wakers: Vec<Waker>,
    /// The nodes to be told, each with the region that makes it OUT.
    below: Vec<(Arc<Node>, Arc<Node>)>,
}

impl Sweep {
    /// A sweep of a node whose parent was found cancelled.
    pub(super) fn below(node: &Arc<Node>, cause: Arc<Node>) -> Self {
        Self {
            wakers: Vec::new(),
            below: vec![(node.clone(), cause)],
        }
    }

    pub(crate) fn run(mut self) {
        while let Some((node, cause)) = self.below.pop() {
            self.outside(&node, cause);
        }
        wake(self.wakers);
    }

    /// Marks a node as cancelled by itself.
    fn own(&mut self, node: &Arc<Node>, reason: Reason) -> bool {
        let mut inner = node.inner.lock();
        if node.cancel_called() || node.has_left() {
            return false;
        }
        inner.rare().reason = Some(reason);
        let was_cancelled = node.is_cancelled();
        if !node.outside_cancelled() {
            node.raise(FIRST);
        }
        node.raise(OWN);
        if !was_cancelled {
            self.collect(node, &mut inner, node);
        }
        true
    }

    /// Marks a node whose outside is cancelled.
    fn outside(&mut self, node: &Arc<Node>, cause: Arc<Node>) {
        let mut inner = node.inner.lock();
        // One that has left would keep the cause for as long as somebody keeps a handle.
        if node.outside_cancelled() || node.has_left() {
            return;
        }
        let was_cancelled = node.is_cancelled();
        inner.cause = Some(cause.clone());
        node.raise(OUT);
        if !node.kind.is_shield() {
            if !was_cancelled {
                self.collect(node, &mut inner, &cause);
            }
            return;
        }
        // A shield stops the cancel, but is told: it starts its grace period and passes the word on.
        self.wakers.extend(node.take_waker(&mut inner));
        let links = inner.rare.as_mut().map(|rare| mem::take(&mut rare.links));
        drop(inner);
        let mut restores = Vec::new();
        for (_, link) in links.into_iter().flatten() {
            match link {
                Link::Waker(waker) => self.wakers.push(waker),
                Link::Restore(restore) => restores.push(restore),
            }
        }
        if restores.is_empty() {
            return;
        }
        let reason = cause.visible_reason();
        let reason = reason.unwrap_or_else(|| Reason::here(Cause::Shutdown));
        for restore in restores {
            self.own(&restore, reason.clone());
        }
    }

    /// Takes all that a newly cancelled node has to wake and to tell (invariant 2).
    fn collect(&mut self, node: &Node, inner: &mut Inner, cause: &Arc<Node>) {
        self.wakers.extend(node.take_waker(inner));
        inner.kids.take_leaves(&mut self.wakers);
        let regions = inner.kids.regions();
        self.below
            .extend(regions.map(|node| (node.clone(), cause.clone())));
    }
}
