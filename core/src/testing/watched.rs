//! A runtime under test: any backend, with its work counted and, if a test wants, another clock.
//!
//! Tasks, blocking calls and the main future are wrapped on their way to the backend; what they do is not looked at.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use anyrt_backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer, Work};

use super::pulse::Counted;
use super::watch::{Alarm, Watch};
use crate::loom::Mutex;

/// The options of a runtime whose work is counted, so that
/// [`wait_all_tasks_blocked`](super::wait_all_tasks_blocked) works on it. Its clock is its own.
///
/// `#[anyrt::test]` does this by itself.
///
/// ```
/// use anyrt::testing::{wait_all_tasks_blocked, watched};
///
/// anyrt::run(watched(anyrt::Tokio::multi_thread()), async {
///     anyrt::task_group(async |g| {
///         let child = g.spawn(anyrt::sleep_forever());
///         wait_all_tasks_blocked().await;
///         child.cancel();
///     })
///     .await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn watched<L: Launch>(launch: L) -> Watched<L> {
    Watched::new(Watch::new(), launch)
}

/// See [`watched`] and [`MockClock::on`](super::MockClock::on).
#[derive(Clone)]
#[must_use = "options do nothing until `anyrt::run` takes them"]
pub struct Watched<L> {
    watch: Arc<Watch>,
    launch: L,
}

impl<L> Watched<L> {
    pub(super) fn new(watch: Arc<Watch>, launch: L) -> Self {
        Self { watch, launch }
    }
}

impl<L: Launch + 'static> Launch for Watched<L> {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        let running = Box::new(self.launch).launch()?;
        Ok(Box::new(RunningWatched {
            watch: self.watch,
            running,
        }))
    }
}

impl<L: fmt::Debug> fmt::Debug for Watched<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.launch).finish()
    }
}

/// The owner of a runtime under test.
#[derive(Debug)]
struct RunningWatched {
    watch: Arc<Watch>,
    running: Box<dyn Running>,
}

impl Running for RunningWatched {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(WatchedBackend {
            watch: self.watch.clone(),
            backend: self.running.backend(),
        })
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        self.running.block_on(pin!(Counted::new(&self.watch, main)));
    }

    fn abandon(self: Box<Self>) {
        self.running.abandon();
    }
}

/// The watch of a runtime under test.
pub(super) fn watch_of(backend: &dyn Backend) -> Option<Arc<Watch>> {
    backend.test_kit()?.downcast_ref::<Arc<Watch>>().cloned()
}

/// The handle of a runtime under test. It is the same runtime as the one beneath.
#[derive(Debug)]
struct WatchedBackend {
    watch: Arc<Watch>,
    backend: Arc<dyn Backend>,
}

impl Backend for WatchedBackend {
    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn id(&self) -> RuntimeId {
        self.backend.id()
    }

    fn spawn(&self, task: Task) {
        let task = Counted::new(&self.watch, task);
        self.backend.spawn(Task::new(Box::pin(task)));
    }

    fn spawn_blocking(&self, job: Job) {
        self.backend.spawn_blocking(counted(&self.watch, job));
    }

    fn spawn_thread(self: Arc<Self>, job: Job) {
        let job = counted(&self.watch, job);
        self.backend.clone().spawn_thread(job);
    }

    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        self.backend
            .block_on(pin!(Counted::for_thread(&self.watch, future)));
    }

    fn enter(&self, code: &mut dyn FnMut()) {
        self.backend.enter(code);
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        if self.watch.now().is_none() {
            return self.backend.timer(at);
        }
        Box::pin(MockTimer {
            alarm: (at, self.watch.number()),
            watch: self.watch.clone(),
        })
    }

    fn test_kit(&self) -> Option<&(dyn Any + Send + Sync)> {
        Some(&self.watch)
    }

    fn now(&self) -> Instant {
        self.watch.now().unwrap_or_else(|| self.backend.now())
    }
}

/// A blocking job that is counted until it has ended.
struct CountedJob {
    watch: Arc<Watch>,
    job: Mutex<Option<Job>>,
}

fn counted(watch: &Arc<Watch>, job: Job) -> Job {
    watch.enter();
    Job::new(Arc::new(CountedJob {
        watch: watch.clone(),
        job: Mutex::new(Some(job)),
    }))
}

impl Work for CountedJob {
    fn run(self: Arc<Self>) {
        let job = self.job.lock().take();
        job.into_iter().for_each(Job::run);
        self.watch.leave();
    }

    fn dropped(self: Arc<Self>) {
        let job = self.job.lock().take();
        drop(job);
        self.watch.leave();
    }
}

/// A timer of a clock that a test moves.
struct MockTimer {
    watch: Arc<Watch>,
    alarm: Alarm,
}

impl Timer for MockTimer {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.watch.set_alarm(self.alarm, cx.waker()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        self.watch.drop_alarm(self.alarm);
        self.alarm.0 = at;
    }
}

impl Drop for MockTimer {
    fn drop(&mut self) {
        self.watch.drop_alarm(self.alarm);
    }
}
