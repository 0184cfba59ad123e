//! What a task shares with its handle: who it is, its seat in the group, and how it ended.
//!
//! One allocation for all of it. The task owns it as `Arc<dyn Member>`, which moves onto the stack of
//! regions for each poll; the handle owns it with the type of the value.

use std::any::Any;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Context;

use super::waiters::Waiters;
use super::{Place, TaskId, TaskInfo, TaskStatus};
use crate::error::{Cancelled, TaskError};
use crate::group::Group;
use crate::group::handle::Spec;
use crate::group::start::Link;
use crate::loom::Mutex;
use crate::scope::ScopeHandle;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{Kind, Node, Seat};

/// The part that does not depend on the value.
pub(crate) struct TaskCore {
    pub(crate) group: Arc<Group>,
    pub(crate) place: Place,
    pub(crate) daemon: bool,
    /// Whether the task takes one of the places that the group's limit gives out.
    pub(crate) limited: bool,
    /// The wait of `start`, for a task that was started rather than spawned.
    pub(crate) link: Option<Arc<Link>>,
    pub(crate) seat: Seat,
    /// Whether it was given a name, which the seat's node has then.
    named: bool,
    /// Zero until somebody asks.
    id: AtomicU64,
}

impl TaskCore {
    #[inline]
    pub(crate) fn new(group: Arc<Group>, place: Place, daemon: bool, limited: bool) -> Self {
        Self {
            group,
            place,
            daemon,
            limited,
            link: None,
            seat: Seat::default(),
            named: false,
            id: AtomicU64::new(0),
        }
    }

    /// Gives the task a node of its own from the start, below `parent`.
    pub(crate) fn make_solid(&mut self, name: Option<Arc<str>>, parent: &Arc<Node>) {
        self.name(name).attach(Some(parent.clone()));
    }

    /// Gives the task a node that is in no tree.
    fn name(&mut self, name: Option<Arc<str>>) -> Arc<Node> {
        let kind = if self.daemon {
            Kind::Daemon
        } else {
            Kind::Task
        };
        let node = Arc::new(Node::new(kind, self.place));
        self.named = name.is_some();
        let info = TaskInfo::new(TaskId::next(), name, self.place);
        *self.id.get_mut() = info.id().number();
        node.set_task(info);
        self.seat = Seat::solid(node.clone());
        node
    }

    /// The task's node, made if it has none yet.
    pub(crate) fn solidify(&self) -> Arc<Node> {
        match self.seat.node() {
            Some(node) => node.clone(),
            None => self.group.node.solidify(&self.seat, || {
                let node = Node::new(Kind::Task, self.place);
                node.set_task(TaskInfo::new(self.id(), None, self.place));
                node
            }),
        }
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        match self.seat.node() {
            Some(node) => node.is_cancelled(),
            None => self.group.node.is_cancelled(),
        }
    }

    /// Whether the region that the task lives in is effectively cancelled.
    pub(crate) fn is_cancelled_around(&self) -> bool {
        match &self.link {
            Some(link) => link.is_cancelled_around(),
            None => self.group.node.is_cancelled(),
        }
    }

    pub(crate) fn info(&self) -> TaskInfo {
        let node = self.seat.node().filter(|_| self.named);
        node.and_then(|node| node.task())
            .unwrap_or_else(|| TaskInfo::new(self.id(), None, self.place))
    }

    #[inline]
    pub(crate) fn id(&self) -> TaskId {
        match self.id.load(Relaxed) {
            0 => self.next_id(),
            number => TaskId::from_number(number),
        }
    }

    /// The first who asks gives it one.
    #[cold]
    fn next_id(&self) -> TaskId {
        let fresh = TaskId::next();
        let raced = self
            .id
            .compare_exchange(0, fresh.number(), Relaxed, Relaxed);
        raced.map_or_else(TaskId::from_number, |_| fresh)
    }
}

/// A task, whatever its value.
pub(crate) trait Member: Any + Send + Sync {
    fn core(&self) -> &TaskCore;

    /// Ends the task for its handle, without a value. Wakes who waits.
    fn end(&self, end: End);

    fn as_any(&self) -> &dyn Any;
}

/// How a task ended that has no value.
pub(crate) enum End {
    Failed,
    Panicked,
    Cancelled(Cancelled),
}

