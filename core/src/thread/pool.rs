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
//! # Always true
//!
//! 1. The token and the value belong to the closure until the caller takes the value: a caller that
//!    leaves takes nothing with it.
//! 2. A value that nobody takes is dropped on the worker.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};

use anyrt_backend::Job;

use super::limiter::{Acquire, CapacityLimiter, Token};
use crate::checkpoint::Gate;
use crate::group::orphan::adopt_task;
use crate::loom::Mutex;
use crate::outcome::{Payload, confine, quietly, wake};
use crate::report::Report;
use crate::runtime::Rt;
use crate::scope::region::Region;
use crate::scope::tree::Kind;
use crate::shield::shield;
use crate::task::Place;

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs a blocking call of ours, so that it may block.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.get()
}

/// What a closure and its caller share.
struct Hop<T> {
    state: Mutex<State<T>>,
}

enum State<T> {
    Running(Option<Waker>),
    /// What the closure gave; nothing where the runtime dropped it unrun.
    Done(Option<Result<T, Payload>>),
    /// The caller has left; who waits for the closure's end all the same is woken by it.
    Left {
        ended: bool,
        waker: Option<Waker>,
    },
}

impl<T> Hop<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::Running(None)),
        })
    }

    /// Hands the result over. One that nobody takes is dropped here (invariant 2).
    fn finish(&self, result: Option<Result<T, Payload>>) {
        let mut state = self.state.lock();
        let waker = if let State::Running(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Done(result);
            drop(state);
            waker
        } else {
            drop(state);
            quietly(|| drop(result));
            match &mut *self.state.lock() {
                State::Left { ended, waker } => {
                    *ended = true;
                    waker.take()
                }
                State::Running(_) | State::Done(_) => None,
            }
        };
        wake(waker);
    }

    /// Ready with the result, `None` where there will be none.
    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Result<T, Payload>>> {
        let mut fresh = Some(cx.waker().clone());
        let mut state = self.state.lock();
        match &mut *state {
            State::Running(waker)
            | State::Left {
                ended: false,
                waker,
            } => {
                mem::swap(waker, &mut fresh);
                drop(state);
                Poll::Pending
            }
            State::Done(result) => Poll::Ready(result.take()),
            State::Left { ended: true, .. } => Poll::Ready(None),
        }
    }

    /// Gives the wait up. Says whether the closure is still at work.
    fn leave(&self) -> bool {
        let left = State::Left {
            ended: false,
            waker: None,
        };
        let old = mem::replace(&mut *self.state.lock(), left);
        let at_work = matches!(old, State::Running(_));
        // A value that came and was not taken.
        quietly(|| drop(old));
        at_work
    }
}

/// The closure on its way to a thread and back.
struct Work<T, F> {
    hop: Arc<Hop<T>>,
    f: Option<F>,
    token: Option<Token>,
    rt: Arc<Rt>,
}

impl<T, F: FnOnce() -> T> Work<T, F> {
    fn run(mut self) {
        let Some(f) = self.f.take() else { return };
        IS_WORKER.set(true);
        let result = confine(f);
        IS_WORKER.set(false);
        self.end(Some(result));
    }
}

impl<T, F> Work<T, F> {
    fn end(&mut self, result: Option<Result<T, Payload>>) {
        // The destructors of what nobody takes must not end the worker.
        quietly(|| drop(self.f.take()));
        // The token first, so that whoever learns of the end finds it free.
        drop(self.token.take());
        self.rt.jobs.fetch_sub(1, Relaxed);
        quietly(|| self.hop.finish(result));
    }
}

impl<T, F> Drop for Work<T, F> {
    fn drop(&mut self) {
        if self.f.is_some() {
            // The runtime has shut down, and the closure never runs.
            self.end(None);
        }
    }
}

fn send<T, F>(rt: &Arc<Rt>, f: F, token: Option<Token>) -> Arc<Hop<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    rt.jobs.fetch_add(1, Relaxed);
    let hop = Hop::new();
    let work = Work {
        hop: hop.clone(),
        f: Some(f),
        token,
        rt: rt.clone(),
    };
    rt.backend()
        .spawn_blocking(Job::new(Box::new(move || work.run())));
    hop
}

