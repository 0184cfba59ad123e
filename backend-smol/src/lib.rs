//! The smol backend of anyrt.
//!
//! Native: tasks, timers, the blocking pool. `Smol::threads(n)` owns an executor and n worker threads;
//! `Smol::global()` is the executor behind `smol::spawn`, which has as many threads as `SMOL_THREADS`
//! says, one by default. Known differences: timers and the blocking pool are shared by the process.

#![forbid(unsafe_code)]

mod blocking;
mod launch;
mod spawn;
mod time;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyrt_backend::{Backend, Job, RuntimeId, Task, Timer};

pub use launch::{Smol, current_id};

/// A handle of a smol executor: the global one, or one of our own.
#[derive(Debug)]
struct SmolBackend {
    executor: Option<Arc<Own>>,
    id: RuntimeId,
}

/// An executor of our own, and whether its workers have stopped.
#[derive(Debug)]
struct Own {
    executor: smol::Executor<'static>,
    stopped: AtomicBool,
}

impl Backend for SmolBackend {
    fn name(&self) -> &'static str {
        "smol"
    }

    fn id(&self) -> RuntimeId {
        self.id
    }

    fn spawn(&self, task: Task) {
        spawn::spawn(self.executor.as_deref(), task);
    }

    fn spawn_blocking(&self, job: Job) {
        blocking::spawn_blocking(job);
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        time::timer(at)
    }
}
