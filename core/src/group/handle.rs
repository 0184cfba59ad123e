//! The groups that users see: handles that spawn, limit, cancel and defer.
//!
//! Longer than other files, since two types have the same interface and differ in what their children
//! return: one type cannot have both spawns.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use anyrt_backend::Task;

use super::Group;
use super::hooks::HookOutput;
use super::host::{Host, Residents, Shape, current_task};
use super::start::{Started, start};
use crate::error::{Cancelled, Errors, GroupError, SpawnError, StartError};
use crate::outcome::Exit;
use crate::scope::ScopeHandle;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Kind};
use crate::task::cell::Cell;
use crate::task::child::{Child, ToGroup};
use crate::task::{Member, Place, TaskCore, TaskHandle};

/// What a spawn was told about its task.
#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) daemon: bool,
    pub(crate) place: Place,
    /// Whether it takes no place of a limit.
    pub(crate) beyond_limit: bool,
}

impl Spec {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self {
            name: None,
            daemon: false,
            place: Place::caller(),
            beyond_limit: false,
        }
    }

    /// A task of the library's own.
    pub(crate) fn own(place: Place, daemon: bool) -> Self {
        Self {
            name: None,
            daemon,
            place,
            beyond_limit: true,
        }
    }

    /// The shared part of a task that the group has admitted.
    #[inline]
    pub(crate) fn core(self, group: &Arc<Group>) -> TaskCore {
        // A daemon takes no place: it would keep it for as long as the group lives.
        let limited = !self.daemon && !self.beyond_limit && group.is_limited();
        let mut core = TaskCore::new(group.clone(), self.place, self.daemon, limited);
        if self.name.is_some() || self.daemon {
            core.make_solid(self.name, &group.node);
        }
        core
    }
}

/// After a task is in the tree: a daemon that comes when only daemons are left is one too many.
#[inline]
pub(crate) fn stop_late_daemon(core: &TaskCore) {
    if core.daemon && core.group.ledger.daemons_are_stopped() {
        tree::cancel(&core.solidify(), Reason::here(Cause::Shutdown));
    }
}

/// The handle of a task that a closed group did not take.
fn refused<T>(group: &Arc<Group>, spec: Spec) -> TaskHandle<T> {
    TaskHandle::new(Arc::new(Cell::refused(group, spec)))
}

/// Spawns a task, or gives its future back if the group has closed.
pub(crate) fn spawn<F, S, T, E>(
    group: &Arc<Group>,
    spec: Spec,
    future: F,
    split: S,
) -> Result<TaskHandle<T>, F>
where
    F: Future + Send + 'static,
    F::Output: 'static,
    S: Fn(F::Output) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    if !group.ledger.admit(spec.daemon) {
        return Err(future);
    }
    let cell = Arc::new(Cell::new(spec.core(group)));
    stop_late_daemon(cell.core());
    let member: Arc<dyn Member> = cell.clone();
    let limited = cell.core().limited.then(|| member.clone());
    let child = Child::new(future, member, ToGroup::new(split, None));
    group.launch(Task::new(Box::pin(child)), limited);
    Ok(TaskHandle::new(cell))
}

/// Spawns a task of the library's own, beyond any limit.
#[track_caller]
pub(crate) fn spawn_own<F>(group: &Arc<Group>, future: F) -> Result<(), F>
where
    F: Future<Output = ()> + Send + 'static,
{
    if !group.ledger.admit(false) {
        return Err(future);
    }
    spawn_admitted(group, Spec::own(Place::caller(), false), future);
    Ok(())
}

/// As [`spawn_own`], for one that the group has counted in already.
pub(crate) fn spawn_admitted<F>(group: &Arc<Group>, spec: Spec, future: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let cell = Cell::<()>::new(spec.core(group));
    stop_late_daemon(cell.core());
    let member: Arc<dyn Member> = Arc::new(cell);
    let child = Child::new(future, member, ToGroup::new(infallible::<()>, None));
    group.launch(Task::new(Box::pin(child)), None);
}

pub(crate) fn infallible<T>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

pub(crate) fn fallible<T, E>(result: Result<T, E>) -> Result<T, E> {
    result
}

