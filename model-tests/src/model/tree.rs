//! The tree of regions: what is cancelled, why, until when it may run, and who absorbs.
//!
//! A region *sees* itself and the regions around it, up to and including the nearest shield (SC2). All questions are
//! answered by walking outward along what is seen when they are asked. A cancel of one region is just a mark (`cancel` has
//! what follows from it).
//!
//! What is always true:
//! 1. A region is younger than the regions around it. This holds for a started task that moves, too: its group was
//!    entered before it was started.
//! 2. A region that is effectively cancelled stays so until it is left (SC4), and the first cause of its own
//!    cancel is kept (SC8).

use crate::trace::Cause;

pub(super) type RegionId = usize;

#[derive(Default)]
pub(super) struct Region {
    /// The region around this one; for a task, that of its group, or of its starter (ST2).
    parent: Option<RegionId>,
    /// Whether what is around cannot be seen from inside: shields, cleanups and hooks.
    pub(super) opaque: bool,
    /// The shield that this region undoes, for a `restore` (SH4).
    pub(super) undoes: Option<RegionId>,
    /// Why it was itself cancelled, first.
    pub(super) cancelled: Option<Cause>,
    /// Whether that was before anything visible around it was cancelled (TG5).
    pub(super) of_its_own: bool,
    pub(super) deadline: Option<u64>,
    /// The length of a grace period which begins when the outside is cancelled (SH3).
    pub(super) grace: Option<u64>,
    /// Whether it has been left.
    pub(super) left: bool,
}

#[derive(Default)]
pub(super) struct Tree {
    regions: Vec<Region>,
}

impl Tree {
    pub(super) fn root(&mut self) -> RegionId {
        self.add(Region::default())
    }

    /// A new region inside another.
    pub(super) fn inside(&mut self, parent: RegionId) -> RegionId {
        self.add(Region {
            parent: Some(parent),
            ..Region::default()
        })
    }

    /// A new region inside another, from which the other cannot be seen.
    pub(super) fn shield(&mut self, parent: RegionId) -> RegionId {
        let region = self.inside(parent);
        self.regions[region].opaque = true;
        region
    }

    fn add(&mut self, region: Region) -> RegionId {
        self.regions.push(region);
        self.regions.len() - 1
    }

    /// Makes another region the one around this (ST2).
    pub(super) fn move_into(&mut self, region: RegionId, parent: RegionId) {
        self.regions[region].parent = Some(parent);
    }

    pub(super) fn get(&self, region: RegionId) -> &Region {
        &self.regions[region]
    }

    pub(super) fn get_mut(&mut self, region: RegionId) -> &mut Region {
        &mut self.regions[region]
    }

    /// All regions, a region after the ones around it.
    pub(super) fn all(&self) -> std::ops::Range<RegionId> {
        0..self.regions.len()
    }

    /// The region itself and those around that it sees, outward (SC2).
    pub(super) fn seen(&self, from: RegionId) -> impl Iterator<Item = RegionId> + '_ {
        std::iter::successors(Some(from), |&region| self.visible_parent(region))
    }

    fn visible_parent(&self, region: RegionId) -> Option<RegionId> {
        let region = &self.regions[region];
        region.parent.filter(|_| !region.opaque)
    }

    /// Whether a region is effectively cancelled (SC2).
    pub(super) fn cancelled(&self, region: RegionId) -> bool {
        self.reason(region).is_some()
    }

    /// The reason seen from inside a region: that of the outermost visible cancelled one (SC8).
    pub(super) fn reason(&self, region: RegionId) -> Option<Cause> {
        self.seen(region)
            .filter_map(|r| self.regions[r].cancelled)
            .last()
    }

    /// The reason of the place where a region stands, whether it can be seen from inside or not.
    pub(super) fn reason_outside(&self, region: RegionId) -> Option<Cause> {
        self.reason(self.regions[region].parent?)
    }

    /// The cause of a region that absorbs: it is cancelled, and nothing visible around it is (SC5).
    pub(super) fn absorbs(&self, region: RegionId) -> Option<Cause> {
        let around = self
            .visible_parent(region)
            .is_some_and(|r| self.cancelled(r));
        self.regions[region].cancelled.filter(|_| !around)
    }

    /// The effective deadline: the earliest one seen (DL3). A `restore` is cancelled with the outside of its shield, so
    /// the outside's deadline is one of its own.
    pub(super) fn deadline(&self, region: RegionId) -> Option<u64> {
        self.seen(region)
            .filter_map(|r| {
                let restored = self.regions[r].undoes.and_then(|s| self.regions[s].parent);
                let outside = restored.and_then(|r| self.deadline(r));
                self.regions[r].deadline.into_iter().chain(outside).min()
            })
            .min()
    }

    /// The region that an expiry is charged to: the outermost one seen whose deadline is not later (DL3).
    pub(super) fn charged(&self, region: RegionId) -> Option<RegionId> {
        let fired = self.regions[region].deadline?;
        self.seen(region)
            .filter(|&r| self.regions[r].deadline.is_some_and(|d| d <= fired))
            .last()
    }
}
