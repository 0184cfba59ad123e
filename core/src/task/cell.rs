//! What a task shares with its handle: who it is, its seat in the group, and how it ended.
//!
//! One allocation for all of it. The task owns it as `Arc<dyn Member>`, which moves onto the stack of
//! regions for each poll; the handle owns it with the type of the value.

use std::any::Any;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Waker};

use slab::Slab;

use super::{Place, TaskId, TaskInfo, TaskStatus};
use crate::error::{Cancelled, TaskError};
use crate::group::Group;
use crate::group::handle::Spec;
use crate::group::start::Link;
use crate::loom::Mutex;
use crate::outcome::wake;
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
    /// Zero until somebody asks.
    id: AtomicU64,
}

impl TaskCore {
    pub(crate) fn new(group: Arc<Group>, place: Place, daemon: bool, limited: bool) -> Self {
        Self {
            group,
            place,
            daemon,
            limited,
            link: None,
            seat: Seat::default(),
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

    pub(crate) fn is_cancelled(&self) -> bool {
        match self.seat.node() {
            Some(node) => node.is_cancelled(),
            None => self.group.node.is_cancelled(),
        }
    }

    pub(crate) fn info(&self) -> TaskInfo {
        self.seat
            .node()
            .and_then(|node| node.task())
            .unwrap_or_else(|| TaskInfo::new(self.id(), None, self.place))
    }

    fn id(&self) -> TaskId {
        let number = self.id.load(Relaxed);
        if number != 0 {
            return TaskId::from_number(number);
        }
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
    fn end(&self, status: TaskStatus, cancelled: Option<Cancelled>);

    fn as_any(&self) -> &dyn Any;
}

/// A task and its value.
pub(crate) struct Cell<T> {
    core: TaskCore,
    slot: Mutex<Slot<T>>,
}

struct Slot<T> {
    status: TaskStatus,
    value: Option<T>,
    cancelled: Option<Cancelled>,
    waiters: Slab<Waker>,
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
            slot: Mutex::new(Slot {
                status: TaskStatus::Running,
                value: None,
                cancelled: None,
                waiters: Slab::new(),
            }),
        }
    }

    pub(crate) fn core(&self) -> &TaskCore {
        &self.core
    }

    /// Ends the task with a value. Wakes who waits.
    pub(crate) fn complete(&self, value: T) {
        self.finish(TaskStatus::Completed, Some(value), None);
    }

    /// A task that a closed group did not take.
    pub(crate) fn refused(group: &Arc<Group>, spec: Spec) -> Self {
        let mut core = TaskCore::new(group.clone(), spec.place, false, false);
        if spec.name.is_some() {
            core.name(spec.name);
        }
        let cell = Self::new(core);
        let reason = Cancelled::new(Reason::here(Cause::GroupClosed));
        cell.finish(TaskStatus::Cancelled, None, Some(reason));
        cell
    }

    fn finish(&self, status: TaskStatus, value: Option<T>, cancelled: Option<Cancelled>) {
        let waiters = {
            let mut slot = self.slot.lock();
            slot.status = status;
            slot.value = value;
            slot.cancelled = cancelled;
            mem::take(&mut slot.waiters)
        };
        wake(waiters.into_iter().map(|(_, waker)| waker));
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
        self.slot.lock().status
    }

    /// Takes the value of a task that has ended, or says why there is none.
    pub(crate) fn take(&self) -> Outcome<T> {
        let mut slot = self.slot.lock();
        let error = match (slot.status, slot.value.take()) {
            (_, Some(value)) => return Outcome::Value(value),
            (TaskStatus::Failed, None) => TaskError::Failed,
            (TaskStatus::Panicked, None) => TaskError::Panicked,
            (_, None) => match &slot.cancelled {
                Some(cancelled) => TaskError::Cancelled(cancelled.clone()),
                None => TaskError::Taken,
            },
        };
        Outcome::Error(error)
    }

    /// Lists a waker until the task ends. Says whether it has.
    pub(crate) fn wait(&self, key: &mut Option<usize>, cx: &Context<'_>) -> bool {
        if self.status() != TaskStatus::Running {
            return true;
        }
        let mut waker = cx.waker().clone();
        let mut slot = self.slot.lock();
        if slot.status != TaskStatus::Running {
            *key = None;
            drop(slot);
            return true;
        }
        match key.and_then(|key| slot.waiters.get_mut(key)) {
            Some(listed) => mem::swap(listed, &mut waker),
            None => {
                *key = Some(slot.waiters.insert(waker));
                return false;
            }
        }
        drop(slot);
        false
    }

    /// Takes a waker off the list.
    pub(crate) fn forget(&self, key: &mut Option<usize>) {
        let Some(key) = key.take() else { return };
        let waker = {
            let mut slot = self.slot.lock();
            // The list is taken whole when the task ends.
            match slot.status {
                TaskStatus::Running => slot.waiters.try_remove(key),
                _ => None,
            }
        };
        drop(waker);
    }
}

impl<T: Send + 'static> Member for Cell<T> {
    fn core(&self) -> &TaskCore {
        &self.core
    }

    fn end(&self, status: TaskStatus, cancelled: Option<Cancelled>) {
        self.finish(status, None, cancelled);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
