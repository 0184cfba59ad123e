//! What a backend runs: tasks and blocking jobs, both opaque.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A task that the core built: a future to be polled until it is ready.
///
/// It never unwinds, neither from a poll nor from its drop, and may be dropped instead of polled.
#[must_use = "a task that is dropped ends as cancelled"]
pub struct Task(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Task {
    /// Wraps a future that never unwinds.
    pub fn new(future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Self {
        Self(future)
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

/// What a [`Job`] does. Neither of the two unwinds.
pub trait Work: Send + Sync {
    /// Runs it, on a thread that may block.
    fn run(self: Arc<Self>);

    /// It will never run.
    fn dropped(self: Arc<Self>);
}

/// A blocking job that the core built: it runs once, on a thread that may block.
///
/// It never unwinds, and may be dropped instead of run.
#[must_use = "a job that is dropped never runs"]
pub struct Job(Option<Arc<dyn Work>>);

impl Job {
    /// A job that does this.
    pub fn new(work: Arc<dyn Work>) -> Self {
        Self(Some(work))
    }

    /// Runs the job to its end.
    pub fn run(mut self) {
        if let Some(work) = self.0.take() {
            work.run();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            work.dropped();
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}
