//! Something that happens once, and that any number of tasks wait for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::label::{self, Label};
use super::queue::{Ended, Seat, Wait, WaitQueue, Woken};
use crate::checkpoint::spend_budget;
use crate::loom::{AtomicBool, Mutex, Ordering};
use crate::renewal::Renewal;
use crate::scope::current;
use crate::task::Place;

/// An event that is set once and stays set.
///
/// It is one-shot, as AnyIO's: one that can be cleared again has no answer to who has seen it. Make a new one
/// instead. Keeps PR1 and PR2.
///
/// ```
/// use anyrt::sync::Event;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let ready = &Event::new();
/// anyrt::local_task_group(async |g| {
///     g.spawn(async { ready.wait().await });
///     ready.set();
/// })
/// .await
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Event {
    set: AtomicBool,
    queue: Mutex<WaitQueue<(), ()>>,
}

/// An event's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventStatistics {
    /// How many tasks wait for it.
    pub waiting: usize,
}

impl Event {
    /// An event that has not happened.
    #[track_caller]
    pub fn new() -> Self {
        Self::of(Label::new("event", Place::caller()))
    }

    /// An event with a name, by which the task tree tells it from others.
    #[track_caller]
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self::of(Label::new("event", Place::caller()).named(name))
    }

    pub(crate) fn of(label: Label) -> Self {
        Self {
            set: AtomicBool::new(false),
            queue: Mutex::new(WaitQueue::new(label)),
        }
    }

    /// Sets it, from any thread, and wakes all who wait. Says whether this was the call that did.
    pub fn set(&self) -> bool {
        let mut woken = Woken::default();
        let first = {
            let mut queue = self.queue.lock();
            let first = !self.set.swap(true, Ordering::AcqRel);
            while queue.grant(&mut woken, |()| ()) {}
            first
        };
        woken.wake();
        first
    }

    /// Whether it has been set.
    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    /// Waits until it is set.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it never completes (SC4). One that waited when the event was set
    /// completes, also where a cancel comes before its next poll.
    pub fn wait(&self) -> EventWait<'_> {
        EventWait {
            event: self,
            wait: Wait::default(),
        }
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> EventStatistics {
        EventStatistics {
            waiting: self.queue.lock().waiting(),
        }
    }
}

impl Default for Event {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.queue.lock().subject().name();
        label::debug(f, "Event", name)
            .field("set", &self.is_set())
            .field("waiting", &self.statistics().waiting)
            .finish()
    }
}

/// The future of [`Event::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct EventWait<'a> {
    event: &'a Event,
    wait: Wait,
}

impl Future for EventWait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let event = self.event;
        let look = |key, waker: &mut Renewal<'_>| event.queue.lock().poll(key, waker);
        if let Some(Ended::Granted(())) = ready!(self.wait.poll(cx, look)) {
            return Poll::Ready(());
        }
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        if event.is_set() {
            return Poll::Ready(());
        }
        let seat = Seat::here(cx);
        let mut queue = event.queue.lock();
        // It may have been set meanwhile.
        if event.is_set() {
            return Poll::Ready(());
        }
        let waiting = queue.push((), seat);
        drop(queue);
        self.wait.begin(waiting);
        Poll::Pending
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.wait.take() {
            let (waker, _) = self.event.queue.lock().leave(key);
            drop(waker);
        }
    }
}
