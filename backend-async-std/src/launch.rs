//! Entering async-std's global runtime.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use anyrt_backend::{Backend, Launch, Running};

use crate::AsyncStdBackend;

/// async-std's global runtime, for `anyrt::run`. Its threads are set by `ASYNC_STD_THREAD_COUNT`.
///
/// ```
/// use anyrt_async_std::AsyncStd;
///
/// let options = AsyncStd::new();
/// # drop(options);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until `anyrt::run` takes them"]
pub struct AsyncStd(());

impl AsyncStd {
    /// The global runtime, to be run.
    pub fn new() -> Self {
        Self(())
    }

    /// The global runtime, if this thread is polling one of its tasks.
    pub fn current() -> Option<Arc<dyn Backend>> {
        async_std::task::try_current().map(|_| Self::global())
    }

    /// The global runtime, for `anyrt::attach`.
    pub fn global() -> Arc<dyn Backend> {
        Arc::new(AsyncStdBackend)
    }
}

impl Launch for AsyncStd {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        Ok(Box::new(RunningAsyncStd))
    }
}

/// async-std's runtime as `run` holds it: nobody owns it.
#[derive(Debug)]
struct RunningAsyncStd;

impl Running for RunningAsyncStd {
    fn backend(&self) -> Arc<dyn Backend> {
        AsyncStd::global()
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        async_std::task::block_on(main);
    }

    fn abandon(self: Box<Self>) {}
}
