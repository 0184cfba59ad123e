//! Waiting until something about a locked value has changed.
//!
//! ```text
//!   Held         the guard is here, until the first poll in a region that is not cancelled
//!   >> Waits     in the queue; the lock is free
//!   >> Notified  somebody has said that there is something new; waits for the lock
//!   + done       with the guard
//!   ~ cancelled  or dropped: a notice that it had goes to the next one who waits
//! ```

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::label::{self, Label};
use super::lock::{Lock, LockFuture, LockGuard};
use super::queue::{Ended, Seat, Wait, WaitQueue, Waiting, Woken};
use crate::checkpoint::spend_budget;
use crate::loom::Mutex;
use crate::renewal::Renewal;
use crate::scope::current;
use crate::task::Place;

/// A condition of what a [`Lock`] guards.
///
/// A wait gives the guard away and returns with it, so there is no moment in which code runs that only seems to hold
/// the lock. Whoever is told looks again: [`wait_while`](Self::wait_while) does. Keeps PR1 and PR2.
///
/// ```
/// use anyrt::sync::{Condition, Lock};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let (queue, changed) = (&Lock::new(Vec::new()), &Condition::new());
/// anyrt::local_task_group(async |g| {
///     g.spawn(async {
///         let guard = queue.lock().await;
///         let mut guard = changed.wait_while(guard, |queue| queue.is_empty()).await;
///         assert_eq!(guard.pop(), Some("work"));
///     });
///     queue.lock().await.push("work");
///     changed.notify_one();
/// })
/// .await
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Condition {
    queue: Mutex<WaitQueue<(), ()>>,
}

/// A condition's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConditionStatistics {
    /// How many tasks wait to be told.
    pub waiting: usize,
}

impl Condition {
    /// A condition nobody waits for.
    #[track_caller]
    pub fn new() -> Self {
        Self::of(Label::new("condition", Place::caller()))
    }

    /// A condition with a name, by which the task tree tells it from others.
    #[track_caller]
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self::of(Label::new("condition", Place::caller()).named(name))
    }

    fn of(label: Label) -> Self {
        Self {
            queue: Mutex::new(WaitQueue::new(label)),
        }
    }

    /// Gives the lock back, waits to be told of a change, and takes the lock again.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it never completes, so the code after it never runs without the lock. A
    /// wait that is dropped after it was told tells the next one (PR1).
    pub fn wait<'a, T: ?Sized>(&'a self, guard: LockGuard<'a, T>) -> ConditionWait<'a, T> {
        ConditionWait {
            condition: self,
            step: Step::Held(guard),
        }
    }

    /// As [`wait`](Self::wait), for as long as the value is one to wait with. A value that is not comes back at once.
    ///
    /// # Cancellation
    ///
    /// As [`wait`](Self::wait), where there is something to wait for.
    pub async fn wait_while<'a, T: ?Sized>(
        &'a self,
        mut guard: LockGuard<'a, T>,
        mut waits: impl FnMut(&mut T) -> bool,
    ) -> LockGuard<'a, T> {
        poll_fn(|cx| spend_budget(cx)).await;
        while waits(&mut guard) {
            guard = self.wait(guard).await;
        }
        guard
    }

    /// Tells the one who has waited longest. Says whether there was one.
    pub fn notify_one(&self) -> bool {
        let mut woken = Woken::default();
        let told = self.queue.lock().grant(&mut woken, |()| ());
        woken.wake();
        told
    }

    /// Tells all who wait at this moment. Says how many they were.
    pub fn notify_all(&self) -> usize {
        let mut woken = Woken::default();
        let mut told = 0;
        {
            let mut queue = self.queue.lock();
            while queue.grant(&mut woken, |()| ()) {
                told += 1;
            }
        }
        woken.wake();
        told
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> ConditionStatistics {
        ConditionStatistics {
            waiting: self.queue.lock().waiting(),
        }
    }
}

impl Default for Condition {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.queue.lock().subject().name();
        label::debug(f, "Condition", name)
            .field("waiting", &self.statistics().waiting)
            .finish()
    }
}

/// The future of [`Condition::wait`].
#[must_use = "futures do nothing unless polled"]
pub struct ConditionWait<'a, T: ?Sized> {
    condition: &'a Condition,
    step: Step<'a, T>,
}

enum Step<'a, T: ?Sized> {
    Held(LockGuard<'a, T>),
    Waits {
        wait: Wait,
        lock: &'a Lock<T>,
        place: Place,
    },
    Notified {
        locking: LockFuture<'a, T>,
        /// Whether the notice is still here.
        told: bool,
    },
    Done,
}

impl<'a, T: ?Sized> Future for ConditionWait<'a, T> {
    type Output = LockGuard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            match &mut this.step {
                Step::Held(_) => {
                    if current::is_cancelled() {
                        return Poll::Pending;
                    }
                    let Step::Held(guard) = mem::replace(&mut this.step, Step::Done) else {
                        return Poll::Pending;
                    };
                    this.step = this.condition.give_away(guard, cx);
                    return Poll::Pending;
                }
                Step::Waits { wait, lock, place } => {
                    let queue = &this.condition.queue;
                    let look = |key, waker: &mut Renewal<'_>| queue.lock().poll(key, waker);
                    let told = match ready!(wait.poll(cx, look)) {
                        Some(Ended::Granted(())) => true,
                        // Passed over, for good in the cancelled region. In one that is not it looks again: it may
                        // have missed something.
                        _ if current::is_cancelled() => return Poll::Pending,
                        _ => false,
                    };
                    let locking = LockFuture::new(lock, *place);
                    this.step = Step::Notified { locking, told };
                }
                Step::Notified { locking, told } => {
                    if let Poll::Ready(guard) = Pin::new(locking).poll(cx) {
                        this.step = Step::Done;
                        return Poll::Ready(guard);
                    }
                    // It does not return here, and others must not wait for it to be dropped.
                    if current::is_cancelled() && mem::take(told) {
                        this.condition.notify_one();
                    }
                    return Poll::Pending;
                }
                Step::Done => return Poll::Pending,
            }
        }
    }
}

impl Condition {
    fn enqueue(&self, cx: &Context<'_>) -> Waiting {
        let seat = Seat::here(cx);
        self.queue.lock().push((), seat)
    }

    /// Waits from before the lock is free, so that no change is missed.
    fn give_away<'a, T: ?Sized>(&self, guard: LockGuard<'a, T>, cx: &Context<'_>) -> Step<'a, T> {
        let mut wait = Wait::default();
        wait.begin(self.enqueue(cx));
        let (lock, place) = (LockGuard::lock_of(&guard), guard.place());
        drop(guard);
        Step::Waits { wait, lock, place }
    }
}

impl<T: ?Sized> Drop for ConditionWait<'_, T> {
    fn drop(&mut self) {
        match mem::replace(&mut self.step, Step::Done) {
            Step::Waits { mut wait, .. } => {
                let Some(key) = wait.take() else { return };
                let (waker, ended) = self.condition.queue.lock().leave(key);
                drop(waker);
                if let Some(Ended::Granted(())) = ended {
                    self.condition.notify_one();
                }
            }
            Step::Notified { locking, told } => {
                drop(locking);
                if told {
                    self.condition.notify_one();
                }
            }
            Step::Held(_) | Step::Done => {}
        }
    }
}

impl<T: ?Sized> fmt::Debug for ConditionWait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            Step::Held(_) => "held",
            Step::Waits { .. } => "waits",
            Step::Notified { .. } => "notified",
            Step::Done => "done",
        };
        f.debug_struct("ConditionWait")
            .field("step", &step)
            .finish()
    }
}
