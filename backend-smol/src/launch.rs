//! Starting and stopping an executor with threads of its own.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

use anyrt_backend::{Backend, Launch, Running, RuntimeId};
use event_listener::Event;

use crate::{Executor, Own, SmolBackend};

/// The options of a smol executor of one's own, for `anyrt::run`.
///
/// ```
/// use anyrt_smol::Smol;
///
/// let options = Smol::threads(2);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `anyrt::run` takes them"]
pub struct Smol {
    threads: usize,
}

impl Smol {
    /// An executor with this many worker threads; zero counts as one.
    ///
    /// The main future stays on the thread that calls `run`, beside the workers.
    pub fn threads(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
        }
    }

    /// The executor behind `smol::spawn`, for `anyrt::attach`.
    pub fn global() -> Arc<dyn Backend> {
        Arc::new(SmolBackend {
            executor: None,
            id: RuntimeId::new("smol", 0),
        })
    }

    /// The executor of our own that this thread works for; the global one's threads cannot be told.
    pub fn current() -> Option<Arc<dyn Backend>> {
        let (own, id) = current()?;
        Some(Arc::new(SmolBackend {
            executor: Some(own.upgrade()?),
            id,
        }))
    }
}

thread_local! {
    static CURRENT: RefCell<Option<(Weak<Own>, RuntimeId)>> = const { RefCell::new(None) };
}

fn current() -> Option<(Weak<Own>, RuntimeId)> {
    CURRENT.try_with(|current| current.borrow().clone()).ok()?
}

/// The id of the executor that this thread works for, if it is one of our own.
pub fn current_id() -> Option<RuntimeId> {
    Some(current()?.1)
}

/// Says which executor this thread works for, until it is dropped.
struct Current(Option<(Weak<Own>, RuntimeId)>);

impl Current {
    fn enter(own: &Arc<Own>, id: RuntimeId) -> Self {
        Self(CURRENT.with(|current| current.replace(Some((Arc::downgrade(own), id)))))
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let outer = self.0.take();
        let _ = CURRENT.try_with(|current| current.replace(outer));
    }
}

impl Default for Smol {
    fn default() -> Self {
        Self::threads(thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Launch for Smol {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let executor = Arc::new(Executor::new());
        let mut running = RunningSmol {
            own: Own::new(executor.clone()),
            id: RuntimeId::new("smol", NUMBER.fetch_add(1, Ordering::Relaxed)),
            stop: Arc::new(Event::new()),
            workers: Vec::new(),
        };
        for number in 0..self.threads {
            let worker = running.start_worker(number, executor.clone())?;
            running.workers.push(worker);
        }
        Ok(Box::new(running))
    }
}

/// The owner of an executor and its workers.
#[derive(Debug)]
struct RunningSmol {
    own: Arc<Own>,
    id: RuntimeId,
    stop: Arc<Event>,
    workers: Vec<JoinHandle<()>>,
}

impl RunningSmol {
    fn start_worker(&self, number: usize, executor: Arc<Executor>) -> io::Result<JoinHandle<()>> {
        let (own, id) = (self.own.clone(), self.id);
        // The listener exists before the thread does, so that no stop is missed.
        let stop = self.stop.listen();
        thread::Builder::new()
            .name(format!("anyrt-smol-{number}"))
            .spawn(move || {
                let _current = Current::enter(&own, id);
                smol::block_on(executor.run(stop))
            })
    }
}

impl Running for RunningSmol {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(SmolBackend {
            executor: Some(self.own.clone()),
            id: self.id,
        })
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        let _current = Current::enter(&self.own, self.id);
        // Not `smol::block_on`: it visits the reactor at every yield of main, and the workers
        // drive that already.
        smol::future::block_on(main);
    }

    fn abandon(self: Box<Self>) {
        // The blocking pool belongs to the process and outlives every executor.
        drop(self);
    }
}

impl Drop for RunningSmol {
    fn drop(&mut self) {
        self.stop.notify(usize::MAX);
        for worker in self.workers.drain(..) {
            // A task never unwinds, so neither does a worker.
            let _ = worker.join();
        }
        self.own.stop();
    }
}
