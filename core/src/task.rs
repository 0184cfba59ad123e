//! Tasks: who they are, and the handle that waits for one.

pub(crate) mod cell;
pub(crate) mod child;
mod waiters;

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use self::cell::{Cell, Outcome};
pub(crate) use self::cell::{Member, TaskCore};
use crate::checkpoint::{Gate, spend_budget};
use crate::error::TaskError;
use crate::scope::current;

/// A line of the program: where a task was spawned or a region made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place(&'static Location<'static>);

impl Place {
    #[inline]
    #[track_caller]
    pub(crate) const fn caller() -> Self {
        Self(Location::caller())
    }

    /// Another one for each line.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self.0) as usize
    }

    /// The source file.
    pub fn file(&self) -> &'static str {
        self.0.file()
    }

    /// The line, counted from one.
    pub fn line(&self) -> u32 {
        self.0.line()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file(), self.line())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tells a task from every other of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

impl TaskId {
    pub(crate) const MAIN: Self = Self(0);

    /// An id that no task has yet.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Relaxed))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }

    pub(crate) fn from_number(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Who a task is.
#[derive(Clone)]
pub struct TaskInfo {
    id: TaskId,
    name: Option<Arc<str>>,
    place: Place,
}

impl TaskInfo {
    pub(crate) fn new(id: TaskId, name: Option<Arc<str>>, place: Place) -> Self {
        Self { id, name, place }
    }

    /// The main future of `run` or `attach`.
    pub(crate) fn main(place: Place) -> Self {
        Self::new(TaskId::MAIN, None, place)
    }

    /// The task's id. The main future of each `run` has the same one.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The name that was given, else the file and line of the spawn (RT5).
    pub fn name(&self) -> String {
        match self.given_name() {
            Some(name) => name.to_owned(),
            None => self.place.to_string(),
        }
    }

    pub(crate) fn name_arc(&self) -> Arc<str> {
        self.name.clone().unwrap_or_else(|| self.name().into())
    }

    /// The name that was given; that of the main future is the same everywhere, and costs nothing.
    fn given_name(&self) -> Option<&str> {
        let main = (self.id == TaskId::MAIN).then_some("main");
        self.name.as_deref().or(main)
    }

    /// Where it was spawned.
    pub fn place(&self) -> Place {
        self.place
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskInfo")
            .field("id", &self.id)
            .field("name", &self.given_name())
            .field("place", &self.place)
            .finish()
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.given_name() {
            Some(name) => write!(f, "{name:?}"),
            None => write!(f, "{}", self.place),
        }
    }
}

/// How a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskStatus {
    /// It has not ended.
    Running,
    /// It returned a value.
    Completed,
    /// It was cancelled.
    Cancelled,
    /// It returned an error, which its group has.
    Failed,
    /// It panicked, and its group resumes the panic.
    Panicked,
}

/// What the handle of every kind of task can do beside waiting.
macro_rules! task_controls {
    () => {
        /// Cancels this task alone. Says whether this call is the one that did.
        pub fn cancel(&self) -> bool {
            self.cell.cancel()
        }

        /// How the task is doing.
        pub fn status(&self) -> TaskStatus {
            self.cell.status()
        }

        /// Whether the task has ended.
        pub fn is_finished(&self) -> bool {
            self.status() != TaskStatus::Running
        }

        /// The task's name: the one that was given, else the file and line of the spawn.
        pub fn name(&self) -> String {
            self.cell.core().info().name()
        }

        /// The task's id.
        pub fn id(&self) -> TaskId {
            self.cell.core().info().id()
        }
    };
}
pub(crate) use task_controls;

/// A task that was spawned: a future of its value, and a way to cancel that task alone.
///
/// Dropping it does nothing: the group owns the task (HA2). A wait that is dropped does not cancel
/// the task either (HA3).
///
/// # Cancellation
///
/// Awaiting a handle is an operation: in an effectively cancelled region it never completes. A body
/// that awaits a child which fails may see [`TaskError::Failed`] or be cut by its group's own cancel
/// first.
///
/// # Errors
///
/// [`TaskError`] says why there is no value.
///
/// ```
/// use anyrt::{TaskStatus, task_group};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// task_group(async |g| {
///     let task = g.task().name("adder").spawn(async { 1 + 1 });
///     assert_eq!(task.wait().await, TaskStatus::Completed);
///     assert_eq!(task.name(), "adder");
///     assert_eq!(task.await.ok(), Some(2));
/// })
/// .await
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TaskHandle<T> {
    cell: Arc<Cell<T>>,
    waiter: Waiter,
}

/// One that waits for a task's end.
#[derive(Debug)]
pub(crate) struct Waiter {
    gate: Gate,
    key: Option<usize>,
}

impl Waiter {
    pub(crate) const fn new() -> Self {
        Self {
            gate: Gate::new(),
            key: None,
        }
    }

    /// Ready once the task has ended.
    pub(crate) fn poll<T>(&mut self, cell: &Cell<T>, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.gate.pass());
        if !cell.wait(&mut self.key, cx) {
            self.gate.waited();
            return Poll::Pending;
        }
        // A task that a cancel ended, awaited in a region that is cancelled too: the waiter's own
        // cancellation comes first (HA3).
        if cell.status() == TaskStatus::Cancelled && current::is_cancelled() {
            return Poll::Pending;
        }
        spend_budget(cx)
    }

    pub(crate) fn leave<T>(&mut self, cell: &Cell<T>) {
        cell.forget(&mut self.key);
    }
}

impl<T> TaskHandle<T> {
    pub(crate) fn new(cell: Arc<Cell<T>>) -> Self {
        Self {
            cell,
            waiter: Waiter::new(),
        }
    }

    pub(crate) fn cell(&self) -> &Arc<Cell<T>> {
        &self.cell
    }

    /// Waits for the task's end, without taking its value (HA1).
    ///
    /// # Cancellation
    ///
    /// As awaiting the handle; dropping it leaves the task alone (HA3).
    pub fn wait(&self) -> Wait<'_, T> {
        Wait::new(&self.cell)
    }

    task_controls!();
}

impl<T> Future for TaskHandle<T> {
    type Output = Result<T, TaskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        ready!(this.waiter.poll(&this.cell, cx));
        Poll::Ready(match this.cell.take() {
            Outcome::Value(value) => Ok(value),
            Outcome::Error(error) => Err(error),
        })
    }
}

impl<T> Drop for TaskHandle<T> {
    fn drop(&mut self) {
        self.waiter.leave(&self.cell);
    }
}

impl<T> fmt::Debug for TaskHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("name", &self.name())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// The future of [`TaskHandle::wait`].
#[must_use = "futures do nothing unless polled"]
pub struct Wait<'a, T> {
    cell: &'a Cell<T>,
    waiter: Waiter,
}

impl<'a, T> Wait<'a, T> {
    pub(crate) fn new(cell: &'a Cell<T>) -> Self {
        Self {
            cell,
            waiter: Waiter::new(),
        }
    }
}

impl<T> Future for Wait<'_, T> {
    type Output = TaskStatus;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TaskStatus> {
        let this = self.get_mut();
        ready!(this.waiter.poll(this.cell, cx));
        Poll::Ready(this.cell.status())
    }
}

impl<T> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        self.waiter.leave(self.cell);
    }
}

impl<T> fmt::Debug for Wait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}
