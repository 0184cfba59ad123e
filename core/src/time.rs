//! The runtime's clock, and waiting for it.

use std::fmt;
use std::future::Future;
use std::ops::{Add, AddAssign, Sub};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyrt_backend::Timer;

use crate::checkpoint::{Checkpoint, checkpoint};
use crate::runtime::Rt;
use crate::scope::current;

/// What is further away than this never comes: runtimes cannot wait for it.
const HORIZON: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// Whether an instant is too far away for the clock's timers (DL1).
pub(crate) fn is_never(at: std::time::Instant, now: std::time::Instant) -> bool {
    at.saturating_duration_since(now) > HORIZON
}

/// An instant on the runtime's clock.
///
/// It follows a test clock where the runtime has one (RT4). Outside of any runtime it is the system's
/// monotonic clock.
///
/// ```
/// use anyrt::Instant;
/// use std::time::Duration;
///
/// let start = Instant::now();
/// assert!(start + Duration::from_secs(1) > start);
/// assert_eq!(start.checked_add(Duration::MAX), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// Now, on the clock of the current runtime.
    pub fn now() -> Self {
        Self(Rt::find().map_or_else(|_| std::time::Instant::now(), |rt| rt.now()))
    }

    /// An instant of the runtime's clock, as the standard library has it.
    pub const fn from_std(instant: std::time::Instant) -> Self {
        Self(instant)
    }

    /// The standard library's form.
    pub const fn into_std(self) -> std::time::Instant {
        self.0
    }

    /// How long after `earlier` this is, zero if it is before.
    pub fn duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How long ago this was, zero if it is to come.
    pub fn elapsed(self) -> Duration {
        Self::now().duration_since(self)
    }

    /// The instant a period later, `None` if it is too far away for the clock.
    pub fn checked_add(self, period: Duration) -> Option<Self> {
        self.0.checked_add(period).map(Self)
    }

    /// The last instant that the clock has, to about a second.
    fn furthest(self) -> Self {
        let mut at = self;
        let mut step = Duration::from_secs(u64::MAX);
        while !step.is_zero() {
            at = at.checked_add(step).unwrap_or(at);
            step = Duration::from_secs(step.as_secs() / 2);
        }
        at
    }

    /// The instant a period earlier, `None` if it is too far back for the clock.
    pub fn checked_sub(self, period: Duration) -> Option<Self> {
        self.0.checked_sub(period).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// The instant a period later. One that is too far away for the clock becomes one that is as
    /// far away as can be, which as a deadline means never (DL1).
    fn add(self, period: Duration) -> Self {
        self.checked_add(period).unwrap_or_else(|| self.furthest())
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, period: Duration) {
        *self = *self + period;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    /// The instant a period earlier, or this one where that is too far back for the clock.
    fn sub(self, period: Duration) -> Self {
        self.checked_sub(period).unwrap_or(self)
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// As [`duration_since`](Instant::duration_since).
    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

impl From<std::time::Instant> for Instant {
    fn from(instant: std::time::Instant) -> Self {
        Self(instant)
    }
}

/// Waits for a period, which starts at the first poll (DL1, SC4).
///
/// Zero is a [`checkpoint`]. `Duration::MAX` waits for ever.
///
/// # Cancellation
///
/// A checkpoint. When the region around is cancelled the sleep never completes.
///
/// # Panics
///
/// At its first poll, when no runtime is to be found.
///
/// ```
/// use anyrt::Tokio;
/// use std::time::Duration;
///
/// anyrt::run(Tokio::current_thread(), async {
///     let start = anyrt::Instant::now();
///     anyrt::sleep(Duration::from_millis(3)).await;
///     assert!(start.elapsed() >= Duration::from_millis(3));
/// })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn sleep(period: Duration) -> Sleep {
    Sleep::new(Until::After(period))
}

/// Waits until an instant. One that has passed is a [`checkpoint`] (DL1, SC4).
///
/// # Cancellation
///
/// As [`sleep`].
///
/// # Panics
///
/// As [`sleep`].
///
/// ```
/// use anyrt::{Instant, sleep_until};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let mut tick = Instant::now();
/// for _ in 0..3 {
///     tick += Duration::from_millis(1);
///     sleep_until(tick).await;
///     assert!(Instant::now() >= tick);
/// }
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn sleep_until(at: Instant) -> Sleep {
    Sleep::new(Until::At(at))
}

/// Waits until the region around is cancelled, and then for ever.
///
/// # Cancellation
///
/// Never completes, so a cancel is the only way out of it.
///
/// ```
/// use anyrt::{move_on_after, sleep_forever};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// assert!(move_on_after(Duration::from_millis(1), sleep_forever()).await.is_none());
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn sleep_forever() -> Sleep {
    Sleep::new(Until::Never)
}

#[derive(Clone, Copy, Debug)]
enum Until {
    After(Duration),
    At(Instant),
    Never,
}

/// The future of [`sleep`], [`sleep_until`] and [`sleep_forever`].
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    until: Until,
    state: State,
}

enum State {
    New,
    Timer(Pin<Box<dyn Timer>>),
    /// The instant had passed: only the checkpoint is left.
    Checkpoint(Checkpoint),
    Never,
}

impl Sleep {
    fn new(until: Until) -> Self {
        Self {
            until,
            state: State::New,
        }
    }

    fn start(&self) -> State {
        let rt = match self.until {
            Until::Never => return State::Never,
            _ => Rt::here(),
        };
        let now = rt.now();
        let at = match self.until {
            Until::After(period) => now.checked_add(period),
            Until::At(at) => Some(at.into_std()),
            Until::Never => None,
        };
        match at {
            None => State::Never,
            Some(at) if at <= now => State::Checkpoint(checkpoint()),
            Some(at) if is_never(at, now) => State::Never,
            Some(at) => State::Timer(rt.backend().timer(at)),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        // Whether it was waiting before or not: a sleep has nothing to lose, and one that nobody polled
        // when the cancel came must not end later.
        if current::is_cancelled() {
            return Poll::Pending;
        }
        if matches!(this.state, State::New) {
            this.state = this.start();
        }
        match &mut this.state {
            State::Timer(timer) => timer.as_mut().poll(cx),
            State::Checkpoint(checkpoint) => Pin::new(checkpoint).poll(cx),
            State::Never | State::New => Poll::Pending,
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
