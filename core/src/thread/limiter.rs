//! A capacity limiter: so many tokens, handed out in order. Longer than other files, since all that may be done with one is
//! here; who waits, in which order, and how work begins with a token are files of their own.
//!
//! A token is *lent* while its holder only waits: a thread that is parked in `from_thread::run` has no use
//! for its own, so a blocking call made inside of that run may work with it (TH7). A lent token is open to
//! those inside alone.
//!
//! # Always true
//!
//! 1. First come, first served: while somebody waits, a token that is given back goes to the oldest
//!    waiter whose region is not cancelled, at once; nobody barges in between. A lent one goes to the
//!    oldest of those inside.
//! 2. A token is in one place: free, granted to a waiter that has not looked yet, or borrowed. A waiter
//!    that is dropped after its grant passes the token on.
//! 3. `borrowed` counts the closures and holders at work, not those whose token is lent. So it exceeds
//!    `total` only after that was lowered, or while a call that was abandoned keeps a lent token beyond the
//!    wait of its lender: from then on it is a token of its own.
//! 4. A key has or waits for one token at most.
//! 5. The queue is under one lock; wakers are woken and dropped, and work begins, after it is released.

mod acquire;
mod queue;
mod start;

use std::fmt;
use std::mem;
use std::sync::{Arc, Weak};

pub(super) use self::acquire::Queued;
pub use self::acquire::{Acquire, AcquireOnBehalf};
pub(crate) use self::queue::LoanId;
use self::queue::{Lent, Next, Source, Start, State, Turn, Waiting};
use super::borrower::Borrower;
use crate::checkpoint::Gate;
use crate::error::{AlreadyBorrowed, NoRuntime};
use crate::loom::Mutex;
use crate::outcome::{quietly, wake};
use crate::runtime::Rt;
use crate::scope::tree::{Node, outward};
use crate::scope::{awaited, current};
use crate::task::Place;
use crate::task_tree::{Awaited, WaitsFor};

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
    shared: Arc<Shared>,
}

struct Shared {
    name: Option<String>,
    seen: Arc<Seen>,
    state: Mutex<State>,
}

/// What the task tree shows of a limiter. It does not keep it.
struct Seen {
    limiter: Weak<Shared>,
    place: Option<Place>,
}

impl Awaited for Seen {
    fn shown(&self) -> WaitsFor {
        let limiter = self.limiter.upgrade();
        let limiter = limiter.map(|shared| CapacityLimiter { shared });
        WaitsFor {
            kind: "token of a limiter",
            name: limiter
                .as_ref()
                .and_then(|limiter| limiter.name().map(str::to_owned)),
            place: self.place,
            holders: limiter.map_or(Vec::new(), |limiter| limiter.statistics().borrowers),
        }
    }
}

/// A limiter's figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LimiterStatistics {
    /// How many tokens there are.
    pub total: usize,
    /// How many are taken. More than `total` for a while after that was lowered.
    pub borrowed: usize,
    /// How many wait for one.
    pub waiting: usize,
    /// Who has one. A token that is lent is listed with its holder and with who uses it meanwhile.
    pub borrowers: Vec<Borrower>,
}

impl CapacityLimiter {
    /// A limiter with this many tokens.
    #[track_caller]
    pub fn new(total: usize) -> Self {
        Self::build(None, Some(Place::caller()), total)
    }

    /// The one that a runtime has.
    pub(crate) fn of_runtime(total: usize) -> Self {
        Self::build(None, None, total)
    }

