//! Portals: calls into a runtime from threads and from other runtimes (TH10).
//!
//! A portal is a task group whose handle blocks. Whoever calls has a task in that group and waits for it on
//! its own thread, or, from another runtime, in its own task. A call belongs to its caller: what it panics
//! with goes to who waits for it, and neither ends the portal nor the other calls.
//!
//! # Always true
//!
//! 1. No thread of the portal's own runtime waits for a call: that is an error, since it might wait for
//!    itself.
//! 2. A panic is given to who waits, or, when nobody can ask any more, to the hook.
//! 3. A call that came before the stop is waited for; one that comes after it is refused.

pub(crate) mod call_async;
mod fate;
pub(crate) mod owner;
pub(crate) mod provider;
pub(crate) mod task;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use self::call_async::CallAsync;
use self::fate::{Caught, Fate};
use self::task::PortalTask;
use crate::error::{Cancelled, StartError};
use crate::group::Group;
use crate::group::handle::{Spec, TaskGroup, infallible, spawn};
use crate::group::start::{Started, start};
use crate::loom::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use crate::runtime::Rt;

/// Calls into a task group, from any thread.
///
/// [`BlockingPortal`](crate::BlockingPortal) is one with a runtime and a thread of its own;
/// [`Portal::of`] lets threads call into a group that is open. Clones call into the same group.
///
/// Blocking calls are for threads that may block: threads of one's own, and closures of blocking calls. From
/// the tasks of another runtime, [`call_async`](Portal::call_async) waits without blocking. Keeps TH10.
///
/// ```
/// use anyrt::{Portal, sleep, task_group};
/// use std::{thread, time::Duration};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// task_group(async |g| {
///     let portal = Portal::of(&g);
///     let asked = g.clone();
///     thread::spawn(move || {
///         let answer = portal.call(async {
///             sleep(Duration::from_millis(1)).await;
///             42
///         });
///         assert_eq!(answer.unwrap(), 42);
///         asked.cancel();
///     });
///     anyrt::sleep_forever().await;
/// })
/// .await
/// .unwrap_err();
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[derive(Clone)]
pub struct Portal {
    group: Arc<Group>,
    /// Whether its owner takes no more calls.
    stopped: Arc<AtomicBool>,
}

impl Portal {
    /// A portal into a group, as long as that is open.
    pub fn of(group: &TaskGroup) -> Self {
        Self::into_group(group.inner().clone())
    }

    pub(crate) fn into_group(group: Arc<Group>) -> Self {
        Self {
            group,
            stopped: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Runs a future in the portal and waits for its value on this thread.
    ///
    /// # Errors
    ///
    /// [`PortalError`]: the portal has stopped, the call was cancelled, or this is a thread of the portal's own
    /// runtime, which must not wait.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the future.
    #[track_caller]
    pub fn call<F>(&self, future: F) -> Result<F::Output, PortalError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.may_block()?;
        self.task().spawn(future)?.wait()
    }

    /// Starts a future in the portal. The task that comes back is waited for or cancelled from threads.
    ///
    /// It does not block, and may be called from anywhere.
    ///
    /// # Errors
    ///
    /// [`PortalError::Stopped`].
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Result<PortalTask<F::Output>, PortalError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.task().spawn(future)
    }

    /// Options for one task, as its name.
    #[track_caller]
    pub fn task(&self) -> PortalTaskBuilder {
        PortalTaskBuilder {
            portal: self.clone(),
            spec: Spec::new(),
        }
    }

    /// Starts a task in the portal and waits on this thread until it says that it has started. See
    /// [`Started`].
    ///
    /// # Errors
    ///
    /// [`PortalError`]; [`PortalError::NotStarted`] if the task ended without saying so.
    ///
    /// # Panics
    ///
    /// Resumes a panic that comes before the start.
    ///
    /// ```
    /// use anyrt::{BlockingPortal, Tokio, sleep_forever};
    ///
    /// let portal = BlockingPortal::start(Tokio::multi_thread().worker_threads(1))?;
    /// let (port, server) = portal
    ///     .start_task(async |started| {
    ///         started.set(8080);
    ///         sleep_forever().await
    ///     })
    ///     .unwrap();
    /// assert_eq!(port, 8080);
    /// server.cancel();
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    #[track_caller]
    pub fn start_task<V, M, F>(&self, make: M) -> Result<(V, PortalTask<F::Output>), PortalError>
    where
        V: Send + 'static,
        M: FnOnce(Started<V>) -> F + Send + 'static,
        F: Future<Output: Send> + Send + 'static,
    {
        let (group, spec) = (self.group.clone(), Spec::new());
        let child = spec.clone();
        let fate = Fate::new(self.group.clone());
        let inside = fate.clone();
        let make = move |started| Caught::new(make(started), inside);
        // The child lives in this call until it has started: a stop that cancels reaches it.
        let starting = async move { start(group, child, make, infallible).await };
        self.may_block()?;
        // It waits for a place, and so takes none itself.
        let waiting = self.start(Spec::own(spec.place, false), starting)?;
        match waiting.wait()? {
            Ok((value, handle)) => Ok((value, PortalTask::new(handle, fate, self.clone()))),
            Err(StartError::Closed) => Err(PortalError::Stopped),
            Err(StartError::NotStarted) => {
                fate.resume();
                Err(PortalError::NotStarted)
            }
            Err(StartError::Failed(never)) => match never {},
        }
    }

