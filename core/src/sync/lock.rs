//! A value that one task at a time has to itself.
//!
//! Who may have it is decided by the permit; the mutex that the value is in is only ever tried, by the one who has
//! the permit, and lends its guard, which may cross threads. Who has it is kept where the task tree finds it too, for
//! those who wait.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::label::{self, Board, Label, Subject};
use super::permits::{Permits, Taking};
use crate::task::Place;
use crate::thread::borrower::Borrower;

/// A mutual exclusion that is held across waits.
///
/// It is fair: the one who has waited longest gets it, and nobody who comes later gets it first. A panic of its
/// holder leaves the value as it was then. A task that locks it again waits for itself: [`statistics`](Self::statistics)
/// tell the line that holds it. Keeps PR1 and PR2.
///
/// ```
/// use anyrt::sync::Lock;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let log = Lock::new(Vec::new());
/// anyrt::local_task_group(async |g| {
///     for n in 0..3 {
///         let log = &log;
///         g.spawn(async move {
///             let mut log = log.lock().await;
///             log.push(n);
///             anyrt::checkpoint().await;
///             log.push(n);
///         });
///     }
/// })
/// .await?;
/// assert_eq!(log.into_inner(), [0, 0, 1, 1, 2, 2]);
/// # Ok::<(), anyrt::Cancelled>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Lock<T: ?Sized> {
    permits: Permits,
    board: Arc<Board>,
    value: futures_util::lock::Mutex<T>,
}

/// A lock's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LockStatistics {
    /// Who holds it: the task, and the line that took it. None also where the one that it was handed to has not been
    /// polled since.
    pub holder: Option<Borrower>,
    /// How many tasks wait for it.
    pub waiting: usize,
}

impl<T> Lock<T> {
    /// A lock around a value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::of(Label::new("lock", Place::caller()), value)
    }

    /// A lock with a name, by which the task tree tells it from others.
    ///
    /// ```
    /// use anyrt::sync::Lock;
    /// use anyrt::{checkpoint, task_tree};
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let accounts = &Lock::named("accounts", 0);
    /// let guard = accounts.lock().await;
    /// anyrt::local_task_group(async |g| {
    ///     g.spawn(async { *accounts.lock().await += 1 });
    ///     checkpoint().await;
    ///     checkpoint().await;
    ///     let tree = task_tree().expect("we are inside a runtime").to_string();
    ///     assert!(tree.contains("now for lock \"accounts\""), "{tree}");
    ///     drop(guard);
    /// })
    /// .await
    /// # })??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Arc<str>>, value: T) -> Self {
        Self::of(Label::new("lock", Place::caller()).named(name), value)
    }

    fn of(label: Label, value: T) -> Self {
        let board = Arc::new(Board::new(label));
        Self {
            permits: Permits::new(1, Subject::Shared(board.clone())),
            board,
            value: futures_util::lock::Mutex::new(value),
        }
    }

    /// The value, which nobody can hold any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits for the value.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes nothing and never completes; a waiter whose region is cancelled
    /// is passed over (SC4, PR1).
    #[track_caller]
    pub fn lock(&self) -> LockFuture<'_, T> {
        LockFuture::new(self, Place::caller())
    }

    /// The value, if nobody has it or waits for it.
    #[track_caller]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let place = Place::caller();
        self.permits.try_take().then(|| self.guard(place))
    }

    /// The value, which nobody else can hold meanwhile.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> LockStatistics {
        let held = self.permits.free() == 0;
        LockStatistics {
            holder: held.then(|| self.board.holder.get()).flatten(),
            waiting: self.permits.waiting(),
        }
    }

    /// For one who has the permit.
    fn guard(&self, place: Place) -> LockGuard<'_, T> {
        self.board.holder.note(place);
        let Some(value) = self.value.try_lock() else {
            unreachable!("whoever has the permit is alone")
        };
        LockGuard {
            value,
            _permit: Permit {
                permits: &self.permits,
                board: &self.board,
            },
            lock: self,
            place,
        }
    }
}

impl<T: Default> Default for Lock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statistics = self.statistics();
        label::debug(f, "Lock", self.permits.name())
            .field("holder", &statistics.holder)
            .field("waiting", &statistics.waiting)
            .finish_non_exhaustive()
    }
}

/// The future of [`Lock::lock`].
#[must_use = "futures do nothing unless polled"]
pub struct LockFuture<'a, T: ?Sized> {
    lock: &'a Lock<T>,
    taking: Taking,
    place: Place,
}

impl<'a, T: ?Sized> LockFuture<'a, T> {
    pub(super) fn new(lock: &'a Lock<T>, place: Place) -> Self {
        Self {
            lock,
            taking: Taking::default(),
            place,
        }
    }
}

impl<'a, T: ?Sized> Future for LockFuture<'a, T> {
    type Output = LockGuard<'a, T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let lock = self.lock;
        ready!(self.taking.poll(&lock.permits, cx));
        Poll::Ready(lock.guard(self.place))
    }
}

impl<T: ?Sized> Drop for LockFuture<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.taking.leave(&self.lock.permits);
    }
}

impl<T: ?Sized> fmt::Debug for LockFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockFuture")
            .field("place", &self.place)
            .field("taking", &self.taking)
            .finish_non_exhaustive()
    }
}

/// The value of a [`Lock`], handed on when it is dropped.
#[must_use = "a guard that is dropped gives the value back at once"]
pub struct LockGuard<'a, T: ?Sized> {
    // Dropped in this order.
    value: futures_util::lock::MutexGuard<'a, T>,
    _permit: Permit<'a>,
    lock: &'a Lock<T>,
    place: Place,
}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    /// The lock that this is the value of.
    pub fn lock_of(guard: &Self) -> &'a Lock<T> {
        guard.lock
    }

    /// The line that took it.
    pub(super) fn place(&self) -> Place {
        self.place
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// The right to the value.
struct Permit<'a> {
    permits: &'a Permits,
    board: &'a Board,
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // The next one has it before it is polled, and this line does not hold it any more.
        self.permits.give_back_after(|| self.board.holder.forget());
    }
}
