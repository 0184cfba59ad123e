//! The runtimes that cases run on, with and without this library.
//!
//! Every measurement has a runtime of its own, made before the clock starts
//! and gone after it stopped. Work that spawns is done by a spawned task, as in
//! a server, not by the thread that started the runtime: a peer's task is
//! spawned on a plain runtime, ours by a group at the root of `anyrt::run`.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;

use anyrt::{Smol, Tokio};
use smol::Executor;
use smol::future::block_on;

use crate::runner::{Case, Load};
use crate::watch::{Sample, Watch};

/// Worker threads of the flavours that have several.
pub const WORKERS: usize = 2;

/// A flavour of runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// tokio's multi-threaded scheduler.
    TokioThreads,
    /// tokio's current-thread scheduler.
    TokioSingle,
    /// smol's executor on several threads.
    Smol,
}

impl Host {
    /// All flavours.
    pub const ALL: [Host; 3] = [Host::TokioThreads, Host::TokioSingle, Host::Smol];

    /// The flavours of tokio.
    pub const TOKIO: [Host; 2] = [Host::TokioThreads, Host::TokioSingle];

    /// How lines call it.
    pub fn name(self) -> &'static str {
        match self {
            Host::TokioThreads => "tokio mt",
            Host::TokioSingle => "tokio ct",
            Host::Smol => "smol",
        }
    }

    /// A case of this library.
    pub fn ours<F>(self, work: impl Fn(Load) -> F + 'static) -> Case
    where
        F: Future<Output = Sample> + Send + 'static,
    {
        Box::new(move |load| self.run(in_task(work(load))))
    }

    /// A case of this library whose work is the main future itself.
    pub fn ours_in_main<F>(self, work: impl Fn(Load) -> F + 'static) -> Case
    where
        F: Future<Output = Sample> + 'static,
    {
        Box::new(move |load| self.run(work(load)))
    }

    fn run(self, main: impl Future<Output = Sample>) -> Sample {
        let ended = match self {
            Host::TokioThreads => anyrt::run(Tokio::multi_thread().worker_threads(WORKERS), main),
            Host::TokioSingle => anyrt::run(Tokio::current_thread(), main),
            Host::Smol => anyrt::run(Smol::threads(WORKERS), main),
        };
        ended.expect("no runtime runs on this thread")
    }

    /// A case that needs no more of the runtime than that it polls a task.
    pub fn plain<F>(self, work: impl Fn(Load) -> F + 'static) -> Case
    where
        F: Future<Output = Sample> + Send + 'static,
    {
        match self {
            Host::Smol => Box::new(move |load| on_executor(|_| work(load))),
            _ => Box::new(move |load| {
                let runtime = self.tokio();
                let task = runtime.spawn(work(load));
                runtime.block_on(task).expect("a case does not panic")
            }),
        }
    }

    /// A case whose work is the main future of a plain runtime.
    pub fn plain_in_main<F>(self, work: impl Fn(Load) -> F + 'static) -> Case
    where
        F: Future<Output = Sample> + 'static,
    {
        match self {
            Host::Smol => Box::new(move |load| block_on(work(load))),
            _ => Box::new(move |load| self.tokio().block_on(work(load))),
        }
    }

    /// Ours where a yield costs the runtime least: loops that yield compare what is around the yield.
    ///
    /// A threaded scheduler wakes a second worker for each yield of a task; its main future only
    /// polls again. With the current thread it is the other way round: a yield of the main future
    /// visits the driver.
    pub fn ours_where_yields_are_cheap<F>(self, work: impl Fn(Load) -> F + 'static) -> Case
    where
        F: Future<Output = Sample> + Send + 'static,
    {
        match self {
            Host::TokioSingle => self.ours(work),
            _ => self.ours_in_main(work),
        }
    }

    /// A plain case at the same place.
    pub fn plain_where_yields_are_cheap<F>(self, work: impl Fn(Load) -> F + 'static) -> Case
    where
        F: Future<Output = Sample> + Send + 'static,
    {
        match self {
            Host::TokioSingle => self.plain(work),
            _ => self.plain_in_main(work),
        }
    }

    fn tokio(self) -> tokio::runtime::Runtime {
        let mut builder = match self {
            Host::TokioThreads => tokio::runtime::Builder::new_multi_thread(),
            _ => tokio::runtime::Builder::new_current_thread(),
        };
        let builder = builder.worker_threads(WORKERS).enable_all();
        builder.build().expect("a runtime can be built")
    }
}

/// A case on smol's executor that spawns on it.
pub fn smol<F>(work: impl Fn(Load, Arc<Executor<'static>>) -> F + 'static) -> Case
where
    F: Future<Output = Sample> + Send + 'static,
{
    Box::new(move |load| on_executor(|executor| work(load, executor)))
}

fn on_executor<F>(work: impl FnOnce(Arc<Executor<'static>>) -> F) -> Sample
where
    F: Future<Output = Sample> + Send + 'static,
{
    let executor = Arc::new(Executor::new());
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| smol::block_on(executor.run(stopped.recv())));
        }
        let sample = block_on(executor.spawn(work(executor.clone())));
        drop(stop);
        sample
    })
}

async fn in_task<F>(work: F) -> Sample
where
    F: Future<Output = Sample> + Send + 'static,
{
    let ended = anyrt::task_group(async |group| group.spawn(work).await).await;
    let sample = ended.expect("nobody cancels the root");
    sample.expect("a case neither panics nor is cancelled")
}

/// Warms up with one batch and times the others.
pub async fn timed<F>(load: Load, batch: impl Fn(usize) -> F) -> Sample
where
    F: Future<Output = ()>,
{
    batch(load.batch).await;
    let watch = Watch::start();
    for _ in 0..load.repeat {
        batch(load.batch).await;
    }
    watch.stop()
}

/// As [`timed`], for batches that measure a part of what they do.
pub async fn summed<F>(load: Load, batch: impl Fn(usize) -> F) -> Sample
where
    F: Future<Output = Sample>,
{
    batch(load.batch).await;
    let mut sum = Sample::default();
    for _ in 0..load.repeat {
        sum = sum + batch(load.batch).await;
    }
    sum
}

/// A batch that is a loop of one operation.
pub async fn each<F: Future>(n: usize, operation: impl Fn() -> F) {
    for _ in 0..n {
        black_box(operation().await);
    }
}
