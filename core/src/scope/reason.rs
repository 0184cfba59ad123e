//! Why a region was cancelled.

use std::fmt;
use std::sync::Arc;

use super::current;
use crate::task::TaskInfo;

/// What made somebody cancel a region.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Somebody called `cancel`, or `cancel_with` and gave a message.
    Explicit(Option<String>),
    /// A deadline passed.
    Deadline,
    /// A child of the group, or its body, failed or panicked.
    SiblingFailed,
    /// The owner of the region is going away: only daemons are left, foreign code dropped the group
    /// that owns the task, or the runtime stopped.
    Shutdown,
    /// The task was spawned into a group that had closed.
    GroupClosed,
    /// What the work was for is done without it: another future was first, or no more results are taken.
    NotNeeded,
}

/// Why a region was cancelled, and by which task: the first cause is the one that is kept (SC8).
#[derive(Clone, Debug)]
pub struct Reason {
    cause: Cause,
    by: Option<Arc<str>>,
}

impl Reason {
    /// A reason that names the current task as the one that cancels.
    pub(crate) fn here(cause: Cause) -> Self {
        Self {
            cause,
            by: current::task_info().map(|task| task.name_arc()),
        }
    }

    /// A reason that names this task as the one that cancels.
    pub(crate) fn by_task(cause: Cause, task: &TaskInfo) -> Self {
        Self {
            cause,
            by: Some(task.name_arc()),
        }
    }

    /// What made somebody cancel the region.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The name of the task that cancelled, if a task did.
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Explicit(None) => f.write_str("cancelled")?,
            Cause::Explicit(Some(message)) => write!(f, "cancelled: {message}")?,
            Cause::Deadline => f.write_str("the deadline passed")?,
            Cause::SiblingFailed => f.write_str("a sibling failed")?,
            Cause::Shutdown => f.write_str("shut down")?,
            Cause::GroupClosed => f.write_str("the group had closed")?,
            Cause::NotNeeded => f.write_str("not needed any more")?,
        }
        match &self.by {
            Some(by) => write!(f, " (by {by})"),
            None => Ok(()),
        }
    }
}