/// Runs a closure on a thread at once, under no limiter. `None` if the runtime has shut down.
pub(crate) fn hop<T, F>(rt: &Arc<Rt>, f: F) -> impl Future<Output = T> + Send + use<T, F>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let rt = rt.clone();
    async move {
        let hop = send(&rt, f, None);
        match poll_fn(|cx| hop.poll(cx)).await {
            Some(Ok(value)) => value,
            Some(Err(payload)) => resume_unwind(payload),
            None => pending().await,
        }
    }
}

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
/// Resumes a panic of the closure. Panics when no runtime is to be found.
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
    Offload {
        limiter: None,
        abandon: false,
        gate: Gate::new(),
        region: Region::new(Kind::Blocking, Place::caller()),
        rt: None,
        step: Step::New(f),
    }
}

/// The future of [`run_in_threadpool`], and its options.
#[must_use = "futures do nothing unless polled"]
pub struct Offload<F, T>
where
    T: Send + 'static,
{
    limiter: Option<CapacityLimiter>,
    abandon: bool,
    gate: Gate,
    region: Region,
    rt: Option<Arc<Rt>>,
    step: Step<F, T>,
}

enum Step<F, T> {
    New(F),
    Token(F, Acquire),
    Thread(Arc<Hop<T>>),
    Done,
}

impl<F, T: Send + 'static> Offload<F, T> {
    /// Takes the token of this limiter instead of the runtime's own.
    pub fn limiter(mut self, limiter: &CapacityLimiter) -> Self {
        self.limiter = Some(limiter.clone());
        self
    }

    /// Lets a cancel leave the closure behind: the caller goes at once. Token and value stay with
    /// the closure; the token is given back when it returns, the value dropped on its thread (TH3).
    pub fn abandon_on_cancel(mut self) -> Self {
        self.abandon = true;
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
        loop {
            match mem::replace(&mut this.step, Step::Done) {
                Step::New(f) => {
                    if this.gate.pass().is_pending() {
                        this.step = Step::New(f);
                        return Poll::Pending;
                    }
                    let rt = this.rt.get_or_insert_with(Rt::here);
                    let limiter = this.limiter.as_ref().unwrap_or_else(|| rt.limiter());
                    this.step = Step::Token(f, limiter.acquire());
                }
                Step::Token(f, mut acquire) => {
                    let Poll::Ready(token) = Pin::new(&mut acquire).poll(cx) else {
                        this.step = Step::Token(f, acquire);
                        return Poll::Pending;
                    };
                    let rt = this.rt.get_or_insert_with(Rt::here);
                    if !this.abandon {
                        // From here on the region around waits for the closure.
                        this.region.settle();
                    }
                    this.step = Step::Thread(send(rt, f, Some(token)));
                }
                Step::Thread(hop) => {
                    let Poll::Ready(result) = hop.poll(cx) else {
                        this.step = Step::Thread(hop);
                        return Poll::Pending;
                    };
                    this.region.leave();
                    match result {
                        Some(Ok(value)) => return Poll::Ready(value),
                        Some(Err(payload)) => resume_unwind(payload),
                        // The runtime has shut down; nobody will be polled again.
                        None => return Poll::Pending,
                    }
                }
                Step::Done => return Poll::Pending,
            }
        }
    }
}

impl<F, T: Send + 'static> Drop for Offload<F, T> {
    fn drop(&mut self) {
        let Step::Thread(hop) = &self.step else {
            return;
        };
        if !hop.leave() || self.abandon {
            return;
        }
        // Foreign code has dropped a call that holds: the nearest group waits for the closure.
        let Some(rt) = &self.rt else { return };
        rt.report(Report::Escaped {
            region: Kind::Blocking.name(),
            place: self.region.place(),
        });
        let hop = hop.clone();
        let from = self.region.node().and_then(|node| node.parent());
        adopt_task(from.as_ref(), None, rt, async move {
            shield(poll_fn(|cx| hop.poll(cx))).await;
        });
    }
}

impl<F, T: Send + 'static> fmt::Debug for Offload<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offload")
            .field("place", &self.region.place())
            .field("limiter", &self.limiter)
            .field("abandon_on_cancel", &self.abandon)
            .finish_non_exhaustive()
    }
}
