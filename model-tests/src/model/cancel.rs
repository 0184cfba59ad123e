//! Cancelling: what marks a region as cancelled, and what that sets going outside the tree's own answers.
//!
//! A cancel is synchronous and runs nobody (SC8): it marks the region, and the tasks inside are found to be runnable
//! when they are asked next. Two kinds of regions react at once to a cancel of what they cannot see: a `restore` is
//! cancelled with the outside of its shield (SH4), and the grace period of a shield begins (SH3).
//!
//! What is always true:
//! 1. After each function here, every `restore` and every grace period has reacted to what is around it.
//! 2. A region with a deadline that is later than now, and that has not been left, has a timer.

use super::World;
use super::time::Timer;
use super::tree::RegionId;
use crate::trace::Cause;

impl World<'_> {
    /// Cancels a region, unless it is cancelled: the first cause is kept (SC8).
    pub(super) fn cancel(&mut self, region: RegionId, cause: Cause) {
        self.mark(region, cause);
        self.settle();
    }

    fn mark(&mut self, region: RegionId, cause: Cause) {
        let first = !self.tree.cancelled(region);
        let region = self.tree.get_mut(region);
        region.of_its_own |= first;
        region.cancelled.get_or_insert(cause);
    }

    /// Lets restores and grace periods react to what is around them. One pass is enough, as regions are younger than
    /// those around them.
    pub(super) fn settle(&mut self) {
        for region in self.tree.all() {
            if self.tree.get(region).left {
                continue;
            }
            self.settle_restore(region);
            self.settle_grace(region);
        }
    }

    /// SH4: a `restore` is also cancelled when the outside of its shield is.
    fn settle_restore(&mut self, region: RegionId) {
        let shield = self.tree.get(region).undoes;
        if let Some(cause) = shield.and_then(|shield| self.tree.reason_outside(shield)) {
            self.mark(region, cause);
        }
    }

    /// SH3: when the outside is cancelled the grace period starts.
    fn settle_grace(&mut self, region: RegionId) {
        if self.tree.reason_outside(region).is_some()
            && let Some(grace) = self.tree.get_mut(region).grace.take()
        {
            self.set_deadline(region, self.clock.now() + grace);
        }
    }

    /// Gives a region a deadline. One that is not later than now expires there and then (SC7).
    pub(super) fn set_deadline(&mut self, region: RegionId, instant: u64) {
        self.tree.get_mut(region).deadline = Some(instant);
        if instant <= self.clock.now() {
            self.expire(region);
        } else {
            self.clock.set(instant, Timer::Deadline(region));
        }
    }

    /// DL4: moves the deadline of a region, to never for none. After the cancel that has no effect.
    pub(super) fn move_deadline(&mut self, region: RegionId, to: Option<u64>) {
        let current = self.tree.get(region);
        if current.left || current.cancelled.is_some() {
            return;
        }
        self.clear_deadline(region);
        if let Some(instant) = to {
            self.set_deadline(region, instant);
        }
    }

    /// The deadline of a region has passed (DL3, DL5).
    pub(super) fn expire(&mut self, region: RegionId) {
        if let Some(charged) = self.tree.charged(region) {
            self.cancel(charged, Cause::Deadline);
        }
    }

    fn clear_deadline(&mut self, region: RegionId) {
        if let Some(instant) = self.tree.get_mut(region).deadline.take() {
            self.clock.clear(instant);
        }
    }

    /// A region has been left: nothing that comes later concerns it.
    pub(super) fn leave_region(&mut self, region: RegionId) {
        self.clear_deadline(region);
        self.tree.get_mut(region).left = true;
    }
}
