//! Starting and stopping a tokio runtime.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use anyrt_backend::{Backend, Launch, Running};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::TokioBackend;

/// The options of a tokio runtime of one's own, for `anyrt::run`.
///
/// ```
/// use anyrt_tokio::Tokio;
///
/// let options = Tokio::multi_thread().worker_threads(2);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `anyrt::run` takes them"]
pub struct Tokio {
    multi_thread: bool,
    worker_threads: Option<usize>,
}

impl Tokio {
    /// A runtime with worker threads; as many as there are cores unless told otherwise.
    pub fn multi_thread() -> Self {
        Self {
            multi_thread: true,
            worker_threads: None,
        }
    }

    /// A runtime that runs everything on the thread that calls `run`.
    pub fn current_thread() -> Self {
        Self {
            multi_thread: false,
            worker_threads: None,
        }
    }

    /// How many worker threads a multi-thread runtime has; zero counts as one.
    ///
    /// Without effect on a current-thread runtime, which has none.
    pub fn worker_threads(mut self, threads: usize) -> Self {
        self.worker_threads = Some(threads.max(1));
        self
    }

    /// The runtime that is current on this thread, for `anyrt::attach`; `None` outside of tokio.
    pub fn current() -> Option<Arc<dyn Backend>> {
        Handle::try_current().ok().map(Self::from_handle)
    }

    /// The runtime behind a tokio handle, for `anyrt::attach`.
    pub fn from_handle(handle: Handle) -> Arc<dyn Backend> {
        Arc::new(TokioBackend(handle))
    }

    fn builder(&self) -> Builder {
        if !self.multi_thread {
            return Builder::new_current_thread();
        }
        let mut builder = Builder::new_multi_thread();
        if let Some(threads) = self.worker_threads {
            builder.worker_threads(threads);
        }
        builder
    }
}

impl Default for Tokio {
    fn default() -> Self {
        Self::multi_thread()
    }
}

impl Launch for Tokio {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        let runtime = self.builder().enable_all().build()?;
        Ok(Box::new(RunningTokio(runtime)))
    }
}

/// The owner of a tokio runtime.
#[derive(Debug)]
struct RunningTokio(Runtime);

impl Running for RunningTokio {
    fn backend(&self) -> Arc<dyn Backend> {
        Tokio::from_handle(self.0.handle().clone())
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        self.0.block_on(main);
    }

    fn abandon(self: Box<Self>) {
        self.0.shutdown_background();
    }
}
