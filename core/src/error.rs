//! The errors of scopes, groups, tasks and entry: one small type per cause.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Deref;

use crate::scope::reason::Reason;
use crate::task_tree::TaskTree;

/// A region was cancelled, and this is where the cancel stopped.
#[derive(Clone, Debug)]
pub struct Cancelled {
    reason: Reason,
}

impl Cancelled {
    pub(crate) fn new(reason: Reason) -> Self {
        Self { reason }
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl Error for Cancelled {}

/// A deadline passed. Never a kind of [`Cancelled`] (DL2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline passed")
    }
}

impl Error for TimedOut {}

impl From<TimedOut> for io::Error {
    fn from(timed_out: TimedOut) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, timed_out)
    }
}

/// Why awaiting a task gave no value (HA1).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// The task was cancelled.
    Cancelled(Cancelled),
    /// The task failed; its error is in its group.
    Failed,
    /// The task panicked; its panic is resumed by its group.
    Panicked,
    /// The value was taken before.
    Taken,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Cancelled(cancelled) => write!(f, "the task ended early: {cancelled}"),
            TaskError::Failed => f.write_str("the task failed; its group has the error"),
            TaskError::Panicked => f.write_str("the task panicked; its group resumes the panic"),
            TaskError::Taken => f.write_str("the task's value was taken before"),
        }
    }
}

impl Error for TaskError {}

/// A group had closed; here is the future that it did not take.
pub struct SpawnError<F>(pub(crate) F);

impl<F> SpawnError<F> {
    /// The future, never polled.
    pub fn into_future(self) -> F {
        self.0
    }
}

impl<F> fmt::Debug for SpawnError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpawnError").finish_non_exhaustive()
    }
}

impl<F> fmt::Display for SpawnError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the group had closed")
    }
}

impl<F> Error for SpawnError<F> {}

/// Why `start` has no value (ST3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError<E = Infallible> {
    /// The task ended without calling `set`.
    NotStarted,
    /// The group had closed.
    Closed,
    /// The task failed before it called `set`.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for StartError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::NotStarted => f.write_str("the task ended before it had started"),
            StartError::Closed => f.write_str("the group had closed"),
            StartError::Failed(error) => {
                write!(f, "the task failed before it had started: {error}")
            }
        }
    }
}

impl<E: Error + 'static> Error for StartError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            StartError::Failed(error) => Some(error),
            StartError::NotStarted | StartError::Closed => None,
        }
    }
}

/// Why a group of children that can fail has no value (TG5).
#[derive(Clone, Debug)]
pub enum GroupError<E> {
    /// The group was cancelled, its body was cut short, and nothing failed.
    Cancelled(Cancelled),
    /// Children or the body failed.
    Failed(Errors<E>),
}

impl<E> GroupError<E> {
    /// The errors in order of occurrence; none if the group was cancelled.
    pub fn errors(&self) -> &[E] {
        match self {
            GroupError::Cancelled(_) => &[],
            GroupError::Failed(errors) => errors,
        }
    }

    /// The errors in order of occurrence; none if the group was cancelled.
    pub fn into_errors(self) -> Vec<E> {
        match self {
            GroupError::Cancelled(_) => Vec::new(),
            GroupError::Failed(errors) => errors.into_vec(),
        }
    }

    /// The error, where there is exactly one.
    ///
    /// # Errors
    ///
    /// The whole, where there are several or the group was cancelled.
    pub fn into_single(self) -> Result<E, Self> {
        match self {
            GroupError::Failed(mut errors) if errors.len() == 1 => Ok(errors.all.remove(0)),
            other => Err(other),
        }
    }

    /// Whether the group was cancelled and nothing failed.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, GroupError::Cancelled(_))
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupError::Cancelled(cancelled) => cancelled.fmt(f),
            GroupError::Failed(errors) => errors.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for GroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            GroupError::Cancelled(cancelled) => Some(cancelled),
            GroupError::Failed(errors) => Some(errors.first()),
        }
    }
}

