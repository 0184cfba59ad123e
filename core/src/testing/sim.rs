//! A runtime for tests: one thing at a time, in an order that a seed chooses.
//!
//! It is a backend like any other, and the second one to read for whoever writes one (the first is the toy in the
//! conformance suite). Time and rest come from [`Watched`], which is around it. What is left is a queue: `turns` holds
//! whose turn may be next, the loop below gives it, and `workers` makes the threads of blocking calls wait for theirs.
//!
//! # Always true
//!
//! 1. One thread runs at a time: the one that called `run`, or one blocking call to which it has handed over.
//! 2. So what happens depends on the program and the seed alone. [`Sim::with_threads`] gives this up.

mod turns;
mod workers;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Waker};
use std::time::Instant;

use anyrt_backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer};

use super::clock::MockClock;
use turns::{Turn, Turns};

/// A deterministic runtime: one thread, tasks that take turns in an order chosen by a seed, and a clock that
/// jumps to the next deadline when nothing can run.
///
/// The same seed gives the same run, so a failure is found again. When nothing can run and no deadline is left, `run`
/// returns [`RunError::Deadlock`](crate::RunError) with the task tree.
///
/// Blocking calls are modelled: a closure runs to its end, or to its next `from_thread::run`, while everything else
/// stands still. It must not wait for tasks in another way, and nothing outside of the runtime may be waited for; a
/// program that does needs [`with_threads`](Self::with_threads).
///
/// ```
/// use anyrt::{checkpoint, testing::Sim};
/// use std::cell::RefCell;
///
/// // Two tasks race; each seed decides it in its own way, always the same.
/// let winner = |seed| {
///     let order = RefCell::new(Vec::new());
///     anyrt::run(Sim::new(seed), anyrt::local_task_group(async |g| {
///         for name in ["a", "b"] {
///             let order = &order;
///             g.spawn(async move {
///                 checkpoint().await;
///                 order.borrow_mut().push(name);
///             });
///         }
///     }))??;
///     Ok::<_, Box<dyn std::error::Error>>(order.into_inner()[0])
/// };
/// assert_eq!(winner(7)?, winner(7)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `anyrt::run` takes them"]
pub struct Sim {
    seed: u64,
    threads: bool,
}

impl Sim {
    /// The runtime whose order this seed chooses.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            threads: false,
        }
    }

    /// For programs with threads of their own: blocking calls run beside the tasks, and when nothing can run the
    /// runtime waits for a thread to wake somebody instead of reporting a deadlock. The clock still jumps. A run
    /// is no longer decided by its seed alone.
    pub fn with_threads(mut self) -> Self {
        self.threads = true;
        self
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Runs a test under many seeds: 0, 1, 2 .. Where the environment variable `ANYRT_SEED` is set, under that one
    /// alone.
    ///
    /// # Panics
    ///
    /// With the test, or with its deadlock. The seed is on the standard error, with what replays it.
    ///
    /// ```
    /// use anyrt::{sleep, testing::Sim};
    /// use std::time::Duration;
    ///
    /// Sim::check(100, || async {
    ///     sleep(Duration::from_secs(1)).await;
    /// });
    /// ```
    pub fn check<F: Future>(seeds: u64, mut test: impl FnMut() -> F) {
        Self::each_seed(seeds, |sim| {
            if let Err(error) = crate::run(sim, test()) {
                panic!("{error}");
            }
        });
    }

    /// Runs something once for each seed, and says which one failed. As [`check`](Self::check), for what starts
    /// the runtime itself.
    ///
    /// # Panics
    ///
    /// With `run`.
    pub fn each_seed(seeds: u64, mut run: impl FnMut(Self)) {
        let only = std::env::var("ANYRT_SEED").ok();
        let only = only.and_then(|seed| seed.parse().ok());
        let seeds = only.map_or(0..seeds, |seed: u64| seed..seed.saturating_add(1));
        for seed in seeds {
            let says = SaysSeed(seed);
            run(Self::new(seed));
            drop(says);
        }
    }
}

/// Tells the seed of a run that panics.
struct SaysSeed(u64);

impl Drop for SaysSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            eprintln!("anyrt: this was seed {seed}; ANYRT_SEED={seed} runs it again");
        }
    }
}

impl Launch for Sim {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        Box::new(MockClock::new().autojump().on(Turning(*self))).launch()
    }
}

/// The simulation without its clock.
#[derive(Debug)]
struct Turning(Sim);

impl Launch for Turning {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let backend = SimBackend {
            id: RuntimeId::new("sim", NUMBER.fetch_add(1, Relaxed)),
            turns: Turns::new(self.0.seed, self.0.threads),
        };
        Ok(Box::new(RunningSim(Arc::new(backend))))
    }
}

/// The handle.
#[derive(Debug)]
struct SimBackend {
    id: RuntimeId,
    turns: Arc<Turns>,
}

impl Backend for SimBackend {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn id(&self) -> RuntimeId {
        self.id
    }

    fn spawn(&self, task: Task) {
        self.turns.add_task(task);
    }

    fn spawn_blocking(&self, job: Job) {
        self.turns.add_job(job);
    }

    fn spawn_thread(self: Arc<Self>, job: Job) {
        self.turns.add_job(job);
    }

    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        workers::block_on(&self.turns, future);
    }

    fn timer(&self, _: Instant) -> Pin<Box<dyn Timer>> {
        unreachable!("the clock around it has the timers")
    }
}

/// The owner.
#[derive(Debug)]
struct RunningSim(Arc<SimBackend>);

impl Running for RunningSim {
    fn backend(&self) -> Arc<dyn Backend> {
        self.0.clone()
    }

    fn block_on(&self, mut main: Pin<&mut dyn Future<Output = ()>>) {
        let turns = &self.0.turns;
        let waker = Waker::from(turns.add_main());
        // Nobody's turn: a deadlock, and the main future is not ready.
        while let Some(turn) = turns.next() {
            match turn {
                Turn::Main => {
                    if main
                        .as_mut()
                        .poll(&mut Context::from_waker(&waker))
                        .is_ready()
                    {
                        return;
                    }
                }
                Turn::Task(task) => turns.poll_task(&task),
                Turn::Job(job) => workers::start(turns, job),
                Turn::Worker(worker) => turns.hand_over(worker),
            }
        }
    }

    fn abandon(self: Box<Self>) {}
}

impl Drop for RunningSim {
    fn drop(&mut self) {
        self.0.turns.stop();
    }
}
