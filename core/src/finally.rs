//! Finalizers: cleanups that may wait, and that run whether their body returned, was cancelled or
//! panicked.
//!
//! ```text
//!   body      in a region that holds the one around it
//!   ~         value | panic | the region around is cancelled and nothing inside holds: body dropped
//!   cleanup   in a shield, told how the body ended; bounded by `grace` if there is one
//!   ~         value | panic
//!   then      the body's value, or the panic; after a cancel nothing: the region around goes on
//! ```
//!
//! Between the two parts nothing is polled, so the region around is never seen without a hold.

use std::fmt;
use std::future::{Future, pending};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::outcome::{Ending, Exit, Payload, confine, quietly};
use crate::report::{Report, report_from};
use crate::scope::region::Region;
use crate::scope::tree::{Kind, Park};
use crate::shield::Protected;
use crate::task::Place;

/// Runs `cleanup` after `body`, whether that returned, was cancelled or panicked.
///
/// Once polled, and unless foreign code drops it, the cleanup runs exactly once, after the body is
/// gone. It runs shielded, may wait, and is told how the body ended. Cleanups run innermost first,
/// each to its end before the next outer one starts (FI1, FI2).
///
/// # Cancellation
///
/// A cancel from outside drops the body at its wait, runs the cleanup, and goes on outward: this
/// future does not complete then. The cleanup is not cancelled; [`grace`](Finally::grace) bounds it.
///
/// # Panics
///
/// A panic of the body is resumed after the cleanup. A panic of the cleanup replaces a value or a
/// cancel, and loses to a panic of the body.
///
/// ```
/// use anyrt::{finally, move_on_after, sleep, sleep_forever};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let mut log = Vec::new();
/// let ms = Duration::from_millis;
/// move_on_after(ms(2), finally(sleep_forever(), async |exit| {
///     sleep(ms(2)).await; // as long as it takes
///     log.push(format!("{exit:?}"));
/// }))
/// .await;
/// assert!(log[0].starts_with("Cancelled"));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn finally<B, C, CF>(body: B, cleanup: C) -> Finally<B, C, CF>
where
    B: Future,
    C: FnOnce(Exit) -> CF,
    CF: Future<Output = ()>,
{
    let place = Place::caller();
    Finally {
        cleanup: Some(cleanup),
        place,
        grace: None,
        ending: None,
        state: State::Body {
            guard: Guard::new(place, body),
        },
    }
}

/// As [`finally`], with a state that body and cleanup borrow in turn.
///
/// # Cancellation
///
/// As [`finally`].
///
/// # Panics
///
/// As [`finally`].
///
/// ```
/// use anyrt::finally_with;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let sum = finally_with(
///     vec![1, 2],
///     async |numbers: &mut Vec<i32>| { numbers.push(3); numbers.iter().sum::<i32>() },
///     async |numbers: &mut Vec<i32>, _exit| assert_eq!(numbers.len(), 3),
/// )
/// .await;
/// assert_eq!(sum, 6);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn finally_with<S, T, B, C>(state: S, body: B, cleanup: C) -> impl Future<Output = T>
where
    B: AsyncFnOnce(&mut S) -> T,
    C: AsyncFnOnce(&mut S, Exit),
{
    let place = Place::caller();
    async move {
        let mut state = state;
        // The calls themselves are part of what is guarded: a function may panic before its future is
        // polled.
        let ending = Guard::new(place, async { body(&mut state).await }).await;
        let exit = ending.exit();
        let cleanup = async { cleanup(&mut state, exit).await };
        let panic = Cleanup::new(Kind::Cleanup, place, None, cleanup).await;
        match settle(ending, panic) {
            Some(value) => value,
            None => pending().await,
        }
    }
}

/// What a finished cleanup leaves: the body's value, a panic, or nothing after a cancel.
fn settle<T>(ending: Ending<T>, panic: Option<Payload>) -> Option<T> {
    match (ending, panic) {
        (Ending::Panicked(payload), lost) => {
            // Its destructor must not meet the unwinding.
            quietly(|| drop(lost));
            resume_unwind(payload)
        }
        (lost, Some(payload)) => {
            quietly(|| drop(lost));
            resume_unwind(payload)
        }
        (Ending::Value(value), None) => Some(value),
        (Ending::Cancelled(_), None) => None,
    }
}

