//! What is noted of how things end.

use std::any::Any;

use anyrt::{Cancelled, Exit, GroupError, TaskStatus};

use super::{Failure, Outcome, ProgramPanic, World};
use crate::trace::{Cause, How, Joined, Note};

/// Notes the begin of a task, and its end, also where its future is dropped.
pub(super) struct End {
    world: World,
    track: String,
    how: How,
}

impl End {
    pub(super) fn begin(world: &World, task: u32) -> Self {
        let track = format!("t{task}");
        world.note(&track, Note::Begin);
        Self {
            world: world.clone(),
            track,
            how: How::Cancelled(None),
        }
    }

    /// The task ends by itself.
    pub(super) fn set(&mut self, ended: &Result<Outcome, Box<dyn Any + Send>>) {
        self.how = match ended {
            Ok(Ok(())) => How::Completed,
            Ok(Err(Failure(errors))) => How::Failed(errors.clone()),
            Err(payload) => panicked(payload),
        };
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let how = std::mem::replace(&mut self.how, How::Completed);
        self.world.note(&self.track, Note::End(how));
    }
}

pub(super) fn panicked(payload: &Box<dyn Any + Send>) -> How {
    How::Panicked(payload.downcast_ref().map(|ProgramPanic(panic)| *panic))
}

pub(super) fn cancelled(cancelled: &Cancelled) -> How {
    How::Cancelled(Some(cause(cancelled.reason())))
}

pub(super) fn cause(reason: &anyrt::Reason) -> Cause {
    match reason.cause() {
        anyrt::Cause::Explicit(_) => Cause::Explicit,
        anyrt::Cause::Deadline => Cause::Deadline,
        anyrt::Cause::SiblingFailed => Cause::Sibling,
        anyrt::Cause::GroupClosed => Cause::Closed,
        anyrt::Cause::NotNeeded => Cause::NotNeeded,
        anyrt::Cause::Shutdown => Cause::Shutdown,
        other => unreachable!("a cause that programs do not know: {other:?}"),
    }
}

/// What a cleanup is told.
pub(super) fn exit(exit: &Exit) -> How {
    match exit {
        Exit::Cancelled(reason) => How::Cancelled(Some(cause(reason))),
        Exit::Panicked => How::Panicked(None),
        Exit::Completed => How::Completed,
        other => unreachable!("an end that programs do not know: {other:?}"),
    }
}

/// What a plain group has come to.
pub(super) fn plain(ended: Result<(), Cancelled>) -> (How, Outcome) {
    match ended {
        Ok(()) => (How::Completed, Ok(())),
        Err(error) => (cancelled(&error), Ok(())),
    }
}

/// What a failing group has come to.
pub(super) fn failing(ended: Result<(), GroupError<Failure>>) -> (How, Outcome) {
    match ended {
        Ok(()) => (How::Completed, Ok(())),
        Err(GroupError::Cancelled(error)) => (cancelled(&error), Ok(())),
        Err(error) => failed(error.into_errors()),
    }
}

pub(super) fn failed(errors: impl IntoIterator<Item = Failure>) -> (How, Outcome) {
    let mut errors: Vec<_> = errors.into_iter().flat_map(|failure| failure.0).collect();
    errors.sort_unstable();
    (How::Failed(errors.clone()), Err(Failure(errors)))
}

pub(super) fn joined(status: TaskStatus) -> Joined {
    match status {
        TaskStatus::Completed => Joined::Completed,
        TaskStatus::Failed => Joined::Failed,
        TaskStatus::Cancelled => Joined::Cancelled,
        TaskStatus::Panicked => Joined::Panicked,
        other => unreachable!("a task that has ended is {other:?}"),
    }
}
