//! Task groups: their tasks, places, daemons, hooks, and what a group makes of how they ended.
//!
//! The host's stack keeps the group's frame after the body is gone. Then it waits until no member is left, runs the hooks,
//! and comes to the result. A local group is one more group whose tasks happen to run within the host's own (TG12).
//!
//! What is always true:
//! 1. A member has not ended; it is counted out after its future is gone (TG1).
//! 2. No member that is not cancelled waits for a place while there is a free one (TG11).
//! 3. A group is closed once its body is gone and no member is left (TG2). Daemons that unwind are members.

use super::task::{Flow, Frame, Phase, Step, TaskIx, sorted};
use super::together::Together;
use super::tree::RegionId;
use super::{Dialect, World};
use crate::program::{Block, Op};
use crate::trace::{Cause, How, Note, REPORTS};

pub(super) type GroupIx = usize;

pub(super) struct Group<'p> {
    pub(super) id: u32,
    pub(super) region: RegionId,
    limit: Option<u32>,
    pub(super) catch: bool,
    /// The tasks that have not ended, in order of spawning.
    pub(super) members: Vec<TaskIx>,
    pub(super) closed: bool,
    /// Whether its daemons are told to stop.
    pub(super) stopping: bool,
    /// Those that are still to be told, one after the other.
    pub(super) to_stop: Vec<TaskIx>,
    /// How the body has ended. Most arms have none, which is as if it had ended.
    pub(super) body: Option<Flow>,
    pub(super) errors: Vec<u32>,
    /// The first panic of the body or of a member.
    pub(super) panic: Option<u32>,
    /// The first panic of a hook.
    hook_panic: Option<u32>,
    hooks: Vec<Hook<'p>>,
    /// What hooks have failed with.
    hook_errors: Vec<u32>,
    /// Whether a member was ended by a cancel of a region around (TG5).
    cut_from_around: bool,
    /// For arms: what is made of their ends.
    pub(super) together: Option<Together<'p>>,
}

struct Hook<'p> {
    id: u32,
    error: Option<u32>,
    body: &'p Block,
}

impl Group<'_> {
    pub(super) fn new(id: u32, region: RegionId, catch: bool) -> Self {
        Self {
            id,
            region,
            limit: None,
            catch,
            members: Vec::new(),
            closed: false,
            stopping: false,
            to_stop: Vec::new(),
            body: None,
            errors: Vec::new(),
            panic: None,
            hook_panic: None,
            hooks: Vec::new(),
            hook_errors: Vec::new(),
            cut_from_around: false,
            together: None,
        }
    }
}

impl<'p> World<'p> {
    pub(super) fn enter_group(&mut self, t: TaskIx, op: &'p Op) -> Step {
        let Op::Group {
            id,
            limit,
            catch,
            body,
            ..
        } = op
        else {
            unreachable!("a group");
        };
        let region = self.tree.inside(self.tasks[t].here());
        let group = self.groups.len();
        let limit = *limit;
        self.groups.push(Group {
            limit,
            ..Group::new(*id, region, *catch)
        });
        self.regions.insert(*id, region);
        self.group_ids.insert(*id, group);
        self.tasks[t].push(Frame::Group(group, region), body)
    }

    /// Lets the tasks in that there are places for, in order. A cancelled one is passed over: it ends unpolled (TG11).
    pub(super) fn admit(&mut self, g: GroupIx) {
        while self.has_place(g) {
            let mut members = self.groups[g].members.iter();
            let Some(&next) = members.find(|&&m| self.waits_for_place(m)) else {
                return;
            };
            self.tasks[next].phase = Phase::Fresh;
        }
    }

    /// Whether one more task may run. Daemons take no place (TG11).
    pub(super) fn has_place(&self, g: GroupIx) -> bool {
        let group = &self.groups[g];
        let placed = |m: &&TaskIx| {
            let task = &self.tasks[**m];
            !task.daemon && !matches!(task.phase, Phase::Queued)
        };
        let running = group.members.iter().filter(placed).count();
        group.limit.is_none_or(|limit| running < limit as usize)
    }

    fn waits_for_place(&self, m: TaskIx) -> bool {
        let task = &self.tasks[m];
        matches!(task.phase, Phase::Queued) && !self.tree.cancelled(task.region)
    }

    /// A task has ended, and its group counts it out. What a task that has not started ended with is for its starter
    /// alone (ST3).
    pub(super) fn count_out(&mut self, t: TaskIx, flow: Flow) {
        let Some(g) = self.tasks[t].group else {
            return;
        };
        if self.groups[g].together.is_some() {
            self.tally(t, g, flow);
        } else if !self.tasks[t].starting {
            self.groups[g].cut_from_around |=
                matches!(flow, Flow::Cut) && self.was_cut_from_around(t, g);
            self.gather(g, flow);
        }
        self.groups[g].members.retain(|&m| m != t);
        self.first_poll_is_over(t);
        self.admit(g);
        self.close_when_idle(g);
    }

    /// TG5: a task that its own handle or the group's own cancel had reached first was not ended by what is around.
    fn was_cut_from_around(&self, t: TaskIx, g: GroupIx) -> bool {
        if self.dialect == Dialect::AnyIo {
            // Difference 2: whatever came first, the outermost cancelled scope has it.
            return self.tree.cancelled(self.groups[g].region);
        }
        let own = |region| self.tree.get(region).of_its_own;
        !own(self.tasks[t].region) && !own(self.groups[g].region)
    }

