//! From a thread back into async code: a blocking call that waits for a future, or asks whether it is
//! cancelled (TH6).
//!
//! The future is polled on the worker thread itself, as a region inside the region of the blocking call. So
//! it may borrow from the closure, need not be `Send`, and a cancel of the caller reaches it as it reaches
//! everything else that is inside.
//!
//! | the call is             | the future is inside         | a cancel of the caller |
//! |-------------------------|------------------------------|------------------------|
//! | waited for              | the region of the call       | cancels it             |
//! | dropped by foreign code | the same, which is cancelled | has come               |
//! | of a stream's iterator  | the region of the stream     | when the stream goes   |
//! | abandonable             | the root, as a daemon        | does not reach it      |
//!
//! # Always true
//!
//! 1. While the future waits, the thread's token is lent to what is inside (TH7). The loan ends after the
//!    future is gone.
//! 2. The root of `run` knows every future: none outlives its runtime (`runtime/guests.rs`).

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::caller::{self, Call};
use super::limiter::{CapacityLimiter, LoanId};
use crate::error::{Cancelled, RuntimeEnded};
use crate::outcome::{confine, quietly};
use crate::runtime::Guest;
use crate::scope::current;
use crate::scope::reason::{Cause, Reason};
use crate::scope::region::Region;
use crate::scope::tree::{Kind, Node, Park};
use crate::task::Place;

/// Waits for a future, in a closure that runs on a worker thread.
///
/// The future is polled on this very thread, inside the regions of the blocking call: scopes, deadlines and
/// groups around the call are around the future too. The runtime's timers, sockets and tasks are at hand.
/// While it waits, the token of the call is lent to blocking calls inside of it, so nesting on a limiter of
/// one does not deadlock (TH7).
///
/// # Errors
///
/// [`FromThreadError::Cancelled`] when the blocking call is cancelled: the future has been dropped, its
/// cleanups have run, and the closure may go on and return a value. It comes at once where the cancel came
/// before, up to the first wait. [`FromThreadError::NotInWorker`] elsewhere than in a closure of a blocking
/// call or a blocking hook. [`FromThreadError::RuntimeEnded`] in a closure that was abandoned, or whose call
/// was carried out of its runtime, when that ends or has ended.
///
/// # Cancellation
///
/// With the caller. A call that was made with
/// [`abandon_on_cancel`](crate::Offload::abandon_on_cancel) is left to itself, so its futures run to their
/// own end; where the runtime ends first, they are cancelled and waited for (TH6).
///
/// # Panics
///
/// A panic of the future unwinds through the closure, as any other.
///
/// ```
/// use anyrt::{from_thread, run_in_threadpool, sleep};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let sum = run_in_threadpool(|| {
///     let numbers = vec![1, 2, 3];
///     // blocking code that needs something asynchronous for a moment
///     let sum = from_thread::run(async {
///         sleep(Duration::from_millis(1)).await;
///         numbers.iter().sum::<i32>()
///     });
///     sum.expect("nobody cancels it")
/// });
/// assert_eq!(sum.await, 6);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn run<F: Future>(future: F) -> Result<F::Output, FromThreadError> {
    run_at(Place::caller(), future)
}

pub(super) fn run_at<F: Future>(place: Place, future: F) -> Result<F::Output, FromThreadError> {
    // Async code on this thread is to await, not to block itself.
    let called = caller::called().filter(|_| !current::is_entered());
    let called = called.ok_or(FromThreadError::NotInWorker)?;
    let call = called.call();
    // Dropped in reverse: the future, the loan, the count.
    let (node, _guest) = enter(call, place)?;
    let _loan = call.limiter().map(|limiter| Loan::new(limiter, &node));
    let inside = Inside {
        body: Some(future),
        region: Region::with_node(node),
    };
    let mut output = None;
    call.rt
        .backend()
        .block_on(pin!(async { output = Some(inside.await) }));
    let output = output.ok_or(FromThreadError::RuntimeEnded)?;
    output.map_err(FromThreadError::Cancelled)
}

/// Whether the blocking call that this thread runs is cancelled, as an error to be passed on with `?`.
///
/// It may be asked again and again; a long computation asks every now and then (TH6).
///
/// # Errors
///
/// [`FromThreadError::Cancelled`] while the region around the call is effectively cancelled, also in a
/// closure that was abandoned; [`FromThreadError::NotInWorker`] outside of blocking calls.
///
/// ```
/// use anyrt::{from_thread, run_in_threadpool};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let rounds = run_in_threadpool(|| {
///     for _ in 0..1_000 {
///         from_thread::check_cancelled()?;
///     }
///     Ok::<_, from_thread::FromThreadError>("done")
/// });
/// assert_eq!(rounds.await.unwrap(), "done");
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn check_cancelled() -> Result<(), FromThreadError> {
    if !is_cancelled()? {
        return Ok(());
    }
    let called = caller::called().ok_or(FromThreadError::NotInWorker)?;
    let reason = reason_of(called.call().node());
    Err(FromThreadError::Cancelled(Cancelled::new(reason)))
}

