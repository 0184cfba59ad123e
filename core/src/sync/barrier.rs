//! A place where a number of tasks wait for each other.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::label::{self, Label};
use super::queue::{Ended, Seat, Wait, WaitQueue, Woken};
use crate::checkpoint::spend_budget;
use crate::loom::Mutex;
use crate::renewal::Renewal;
use crate::scope::current;
use crate::task::Place;

/// A number of tasks that go on together; then it is as new.
///
/// A task that is cancelled while it waits has not come: the others wait for another one. Keeps PR1.
///
/// ```
/// use anyrt::sync::Barrier;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let barrier = &Barrier::new(2);
/// let last = anyrt::local_task_group(async |g| {
///     let other = g.spawn(async { barrier.wait().await });
///     let mine = barrier.wait().await;
///     mine != other.await.unwrap()
/// });
/// assert!(last.await?, "one of them came last");
/// # Ok::<(), anyrt::Cancelled>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Barrier {
    parties: usize,
    queue: Mutex<WaitQueue<(), ()>>,
}

/// A barrier's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BarrierStatistics {
    /// How many tasks go on together.
    pub parties: usize,
    /// How many of them wait.
    pub waiting: usize,
}

impl Barrier {
    /// A barrier for this many tasks; one for nobody lets each go on at once, as one for one does.
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        Self::of(Label::new("barrier", Place::caller()), parties)
    }

    /// A barrier with a name, by which the task tree tells it from others.
    #[track_caller]
    pub fn named(name: impl Into<Arc<str>>, parties: usize) -> Self {
        let label = Label::new("barrier", Place::caller());
        Self::of(label.named(name), parties)
    }

    fn of(label: Label, parties: usize) -> Self {
        Self {
            parties: parties.max(1),
            queue: Mutex::new(WaitQueue::new(label)),
        }
    }

    /// Waits for the others. Says whether this was the last to come, of which there is one each time.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it never completes and does not count. One whose last task has come
    /// completes, also where a cancel comes before its next poll (SC4). Where both come while it is being polled, on other
    /// threads, it may end with its region (SC3), and the others have passed all the same.
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait {
            barrier: self,
            wait: Wait::default(),
        }
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> BarrierStatistics {
        BarrierStatistics {
            parties: self.parties,
            waiting: self.queue.lock().waiting(),
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statistics = self.statistics();
        let name = self.queue.lock().subject().name();
        label::debug(f, "Barrier", name)
            .field("parties", &statistics.parties)
            .field("waiting", &statistics.waiting)
            .finish()
    }
}

/// The future of [`Barrier::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct BarrierWait<'a> {
    barrier: &'a Barrier,
    wait: Wait,
}

impl Future for BarrierWait<'_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let barrier = self.barrier;
        let look = |key, waker: &mut Renewal<'_>| barrier.queue.lock().poll(key, waker);
        if let Some(Ended::Granted(())) = ready!(self.wait.poll(cx, look)) {
            return Poll::Ready(false);
        }
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        let seat = Seat::here(cx);
        let mut woken = Woken::default();
        let mut queue = barrier.queue.lock();
        if queue.waiting() + 1 >= barrier.parties {
            queue.pass_over_cancelled(&mut woken);
        }
        let polled = if queue.waiting() + 1 < barrier.parties {
            self.wait.begin(queue.push((), seat));
            Poll::Pending
        } else {
            // Nobody is asked for a cancel again: these are the ones that were counted.
            queue.end_where(&mut woken, |()| true, |()| ());
            Poll::Ready(true)
        };
        drop(queue);
        woken.wake();
        polled
    }
}

impl Drop for BarrierWait<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.wait.take() {
            let (waker, _) = self.barrier.queue.lock().leave(key);
            drop(waker);
        }
    }
}
