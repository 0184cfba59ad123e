//! Shields: parts that run to their end whatever is cancelled around them.
//!
//! A shield is lexical (SH5): it protects what runs inside it for as long as it runs, and nothing
//! else (SH6). It stops a cancel from outside but is told of it, so that a grace period can start and
//! `restore` and `Outside::cancelled` can pass the word on.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::error::Cancelled;
use crate::runtime::Rt;
use crate::scope::ScopeRun;
use crate::scope::current;
use crate::scope::deadline::Deadline;
use crate::scope::reason::Reason;
use crate::scope::region::Region;
use crate::scope::tree::{self, Kind, Node, Park};
use crate::task::Place;

/// Runs a future to its end, whatever is cancelled around it (SH1).
///
/// Scopes, deadlines and groups inside work as usual. What the future spawns into a group outside is
/// not protected (SH6).
///
/// # Cancellation
///
/// Not cancelled from outside. Leaving it is no checkpoint: the value is returned, and the outside's
/// cancel lands at the next wait (SH2).
///
/// ```
/// use anyrt::{CancelScope, shield, sleep};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// let saved = scope
///     .run(async {
///         handle.cancel();
///         // The wait inside is not cut short.
///         shield(async { sleep(Duration::from_millis(2)).await; "saved" }).await
///     })
///     .await;
/// assert_eq!(saved.ok(), Some("saved"));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn shield<F: Future>(body: F) -> Shield<F> {
    Shield {
        inside: Protected::new(Region::new(Kind::Shield, Place::caller()), body),
    }
}

/// As [`shield`], for a body that wants to know when the outside is cancelled (SH1, SH4).
///
/// # Cancellation
///
/// As [`shield`].
///
/// ```
/// use anyrt::{CancelScope, shield_with};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// let served = scope
///     .run(shield_with(async |outside| {
///         handle.cancel_with("closing time");
///         let reason = outside.cancelled().await;
///         // wind down here
///         reason.to_string()
///     }))
///     .await;
/// assert!(served.is_ok_and(|reason| reason.starts_with("cancelled: closing time")));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn shield_with<M, F>(make: M) -> ShieldWith<M, F>
where
    M: FnOnce(Outside) -> F,
    F: Future,
{
    ShieldWith {
        make: Some(make),
        place: Place::caller(),
        inside: None,
    }
}

/// As [`shield`], for at most a grace period that starts when the outside is cancelled (SH3).
///
/// The three-step stop: ask, grace, drop. A body that looks at the outside can be had with
/// [`restore`].
///
/// # Errors
///
/// [`Cancelled`] when the grace period ended first. The code after it runs up to its next wait, where
/// the outside's cancel lands.
///
/// # Cancellation
///
/// From outside, once the grace period has ended.
///
/// # Panics
///
/// When the grace period starts and no runtime is to be found.
///
/// ```
/// use anyrt::{CancelScope, shield_for, sleep_forever};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// let farewell = scope
///     .run(async {
///         handle.cancel();
///         // Asked to stop, it does not: after 2 ms it is dropped.
///         shield_for(Duration::from_millis(2), sleep_forever()).await.is_err()
///     })
///     .await;
/// assert_eq!(farewell.ok(), Some(true));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn shield_for<F: Future>(grace: Duration, body: F) -> ShieldFor<F> {
    let mut inside = Protected::new(Region::new(Kind::Shield, Place::caller()), body);
    inside.grace = Some(grace);
    ShieldFor { inside }
}

/// Undoes the nearest shield of the same task: a scope that is also cancelled when that shield's
/// outside is (SH4). Outside of any shield it is an ordinary scope.
///
/// # Errors
///
/// [`Cancelled`] when the outside was cancelled. The shielded body goes on with it.
///
/// # Cancellation
///
/// With the outside of the shield, and with whatever is around it inside the shield.
///
/// ```
/// use anyrt::{CancelScope, restore, shield, sleep_forever};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// let outcome = scope
///     .run(async {
///         handle.cancel();
///         shield(async {
///             // This part alone may be cut short.
///             let polled = restore(sleep_forever()).await;
///             if polled.is_err() { "flushed what was there" } else { "done" }
///         })
///         .await
///     })
///     .await;
/// assert_eq!(outcome.ok(), Some("flushed what was there"));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn restore<F: Future>(body: F) -> Restore<F> {
    let node = Arc::new(Node::new(Kind::Restore, Place::caller()));
    Restore {
        scope: ScopeRun::new(Region::with_node(node.clone()), Deadline::Never, body),
        node,
        link: None,
        polled: false,
    }
}

pin_project! {
    /// A body inside a shield, which a deadline or the end of a grace period may cut.
    pub(crate) struct Protected<F> {
        #[pin]
        body: Option<F>,
        region: Region,
        // How long the body may go on once the outside is cancelled.
        grace: Option<Duration>,
        // How long the body may go on from its first poll.
        limit: Option<Duration>,
    }

    impl<F> PinnedDrop for Protected<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.region.drop_body(this.body);
        }
    }
}

impl<F> Protected<F> {
    pub(crate) fn new(region: Region, body: F) -> Self {
        Self {
            body: Some(body),
            region,
            grace: None,
            limit: None,
        }
    }

    /// Bounds the body from its first poll on.
    pub(crate) fn limit(mut self, limit: Option<Duration>) -> Self {
        self.limit = limit;
        self
    }

