//! Leaving: how the end of a block travels outward, frame by frame.
//!
//! A value stops at the next frame, whose block goes on. Errors and panics pass all frames but groups and cleanups. A
//! cut passes until the region that absorbs is met (SC5).
//!
//! What is always true:
//! 1. A cut that has passed a frame is inside an effectively cancelled region. So it never passes a shield, a cleanup or
//!    a hook, whose region sees nothing outside.

use super::World;
use super::task::{Flow, Frame, Step, TaskIx};
use super::tree::RegionId;
use crate::program::{Block, Grace};
use crate::trace::{Cause, How, Note};

impl<'p> World<'p> {
    /// What was above this frame is gone, and so the frame was taken off.
    pub(super) fn leave(&mut self, t: TaskIx, frame: Frame<'p>, flow: Flow) -> Step {
        match frame {
            Frame::Block { .. } => Step::Leave(flow),
            Frame::Scope { id, region } => {
                self.leave_scope(t, region, flow, |how| Note::Scope(id, how))
            }
            Frame::Restore { id, region } => {
                self.leave_scope(t, region, flow, |how| Note::Restore(id, how))
            }
            Frame::Hold(of) => self.release(t, of, flow),
            Frame::Reserve(stream, item) => self.commit(t, stream, item, flow),
            Frame::Listen(broadcast, listener, left) => match flow {
                Flow::Done => self.listen_on(t, broadcast, listener, left),
                flow => self.stop_listening(broadcast, listener, flow),
            },
            Frame::Make(wish) => self.has_made(t, wish, flow),
            Frame::Take(group, left) => match flow {
                Flow::Done => self.take_on(t, group, left),
                flow => Step::Leave(flow),
            },
            Frame::Watch(lock, body) => self.first_is_gone(t, lock, body, flow),
            // SH2: leaving is not a checkpoint. SH3: at the end of the grace period it absorbs.
            Frame::Shield { id, region } => {
                self.leave_scope(t, region, flow, |how| Note::Shield(id, how))
            }
            Frame::Finally { id, grace, cleanup } => self.clean_up(t, id, grace, cleanup, flow),
            Frame::Cleanup { id, region, body } => self.cleaned_up(t, id, region, body, flow),
            Frame::Group(group, region) => {
                self.tasks[t].frames.push(Frame::Group(group, region));
                self.body_is_gone(group, flow);
                self.host(t, group)
            }
            Frame::Hook {
                region,
                id,
                group,
                error,
            } => {
                self.leave_region(region);
                self.hook_is_gone(id, group, error, flow);
                self.host(t, group)
            }
        }
    }

    fn leave_scope(
        &mut self,
        t: TaskIx,
        region: RegionId,
        flow: Flow,
        note: impl Fn(How) -> Note,
    ) -> Step {
        let absorbs = self.tree.absorbs(region);
        self.leave_region(region);
        match flow {
            // SC3, SC6: the value beats a cancel.
            Flow::Done => self.done(t, note(How::Completed)),
            Flow::Cut => self.absorb(t, absorbs, note),
            Flow::Failed(_) | Flow::Panicked(_) => Step::Leave(flow),
        }
    }

    /// SC5: the outermost cancelled region absorbs, and its caller goes on; any other is passed.
    pub(super) fn absorb(
        &mut self,
        t: TaskIx,
        cause: Option<Cause>,
        note: impl Fn(How) -> Note,
    ) -> Step {
        match cause {
            Some(cause) => self.done(t, note(How::Cancelled(Some(cause)))),
            None => Step::Leave(Flow::Cut),
        }
    }

    /// FI1: the body is gone, whatever the way; the cleanup runs shielded, and the grace period bounds it.
    fn clean_up(
        &mut self,
        t: TaskIx,
        id: u32,
        grace: Option<Grace>,
        cleanup: &'p Block,
        body: Flow,
    ) -> Step {
        let here = self.tasks[t].here();
        let exit = match body {
            Flow::Done | Flow::Failed(_) => How::Completed,
            Flow::Panicked(_) => How::Panicked(None),
            Flow::Cut => How::Cancelled(self.tree.reason(here)),
        };
        self.note(t, Note::Cleanup(id, exit));
        let region = self.tree.shield(here);
        if let Some(grace) = grace {
            self.set_deadline(region, self.clock.now() + self.clock.length(grace));
        }
        self.tasks[t].push(Frame::Cleanup { id, region, body }, cleanup)
    }

    /// After a cleanup the body's end goes on outward, unless the cleanup has panicked and the body has not (FI1).
    fn cleaned_up(
        &mut self,
        t: TaskIx,
        id: u32,
        region: RegionId,
        body: Flow,
        cleanup: Flow,
    ) -> Step {
        self.leave_region(region);
        if matches!(cleanup, Flow::Done) {
            self.note(t, Note::Cleaned(id));
        }
        match (body, cleanup) {
            (Flow::Panicked(first), _) => Step::Leave(Flow::Panicked(first)),
            (_, Flow::Panicked(panic)) => Step::Leave(Flow::Panicked(panic)),
            (Flow::Done, _) => Step::Next,
            (body, _) => Step::Leave(body),
        }
    }
}
