//! Blocking calls: closures on threads, which take their steps beside the task that waits for them.
//!
//! What is always true:
//! 1. A closure runs to its end, whatever is cancelled (TH2, TH3, RT1).
//! 2. A call begins at once: the default limiter (TH4) has more tokens than a program has calls.
//! 3. What a call waits for in async code is inside the regions of its caller; in a call that may be abandoned it is
//!    inside the root instead, and only the end of `run` cancels it (TH6).

use super::World;
use super::task::{Step, TaskIx, Wait};
use super::time::Timer;
use super::tree::RegionId;
use crate::program::{Op, Step as CallStep, When};
use crate::trace::Note;

pub(super) type CallIx = usize;

pub(super) struct Call<'p> {
    pub(super) id: u32,
    /// The caller's innermost region.
    region: RegionId,
    /// Whether it may be abandoned.
    pub(super) abandon: bool,
    /// Whether the caller has left.
    pub(super) abandoned: bool,
    steps: &'p [CallStep],
    phase: CallPhase,
}

enum CallPhase {
    /// Has not begun.
    Fresh,
    /// Sleeps until an instant; the step that does so is still the first of `steps`.
    Sleeping(u64),
    Ended,
}

impl Call<'_> {
    pub(super) fn ended(&self) -> bool {
        matches!(self.phase, CallPhase::Ended)
    }
}

impl<'p> World<'p> {
    pub(super) fn call(&mut self, t: TaskIx, op: &'p Op) -> Step {
        let Op::Blocking {
            id, abandon, body, ..
        } = op
        else {
            unreachable!("a blocking call");
        };
        self.calls.push(Call {
            id: *id,
            region: self.tasks[t].here(),
            abandon: *abandon,
            abandoned: false,
            steps: body,
            phase: CallPhase::Fresh,
        });
        self.operation(t, Wait::Call(self.calls.len() - 1))
    }

    pub(super) fn call_can_go_on(&self, c: CallIx) -> bool {
        match self.calls[c].phase {
            CallPhase::Fresh => true,
            CallPhase::Sleeping(until) => until <= self.clock.now() || self.is_cut(c),
            CallPhase::Ended => false,
        }
    }

    /// Whether what a call waits for is cancelled (TH6).
    fn is_cut(&self, c: CallIx) -> bool {
        let call = &self.calls[c];
        self.over || (!call.abandon && self.tree.cancelled(call.region))
    }

    /// What the call is told when it asks whether it is cancelled. A call that was abandoned was cancelled.
    fn is_cancelled(&self, c: CallIx) -> bool {
        self.calls[c].abandoned || self.tree.cancelled(self.calls[c].region)
    }

    /// Takes a call on to its next sleep, or to its end.
    pub(super) fn go_on_with_call(&mut self, c: CallIx) {
        match self.calls[c].phase {
            CallPhase::Fresh => self.note_call(c, Note::Begin),
            CallPhase::Sleeping(until) => self.end_sleep(c, until),
            CallPhase::Ended => unreachable!("it cannot go on"),
        }
        while let Some(step) = self.calls[c].steps.first() {
            match *step {
                CallStep::Check => self.note_call(c, Note::Check(self.is_cancelled(c))),
                // The sleep is the first wait of a cancelled future, and ends it.
                CallStep::Sleep { at, .. } if self.is_cut(c) => self.note_call(c, Note::Cut(at)),
                CallStep::Sleep { at, turns } => {
                    let until = self.clock.instant(When { at, turns });
                    self.clock.set(until, Timer::Wake);
                    self.calls[c].phase = CallPhase::Sleeping(until);
                    return;
                }
            }
            self.step_is_done(c);
        }
        self.note_call(c, Note::Ended);
        self.calls[c].phase = CallPhase::Ended;
    }

    fn end_sleep(&mut self, c: CallIx, until: u64) {
        let Some(CallStep::Sleep { at, .. }) = self.calls[c].steps.first().copied() else {
            unreachable!("a step that sleeps");
        };
        if until <= self.clock.now() {
            self.note_call(c, Note::Slept(at));
        } else {
            self.clock.clear(until);
            self.note_call(c, Note::Cut(at));
        }
        self.step_is_done(c);
    }

    fn step_is_done(&mut self, c: CallIx) {
        self.calls[c].steps = &self.calls[c].steps[1..];
    }

    fn note_call(&mut self, c: CallIx, note: Note) {
        self.note_in(format!("b{}", self.calls[c].id), note);
    }
}
