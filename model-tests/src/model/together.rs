//! Blocks that are run together: a group of arms without a body, which makes something of how they end.
//!
//! What is always true:
//! 1. An arm begins when the one before it waits for the first time, or has ended (CO1).
//! 2. The first end that is enough settles, and the arms that are left are not needed any more (CO2). A panic cancels them
//!    as well, and beats what was settled.
//! 3. The host waits until all arms that have begun are gone (CO2). Once there is an outcome no other begins.

use super::World;
use super::group::{Group, GroupIx};
use super::task::{Flow, Frame, Step, Task, TaskIx, sorted};
use crate::program::{Arm, Kind};
use crate::trace::{Cause, How, Note};

pub(super) struct Together<'p> {
    kind: Kind,
    /// The arms that have not begun.
    rest: &'p [Arm],
    /// The one that has begun and not waited yet.
    beginning: Option<TaskIx>,
    /// The first arm that ended well.
    first: Option<u32>,
    /// Whether an arm was cut.
    lost: bool,
}

impl<'p> World<'p> {
    pub(super) fn enter_together(
        &mut self,
        t: TaskIx,
        (id, kind, catch): (u32, Kind, bool),
        arms: &'p [Arm],
    ) -> Step {
        let region = self.tree.inside(self.tasks[t].here());
        let g = self.groups.len();
        let mut group = Group::new(id, region, catch);
        group.body = Some(Flow::Done);
        group.together = Some(Together {
            kind,
            rest: arms,
            beginning: None,
            first: None,
            lost: false,
        });
        self.groups.push(group);
        self.tasks[t].frames.push(Frame::Group(g, region));
        self.begin_next_arm(g);
        self.host(t, g)
    }

    fn begin_next_arm(&mut self, g: GroupIx) {
        let group = &mut self.groups[g];
        let Some(together) = &mut group.together else {
            unreachable!("it has arms");
        };
        together.beginning = None;
        if let Some((arm, rest)) = together.rest.split_first() {
            let task = self.tasks.len();
            together.rest = rest;
            together.beginning = Some(task);
            group.members.push(task);
            let region = self.tree.inside(group.region);
            self.tasks.push(Task {
                group: Some(g),
                ..Task::new(arm.task, region, &arm.body)
            });
        }
    }

    /// A task waits, or is gone. If it is an arm that had just begun it is the next one's turn.
    pub(super) fn first_poll_is_over(&mut self, t: TaskIx) {
        let Some(g) = self.tasks[t].group else { return };
        let together = self.groups[g].together.as_ref();
        if together.is_some_and(|together| together.beginning == Some(t)) {
            self.begin_next_arm(g);
        }
    }

    /// An arm is gone.
    pub(super) fn tally(&mut self, t: TaskIx, g: GroupIx, flow: Flow) {
        let number = self.tasks[t].number;
        let group = &mut self.groups[g];
        let Some(together) = &mut group.together else {
            unreachable!("it has arms");
        };
        let cause = match flow {
            Flow::Done => {
                together.first.get_or_insert(number);
                together.kind.is_race().then_some(Cause::NotNeeded)
            }
            Flow::Cut => {
                together.lost = true;
                None
            }
            Flow::Failed(errors) => {
                group.errors.extend(errors);
                (together.kind == Kind::TryGather).then_some(Cause::NotNeeded)
            }
            Flow::Panicked(panic) => {
                group.panic.get_or_insert(panic);
                Some(Cause::Sibling)
            }
        };
        if let Some(cause) = cause {
            together.rest = &[];
            self.cancel(self.groups[g].region, cause);
        }
    }

    /// All arms are gone. An outcome beats a cancel from outside; where there is none the whole never completes (CO2).
    pub(super) fn leave_together(&mut self, t: TaskIx, g: GroupIx) -> Step {
        self.tasks[t].frames.pop();
        self.leave_region(self.groups[g].region);
        let group = &self.groups[g];
        let id = group.id;
        let Some(together) = &group.together else {
            unreachable!("it has arms");
        };
        if let Some(panic) = group.panic {
            return self.pass_on(t, g, Flow::Panicked(panic));
        }
        let failed = Flow::Failed(sorted(&group.errors));
        match (together.kind, together.first) {
            // CO3: errors are returned after a cancel from outside too.
            (Kind::TryGather, _) if !group.errors.is_empty() => self.pass_on(t, g, failed),
            // CO4: the first that succeeds is the outcome, whatever the others came to.
            (Kind::Race | Kind::RaceOk, Some(first)) => {
                self.note(t, Note::Won(first));
                self.done(t, Note::Together(id, How::Completed))
            }
            _ if together.lost => Step::Leave(Flow::Cut),
            (Kind::RaceOk, None) => self.pass_on(t, g, failed),
            _ => self.done(t, Note::Together(id, How::Completed)),
        }
    }
}
