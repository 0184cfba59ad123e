//! A closure on its way to a thread, and its value on the way back.
//!
//! # Always true
//!
//! 1. The token and the value belong to the closure until the caller takes the value: a caller that
//!    leaves takes nothing with it.
//! 2. A value that nobody takes is dropped on a worker; a panic that nobody takes is reported.
//! 3. The token is free before anybody learns that the closure has ended.

use std::future::{Future, poll_fn};
use std::mem;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use anyrt_backend::Job;

use super::borrower::Borrower;
use super::caller::{self, Call, Called, Luggage};
use super::limiter::{CapacityLimiter, Queued};
use crate::loom::Mutex;
use crate::outcome::{Payload, confine, wake};
use crate::renewal::Renewal;
use crate::runtime::Rt;
use crate::scope::region::Region;
use crate::scope::tree::{CallSeat, Kind, Seated};
use crate::shield::shield;
use crate::task::Place;

/// What a closure and its caller share, in one allocation with the call and the closure. The caller does not name the
/// closure's type.
pub(crate) struct Hop<T, W: ?Sized = dyn Called> {
    state: Mutex<State<T>>,
    work: W,
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

impl<T, W> Hop<T, W> {
    pub(crate) fn new(work: W) -> Arc<Self> {
        Self::waited_for(work, None)
    }

    /// With the waker of a caller that is about to wait.
    fn waited_for(work: W, waker: Option<Waker>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::Running(waker)),
            work,
        })
    }
}

impl<T, W: ?Sized> Hop<T, W> {
    /// Hands the result over, after `first`. Gives it back where the caller has left.
    pub(crate) fn hand_over(
        &self,
        result: Option<Result<T, Payload>>,
        first: impl FnOnce(),
    ) -> Result<(), Option<Result<T, Payload>>> {
        let mut state = self.state.lock();
        let State::Running(waker) = &mut *state else {
            return Err(result);
        };
        let waker = waker.take();
        first();
        *state = State::Done(result);
        drop(state);
        wake(waker);
        Ok(())
    }

    /// Says that the closure has ended, to those that wait for it without its value.
    pub(crate) fn set_ended(&self) {
        let waker = match &mut *self.state.lock() {
            State::Left { ended, waker } => {
                *ended = true;
                waker.take()
            }
            State::Running(_) | State::Done(_) => None,
        };
        wake(waker);
    }

    /// Whether the closure has ended.
    pub(super) fn is_done(&self) -> bool {
        matches!(*self.state.lock(), State::Done(_))
    }

    /// Ready with the result, `None` where there will be none.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<Result<T, Payload>>> {
        Renewal::poll(cx, |renewal| match &mut *self.state.lock() {
            State::Done(result) => Poll::Ready(result.take()),
            State::Left { ended: true, .. } => Poll::Ready(None),
            State::Running(waker) | State::Left { waker, .. } => {
                renewal.keep(waker);
                Poll::Pending
            }
        })
    }

    /// Gives the wait for the value up.
    pub(crate) fn leave(&self) -> Unclaimed<T> {
        let old = {
            let mut state = self.state.lock();
            let left = State::Left {
                ended: matches!(*state, State::Done(_)),
                waker: None,
            };
            mem::replace(&mut *state, left)
        };
        match old {
            State::Running(_) => Unclaimed::AtWork,
            State::Done(result) => Unclaimed::Result(result),
            State::Left { .. } => unreachable!("it is left once"),
        }
    }
}

/// What a caller that leaves did not take.
pub(crate) enum Unclaimed<T> {
    AtWork,
    Result(Option<Result<T, Payload>>),
}

/// What a caller that leaves has left.
pub(super) enum Left<T> {
    /// The closure is still at work.
    AtWork,
    /// The value, to be dropped on a thread.
    Value(T),
    Nothing,
}

impl<T> Hop<T> {
    pub(super) fn call(&self) -> &Call {
        self.work.call()
    }
}

/// Gives the wait for a closure up. A panic that came is told.
pub(super) fn leave<T>(hop: &Hop<T>) -> Left<T> {
    match hop.leave() {
        Unclaimed::AtWork => Left::AtWork,
        Unclaimed::Result(Some(Ok(value))) => Left::Value(value),
        Unclaimed::Result(Some(Err(payload))) => {
            let call = hop.call();
            call.rt.closure_panicked(call.place, payload);
            Left::Nothing
        }
        Unclaimed::Result(None) => Left::Nothing,
    }
}

/// Waits for a closure whose value nobody wants any more.
pub(super) fn ended<T: Send + 'static>(hop: Arc<Hop<T>>) -> impl Future<Output = ()> + Send {
    shield(poll_fn(move |cx| hop.poll(cx).map(drop)))
}

/// Drops on a thread what may block, as what made it.
pub(super) fn drop_on_worker<T: Send + 'static>(
    call: Call,
    value: T,
) -> impl Future<Output = ()> + Send {
    let rt = call.rt.clone();
    let (hop, job) = pack(call, || drop(value), None);
    rt.backend().spawn_blocking(job);
    // Its destructor may panic, and nobody takes that.
    leave(&hop);
    ended(hop)
}

