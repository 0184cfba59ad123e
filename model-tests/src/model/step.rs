//! Operations: what each does when its turn comes, and what those do that sleep first once the sleep is over.
//!
//! What is always true:
//! 1. An operation without a sleep is either a wait or enters a frame, or does both. Entering is no operation in the sense of SC4: it
//!    happens in a cancelled region, too, and what is inside runs up to its first wait (SC7, TG9).

use super::World;
use super::permits::Of;
use super::task::{Flow, Frame, Step, TaskIx, Then, Wait};
use super::values::Wish;
use crate::program::{Block, Grace, Op, When};
use crate::trace::{Cause, Joined, Note};

impl<'p> World<'p> {
    /// The first poll of an operation.
    pub(super) fn begin(&mut self, t: TaskIx, op: &'p Op) -> Step {
        match op {
            Op::Sleep { at, turns } => self.sleep(t, *at, *turns, Then::Note(Note::Slept(*at))),
            Op::Checkpoint { at } => self.sleep(t, *at, 1, Then::Note(Note::Passed(*at))),
            Op::State { at }
            | Op::Set { at, .. }
            | Op::Cancel { at, .. }
            | Op::Deadline { at, .. }
            | Op::Spawn { at, .. }
            | Op::Start { at, .. }
            | Op::Started { at }
            | Op::CancelTask { at, .. }
            | Op::Fail { at, .. }
            | Op::Panic { at, .. }
            | Op::Send { at, .. }
            | Op::Receive { at, .. }
            | Op::Close { at, .. }
            | Op::Reserve { at, .. }
            | Op::Publish { at, .. }
            | Op::Listen { at, .. }
            | Op::Hush { at, .. }
            | Op::Fill { at, .. }
            | Op::Get { at, .. }
            | Op::Give { at, .. }
            | Op::Use { at, .. }
            | Op::Hold { at, .. }
            | Op::Lock { at: Some(at), .. }
            | Op::Watch { at: Some(at), .. }
            | Op::Notify { at, .. }
            | Op::Meet { at: Some(at), .. }
            | Op::Defer { at, .. }
            | Op::Blocking { at, .. } => self.sleep(t, *at, 1, Then::Act(op)),
            Op::Lock { at: None, .. } | Op::Watch { at: None, .. } | Op::Meet { at: None, .. } => {
                self.act(t, op)
            }
            Op::Wait { event } => self.operation(t, Wait::Event(*event)),
            Op::Ask { promise } => self.operation(t, Wait::Promise(*promise)),
            Op::Forever => self.operation(t, Wait::Never),
            Op::Join { task, .. } => match self.handles.get(task) {
                Some(&task) => self.operation(t, Wait::Join(task, op)),
                None => self.sleep_joined(t, op, Joined::Unknown),
            },
            Op::Scope { id, deadline, body } => self.enter_scope(t, *id, *deadline, body),
            Op::Group { .. } => self.enter_group(t, op),
            Op::Together { .. } => self.enter_together(t, op),
            Op::Shield { id, grace, body } => self.enter_shield(t, *id, *grace, body),
            Op::Restore { id, body } => self.enter_restore(t, *id, body),
            Op::Finally {
                id,
                grace,
                body,
                cleanup,
            } => {
                let (id, grace) = (*id, *grace);
                self.tasks[t].push(Frame::Finally { id, grace, cleanup }, body)
            }
        }
    }

    pub(super) fn sleep(&mut self, t: TaskIx, at: u32, turns: u32, then: Then<'p>) -> Step {
        let until = self.clock.instant(When { at, turns });
        self.operation(t, Wait::Sleep(until, then))
    }

