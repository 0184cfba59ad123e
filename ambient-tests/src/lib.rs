//! What the ambient tests share: foreign observers that wait without being operations of anyrt.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// How long [`in_time`] waits before it calls a test hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `f` on a thread of its own and fails if it does not return.
///
/// # Panics
///
/// Resumes a panic of `f`, and panics if `f` hangs.
pub fn in_time<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        let value = f();
        let _ = done.send(());
        value
    });
    if end.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("no end after {PATIENCE:?}");
    }
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Counts guards that are alive.
#[derive(Clone, Debug, Default)]
pub struct Alive(Arc<AtomicUsize>);

impl Alive {
    /// Nobody is alive yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one more, until the guard is dropped.
    pub fn enter(&self) -> AliveGuard {
        self.0.fetch_add(1, SeqCst);
        AliveGuard(self.0.clone())
    }

    /// How many guards are alive.
    pub fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// One that is alive.
#[derive(Debug)]
pub struct AliveGuard(Arc<AtomicUsize>);

impl Drop for AliveGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
