//! Holds: who must not be dropped yet.
//!
//! A count of the direct kids that hold, of which only the steps between 0 and 1 are passed on. It stops
//! at a node that holds by itself and at a task, so it costs nothing that depends on depth.

use std::sync::Arc;
use std::task::Waker;

use super::{Inner, LOOSE, Node};
use crate::outcome::wake;

impl Node {
    /// Whether this region counts as one that holds the region around.
    pub(super) fn holds_parent(&self, inner: &Inner) -> bool {
        let passes = !self.kind.is_apart() && inner.holds > 0;
        !self.has(LOOSE) && (self.kind.holds() || passes)
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

    /// Counts one more direct kid that holds (invariant 4).
    pub(super) fn hold(&self) {
        let mut next = self.count_hold(&mut self.inner.lock());
        while let Some(node) = next {
            next = node.count_hold(&mut node.inner.lock());
        }
    }

    /// One step of that. Says which region is to be held next.
    pub(super) fn count_hold(&self, inner: &mut Inner) -> Option<Arc<Node>> {
        inner.holds += 1;
        if inner.holds != 1 || self.keeps_holds() {
            return None;
        }
        inner.parent.clone()
    }

    /// Whether the holds of this region's kids are not passed on.
    pub(super) fn keeps_holds(&self) -> bool {
        self.kind.holds() || self.kind.is_apart() || self.has(LOOSE)
    }

    /// Counts one kid less that holds. A cancelled region that nothing holds any more is woken.
    pub(super) fn unhold(&self) {
        let (mut waker, mut next) = self.count_hold_out(&mut self.inner.lock());
        loop {
            wake(waker);
            let Some(node) = next else { return };
            (waker, next) = node.count_hold_out(&mut node.inner.lock());
        }
    }

    /// One step of that. Says who is to be woken with no lock held, and which region is held no more after that.
    pub(super) fn count_hold_out(&self, inner: &mut Inner) -> (Option<Waker>, Option<Arc<Node>>) {
        inner.holds -= 1;
        if inner.holds != 0 {
            return (None, None);
        }
        let waker = if self.is_cancelled() {
            self.take_waker(inner)
        } else {
            None
        };
        let passes = !self.keeps_holds();
        (waker, passes.then(|| inner.parent.clone()).flatten())
    }
}
