//! A runtime as anyrt sees it: a backend, a limiter, counters, and who is told of what gets lost.
//!
//! Tasks reach it through their group. It holds a backend, never the owner of one: that stays in the
//! frame of `run`, so that no worker thread ever drops the runtime it runs on.

mod detect;
mod guests;
mod registry;
mod soon;

use std::fmt;
use std::iter::successors;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use anyrt_backend::Backend;

use crate::error::{NoRuntime, RuntimeEnded};
use crate::group::Group;
use crate::loom::Mutex;
use crate::outcome::{Payload, message_of, quietly};
use crate::report::{Hook, Report, tell};
use crate::scope::current;
use crate::scope::tree::Node;
use crate::task::Place;
use crate::task_tree::TaskTree;
use crate::thread::caller;
use crate::thread::limiter::CapacityLimiter;

pub(crate) use detect::blocking_would_stop;
pub(crate) use guests::Guest;
pub(crate) use registry::{Registered, of_backend};

/// How many threads blocking calls may have at once, unless told otherwise (TH4).
const DEFAULT_THREADS: usize = 40;

/// What all tasks of a runtime share.
pub(crate) struct Rt {
    backend: Arc<dyn Backend>,
    /// Whether a `run` owns the runtime, so that it ends with its root.
    owned: bool,
    /// The runtime whose blocking call that `run` is in, and which cannot end before it.
    host: Option<Arc<Rt>>,
    hook: Option<Hook>,
    counts: Counts,
    limiter: OnceLock<CapacityLimiter>,
    roots: Mutex<Vec<Root>>,
    soon: Mutex<soon::Soon>,
    guests: Mutex<guests::Guests>,
    /// Closures that are on a thread or on their way to one.
    jobs: AtomicUsize,
}

/// The root group of a `run` or an `attach`.
struct Root {
    group: Weak<Group>,
    /// Whether it takes in what escapes from foreign tasks: a `run` owns its runtime, an `attach` is
    /// a guest like them.
    adopts: bool,
}

#[derive(Default)]
struct Counts {
    foreign_drops: AtomicU64,
    lost_finalizers: AtomicU64,
    panics: AtomicU64,
    lost_errors: AtomicU64,
}

impl Rt {
    /// A runtime that `run` owns.
    pub(crate) fn owned(backend: Arc<dyn Backend>, hook: Option<Hook>) -> Arc<Self> {
        Self::new(backend, true, caller::runtime(), hook)
    }

    /// A runtime that belongs to somebody else.
    fn foreign(backend: Arc<dyn Backend>) -> Arc<Self> {
        Self::new(backend, false, None, None)
    }

    fn new(
        backend: Arc<dyn Backend>,
        owned: bool,
        host: Option<Arc<Rt>>,
        hook: Option<Hook>,
    ) -> Arc<Self> {
        Arc::new(Self {
            backend,
            owned,
            host,
            hook,
            counts: Counts::default(),
            limiter: OnceLock::new(),
            roots: Mutex::default(),
            soon: Mutex::default(),
            guests: Mutex::default(),
            jobs: AtomicUsize::new(0),
        })
    }

    /// The runtime of the task that is being polled, or whose blocking call runs here, else one that is
    /// certainly current (RT2).
    pub(crate) fn find() -> Result<Arc<Self>, NoRuntime> {
        current::runtime()
            .or_else(caller::runtime)
            .or_else(registry::detected)
            .ok_or(NoRuntime)
    }

    /// As [`find`](Self::find), where only a panic can tell that there is none.
    #[track_caller]
    pub(crate) fn here() -> Arc<Self> {
        match Self::find() {
            Ok(rt) => rt,
            Err(error) => panic!("{error}"),
        }
    }

    /// The runtime that a region belongs to (SC14), else the one that is here.
    #[track_caller]
    pub(crate) fn of(node: &Arc<Node>) -> Arc<Self> {
        current::runtime_of(node).unwrap_or_else(Self::here)
    }

    /// Whether this thread runs tasks of this runtime, so that to block it would stop them. A blocking call
    /// of ours is none.
    pub(crate) fn is_current(&self) -> bool {
        // Two runs on one executor are one runtime here: their tasks need the same threads.
        let id = self.backend.id();
        current::runtime().is_some_and(|rt| rt.backend.id() == id)
            || (!caller::is_worker() && detect::is_certainly(id))
    }

    /// Whether this runtime cannot end before the code that runs here, on whatever runtime and thread.
    pub(crate) fn waits_for_here(self: &Arc<Self>) -> bool {
        let here = [current::runtime(), caller::runtime()];
        let hosts = |rt| successors(Some(rt), |rt: &Arc<Rt>| rt.host.clone());
        let mut all = here.into_iter().flatten().flat_map(hosts);
        all.any(|rt| Arc::ptr_eq(&rt, self))
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(crate) fn now(&self) -> Instant {
        self.backend.now()
    }

    pub(crate) fn limiter(&self) -> &CapacityLimiter {
        self.limiter
            .get_or_init(|| CapacityLimiter::of_runtime(DEFAULT_THREADS))
    }

    pub(crate) fn has_begun_job(&self) {
        self.jobs.fetch_add(1, Relaxed);
    }

    pub(crate) fn has_ended_job(&self) {
        self.jobs.fetch_sub(1, Relaxed);
    }

    /// How many closures are on a thread or on their way to one.
    pub(crate) fn jobs(&self) -> usize {
        self.jobs.load(Relaxed)
    }

    /// Whether forgetting the runtime would not show: nothing was counted, and the limiter is as new.
    fn is_untouched(&self) -> bool {
        self.counts.are_zero()
            && self
                .limiter
                .get()
                .is_none_or(|limiter| limiter.is_as_new(DEFAULT_THREADS))
    }

    pub(crate) fn report(&self, report: Report) {
        let counter = match &report {
            Report::Panicked { .. } => Some(&self.counts.panics),
            Report::Escaped { .. } => Some(&self.counts.foreign_drops),
            Report::FinalizerLost { .. } => Some(&self.counts.lost_finalizers),
            Report::OrphanFailed { .. } => Some(&self.counts.lost_errors),
            Report::ClosurePanicked { .. } | Report::HooksFailed { .. } => None,
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Relaxed);
        }
        tell(self.hook.as_ref(), report);
    }