    /// Runs a future in the portal and waits for its value in a task of another runtime, or of the same.
    ///
    /// # Cancellation
    ///
    /// A cancel of the caller cancels the call and waits until that has unwound; a value that comes all the
    /// same is returned, and the cancel lands at the next wait. With
    /// [`abandon_on_cancel`](CallAsync::abandon_on_cancel) the caller leaves at once, and the call unwinds by
    /// itself. In a cancelled region the future never runs.
    ///
    /// # Errors
    ///
    /// [`PortalError::Stopped`], or [`PortalError::Cancelled`] where the call was cancelled and its caller was
    /// not.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the future.
    ///
    /// ```
    /// use anyrt::{BlockingPortal, Tokio};
    ///
    /// let other = BlockingPortal::start(Tokio::multi_thread().worker_threads(1))?;
    /// let name = anyrt::run(anyrt::Tokio::current_thread(), async {
    ///     let runtime = async { anyrt::Runtime::current().unwrap().backend_name() };
    ///     other.call_async(runtime).await.unwrap()
    /// })?;
    /// assert_eq!(name, "tokio");
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    #[track_caller]
    pub fn call_async<F>(&self, future: F) -> CallAsync<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        CallAsync::new(self.clone(), Spec::new(), future)
    }

    pub(super) fn rt(&self) -> &Arc<Rt> {
        &self.group.rt
    }

    /// Refuses to block a thread of the portal's own runtime (invariant 1).
    pub(super) fn may_block(&self) -> Result<(), PortalError> {
        if self.rt().is_current() {
            return Err(PortalError::InsideRuntime);
        }
        Ok(())
    }

    /// Takes no more calls.
    pub(crate) fn close(&self) {
        self.stopped.store(true, Release);
    }

    fn start<F>(&self, spec: Spec, future: F) -> Result<PortalTask<F::Output>, PortalError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        if self.stopped.load(Acquire) {
            return Err(PortalError::Stopped);
        }
        let fate = Fate::new(self.group.clone());
        let caught = Caught::new(future, fate.clone());
        match spawn(&self.group, spec, caught, infallible) {
            Ok(handle) => Ok(PortalTask::new(handle, fate, self.clone())),
            Err(_) => Err(PortalError::Stopped),
        }
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("place", &self.group.place)
            .field("stopped", &self.stopped.load(Acquire))
            .finish_non_exhaustive()
    }
}

/// Options for one task of a [`Portal`].
#[derive(Clone)]
#[must_use = "nothing is started until `spawn` is called"]
pub struct PortalTaskBuilder {
    portal: Portal,
    spec: Spec,
}

impl PortalTaskBuilder {
    /// Gives the task a name, for the task tree, for reasons and for reports (RT5).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.spec.name = Some(name.into().into());
        self
    }

    /// As [`Portal::spawn`].
    ///
    /// # Errors
    ///
    /// [`PortalError::Stopped`].
    pub fn spawn<F>(self, future: F) -> Result<PortalTask<F::Output>, PortalError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.portal.start(self.spec, future)
    }
}

impl fmt::Debug for PortalTaskBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalTaskBuilder")
            .field("portal", &self.portal)
            .field("name", &self.spec.name)
            .finish_non_exhaustive()
    }
}

/// Why a call through a portal has no value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PortalError {
    /// The portal has stopped, or its group has closed.
    Stopped,
    /// This is a thread of the portal's own runtime: to block it might be to wait for oneself. Await instead,
    /// or use [`Portal::call_async`].
    InsideRuntime,
    /// The task ended without saying that it had started.
    NotStarted,
    /// The task was cancelled: by its handle, or because the portal stopped.
    Cancelled(Cancelled),
    /// The value was taken before.
    Taken,
}

impl fmt::Display for PortalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortalError::Stopped => f.write_str("the portal has stopped"),
            PortalError::InsideRuntime => f.write_str(
                "this thread runs tasks of the portal's own runtime and must not wait for one of them; \
                 await the future, or use `call_async`",
            ),
            PortalError::NotStarted => f.write_str("the task ended before it had started"),
            PortalError::Cancelled(cancelled) => write!(f, "the task ended early: {cancelled}"),
            PortalError::Taken => f.write_str("the task's value was taken before"),
        }
    }
}

impl Error for PortalError {}
