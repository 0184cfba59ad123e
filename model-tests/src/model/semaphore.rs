//! Semaphores: a permit is held by a frame, and goes on to the next who waits when the frame is gone.
//!
//! What is always true:
//! 1. Permits are granted in the order in which they were asked for; who is cancelled is passed over (PR1).
//! 2. At rest, no permit is free while somebody waits who may have one.

use super::World;
use super::task::{Flow, Step, TaskIx, Turn};
use crate::program::Block;
use crate::trace::Note;

pub(super) type SemaphoreIx = u32;

pub(super) struct Semaphore {
    free: u32,
    /// Who has asked for a permit and has not gone on, in order.
    waiting: Vec<TaskIx>,
}

impl Semaphore {
    pub(super) fn new(permits: u32) -> Self {
        Self {
            free: permits,
            waiting: Vec::new(),
        }
    }
}

impl<'p> World<'p> {
    pub(super) fn hold(&mut self, t: TaskIx, s: SemaphoreIx, body: &'p Block) -> Step {
        self.semaphore(s).waiting.push(t);
        self.grant_permits(s);
        self.ask(t, Turn::Permit(s, body))
    }

    /// The block that held a permit is gone, whatever the way.
    pub(super) fn release(&mut self, t: TaskIx, s: SemaphoreIx, flow: Flow) -> Step {
        self.semaphore(s).free += 1;
        self.grant_permits(s);
        match flow {
            Flow::Done => self.done(t, Note::Released(s)),
            flow => Step::Leave(flow),
        }
    }

    pub(super) fn no_longer_waits(&mut self, t: TaskIx, s: SemaphoreIx) {
        self.semaphore(s).waiting.retain(|&w| w != t);
    }

    fn grant_permits(&mut self, s: SemaphoreIx) {
        while self.semaphore(s).free > 0 {
            let mut waiting = self.semaphores[s as usize].waiting.iter();
            let Some(&next) = waiting.find(|&&w| self.may_have_turn(w)) else {
                return;
            };
            self.semaphore(s).free -= 1;
            self.tasks[next].granted = Some(Note::Acquired(s));
        }
    }

    fn semaphore(&mut self, s: SemaphoreIx) -> &mut Semaphore {
        &mut self.semaphores[s as usize]
    }
}
