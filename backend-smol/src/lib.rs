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
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use anyrt_backend::{Backend, Job, RuntimeId, Task, Timer};

pub use launch::{Smol, current_id};

/// A handle of a smol executor: the global one, or one of our own.
#[derive(Debug)]
struct SmolBackend {
    executor: Option<Arc<Own>>,
    id: RuntimeId,
}

/// An executor of our own, until its workers have stopped. Its tasks keep this alive, so it must not keep them.
#[derive(Debug)]
struct Own {
    executor: RwLock<Option<Arc<Executor>>>,
}

type Executor = smol::Executor<'static>;

impl Own {
    fn new(executor: Arc<Executor>) -> Arc<Self> {
        Arc::new(Self {
            executor: RwLock::new(Some(executor)),
        })
    }

    /// Gives the task back where the workers have stopped.
    fn spawn(&self, task: Task) -> Result<(), Task> {
        let executor = self.executor.read().unwrap_or_else(PoisonError::into_inner);
        let Some(executor) = &*executor else {
            return Err(task);
        };
        executor.spawn(task).detach();
        Ok(())
    }

    /// Lets go of the executor: nobody polls its tasks any more, and nobody spawns another one.
    fn stop(&self) {
        let executor = {
            let executor = self.executor.write();
            executor.unwrap_or_else(PoisonError::into_inner).take()
        };
        // With no lock held: the tasks are dropped with it, and may spawn.
        drop(executor);
    }
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