/// One or more errors, in order of occurrence.
#[derive(Clone, Debug)]
pub struct Errors<E> {
    all: Vec<E>,
}

impl<E> Errors<E> {
    /// `None` where there is no error.
    pub(crate) fn new(all: Vec<E>) -> Option<Self> {
        (!all.is_empty()).then_some(Self { all })
    }

    /// The first that occurred, which cancelled the others.
    pub fn first(&self) -> &E {
        &self.all[0]
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<E> {
        self.all
    }
}

impl<E> Deref for Errors<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        &self.all
    }
}

impl<E> IntoIterator for Errors<E> {
    type Item = E;
    type IntoIter = std::vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

impl<'a, E> IntoIterator for &'a Errors<E> {
    type Item = &'a E;
    type IntoIter = std::slice::Iter<'a, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

/// Prints a single error plainly, and several below a head, with numbers.
pub(crate) fn list<E: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    head: fmt::Arguments<'_>,
    errors: &[E],
) -> fmt::Result {
    if let [only] = errors {
        return only.fmt(f);
    }
    f.write_fmt(head)?;
    for (number, error) in errors.iter().enumerate() {
        write!(f, "; {}: {error}", number + 1)?;
    }
    Ok(())
}

impl<E: fmt::Display> fmt::Display for Errors<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = format_args!("{} errors", self.all.len());
        list(f, head, &self.all)
    }
}

impl<E: Error + 'static> Error for Errors<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.first())
    }
}

/// There is no runtime here that anyrt could use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRuntime;

/// The backends that this program was built with.
pub(crate) const COMPILED: &[&str] = &[
    #[cfg(feature = "tokio")]
    "tokio",
    #[cfg(feature = "smol")]
    "smol",
    #[cfg(feature = "async-std")]
    "async-std",
];

impl fmt::Display for NoRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no runtime was found here: this thread is not inside `anyrt::run`, ")?;
        match COMPILED {
            [] => f.write_str(
                "and no backend is compiled in; turn on a feature of `anyrt` (tokio, smol, \
                 async-std) in the application and start it with `anyrt::run` or `#[anyrt::main]`",
            ),
            compiled => write!(
                f,
                "nor inside a runtime of a compiled backend ({}); start the application with \
                 `anyrt::run` or `#[anyrt::main]`, or wrap the call in `anyrt::attach(runtime, ..)`",
                compiled.join(", "),
            ),
        }
    }
}

impl Error for NoRuntime {}

/// The runtime has ended: nothing runs on it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeEnded;

impl fmt::Display for RuntimeEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the runtime has ended")
    }
}

impl Error for RuntimeEnded {}

/// The key has a token of this limiter already, or waits for one: it would wait for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyBorrowed;

impl fmt::Display for AlreadyBorrowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the key has a token of this limiter already, or waits for one; give that back first, or \
             use another key",
        )
    }
}

impl Error for AlreadyBorrowed {}

/// Why `run` did not run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// This thread is inside a runtime: blocking it would stop the tasks that it runs.
    #[non_exhaustive]
    InsideRuntime {
        /// The runtime, `"anyrt"` where it is one that `run` started.
        runtime: &'static str,
    },
    /// The runtime did not start.
    Launch(io::Error),
    /// The runtime knows that its tasks wait for each other for ever: a simulation does, others go on waiting.
    #[non_exhaustive]
    Deadlock {
        /// What they wait in.
        tasks: TaskTree,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::InsideRuntime { runtime } => write!(
                f,
                "`anyrt::run` was called inside a runtime ({runtime}), whose thread it would block; \
                 await the future, use `anyrt::attach`, or call `run` on a thread of its own"
            ),
            RunError::Launch(error) => write!(f, "the runtime did not start: {error}"),
            RunError::Deadlock { tasks } => {
                write!(
                    f,
                    "a deadlock: every task waits, and nothing is left to wake one\n{tasks}"
                )
            }
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            RunError::InsideRuntime { .. } | RunError::Deadlock { .. } => None,
            RunError::Launch(error) => Some(error),
        }
    }
}
