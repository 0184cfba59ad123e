//! Blocks that are run together: a group of arms which makes something of how they end. Most have no body; one that takes
//! the ends as they come has.
//!
//! What is always true:
//! 1. An arm begins when the one before it waits for the first time, or has ended, and there is room for it (CO1, CO5).
//! 2. The first end that is enough settles, and the arms that are left are not needed any more (CO2). A panic cancels them
//!    as well, and beats what was settled.
//! 3. The host waits until all arms that have begun are gone (CO2). Once there is an outcome no other begins.
//! 4. An arm has room from its begin until its end was taken, and for good where it was cut (CO5).

use std::collections::VecDeque;

use super::World;
use super::group::{Group, GroupIx};
use super::moments::Moment;
use super::task::{Flow, Frame, Phase, Step, Task, TaskIx, Wait, sorted};
use crate::program::{Arm, Kind, Op};
use crate::trace::{Cause, How, Note};

pub(super) struct Together<'p> {
    kind: Kind,
    limit: Option<u32>,
    arms: &'p [Arm],
    /// The arms that have not begun.
    rest: &'p [Arm],
    /// The one that has begun and not waited yet.
    beginning: Option<TaskIx>,
    /// Whether all that could begin have waited once.
    has_waited: bool,
    /// The arms that ended well, in the order of their ends.
    came: Vec<u32>,
    /// Those of them that nobody has taken, where somebody takes them.
    untaken: VecDeque<u32>,
    /// How many arms were cut; those that will not even begin are one.
    lost: usize,
}

impl Together<'_> {
    /// Those that have come, in the order of the arms.
    fn in_order(&self) -> Vec<u32> {
        let tasks = self.arms.iter().map(|arm| arm.task);
        tasks.filter(|task| self.came.contains(task)).collect()
    }
}

impl<'p> World<'p> {
    pub(super) fn enter_together(&mut self, t: TaskIx, op: &'p Op) -> Step {
        let Op::Together {
            id,
            kind,
            catch,
            limit,
            take,
            arms,
            body,
        } = op
        else {
            unreachable!("it has arms");
        };
        let region = self.tree.inside(self.tasks[t].here());
        let g = self.groups.len();
        let mut group = Group::new(*id, region, *catch);
        let has_body = *kind == Kind::AsCompleted;
        group.body = (!has_body).then_some(Flow::Done);
        group.together = Some(Together {
            kind: *kind,
            limit: *limit,
            arms,
            rest: arms,
            beginning: None,
            has_waited: false,
            came: Vec::new(),
            untaken: VecDeque::new(),
            lost: 0,
        });
        self.groups.push(group);
        self.tasks[t].frames.push(Frame::Group(g, region));
        self.begin_next_arm(g);
        if has_body {
            self.tasks[t].push(Frame::Take(g, *take), body)
        } else {
            self.host(t, g)
        }
    }

    /// Lets the next arm begin, if there is room for it. In a region that was cancelled from the start each runs up to its
    /// first wait; after a cancel from outside no other begins (CO2).
    fn begin_next_arm(&mut self, g: GroupIx) {
        let group = &self.groups[g];
        let at_work = group.members.len();
        let is_cancelled = self.tree.cancelled(group.region);
        let together = self.together(g);
        together.beginning = None;
        let Some((arm, rest)) = together.rest.split_first() else {
            return;
        };
        if together.has_waited && is_cancelled {
            together.rest = &[];
            together.lost += 1;
            return self.comes_to(Moment::ArmLeftOut);
        }
        let used = at_work + together.untaken.len() + together.lost;
        if together.limit.is_some_and(|limit| used >= limit as usize) {
            together.has_waited = true;
            return self.comes_to(Moment::ArmHeldUp);
        }
        together.rest = rest;
        let task = self.tasks.len();
        self.together(g).beginning = Some(task);
        let group = &mut self.groups[g];
        group.members.push(task);
        let region = self.tree.inside(group.region);
        self.tasks.push(Task {
            group: Some(g),
            ..Task::new(arm.task, region, &arm.body)
        });
    }

    /// A task waits, or is gone. If it is an arm that had just begun it is the next one's turn; and so it is when there is
    /// room again.
    pub(super) fn first_poll_is_over(&mut self, t: TaskIx) {
        let Some(g) = self.tasks[t].group else { return };
        let Some(together) = &self.groups[g].together else {
            return;
        };
        let has_room = together.beginning.is_none() && self.ended(t);
        if has_room || together.beginning == Some(t) {
            self.begin_next_arm(g);
        }
    }