    /// A limiter with a name, by which the task tree and its `Debug` form tell it from others.
    ///
    /// ```
    /// use anyrt::CapacityLimiter;
    ///
    /// let limiter = CapacityLimiter::named("disk", 4);
    /// assert_eq!(limiter.name(), Some("disk"));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<String>, total: usize) -> Self {
        Self::build(Some(name.into()), Some(Place::caller()), total)
    }

    fn build(name: Option<String>, place: Option<Place>, total: usize) -> Self {
        Self {
            shared: Arc::new_cyclic(|limiter| Shared {
                name,
                seen: Arc::new(Seen {
                    limiter: limiter.clone(),
                    place,
                }),
                state: Mutex::new(State {
                    total,
                    ..State::default()
                }),
            }),
        }
    }

    /// The name it was given.
    pub fn name(&self) -> Option<&str> {
        self.shared.name.as_deref()
    }

    /// Whether nobody holds, uses or has changed it.
    pub(crate) fn is_as_new(&self, total: usize) -> bool {
        let state = self.shared.state.lock();
        let unchanged = state.total == total && state.borrowed == 0 && state.queue.is_empty();
        unchanged && Arc::strong_count(&self.shared) == 1
    }

    /// Says that the operation that is pending waits for a token.
    pub(super) fn say_awaited(&self) {
        awaited::say(&self.shared.seen);
    }

    /// Takes that back.
    fn take_back_awaited(&self) {
        awaited::take_back(&self.shared.seen);
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// How many tokens there are.
    pub fn total(&self) -> usize {
        self.shared.state.lock().total
    }

    /// Changes how many tokens there are. More let waiters through at once; fewer take effect as
    /// tokens are given back.
    pub fn set_total(&self, total: usize) {
        let followed = {
            let mut state = self.shared.state.lock();
            state.total = total;
            state.grant()
        };
        self.follow(followed);
    }

    /// The figures at this moment.
    pub fn statistics(&self) -> LimiterStatistics {
        let state = self.shared.state.lock();
        LimiterStatistics {
            total: state.total,
            borrowed: state.borrowed,
            waiting: state.queue.len(),
            borrowers: state.borrowers.iter().map(|(_, who)| who.clone()).collect(),
        }
    }

    /// Takes a token if one is free and nobody waits for it, or one that is lent to this code (TH7).
    #[track_caller]
    pub fn try_acquire(&self) -> Option<Token> {
        let borrower = Borrower::new(Place::caller()).here();
        self.take(&mut Some(borrower)).ok()
    }

    /// As [`try_acquire`](Self::try_acquire), in the name of a key that has one token at most.
    ///
    /// # Errors
    ///
    /// [`AlreadyBorrowed`] where the key has a token or waits for one.
    #[track_caller]
    pub fn try_acquire_on_behalf_of(
        &self,
        key: impl Into<Arc<str>>,
    ) -> Result<Option<Token>, AlreadyBorrowed> {
        let key = key.into();
        self.claim(&key)?;
        let borrower = Borrower::new(Place::caller()).here();
        let mut borrower = Some(borrower.on_behalf_of(key));
        let token = self.take(&mut borrower).ok();
        self.unclaim(borrower);
        Ok(token)
    }

    /// Takes a token that is free now, and the borrower with it; else gives the lent tokens that this code may wait for.
    pub(super) fn take(&self, borrower: &mut Option<Borrower>) -> Result<Token, Vec<LoanId>> {
        let mut state = self.shared.state.lock();
        let mut loans = Vec::new();
        if !state.lent.is_empty() {
            drop(state);
            loans = self.loans_here();
            state = self.shared.state.lock();
        }
        let Some(source) = state.take(&loans) else {
            return Err(loans);
        };
        let place = borrower.take().map(|who| state.borrowers.insert(who));
        drop(state);
        Ok(self.token(source, place))
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
    #[track_caller]
    pub fn acquire(&self) -> Acquire {
        self.acquire_for(Some(Borrower::new(Place::caller())))
    }

    pub(super) fn acquire_for(&self, borrower: Option<Borrower>) -> Acquire {
        Acquire {
            limiter: self.clone(),
            gate: Gate::new(),
            borrower,
            waiting: None,
        }
    }

    /// As [`acquire`](Self::acquire), in the name of a key that has one token at most: a tenant, a
    /// connection, a file.
    ///
    /// # Errors
    ///
    /// [`AlreadyBorrowed`] where the key has a token or waits for one: it would wait for itself.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// use anyrt::CapacityLimiter;
    ///
    /// # anyrt::run(anyrt::Tokio::current_thread(), async {
    /// let limiter = CapacityLimiter::new(2);
    /// let token = limiter.acquire_on_behalf_of("tenant 7").await.expect("its first");
    /// assert!(limiter.acquire_on_behalf_of("tenant 7").await.is_err());
    /// assert_eq!(limiter.statistics().borrowers[0].key(), Some("tenant 7"));
    /// drop(token);
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    #[track_caller]
    pub fn acquire_on_behalf_of(&self, key: impl Into<Arc<str>>) -> AcquireOnBehalf {
        AcquireOnBehalf {
            key: Some(key.into()),
            acquire: self.acquire(),
        }
    }

    fn claim(&self, key: &Arc<str>) -> Result<(), AlreadyBorrowed> {
        let mut state = self.shared.state.lock();
        if state.keys.insert(key.clone()) {
            Ok(())
        } else {
            Err(AlreadyBorrowed)
        }
    }

    /// Frees the key of one who gets no token.
    fn unclaim(&self, borrower: Option<Borrower>) {
        if let Some(key) = borrower.as_ref().and_then(Borrower::key) {
            self.shared.state.lock().keys.remove(key);
        }
    }

    fn token(&self, source: Source, place: Option<usize>) -> Token {
        Token {
            limiter: self.clone(),
            source,
            place,
        }
    }

    fn give_back(&self, source: Source) {
        let followed = self.shared.state.lock().give_back(source);
        self.follow(followed);
    }

    /// Does what follows from grants, with no lock held.
    fn follow(&self, followed: Vec<Next>) {
        for next in followed {
            match next {
                Next::Wake(waker) => wake([waker]),
                Next::Start(start, source, place) => {
                    start::start(start, self.token(source, Some(place)));
                }
                Next::Drop(start) => quietly(|| drop(start)),
            }
        }
    }

    /// Starts work as soon as there is a token for it: now, or in the thread that gives one back, so that no
    /// token waits for somebody to look. In the second case, a place in the queue.
    pub(super) fn start_when_free(
        &self,
        region: Arc<Node>,
        borrower: Borrower,
        start: Start,
    ) -> Option<Queued> {
        let loans = self.loans_here();
        let borrower = borrower.here();
        let mut state = self.shared.state.lock();
        if let Some(source) = state.take(&loans) {
            let place = state.borrowers.insert(borrower);
            drop(state);
            start(self.token(source, Some(place)));
            return None;
        }
        let waiting = Arc::new(Waiting {
            region: Some(region),
            loans,
            turn: Mutex::new(Turn::Starts(start, borrower)),
        });
        state.queue.push_back(waiting.clone());
        drop(state);
        Some(Queued {
            limiter: self.clone(),
            waiting,
        })
    }

    /// Takes a waiter out of the queue. Says what its turn was.
    fn dequeue(&self, waiting: &Arc<Waiting>) -> Turn {
        let mut state = self.shared.state.lock();
        // Those that waited longest are in front, and are mostly dropped first.
        let same = |other: &Arc<Waiting>| Arc::ptr_eq(other, waiting);
        if let Some(place) = state.queue.iter().position(same) {
            state.queue.remove(place);
        }
        mem::replace(&mut *waiting.turn.lock(), Turn::Over)
    }

    /// Lends the token of one who waits from now on, to those inside of its wait (TH7).
    pub(crate) fn lend(&self) -> LoanId {
        let mut state = self.shared.state.lock();
        let loan = LoanId(state.next_loan);
        state.next_loan += 1;
        state.lent.push(Lent { loan, taken: false });
        loan
    }

    /// Ends a loan. One who still has the token keeps it as one of the limiter's (invariant 3).
    pub(crate) fn end_loan(&self, loan: LoanId) {
        let mut state = self.shared.state.lock();
        if let Some(place) = state.lent.iter().position(|lent| lent.loan == loan) {
            let lent = state.lent.swap_remove(place);
            state.borrowed += usize::from(lent.taken);
        }
    }

    /// The lent tokens of this limiter that the code which runs now may use, nearest first.
    fn loans_here(&self) -> Vec<LoanId> {
        if self.shared.state.lock().lent.is_empty() {
            return Vec::new();
        }
        let Some(node) = current::node() else {
            return Vec::new();
        };
        outward(&node)
            .filter_map(|node| node.loan_of(self))
            .collect()
    }
}

impl fmt::Debug for CapacityLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statistics = self.statistics();
        let mut debug = f.debug_struct("CapacityLimiter");
        if let Some(name) = self.name() {
            debug.field("name", &name);
        }
        debug
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
    source: Source,
    /// Where the limiter lists who has it.
    place: Option<usize>,
}

impl Token {
    pub(super) fn limiter(&self) -> CapacityLimiter {
        self.limiter.clone()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let mut state = self.limiter.shared.state.lock();
        let borrower = self.place.map(|place| state.borrowers.remove(place));
        if let Some(key) = borrower.as_ref().and_then(Borrower::key) {
            state.keys.remove(key);
        }
        let followed = state.give_back(self.source);
        drop(state);
        if !followed.is_empty() {
            self.limiter.follow(followed);
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}