/// A closure on its way to a thread, and whose it is; taken by whoever runs it.
struct Work<F> {
    call: Call,
    closure: Mutex<Option<(F, Luggage)>>,
}

impl<F> Work<F> {
    fn new(call: Call, f: F) -> Self {
        call.rt.has_begun_job();
        Self {
            call,
            closure: Mutex::new(Some((f, Luggage::here()))),
        }
    }

    fn take(&self) -> Option<(F, Luggage)> {
        self.closure.lock().take()
    }
}

impl<F: Send> Called for Work<F> {
    fn call(&self) -> &Call {
        &self.call
    }
}

impl<T: Send, F: Send> Called for Hop<T, Work<F>> {
    fn call(&self) -> &Call {
        &self.work.call
    }
}

impl<T: Send, F: Send> Seated for Hop<T, Work<F>> {
    fn seat(&self) -> &CallSeat {
        &self.work.call.seat
    }
}

impl<T, F> anyrt_backend::Work for Hop<T, Work<F>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    fn run(self: Arc<Self>) {
        if let Some((f, luggage)) = self.work.take() {
            let result = caller::run(self.clone(), &luggage, f);
            self.end(luggage, Some(result));
        }
    }

    fn dropped(self: Arc<Self>) {
        // The runtime has shut down, and the closure never runs.
        if let Some((f, luggage)) = self.work.take() {
            // The destructors of what nobody takes must not end the worker.
            if let Err(payload) = confine(|| drop(f)) {
                let call = &self.work.call;
                call.rt.closure_panicked(call.place, payload);
            }
            self.end(luggage, None);
        }
    }
}

impl<T, F> Hop<T, Work<F>>
where
    T: Send + 'static,
    F: Send + 'static,
{
    fn end(self: &Arc<Self>, mut luggage: Luggage, result: Option<Result<T, Payload>>) {
        let call = &self.work.call;
        // Whoever learns of the end finds the token free, and nothing of the call alive.
        call.give_token_back();
        luggage.clear();
        let Err(unclaimed) = self.hand_over(result, || call.rt.has_ended_job()) else {
            return;
        };
        self.drop_unclaimed(&luggage, unclaimed);
        // Only now: whoever ends the runtime does not wait for a destructor that may block for ever.
        call.rt.has_ended_job();
        self.set_ended();
    }

    /// Drops here, in the caller's name, what nobody takes (invariant 2).
    fn drop_unclaimed(self: &Arc<Self>, luggage: &Luggage, result: Option<Result<T, Payload>>) {
        let dropped = match result {
            Some(Ok(value)) => caller::run(self.clone(), luggage, || drop(value)),
            Some(Err(payload)) => Err(payload),
            None => Ok(()),
        };
        if let Err(payload) = dropped {
            let call = &self.work.call;
            call.rt.closure_panicked(call.place, payload);
        }
    }
}

/// Makes a job of a closure, whose end wakes this waker, and lists the call.
pub(super) fn pack<T, F>(call: Call, f: F, waker: Option<Waker>) -> (Arc<Hop<T>>, Job)
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let hop = Hop::waited_for(Work::new(call, f), waker);
    // The region around is held before the closure runs, which may ask for it.
    CallSeat::take(&hop);
    let job = Job::new(hop.clone());
    (hop, job)
}

/// As [`send`], as soon as there is a token for it; until then with a place in the queue.
pub(super) fn send_when_free<T, F>(
    limiter: &CapacityLimiter,
    call: Call,
    f: F,
) -> (Arc<Hop<T>>, Option<Queued>)
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let (node, borrower) = (call.node().clone(), Borrower::new(call.place));
    let hop = Hop::new(Work::new(call, f));
    let (granted, job) = (hop.clone(), Job::new(hop.clone()));
    // Dropped instead of called, it drops the job, and the closure has ended.
    let start = move |token| {
        let call = &granted.work.call;
        call.grant(token);
        call.rt.backend().spawn_blocking(job);
    };
    let queued = limiter.start_when_free(node, borrower, Box::new(start));
    (hop, queued)
}

/// Runs a closure on a thread of its own, under no limiter, as a blocking call of the code that polls this
/// (TH9): who holds a resource needs a thread to give it back. If that came from the pool whose threads all wait
/// for the resource, nothing would ever move again, and a pool has a bound of its own beneath any limiter. `None` if it could not be run.
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
        let mut region = Region::new(Kind::Blocking, place);
        let call = Call::new(rt.clone(), place, region.settle());
        let hop = Hop::new(Work::new(call, f));
        rt.backend().clone().spawn_thread(Job::new(hop.clone()));
        let result = poll_fn(|cx| hop.poll(cx)).await;
        region.leave();
        match result? {
            Ok(value) => Some(value),
            Err(payload) => resume_unwind(payload),
        }
    }
}