    /// An arm is gone.
    pub(super) fn tally(&mut self, t: TaskIx, g: GroupIx, flow: Flow) {
        let number = self.tasks[t].number;
        let kind = self.together(g).kind;
        let cause = match flow {
            Flow::Done => {
                if kind == Kind::Select && !self.together(g).came.is_empty() {
                    self.comes_to(Moment::CameLate);
                }
                let together = self.together(g);
                together.came.push(number);
                let is_taken = kind == Kind::AsCompleted;
                together.untaken.extend(is_taken.then_some(number));
                kind.is_race().then_some(Cause::NotNeeded)
            }
            Flow::Cut => {
                self.together(g).lost += 1;
                None
            }
            Flow::Failed(errors) => {
                self.groups[g].errors.extend(errors);
                kind.is_try().then_some(Cause::NotNeeded)
            }
            Flow::Panicked(panic) => {
                self.groups[g].panic.get_or_insert(panic);
                Some(Cause::Sibling)
            }
        };
        if let Some(cause) = cause {
            self.settle_arms(g, cause);
        }
    }

    /// No other arm begins, and those at work are cancelled. One that has begun and was not polled is dropped so (CO2).
    pub(super) fn settle_arms(&mut self, g: GroupIx, cause: Cause) {
        if !self.together(g).rest.is_empty() {
            self.together(g).rest = &[];
            self.comes_to(Moment::ArmLeftOut);
        }
        self.cancel(self.groups[g].region, cause);
        for arm in self.groups[g].members.clone() {
            if cause == Cause::NotNeeded && matches!(self.tasks[arm].phase, Phase::Fresh) {
                self.count_as_ended(arm, Flow::Cut);
            }
        }
    }

    /// Whether there is an end for who takes them, or there will be none.
    pub(super) fn has_next_end(&self, g: GroupIx) -> bool {
        let group = &self.groups[g];
        let Some(together) = &group.together else {
            unreachable!("it has arms");
        };
        let none_is_left = together.rest.is_empty() && group.members.is_empty();
        none_is_left || !together.untaken.is_empty()
    }

    /// So many ends are still wanted; or all. In a cancelled region none is handed over (CO5).
    pub(super) fn take_on(&mut self, t: TaskIx, g: GroupIx, left: Option<u32>) -> Step {
        if left == Some(0) {
            return Step::Leave(Flow::Done);
        }
        self.tasks[t].frames.push(Frame::Take(g, left));
        self.operation(t, Wait::Taken(g))
    }

    /// Takes an end, which makes room for another arm.
    pub(super) fn takes_end(&mut self, t: TaskIx) -> Step {
        let Some(Frame::Take(g, left)) = self.tasks[t].frames.pop() else {
            unreachable!("it takes them");
        };
        let Some(number) = self.together(g).untaken.pop_front() else {
            return Step::Leave(Flow::Done);
        };
        self.note(t, Note::Came(vec![number]));
        if self.together(g).beginning.is_none() {
            self.begin_next_arm(g);
        }
        self.take_on(t, g, left.map(|left| left - 1))
    }

    /// All arms are gone. An outcome beats a cancel from outside; where there is none the whole never completes (CO2).
    pub(super) fn leave_together(&mut self, t: TaskIx, g: GroupIx) -> Step {
        self.tasks[t].frames.pop();
        self.leave_region(self.groups[g].region);
        if !self.together(g).untaken.is_empty() {
            self.comes_to(Moment::NotTaken);
        }
        let group = &self.groups[g];
        let id = group.id;
        let Some(together) = &group.together else {
            unreachable!("it has arms");
        };
        if let Some(panic) = group.panic {
            return self.pass_on(t, g, Flow::Panicked(panic));
        }
        let failed = Flow::Failed(sorted(&group.errors));
        let is_lost = together.lost > 0;
        match (together.kind, together.came.first()) {
            // CO3: errors are returned after a cancel from outside too.
            (kind, _) if kind.is_try() && !group.errors.is_empty() => {
                return self.pass_on(t, g, failed);
            }
            // CO4: the first that succeeds is the outcome, whatever the others came to.
            (Kind::Race | Kind::RaceOk, Some(&first)) => self.note(t, Note::Won(first)),
            // CO4: what came while the others unwound is not lost.
            (Kind::Select, Some(_)) => {
                let came = together.in_order();
                self.note(t, Note::Came(came));
            }
            // CO5: the body's return settles.
            (Kind::AsCompleted, _) if matches!(group.body, Some(Flow::Done)) => {}
            (Kind::AsCompleted, _) => return Step::Leave(Flow::Cut),
            _ if is_lost => return Step::Leave(Flow::Cut),
            (Kind::RaceOk, None) => return self.pass_on(t, g, failed),
            _ => {}
        }
        self.done(t, Note::Together(id, How::Completed))
    }

    fn together(&mut self, g: GroupIx) -> &mut Together<'p> {
        let together = self.groups[g].together.as_mut();
        together.expect("it has arms")
    }
}
