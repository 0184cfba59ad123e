//! A closure on its way to a thread, and its value on the way back.
//!
//! # Always true
//!
//! 1. The token and the value belong to the closure until the caller takes the value: a caller that
//!    leaves takes nothing with it.
//! 2. A value that nobody takes is dropped on a worker; a panic that nobody takes is reported.
//! 3. The token is free before anybody learns that the closure has ended.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};

use anyrt_backend::Job;

use super::limiter::Token;
use crate::loom::Mutex;
use crate::outcome::{Payload, confine, message_of, quietly, wake};
use crate::report::Report;
use crate::runtime::Rt;
use crate::task::Place;

thread_local! {
    /// Whose blocking call this thread runs.
    static CALLER: RefCell<Option<Arc<Rt>>> = const { RefCell::new(None) };
}

/// Whether this thread runs a blocking call of ours, so that it may block.
pub(crate) fn is_worker() -> bool {
    runtime().is_some()
}

/// The runtime whose blocking call this thread runs.
pub(crate) fn runtime() -> Option<Arc<Rt>> {
    CALLER.try_with(|caller| caller.borrow().clone()).ok()?
}

/// Runs `f` as a part of no blocking call: a runtime that is started inside of one has tasks on this
/// thread.
pub(crate) fn outside_of_workers<R>(f: impl FnOnce() -> R) -> R {
    called_by(None, f)
}

fn called_by<R>(rt: Option<Arc<Rt>>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<Rt>>);

    impl Drop for Restore {
        fn drop(&mut self) {
            // While the thread is being torn down there is nothing to restore.
            let last = CALLER.try_with(|caller| caller.replace(self.0.take()));
            drop(last);
        }
    }

    let _restore = Restore(CALLER.try_with(|caller| caller.replace(rt)).ok().flatten());
    f()
}

/// What a closure and its caller share.
pub(super) struct Hop<T> {
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

    /// Hands the result over. A value that nobody takes is dropped here (invariant 2), a panic comes
    /// back.
    fn finish(&self, result: Option<Result<T, Payload>>) -> Option<Payload> {
        let mut state = self.state.lock();
        if let State::Running(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Done(result);
            drop(state);
            wake(waker);
            return None;
        }
        drop(state);
        let panic = match result {
            Some(Err(payload)) => Some(payload),
            value => {
                quietly(|| drop(value));
                None
            }
        };
        let waker = match &mut *self.state.lock() {
            State::Left { ended, waker } => {
                *ended = true;
                waker.take()
            }
            State::Running(_) | State::Done(_) => None,
        };
        wake(waker);
        panic
    }

    /// Ready with the result, `None` where there will be none.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<Option<Result<T, Payload>>> {
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

    /// Gives the wait up.
    pub(super) fn leave(&self) -> Unclaimed<T> {
        let left = State::Left {
            ended: false,
            waker: None,
        };
        let old = mem::replace(&mut *self.state.lock(), left);
        match old {
            State::Running(waker) => {
                drop(waker);
                Unclaimed::AtWork
            }
            State::Done(result) => Unclaimed::Result(result),
            State::Left { .. } => Unclaimed::Result(None),
        }
    }
}

/// What a caller that leaves did not take.
pub(super) enum Unclaimed<T> {
    AtWork,
    Result(Option<Result<T, Payload>>),
}

/// The closure on its way to a thread and back.
struct Work<T, F> {
    hop: Arc<Hop<T>>,
    place: Place,
    f: Option<F>,
    token: Option<Token>,
    rt: Arc<Rt>,
}

impl<T, F: FnOnce() -> T> Work<T, F> {
    fn run(mut self) {
        let Some(f) = self.f.take() else { return };
        let rt = self.rt.clone();
        called_by(Some(rt), || {
            let result = confine(f);
            self.end(Some(result));
        });
    }
}

impl<T, F> Work<T, F> {
    fn end(&mut self, result: Option<Result<T, Payload>>) {
        // The destructors of what nobody takes must not end the worker.
        quietly(|| drop(self.f.take()));
        // The token first, so that whoever learns of the end finds it free.
        drop(self.token.take());
        self.rt.jobs.fetch_sub(1, Relaxed);
        if let Some(payload) = self.hop.finish(result) {
            self.rt.report(Report::ClosurePanicked {
                place: self.place,
                message: message_of(&payload),
            });
            quietly(|| drop(payload));
        }
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

pub(super) fn send<T, F>(rt: &Arc<Rt>, place: Place, f: F, token: Option<Token>) -> Arc<Hop<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    rt.jobs.fetch_add(1, Relaxed);
    let hop = Hop::new();
    let work = Work {
        hop: hop.clone(),
        place,
        f: Some(f),
        token,
        rt: rt.clone(),
    };
    rt.backend()
        .spawn_blocking(Job::new(Box::new(move || work.run())));
    hop
}

/// Runs a closure on a thread at once, under no limiter. `None` if the runtime has shut down.
pub(crate) fn hop<T, F>(
    rt: &Arc<Rt>,
    place: Place,
    f: F,
) -> impl Future<Output = Option<T>> + Send + use<T, F>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let rt = rt.clone();
    async move {
        let hop = send(&rt, place, f, None);
        match poll_fn(|cx| hop.poll(cx)).await? {
            Ok(value) => Some(value),
            Err(payload) => resume_unwind(payload),
        }
    }
}
