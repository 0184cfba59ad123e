//! Barriers: who comes waits until enough have, and then they all go on.
//!
//! What is always true:
//! 1. Who is cancelled has not come (PR2), unless enough had before (SC4).
//! 2. At rest, fewer wait than go on together.

use super::World;
use super::moments::Moment;
use super::task::{Step, TaskIx, Turn, Wait};
use crate::trace::Note;

pub(super) type BarrierIx = u32;

pub(super) struct Barrier {
    parties: usize,
    /// Who has come and has not gone on.
    waiting: Vec<TaskIx>,
}

impl Barrier {
    /// One for nobody lets each go on at once, as one for one does.
    pub(super) fn new(parties: u32) -> Self {
        Self {
            parties: parties.max(1) as usize,
            waiting: Vec::new(),
        }
    }
}

impl World<'_> {
    pub(super) fn meet(&mut self, t: TaskIx, b: BarrierIx) -> Step {
        if self.tree.cancelled(self.tasks[t].here()) {
            self.comes_to(Moment::TooLate);
            return self.pend(t, Wait::Never);
        }
        let barrier = &self.barriers[b as usize];
        let waiting = barrier.waiting.iter().copied();
        let others: Vec<TaskIx> = waiting.filter(|&w| self.may_have_turn(w)).collect();
        if others.len() + 1 >= barrier.parties {
            for other in others {
                self.tasks[other].granted = Some(Note::Met(b, false));
            }
            return self.done(t, Note::Met(b, true));
        }
        self.barriers[b as usize].waiting.push(t);
        self.ask(t, Turn::Meet(b))
    }

    pub(super) fn has_not_come(&mut self, t: TaskIx, b: BarrierIx) {
        self.barriers[b as usize].waiting.retain(|&w| w != t);
    }
}
