//! Operations without blocks.
//!
//! Always true: what an operation is aimed at is 0 where the aim is left open.

use super::maker::{Maker, take};
use crate::program::{End, Op, Step, When};
use crate::rng::Rng;

impl Maker<'_> {
    pub(super) fn sleep(&mut self) -> Op {
        let turns = self.rng.weighted(&[(12, 1), (2, 2), (1, 3)]).unwrap_or(1);
        self.sleep_for(turns)
    }

    pub(super) fn sleep_for(&mut self, turns: u32) -> Op {
        self.spend();
        Op::Sleep { at: 0, turns }
    }

    pub(super) fn checkpoint(&mut self) -> Op {
        self.spend();
        Op::Checkpoint { at: 0 }
    }

    pub(super) fn state(&mut self) -> Op {
        self.spend();
        Op::State { at: 0 }
    }

    /// Waits for an event that nobody else waits for, one that is set by then in most cases: a task that
    /// waits for another one's future does not do much.
    pub(super) fn wait(&mut self) -> Op {
        if let Some(event) = self.set.pop() {
            return self.wait_for(event);
        }
        if self.rng.percent(60) {
            return self.sleep();
        }
        let event = self.event();
        self.waited.push(event);
        self.wait_for(event)
    }

    pub(super) fn wait_for(&mut self, event: u32) -> Op {
        self.spend();
        Op::Wait { event }
    }

    /// Sets an event, one that is waited for already in some cases.
    pub(super) fn set(&mut self) -> Op {
        let waited = if self.rng.percent(60) {
            self.waited.pop()
        } else {
            None
        };
        let event = waited.unwrap_or_else(|| {
            let event = self.event();
            self.set.push(event);
            event
        });
        self.set_one(event)
    }

    pub(super) fn set_one(&mut self, event: u32) -> Op {
        self.spend();
        Op::Set { at: 0, event }
    }

    pub(super) fn forever(&mut self) -> Op {
        self.spend();
        Op::Forever
    }

    pub(super) fn cancel(&mut self, scope: u32) -> Op {
        self.spend();
        Op::Cancel { at: 0, scope }
    }

    /// Moves a deadline: to never, to at once, or to an instant of the clock's choice.
    pub(super) fn move_deadline(&mut self, scope: u32) -> Op {
        self.spend();
        let to = [(2, None), (1, Some(0)), (7, Some(1))];
        let turns = self.rng.weighted(&to).flatten();
        Op::Deadline {
            at: 0,
            scope,
            to: turns.map(|turns| When { at: 0, turns }),
        }
    }

    pub(super) fn join(&mut self, task: u32) -> Op {
        self.spend();
        Op::Join { task, at: 0 }
    }

    pub(super) fn cancel_task(&mut self, task: u32) -> Op {
        self.spend();
        Op::CancelTask { at: 0, task }
    }

    /// Any stream.
    pub(super) fn stream(&mut self) -> u32 {
        any_of(self.rng, &self.listed.streams)
    }

    pub(super) fn send(&mut self, stream: u32) -> Op {
        self.spend();
        let item = take(&mut self.next.item);
        Op::Send {
            at: 0,
            stream,
            item,
        }
    }

    pub(super) fn receive(&mut self, stream: u32) -> Op {
        self.spend();
        Op::Receive { at: 0, stream }
    }

    pub(super) fn close(&mut self, stream: u32) -> Op {
        self.spend();
        let end = if self.rng.percent(60) {
            End::Sender
        } else {
            End::Receiver
        };
        Op::Close { at: 0, stream, end }
    }

    /// Any semaphore.
    pub(super) fn semaphore(&mut self) -> u32 {
        any_of(self.rng, &self.listed.semaphores)
    }

    /// Any lock.
    pub(super) fn any_lock(&mut self) -> u32 {
        self.rng.small(1, self.listed.locks) - 1
    }

    /// Any lock that no block around has: who waits for one of those waits for itself.
    pub(super) fn other_lock(&mut self) -> Option<u32> {
        let is_other = |lock: &u32| !self.locked.contains(lock);
        let others: Vec<u32> = (0..self.listed.locks).filter(is_other).collect();
        self.rng.pick(&others)
    }

    /// Tells those who wait to be told, one in most cases: several want the lock at once.
    pub(super) fn notify(&mut self, lock: u32) -> Op {
        self.spend();
        let all = self.rng.percent(15);
        Op::Notify { at: 0, lock, all }
    }

    /// Any barrier.
    pub(super) fn barrier(&mut self) -> u32 {
        any_of(self.rng, &self.listed.barriers)
    }

    pub(super) fn meet(&mut self, barrier: u32) -> Op {
        self.spend();
        let at = self.sleeps_first();
        Op::Meet { at, barrier }
    }

    /// Any broadcast: for the latest item alone in a third of the cases.
    pub(super) fn broadcast(&mut self) -> u32 {
        u32::from(self.rng.percent(33))
    }

    pub(super) fn publish(&mut self, broadcast: u32) -> Op {
        self.spend();
        let item = take(&mut self.next.item);
        Op::Publish {
            at: 0,
            broadcast,
            item,
        }
    }

    pub(super) fn hush(&mut self, broadcast: u32) -> Op {
        self.spend();
        Op::Hush { at: 0, broadcast }
    }

    /// Any promise.
    pub(super) fn promise(&mut self) -> u32 {
        self.rng.small(1, self.listed.promises) - 1
    }

    /// Keeps a promise, or breaks it in some cases.
    pub(super) fn give(&mut self, promise: u32) -> Op {
        self.spend();
        let is_kept = self.rng.percent(75);
        let item = is_kept.then(|| take(&mut self.next.item));
        Op::Give {
            at: 0,
            promise,
            item,
        }
    }

    pub(super) fn ask(&mut self, promise: u32) -> Op {
        self.spend();
        Op::Ask { promise }
    }

    /// Any cell whose value no block around makes: who waits for one of those waits for itself.
    pub(super) fn other_cell(&mut self) -> Option<u32> {
        let is_other = |cell: &u32| !self.making.contains(&(None, *cell));
        let others: Vec<u32> = (0..self.listed.cells).filter(is_other).collect();
        self.rng.pick(&others)
    }

    /// Any flight, with a key of it whose value no block around makes.
    pub(super) fn other_key(&mut self) -> Option<(u32, u32)> {
        let flight = any_of(self.rng, &self.listed.flights);
        let key = self.rng.small(1, 3);
        let is_other = !self.making.contains(&(Some(flight), key));
        is_other.then_some((flight, key))
    }

    /// Any resource.
    pub(super) fn resource(&mut self) -> u32 {
        self.rng.small(1, self.listed.resources) - 1
    }

    /// The open slot of an operation that need not sleep.
    pub(super) fn sleeps_first(&mut self) -> Option<u32> {
        self.rng.percent(85).then_some(0)
    }

    /// The event that a wait for a lock is given up for, in some cases.
    pub(super) fn unless(&mut self) -> Option<u32> {
        if !self.full() || !self.rng.percent(30) {
            return None;
        }
        let event = self.event();
        self.waited.push(event);
        Some(event)
    }

    pub(super) fn fail(&mut self) -> Op {
        self.spend();
        let error = self.error();
        Op::Fail { at: 0, error }
    }

    pub(super) fn panic(&mut self) -> Op {
        self.spend();
        let panic = self.panic_number();
        Op::Panic { at: 0, panic }
    }

    pub(super) fn blocking(&mut self) -> Op {
        self.spend();
        let abandon = self.rng.percent(40);
        let steps = self.rng.within(0, 4);
        let body = (0..steps).map(|_| self.blocking_step()).collect();
        Op::Blocking {
            at: 0,
            id: self.id(),
            abandon,
            body,
        }
    }

    fn blocking_step(&mut self) -> Step {
        let turns = self.rng.weighted(&[(6, 1), (2, 2), (5, 0)]).unwrap_or(1);
        if turns == 0 {
            return Step::Check;
        }
        Step::Sleep { at: 0, turns }
    }
}

/// Any place in a list.
fn any_of(rng: &mut Rng, list: &[u32]) -> u32 {
    u32::try_from(rng.index(list.len())).unwrap_or(0)
}
