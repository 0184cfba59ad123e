//! Task groups: children that never outlive the block that spawned them.
//!
//! ```text
//!   + open        the body runs; children are spawned, by the body, by siblings, from other threads
//!   >> fails      a child or the body: the error is kept, the group cancelled, the first cause kept
//!   >> body ends  with a value, an error, a panic, or dropped by a cancel
//!   ~  drain      until nobody is alive; siblings may still spawn; daemons are stopped at the end
//!   + closed      nobody is admitted any more
//!   >> hooks      what was deferred, last in first out, shielded
//!   +  joined     panic, else errors, else value or cancel
//! ```
//!
//! What all kinds of groups share is here; the poll that drives one is in `group/host.rs`.

pub(crate) mod handle;
pub(crate) mod hooks;
pub(crate) mod host;
pub(crate) mod ledger;
mod limit;
pub(crate) mod local;
pub(crate) mod orphan;
pub(crate) mod start;

use std::any::Any;
use std::mem;
use std::sync::Arc;

use anyrt_backend::Task;

use self::hooks::Hooks;
use self::ledger::Ledger;
use self::limit::Limit;
use crate::loom::Mutex;
use crate::outcome::{Payload, message_of};
use crate::report::Report;
use crate::runtime::Rt;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Node};
use crate::task::{Place, TaskInfo};

/// What a group's handles, children and host share.
pub(crate) struct Group {
    pub(crate) node: Arc<Node>,
    pub(crate) ledger: Ledger,
    pub(crate) rt: Arc<Rt>,
    pub(crate) place: Place,
    bad: Mutex<Bad>,
    limit: Mutex<Limit<Task>>,
    hooks: Mutex<Hooks>,
}

/// What went wrong.
#[derive(Default)]
struct Bad {
    errors: Vec<Box<dyn Any + Send>>,
    failed: bool,
    panic: Option<Payload>,
    /// The host is gone: there is nobody to return an error to.
    orphaned: bool,
}

impl Group {
    pub(crate) fn new(node: Arc<Node>, rt: Arc<Rt>) -> Arc<Self> {
        let group = Arc::new(Self {
            place: node.place(),
            node,
            ledger: Ledger::new(),
            rt,
            bad: Mutex::default(),
            limit: Mutex::default(),
            hooks: Mutex::default(),
        });
        group.node.set_group(Arc::downgrade(&group));
        group
    }

    /// Cancels the group. Says whether this is the call that did.
    pub(crate) fn cancel(&self, reason: Reason) -> bool {
        tree::cancel(&self.node, reason)
    }

    /// Keeps the error of a child or of the body, and cancels the others (TG4).
    pub(crate) fn fail(&self, error: Box<dyn Any + Send>, task: &TaskInfo) {
        let lost = {
            let mut bad = self.bad.lock();
            bad.failed = true;
            if bad.orphaned {
                Some(error)
            } else {
                bad.errors.push(error);
                None
            }
        };
        if let Some(error) = lost {
            self.rt.report(Report::OrphanFailed {
                task: Some(task.clone()),
                error,
            });
        }
        self.sibling_failed(task);
    }

    /// Cancels the others for an error of this task that is kept elsewhere.
    pub(crate) fn failed_elsewhere(&self, task: &TaskInfo) {
        self.bad.lock().failed = true;
        self.sibling_failed(task);
    }

    fn sibling_failed(&self, task: &TaskInfo) {
        self.cancel(Reason::by_task(Cause::SiblingFailed, task));
    }

    /// Reports a child's panic, keeps the first one for the host, and cancels the others (TG6).
    pub(crate) fn child_panicked(&self, payload: Payload, task: TaskInfo) {
        self.sibling_failed(&task);
        let message = message_of(&payload);
        self.keep_panic(payload);
        self.rt.report(Report::Panicked { task, message });
    }

    /// Keeps the panic of the body. The first of a group is not reported: its own task resumes it.
    pub(crate) fn body_panicked(&self, payload: Payload, task: TaskInfo) {
        self.sibling_failed(&task);
        let message = message_of(&payload);
        if !self.keep_panic(payload) {
            self.rt.report(Report::Panicked { task, message });
        }
    }

    fn keep_panic(&self, payload: Payload) -> bool {
        let mut bad = self.bad.lock();
        let first = bad.panic.is_none();
        let spare = if first {
            bad.panic.replace(payload)
        } else {
            Some(payload)
        };
        drop(bad);
        drop(spare);
        first
    }

    pub(crate) fn take_panic(&self) -> Option<Payload> {
        self.bad.lock().panic.take()
    }

    pub(crate) fn take_errors(&self) -> Vec<Box<dyn Any + Send>> {
        mem::take(&mut self.bad.lock().errors)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.bad.lock().failed
    }

    pub(crate) fn has_panicked(&self) -> bool {
        self.bad.lock().panic.is_some()
    }

    /// From now on nobody is there to return an error to: what was kept is reported.
    pub(crate) fn orphan(&self) {
        self.bad.lock().orphaned = true;
        self.report_errors();
    }

    /// Reports the errors that no caller gets.
    pub(crate) fn report_errors(&self) {
        for error in self.take_errors() {
            self.rt.report(Report::OrphanFailed { task: None, error });
        }
    }

    /// Counts a task out and wakes the host if it was the last one.
    pub(crate) fn count_out(&self, daemon: bool) {
        if self.ledger.count_out(daemon) {
            self.node.wake();
        }
    }

    /// Hands a task to the backend, or lists it until it may run.
    pub(crate) fn launch(&self, task: Task, limited: bool) {
        let task = if limited {
            self.limit.lock().admit(task)
        } else {
            Some(task)
        };
        if let Some(task) = task {
            self.rt.backend().spawn(task);
        }
    }

    /// Whether children take places at all.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.lock().is_set()
    }

    /// Sets how many children may run at once, and starts those that now may.
    pub(crate) fn set_limit(&self, places: usize) {
        self.limit.lock().set(places);
        self.fill_places();
    }

    /// Gives a child's place to the next one that waits.
    pub(crate) fn place_is_free(&self) {
        self.limit.lock().give_back();
        self.fill_places();
    }

    /// Starts the children that may run; ends all that wait if the group is cancelled.
    pub(crate) fn fill_places(&self) {
        if self.node.is_cancelled() {
            // A child that is dropped unpolled ends as cancelled.
            let waiting = self.limit.lock().take_waiting();
            drop(waiting);
            return;
        }
        loop {
            let next = self.limit.lock().next();
            match next {
                Some(task) => self.rt.backend().spawn(task),
                None => return,
            }
        }
    }
}
