//! A foreign event.
//!
//! Level triggered: once set it stays set, and every wait on it, earlier or later, ends.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

#[derive(Default)]
struct State {
    set: bool,
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    threads: Condvar,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event that tasks and threads set and wait for.
#[derive(Clone, Default)]
pub struct Event {
    inner: Arc<Inner>,
}

impl Event {
    /// An event that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the event and wakes all who wait.
    pub fn set(&self) {
        let wakers = {
            let mut state = self.inner.lock();
            state.set = true;
            std::mem::take(&mut state.wakers)
        };
        self.inner.threads.notify_all();
        wakers.into_values().for_each(Waker::wake);
    }

    /// Whether the event has been set.
    pub fn is_set(&self) -> bool {
        self.inner.lock().set
    }

    /// Waits for the event in a task.
    pub fn wait(&self) -> EventWait {
        EventWait {
            inner: self.inner.clone(),
            key: None,
        }
    }

    /// Waits for the event in a thread.
    pub fn wait_blocking(&self) {
        let mut state = self.inner.lock();
        while !state.set {
            state = self
                .inner
                .threads
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sets the event when the guard is dropped: at the end of a block, and also when a test fails in the middle of it,
    /// so that whatever waits for the event does not hang.
    pub fn set_on_drop(&self) -> SetOnDrop {
        SetOnDrop {
            event: self.clone(),
        }
    }

    /// How many tasks are waiting at this moment.
    pub fn waiting(&self) -> usize {
        self.inner.lock().wakers.len()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("set", &self.is_set())
            .finish()
    }
}

/// The guard of [`Event::set_on_drop`].
#[derive(Debug)]
pub struct SetOnDrop {
    event: Event,
}

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.event.set();
    }
}

/// The future of [`Event::wait`].
pub struct EventWait {
    inner: Arc<Inner>,
    key: Option<u64>,
}

impl Future for EventWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut state = this.inner.lock();
        if state.set {
            return Poll::Ready(());
        }
        let key = *this.key.get_or_insert_with(|| {
            state.next += 1;
            state.next
        });
        let replaced = state.wakers.insert(key, cx.waker().clone());
        // A waker may own a task that waits here: it is dropped outside the lock.
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for EventWait {
    fn drop(&mut self) {
        let waker = self
            .key
            .and_then(|key| self.inner.lock().wakers.remove(&key));
        drop(waker);
    }
}

impl fmt::Debug for EventWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWait").finish_non_exhaustive()
    }
}

/// Gives `value` when the gate is open.
pub async fn after<T>(gate: &Event, value: T) -> T {
    gate.wait().await;
    value
}
