//! The queue of a limiter: what is free, what is lent, and who waits. All of it is under the limiter's one lock.

use std::collections::{HashSet, VecDeque};
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

use super::Token;
use crate::loom::Mutex;
use crate::scope::tree::Node;
use crate::thread::borrower::Borrower;

#[derive(Default)]
pub(super) struct State {
    pub(super) total: usize,
    pub(super) borrowed: usize,
    pub(super) queue: VecDeque<Arc<Waiting>>,
    pub(super) lent: Vec<Lent>,
    pub(super) next_loan: u64,
    pub(super) borrowers: Slab<Borrower>,
    /// The keys of those that have or wait for a token (invariant 4).
    pub(super) keys: HashSet<Arc<str>>,
}

/// A token whose holder waits for what is inside of its wait.
pub(super) struct Lent {
    pub(super) loan: LoanId,
    pub(super) taken: bool,
}

/// Tells the loans of a limiter apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoanId(pub(super) u64);

/// One that waits for a token. Who grants or leaves writes its turn under the queue's lock too; the one who waits takes
/// what was granted under the turn's own.
pub(super) struct Waiting {
    /// Where it waits: a cancelled region's waiter is passed over.
    pub(super) region: Option<Arc<Node>>,
    /// The lent tokens that it may use.
    pub(super) loans: Vec<LoanId>,
    pub(super) turn: Mutex<Turn>,
}

pub(super) enum Turn {
    /// A task waits, and is woken.
    Waiting(Waker),
    /// Nobody need look: whoever grants the token starts the work.
    Starts(Start, Borrower),
    Granted(Source),
    Over,
}

/// Work that begins with its token.
pub(in crate::thread) type Start = Box<dyn FnOnce(Token) + Send>;

/// What follows a grant when the lock is released.
pub(super) enum Next {
    Wake(Waker),
    Start(Start, Source, usize),
    Drop(Start),
}

/// Where a token comes from, and goes back to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Limiter,
    Loan(LoanId),
}

impl State {
    /// Takes a token that is free now: a lent one before one of the limiter's own.
    pub(super) fn take(&mut self, loans: &[LoanId]) -> Option<Source> {
        // Nobody who may have it waits: it would not be free.
        for loan in loans {
            if let Some(lent) = self.lent.iter_mut().find(|lent| lent.loan == *loan) {
                if !mem::replace(&mut lent.taken, true) {
                    return Some(Source::Loan(*loan));
                }
            }
        }
        let free = self.queue.is_empty() && self.borrowed < self.total;
        free.then(|| {
            self.borrowed += 1;
            Source::Limiter
        })
    }

    /// Gives a token to a waiter, unless that one's region is cancelled. Says whether it is taken, and
    /// what follows: a cancelled waiter's waker goes with the others, its task is awake already, and a
    /// waker must not be dropped under the lock.
    fn hand_over(&mut self, waiting: &Waiting, source: Source) -> (bool, Option<Next>) {
        let cancelled = waiting
            .region
            .as_ref()
            .is_some_and(|node| node.is_cancelled());
        let mut turn = waiting.turn.lock();
        match mem::replace(&mut *turn, Turn::Over) {
            Turn::Waiting(waker) => {
                if !cancelled {
                    *turn = Turn::Granted(source);
                }
                (!cancelled, Some(Next::Wake(waker)))
            }
            Turn::Starts(start, _) if cancelled => (false, Some(Next::Drop(start))),
            Turn::Starts(start, borrower) => {
                let place = self.borrowers.insert(borrower);
                (true, Some(Next::Start(start, source, place)))
            }
            Turn::Granted(_) | Turn::Over => (false, None),
        }
    }

    /// Grants what is free to those who have waited longest (invariant 1).
    pub(super) fn grant(&mut self) -> Vec<Next> {
        let mut followed = Vec::new();
        if self.queue.is_empty() {
            return followed;
        }
        while self.borrowed < self.total {
            let Some(waiting) = self.queue.pop_front() else {
                break;
            };
            let (taken, next) = self.hand_over(&waiting, Source::Limiter);
            self.borrowed += usize::from(taken);
            followed.extend(next);
        }
        followed
    }

    /// Takes a token back and hands it on.
    pub(super) fn give_back(&mut self, source: Source) -> Vec<Next> {
        let lent = match source {
            Source::Limiter => None,
            Source::Loan(loan) => self.lent.iter().position(|lent| lent.loan == loan),
        };
        match lent {
            Some(place) => self.lend_on(place),
            None => {
                self.borrowed -= 1;
                self.grant()
            }
        }
    }

    /// Grants a lent token that is free to the oldest waiter inside.
    fn lend_on(&mut self, place: usize) -> Vec<Next> {
        let loan = self.lent[place].loan;
        let mut followed = Vec::new();
        let mut taken = false;
        while !taken {
            let mut queue = self.queue.iter();
            let Some(next) = queue.position(|waiting| waiting.loans.contains(&loan)) else {
                break;
            };
            let Some(waiting) = self.queue.remove(next) else {
                break;
            };
            let (granted, next) = self.hand_over(&waiting, Source::Loan(loan));
            taken = granted;
            followed.extend(next);
        }
        self.lent[place].taken = taken;
        followed
    }
}
