//! Permits, of semaphores and of locks: one is held by a frame, and goes on to the next who waits when the frame is gone.
//!
//! What is always true:
//! 1. Permits are granted in the order in which they were asked for; who is cancelled is passed over (PR1).
//! 2. At rest, no permit is free while somebody waits who may have one.
//! 3. One that is granted to somebody who gives up goes on to the next as well (PR1).

use super::World;
use super::broadcast::BroadcastIx;
use super::moments::Moment;
use super::task::{Flow, Frame, Step, TaskIx, Turn, Wait};
use super::values::CellIx;
use crate::program::Block;
use crate::trace::Note;

pub(super) type LockIx = u32;

/// What a permit is of. A lock has one, a resource, and a cell, for who makes its value; a broadcast has one for each item.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Semaphore(u32),
    Lock(LockIx),
    Resource(u32),
    Cell(CellIx),
    Room(BroadcastIx),
}

pub(super) struct Permits {
    free: u32,
    /// Who has asked for a permit and has not gone on, in order, with what is noted then.
    waiting: Vec<(TaskIx, Note)>,
}

impl Permits {
    pub(super) fn new(free: u32) -> Self {
        Self {
            free,
            waiting: Vec::new(),
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Of {
    fn taken(self) -> Note {
        match self {
            Self::Semaphore(semaphore) => Note::Acquired(semaphore),
            Self::Lock(lock) => Note::Locked(lock),
            Self::Resource(resource) => Note::Using(resource),
            Self::Cell(_) | Self::Room(_) => unreachable!("it is held for no block of its own"),
        }
    }

    fn given_back(self) -> Note {
        match self {
            Self::Semaphore(semaphore) => Note::Released(semaphore),
            Self::Lock(lock) => Note::Unlocked(lock),
            Self::Resource(resource) => Note::Used(resource),
            Self::Cell(_) | Self::Room(_) => unreachable!("it is held for no block of its own"),
        }
    }
}

impl<'p> World<'p> {
    /// Asks for a permit to run a block with, unless an event comes first. Both are operations: in a cancelled region
    /// neither comes (SC4).
    pub(super) fn hold(&mut self, t: TaskIx, of: Of, unless: Option<u32>, body: &'p Block) -> Step {
        if self.tree.cancelled(self.tasks[t].here()) {
            if matches!(of, Of::Lock(_)) {
                self.comes_to(Moment::TooLate);
            }
            return self.pend(t, Wait::Never);
        }
        if unless.is_some_and(|event| self.events.contains(&event)) {
            return self.give_up(t, of);
        }
        self.want(t, of, of.taken(), Turn::Permit(of, unless, body))
    }

    /// Uses a resource, unless somebody does. It waits for nothing, so a cancel keeps nobody from it.
    pub(super) fn use_alone(&mut self, t: TaskIx, resource: u32, body: &'p Block) -> Step {
        let of = Of::Resource(resource);
        if self.permits(of).free == 0 {
            return self.done(t, Note::Busy(resource));
        }
        self.permits(of).free -= 1;
        self.note(t, of.taken());
        self.tasks[t].push(Frame::Hold(of), body)
    }

    /// Takes a place in the queue; once it is granted a permit, that is noted.
    pub(super) fn want(&mut self, t: TaskIx, of: Of, note: Note, turn: Turn<'p>) -> Step {
        self.permits(of).waiting.push((t, note));
        self.grant_permits(of);
        self.ask(t, turn)
    }

    /// The event has come first, or a permit was granted that is not wanted any more.
    pub(super) fn give_up(&mut self, t: TaskIx, of: Of) -> Step {
        if self.tasks[t].granted.take().is_some() {
            self.comes_to(Moment::PassedOn);
            self.give_back(of);
        }
        let Of::Lock(lock) = of else {
            unreachable!("only a lock is given up");
        };
        self.done(t, Note::GaveUp(lock))
    }

    /// The block that held a permit is gone, whatever the way.
    pub(super) fn release(&mut self, t: TaskIx, of: Of, flow: Flow) -> Step {
        if let (Of::Lock(_), Flow::Cut) = (of, &flow) {
            self.comes_to(Moment::HolderCut);
        }
        self.give_back(of);
        match flow {
            Flow::Done => self.done(t, of.given_back()),
            flow => Step::Leave(flow),
        }
    }

    pub(super) fn no_longer_waits(&mut self, t: TaskIx, of: Of) {
        self.permits(of).waiting.retain(|&(w, _)| w != t);
    }

    pub(super) fn give_back(&mut self, of: Of) {
        self.permits(of).free += 1;
        self.grant_permits(of);
    }

    /// Grants each who waits a permit, beyond what there are.
    pub(super) fn let_all_in(&mut self, of: Of) {
        let waiting = self.permits(of).waiting.len();
        self.permits(of).free += u32::try_from(waiting).unwrap_or(u32::MAX);
        self.grant_permits(of);
    }

    fn grant_permits(&mut self, of: Of) {
        while self.permits(of).free > 0 {
            let waiting = self.permits(of).waiting.clone();
            let next = waiting.iter().position(|&(w, _)| self.may_have_turn(w));
            let Some(place) = next else {
                return;
            };
            // Who is before the next and has not been granted its own is cancelled.
            let is_passed = |&(w, _): &(TaskIx, Note)| self.tasks[w].granted.is_none();
            if matches!(of, Of::Lock(_)) && waiting[..place].iter().any(is_passed) {
                self.comes_to(Moment::PassedOver);
            }
            let (next, note) = waiting[place].clone();
            self.permits(of).free -= 1;
            self.tasks[next].granted = Some(note);
        }
    }

    fn permits(&mut self, of: Of) -> &mut Permits {
        match of {
            Of::Semaphore(semaphore) => &mut self.semaphores[semaphore as usize],
            Of::Lock(lock) => &mut self.locks[lock as usize],
            Of::Resource(resource) => &mut self.resources[resource as usize],
            Of::Cell(cell) => self.cells[cell].permits(),
            Of::Room(broadcast) => self.broadcasts[broadcast as usize].room(),
        }
    }
}
