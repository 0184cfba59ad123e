//! What has no caller to be returned to: reports, and who is told.

use std::any::Any;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use crate::outcome::quietly;
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::tree::Node;
use crate::task::{Place, TaskInfo};
use crate::thread::caller;

/// Something that happened and that no caller can be given any more.
///
/// Told to the hook of the [`Runner`](crate::Runner), which prints it to the standard error unless
/// another is set; with the feature `tracing` also a `tracing` event.
#[derive(Debug)]
#[non_exhaustive]
pub enum Report {
    /// A task panicked. Told at once; its group resumes the first panic (TG6).
    #[non_exhaustive]
    Panicked {
        /// The task.
        task: TaskInfo,
        /// What the panic said.
        message: String,
    },
    /// A closure panicked whose caller had left: it was abandoned, or dropped by foreign code, or sent with
    /// [`run_soon`](crate::Runtime::run_soon).
    #[non_exhaustive]
    ClosurePanicked {
        /// Where the call was made.
        place: Place,
        /// What the panic said.
        message: String,
    },
    /// Foreign code dropped or forgot a region that was at work; what was inside is adopted (SC13).
    #[non_exhaustive]
    Escaped {
        /// What kind of region.
        region: &'static str,
        /// Where it was made.
        place: Place,
    },
    /// Foreign code dropped a `finally` whose cleanup had not ended (SC13).
    #[non_exhaustive]
    FinalizerLost {
        /// Where it was made.
        place: Place,
    },
    /// A task failed whose group is gone, or whose group resumes a panic instead.
    #[non_exhaustive]
    OrphanFailed {
        /// The task, if it is known.
        task: Option<TaskInfo>,
        /// Its error, as the group would have returned it.
        error: Box<dyn Any + Send>,
    },
    /// Hooks failed or panicked, or came too late to be run (FI3).
    #[non_exhaustive]
    HooksFailed {
        /// Where their group or exit stack was made.
        place: Place,
        /// What each of them said, in the order in which they ran.
        failures: Vec<String>,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Report::Panicked { task, message } => write!(f, "task {task} panicked: {message}"),
            Report::ClosurePanicked { place, message } => write!(
                f,
                "the closure of {place} panicked after its caller had left: {message}"
            ),
            Report::Escaped { region, place } => write!(
                f,
                "the {region} of {place} was dropped while at work; what it left is waited for by \
                 the nearest group"
            ),
            Report::FinalizerLost { place } => write!(
                f,
                "the `finally` of {place} was dropped by foreign code before its cleanup had ended"
            ),
            Report::OrphanFailed {
                task: Some(task), ..
            } => write!(f, "task {task} failed with nobody left to be told"),
            Report::OrphanFailed { task: None, .. } => {
                f.write_str("a task failed with nobody left to be told")
            }
            Report::HooksFailed { place, failures } => write!(
                f,
                "{} of the hooks of {place} failed: {}",
                failures.len(),
                failures.join("; ")
            ),
        }
    }
}

/// Who is told.
pub(crate) type Hook = Box<dyn Fn(Report) + Send + Sync>;

/// Tells the hook, or the standard error. A panic of the hook ends there.
pub(crate) fn tell(hook: Option<&Hook>, report: Report) {
    #[cfg(feature = "tracing")]
    quietly(|| tracing::warn!(target: "anyrt", "{report}"));
    match hook {
        Some(hook) => quietly(|| hook(report)),
        // A standard error that is closed is no reason to fail.
        // The report may hold an error whose destructor panics.
        None => quietly(move || drop(writeln!(io::stderr(), "anyrt: {report}"))),
    }
}

/// Reports from a region that may be on no runtime at all.
pub(crate) fn report_from(node: Option<&Arc<Node>>, report: Report) {
    let rt: Option<Arc<Rt>> = node
        .and_then(current::runtime_of)
        .or_else(current::runtime)
        .or_else(caller::runtime);
    match rt {
        Some(rt) => rt.report(report),
        None => tell(None, report),
    }
}