    /// Reports a closure's panic that nobody takes.
    pub(crate) fn closure_panicked(&self, place: Place, payload: Payload) {
        let message = message_of(&payload);
        self.report(Report::ClosurePanicked { place, message });
        quietly(|| drop(payload));
    }

    pub(crate) fn add_root(&self, group: Weak<Group>, adopts: bool) {
        let mut roots = self.roots.lock();
        roots.retain(|root| root.group.strong_count() > 0);
        roots.push(Root { group, adopts });
    }

    /// The root groups that are at work.
    pub(crate) fn roots(&self) -> Vec<Arc<Group>> {
        let roots = self.roots.lock();
        roots
            .iter()
            .filter_map(|root| root.group.upgrade())
            .collect()
    }

    /// Those of them that take in what escapes.
    pub(crate) fn adopters(&self) -> Vec<Arc<Group>> {
        let roots = self.roots.lock();
        let adopters = roots.iter().filter(|root| root.adopts);
        adopters.filter_map(|root| root.group.upgrade()).collect()
    }

    /// Counts something in with the root that it does not host: the group, to be counted out of it. None
    /// where the runtime belongs to somebody else and ends when that one likes.
    pub(crate) fn admit(&self, daemon: bool) -> Result<Option<Arc<Group>>, RuntimeEnded> {
        let mut adopters = self.adopters().into_iter();
        match adopters.find(|group| group.ledger.admit(daemon)) {
            None if self.owned => Err(RuntimeEnded),
            group => Ok(group),
        }
    }
}

impl Counts {
    fn are_zero(&self) -> bool {
        let all = [
            &self.foreign_drops,
            &self.lost_finalizers,
            &self.panics,
            &self.lost_errors,
        ];
        all.iter().all(|count| count.load(Relaxed) == 0)
    }
}

impl fmt::Debug for Rt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rt")
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

/// A handle of the current runtime.
///
/// ```
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let runtime = anyrt::Runtime::current()?;
/// assert_eq!(runtime.backend_name(), "tokio");
/// assert_eq!(runtime.statistics().foreign_drops, 0);
/// # Ok::<(), anyrt::NoRuntime>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Runtime {
    rt: Arc<Rt>,
}

impl Runtime {
    /// The runtime that this code runs on.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] where there is none, or none that could be found.
    pub fn current() -> Result<Self, NoRuntime> {
        Rt::find().map(|rt| Self { rt })
    }

    /// The backend's name: `"tokio"`, `"smol"`, `"async-std"`.
    pub fn backend_name(&self) -> &'static str {
        self.rt.backend.name()
    }

    /// What has been counted since the runtime started.
    pub fn statistics(&self) -> Statistics {
        let counts = &self.rt.counts;
        Statistics {
            foreign_drops: counts.foreign_drops.load(Relaxed),
            lost_finalizers: counts.lost_finalizers.load(Relaxed),
            panics: counts.panics.load(Relaxed),
            lost_errors: counts.lost_errors.load(Relaxed),
        }
    }

    /// Runs a function on the runtime soon, from any thread, and does not wait for it: how a thread that waits
    /// for signals or the callback of a foreign library says something to async code.
    ///
    /// It must not block. What one thread sends runs in the order in which it was sent. A panic of it goes to
    /// the hook. `run` does not return before it has run.
    ///
    /// # Errors
    ///
    /// [`RuntimeEnded`].
    ///
    /// ```
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let runtime = anyrt::Runtime::current()?;
    /// let scope = anyrt::CancelScope::new();
    /// let handle = scope.handle();
    /// std::thread::spawn(move || runtime.run_soon(move || drop(handle.cancel())));
    /// assert!(scope.run(anyrt::sleep_forever()).await.is_err());
    /// # Ok::<(), anyrt::NoRuntime>(())
    /// # })??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn run_soon(&self, f: impl FnOnce() + Send + 'static) -> Result<(), RuntimeEnded> {
        self.rt.run_soon(Place::caller(), Box::new(f))
    }

    /// The limiter that blocking calls take unless another is named (TH4).
    pub fn thread_limiter(&self) -> CapacityLimiter {
        self.rt.limiter().clone()
    }

    /// Every region that waits, with its name, place, state and age (RT5).
    pub fn task_tree(&self) -> TaskTree {
        TaskTree::of(&self.rt)
    }
}

/// What a runtime has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Regions at work that foreign code dropped or forgot (SC13).
    pub foreign_drops: u64,
    /// Cleanups that did not run because foreign code dropped their `finally` (SC13).
    pub lost_finalizers: u64,
    /// Panics of tasks, those that were resumed included (TG6).
    pub panics: u64,
    /// Errors of tasks that no group could return (SC13).
    pub lost_errors: u64,
}
