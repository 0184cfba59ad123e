//! A number of permits, taken one at a time: what a lock and a semaphore are made of.
//!
//! One word says how many are free and whether somebody waits, so that taking and giving back cost one atomic step
//! each while nobody does.
//!
//! # Always true
//!
//! 1. While WAITERS is set, permits are taken under the queue's lock alone; it is set before the first one waits and
//!    cleared, under that lock, when a permit comes or goes there and nobody does. So a permit that is given back goes
//!    to the oldest waiter, and nobody who comes later gets it first.
//! 2. Nobody waits while a permit is free, but for those whose region is cancelled. They are passed over when
//!    somebody else asks, so they block nobody.
//!
//! # Lock order
//!
//! The queue's lock is held with no other.

use std::task::{Context, Poll, ready};

use super::label::Subject;
use super::queue::{Ended, Seat, Wait, WaitQueue, Woken};
use crate::checkpoint::spend_budget;
use crate::loom::{AtomicUsize, Mutex, Ordering};
use crate::renewal::Renewal;
use crate::scope::current;

/// Somebody waits.
const WAITERS: usize = 1;
/// One free permit.
const ONE: usize = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Permits {
    state: AtomicUsize,
    queue: Mutex<WaitQueue<(), ()>>,
}

impl Permits {
    /// The most there can be.
    pub(crate) const MAX: usize = usize::MAX / ONE;

    pub(crate) fn new(free: usize, subject: impl Into<Subject>) -> Self {
        Self {
            state: AtomicUsize::new(free.min(Self::MAX) * ONE),
            queue: Mutex::new(WaitQueue::new(subject)),
        }
    }

    pub(crate) fn free(&self) -> usize {
        self.state.load(Ordering::Acquire) / ONE
    }

    /// The name of what they are permits of.
    pub(crate) fn name(&self) -> Option<String> {
        self.queue.lock().subject().name()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().waiting()
    }

    /// Takes a permit that is free, if nobody waits for it.
    #[inline]
    pub(crate) fn try_take(&self) -> bool {
        let mut now = self.state.load(Ordering::Acquire);
        while now & WAITERS == 0 {
            if now < ONE {
                return false;
            }
            match self.exchange(now, now - ONE) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        // Those who wait may all be cancelled.
        now >= ONE && self.take_or(|_| ()).is_ok()
    }

    #[inline]
    fn exchange(&self, now: usize, next: usize) -> Result<usize, usize> {
        self.state
            .compare_exchange(now, next, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Takes a permit under the lock, or does `wait` there, after which a permit that is given back finds it.
    fn take_or<R>(&self, wait: impl FnOnce(&mut WaitQueue<(), ()>) -> R) -> Result<(), R> {
        let mut woken = Woken::default();
        let taken = {
            let mut queue = self.queue.lock();
            let in_use = queue.has_next(&mut woken);
            let mut now = self.state.load(Ordering::Acquire);
            loop {
                let takes = !in_use && now >= ONE;
                let next = if takes {
                    (now - ONE) & !WAITERS
                } else {
                    now | WAITERS
                };
                match self.exchange(now, next) {
                    Ok(_) if takes => break Ok(()),
                    Ok(_) => break Err(wait(&mut queue)),
                    Err(other) => now = other,
                }
            }
        };
        woken.wake();
        taken
    }

    /// Gives a permit back: to the oldest waiter, if there is one.
    #[inline]
    pub(crate) fn give_back(&self) {
        self.give_back_after(|| ());
    }

    /// As [`give_back`](Self::give_back); does `first` before somebody who waits has it.
    #[inline]
    pub(crate) fn give_back_after(&self, first: impl FnOnce()) {
        let mut now = self.state.load(Ordering::Acquire);
        while now & WAITERS == 0 {
            match self.exchange(now, now + ONE) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
        first();
        self.hand_over();
    }

    /// From now on there are permits for everybody, who waits and who will come.
    pub(crate) fn open(&self) {
        let mut woken = Woken::default();
        {
            let mut queue = self.queue.lock();
            self.state.fetch_add(Self::MAX / 2 * ONE, Ordering::AcqRel);
            while queue.grant(&mut woken, |()| ()) {}
            self.state.fetch_and(!WAITERS, Ordering::AcqRel);
        }
        woken.wake();
    }

    fn hand_over(&self) {
        let mut woken = Woken::default();
        {
            let mut queue = self.queue.lock();
            if !queue.grant(&mut woken, |()| ()) {
                self.state.fetch_add(ONE, Ordering::AcqRel);
            }
            if !queue.has_next(&mut woken) {
                self.state.fetch_and(!WAITERS, Ordering::AcqRel);
            }
        }
        woken.wake();
    }
}

/// One that takes a permit, and waits for it if it must.
#[derive(Debug, Default)]
pub(crate) struct Taking {
    wait: Wait,
}

impl Taking {
    /// Ready with a permit. In a cancelled region it takes none and is never ready (SC4).
    #[inline]
    pub(crate) fn poll(&mut self, permits: &Permits, cx: &mut Context<'_>) -> Poll<()> {
        if self.wait.is_waiting() && ready!(self.poll_wait(permits, cx)) {
            return Poll::Ready(());
        }
        // The first poll, or passed over: for good in the cancelled region, anew in one that is not.
        if current::is_cancelled() {
            return Poll::Pending;
        }
        ready!(spend_budget(cx));
        if permits.try_take() {
            return Poll::Ready(());
        }
        self.take_or_wait(permits, cx)
    }

    /// The end of the wait, and whether it is a permit.
    fn poll_wait(&mut self, permits: &Permits, cx: &Context<'_>) -> Poll<bool> {
        let look = |key, waker: &mut Renewal<'_>| permits.queue.lock().poll(key, waker);
        let ended = ready!(self.wait.poll(cx, look));
        Poll::Ready(matches!(ended, Some(Ended::Granted(()))))
    }

    fn take_or_wait(&mut self, permits: &Permits, cx: &Context<'_>) -> Poll<()> {
        let seat = Seat::here(cx);
        match permits.take_or(|queue| queue.push((), seat)) {
            Ok(()) => Poll::Ready(()),
            Err(waiting) => {
                self.wait.begin(waiting);
                Poll::Pending
            }
        }
    }

    /// Gives the wait up. A permit that was granted goes to the next one (PR1).
    #[inline]
    pub(crate) fn leave(&mut self, permits: &Permits) {
        if let Some(key) = self.wait.take() {
            Self::leave_queue(key, permits);
        }
    }

    fn leave_queue(key: usize, permits: &Permits) {
        let (waker, ended) = permits.queue.lock().leave(key);
        drop(waker);
        if let Some(Ended::Granted(())) = ended {
            permits.give_back();
        }
    }
}
