//! A capacity limiter: so many tokens, handed out in order.
//!
//! # Always true
//!
//! 1. First come, first served: while somebody waits, a token that is given back goes to the oldest
//!    waiter whose region is not cancelled, at once; nobody barges in between.
//! 2. A token is in one place: free, granted to a waiter that has not looked yet, or borrowed. A waiter
//!    that is dropped after its grant passes the token on.
//! 3. The queue is under one lock; wakers are woken and dropped after it is released.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use crate::checkpoint::{Gate, spend_budget};
use crate::error::NoRuntime;
use crate::loom::Mutex;
use crate::outcome::wake;
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::tree::Node;

/// The limiter that blocking calls of the current runtime take unless another is named: 40 tokens,
/// resizable (TH4).
///
/// # Errors
///
/// [`NoRuntime`] where there is none.
pub fn default_thread_limiter() -> Result<CapacityLimiter, NoRuntime> {
    Rt::find().map(|rt| rt.limiter().clone())
}

/// Hands out a number of tokens, first come, first served.
///
/// It can be made and used before any runtime runs; clones share the tokens. A limiter of zero lets
/// nobody through until it is raised.
///
/// ```
/// use anyrt::CapacityLimiter;
///
/// let limiter = CapacityLimiter::new(1);
/// let token = limiter.try_acquire().expect("it is free");
/// assert!(limiter.try_acquire().is_none());
/// drop(token);
/// assert_eq!(limiter.statistics().borrowed, 0);
/// ```
#[derive(Clone)]
pub struct CapacityLimiter {
    shared: Arc<Mutex<State>>,
}

struct State {
    total: usize,
    borrowed: usize,
    queue: VecDeque<Arc<Waiting>>,
}

/// One that waits for a token. What is inside its lock is written under the queue's lock too.
struct Waiting {
    /// Where it waits: a cancelled region's waiter is passed over.
    region: Option<Arc<Node>>,
    turn: Mutex<Turn>,
}

enum Turn {
    Waiting(Waker),
    Granted,
    Over,
}

/// A limiter's figures at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimiterStatistics {
    /// How many tokens there are.
    pub total: usize,
    /// How many are taken. More than `total` for a while after that was lowered.
    pub borrowed: usize,
    /// How many wait for one.
    pub waiting: usize,
}

impl State {
    /// Grants what is free to those who have waited longest (invariant 1).
    fn grant(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while self.borrowed < self.total {
            let Some(waiting) = self.queue.pop_front() else {
                break;
            };
            let cancelled = waiting
                .region
                .as_ref()
                .is_some_and(|node| node.is_cancelled());
            let next = if cancelled { Turn::Over } else { Turn::Granted };
            let turn = mem::replace(&mut *waiting.turn.lock(), next);
            if let Turn::Waiting(waker) = turn {
                // A cancelled waiter's waker goes with the others: its task is awake already, and a
                // waker must not be dropped under the lock.
                self.borrowed += usize::from(!cancelled);
                wakers.push(waker);
            }
        }
        wakers
    }
}

impl CapacityLimiter {
    /// A limiter with this many tokens.
    pub fn new(total: usize) -> Self {
        Self {
            shared: Arc::new(Mutex::new(State {
                total,
                borrowed: 0,
                queue: VecDeque::new(),
            })),
        }
    }

    /// Whether nobody holds, uses or has changed it.
    pub(crate) fn is_as_new(&self, total: usize) -> bool {
        let state = self.shared.lock();
        let unchanged = state.total == total && state.borrowed == 0 && state.queue.is_empty();
        unchanged && Arc::strong_count(&self.shared) == 1
    }

    /// How many tokens there are.
    pub fn total(&self) -> usize {
        self.shared.lock().total
    }

