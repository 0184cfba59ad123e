//! The wakes of one future, counted.
//!
//! A future is at work from the wake that asks for a poll to the end of that poll. Its waker is wrapped, so each wake is
//! counted in before the runtime hears of it.
//!
//! | state   | it is at work | a wake makes it  | the end of a poll makes it |
//! |---------|---------------|------------------|----------------------------|
//! | Idle    | no            | Awake, counts in |                            |
//! | Awake   | yes           |                  |                            |
//! | Polled  | yes           | Rewoken          | Idle, counts out           |
//! | Rewoken | yes           |                  | Awake                      |
//! | Gone    | no            |                  |                            |

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::watch::Watch;
use crate::loom::Mutex;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Awake,
    Polled,
    Rewoken,
    Gone,
}

impl State {
    fn is_at_work(self) -> bool {
        !matches!(self, State::Idle | State::Gone)
    }
}

/// What the wakers of a future share.
struct Pulse {
    watch: Arc<Watch>,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    /// The runtime's.
    waker: Waker,
}

impl Pulse {
    /// A poll begins, with the runtime's waker of the moment.
    fn begin(&self, waker: Waker) {
        let mut inner = self.inner.lock();
        if !inner.state.is_at_work() {
            // The runtime polls whom nobody has woken.
            self.watch.enter();
        }
        inner.state = State::Polled;
        let old = mem::replace(&mut inner.waker, waker);
        drop(inner);
        drop(old);
    }

    /// A poll has ended, and there will be another one.
    fn end(&self) {
        let mut inner = self.inner.lock();
        let woken = inner.state == State::Rewoken;
        inner.state = if woken { State::Awake } else { State::Idle };
        drop(inner);
        if !woken {
            self.watch.leave();
        }
    }

    /// There will be no more polls. Tells whether it was at work.
    fn go(&self) -> bool {
        let mut inner = self.inner.lock();
        let state = mem::replace(&mut inner.state, State::Gone);
        let waker = mem::replace(&mut inner.waker, Waker::noop().clone());
        drop(inner);
        drop(waker);
        state.is_at_work()
    }
}

impl Wake for Pulse {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut inner = self.inner.lock();
        match inner.state {
            State::Idle => {
                self.watch.enter();
                inner.state = State::Awake;
            }
            State::Polled => inner.state = State::Rewoken,
            State::Awake | State::Rewoken => {}
            State::Gone => return,
        }
        let waker = inner.waker.clone();
        drop(inner);
        waker.wake();
    }
}

/// A future whose work is counted.
pub(super) struct Counted<F> {
    pulse: Arc<Pulse>,
    waker: Waker,
    /// Whether it stands in for a thread that was counted, and is again.
    for_thread: bool,
    future: Option<F>,
}

impl<F> Counted<F> {
    /// A future that is about to be polled.
    pub(super) fn new(watch: &Arc<Watch>, future: F) -> Self {
        watch.enter();
        Self::uncounted(watch, future, false)
    }

    /// A future that a thread waits for which is counted itself: one count for both.
    pub(super) fn for_thread(watch: &Arc<Watch>, future: F) -> Self {
        Self::uncounted(watch, future, true)
    }

    fn uncounted(watch: &Arc<Watch>, future: F, for_thread: bool) -> Self {
        let pulse = Arc::new(Pulse {
            watch: watch.clone(),
            inner: Mutex::new(Inner {
                state: State::Awake,
                waker: Waker::noop().clone(),
            }),
        });
        Self {
            waker: Waker::from(pulse.clone()),
            pulse,
            for_thread,
            future: Some(future),
        }
    }

    /// Drops the future, then settles the count.
    fn finish(&mut self) {
        if self.future.take().is_none() {
            return;
        }
        match (self.pulse.go(), self.for_thread) {
            (true, false) => self.pulse.watch.leave(),
            (false, true) => self.pulse.watch.enter(),
            _ => {}
        }
    }
}

impl<F: Future + Unpin> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let Some(future) = &mut this.future else {
            return Poll::Pending;
        };
        this.pulse.begin(cx.waker().clone());
        let polled = Pin::new(future).poll(&mut Context::from_waker(&this.waker));
        if polled.is_ready() {
            this.finish();
        } else {
            this.pulse.end();
        }
        polled
    }
}

impl<F> Drop for Counted<F> {
    fn drop(&mut self) {
        self.finish();
    }
}
