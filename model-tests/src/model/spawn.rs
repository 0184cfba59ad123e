//! Spawning and starting: how a task comes into a group, and when it begins.
//!
//! What is always true:
//! 1. A task's region is inside that of its group, wherever it was spawned from (SC2, SH6); until it says that it has
//!    started, it is inside that of its starter (ST2).
//! 2. A task that has a place is polled at least once (TG3). One that has none ends unpolled when it is cancelled (TG11).
//! 3. A task that is being started is a member, so the group stays open (ST2).

use super::group::GroupIx;
use super::task::{Flow, Frame, Phase, Step, Task, TaskIx, Wait};
use super::tree::RegionId;
use super::{Dialect, World};
use crate::program::{Block, Op};
use crate::trace::{Cause, Note};

impl<'p> World<'p> {
    pub(super) fn spawn(&mut self, t: TaskIx, op: &'p Op) -> Step {
        let Op::Spawn {
            group,
            task,
            daemon,
            body,
            ..
        } = op
        else {
            unreachable!("a spawn");
        };
        let g = self.group_ids[group];
        let region = self.tree.inside(self.groups[g].region);
        let child = self.new_task(g, *task, region, body);
        if self.groups[g].closed {
            // TG2: it is given back, and nobody has a handle.
            self.tasks[child].phase = Phase::Ended(Flow::Cut);
            return self.done(t, Note::Refused(*task));
        }
        self.handles.insert(*task, child);
        self.tasks[child].daemon = *daemon;
        self.join_group(g, child);
        if *daemon && self.groups[g].stopping {
            self.cancel(region, Cause::Shutdown);
        }
        self.done(t, Note::Spawn(*task))
    }

    pub(super) fn start(&mut self, t: TaskIx, op: &'p Op) -> Step {
        let Op::Start {
            group, task, body, ..
        } = op
        else {
            unreachable!("a start");
        };
        let g = self.group_ids[group];
        if self.groups[g].closed {
            return self.done(t, Note::Closed(*task));
        }
        let region = self.tree.inside(self.tasks[t].here());
        let child = self.new_task(g, *task, region, body);
        self.tasks[child].starting = true;
        self.join_group(g, child);
        self.pend(t, Wait::Start(child))
    }

    fn new_task(&mut self, g: GroupIx, number: u32, region: RegionId, body: &'p Block) -> TaskIx {
        let mut task = Task::new(number, region, body);
        task.group = Some(g);
        self.tasks.push(task);
        self.tasks.len() - 1
    }

    /// A task becomes a member. It has its place at once, or waits for one; a daemon takes none (TG11).
    fn join_group(&mut self, g: GroupIx, child: TaskIx) {
        if !self.tasks[child].daemon && !self.has_place(g) {
            self.tasks[child].phase = Phase::Queued;
        }
        self.groups[g].members.push(child);
    }

    /// The first poll of a task.
    pub(super) fn begin_task(&mut self, t: TaskIx) -> Step {
        self.note(t, Note::Begin);
        let ops = self.tasks[t].body;
        self.tasks[t].frames.push(Frame::Block { ops, next: 0 });
        Step::Next
    }

    /// `set`: from now on the task lives in the group; after the starter's region was cancelled it does nothing (ST2).
    pub(super) fn started(&mut self, t: TaskIx) -> Step {
        let region = self.tasks[t].region;
        if self.tree.reason_outside(region).is_none()
            && let Some(g) = self.tasks[t].group
        {
            self.tasks[t].starting = false;
            self.tree.move_into(region, self.groups[g].region);
            self.settle();
        }
        self.done(t, Note::Ready)
    }

    /// A task has ended: whether it did so before its starter was cancelled is decided now (ST2).
    pub(super) fn settle_start(&mut self, t: TaskIx) {
        if self.tasks[t].starting {
            let starter = self.tree.reason_outside(self.tasks[t].region);
            self.tasks[t].too_late = starter.is_some();
        }
    }

    /// The task has started, or has ended without. Its error or panic before that is the starter's (ST3). An end
    /// without either, in a region that was cancelled before, is nothing that `start` completes with (ST2).
    pub(super) fn start_returns(&mut self, t: TaskIx, child: TaskIx) -> Step {
        let number = self.tasks[child].number;
        if !self.tasks[child].starting {
            self.handles.insert(number, child);
            return self.done(t, Note::Started(number));
        }
        match &self.tasks[child].phase {
            Phase::Ended(Flow::Failed(errors)) => {
                let note = Note::StartFailed(number, super::task::sorted(errors));
                self.done(t, note)
            }
            Phase::Ended(Flow::Panicked(panic)) => Step::Leave(Flow::Panicked(*panic)),
            // Difference 1: AnyIO tells it all the same.
            Phase::Ended(Flow::Done) if self.dialect == Dialect::AnyIo => {
                self.done(t, Note::NotStarted(number))
            }
            _ if self.tasks[child].too_late => Step::Leave(Flow::Cut),
            _ => self.done(t, Note::NotStarted(number)),
        }
    }
}
