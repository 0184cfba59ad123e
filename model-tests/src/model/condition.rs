//! Conditions, one of each lock: who waits to be told gives the lock away for that long.
//!
//! What is always true:
//! 1. Who waits has no lock. Who is told asks for it, and goes on with it (PR2).
//! 2. Who is told first is who has waited longest; who is cancelled is passed over, and what it was told before goes to the
//!    next one (PR1, PR2).

use super::World;
use super::moments::Moment;
use super::permits::{LockIx, Of};
use super::task::{Flow, Frame, Step, TaskIx, Turn, Wait};
use crate::program::{Block, Op};
use crate::trace::Note;

#[derive(Default)]
pub(super) struct Condition {
    /// Who waits to be told, in order, until it has gone on to wait for the lock.
    waiting: Vec<TaskIx>,
}

impl<'p> World<'p> {
    pub(super) fn watch(&mut self, t: TaskIx, lock: LockIx, op: &'p Op) -> Step {
        if self.tree.cancelled(self.tasks[t].here()) {
            self.comes_to(Moment::TooLate);
            return self.pend(t, Wait::Never);
        }
        let turn = Turn::Watch(lock, op);
        self.want(t, Of::Lock(lock), Note::Locked(lock), turn)
    }

    /// The first block is gone: the lock is given away, unless something passes, or the region is cancelled and the wait
    /// does nothing (SC4).
    pub(super) fn first_is_gone(
        &mut self,
        t: TaskIx,
        lock: LockIx,
        body: &'p Block,
        flow: Flow,
    ) -> Step {
        let of = Of::Lock(lock);
        if !matches!(flow, Flow::Done) {
            return self.release(t, of, flow);
        }
        if self.tree.cancelled(self.tasks[t].here()) {
            self.comes_to(Moment::TooLate);
            self.tasks[t].frames.push(Frame::Hold(of));
            return self.pend(t, Wait::Never);
        }
        self.conditions[lock as usize].waiting.push(t);
        self.give_back(of);
        self.ask(t, Turn::Notice(lock, body))
    }

    /// Tells one, or all who wait at this moment, and notes how many they were. It needs no lock.
    pub(super) fn notify(&mut self, t: TaskIx, lock: LockIx, all: bool) -> Step {
        let mut told = 0;
        while (all || told == 0) && self.tell_next(lock) {
            told += 1;
        }
        self.done(t, Note::Notify(lock, told))
    }

    pub(super) fn tell_next(&mut self, lock: LockIx) -> bool {
        let mut waiting = self.conditions[lock as usize].waiting.iter();
        let next = waiting.find(|&&w| self.may_have_turn(w)).copied();
        if let Some(next) = next {
            self.tasks[next].granted = Some(Note::Told(lock));
        }
        next.is_some()
    }

    pub(super) fn is_not_told(&mut self, t: TaskIx, lock: LockIx) {
        self.conditions[lock as usize].waiting.retain(|&w| w != t);
    }
}