/// What every kind of group can do beside spawning and limiting.
macro_rules! group_controls {
    () => {
        /// Cancels the group: its body and its children. Says whether this call is the one that did.
        pub fn cancel(&self) -> bool {
            self.handle().cancel()
        }

        /// Cancels the group with a message for those who ask why.
        pub fn cancel_with(&self, message: impl Into<String>) -> bool {
            self.handle().cancel_with(message)
        }

        /// Whether this very group was cancelled, also by a child that failed.
        pub fn cancel_called(&self) -> bool {
            self.handle().cancel_called()
        }

        /// Why this very group was cancelled: the first cause.
        pub fn reason(&self) -> Option<Reason> {
            self.handle().reason()
        }

        /// A handle of the group's own scope.
        pub fn handle(&self) -> ScopeHandle {
            ScopeHandle::new(self.group.node.clone())
        }

        /// Whether the group has ended and takes no more children.
        pub fn is_closed(&self) -> bool {
            self.group.ledger.is_closed()
        }

        /// Runs this after every child has ended, last in first out, shielded (FI3).
        ///
        /// The hook is told how the group ended. It may return a result; a failure is kept and
        /// reported, and does not stop the others. It runs even where foreign code drops the group.
        ///
        /// ```
        /// # anyrt::run(anyrt::Tokio::current_thread(), async {
        /// anyrt::task_group(async |g| {
        ///     g.defer(async |exit| println!("all children are gone: {exit:?}"));
        ///     g.spawn(async { println!("a child") });
        /// })
        /// .await
        /// # })??;
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub fn defer<H, HF>(&self, hook: H)
        where
            H: FnOnce(Exit) -> HF + Send + 'static,
            HF: Future<Output: HookOutput> + Send + 'static,
        {
            self.group.defer(hook);
        }

        /// As [`defer`](Self::defer), for a hook that blocks: it runs on a thread that may.
        pub fn defer_blocking<H, HR>(&self, hook: H)
        where
            H: FnOnce(Exit) -> HR + Send + 'static,
            HR: HookOutput,
        {
            self.group.defer_blocking(hook);
        }
    };
}
pub(crate) use group_controls;

