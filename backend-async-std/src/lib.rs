//! The async-std backend of anyrt.
//!
//! async-std is discontinued (RUSTSEC-2025-0052); this backend is the way out of it: code moved to
//! anyrt runs on async-std today and on another runtime tomorrow. Native: tasks, timers, the blocking
//! pool, all of them global to the process. Known differences: there is one runtime a process, and it
//! never stops.

#![forbid(unsafe_code)]

mod blocking;
mod launch;
mod spawn;
mod time;

use std::pin::Pin;
use std::time::Instant;

use anyrt_backend::{Backend, Job, RuntimeId, Task, Timer};

pub use launch::AsyncStd;

/// A handle of async-std's global runtime.
#[derive(Debug)]
struct AsyncStdBackend;

impl Backend for AsyncStdBackend {
    fn name(&self) -> &'static str {
        "async-std"
    }

    fn id(&self) -> RuntimeId {
        RuntimeId::new("async-std", 0)
    }

    fn spawn(&self, task: Task) {
        spawn::spawn(task);
    }

    fn spawn_blocking(&self, job: Job) {
        blocking::spawn_blocking(job);
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        time::timer(at)
    }
}
