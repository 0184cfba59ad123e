//! Local groups: children that borrow from the caller and need not be `Send` (TG12).
//!
//! They live in the host's own future and are polled by it, concurrently within one task, each woken
//! through its own waker. All else is as in other groups: a child is the same `Child`, counted by the
//! same ledger, with the same seat in the tree.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::Group;
use super::handle::{
    Spec, TaskBuilder, fallible, group_controls, group_debug, infallible, stop_late_daemon,
};
use super::hooks::HookOutput;
use super::host::{Host, Shape, current_task};
use super::limit::Limit;
use super::start::{Begun, StartRun, Started};
use crate::error::{Cancelled, Errors, GroupError, SpawnError, StartError, TaskError};
use crate::loom::Mutex;
use crate::outcome::Exit;
use crate::report::Report;
use crate::scope::ScopeHandle;
use crate::scope::reason::Reason;
use crate::scope::tree::Kind;
use crate::task::cell::{Cell, Outcome};
use crate::task::child::{Child, Deliver, take_back};
use crate::task::{Member, Place, TaskCore, TaskId, TaskInfo, TaskStatus, Waiter};

type LocalTask<'env> = Pin<Box<dyn Future<Output = ()> + 'env>>;

/// What the hook gets for an error of a local group that nobody can be given: the error may borrow.
const LOCAL_ERROR: &str = "an error of a local group";

/// The children that the host has not taken in yet.
struct Nest<'env> {
    arrivals: RefCell<Vec<(LocalTask<'env>, bool)>>,
    limit: RefCell<Limit<LocalTask<'env>>>,
}

impl<'env> Nest<'env> {
    fn new() -> Rc<Self> {
        Rc::new(Self {
            arrivals: RefCell::default(),
            limit: RefCell::default(),
        })
    }

    /// Takes a child in, or lists it until it may run.
    fn add(&self, group: &Group, child: LocalChild<'env>) {
        let LocalChild { task, limited } = child;
        let is_limited = limited.is_some();
        let task = match limited {
            Some(member) => self.limit.borrow_mut().admit(member, task),
            None => Some(task),
        };
        let task = task.map(|task| (task, is_limited));
        self.arrivals.borrow_mut().extend(task);
        group.node.wake();
    }
}

/// A child that was just spawned, and who it is if it takes a place of the group.
struct LocalChild<'env> {
    task: LocalTask<'env>,
    limited: Option<Arc<dyn Member>>,
}

/// The children in the host: the part that all local groups share.
struct Brood<'env> {
    group: Option<Arc<Group>>,
    nest: Rc<Nest<'env>>,
    running: FuturesUnordered<Counted<'env>>,
}

/// A running child, and whether it has a place to give back.
struct Counted<'env> {
    task: LocalTask<'env>,
    limited: bool,
}

impl Future for Counted<'_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        ready!(self.task.as_mut().poll(cx));
        Poll::Ready(self.limited)
    }
}

impl<'env> Brood<'env> {
    fn new() -> Self {
        Self {
            group: None,
            nest: Nest::new(),
            running: FuturesUnordered::new(),
        }
    }