/// Shows a group by its place and how many of its tasks are alive.
macro_rules! group_debug {
    ([$($params:tt)*] $name:ty, $text:literal) => {
        impl<$($params)*> fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($text)
                    .field("place", &self.group.place)
                    .field("alive", &self.group.ledger.alive())
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use group_debug;

/// A group of children that cannot fail. See [`task_group`].
#[derive(Clone)]
pub struct TaskGroup {
    group: Arc<Group>,
}

group_debug!([] TaskGroup, "TaskGroup");

impl TaskGroup {
    pub(crate) fn inner(&self) -> &Arc<Group> {
        &self.group
    }

    /// Spawns a child. It never runs inside this call (TG3).
    ///
    /// A group that has closed drops the future; the handle is cancelled then.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.task().spawn(future)
    }

    /// As [`spawn`](Self::spawn), with the future given back by a group that has closed.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    #[track_caller]
    pub fn try_spawn<F>(&self, future: F) -> Result<TaskHandle<F::Output>, SpawnError<F>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.task().try_spawn(future)
    }

    /// Spawns a child and waits until it says that it has started. See [`Started`].
    ///
    /// Until then the child lives in the caller's region: cancelling the caller cancels it, cancelling
    /// the group does not. From then on it lives in the group (ST2).
    ///
    /// ```
    /// use anyrt::task_group;
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// task_group(async |g| {
    ///     let started = g.start(async |started| { started.set("port 80"); 7 }).await;
    ///     let (port, task) = started.expect("it calls `set`");
    ///     assert_eq!(port, "port 80");
    ///     assert_eq!(task.await.ok(), Some(7));
    /// })
    /// .await
    /// # })??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError`](crate::StartError), where the child ended before it had started.
    ///
    /// # Cancellation
    ///
    /// A cancelled `start` cancels the child, waits for it, and never completes.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the child before it had started.
    #[track_caller]
    pub fn start<V, M, F>(
        &self,
        make: M,
    ) -> impl Future<Output = Result<(V, TaskHandle<F::Output>), StartError>> + use<V, M, F>
    where
        V: Send + 'static,
        M: FnOnce(Started<V>) -> F,
        F: Future<Output: Send> + Send + 'static,
    {
        self.task().start(make)
    }

    /// A child with a name, or a daemon.
    #[track_caller]
    pub fn task(&self) -> TaskBuilder<'_, Self> {
        TaskBuilder::new(self)
    }

    /// At most this many children run at once; further ones wait in order and are not polled (TG11).
    ///
    /// Zero starts nobody until the limit is raised. Daemons do not count. Children that wait for
    /// their place when the group is cancelled end without being polled. Children that were spawned
    /// before the first limit was set are not counted.
    ///
    /// ```
    /// use anyrt::{run_in_threadpool, task_group};
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let count = task_group(async |g| {
    ///     g.limit(4);
    ///     let all: Vec<_> = (0..20).map(|n| g.spawn(run_in_threadpool(move || n * n))).collect();
    ///     all.len()
    /// });
    /// assert_eq!(count.await.ok(), Some(20));
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn limit(&self, children: usize) {
        self.group.set_limit(children);
    }

    group_controls!();
}

/// A group of children that return `Result<_, E>`. See [`try_task_group`].
pub struct TryTaskGroup<E> {
    group: Arc<Group>,
    error: PhantomData<fn() -> E>,
}

impl<E> Clone for TryTaskGroup<E> {
    fn clone(&self) -> Self {
        Self {
            group: self.group.clone(),
            error: PhantomData,
        }
    }
}

group_debug!([E] TryTaskGroup<E>, "TryTaskGroup");

impl<E: Send + 'static> TryTaskGroup<E> {
    /// Spawns a child. It never runs inside this call (TG3).
    ///
    /// An error of the child cancels the group, which returns it (TG4). A group that has closed drops
    /// the future; the handle is cancelled then.
    #[track_caller]
    pub fn spawn<F, T>(&self, future: F) -> TaskHandle<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        self.task().spawn(future)
    }

    /// As [`spawn`](Self::spawn), with the future given back by a group that has closed.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    #[track_caller]
    pub fn try_spawn<F, T>(&self, future: F) -> Result<TaskHandle<T>, SpawnError<F>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        self.task().try_spawn(future)
    }

    /// Spawns a child and waits until it says that it has started. See [`Started`].
    ///
    /// Until then the child lives in the caller's region: cancelling the caller cancels it, cancelling
    /// the group does not. From then on it lives in the group (ST2).
    ///
    /// ```
    /// use anyrt::{StartError, try_task_group};
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let outcome = try_task_group(async |g| {
    ///     let no_port = g.start(async |started| {
    ///         if false { started.set(80) }
    ///         Err::<(), _>("the port is taken")
    ///     });
    ///     // The error is the caller's, not the group's.
    ///     assert_eq!(no_port.await.err(), Some(StartError::Failed("the port is taken")));
    ///     Ok(())
    /// });
    /// assert!(outcome.await.is_ok());
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError`], where the child failed or ended before it had started. That error is not the
    /// group's (ST3).
    ///
    /// # Cancellation
    ///
    /// A cancelled `start` cancels the child, waits for it, and never completes.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the child before it had started.
    #[track_caller]
    pub fn start<V, M, F, T>(
        &self,
        make: M,
    ) -> impl Future<Output = Result<(V, TaskHandle<T>), StartError<E>>> + use<V, M, F, T, E>
    where
        V: Send + 'static,
        M: FnOnce(Started<V>) -> F,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        self.task().start(make)
    }

    /// A child with a name, or a daemon.
    #[track_caller]
    pub fn task(&self) -> TaskBuilder<'_, Self> {
        TaskBuilder::new(self)
    }

    /// At most this many children run at once; further ones wait in order and are not polled (TG11).
    ///
    /// Zero starts nobody until the limit is raised. Daemons do not count. Children that wait for
    /// their place when the group is cancelled end without being polled. Children that were spawned
    /// before the first limit was set are not counted.
    ///
    /// ```
    /// use anyrt::{run_in_threadpool, task_group};
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let count = task_group(async |g| {
    ///     g.limit(4);
    ///     let all: Vec<_> = (0..20).map(|n| g.spawn(run_in_threadpool(move || n * n))).collect();
    ///     all.len()
    /// });
    /// assert_eq!(count.await.ok(), Some(20));
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn limit(&self, children: usize) {
        self.group.set_limit(children);
    }

    group_controls!();
}

/// The options of a task that is about to be spawned.
#[must_use = "a builder does nothing until it spawns"]
pub struct TaskBuilder<'g, G> {
    pub(crate) group: &'g G,
    pub(crate) spec: Spec,
}

impl<'g, G> TaskBuilder<'g, G> {
    #[track_caller]
    pub(crate) fn new(group: &'g G) -> Self {
        Self {
            group,
            spec: Spec::new(),
        }
    }

    /// Names the task in the task tree, in reports and in reasons.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.spec.name = Some(name.into().into());
        self
    }

    /// Lets the group end without the task: it is cancelled when only daemons are left (TG10).
    pub fn daemon(mut self) -> Self {
        self.spec.daemon = true;
        self
    }
}

impl TaskBuilder<'_, TaskGroup> {
    /// As [`TaskGroup::spawn`].
    pub fn spawn<F>(self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let (group, spec) = (&self.group.group, self.spec);
        spawn(group, spec.clone(), future, infallible).unwrap_or_else(|_| refused(group, spec))
    }

    /// As [`TaskGroup::try_spawn`].
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    pub fn try_spawn<F>(self, future: F) -> Result<TaskHandle<F::Output>, SpawnError<F>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        spawn(&self.group.group, self.spec, future, infallible).map_err(SpawnError)
    }

    /// As [`TaskGroup::start`].
    ///
    /// # Errors
    ///
    /// As [`TaskGroup::start`].
    ///
    /// # Cancellation
    ///
    /// As [`TaskGroup::start`].
    ///
    /// # Panics
    ///
    /// As [`TaskGroup::start`].
    pub fn start<V, M, F>(
        self,
        make: M,
    ) -> impl Future<Output = Result<(V, TaskHandle<F::Output>), StartError>> + use<V, M, F>
    where
        V: Send + 'static,
        M: FnOnce(Started<V>) -> F,
        F: Future<Output: Send> + Send + 'static,
    {
        start(self.group.group.clone(), self.spec, make, infallible)
    }
}