/// A task and its value.
pub(crate) struct Cell<T> {
    core: TaskCore,
    state: Mutex<State<T>>,
}

/// How a task is doing, and what it left. Small: it lives as long as a handle is kept.
enum State<T> {
    Running(Waiters),
    /// With its value, until that is taken.
    Completed(Option<T>),
    Failed,
    Panicked,
    Cancelled(Box<Cancelled>),
}

/// What a handle gives.
pub(crate) enum Outcome<T> {
    Value(T),
    Error(TaskError),
}

impl<T> Cell<T> {
    pub(crate) fn new(core: TaskCore) -> Self {
        Self {
            core,
            state: Mutex::new(State::Running(Waiters::default())),
        }
    }

    pub(crate) fn core(&self) -> &TaskCore {
        &self.core
    }

    /// Ends the task with a value. Wakes who waits.
    pub(crate) fn complete(&self, value: T) {
        self.finish(State::Completed(Some(value)));
    }

    /// A task that a closed group did not take.
    pub(crate) fn refused(group: &Arc<Group>, spec: Spec) -> Self {
        let mut core = TaskCore::new(group.clone(), spec.place, false, false);
        if spec.name.is_some() {
            core.name(spec.name);
        }
        let reason = Cancelled::new(Reason::here(Cause::GroupClosed));
        Self {
            core,
            state: Mutex::new(State::Cancelled(Box::new(reason))),
        }
    }

    fn finish(&self, state: State<T>) {
        let old = mem::replace(&mut *self.state.lock(), state);
        if let State::Running(waiters) = old {
            waiters.wake();
        }
    }

    /// Cancels this task alone. Says whether this call is the one that did.
    pub(crate) fn cancel(&self) -> bool {
        if self.status() != TaskStatus::Running {
            return false;
        }
        let cancelled = ScopeHandle::new(self.core.solidify()).cancel();
        if cancelled {
            self.core.group.child_was_cancelled();
        }
        cancelled
    }

    pub(crate) fn status(&self) -> TaskStatus {
        match &*self.state.lock() {
            State::Running(_) => TaskStatus::Running,
            State::Completed(_) => TaskStatus::Completed,
            State::Failed => TaskStatus::Failed,
            State::Panicked => TaskStatus::Panicked,
            State::Cancelled(_) => TaskStatus::Cancelled,
        }
    }

    /// Takes the value of a task that has ended, or says why there is none.
    pub(crate) fn take(&self) -> Outcome<T> {
        let error = match &mut *self.state.lock() {
            State::Completed(value) => match value.take() {
                Some(value) => return Outcome::Value(value),
                None => TaskError::Taken,
            },
            State::Failed => TaskError::Failed,
            State::Panicked => TaskError::Panicked,
            State::Cancelled(cancelled) => TaskError::Cancelled((**cancelled).clone()),
            State::Running(_) => unreachable!("it is asked for what it left once it has ended"),
        };
        Outcome::Error(error)
    }

    /// Lists a waker until the task ends. Says whether it has.
    pub(crate) fn wait(&self, key: &mut Option<usize>, cx: &Context<'_>) -> bool {
        if self.status() != TaskStatus::Running {
            return true;
        }
        let mut waker = cx.waker().clone();
        let mut state = self.state.lock();
        let State::Running(waiters) = &mut *state else {
            drop(state);
            return true;
        };
        match key.and_then(|key| waiters.get_mut(key)) {
            Some(listed) => mem::swap(listed, &mut waker),
            None => {
                *key = Some(waiters.insert(waker));
                return false;
            }
        }
        drop(state);
        false
    }

    /// Takes a waker off the list, which is gone already if the task has ended.
    pub(crate) fn forget(&self, key: &mut Option<usize>) {
        let Some(key) = key.take() else { return };
        let waker = match &mut *self.state.lock() {
            State::Running(waiters) => waiters.remove(key),
            _ => None,
        };
        drop(waker);
    }
}

impl<T: Send + 'static> Member for Cell<T> {
    fn core(&self) -> &TaskCore {
        &self.core
    }

    fn end(&self, end: End) {
        self.finish(match end {
            End::Failed => State::Failed,
            End::Panicked => State::Panicked,
            End::Cancelled(cancelled) => State::Cancelled(Box::new(cancelled)),
        });
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