    /// Changes how many tokens there are. More let waiters through at once; fewer take effect as
    /// tokens are given back.
    pub fn set_total(&self, total: usize) {
        let wakers = {
            let mut state = self.shared.lock();
            state.total = total;
            state.grant()
        };
        wake(wakers);
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> LimiterStatistics {
        let state = self.shared.lock();
        LimiterStatistics {
            total: state.total,
            borrowed: state.borrowed,
            waiting: state.queue.len(),
        }
    }

    /// Takes a token if one is free and nobody waits for it.
    pub fn try_acquire(&self) -> Option<Token> {
        let mut state = self.shared.lock();
        let free = state.queue.is_empty() && state.borrowed < state.total;
        free.then(|| {
            state.borrowed += 1;
            Token {
                limiter: self.clone(),
            }
        })
    }

    /// Waits for a token.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes no token and never completes; a waiter whose
    /// region is cancelled is passed over (SC4, PR1).
    ///
    /// ```
    /// use anyrt::CapacityLimiter;
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let limiter = CapacityLimiter::new(2);
    /// let token = limiter.acquire().await;
    /// assert_eq!(limiter.statistics().borrowed, 1);
    /// drop(token);
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn acquire(&self) -> Acquire {
        Acquire {
            limiter: self.clone(),
            gate: Gate::new(),
            waiting: None,
        }
    }

    fn give_back(&self) {
        let wakers = {
            let mut state = self.shared.lock();
            state.borrowed -= 1;
            state.grant()
        };
        wake(wakers);
    }
}

impl fmt::Debug for CapacityLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statistics = self.statistics();
        f.debug_struct("CapacityLimiter")
            .field("total", &statistics.total)
            .field("borrowed", &statistics.borrowed)
            .field("waiting", &statistics.waiting)
            .finish()
    }
}

/// A token of a [`CapacityLimiter`], given back when it is dropped.
#[must_use = "a token that is dropped is given back at once"]
pub struct Token {
    limiter: CapacityLimiter,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.limiter.give_back();
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

/// The future of [`CapacityLimiter::acquire`].
#[must_use = "futures do nothing unless polled"]
pub struct Acquire {
    limiter: CapacityLimiter,
    gate: Gate,
    waiting: Option<Arc<Waiting>>,
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
                Poll::Pending
            }
            Turn::Granted => {
                *turn = Turn::Over;
                drop(turn);
                this.waiting = None;
                Poll::Ready(Token {
                    limiter: this.limiter.clone(),
                })
            }
            Turn::Over => {
                drop(turn);
                // Passed over: for good in the cancelled region, anew in one that is not.
                this.waiting = None;
                this.first_poll(cx)
            }
        }
    }
}

impl Acquire {
    fn first_poll(&mut self, cx: &mut Context<'_>) -> Poll<Token> {
        ready!(self.gate.pass());
        ready!(spend_budget(cx));
        match self.limiter.acquire_or_queue(cx) {
            Ok(token) => Poll::Ready(token),
            Err(waiting) => {
                self.waiting = Some(waiting);
                Poll::Pending
            }
        }
    }
}

impl CapacityLimiter {
    /// Takes a token, or the last place of the queue.
    fn acquire_or_queue(&self, cx: &Context<'_>) -> Result<Token, Arc<Waiting>> {
        if let Some(token) = self.try_acquire() {
            return Ok(token);
        }
        let waiting = Arc::new(Waiting {
            region: current::node(),
            turn: Mutex::new(Turn::Waiting(cx.waker().clone())),
        });
        let mut state = self.shared.lock();
        // One may have been given back meanwhile.
        if state.queue.is_empty() && state.borrowed < state.total {
            state.borrowed += 1;
            drop(state);
            return Ok(Token {
                limiter: self.clone(),
            });
        }
        state.queue.push_back(waiting.clone());
        Err(waiting)
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        let (granted, old) = {
            let mut state = self.limiter.shared.lock();
            // Those that waited longest are in front, and are mostly dropped first.
            let place = state
                .queue
                .iter()
                .position(|other| Arc::ptr_eq(other, &waiting));
            if let Some(place) = place {
                state.queue.remove(place);
            }
            let old = mem::replace(&mut *waiting.turn.lock(), Turn::Over);
            (matches!(old, Turn::Granted), old)
        };
        drop(old);
        if granted {
            // Passed on to the next in the queue (invariant 2).
            self.limiter.give_back();
        }
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("limiter", &self.limiter)
            .finish_non_exhaustive()
    }
}
