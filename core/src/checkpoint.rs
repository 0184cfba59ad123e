//! Checkpoints: where an operation looks at cancellation, and where a task lets others run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::scope::current;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{Leaf, Listed, Node};
use crate::shield::{Shield, shield};
use crate::task::{Place, TaskInfo};
use crate::time::Instant;

/// An operation's view of cancellation (SC4).
///
/// First polled in an effectively cancelled region it does nothing and never completes. One that was
/// waiting when the cancel came may still find, in the poll that the cancel brings, what it was
/// granted before; from then on it is passed over.
#[derive(Debug)]
pub(crate) struct Gate {
    waiting: bool,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self { waiting: false }
    }

    /// Before the operation acts or completes.
    pub(crate) fn pass(&self) -> Poll<()> {
        if !self.waiting && current::is_cancelled() {
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// After the operation was pending.
    pub(crate) fn waited(&mut self) {
        self.waiting = !current::is_cancelled();
    }
}

/// Lets an operation that is ready at once yield now and then, so that no loop of such operations
/// starves the task's neighbours (SC12).
#[inline]
pub(crate) fn spend_budget(cx: &Context<'_>) -> Poll<()> {
    if current::spend() {
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Checks for cancellation and yields once (SC12).
///
/// # Cancellation
///
/// In an effectively cancelled region it never completes.
///
/// ```
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// for chunk in [1, 2, 3] {
///     // some work, then let others run and notice a cancel
///     anyrt::checkpoint().await;
/// #   let _ = chunk;
/// }
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn checkpoint() -> Checkpoint {
    Checkpoint {
        checks: true,
        yields: true,
    }
}

/// Lets other tasks run: another name of [`checkpoint`].
///
/// # Cancellation
///
/// As [`checkpoint`].
pub fn yield_now() -> Checkpoint {
    checkpoint()
}

/// Checks for cancellation and never yields (SC12).
///
/// # Cancellation
///
/// In an effectively cancelled region it never completes; elsewhere it is ready at once.
///
/// ```
/// use anyrt::{CancelScope, checkpoint_if_cancelled};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// let outcome = scope
///     .run(async {
///         checkpoint_if_cancelled().await;
///         handle.cancel();
///         checkpoint_if_cancelled().await;
///         unreachable!("the scope is cancelled");
///     })
///     .await;
/// assert!(outcome.is_err());
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn checkpoint_if_cancelled() -> Checkpoint {
    Checkpoint {
        checks: true,
        yields: false,
    }
}

/// Yields once and never checks for cancellation (SC12).
///
/// # Cancellation
///
/// A shield around one yield: it completes in a cancelled region too.
///
/// ```
/// use anyrt::{CancelScope, shielded_checkpoint};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// scope.handle().cancel();
/// let outcome = scope.run(async { shielded_checkpoint().await; "let others run" }).await;
/// assert_eq!(outcome.ok(), Some("let others run"));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn shielded_checkpoint() -> Shield<Checkpoint> {
    shield(Checkpoint {
        checks: false,
        yields: true,
    })
}

/// The future of [`checkpoint`] and its variants.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Checkpoint {
    checks: bool,
    yields: bool,
}

impl Future for Checkpoint {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.checks && current::is_cancelled() {
            return Poll::Pending;
        }
        if self.yields {
            self.yields = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

/// Whether the current region is effectively cancelled.
///
/// Inside a shield that is about the shield's own inside (SC11).
///
/// ```
/// assert!(!anyrt::is_cancelled());
/// ```
pub fn is_cancelled() -> bool {
    current::is_cancelled()
}

/// Why the current region is effectively cancelled: the reason of the region that will absorb.
pub fn cancel_reason() -> Option<Reason> {
    current::reason()
}

/// The earliest deadline around the current region, outward to the nearest shield.
///
/// A cancelled region's deadline is already past: it is the present then, or the deadline itself if
/// that is earlier (SC11).
pub fn current_effective_deadline() -> Option<Instant> {
    let deadline = current::node()?.effective_deadline().map(Instant::from_std);
    if !current::is_cancelled() {
        return deadline;
    }
    let now = Instant::now();
    Some(deadline.map_or(now, |deadline| deadline.min(now)))
}

/// The task that is being polled, if it is one of anyrt's.
pub fn current_task() -> Option<TaskInfo> {
    current::task_info()
}

/// Waits until the current region is effectively cancelled, and says why.
///
/// The code after it runs up to its next wait: the last chance to put things in order without
/// waiting.
///
/// # Cancellation
///
/// Completes when the region is cancelled, and is ready at once where it was before. The region is
/// that of the first poll; where that has ended, the one around the wait (SC11, SC14).
///
/// ```
/// use anyrt::{CancelScope, cancelled};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// let said = scope
///     .run(async {
///         handle.cancel_with("closing time");
///         cancelled().await.to_string()
///     })
///     .await;
/// assert!(said.is_ok_and(|why| why.contains("closing time")));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn cancelled() -> CancelledWait {
    CancelledWait {
        place: Place::caller(),
        waiting: None,
    }
}

/// The future of [`cancelled`].
#[must_use = "futures do nothing unless polled"]
pub struct CancelledWait {
    place: Place,
    waiting: Option<Waiting>,
}

/// A leaf in the list of the region that is watched.
struct Waiting {
    node: Arc<Node>,
    key: usize,
}

impl Future for CancelledWait {
    type Output = Reason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        let listed = |waiting: &Waiting| {
            let waker = cx.waker().clone();
            waiting.node.set_leaf_waker(waiting.key, waker)
        };
        let node = match (self.waiting.as_ref().map(listed), &self.waiting) {
            (Some(Listed::Waits), _) => return Poll::Pending,
            (Some(Listed::Cancelled), Some(waiting)) => waiting.node.clone(),
            _ => {
                // The first poll, or the region of the first poll has ended: from now on it is about
                // the region around. Outside of every region nothing is ever cancelled.
                self.waiting = None;
                let Some(node) = current::node() else {
                    return Poll::Pending;
                };
                let leaf = Leaf {
                    waker: cx.waker().clone(),
                    kind: "cancelled()",
                    place: self.place,
                    since: Some(std::time::Instant::now()),
                };
                if let Some(key) = node.add_leaf(leaf) {
                    self.waiting = Some(Waiting { node, key });
                    return Poll::Pending;
                }
                node
            }
        };
        // A region that outlived what was around it is shut down.
        let reason = node.visible_reason();
        Poll::Ready(reason.unwrap_or_else(|| Reason::here(Cause::Shutdown)))
    }
}

impl Drop for CancelledWait {
    fn drop(&mut self) {
        if let Some(waiting) = &self.waiting {
            waiting.node.remove_leaf(waiting.key);
        }
    }
}

impl fmt::Debug for CancelledWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelledWait")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