    /// The first error or panic, of a member or of the body, cancels the group (TG4, TG6); all errors are kept.
    fn gather(&mut self, g: GroupIx, flow: Flow) {
        let group = &mut self.groups[g];
        match flow {
            Flow::Done | Flow::Cut => return,
            Flow::Failed(errors) => group.errors.extend(errors),
            Flow::Panicked(panic) => {
                group.panic.get_or_insert(panic);
            }
        }
        self.cancel(self.groups[g].region, Cause::Sibling);
    }

    /// TG10: daemons do not keep the group open, and are cancelled when only they are left.
    fn close_when_idle(&mut self, g: GroupIx) {
        let group = &self.groups[g];
        if group.body.is_none() || group.members.iter().any(|&m| !self.tasks[m].daemon) {
            return;
        }
        self.groups[g].closed = self.groups[g].members.is_empty();
        self.groups[g].stopping = true;
        self.groups[g].to_stop = self.groups[g].members.clone();
    }

    /// Tells the next daemon to stop. What one that is told gives up may reach another one that is not yet.
    pub(super) fn stop_next(&mut self, g: GroupIx) {
        let daemon = self.groups[g].to_stop.remove(0);
        if !self.ended(daemon) {
            self.cancel(self.tasks[daemon].region, Cause::Shutdown);
        }
    }

    pub(super) fn body_is_gone(&mut self, g: GroupIx, flow: Flow) {
        self.groups[g].body = Some(flow.clone());
        if self.groups[g].together.is_some() && matches!(flow, Flow::Done) {
            self.settle_arms(g, Cause::NotNeeded);
        }
        self.gather(g, flow);
        self.close_when_idle(g);
    }

    /// The host goes on after its body: it waits for the members, then runs the hooks, last in first out (FI3), then
    /// leaves.
    pub(super) fn host(&mut self, t: TaskIx, g: GroupIx) -> Step {
        if !self.groups[g].members.is_empty() {
            return self.pend(t, super::task::Wait::Drain(g));
        }
        match self.groups[g].hooks.pop() {
            Some(hook) => self.run_hook(t, g, hook),
            None if self.groups[g].together.is_some() => self.leave_together(t, g),
            None => self.leave_group(t, g),
        }
    }

    /// Gives a group a hook. One that comes after the group has been left is never run.
    pub(super) fn defer(&mut self, t: TaskIx, op: &'p Op) -> Step {
        let Op::Defer {
            group,
            id,
            error,
            body,
            ..
        } = op
        else {
            unreachable!("a hook");
        };
        let (id, error) = (*id, *error);
        let g = self.group_ids[group];
        self.groups[g].hooks.push(Hook { id, error, body });
        self.done(t, Note::Defer(id))
    }

    fn run_hook(&mut self, t: TaskIx, g: GroupIx, hook: Hook<'p>) -> Step {
        let Hook { id, error, body } = hook;
        let region = self.tree.shield(self.groups[g].region);
        let frame = Frame::Hook {
            id,
            region,
            group: g,
            error,
        };
        let step = self.tasks[t].push(frame, body);
        self.note(t, Note::Begin);
        step
    }

    /// FI3: a hook that fails or panics does not stop the others, and all failures are reported together.
    pub(super) fn hook_is_gone(&mut self, id: u32, g: GroupIx, error: Option<u32>, flow: Flow) {
        match flow {
            Flow::Done => {
                self.note_in(format!("h{id}"), Note::Ended);
                self.groups[g].hook_errors.extend(error);
            }
            Flow::Panicked(panic) => {
                self.groups[g].hook_panic.get_or_insert(panic);
            }
            Flow::Failed(_) | Flow::Cut => {
                unreachable!("a hook has nothing to fail with, and is shielded")
            }
        }
    }

    /// All are gone: the result of the group. Panics beat errors (TG6), errors beat a cancel (TG5, TG7).
    fn leave_group(&mut self, t: TaskIx, g: GroupIx) -> Step {
        self.tasks[t].frames.pop();
        let region = self.groups[g].region;
        let absorbs = self.tree.absorbs(region);
        self.leave_region(region);
        for error in sorted(&self.groups[g].hook_errors) {
            self.note_in(REPORTS.to_owned(), Note::HookFailed(error));
        }
        let group = &self.groups[g];
        let id = group.id;
        if let Some(panic) = group.panic.or(group.hook_panic) {
            return self.pass_on(t, g, Flow::Panicked(panic));
        }
        if !group.errors.is_empty() {
            return self.pass_on(t, g, Flow::Failed(sorted(&group.errors)));
        }
        if matches!(group.body, Some(Flow::Cut)) {
            return self.absorb(t, absorbs, |how| Note::Group(id, how));
        }
        // TG5: a timeout that killed the work never reports success.
        if group.cut_from_around && self.tree.reason_outside(region).is_some() {
            return Step::Leave(Flow::Cut);
        }
        self.done(t, Note::Group(id, How::Completed))
    }

    /// What a group has failed with is noted, and passes on unless it is caught.
    pub(super) fn pass_on(&mut self, t: TaskIx, g: GroupIx, flow: Flow) -> Step {
        let group = &self.groups[g];
        let note = match group.together {
            None => Note::Group(group.id, flow.how()),
            Some(_) => Note::Together(group.id, flow.how()),
        };
        self.note(t, note);
        if self.groups[g].catch {
            Step::Next
        } else {
            Step::Leave(flow)
        }
    }
}
