//! What is around a region: why it is cancelled, and which deadline applies.

use std::sync::Arc;
use std::time::Instant;

use super::{Inner, Kind, Node, cancel};
use crate::scope::reason::{Cause, Reason};

impl Node {
    /// The region that makes those inside this one OUT, if it is effectively cancelled; `inner` is its
    /// own (invariant 5).
    pub(super) fn cause(self: &Arc<Self>, inner: &Inner) -> Option<Arc<Node>> {
        if self.cancel_called() {
            Some(self.clone())
        } else if self.is_cancelled() {
            inner.cause.clone()
        } else {
            None
        }
    }

    /// The reason that code inside this region sees: that of the outermost visible cancelled
    /// region, the one that will absorb (SC8).
    pub(crate) fn visible_reason(self: &Arc<Self>) -> Option<Reason> {
        let mut reason = None;
        let mut next = Some(self.clone());
        while let Some(node) = next {
            if node.cancel_called() {
                reason = node.own_reason().or(reason);
            }
            next = if node.kind.is_shield() {
                None
            } else {
                node.inner.lock().cause.clone()
            };
        }
        reason
    }

    /// The reason that code outside this region sees. One that outlived what was around it is shut
    /// down.
    pub(crate) fn outside_reason(&self) -> Reason {
        let cause = self.inner.lock().cause.clone();
        cause
            .and_then(|cause| cause.visible_reason())
            .unwrap_or_else(|| Reason::here(Cause::Shutdown))
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

/// A node and all around it, innermost first.
pub(crate) fn outward(node: &Arc<Node>) -> impl Iterator<Item = Arc<Node>> + use<> {
    std::iter::successors(Some(node.clone()), |node| node.parent())
}
