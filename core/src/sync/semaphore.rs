//! At most so many at a time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::label::{self, Label};
use super::permits::{Permits, Taking};
use crate::task::Place;

/// A number of permits, handed out first come, first served.
///
/// For blocking calls and for whoever wants to see who holds what, there is
/// [`CapacityLimiter`](super::CapacityLimiter), whose total can change. Keeps PR1 and PR2.
///
/// ```
/// use anyrt::sync::Semaphore;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let two_at_a_time = Semaphore::new(2);
/// let first = two_at_a_time.acquire().await;
/// let second = two_at_a_time.acquire().await;
/// assert!(two_at_a_time.try_acquire().is_none());
/// drop(first);
/// assert!(two_at_a_time.try_acquire().is_some());
/// # drop(second);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub struct Semaphore {
    permits: Permits,
}

/// A semaphore's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SemaphoreStatistics {
    /// How many permits are free.
    pub free: usize,
    /// How many tasks wait for one.
    pub waiting: usize,
}

impl Semaphore {
    /// The most permits there can be.
    pub const MAX_PERMITS: usize = Permits::MAX;

    /// A semaphore with this many permits, at most [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self::of(Label::new("semaphore", Place::caller()), permits)
    }

    /// A semaphore with a name, by which the task tree tells it from others.
    #[track_caller]
    pub fn named(name: impl Into<Arc<str>>, permits: usize) -> Self {
        let label = Label::new("semaphore", Place::caller());
        Self::of(label.named(name), permits)
    }

    pub(crate) fn of(label: Label, permits: usize) -> Self {
        Self {
            permits: Permits::new(permits, label),
        }
    }

    /// Waits for a permit.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes no permit and never completes; a waiter whose region is
    /// cancelled is passed over (SC4, PR1).
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire {
            semaphore: self,
            taking: Taking::default(),
        }
    }

    /// As [`acquire`](Self::acquire), for a permit that may go where the semaphore cannot be borrowed.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    pub fn acquire_arc(self: &Arc<Self>) -> AcquireArc {
        AcquireArc {
            semaphore: self.clone(),
            taking: Taking::default(),
        }
    }

    /// Takes a permit if one is free and nobody waits for it.
    pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.permits
            .try_take()
            .then(|| SemaphorePermit { semaphore: self })
    }

    /// As [`try_acquire`](Self::try_acquire), for a permit that may go where the semaphore cannot be borrowed.
    pub fn try_acquire_arc(self: &Arc<Self>) -> Option<SemaphorePermitArc> {
        let semaphore = || self.clone();
        self.permits.try_take().then(|| SemaphorePermitArc {
            semaphore: semaphore(),
        })
    }

    /// For what need not be waited for any more. It is done once, and leaves no room for more permits.
    pub(super) fn open(&self) {
        self.permits.open();
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> SemaphoreStatistics {
        SemaphoreStatistics {
            free: self.permits.free(),
            waiting: self.permits.waiting(),
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statistics = self.statistics();
        label::debug(f, "Semaphore", self.permits.name())
            .field("free", &statistics.free)
            .field("waiting", &statistics.waiting)
            .finish()
    }
}

/// The future of [`Semaphore::acquire`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a> {
    semaphore: &'a Semaphore,
    taking: Taking,
}

impl<'a> Future for Acquire<'a> {
    type Output = SemaphorePermit<'a>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let semaphore = self.semaphore;
        ready!(self.taking.poll(&semaphore.permits, cx));
        Poll::Ready(SemaphorePermit { semaphore })
    }
}

impl Drop for Acquire<'_> {
    #[inline]
    fn drop(&mut self) {
        self.taking.leave(&self.semaphore.permits);
    }
}

/// The future of [`Semaphore::acquire_arc`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct AcquireArc {
    semaphore: Arc<Semaphore>,
    taking: Taking,
}

impl Future for AcquireArc {
    type Output = SemaphorePermitArc;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        ready!(this.taking.poll(&this.semaphore.permits, cx));
        Poll::Ready(SemaphorePermitArc {
            semaphore: this.semaphore.clone(),
        })
    }
}

impl Drop for AcquireArc {
    fn drop(&mut self) {
        self.taking.leave(&self.semaphore.permits);
    }
}

/// A permit of a [`Semaphore`], given back when it is dropped.
#[derive(Debug)]
#[must_use = "a permit that is dropped is given back at once"]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
}

impl Drop for SemaphorePermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.permits.give_back();
    }
}

/// A permit of a [`Semaphore`] that is shared, given back when it is dropped.
#[derive(Debug)]
#[must_use = "a permit that is dropped is given back at once"]
pub struct SemaphorePermitArc {
    semaphore: Arc<Semaphore>,
}

impl Drop for SemaphorePermitArc {
    fn drop(&mut self) {
        self.semaphore.permits.give_back();
    }
}
