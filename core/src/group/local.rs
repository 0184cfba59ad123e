//! Local groups: children that borrow from the caller and need not be `Send` (TG12).
//!
//! They live in the host's own future and are polled by it, concurrently within one task, each woken
//! through its own waker. All else is as in other groups: a child is the same `Child`, counted by the
//! same ledger, with the same seat in the tree.

mod brood;
mod handle;

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use self::brood::{Brood, LocalChild, Nest};
pub use self::handle::{LocalTaskGroup, LocalTaskHandle, TryLocalTaskGroup};
use super::Group;
use super::handle::{Spec, stop_late_daemon};
use super::host::{Host, Residents, Shape, current_task};
use super::start::{Begun, StartRun, Started};
use crate::error::{Cancelled, Errors, GroupError, StartError};
use crate::loom::Mutex;
use crate::report::Report;
use crate::scope::tree::Kind;
use crate::task::cell::Cell;
use crate::task::child::{Child, Deliver, take_back};
use crate::task::{Member, Place, TaskCore, TaskInfo};

/// What the hook gets for an error of a local group that nobody can be given: the error may borrow.
const LOCAL_ERROR: &str = "an error of a local group";

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
                if let Some(cell) = member.as_any().downcast_ref::<Cell<()>>() {
                    cell.complete(());
                }
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
        let handle = LocalTaskHandle::new(cell, value);
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
        let limited = self.is_limited(spec.daemon);
        let core = spec.core(group);
        stop_late_daemon(&core);
        let (child, handle) = self.child(core, future, split, None, limited);
        self.nest.add(group, child);
        Ok(handle)
    }

    fn is_limited(&self, is_daemon: bool) -> bool {
        !is_daemon && self.nest.limit.borrow().is_set()
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
        let is_daemon = spec.daemon;
        let begin = move |core: TaskCore, started, error| {
            let group = core.group.clone();
            let limited = local.is_limited(is_daemon);
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
        body(LocalTaskGroup::new(group, shape.0.open(group)))
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
        body(TryLocalTaskGroup::new(group, shape.0.open(group)))
    };
    let shape = Failing(Home::new());
    Host::new(Kind::Group, Place::caller(), make, shape)
}

/// Reports errors that nobody can be given.
pub(crate) fn report_local_errors(group: &Group, errors: usize) {
    for _ in 0..errors {
        let error = Box::new(LOCAL_ERROR);
        group.rt.report(Report::OrphanFailed { task: None, error });
    }
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
        report_local_errors(group, self.errors.take().len());
    }
}

/// What `local_task_group` gives.
struct Unfailing<'env>(Home<'env, Infallible>);

impl Residents for Unfailing<'_> {
    const IS_LOCAL: bool = true;

    fn drop_children(&mut self) {
        self.0.brood.clear();
    }
}

impl<T> Shape<T> for Unfailing<'_> {
    type Value = T;
    type Output = Result<T, Cancelled>;

    fn poll_children(&mut self, cx: &mut Context<'_>) -> bool {
        self.0.brood.poll(cx);
        // The body waits for handles, which wake it.
        false
    }

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

/// What `try_local_task_group` gives.
struct Failing<'env, E>(Home<'env, E>);

impl<E> Residents for Failing<'_, E> {
    const IS_LOCAL: bool = true;

    fn drop_children(&mut self) {
        self.0.brood.clear();
    }

    fn report_errors(&mut self, group: &Group) {
        self.0.report_errors(group);
    }
}

impl<T, E> Shape<Result<T, E>> for Failing<'_, E> {
    type Value = T;
    type Output = Result<T, GroupError<E>>;

    fn poll_children(&mut self, cx: &mut Context<'_>) -> bool {
        self.0.brood.poll(cx);
        // The body waits for handles, which wake it.
        false
    }

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

    fn settled(&mut self, _: &Group) -> Option<Self::Output> {
        Errors::new(self.0.errors.take()).map(|errors| Err(GroupError::Failed(errors)))
    }

    fn cancelled(&mut self, cancelled: Cancelled) -> Option<Self::Output> {
        Some(Err(GroupError::Cancelled(cancelled)))
    }
}
