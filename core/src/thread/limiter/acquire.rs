//! Waiting for a token.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::queue::{LoanId, Start, Turn, Waiting};
use super::{CapacityLimiter, Token};
use crate::checkpoint::{Gate, spend_budget};
use crate::error::AlreadyBorrowed;
use crate::loom::Mutex;
use crate::scope::current;
use crate::thread::borrower::Borrower;

/// The future of [`CapacityLimiter::acquire`].
#[must_use = "futures do nothing unless polled"]
pub struct Acquire {
    pub(super) limiter: CapacityLimiter,
    pub(super) gate: Gate,
    /// Who wants the token, until there is one.
    pub(super) borrower: Option<Borrower>,
    pub(super) waiting: Option<Arc<Waiting>>,
}

impl Future for Acquire {
    type Output = Token;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Token> {
        let this = &mut *self;
        let Some(waiting) = &this.waiting else {
            return this.first_poll(cx);
        };
        let mut waker = cx.waker().clone();
        let mut turn = waiting.turn.lock();
        match &mut *turn {
            Turn::Waiting(listed) => {
                mem::swap(listed, &mut waker);
                drop(turn);
                this.limiter.say_awaited();
                Poll::Pending
            }
            Turn::Granted(source) => {
                let source = *source;
                *turn = Turn::Over;
                drop(turn);
                this.limiter.take_back_awaited();
                this.waiting = None;
                let state = &this.limiter.shared.state;
                let borrower = this.borrower.take();
                let place = borrower.map(|who| state.lock().borrowers.insert(who));
                Poll::Ready(this.limiter.token(source, place))
            }
            Turn::Starts(..) | Turn::Over => {
                drop(turn);
                this.limiter.take_back_awaited();
                // Passed over: for good in the cancelled region, anew in one that is not.
                this.waiting = None;
                this.first_poll(cx)
            }
        }
    }
}

impl Acquire {
    fn first_poll(&mut self, cx: &Context<'_>) -> Poll<Token> {
        ready!(self.gate.pass());
        ready!(spend_budget(cx));
        self.borrower = self.borrower.take().map(Borrower::here);
        match self.limiter.take(&mut self.borrower) {
            Ok(token) => Poll::Ready(token),
            Err(loans) => self.wait(loans, cx),
        }
    }

    /// Takes a place in the queue, unless a token has been given back meanwhile.
    pub(in crate::thread) fn wait(&mut self, loans: Vec<LoanId>, cx: &Context<'_>) -> Poll<Token> {
        let waiting = Arc::new(Waiting {
            region: current::node(),
            loans,
            turn: Mutex::new(Turn::Waiting(cx.waker().clone())),
        });
        let mut state = self.limiter.shared.state.lock();
        if let Some(source) = state.take(&waiting.loans) {
            let borrower = self.borrower.take();
            let place = borrower.map(|who| state.borrowers.insert(who));
            drop(state);
            return Poll::Ready(self.limiter.token(source, place));
        }
        state.queue.push_back(waiting.clone());
        drop(state);
        self.limiter.say_awaited();
        self.waiting = Some(waiting);
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        self.limiter.unclaim(self.borrower.take());
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        self.limiter.take_back_awaited();
        if let Turn::Granted(source) = self.limiter.dequeue(&waiting) {
            // Passed on to the next in the queue (invariant 2).
            self.limiter.give_back(source);
        }
    }
}

/// The future of [`CapacityLimiter::acquire_on_behalf_of`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct AcquireOnBehalf {
    /// Until it is claimed.
    pub(super) key: Option<Arc<str>>,
    pub(super) acquire: Acquire,
}

impl Future for AcquireOnBehalf {
    type Output = Result<Token, AlreadyBorrowed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { key, acquire } = &mut *self;
        if key.is_some() {
            ready!(acquire.gate.pass());
        }
        if let Some(key) = key.take() {
            acquire.limiter.claim(&key)?;
            let borrower = acquire.borrower.take();
            acquire.borrower = borrower.map(|borrower| borrower.on_behalf_of(key));
        }
        Pin::new(acquire).poll(cx).map(Ok)
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("limiter", &self.limiter)
            .finish_non_exhaustive()
    }
}

/// Work that waits for its token.
pub(in crate::thread) struct Queued {
    pub(super) limiter: CapacityLimiter,
    pub(super) waiting: Arc<Waiting>,
}

impl Queued {
    /// Gives the place up, and the work back if it has not begun.
    pub(in crate::thread) fn leave(self) -> Option<Start> {
        match self.limiter.dequeue(&self.waiting) {
            Turn::Starts(start, _) => Some(start),
            _ => None,
        }
    }
}
