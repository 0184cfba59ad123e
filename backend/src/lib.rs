//! What a runtime gives to anyrt: the contract between the core and its backends.
//!
//! All semantics of anyrt live in its core. A backend lends it five things: a place to run tasks,
//! threads for blocking jobs, timers, the time, and a name. Nothing that a backend returns carries
//! meaning: it never sees a result, a panic or a cancellation.
//!
//! # What a backend must do
//!
//! 1. [`Backend::spawn`] polls the task until it is ready, whenever its waker was woken, from any
//!    thread; it never polls a task from inside `spawn`, and never from two threads at once. A poll sees what came
//!    before each wake that leads to no other one: a flag that says that a task was woken is set by a swap in every wake,
//!    also where it is set already, and cleared by a swap before the poll. A store would not publish what the wake
//!    follows, or not see what it published.
//! 2. A task that is ready is dropped at once. A task that will not be polled again (the runtime
//!    shuts down, or has shut down already) is dropped as well, on any thread, even inside `spawn`:
//!    the core counts it out when it is dropped, and waits for ever for one that leaks.
//! 3. [`Backend::spawn_blocking`] runs each job on a thread that may block, within the runtime's context, so
//!    that native timers and sockets work there. There is no order and no limit: the core's limiter has let
//!    the job through. A job that will never run is dropped.
//! 4. A [`Timer`] is never early on the clock that [`Backend::now`] reads, and wakes the waker of its
//!    last poll.
//! 5. All of it works from any thread, within the runtime's context or outside.
//!
//! # What a backend must not do
//!
//! - Own the runtime. A [`Backend`] is reachable from tasks and from handles that users keep; the
//!   last of them may be dropped on a worker thread, and a runtime dropped there joins itself. The
//!   owner is what [`Launch::launch`] gives: it stays in the frame of `run`.
//! - Catch panics or forward them. A [`Task`] and a [`Job`] never unwind.
//! - Poll a task while its spawner waits, retry, reorder for fairness across calls, or cancel.
//!
//! # Traps
//!
//! - Native handles differ: dropping a tokio or async-std handle detaches, dropping a smol task
//!   cancels it. A backend detaches, always.
//! - tokio's cooperative budget lets a timer answer "pending" after a busy body: poll timers
//!   unconstrained.
//! - A timer created outside the runtime's context panics on tokio: enter it first.
//! - The clock of a timer and [`Backend::now`] must be one clock (tokio's can be paused).
//!
//! A complete backend of under 150 lines of code is in the conformance suite's own tests; read it first, then
//! `anyrt-tokio`. `anyrt_conformance::suite!` tells whether yours keeps the rules.

#![forbid(unsafe_code)]

mod task;
mod thread;
mod time;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

pub use task::{Job, Task, Work};
pub use time::Timer;

/// Which runtime a backend stands for, within the process.
///
/// Two backends with equal ids are the same runtime: they share its limiter and its statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuntimeId {
    kind: &'static str,
    number: u64,
}

impl RuntimeId {
    /// The runtime with this number among those of its kind.
    pub const fn new(kind: &'static str, number: u64) -> Self {
        Self { kind, number }
    }
}

impl fmt::Display for RuntimeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.kind, self.number)
    }
}

/// A handle of a running runtime.
///
/// The [crate documentation](crate) says what an implementation must and must not do.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The runtime's name, as its users write it: `"tokio"`.
    fn name(&self) -> &'static str;

    /// Which runtime this is.
    fn id(&self) -> RuntimeId;

    /// Runs a task to its end, detached.
    fn spawn(&self, task: Task);

    /// Runs a job on a thread that may block, detached.
    fn spawn_blocking(&self, job: Job);

    /// Runs a job on a thread of its own, detached, within the runtime's context. It never waits for the threads
    /// of the pool, whatever is at work there. A job that will never run is dropped.
    fn spawn_thread(self: Arc<Self>, job: Job) {
        thread::spawn_thread(self, job);
    }

    /// Polls a future until it is ready, on a thread that runs a job and sleeps meanwhile.
    ///
    /// It returns earlier only where the runtime has ended and nobody is left to wake the future.
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        thread::block_on(future);
    }

    /// Runs code on a thread that is not the runtime's, within the runtime's context, if it has one: what
    /// [`spawn_blocking`](Self::spawn_blocking) gives to jobs.
    fn enter(&self, code: &mut dyn FnMut()) {
        code();
    }

    /// A timer that is ready once [`now`](Self::now) has reached `at`.
    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>>;

    /// What a test kit put around the runtime, for that kit to find again.
    fn test_kit(&self) -> Option<&(dyn Any + Send + Sync)> {
        None
    }

    /// The runtime's clock.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// The options of a runtime that is not running yet: what `anyrt::run` takes.
pub trait Launch: fmt::Debug {
    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// Whatever keeps the runtime from starting: no thread to be had, no I/O driver.
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>>;
}

impl<L: Launch + ?Sized> Launch for Box<L> {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        (*self).launch()
    }
}

/// A running runtime and its owner. Dropping it stops the runtime.
pub trait Running: fmt::Debug {
    /// The handle that tasks use.
    fn backend(&self) -> Arc<dyn Backend>;

    /// Polls `main` on the calling thread until it is ready.
    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>);

    /// Stops the runtime without waiting for blocking jobs that are still at work.
    ///
    /// The core calls this where a closure was abandoned and may never return; otherwise the runtime
    /// is dropped.
    fn abandon(self: Box<Self>);
}