    /// Drops the body inside the shield, after it panicked.
    pub(crate) fn drop_body(self: Pin<&mut Self>) {
        let this = self.project();
        this.region.drop_body(this.body);
        this.region.leave();
    }

    pub(crate) fn region(&self) -> &Region {
        &self.region
    }
}

fn start_period(rt: &Rt, region: &mut Region, period: Duration) {
    region.set_deadline(rt.now().checked_add(period));
}

impl<F: Future> Future for Protected<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(limit) = this.limit.take() {
            start_period(&Rt::here(), this.region, limit);
        }
        if let Poll::Ready(value) = this.region.poll_body(this.body.as_mut(), cx) {
            this.region.leave();
            return Poll::Ready(Ok(value));
        }
        if this.body.is_none() {
            return Poll::Pending;
        }
        let mut parked = this.region.park(cx);
        // Looked at after the waker is registered: whoever cancels the outside from now on wakes it.
        let cancelled = this
            .region
            .node()
            .is_some_and(|node| node.outside_cancelled());
        if cancelled && parked == Park::Wait {
            if let Some(grace) = this.grace.take() {
                let rt = Rt::of(&this.region.settle());
                start_period(&rt, this.region, grace);
                parked = this.region.park_again(cx);
            }
        }
        if parked == Park::Wait {
            return Poll::Pending;
        }
        this.region.drop_body(this.body);
        let reason = this.region.node().and_then(|node| node.own_reason());
        this.region.leave();
        match reason {
            Some(reason) => Poll::Ready(Err(Cancelled::new(reason))),
            None => Poll::Pending,
        }
    }
}

pin_project! {
    /// The future of [`shield`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Shield<F> {
        #[pin]
        inside: Protected<F>,
    }
}

impl<F: Future> Future for Shield<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().inside.poll(cx) {
            Poll::Ready(Ok(value)) => Poll::Ready(value),
            // It has no deadline and no handle, so nothing cancels it.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

pin_project! {
    /// The future of [`shield_for`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ShieldFor<F> {
        #[pin]
        inside: Protected<F>,
    }
}

impl<F: Future> Future for ShieldFor<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inside.poll(cx)
    }
}

pin_project! {
    /// The future of [`shield_with`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ShieldWith<M, F> {
        make: Option<M>,
        place: Place,
        #[pin]
        inside: Option<Protected<F>>,
    }
}

impl<M, F> Future for ShieldWith<M, F>
where
    M: FnOnce(Outside) -> F,
    F: Future,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some(make) = this.make.take() {
            let mut region = Region::new(Kind::Shield, *this.place);
            let outside = Outside {
                shield: region.settle(),
            };
            let body = region.enter(|| make(outside));
            this.inside.set(Some(Protected::new(region, body)));
        }
        match this.inside.as_pin_mut().map(|inside| inside.poll(cx)) {
            Some(Poll::Ready(Ok(value))) => Poll::Ready(value),
            _ => Poll::Pending,
        }
    }
}

/// What is around a shield, as seen from inside it.
#[derive(Clone)]
pub struct Outside {
    shield: Arc<Node>,
}

impl Outside {
    /// Waits until the outside is cancelled, and says why.
    ///
    /// # Cancellation
    ///
    /// Completes when the outside is cancelled, at once where it was before. It is no checkpoint of
    /// the shielded part.
    pub fn cancelled(&self) -> OutsideCancelled {
        OutsideCancelled {
            shield: self.shield.clone(),
            key: None,
        }
    }

    /// Whether the outside is effectively cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.shield.outside_cancelled()
    }

    /// Why the outside is cancelled, if it is.
    pub fn reason(&self) -> Option<Reason> {
        self.is_cancelled().then(|| self.shield.outside_reason())
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside")
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// The future of [`Outside::cancelled`].
#[must_use = "futures do nothing unless polled"]
pub struct OutsideCancelled {
    shield: Arc<Node>,
    key: Option<usize>,
}

impl Future for OutsideCancelled {
    type Output = Reason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        self.key = self.shield.link_waker(self.key, cx.waker().clone());
        if self.key.is_some() {
            return Poll::Pending;
        }
        Poll::Ready(self.shield.outside_reason())
    }
}

impl Drop for OutsideCancelled {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.shield.unlink(key);
        }
    }
}

pin_project! {
    /// The future of [`restore`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Restore<F> {
        #[pin]
        scope: ScopeRun<F>,
        node: Arc<Node>,
        link: Option<(Arc<Node>, usize)>,
        polled: bool,
    }

    impl<F> PinnedDrop for Restore<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some((shield, key)) = this.link.take() {
                shield.unlink(key);
            }
        }
    }
}

impl<F: Future> Future for Restore<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !*this.polled {
            *this.polled = true;
            if let Some(shield) = current::shield_to_undo() {
                match shield.link(this.node) {
                    Some(key) => *this.link = Some((shield, key)),
                    None => {
                        tree::cancel(this.node, shield.outside_reason());
                    }
                }
            }
        }
        let outcome = this.scope.as_mut().poll(cx);
        if outcome.is_ready() {
            if let Some((shield, key)) = this.link.take() {
                shield.unlink(key);
            }
        }
        outcome
    }
}

macro_rules! opaque_debug {
    ($($name:ident <$($param:ident),*>),* $(,)?) => {$(
        impl<$($param),*> fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque_debug!(Shield<F>, ShieldFor<F>, ShieldWith<M, F>, Restore<F>);

impl fmt::Debug for OutsideCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutsideCancelled").finish_non_exhaustive()
    }
}