    fn open(&mut self, group: &Arc<Group>) -> Rc<Nest<'env>> {
        self.group = Some(group.clone());
        self.nest.clone()
    }

    /// Takes in what was spawned, and who now has a place.
    fn take_in(&mut self) {
        for (task, limited) in self.nest.arrivals.take() {
            self.running.push(Counted { task, limited });
        }
        if self.group.as_ref().is_some_and(|group| group.take_stale()) {
            // A child that is dropped unpolled ends as cancelled.
            let cancelled = self.nest.limit.borrow_mut().take_cancelled();
            for waiting in cancelled {
                drop(waiting.into_task());
                self.nest.limit.borrow_mut().give_back();
            }
        }
        let next = || self.nest.limit.borrow_mut().next();
        while let Some(waiting) = next() {
            self.running.push(Counted {
                task: waiting.into_task(),
                limited: true,
            });
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        loop {
            self.take_in();
            match self.running.poll_next_unpin(cx) {
                Poll::Ready(Some(true)) => self.nest.limit.borrow_mut().give_back(),
                Poll::Ready(Some(false)) => {}
                Poll::Ready(None) | Poll::Pending => {
                    if self.nest.arrivals.borrow().is_empty() {
                        return;
                    }
                }
            }
        }
    }

    fn clear(&mut self) {
        loop {
            // Dropping a child may spawn another one.
            let arrivals = self.nest.arrivals.take();
            let waiting = self.nest.limit.take();
            let running = mem::take(&mut self.running);
            if arrivals.is_empty() && !waiting.is_waited_for() && running.is_empty() {
                return;
            }
        }
    }
}

/// Delivery to handles and groups of the same thread.
struct ToLocal<O, T, E> {
    split: fn(O) -> Result<T, E>,
    value: Rc<RefCell<Option<T>>>,
    error: Option<E>,
    errors: Rc<RefCell<Vec<E>>>,
    start: Option<Arc<Mutex<Option<E>>>>,
}

impl<O, T, E> Deliver<O> for ToLocal<O, T, E> {
    fn accept(&mut self, output: O, member: &Arc<dyn Member>) -> bool {
        match (self.split)(output) {
            Ok(value) => {
                if Rc::strong_count(&self.value) > 1 {
                    *self.value.borrow_mut() = Some(value);
                } else {
                    // Nobody can ask any more.
                    drop(value);
                }
                member.end(TaskStatus::Completed, None);
                true
            }
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }

    fn fail_group(&mut self, group: &Group, task: &TaskInfo) {
        let error = take_back(&mut self.error, &self.start);
        self.errors.borrow_mut().extend(error);
        group.failed_elsewhere(task);
    }

    fn fail_nobody(&mut self, group: &Group, task: &TaskInfo) {
        if take_back(&mut self.error, &self.start).is_some() {
            group.lose_error(Box::new(LOCAL_ERROR), task);
        }
    }

    fn fail_start(&mut self) {
        if let Some(start) = &self.start {
            *start.lock() = self.error.take();
        }
    }
}

/// What a local group's handles share.
struct Local<'env, E> {
    nest: Rc<Nest<'env>>,
    errors: Rc<RefCell<Vec<E>>>,
}

impl<E> Clone for Local<'_, E> {
    fn clone(&self) -> Self {
        Self {
            nest: self.nest.clone(),
            errors: self.errors.clone(),
        }
    }
}

