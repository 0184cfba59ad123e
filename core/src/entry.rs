//! The ways in: `run` starts a runtime and owns it, `attach` enters one that is running.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use anyrt_backend::{Backend, Launch, Running};
use futures_util::FutureExt;
use pin_project_lite::pin_project;

use crate::error::RunError;
use crate::group::Group;
use crate::group::hooks::Plain;
use crate::group::host::Host;
use crate::report::{Hook, Report};
use crate::runtime::{Registered, Rt, blocking_would_stop, of_backend};
use crate::scope::current;
use crate::shield::shield;
use crate::task::Place;
use crate::task_tree::TaskTree;
use crate::thread::caller::{is_worker, outside_of_workers};

/// Starts a runtime and runs a future on it, on the calling thread.
///
/// The future need be neither `Send` nor `'static`. When `run` returns, no task, hook or orphan of
/// this runtime is alive (RT1); closures that were abandoned go on on their threads.
///
/// # Errors
///
/// [`RunError`], where the thread is inside a runtime already, the runtime did not start, or a simulation can go no
/// further.
///
/// # Panics
///
/// Resumes a panic of the future, once everything below it has ended.
///
/// ```
/// let answer = anyrt::run(anyrt::Tokio::multi_thread().worker_threads(2), async { 42 })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn run<L, F>(launch: L, main: F) -> Result<F::Output, RunError>
where
    L: Launch + 'static,
    F: Future,
{
    Runner::new(launch).run(main)
}

/// A runtime that is about to be started, with its options.
///
/// ```
/// use anyrt::{Runner, Tokio};
///
/// let answer = Runner::new(Tokio::current_thread())
///     .on_report(|report| eprintln!("lost: {report}"))
///     .run(async { 42 })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[must_use = "a runner does nothing until it runs a future"]
pub struct Runner {
    launch: Box<dyn Launch>,
    hook: Option<Hook>,
}

impl Runner {
    /// A runtime with these options.
    pub fn new(launch: impl Launch + 'static) -> Self {
        Self {
            launch: Box::new(launch),
            hook: None,
        }
    }

    /// Tells this hook of what has no caller to be returned to, instead of the standard error.
    ///
    /// The hook is called from any thread of the runtime, with no lock held. The runtime's handle keeps it, so it should own
    /// no handle of a task or of the runtime itself: they would keep each other.
    pub fn on_report(mut self, hook: impl Fn(Report) + Send + Sync + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// As [`run`](crate::run) (RT1).
    ///
    /// # Errors
    ///
    /// As [`run`](crate::run).
    ///
    /// # Panics
    ///
    /// As [`run`](crate::run).
    #[track_caller]
    pub fn run<F: Future>(self, main: F) -> Result<F::Output, RunError> {
        let place = Place::caller();
        if current::is_entered() {
            return Err(RunError::InsideRuntime { runtime: "anyrt" });
        }
        // A thread of the blocking pool may block, though its runtime is current on it.
        if let Some(runtime) = blocking_would_stop().filter(|_| !is_worker()) {
            return Err(RunError::InsideRuntime { runtime });
        }
        let running = self.launch.launch().map_err(RunError::Launch)?;
        let rt = Rt::owned(running.backend(), self.hook);
        let owner = Owner {
            running: Some(running),
            registered: Registered::new(rt.clone()),
        };
        let root = Host::root(
            rt.clone(),
            place,
            move |_: &Arc<Group>, _: &mut Plain| main,
            Plain,
        );
        let output = Cell::new(None);
        let output = {
            // A panic is resumed here, not through the runtime's own code.
            let main = AssertUnwindSafe(InBudget { root }).catch_unwind();
            let mut main = pin!(async { output.set(Some(main.await)) });
            outside_of_workers(|| owner.block_on(main.as_mut()));
            // Told before anything is dropped.
            let tasks = || TaskTree::of(&rt);
            output.take().ok_or_else(tasks)
        };
        drop(owner);
        match output {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(payload)) => resume_unwind(payload),
            Err(tasks) => Err(RunError::Deadlock { tasks }),
        }
    }
}

/// A runtime that runs, stopped when this is dropped, also by a panic of the main future.
struct Owner {
    running: Option<Box<dyn Running>>,
    registered: Registered,
}

impl Owner {
    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        if let Some(running) = &self.running {
            running.block_on(main);
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A closure that was abandoned may never return: nobody waits for it.
        let has_jobs = self.registered.rt().jobs() > 0;
        match self.running.take() {
            Some(running) if has_jobs => running.abandon(),
            running => drop(running),
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("launch", &self.launch)
            .finish_non_exhaustive()
    }
}

/// Enters a runtime that is running: everything below `main` belongs to the returned future, which
/// is ready when all of it has ended.
///
/// It overrides what would be detected. Where foreign code drops it, its tasks are cancelled and end
/// by themselves on their runtime (SC13).
///
/// # Cancellation
///
/// A root of its own, in a shield: what is around it does not cancel it, and waits for it.
///
/// # Panics
///
/// Resumes a panic of `main`, once everything below it has ended.
///
/// ```
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// // inside any tokio runtime
/// let backend = anyrt::Tokio::current().expect("this is one");
/// let sum = anyrt::attach(backend, async {
///     anyrt::task_group(async |g| g.spawn(async { 1 + 1 }).await.unwrap()).await
/// })
/// .await;
/// assert_eq!(sum.ok(), Some(2));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn attach<F: Future>(
    backend: Arc<dyn Backend>,
    main: F,
) -> impl Future<Output = F::Output> + use<F> {
    let make = move |_: &Arc<Group>, _: &mut Plain| main;
    shield(InBudget {
        root: Host::attached(of_backend(backend), Place::caller(), make, Plain),
    })
}

pin_project! {
    /// A root, each poll of which has a budget as a task's has, unless a task is polling it (SC12).
    struct InBudget<H> {
        #[pin]
        root: H,
    }
}

impl<H: Future> Future for InBudget<H> {
    type Output = H::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<H::Output> {
        let _budget = current::budget_if_none();
        self.project().root.poll(cx)
    }
}