impl<E: Send + 'static> TaskBuilder<'_, TryTaskGroup<E>> {
    /// As [`TryTaskGroup::spawn`].
    pub fn spawn<F, T>(self, future: F) -> TaskHandle<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        let (group, spec) = (&self.group.group, self.spec);
        spawn(group, spec.clone(), future, fallible).unwrap_or_else(|_| refused(group, spec))
    }

    /// As [`TryTaskGroup::try_spawn`].
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    pub fn try_spawn<F, T>(self, future: F) -> Result<TaskHandle<T>, SpawnError<F>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        spawn(&self.group.group, self.spec, future, fallible).map_err(SpawnError)
    }

    /// As [`TryTaskGroup::start`].
    ///
    /// # Errors
    ///
    /// As [`TryTaskGroup::start`].
    ///
    /// # Cancellation
    ///
    /// As [`TryTaskGroup::start`].
    ///
    /// # Panics
    ///
    /// As [`TryTaskGroup::start`].
    pub fn start<V, M, F, T>(
        self,
        make: M,
    ) -> impl Future<Output = Result<(V, TaskHandle<T>), StartError<E>>> + use<V, M, F, T, E>
    where
        V: Send + 'static,
        M: FnOnce(Started<V>) -> F,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        start(self.group.group.clone(), self.spec, make, fallible)
    }
}

impl<G: fmt::Debug> fmt::Debug for TaskBuilder<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskBuilder")
            .field("group", self.group)
            .field("name", &self.spec.name)
            .field("daemon", &self.spec.daemon)
            .finish_non_exhaustive()
    }
}