impl<'env, E: 'env> Local<'env, E> {
    /// A child's future and its handle.
    fn child<F, T>(
        &self,
        core: TaskCore,
        future: F,
        split: fn(F::Output) -> Result<T, E>,
        start: Option<Arc<Mutex<Option<E>>>>,
        limited: bool,
    ) -> (LocalChild<'env>, LocalTaskHandle<T>)
    where
        F: Future + 'env,
        T: 'env,
    {
        let cell = Arc::new(Cell::<()>::new(core));
        let value = Rc::new(RefCell::new(None));
        let deliver = ToLocal {
            split,
            value: value.clone(),
            error: None,
            errors: self.errors.clone(),
            start,
        };
        let member: Arc<dyn Member> = cell.clone();
        let handle = LocalTaskHandle {
            cell,
            value,
            waiter: Waiter::new(),
        };
        let child = LocalChild {
            limited: limited.then(|| member.clone()),
            task: Box::pin(Child::new(future, member, deliver)),
        };
        (child, handle)
    }

    fn spawn<F, T>(
        &self,
        group: &Arc<Group>,
        spec: Spec,
        future: F,
        split: fn(F::Output) -> Result<T, E>,
    ) -> Result<LocalTaskHandle<T>, F>
    where
        F: Future + 'env,
        T: 'env,
    {
        if !group.ledger.admit(spec.daemon) {
            return Err(future);
        }
        let limited = self.is_limited(&spec);
        let core = spec.core(group);
        stop_late_daemon(&core);
        let (child, handle) = self.child(core, future, split, None, limited);
        self.nest.add(group, child);
        Ok(handle)
    }

    fn is_limited(&self, spec: &Spec) -> bool {
        !spec.daemon && self.nest.limit.borrow().is_set()
    }

    fn start<V, M, F, T>(
        &self,
        group: &Arc<Group>,
        spec: Spec,
        make: M,
        split: fn(F::Output) -> Result<T, E>,
    ) -> impl Future<Output = Result<(V, LocalTaskHandle<T>), StartError<E>>> + use<'env, V, M, F, T, E>
    where
        V: 'env,
        M: FnOnce(Started<V>) -> F,
        F: Future + 'env,
        T: 'env,
    {
        let local = self.clone();
        let limited = self.is_limited(&spec);
        let begin = move |core: TaskCore, started, error| {
            stop_late_daemon(&core);
            let group = core.group.clone();
            let (child, handle) = local.child(core, make(started), split, Some(error), limited);
            local.nest.add(&group, child);
            Begun {
                handle,
                task: None,
                limited: None,
            }
        };
        StartRun::new(group.clone(), spec, begin, |_| Box::new(LOCAL_ERROR))
    }
}

/// The handle of a task that a closed group did not take.
fn refused<T>(group: &Arc<Group>, spec: Spec) -> LocalTaskHandle<T> {
    LocalTaskHandle {
        cell: Arc::new(Cell::refused(group, spec)),
        value: Rc::default(),
        waiter: Waiter::new(),
    }
}

/// A task of a local group: as [`TaskHandle`](crate::TaskHandle), on the group's own thread.
///
/// # Cancellation
///
/// As [`TaskHandle`](crate::TaskHandle).
///
/// # Errors
///
/// [`TaskError`] says why there is no value.
pub struct LocalTaskHandle<T> {
    cell: Arc<Cell<()>>,
    value: Rc<RefCell<Option<T>>>,
    waiter: Waiter,
}

impl<T> LocalTaskHandle<T> {
    /// Waits for the task's end, without taking its value.
    ///
    /// # Cancellation
    ///
    /// As awaiting the handle; dropping it leaves the task alone.
    pub fn wait(&self) -> crate::task::Wait<'_, ()> {
        crate::task::Wait::new(&self.cell)
    }

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
}

impl<T> Future for LocalTaskHandle<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        ready!(this.waiter.poll(&this.cell, cx));
        let value = this.value.borrow_mut().take();
        Poll::Ready(match (value, this.cell.take()) {
            (Some(value), _) => Ok(value),
            (None, Outcome::Error(error)) => Err(error),
            (None, Outcome::Value(())) => Err(TaskError::Taken),
        })
    }
}

impl<T> Drop for LocalTaskHandle<T> {
    fn drop(&mut self) {
        self.waiter.leave(&self.cell);
    }
}

impl<T> fmt::Debug for LocalTaskHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTaskHandle")
            .field("name", &self.name())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// A local group of children that cannot fail. See [`local_task_group`].
#[derive(Clone)]
pub struct LocalTaskGroup<'env> {
    group: Arc<Group>,
    local: Local<'env, Infallible>,
}

group_debug!(['env] LocalTaskGroup<'env>, "LocalTaskGroup");

/// A local group of children that return `Result<_, E>`. See [`try_local_task_group`].
pub struct TryLocalTaskGroup<'env, E> {
    group: Arc<Group>,
    local: Local<'env, E>,
}

impl<E> Clone for TryLocalTaskGroup<'_, E> {
    fn clone(&self) -> Self {
        Self {
            group: self.group.clone(),
            local: self.local.clone(),
        }
    }
}

