//! A cancel scope: a part of a task that can be cancelled by itself.
//!
//! This is the handle that users see. What a cancel reaches is in `scope/tree.rs`, how a region is
//! polled in `scope/region.rs`.

pub(crate) mod awaited;
pub(crate) mod current;
pub(crate) mod deadline;
pub(crate) mod reason;
pub(crate) mod region;
pub(crate) mod tree;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use self::deadline::Deadline;
use self::reason::{Cause, Reason};
use self::region::Region;
use self::tree::{Kind, Node, Park};
use crate::error::Cancelled;
use crate::task::Place;
use crate::time::Instant;

/// A part of a task that can be cancelled, from inside or outside, and that has a deadline if it is
/// given one.
///
/// Keeps the rules SC1 to SC9.
///
/// ```
/// use anyrt::CancelScope;
/// use std::future::pending;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
///
/// let scope = CancelScope::new();
/// let handle = scope.handle();
/// handle.cancel_with("not needed any more");
///
/// let outcome = scope.run(pending::<()>()).await;
/// assert!(outcome.is_err());
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[must_use = "a scope does nothing until it runs a future"]
pub struct CancelScope {
    place: Place,
    deadline: Deadline,
    node: OnceLock<Arc<Node>>,
}

impl CancelScope {
    /// A scope without a deadline.
    #[inline]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            place: Place::caller(),
            deadline: Deadline::Never,
            node: OnceLock::new(),
        }
    }

    /// Cancels the scope at this instant of the runtime's clock. One that is past when the scope is
    /// first polled cancels it before its body is polled, so that this runs up to its first wait
    /// (SC7).
    pub fn deadline(mut self, at: Instant) -> Self {
        self.deadline = Deadline::At(at);
        self
    }

    /// Cancels the scope this long after its first poll (DL1). `Duration::MAX` means never, zero
    /// at once.
    pub fn deadline_after(mut self, period: Duration) -> Self {
        self.deadline = Deadline::After(period);
        self
    }

    /// Names the scope in the task tree.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.node().set_name(name.into().into());
        self
    }

    fn node(&self) -> &Arc<Node> {
        self.node
            .get_or_init(|| Arc::new(Node::new(Kind::Scope, self.place)))
    }

    /// A handle that cancels the scope from any task or thread, before it runs and while it does.
    pub fn handle(&self) -> ScopeHandle {
        let node = self.node();
        if let Deadline::At(at) = self.deadline {
            node.start_deadline(Some(at.into_std()));
        }
        ScopeHandle::new(node.clone())
    }

    /// Runs a future inside the scope.
    ///
    /// # Cancellation
    ///
    /// A scope that was itself cancelled, while nothing around it is, absorbs: the body is dropped
    /// once its finalizers have run, and the result is `Err(Cancelled)`. A body that is ready at the
    /// poll that sees the cancel returns its value all the same (SC3). When a region around is
    /// cancelled too, that one absorbs, and this future never completes (SC5).
    ///
    /// # Panics
    ///
    /// A scope with a deadline panics at its first poll when no runtime is to be found.
    #[inline]
    pub fn run<F: Future>(self, body: F) -> ScopeRun<F> {
        let region = match self.node.into_inner() {
            None => Region::new(Kind::Scope, self.place),
            Some(node) => Region::with_node(node),
        };
        ScopeRun::new(region, self.deadline, body)
    }
}

impl Default for CancelScope {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelScope")
            .field("place", &self.place)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Cancels a scope, a group or a task from anywhere, and moves its deadline.
///
/// Keeping a handle keeps nothing alive but itself; dropping it does nothing.
///
/// ```
/// use anyrt::CancelScope;
///
/// let handle = CancelScope::new().handle();
/// assert!(handle.cancel(), "this call cancelled it");
/// assert!(!handle.cancel(), "it was cancelled before");
/// assert!(handle.cancel_called());
/// ```
#[derive(Clone)]
pub struct ScopeHandle {
    node: Arc<Node>,
}

impl ScopeHandle {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    /// Cancels the scope and everything below it. Says whether this call is the one that did.
    ///
    /// Never blocks and never waits for what is cancelled (SC8). A scope that has ended stays as it
    /// is.
    pub fn cancel(&self) -> bool {
        self.cancel_for(Cause::Explicit(None))
    }

    /// Cancels the scope with a message for those who ask why.
    pub fn cancel_with(&self, message: impl Into<String>) -> bool {
        self.cancel_for(Cause::Explicit(Some(message.into())))
    }

    fn cancel_for(&self, cause: Cause) -> bool {
        tree::cancel(&self.node, Reason::here(cause))
    }

    /// Whether this very scope was cancelled, by a call or by its deadline.
    pub fn cancel_called(&self) -> bool {
        self.node.cancel_called()
    }

    /// Why this very scope was cancelled: the first cause.
    pub fn reason(&self) -> Option<Reason> {
        self.node.own_reason()
    }

    /// The scope's deadline. One given as a period is known from the first poll on.
    pub fn deadline(&self) -> Option<Instant> {
        self.node.deadline().map(Instant::from_std)
    }

    /// Moves the deadline, earlier, later or to never. Without effect once the scope is cancelled or
    /// has ended (DL4). One that has passed already cancels a scope that is at work there and then.
    pub fn set_deadline(&self, at: impl Into<Option<Instant>>) {
        let at = at.into().map(Instant::into_std);
        self.node.move_deadline(at);
        let Some(at) = at else { return };
        if !self.node.is_attached() {
            // In its very first poll it has no place in the tree yet; asking for one gives it one.
            let _ = current::node();
        }
        // One that has no place yet has no runtime, and that of one that has ended may be over.
        let is_over = self.node.has_left();
        if !is_over && current::runtime_of(&self.node).is_some_and(|rt| rt.now() >= at) {
            self.node.expire(at, Reason::here(Cause::Deadline));
        }
    }
}

impl fmt::Debug for ScopeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeHandle")
            .field("place", &self.node.place())
            .field("cancel_called", &self.cancel_called())
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of [`CancelScope::run`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ScopeRun<F> {
        #[pin]
        body: Option<F>,
        region: Region,
        deadline: Option<Deadline>,
    }

    impl<F> PinnedDrop for ScopeRun<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.region.drop_body(this.body);
        }
    }
}

impl<F> ScopeRun<F> {
    #[inline]
    pub(crate) fn new(region: Region, deadline: Deadline, body: F) -> Self {
        Self {
            body: Some(body),
            region,
            deadline: Some(deadline),
        }
    }
}

impl<F: Future> Future for ScopeRun<F> {
    type Output = Result<F::Output, Cancelled>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(deadline) = this.deadline.take() {
            deadline.start(this.region);
        }
        if let Poll::Ready(value) = this.region.poll_body(this.body.as_mut(), cx) {
            this.region.leave();
            return Poll::Ready(Ok(value));
        }
        if this.body.is_none() || this.region.park(cx) == Park::Wait {
            return Poll::Pending;
        }
        this.region.drop_body(this.body);
        let absorbed = this.region.absorbs();
        this.region.leave();
        match absorbed {
            Some(cancelled) => Poll::Ready(Err(cancelled)),
            // The region around absorbs, and code after this one does not run (SC5).
            None => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for ScopeRun<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeRun")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
