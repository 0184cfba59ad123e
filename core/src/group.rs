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

use self::handle::spawn_own;
use self::hooks::Hooks;
use self::ledger::Ledger;
use self::limit::Limit;
use crate::loom::Ordering::{AcqRel, Acquire, Release};
use crate::loom::{AtomicBool, Mutex};
use crate::outcome::{Payload, message_of, quietly};
use crate::report::Report;
use crate::runtime::Rt;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Kind, Node};
use crate::task::{Member, Place, TaskInfo};

/// What a group's handles, children and host share.
pub(crate) struct Group {
    pub(crate) node: Arc<Node>,
    pub(crate) ledger: Ledger,
    pub(crate) rt: Arc<Rt>,
    pub(crate) place: Place,
    bad: Mutex<Bad>,
    /// Whether the children live in the host, which keeps its own queue of those that wait.
    pub(crate) is_local: bool,
    limit: Mutex<Limit<Task>>,
    /// Whether a limit was ever set: groups without one never look at it.
    limited: AtomicBool,
    /// A child was cancelled that may be waiting for a place.
    stale: AtomicBool,
    hooks: Mutex<Hooks>,
}

/// What went wrong.
#[derive(Default)]
struct Bad {
    errors: Vec<Box<dyn Any + Send>>,
    failed: bool,
    panic: Option<Payload>,
    /// Who panicked, where that was not reported since the host resumes it.
    untold: Option<TaskInfo>,
    /// The host is gone: there is nobody to return an error to.
    orphaned: bool,
}