group_debug!(['env, E] TryLocalTaskGroup<'env, E>, "TryLocalTaskGroup");

/// The limit and the builder, which both local groups have.
macro_rules! local_controls {
    () => {
        /// A child with a name, or a daemon.
        #[track_caller]
        pub fn task(&self) -> TaskBuilder<'_, Self> {
            TaskBuilder::new(self)
        }

        /// At most this many children run at once; further ones wait in order and are not polled
        /// (TG11). As [`TaskGroup::limit`](crate::TaskGroup::limit).
        pub fn limit(&self, children: usize) {
            self.local.nest.limit.borrow_mut().set(children);
            self.group.node.wake();
        }

        group_controls!();
    };
}

impl<'env> LocalTaskGroup<'env> {
    /// Spawns a child. It never runs inside this call (TG3).
    ///
    /// A group that has closed drops the future; the handle is cancelled then.
    #[track_caller]
    pub fn spawn<F: Future + 'env>(&self, future: F) -> LocalTaskHandle<F::Output> {
        self.task().spawn(future)
    }

    /// As [`spawn`](Self::spawn), with the future given back by a group that has closed.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    #[track_caller]
    pub fn try_spawn<F: Future + 'env>(
        &self,
        future: F,
    ) -> Result<LocalTaskHandle<F::Output>, SpawnError<F>> {
        self.task().try_spawn(future)
    }

    /// As [`TaskGroup::start`](crate::TaskGroup::start).
    ///
    /// # Errors
    ///
    /// [`StartError`], where the child ended before it had started.
    ///
    /// # Cancellation
    ///
    /// A cancelled `start` cancels the child, waits for it, and never completes.
    #[track_caller]
    pub fn start<V, M, F>(
        &self,
        make: M,
    ) -> impl Future<Output = Result<(V, LocalTaskHandle<F::Output>), StartError>> + use<'env, V, M, F>
    where
        V: 'env,
        M: FnOnce(Started<V>) -> F,
        F: Future + 'env,
    {
        self.task().start(make)
    }

    local_controls!();
}

impl<'env> TaskBuilder<'_, LocalTaskGroup<'env>> {
    /// As [`LocalTaskGroup::spawn`].
    pub fn spawn<F: Future + 'env>(self, future: F) -> LocalTaskHandle<F::Output> {
        let (group, spec) = (&self.group.group, self.spec);
        let spawned = self
            .group
            .local
            .spawn(group, spec.clone(), future, infallible);
        spawned.unwrap_or_else(|_| refused(group, spec))
    }

    /// As [`LocalTaskGroup::try_spawn`].
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    pub fn try_spawn<F: Future + 'env>(
        self,
        future: F,
    ) -> Result<LocalTaskHandle<F::Output>, SpawnError<F>> {
        let local = &self.group.local;
        let spawned = local.spawn(&self.group.group, self.spec, future, infallible);
        spawned.map_err(SpawnError)
    }

    /// As [`LocalTaskGroup::start`].
    ///
    /// # Errors
    ///
    /// As [`LocalTaskGroup::start`].
    ///
    /// # Cancellation
    ///
    /// As [`LocalTaskGroup::start`].
    pub fn start<V, M, F>(
        self,
        make: M,
    ) -> impl Future<Output = Result<(V, LocalTaskHandle<F::Output>), StartError>> + use<'env, V, M, F>
    where
        V: 'env,
        M: FnOnce(Started<V>) -> F,
        F: Future + 'env,
    {
        let local = &self.group.local;
        local.start(&self.group.group, self.spec, make, infallible)
    }
}