    /// What an operation does after its sleep.
    pub(super) fn act(&mut self, t: TaskIx, op: &'p Op) -> Step {
        match op {
            Op::State { .. } => {
                let here = self.tasks[t].here();
                let state = Note::State(self.tree.cancelled(here), self.tree.deadline(here));
                self.done(t, state)
            }
            Op::Set { event, .. } => {
                self.events.insert(*event);
                self.done(t, Note::Set(*event))
            }
            Op::Cancel { scope, .. } => {
                self.cancel_by_id(*scope);
                self.done(t, Note::Cancel(*scope))
            }
            Op::Deadline { scope, to, .. } => {
                let instant = to.map(|when| self.clock.instant(when));
                if let Some(&region) = self.regions.get(scope) {
                    self.move_deadline(region, instant);
                }
                self.done(t, Note::Moved(*scope))
            }
            Op::CancelTask { task, .. } => {
                self.cancel_task(*task);
                self.done(t, Note::CancelTask(*task))
            }
            Op::Fail { error, .. } => Step::Leave(Flow::Failed(vec![*error])),
            Op::Panic { panic, .. } => Step::Leave(Flow::Panicked(*panic)),
            Op::Spawn { .. } => self.spawn(t, op),
            Op::Start { .. } => self.start(t, op),
            Op::Started { .. } => self.started(t),
            Op::Defer { .. } => self.defer(t, op),
            Op::Blocking { .. } => self.call(t, op),
            Op::Send { stream, item, .. } => self.send(t, *stream, *item),
            Op::Receive { stream, .. } => self.receive(t, *stream),
            Op::Close { stream, end, .. } => self.close(t, *stream, *end),
            Op::Reserve {
                stream, item, body, ..
            } => self.reserve(t, *stream, *item, body),
            Op::Publish {
                broadcast, item, ..
            } => self.publish(t, *broadcast, *item),
            Op::Listen {
                broadcast,
                id,
                take,
                body,
                ..
            } => self.listen(t, (*broadcast, *id), *take, body),
            Op::Hush { broadcast, .. } => self.hush(t, *broadcast),
            Op::Fill { cell, id, body, .. } => {
                let (id, cell) = (*id, *cell as usize);
                let key = None;
                self.want_value(
                    t,
                    Wish {
                        id,
                        cell,
                        key,
                        body,
                    },
                )
            }
            Op::Get {
                flight,
                key,
                id,
                body,
                ..
            } => self.want_key(t, (*flight, *key), *id, body),
            Op::Give { promise, item, .. } => self.give(t, *promise, *item),
            Op::Use { resource, body, .. } => self.use_alone(t, *resource, body),
            Op::Hold {
                semaphore, body, ..
            } => self.hold(t, Of::Semaphore(*semaphore), None, body),
            Op::Lock {
                lock, unless, body, ..
            } => self.hold(t, Of::Lock(*lock), *unless, body),
            Op::Watch { lock, .. } => self.watch(t, *lock, op),
            Op::Notify { lock, all, .. } => self.notify(t, *lock, *all),
            Op::Meet { barrier, .. } => self.meet(t, *barrier),
            _ => unreachable!("an operation that sleeps first"),
        }
    }

    /// Cancels a scope or a group from wherever it is. A scope may be cancelled before it is entered (SC7).
    fn cancel_by_id(&mut self, id: u32) {
        match self.regions.get(&id) {
            Some(&region) if self.tree.get(region).left => {}
            Some(&region) => self.cancel(region, Cause::Explicit),
            None => {
                self.cancelled_ahead.insert(id);
            }
        }
    }

    /// Cancels a task by its handle, and touches only that task (HA1).
    fn cancel_task(&mut self, number: u32) {
        if let Some(&task) = self.handles.get(&number)
            && !self.ended(task)
        {
            self.cancel(self.tasks[task].region, Cause::Explicit);
        }
    }

    fn enter_scope(&mut self, t: TaskIx, id: u32, deadline: Option<When>, body: &'p Block) -> Step {
        let region = self.tree.inside(self.tasks[t].here());
        self.regions.insert(id, region);
        if self.cancelled_ahead.contains(&id) {
            self.cancel(region, Cause::Explicit);
        }
        // DL1: the period starts at the first poll.
        if let Some(when) = deadline {
            self.set_deadline(region, self.clock.instant(when));
        }
        self.tasks[t].push(Frame::Scope { id, region }, body)
    }

    fn enter_shield(&mut self, t: TaskIx, id: u32, grace: Option<Grace>, body: &'p Block) -> Step {
        let region = self.tree.shield(self.tasks[t].here());
        self.tree.get_mut(region).grace = grace.map(|grace| self.clock.length(grace));
        self.settle();
        self.tasks[t].push(Frame::Shield { id, region }, body)
    }

    fn enter_restore(&mut self, t: TaskIx, id: u32, body: &'p Block) -> Step {
        let region = self.tree.inside(self.tasks[t].here());
        // SH4: the nearest shield of the same task. Cleanups and hooks run shielded.
        let shields = self.tasks[t].frames.iter().rev();
        let nearest = shields
            .filter_map(Frame::region)
            .find(|&r| self.tree.get(r).opaque);
        self.tree.get_mut(region).undoes = nearest;
        self.settle();
        self.tasks[t].push(Frame::Restore { id, region }, body)
    }
}
