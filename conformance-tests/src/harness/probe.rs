//! Observers: a trace of what happened, and futures that count their polls and drops.

use std::{
    fmt,
    future::{Future, pending},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

/// A list of things that happened, in order, shared by all who note something.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    entries: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    /// An empty trace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `entry` happened.
    pub fn push(&self, entry: impl Into<String>) {
        let entry = entry.into();
        self.lock().push(entry);
    }

    /// Takes what has been noted so far.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lock())
    }

    /// What has been noted so far.
    pub fn snapshot(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// How often `entry` has been noted.
    pub fn count(&self, entry: &str) -> usize {
        self.lock().iter().filter(|noted| *noted == entry).count()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes in a trace that it was dropped.
#[derive(Debug)]
pub struct DropProbe {
    trace: Trace,
    text: String,
}

impl DropProbe {
    /// A probe that notes `text` in `trace` when it is dropped.
    pub fn new(trace: &Trace, text: impl Into<String>) -> Self {
        Self {
            trace: trace.clone(),
            text: text.into(),
        }
    }
}

impl Drop for DropProbe {
    fn drop(&mut self) {
        self.trace.push(std::mem::take(&mut self.text));
    }
}

#[derive(Default)]
struct Counts {
    polls: AtomicUsize,
    drops: AtomicUsize,
}

/// Tells how often a counted future was polled and dropped.
#[derive(Clone, Default)]
pub struct Counter {
    counts: Arc<Counts>,
}

impl Counter {
    /// How often the future has been polled.
    pub fn polls(&self) -> usize {
        self.counts.polls.load(Ordering::SeqCst)
    }

    /// How often the future has been dropped: 0 or 1.
    pub fn drops(&self) -> usize {
        self.counts.drops.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("polls", &self.polls())
            .field("drops", &self.drops())
            .finish()
    }
}

/// A future that counts its polls and its drop.
pub struct Counted<F> {
    inner: Pin<Box<F>>,
    counter: Counter,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.counter.counts.polls.fetch_add(1, Ordering::SeqCst);
        self.inner.as_mut().poll(cx)
    }
}

impl<F> Drop for Counted<F> {
    fn drop(&mut self) {
        self.counter.counts.drops.fetch_add(1, Ordering::SeqCst);
    }
}

impl<F> fmt::Debug for Counted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counted").field(&self.counter).finish()
    }
}

/// Wraps `fut` so that its polls and its drop are counted.
pub fn counted<F: Future>(fut: F) -> (Counted<F>, Counter) {
    let counter = Counter::default();
    let counted = Counted {
        inner: Box::pin(fut),
        counter: counter.clone(),
    };
    (counted, counter)
}

/// A counted future that is never ready.
pub fn pending_counted() -> (impl Future<Output = ()> + Send + Unpin + 'static, Counter) {
    counted(pending())
}