impl<'env, E: 'env> TryLocalTaskGroup<'env, E> {
    /// Spawns a child. It never runs inside this call (TG3).
    ///
    /// An error of the child cancels the group, which returns it (TG4). A group that has closed drops
    /// the future; the handle is cancelled then.
    #[track_caller]
    pub fn spawn<F, T>(&self, future: F) -> LocalTaskHandle<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        self.task().spawn(future)
    }

    /// As [`spawn`](Self::spawn), with the future given back by a group that has closed.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    #[track_caller]
    pub fn try_spawn<F, T>(&self, future: F) -> Result<LocalTaskHandle<T>, SpawnError<F>>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        self.task().try_spawn(future)
    }

    /// As [`TryTaskGroup::start`](crate::TryTaskGroup::start).
    ///
    /// # Errors
    ///
    /// [`StartError`], where the child failed or ended before it had started.
    ///
    /// # Cancellation
    ///
    /// A cancelled `start` cancels the child, waits for it, and never completes.
    #[track_caller]
    pub fn start<V, M, F, T>(
        &self,
        make: M,
    ) -> impl Future<Output = Result<(V, LocalTaskHandle<T>), StartError<E>>> + use<'env, V, M, F, T, E>
    where
        V: 'env,
        M: FnOnce(Started<V>) -> F,
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        self.task().start(make)
    }

    local_controls!();
}

impl<'env, E: 'env> TaskBuilder<'_, TryLocalTaskGroup<'env, E>> {
    /// As [`TryLocalTaskGroup::spawn`].
    pub fn spawn<F, T>(self, future: F) -> LocalTaskHandle<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let (group, spec) = (&self.group.group, self.spec);
        let spawned = self
            .group
            .local
            .spawn(group, spec.clone(), future, fallible);
        spawned.unwrap_or_else(|_| refused(group, spec))
    }

    /// As [`TryLocalTaskGroup::try_spawn`].
    ///
    /// # Errors
    ///
    /// [`SpawnError`] holds the future, never polled.
    pub fn try_spawn<F, T>(self, future: F) -> Result<LocalTaskHandle<T>, SpawnError<F>>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let local = &self.group.local;
        let spawned = local.spawn(&self.group.group, self.spec, future, fallible);
        spawned.map_err(SpawnError)
    }

    /// As [`TryLocalTaskGroup::start`].
    ///
    /// # Errors
    ///
    /// As [`TryLocalTaskGroup::start`].
    ///
    /// # Cancellation
    ///
    /// As [`TryLocalTaskGroup::start`].
    pub fn start<V, M, F, T>(
        self,
        make: M,
    ) -> impl Future<Output = Result<(V, LocalTaskHandle<T>), StartError<E>>> + use<'env, V, M, F, T, E>
    where
        V: 'env,
        M: FnOnce(Started<V>) -> F,
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let local = &self.group.local;
        local.start(&self.group.group, self.spec, make, fallible)
    }
}

/// As [`task_group`](crate::task_group), with children that may borrow from the caller and need not be
/// `Send`.
///
/// They run concurrently within the caller's own task, on any backend (TG12).
///
/// # Errors
///
/// As [`task_group`](crate::task_group).
///
/// # Cancellation
///
/// As [`task_group`](crate::task_group). Where foreign code drops this future, its children go with
/// it, since they borrow.
///
/// # Panics
///
/// As [`task_group`](crate::task_group).
///
/// ```
/// use anyrt::local_task_group;
/// use std::cell::Cell;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let sum = Cell::new(0);
/// local_task_group(async |g| {
///     for number in [1, 2, 3] {
///         let sum = &sum;
///         g.spawn(async move { sum.set(sum.get() + number) });
///     }
/// })
/// .await?;
/// assert_eq!(sum.get(), 6);
/// # Ok::<(), anyrt::Cancelled>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn local_task_group<'env, M, F>(
    body: M,
) -> impl Future<Output = Result<F::Output, Cancelled>> + use<'env, M, F>
where
    M: FnOnce(LocalTaskGroup<'env>) -> F,
    F: Future,
{
    let make = move |group: &Arc<Group>, shape: &mut Unfailing<'env>| {
        body(LocalTaskGroup {
            group: group.clone(),
            local: shape.0.open(group),
        })
    };
    let shape = Unfailing(Home::new());
    Host::new(Kind::Group, Place::caller(), make, shape)
}

