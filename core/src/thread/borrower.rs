//! Who has a token of a limiter, or a lock.

use std::fmt;
use std::sync::Arc;

use crate::scope::current;
use crate::task::{Place, TaskInfo};

/// Who has a token of a [`CapacityLimiter`](crate::CapacityLimiter), or a [`Lock`](crate::sync::Lock).
#[derive(Clone, Debug)]
pub struct Borrower {
    key: Option<Arc<str>>,
    task: Option<TaskInfo>,
    place: Place,
}

impl Borrower {
    pub(crate) fn new(place: Place) -> Self {
        Self::made_by(None, place)
    }

    pub(crate) fn made_by(task: Option<TaskInfo>, place: Place) -> Self {
        Self {
            key: None,
            task,
            place,
        }
    }

    /// In the name of the task that runs now.
    pub(crate) fn here(mut self) -> Self {
        self.task = self.task.or_else(current::task_info);
        self
    }

    pub(super) fn on_behalf_of(mut self, key: Arc<str>) -> Self {
        self.key = Some(key);
        self
    }

    /// The key it was taken for, if one was given.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The task that took it, if it was one of ours.
    pub fn task(&self) -> Option<&TaskInfo> {
        self.task.as_ref()
    }

    /// The line that took it: that of the blocking call, of the acquire, or of the `lock`.
    pub fn place(&self) -> Place {
        self.place
    }
}

impl fmt::Display for Borrower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "{key:?} ")?;
        }
        if let Some(task) = &self.task {
            write!(f, "task {task} ")?;
        }
        write!(f, "at {}", self.place)
    }
}