/// Runs a body with a group of children that cannot fail, and returns when all of them have ended.
///
/// The group comes by value and can be cloned into children and other threads. Children are polled by
/// the runtime, in parallel where it has several threads. Keeps the rules TG1 to TG13.
///
/// # Errors
///
/// [`Cancelled`] when the group itself was cancelled and the body cut short by it.
///
/// # Cancellation
///
/// When the group or a region around it is cancelled, the children are cancelled too, and the group
/// waits until each of them has ended. When it was a region around, this future never completes,
/// unless the body has its value and every child ended by itself (TG5).
///
/// # Panics
///
/// Resumes the first panic of a child or of the body, once every child has ended (TG6). Panics when
/// no runtime is to be found.
///
/// ```
/// use anyrt::task_group;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let sum = task_group(async |g| {
///     let a = g.spawn(async { 1 });
///     let b = g.spawn(async { 2 });
///     a.await.unwrap() + b.await.unwrap()
/// })
/// .await;
/// assert_eq!(sum.ok(), Some(3));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn task_group<M, F>(body: M) -> impl Future<Output = Result<F::Output, Cancelled>> + use<M, F>
where
    M: FnOnce(TaskGroup) -> F,
    F: Future,
{
    let make = move |group: &Arc<Group>, _: &mut Unfailing| {
        body(TaskGroup {
            group: group.clone(),
        })
    };
    Host::new(Kind::Group, Place::caller(), make, Unfailing)
}

/// Runs a body with a group of children that can fail, and returns when all of them have ended.
///
/// The first error, of a child or of the body, cancels the others. As [`task_group`] otherwise.
///
/// # Errors
///
/// [`GroupError`] holds every error in order of occurrence, or says that the group was cancelled.
///
/// # Cancellation
///
/// As [`task_group`]. A child's error met while the group unwinds is still returned (TG7).
///
/// # Panics
///
/// As [`task_group`].
///
/// ```
/// use anyrt::{sleep_forever, try_task_group};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let outcome = try_task_group(async |g| {
///     g.spawn(async { sleep_forever().await; Ok(()) });
///     g.spawn(async { Err::<(), _>("no more paper") });
///     Ok(())
/// })
/// .await;
/// assert_eq!(outcome.unwrap_err().into_errors(), ["no more paper"]);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn try_task_group<M, F, T, E>(
    body: M,
) -> impl Future<Output = Result<T, GroupError<E>>> + use<M, F, T, E>
where
    M: FnOnce(TryTaskGroup<E>) -> F,
    F: Future<Output = Result<T, E>>,
    E: Send + 'static,
{
    let make = move |group: &Arc<Group>, _: &mut Failing<E>| {
        body(TryTaskGroup {
            group: group.clone(),
            error: PhantomData,
        })
    };
    Host::new(Kind::Group, Place::caller(), make, Failing::new())
}

/// What `task_group` gives.
struct Unfailing;

impl Residents for Unfailing {}

impl<T> Shape<T> for Unfailing {
    type Value = T;
    type Output = Result<T, Cancelled>;

    fn body(&mut self, output: T, _: &Group) -> Option<T> {
        Some(output)
    }

    fn value(&mut self, value: T) -> Self::Output {
        Ok(value)
    }

    fn cancelled(&mut self, cancelled: Cancelled) -> Option<Self::Output> {
        Some(Err(cancelled))
    }
}

/// What `try_task_group` gives. It knows how to keep errors instead of asking that `E` lives for ever, for
/// the reason that [`Residents`] gives.
struct Failing<E> {
    keep: fn(&Group, E),
    take: fn(&Group) -> Vec<E>,
}

impl<E: Send + 'static> Failing<E> {
    fn new() -> Self {
        Self {
            keep: |group, error| group.fail(Box::new(error), &current_task(group)),
            take: |group| {
                let errors = group.take_errors().into_iter();
                // Only children and bodies of this error type fail this group.
                let errors = errors.filter_map(|error| error.downcast().ok());
                errors.map(|error| *error).collect()
            },
        }
    }
}

impl<E> Residents for Failing<E> {}

impl<T, E> Shape<Result<T, E>> for Failing<E> {
    type Value = T;
    type Output = Result<T, GroupError<E>>;

    fn body(&mut self, output: Result<T, E>, group: &Group) -> Option<T> {
        output.map_err(|error| (self.keep)(group, error)).ok()
    }

    fn value(&mut self, value: T) -> Self::Output {
        Ok(value)
    }

    fn settled(&mut self, group: &Group) -> Option<Self::Output> {
        Errors::new((self.take)(group)).map(|errors| Err(GroupError::Failed(errors)))
    }

    fn cancelled(&mut self, cancelled: Cancelled) -> Option<Self::Output> {
        Some(Err(GroupError::Cancelled(cancelled)))
    }
}
