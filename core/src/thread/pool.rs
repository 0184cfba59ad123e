//! Blocking calls: a checkpoint, then a token of the limiter, then a thread (TH1).
//!
//! ```text
//!   checkpoint     cancelled before: the closure never runs
//!   ~ token        always cancellable, and takes none with it
//!   >> thread      the closure has the token; the call holds the region around, unless it may be
//!                  abandoned
//!   ~ value        comes back despite a cancel, which lands at the next wait
//! ```
//!
//! How the call gets its token is in `thread/admission.rs`; how the closure gets to its thread, and the value back, in
//! `thread/hop.rs`.

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::Either;

use super::admission::Admission;
use super::caller::Call;
use super::from_thread::reason_of;
use super::hop::{Hop, Left, drop_on_worker, ended, leave, pack};
use super::limiter::CapacityLimiter;
use crate::group::orphan::adopt_task;
use crate::report::Report;
use crate::scope::region::Region;
use crate::scope::tree::{self, Kind};
use crate::task::Place;

/// Runs a blocking closure on a thread of the runtime's pool.
///
/// At most as many closures run at once as the limiter has tokens: the runtime's own has 40
/// (see [`default_thread_limiter`](crate::default_thread_limiter)), [`limiter`](Offload::limiter)
/// names another. Keeps TH1 to TH5.
///
/// # Cancellation
///
/// A checkpoint: in a cancelled region the closure never runs. While it waits for a token, a cancel
/// ends the wait. Once the closure runs, the call holds the region around it and returns the value;
/// the cancel lands at the next wait. [`abandon_on_cancel`](Offload::abandon_on_cancel) leaves at once
/// instead.
///
/// # Panics
///
/// Resumes a panic of the closure. Panics when no runtime is to be found, and when the runtime has shut
/// down and dropped the closure unrun.
///
/// ```
/// use anyrt::run_in_threadpool;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let answer = run_in_threadpool(|| 6 * 7).await;
/// assert_eq!(answer, 42);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn run_in_threadpool<F, T>(f: F) -> Offload<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Offload::new(Place::caller(), f)
}

/// The future of [`run_in_threadpool`], and its options.
#[must_use = "futures do nothing unless polled"]
pub struct Offload<F, T>
where
    T: Send + 'static,
{
    admission: Admission,
    step: Step<F, T>,
}

enum Step<F, T> {
    New(F),
    Thread(Arc<Hop<T>>),
    Done,
}

impl<F, T: Send + 'static> Offload<F, T> {
    pub(super) fn new(place: Place, f: F) -> Self {
        Self {
            admission: Admission::new(place),
            step: Step::New(f),
        }
    }

    /// Takes the token of this limiter instead of the runtime's own (TH4).
    ///
    /// ```
    /// use anyrt::{CapacityLimiter, run_in_threadpool};
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let one_at_a_time = CapacityLimiter::new(1);
    /// assert_eq!(run_in_threadpool(|| 7).limiter(&one_at_a_time).await, 7);
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn limiter(mut self, limiter: &CapacityLimiter) -> Self {
        self.admission.limiter = Some(limiter.clone());
        self
    }

    /// Lets a cancel leave the closure behind: the caller goes at once. Token and value stay with
    /// the closure; the token is given back when it returns, the value dropped on its thread (TH3).
    ///
    /// ```
    /// use anyrt::{move_on_after, run_in_threadpool};
    /// use std::{thread, time::Duration};
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let slow = run_in_threadpool(|| thread::sleep(Duration::from_millis(50)));
    /// let outcome = move_on_after(Duration::from_millis(1), slow.abandon_on_cancel()).await;
    /// assert!(outcome.is_none());
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn abandon_on_cancel(mut self) -> Self {
        self.admission.make_abandonable();
        self
    }
}

impl<F, T: Send + 'static> Unpin for Offload<F, T> {}

impl<F, T> Future for Offload<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        ready!(this.begin(cx));
        let Step::Thread(hop) = &this.step else {
            return Poll::Pending;
        };
        let call = hop.call();
        let Poll::Ready(result) = hop.poll(cx) else {
            if call.abandonable {
                // Woken by a cancel, whoever polls it.
                call.node().listen(cx);
                // Not where it is polled now: it belongs to where it began (SC14).
                if call.node().is_cancelled() {
                    // The caller goes, also where something else holds the region.
                    this.abandon();
                }
            }
            return Poll::Pending;
        };
        call.seat.leave();
        let place = call.place;
        this.step = Step::Done;
        match result {
            Some(Ok(value)) => Poll::Ready(value),
            Some(Err(payload)) => resume_unwind(payload),
            None => {
                panic!("the closure of {place} was dropped unrun: its runtime has shut down")
            }
        }
    }
}

impl<F, T> Offload<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// Ready once the closure is on its way.
    fn begin(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !matches!(self.step, Step::New(_)) {
            return Poll::Ready(());
        }
        // Foreign code, which may unwind: before there is a place in the tree to be left.
        let waker = cx.waker().clone();
        let call = ready!(self.admission.poll(cx));
        let Step::New(f) = mem::replace(&mut self.step, Step::Done) else {
            return Poll::Pending;
        };
        let rt = call.rt.clone();
        let (hop, job) = pack(call, f, Some(waker));
        // From here on the region around waits for the closure, unless it may leave it; a pool that cannot take the
        // closure unwinds, and then the drop of this leaves the tree.
        self.step = Step::Thread(hop);
        rt.backend().spawn_blocking(job);
        Poll::Ready(())
    }
}

impl<F, T: Send + 'static> Offload<F, T> {
    /// Leaves the closure to itself, and says so where nobody may.
    fn abandon(&mut self) {
        let Step::Thread(hop) = mem::replace(&mut self.step, Step::Done) else {
            return;
        };
        let left = leave(&hop);
        let call = hop.call();
        let (rt, place, abandonable) = (call.rt.clone(), call.place, call.abandonable);
        let node = call.node().clone();
        // The closure learns of it: nobody waits for its value any more.
        tree::cancel(&node, reason_of(&node));
        let mut region = Region::with_node(node.clone());
        let end = match left {
            Left::AtWork if abandonable => return,
            Left::AtWork => {
                // Foreign code has dropped a call that holds: the nearest group waits for the closure.
                rt.report(Report::Escaped {
                    region: Kind::Blocking.name(),
                    place,
                });
                Either::Left(ended(hop))
            }
            // It may block, as what made it.
            Left::Value(value) => {
                let call = Call::new(rt.clone(), place, node.clone()).abandonable(abandonable);
                let dropped = drop_on_worker(call, value);
                if abandonable {
                    return;
                }
                Either::Right(dropped)
            }
            Left::Nothing => return,
        };
        node.loosen();
        let from = node.parent();
        adopt_task(from.as_ref(), None, &rt, async move {
            end.await;
            region.leave();
        });
    }
}

impl<F, T: Send + 'static> Drop for Offload<F, T> {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl<F, T: Send + 'static> fmt::Debug for Offload<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offload")
            .field("place", &self.admission.place)
            .field("limiter", &self.admission.limiter)
            .field("abandon_on_cancel", &self.admission.abandon)
            .finish_non_exhaustive()
    }
}