pin_project! {
    /// The future of [`finally`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Finally<B, C, CF>
    where
        B: Future,
    {
        cleanup: Option<C>,
        place: Place,
        grace: Option<Duration>,
        ending: Option<Ending<B::Output>>,
        #[pin]
        state: State<B, CF>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<B, CF> {
        Body { #[pin] guard: Guard<B> },
        Cleanup { #[pin] cleanup: Cleanup<CF> },
        Done,
    }
}

impl<B: Future, C, CF> Finally<B, C, CF> {
    /// Cuts the cleanup off when it has run this long, counted from its first poll. What holds inside
    /// it still ends in order (FI1).
    ///
    /// ```
    /// use anyrt::{finally, sleep_forever};
    /// use std::time::Duration;
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let body = async { 7 };
    /// let value = finally(body, async |_exit| sleep_forever().await).grace(Duration::from_millis(2));
    /// assert_eq!(value.await, 7);
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }
}

impl<B, C, CF> Future for Finally<B, C, CF>
where
    B: Future,
    C: FnOnce(Exit) -> CF,
    CF: Future<Output = ()>,
{
    type Output = B::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<B::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProj::Body { guard } => {
                    let ending = ready!(guard.poll(cx));
                    let Some(cleanup) = this.cleanup.take() else {
                        unreachable!("the body ends once")
                    };
                    let exit = ending.exit();
                    *this.ending = Some(ending);
                    // The closure itself is part of the cleanup, so its panic counts as that.
                    let cleanup = match confine(|| cleanup(exit)) {
                        Ok(cleanup) => {
                            Cleanup::new(Kind::Cleanup, *this.place, *this.grace, cleanup)
                        }
                        Err(panic) => Cleanup::panicked(panic),
                    };
                    this.state.set(State::Cleanup { cleanup });
                }
                StateProj::Cleanup { cleanup } => {
                    let panic = ready!(cleanup.poll(cx));
                    this.state.set(State::Done);
                    let Some(ending) = this.ending.take() else {
                        unreachable!("the body has ended")
                    };
                    match settle(ending, panic) {
                        Some(value) => return Poll::Ready(value),
                        None => return Poll::Pending,
                    }
                }
                StateProj::Done => return Poll::Pending,
            }
        }
    }
}

impl<B: Future, C, CF> fmt::Debug for Finally<B, C, CF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finally")
            .field("place", &self.place)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

/// Whether a part with a cleanup was polled, and whether it has ended: one that is dropped in
/// between loses its cleanup, which only foreign code can do (SC13).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    Running,
    Ended,
}

pin_project! {
    /// The body of a `finally`: however it ends, it says so.
    struct Guard<B> {
        #[pin]
        body: Option<B>,
        region: Region,
        progress: Progress,
    }

    impl<B> PinnedDrop for Guard<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.region.drop_body(this.body);
            lost(this.region, *this.progress);
        }
    }
}

impl<B> Guard<B> {
    fn new(place: Place, body: B) -> Self {
        Self {
            body: Some(body),
            region: Region::new(Kind::Finally, place),
            progress: Progress::New,
        }
    }
}

impl<B: Future> Future for Guard<B> {
    type Output = Ending<B::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        *this.progress = Progress::Running;
        let polled = confine(|| this.region.poll_body(this.body.as_mut(), cx));
        let ending = match polled {
            Ok(Poll::Ready(value)) => Ending::Value(value),
            Ok(Poll::Pending) => {
                if this.region.park(cx) == Park::Wait {
                    return Poll::Pending;
                }
                let reason = this.region.visible_reason();
                match confine(|| this.region.drop_body(this.body.as_mut())) {
                    Ok(()) => Ending::Cancelled(reason),
                    Err(payload) => Ending::Panicked(payload),
                }
            }
            Err(payload) => {
                // A second panic, of the body's drop, has nowhere to go but the panic hook.
                quietly(|| this.region.drop_body(this.body.as_mut()));
                Ending::Panicked(payload)
            }
        };
        this.region.leave();
        *this.progress = Progress::Ended;
        Poll::Ready(ending)
    }
}

pin_project! {
    /// A cleanup in its shield. Its output is its panic.
    pub(crate) struct Cleanup<F> {
        #[pin]
        inside: Option<Protected<F>>,
        panic: Option<Payload>,
        progress: Progress,
    }

    impl<F> PinnedDrop for Cleanup<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(inside) = this.inside.as_pin_mut() {
                lost(inside.region(), *this.progress);
            }
        }
    }
}

impl<F> Cleanup<F> {
    pub(crate) fn new(kind: Kind, place: Place, grace: Option<Duration>, body: F) -> Self {
        let inside = Protected::new(Region::new(kind, place), body).limit(grace);
        Self {
            inside: Some(inside),
            panic: None,
            progress: Progress::New,
        }
    }

    fn panicked(panic: Payload) -> Self {
        Self {
            inside: None,
            panic: Some(panic),
            progress: Progress::Ended,
        }
    }
}

impl<F: Future<Output = ()>> Future for Cleanup<F> {
    type Output = Option<Payload>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Payload>> {
        let mut this = self.project();
        let Some(mut inside) = this.inside.as_mut().as_pin_mut() else {
            return Poll::Ready(this.panic.take());
        };
        *this.progress = Progress::Running;
        // Cut by the grace period or not: the cleanup has ended.
        let panic = match confine(|| inside.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(_)) => None,
            Err(payload) => {
                quietly(|| inside.drop_body());
                Some(payload)
            }
        };
        *this.progress = Progress::Ended;
        Poll::Ready(panic)
    }
}

fn lost(region: &Region, progress: Progress) {
    if progress == Progress::Running {
        report_from(
            region.node(),
            Report::FinalizerLost {
                place: region.place(),
            },
        );
    }
}