impl Group {
    pub(crate) fn new(node: Arc<Node>, rt: Arc<Rt>, is_local: bool) -> Arc<Self> {
        let group = Arc::new(Self {
            place: node.place(),
            is_local,
            node,
            ledger: Ledger::new(),
            rt,
            bad: Mutex::default(),
            limit: Mutex::default(),
            limited: AtomicBool::new(false),
            stale: AtomicBool::new(false),
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
            self.lose_error(error, task);
        }
        self.sibling_failed(task);
    }

    /// Reports an error that nobody can be given.
    pub(crate) fn lose_error(&self, error: Box<dyn Any + Send>, task: &TaskInfo) {
        self.rt.report(Report::OrphanFailed {
            task: Some(task.clone()),
            error,
        });
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
        let message = message_of(&payload);
        self.keep_panic(payload, None);
        self.sibling_failed(&task);
        self.rt.report(Report::Panicked { task, message });
    }

    /// Reports the panic of a child that belongs to no group any more.
    pub(crate) fn orphan_panicked(&self, payload: Payload, task: TaskInfo) {
        let message = message_of(&payload);
        quietly(|| drop(payload));
        self.rt.report(Report::Panicked { task, message });
    }

    /// Reports how a child ended whose `start` was dropped just then.
    pub(crate) fn lose_end(
        &self,
        panic: Option<Payload>,
        error: Option<Box<dyn Any + Send>>,
        task: Option<TaskInfo>,
    ) {
        match (panic, task) {
            (Some(payload), Some(task)) => self.orphan_panicked(payload, task),
            (_, task) => {
                if let Some(error) = error {
                    self.rt.report(Report::OrphanFailed { task, error });
                }
            }
        }
    }

    /// Keeps the panic of the body. The first of a group is not reported: its own task resumes it.
    pub(crate) fn body_panicked(&self, payload: Payload, task: TaskInfo) {
        let message = message_of(&payload);
        // Kept before the others learn of it: it is the first.
        let first = self.keep_panic(payload, Some(task.clone()));
        self.sibling_failed(&task);
        if !first {
            self.rt.report(Report::Panicked { task, message });
        }
    }

    /// Keeps the first panic. `untold` is who panicked, if that was not reported.
    pub(crate) fn keep_panic(&self, payload: Payload, untold: Option<TaskInfo>) -> bool {
        let mut bad = self.bad.lock();
        if bad.panic.is_none() {
            bad.panic = Some(payload);
            bad.untold = untold;
            return true;
        }
        drop(bad);
        quietly(|| drop(payload));
        false
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

    /// Whether the host is gone.
    pub(crate) fn is_orphaned(&self) -> bool {
        self.bad.lock().orphaned
    }

    pub(crate) fn has_panicked(&self) -> bool {
        self.bad.lock().panic.is_some()
    }

    /// From now on nobody is there to return an error to: what was kept is reported.
    pub(crate) fn orphan(&self) {
        let untold = {
            let mut bad = self.bad.lock();
            bad.orphaned = true;
            let task = bad.untold.take();
            task.and_then(|task| Some((task, message_of(bad.panic.as_ref()?))))
        };
        if let Some((task, message)) = untold {
            self.rt.report(Report::Panicked { task, message });
        }
        self.report_errors();
    }

    /// Reports the errors that no caller gets.
    pub(crate) fn report_errors(&self) {
        for error in self.take_errors() {
            self.rt.report(Report::OrphanFailed { task: None, error });
        }
    }

    /// Closes the group if nobody is alive. Says whether it is closed.
    pub(crate) fn try_close(&self) -> bool {
        match self.node.kind() {
            Kind::Root => self.rt.close_root(self),
            _ => self.ledger.try_close(),
        }
    }

    /// Counts a task out and wakes the host if it was the last one.
    #[inline]
    pub(crate) fn count_out(&self, daemon: bool) {
        if self.ledger.count_out(daemon) {
            self.node.wake();
        }
    }

    /// Hands a task to the backend, or lists it until it may run.
    #[inline]
    pub(crate) fn launch(&self, task: Task, member: Option<Arc<dyn Member>>) {
        let task = match member {
            Some(member) => self.limit.lock().admit(member, task),
            None => Some(task),
        };
        match task {
            Some(task) => self.rt.backend().spawn(task),
            // The host may have looked for the last time.
            None if self.node.is_cancelled() => self.drop_cancelled_waiting(),
            None => {}
        }
    }

    /// Whether children take places at all.
    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.limited.load(Acquire)
    }

    /// Sets how many children may run at once, and starts those that now may.
    pub(crate) fn set_limit(&self, places: usize) {
        self.drop_cancelled_waiting();
        self.limit.lock().set(places);
        self.limited.store(true, Release);
        self.fill_places();
    }

    /// Gives a child's place to the next one that waits.
    pub(crate) fn place_is_free(&self) {
        self.limit.lock().give_back();
        self.drop_cancelled_waiting();
        self.fill_places();
    }

    /// Starts the children that may run.
    fn fill_places(&self) {
        if !self.limit.lock().begin_filling() {
            // Whoever is at it goes on: a child that ends inside of this must not recurse.
            return;
        }
        loop {
            let next = self.limit.lock().next();
            match next {
                // A child that is dropped unpolled ends as cancelled.
                Some(next) if next.is_cancelled() => drop(next.into_task()),
                Some(next) => self.rt.backend().spawn(next.into_task()),
                None => return,
            }
        }
    }

    /// Ends the children that were cancelled while they waited for a place, unpolled.
    pub(crate) fn drop_cancelled_waiting(&self) {
        if self.is_limited() && self.take_stale() {
            let cancelled = self.limit.lock().take_cancelled();
            for waiting in cancelled {
                drop(waiting.into_task());
            }
        }
    }

    /// After one child alone was cancelled: it may be waiting for its place. The host looks, or, since
    /// nobody knows when that is polled, a task of the group's own: the destructors of a child are no
    /// business of whoever cancels it.
    pub(crate) fn child_was_cancelled(self: &Arc<Self>) {
        if self.is_local {
            self.stale.store(true, Release);
            self.node.wake();
        } else if self.is_limited() && !self.stale.swap(true, AcqRel) {
            let group = self.clone();
            // A group that has closed has nobody who waits.
            drop(spawn_own(
                self,
                async move { group.drop_cancelled_waiting() },
            ));
        }
    }

    /// Whether a child that waits may have been cancelled since somebody last looked.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale.load(Acquire)
    }

    /// As [`is_stale`](Self::is_stale), for one who looks now.
    pub(crate) fn take_stale(&self) -> bool {
        self.stale.swap(false, AcqRel) || self.node.is_cancelled()
    }
}