/// As [`try_task_group`](crate::try_task_group), with children that may borrow from the caller and
/// need not be `Send`.
///
/// They run concurrently within the caller's own task, on any backend (TG12).
///
/// # Errors
///
/// As [`try_task_group`](crate::try_task_group).
///
/// # Cancellation
///
/// As [`local_task_group`].
///
/// # Panics
///
/// As [`try_task_group`](crate::try_task_group).
///
/// ```
/// use anyrt::try_local_task_group;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let words = vec!["7".to_owned(), "seven".to_owned()];
/// let outcome = try_local_task_group(async |g| {
///     for word in &words {
///         g.spawn(async move { word.parse::<u8>() });
///     }
///     Ok(())
/// })
/// .await;
/// assert_eq!(outcome.unwrap_err().errors().len(), 1);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn try_local_task_group<'env, M, F, T, E>(
    body: M,
) -> impl Future<Output = Result<T, GroupError<E>>> + use<'env, M, F, T, E>
where
    M: FnOnce(TryLocalTaskGroup<'env, E>) -> F,
    F: Future<Output = Result<T, E>>,
    E: 'env,
{
    let make = move |group: &Arc<Group>, shape: &mut Failing<'env, E>| {
        body(TryLocalTaskGroup {
            group: group.clone(),
            local: shape.0.open(group),
        })
    };
    let shape = Failing(Home::new());
    Host::new(Kind::Group, Place::caller(), make, shape)
}

/// What a local group's host keeps: the children, and their errors.
struct Home<'env, E> {
    brood: Brood<'env>,
    errors: Rc<RefCell<Vec<E>>>,
}

impl<'env, E> Home<'env, E> {
    fn new() -> Self {
        Self {
            brood: Brood::new(),
            errors: Rc::default(),
        }
    }

    fn open(&mut self, group: &Arc<Group>) -> Local<'env, E> {
        Local {
            nest: self.brood.open(group),
            errors: self.errors.clone(),
        }
    }

    fn report_errors(&mut self, group: &Group) {
        for _ in self.errors.take() {
            let error = Box::new(LOCAL_ERROR);
            group.rt.report(Report::OrphanFailed { task: None, error });
        }
    }
}

/// What `local_task_group` gives.
struct Unfailing<'env>(Home<'env, Infallible>);

impl<T> Shape<T> for Unfailing<'_> {
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

    fn poll_children(&mut self, cx: &mut Context<'_>) {
        self.0.brood.poll(cx);
    }

    fn drop_children(&mut self) {
        self.0.brood.clear();
    }
}

/// What `try_local_task_group` gives.
struct Failing<'env, E>(Home<'env, E>);

impl<T, E> Shape<Result<T, E>> for Failing<'_, E> {
    type Value = T;
    type Output = Result<T, GroupError<E>>;

    fn body(&mut self, output: Result<T, E>, group: &Group) -> Option<T> {
        output
            .map_err(|error| {
                self.0.errors.borrow_mut().push(error);
                group.failed_elsewhere(&current_task(group));
            })
            .ok()
    }

    fn value(&mut self, value: T) -> Self::Output {
        Ok(value)
    }

    fn failed(&mut self, _: &Group) -> Option<Self::Output> {
        Errors::new(self.0.errors.take()).map(|errors| Err(GroupError::Failed(errors)))
    }

    fn cancelled(&mut self, cancelled: Cancelled) -> Option<Self::Output> {
        Some(Err(GroupError::Cancelled(cancelled)))
    }

    fn poll_children(&mut self, cx: &mut Context<'_>) {
        self.0.brood.poll(cx);
    }

    fn drop_children(&mut self) {
        self.0.brood.clear();
    }

    fn report_errors(&mut self, group: &Group) {
        self.0.report_errors(group);
    }
}
