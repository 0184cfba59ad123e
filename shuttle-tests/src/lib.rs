//! Whole groups under random schedules: a backend whose tasks and threads are shuttle's, which may switch between them at
//! every lock and every atomic step of the core.
//!
//! `RUSTFLAGS="--cfg anyrt_shuttle" cargo test -p anyrt-shuttle-tests --release`. A failure prints its schedule; shuttle's
//! `replay` runs that one again.

#![forbid(unsafe_code)]
#![cfg(anyrt_shuttle)]

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Instant;

use anyrt::backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer};
use anyrt::testing::MockClock;

/// The backend. Its clock jumps, so nothing takes time.
#[derive(Debug)]
struct Shuttle;

impl Launch for Shuttle {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        Ok(Box::new(Shuttle))
    }
}

impl Running for Shuttle {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(Shuttle)
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        poll_until_ready(main);
    }

    fn abandon(self: Box<Self>) {}
}

impl Backend for Shuttle {
    fn name(&self) -> &'static str {
        "shuttle"
    }

    fn id(&self) -> RuntimeId {
        RuntimeId::new("shuttle", 0)
    }

    fn spawn(&self, task: Task) {
        drop(shuttle::future::spawn(task));
    }

    fn spawn_blocking(&self, job: Job) {
        shuttle::thread::spawn(move || job.run());
    }

    fn spawn_thread(self: Arc<Self>, job: Job) {
        self.spawn_blocking(job);
    }

    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        poll_until_ready(future);
    }

    fn timer(&self, _: Instant) -> Pin<Box<dyn Timer>> {
        unreachable!("the clock around it has the timers")
    }
}

/// What shuttle's `block_on` does, for a future that is borrowed.
fn poll_until_ready(mut future: Pin<&mut dyn Future<Output = ()>>) {
    let thread = shuttle::thread::current();
    let waker = Arc::new(Unpark(thread)).into();
    while future
        .as_mut()
        .poll(&mut Context::from_waker(&waker))
        .is_pending()
    {
        shuttle::thread::park();
    }
}

struct Unpark(shuttle::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The backend, with a clock that jumps.
pub fn launch() -> impl Launch {
    MockClock::new().autojump().on(Shuttle)
}

/// Runs a program under many schedules: random ones, and such as delay one task for long.
pub fn check<F: Future>(program: impl Fn() -> F + Send + Sync + 'static) {
    let program = Arc::new(program);
    let times = std::env::var("ANYRT_SCHEDULES").ok();
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(500);
    let again = program.clone();
    shuttle::check_random(move || run(again()), times);
    shuttle::check_pct(move || run(program()), times, 3);
}

fn run<F: Future>(main: F) {
    // What is dropped by foreign code here is dropped on purpose.
    let runner = anyrt::Runner::new(launch()).on_report(drop);
    if let Err(error) = runner.run(main) {
        panic!("{error}");
    }
}

/// Counts what is alive, by hand-written futures: an async block drops what it captured when its body ends.
#[derive(Clone, Debug, Default)]
pub struct Alive(Arc<AtomicUsize>);

impl Alive {
    /// Nothing is alive.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much is alive.
    pub fn count(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// A future that counts as long as it is there, also after it is ready.
    pub fn count_in<F: Future>(&self, future: F) -> Counted<F> {
        self.0.fetch_add(1, SeqCst);
        Counted {
            future: Box::pin(future),
            alive: self.clone(),
        }
    }
}

/// See [`Alive::count_in`].
#[derive(Debug)]
pub struct Counted<F> {
    future: Pin<Box<F>>,
    alive: Alive,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.future.as_mut().poll(cx)
    }
}

impl<F> Drop for Counted<F> {
    fn drop(&mut self) {
        // Room for who counts a task out before it is gone.
        shuttle::thread::yield_now();
        self.alive.0.fetch_sub(1, SeqCst);
    }
}
