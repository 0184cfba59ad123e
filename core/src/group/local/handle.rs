//! The local groups that users see, and the handles of their tasks.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::Local;
use crate::error::{SpawnError, StartError, TaskError};
use crate::group::Group;
use crate::group::handle::{Spec, TaskBuilder, fallible, group_controls, group_debug, infallible};
use crate::group::hooks::HookOutput;
use crate::group::start::Started;
use crate::outcome::Exit;
use crate::scope::ScopeHandle;
use crate::scope::reason::Reason;
use crate::task::cell::{Cell, Outcome};
use crate::task::{TaskId, TaskStatus, Waiter, task_controls};

/// The handle of a task that a closed group did not take.
fn refused<T>(group: &Arc<Group>, spec: Spec) -> LocalTaskHandle<T> {
    LocalTaskHandle::new(Arc::new(Cell::refused(group, spec)), Rc::default())
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
    pub(super) fn new(cell: Arc<Cell<()>>, value: Rc<RefCell<Option<T>>>) -> Self {
        Self {
            cell,
            value,
            waiter: Waiter::new(),
        }
    }

    /// Waits for the task's end, without taking its value.
    ///
    /// # Cancellation
    ///
    /// As awaiting the handle; dropping it leaves the task alone.
    pub fn wait(&self) -> crate::task::Wait<'_, ()> {
        crate::task::Wait::new(&self.cell)
    }

    task_controls!();
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

/// A local group of children that cannot fail. See [`local_task_group`](crate::local_task_group).
#[derive(Clone)]
pub struct LocalTaskGroup<'env> {
    group: Arc<Group>,
    local: Local<'env, Infallible>,
}

group_debug!(['env] LocalTaskGroup<'env>, "LocalTaskGroup");

/// A local group of children that return `Result<_, E>`. See [`try_local_task_group`](crate::try_local_task_group).
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
    pub(super) fn new(group: &Arc<Group>, local: Local<'env, Infallible>) -> Self {
        Self {
            group: group.clone(),
            local,
        }
    }

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
    ///
    /// # Panics
    ///
    /// Resumes a panic of the child before it had started.
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
    ///
    /// # Panics
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
    pub(super) fn new(group: &Arc<Group>, local: Local<'env, E>) -> Self {
        Self {
            group: group.clone(),
            local,
        }
    }

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
    ///
    /// # Panics
    ///
    /// Resumes a panic of the child before it had started.
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
    ///
    /// # Panics
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
