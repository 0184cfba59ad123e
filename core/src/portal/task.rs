//! A portal's task, as threads see it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::fate::{Fate, Given};
use super::{Portal, PortalError};
use crate::error::TaskError;
use crate::scope::current;
use crate::task::{TaskHandle, TaskId, TaskStatus};
use crate::thread::park::block_until;

/// A task that was started through a [`Portal`]: threads wait for it or cancel it.
///
/// Dropping it leaves the task alone. A panic of the task goes to who waits; where this is dropped first, to
/// the hook.
///
/// ```
/// use anyrt::{BlockingPortal, Tokio, sleep_forever};
/// use std::time::Duration;
///
/// let portal = BlockingPortal::start(Tokio::multi_thread().worker_threads(1))?;
/// let mut task = portal.spawn(sleep_forever()).unwrap();
/// assert!(task.wait_timeout(Duration::from_millis(1)).is_none());
/// task.cancel();
/// assert!(task.wait().is_err());
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub struct PortalTask<T> {
    handle: TaskHandle<Given<T>>,
    fate: Arc<Fate>,
    portal: Portal,
}

/// How a task ended.
pub(super) type Ended<T> = Result<Given<T>, TaskError>;

impl<T> PortalTask<T> {
    pub(super) fn new(handle: TaskHandle<Given<T>>, fate: Arc<Fate>, portal: Portal) -> Self {
        Self {
            handle,
            fate,
            portal,
        }
    }

    /// Waits on this thread for the task's value.
    ///
    /// # Errors
    ///
    /// [`PortalError::Cancelled`], or [`PortalError::InsideRuntime`] on a thread of the portal's own runtime.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the task.
    pub fn wait(mut self) -> Result<T, PortalError> {
        match self.wait_until(None) {
            Some(result) => result,
            None => unreachable!("without a deadline the wait has an end"),
        }
    }

    /// Waits on this thread for the task's value, but no longer than this. `None` if that was not enough: the
    /// task goes on. A value is given once.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<T, PortalError>> {
        // A time that cannot be told is never.
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&mut self, deadline: Option<Instant>) -> Option<Result<T, PortalError>> {
        if let Err(error) = self.portal.may_block() {
            return Some(Err(error));
        }
        // Not in the region of async code that blocks itself here: that one's cancel or budget would end the
        // wait for ever.
        let handle = Pin::new(&mut self.handle);
        let ended = current::outside(|| block_until(handle, deadline))?;
        Some(self.result(ended))
    }

    /// Polls for the task's end, as one more wait of the code that polls this.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended<T>> {
        Pin::new(&mut self.handle).poll(cx)
    }

    /// What whoever waits is given.
    pub(super) fn result(&self, ended: Ended<T>) -> Result<T, PortalError> {
        self.fate.resume();
        match ended.map(Given::take) {
            Ok(Some(value)) => Ok(value),
            Err(TaskError::Cancelled(cancelled)) => Err(PortalError::Cancelled(cancelled)),
            Ok(None) | Err(TaskError::Taken) => Err(PortalError::Taken),
            Err(TaskError::Failed | TaskError::Panicked) => {
                unreachable!("a task of a portal neither fails nor unwinds")
            }
        }
    }

    /// Cancels the task. Says whether this call is the one that did. It does not wait.
    pub fn cancel(&self) -> bool {
        self.handle.cancel()
    }

    /// How the task is doing.
    pub fn status(&self) -> TaskStatus {
        match self.handle.status() {
            TaskStatus::Completed | TaskStatus::Cancelled if self.fate.has_panicked() => {
                TaskStatus::Panicked
            }
            status => status,
        }
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// The task's name: the one that was given, else the file and line of the spawn.
    pub fn name(&self) -> String {
        self.handle.name()
    }

    /// The task's id.
    pub fn id(&self) -> TaskId {
        self.handle.id()
    }
}

impl<T> fmt::Debug for PortalTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalTask")
            .field("name", &self.name())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
