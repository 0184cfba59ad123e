//! The tokio backend of anyrt.
//!
//! Native: tasks, timers (with tokio's pausable clock), the blocking pool. Emulated: nothing.
//! Known differences: timers have tokio's granularity of one millisecond and round up; a paused clock does not
//! advance by itself while a blocking call is at work, also where that waits in `from_thread::run`.

#![forbid(unsafe_code)]

mod blocking;
mod launch;
mod spawn;
mod time;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::time::Instant;

use anyrt_backend::{Backend, Job, RuntimeId, Task, Timer};
use tokio::runtime::Handle;

pub use launch::Tokio;

/// A handle of a tokio runtime.
#[derive(Debug)]
struct TokioBackend(Handle);

impl Backend for TokioBackend {
    fn name(&self) -> &'static str {
        "tokio"
    }

    fn id(&self) -> RuntimeId {
        id_of(&self.0)
    }

    fn spawn(&self, task: Task) {
        spawn::spawn(&self.0, task);
    }

    fn spawn_blocking(&self, job: Job) {
        blocking::spawn_blocking(&self.0, job);
    }

    fn enter(&self, code: &mut dyn FnMut()) {
        let _entered = self.0.enter();
        code();
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        time::timer(&self.0, at)
    }

    fn now(&self) -> Instant {
        time::now(&self.0)
    }
}

/// The id of the runtime that is current on this thread, if any, without making its backend.
pub fn current_id() -> Option<RuntimeId> {
    Handle::try_current().ok().map(|handle| id_of(&handle))
}

/// tokio shows the number of a runtime only through `Hash` and `Display`.
fn id_of(handle: &Handle) -> RuntimeId {
    let mut hasher = DefaultHasher::new();
    handle.id().hash(&mut hasher);
    RuntimeId::new("tokio", hasher.finish())
}
