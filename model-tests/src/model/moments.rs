//! What a run comes to that no trace tells, for those who ask whether programs show it.

use std::collections::BTreeSet;

use super::{Runnable, World};
use crate::program::Program;

/// What may happen to those who hold something and to those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Who waited for a lock was cancelled.
    WaiterCut,
    /// Who had a lock was cancelled.
    HolderCut,
    /// A lock went on to one who waited, past one who was cancelled.
    PassedOver,
    /// A lock that had been granted was not wanted any more, and went on.
    PassedOn,
    /// Something was asked for in a region that was cancelled.
    TooLate,
    /// Who waited to be told was cancelled.
    UntoldCut,
    /// Who had been told was cancelled before it had the lock again.
    ToldCut,
    /// Who waited at a barrier was cancelled.
    ComerCut,
    /// Who waited for room for an item of a broadcast was cancelled.
    PublisherCut,
    /// Who waited for an item of a broadcast was cancelled.
    ListenerCut,
    /// Who waited for an item of a broadcast was told the end.
    ToldTheEnd,
    /// Who waited for room to be reserved was cancelled.
    ReserverCut,
    /// Who waited for somebody else to make a value was cancelled.
    WisherCut,
    /// Who made a value was cancelled, or failed.
    MakerCut,
    /// Who made a value that others waited for was cancelled, or failed, and the next one makes it.
    MadeByNext,
    /// A value was kept until values of other keys were used.
    Forgotten,
    /// An arm did not begin since there was no room, and began later.
    ArmHeldUp,
    /// An arm never began, since there was no room before it was not needed, or cancelled.
    ArmLeftOut,
    /// An arm that was not needed any more ended well, and was kept.
    CameLate,
    /// An end of an arm was not taken.
    NotTaken,
}

/// What the runs of a program come to: those in which the first that can go on does, and the last.
pub fn moments(program: &Program) -> BTreeSet<Moment> {
    let run = |choose: fn(&[Runnable]) -> usize| {
        let mut world = World::new(program);
        world.run(choose);
        world.moments
    };
    &run(|_| 0) | &run(|among| among.len() - 1)
}

impl World<'_> {
    pub(super) fn comes_to(&mut self, moment: Moment) {
        self.moments.insert(moment);
    }
}