/// Whether the blocking call that this thread runs is cancelled.
///
/// # Errors
///
/// [`FromThreadError::NotInWorker`] outside of blocking calls.
///
/// ```
/// assert!(anyrt::from_thread::is_cancelled().is_err(), "this is no worker thread");
/// ```
pub fn is_cancelled() -> Result<bool, FromThreadError> {
    // Async code on this thread has a region of its own to ask.
    let cancelled = caller::is_cancelled().filter(|_| !current::is_entered());
    cancelled.ok_or(FromThreadError::NotInWorker)
}

/// Why a blocking call cannot wait for a future, or has stopped to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FromThreadError {
    /// The blocking call is cancelled. The closure may go on and return a value.
    Cancelled(Cancelled),
    /// This is no closure of a blocking call of anyrt, or it is async code that runs inside of one.
    NotInWorker,
    /// The runtime has ended, or is about to; nobody waits for the closure.
    RuntimeEnded,
}

impl fmt::Display for FromThreadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromThreadError::Cancelled(cancelled) => cancelled.fmt(f),
            FromThreadError::NotInWorker => f.write_str(
                "this thread runs no blocking call of anyrt: async code awaits instead, and a thread \
                 of one's own calls through a `BlockingPortal`",
            ),
            FromThreadError::RuntimeEnded => RuntimeEnded.fmt(f),
        }
    }
}

impl Error for FromThreadError {}

impl From<RuntimeEnded> for FromThreadError {
    fn from(_: RuntimeEnded) -> Self {
        FromThreadError::RuntimeEnded
    }
}

/// Why code inside a region is cancelled. One that outlived what was around it is shut down.
pub(super) fn reason_of(node: &Arc<Node>) -> Reason {
    let reason = node.visible_reason();
    reason.unwrap_or_else(|| Reason::here(Cause::Shutdown))
}

/// Gives the future its place in the tree, and makes it known to the root.
fn enter(call: &Call, place: Place) -> Result<(Arc<Node>, Option<Guest>), FromThreadError> {
    if !call.abandonable {
        let node = Arc::new(Node::new(Kind::FromThread, place));
        let guest = call.rt.admit_guest(&node, Some(call.node()))?;
        node.attach(Some(call.node().clone()));
        return Ok((node, guest));
    }
    let node = Arc::new(Node::new(Kind::Daemon, place));
    if let Some(task) = &call.task {
        node.set_task(task.clone());
    }
    let guest = call.rt.admit_guest(&node, None)?;
    node.attach(guest.as_ref().map(|guest| guest.root().clone()));
    Ok((node, guest))
}

/// The token of this thread, lent to what is inside of its wait.
struct Loan {
    limiter: CapacityLimiter,
    loan: LoanId,
}

impl Loan {
    fn new(limiter: CapacityLimiter, node: &Node) -> Self {
        let loan = limiter.lend();
        node.set_loan(limiter.clone(), loan);
        Self { limiter, loan }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.limiter.end_loan(self.loan);
    }
}

pin_project! {
    /// The future on its thread: a region that absorbs every cancel, since what is around it here is
    /// blocking code.
    struct Inside<F> {
        #[pin]
        body: Option<F>,
        region: Region,
    }

    impl<F> PinnedDrop for Inside<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.region.drop_body(this.body);
        }
    }
}

impl<F: Future> Future for Inside<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = confine(|| {
            let _budget = current::fresh_budget();
            this.region.poll_body(this.body.as_mut(), cx)
        });
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(value)) => {
                this.region.leave();
                return Poll::Ready(Ok(value));
            }
            Err(payload) => {
                // A second panic, of a destructor, has nowhere to go but the panic hook.
                quietly(|| this.region.drop_body(this.body.as_mut()));
                this.region.leave();
                resume_unwind(payload);
            }
        }
        if this.body.is_none() || this.region.park(cx) == Park::Wait {
            return Poll::Pending;
        }
        let reason = this.region.visible_reason();
        this.region.drop_body(this.body);
        this.region.leave();
        Poll::Ready(Err(Cancelled::new(reason)))
    }
}
