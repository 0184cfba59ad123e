//! Deadlines: absolute instants on the runtime's clock.
//!
//! A period starts at the first poll, not at construction (DL1). What is too large for the clock
//! means never; what has passed at the first poll cancels before the body is polled (SC7).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::ScopeRun;
use super::reason::Cause;
use super::region::Region;
use super::tree::Kind;
use crate::error::TimedOut;
use crate::runtime::Rt;
use crate::task::Place;
use crate::time::Instant;

/// When a region is to be cancelled, as its builder was told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    Never,
    At(Instant),
    After(Duration),
}

impl Deadline {
    /// Starts the deadline at the first poll of a region. One that has passed already cancels the
    /// region, before its body is polled.
    #[inline]
    pub(crate) fn start(self, region: &mut Region) {
        if !matches!(self, Deadline::Never) || region.node().is_some() {
            self.begin(region);
        }
    }

    fn begin(self, region: &mut Region) {
        let now = match (self, region.deadline()) {
            (Deadline::Never, None) => return,
            _ => Rt::here().now(),
        };
        match self {
            Deadline::Never => {}
            Deadline::At(at) => region.set_deadline(Some(at.into_std())),
            Deadline::After(period) => region.set_deadline(now.checked_add(period)),
        }
        // A handle may have set another one meanwhile.
        if let Some(deadline) = region.deadline().filter(|deadline| *deadline <= now) {
            region.expire_now(deadline);
        }
    }
}

#[track_caller]
fn scope<F: Future>(deadline: Deadline, body: F) -> ScopeRun<F> {
    ScopeRun::new(Region::new(Kind::Scope, Place::caller()), deadline, body)
}

/// Runs a future for at most a period: its value, or `None` if the period ended first.
///
/// The period starts at the first poll. `Duration::MAX` means never; zero cancels before the body is
/// polled, which then runs up to its first wait. Keeps DL1 to DL5.
///
/// # Cancellation
///
/// When the period ends the body is cancelled like by any cancel: finalizers, shields and groups
/// inside end first. When a region around is cancelled, this future never completes.
///
/// # Panics
///
/// At its first poll, when no runtime is to be found.
///
/// ```
/// use anyrt::Tokio;
/// use std::{future::pending, time::Duration};
///
/// anyrt::run(Tokio::current_thread(), async {
///     let ms = Duration::from_millis;
///     assert_eq!(anyrt::move_on_after(ms(500), async { 7 }).await, Some(7));
///     assert_eq!(anyrt::move_on_after(ms(5), pending::<u8>()).await, None);
/// })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn move_on_after<F: Future>(period: Duration, body: F) -> MoveOn<F> {
    MoveOn {
        scope: scope(Deadline::After(period), body),
    }
}

/// As [`move_on_after`], until an instant of the runtime's clock (DL1).
///
/// # Cancellation
///
/// As [`move_on_after`].
///
/// # Panics
///
/// As [`move_on_after`].
///
/// ```
/// use anyrt::{Instant, move_on_at};
/// use std::{future::pending, time::Duration};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let end = Instant::now() + Duration::from_millis(5);
/// // Two parts that share one deadline.
/// assert_eq!(move_on_at(end, async { 7 }).await, Some(7));
/// assert_eq!(move_on_at(end, pending::<u8>()).await, None);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn move_on_at<F: Future>(at: Instant, body: F) -> MoveOn<F> {
    MoveOn {
        scope: scope(Deadline::At(at), body),
    }
}

/// As [`move_on_after`], with an error where the period ended first. Keeps DL1 to DL5.
///
/// # Errors
///
/// [`TimedOut`], which is never a kind of [`Cancelled`](crate::Cancelled) (DL2).
///
/// # Cancellation
///
/// As [`move_on_after`].
///
/// # Panics
///
/// As [`move_on_after`].
///
/// ```
/// use anyrt::Tokio;
/// use std::{future::pending, time::Duration};
///
/// anyrt::run(Tokio::current_thread(), async {
///     let late = anyrt::fail_after(Duration::from_millis(5), pending::<()>()).await;
///     assert_eq!(late, Err(anyrt::TimedOut));
/// })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn fail_after<F: Future>(period: Duration, body: F) -> FailAfter<F> {
    FailAfter {
        scope: scope(Deadline::After(period), body),
    }
}

/// As [`fail_after`], until an instant of the runtime's clock (DL1).
///
/// # Errors
///
/// As [`fail_after`].
///
/// # Cancellation
///
/// As [`move_on_after`].
///
/// # Panics
///
/// As [`move_on_after`].
///
/// ```
/// use anyrt::{Instant, TimedOut, fail_at, sleep_forever};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// assert_eq!(fail_at(Instant::now(), sleep_forever()).await, Err(TimedOut));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn fail_at<F: Future>(at: Instant, body: F) -> FailAfter<F> {
    FailAfter {
        scope: scope(Deadline::At(at), body),
    }
}

pin_project! {
    /// The future of [`move_on_after`] and [`move_on_at`].
    #[must_use = "futures do nothing unless polled"]
    pub struct MoveOn<F> {
        #[pin]
        scope: ScopeRun<F>,
    }
}

impl<F: Future> Future for MoveOn<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().scope.poll(cx).map(Result::ok)
    }
}

impl<F> fmt::Debug for MoveOn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoveOn").finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of [`fail_after`] and [`fail_at`].
    #[must_use = "futures do nothing unless polled"]
    pub struct FailAfter<F> {
        #[pin]
        scope: ScopeRun<F>,
    }
}

impl<F: Future> Future for FailAfter<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().scope.poll(cx).map(|outcome| {
            outcome.map_err(|cancelled| {
                // Nobody has a handle of this scope, so its deadline is all that cancels it.
                debug_assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
                TimedOut
            })
        })
    }
}

impl<F> fmt::Debug for FailAfter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailAfter").finish_non_exhaustive()
    }
}
