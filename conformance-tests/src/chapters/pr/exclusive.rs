//! PR1: what one has at a time: a lock, a semaphore of one, a limiter of one.
//!
//! One test after the other about one rule, which makes the file longer than others.

use crate::harness::*;
use anyrt::sync::{Lock, Semaphore, SemaphorePermitArc};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Something that one has at a time.
pub(super) trait Exclusive: Send + Sync + Sized + 'static {
    /// What is had.
    type Held<'a>: Send;

    fn new() -> Self;

    fn take(&self) -> impl Future<Output = Self::Held<'_>> + Send;

    fn try_take(&self) -> Option<Self::Held<'_>>;

    fn waiting(&self) -> usize;
}

impl Exclusive for Semaphore {
    type Held<'a> = anyrt::sync::SemaphorePermit<'a>;

    fn new() -> Self {
        Semaphore::new(1)
    }

    fn take(&self) -> impl Future<Output = Self::Held<'_>> + Send {
        self.acquire()
    }

    fn try_take(&self) -> Option<Self::Held<'_>> {
        self.try_acquire()
    }

    fn waiting(&self) -> usize {
        self.statistics().waiting
    }
}

/// A semaphore whose permits are shared.
pub(super) struct SharedSemaphore(Arc<Semaphore>);

impl Exclusive for SharedSemaphore {
    type Held<'a> = SemaphorePermitArc;

    fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }

    fn take(&self) -> impl Future<Output = Self::Held<'_>> + Send {
        self.0.acquire_arc()
    }

    fn try_take(&self) -> Option<Self::Held<'_>> {
        self.0.try_acquire_arc()
    }

    fn waiting(&self) -> usize {
        self.0.statistics().waiting
    }
}

impl Exclusive for Lock<u32> {
    type Held<'a> = anyrt::sync::LockGuard<'a, u32>;

    fn new() -> Self {
        Lock::new(0)
    }

    fn take(&self) -> impl Future<Output = Self::Held<'_>> + Send {
        self.lock()
    }

    fn try_take(&self) -> Option<Self::Held<'_>> {
        self.try_lock()
    }

    fn waiting(&self) -> usize {
        self.statistics().waiting
    }
}

impl Exclusive for CapacityLimiter {
    type Held<'a> = Token;

    fn new() -> Self {
        CapacityLimiter::new(1)
    }

    fn take(&self) -> impl Future<Output = Self::Held<'_>> + Send {
        self.acquire()
    }

    fn try_take(&self) -> Option<Self::Held<'_>> {
        self.try_acquire()
    }

    fn waiting(&self) -> usize {
        self.statistics().waiting
    }
}

/// Runs a test on each of them.
macro_rules! on_each {
    ($on:ident, $test:ident) => {
        $on.run($test::<Semaphore>());
        $on.run($test::<SharedSemaphore>());
        $on.run($test::<Lock<u32>>());
        $on.run($test::<CapacityLimiter>());
    };
}

/// PR1: those who wait get it in the order in which they came.
pub fn pr1_the_oldest_waiter_is_next(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let (it, trace) = (Arc::new(X::new()), Trace::new());
        let held = it.try_take().expect("it is free");
        let group = task_group(async |g| {
            for number in 1..=8 {
                let (it, trace) = (it.clone(), trace.clone());
                let waiting = it.clone();
                g.spawn(async move {
                    let _held = it.take().await;
                    trace.push(number.to_string());
                    checkpoint().await;
                });
                until(|| waiting.waiting() == number).await;
            }
            drop(held);
        });
        group.await.expect("nobody cancels");
        assert_eq!(trace.take(), ["1", "2", "3", "4", "5", "6", "7", "8"]);
    }
    on_each!(on, test);
}

/// PR1: what is given back belongs to the oldest waiter, also before that is polled. Others had it wrong: AnyIO #1170.
pub fn pr1_a_try_after_a_release_does_not_barge(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        let held = it.try_take().expect("it is free");
        let mut waiter = Box::pin(it.take());
        assert!(poll_once(&mut waiter).await.is_pending());
        drop(held);
        assert!(it.try_take().is_none());
        let mut late = Box::pin(it.take());
        assert!(poll_once(&mut late).await.is_pending());
        drop(waiter.await);
        drop(late.await);
        assert!(it.try_take().is_some());
    }
    on_each!(on, test);
}

/// A wait inside a scope that is cancelled and held, so that the wait stays where it is and is polled no more.
async fn cancelled_wait<'a, X: Exclusive>(
    it: &'a X,
    hold: &Event,
) -> Pin<Box<dyn Future<Output = Result<X::Held<'a>, Cancelled>> + Send + 'a>> {
    let scope = CancelScope::new();
    let (handle, held) = (scope.handle(), hold.wait());
    let mut run: Pin<Box<dyn Future<Output = _> + Send + 'a>> =
        Box::pin(scope.run(async move { futures_util::join!(shield(held), it.take()).1 }));
    assert!(poll_once(&mut run).await.is_pending());
    assert!(it.waiting() > 0);
    handle.cancel();
    run
}

/// PR1: a waiter whose region is cancelled when its turn comes is passed over, though nobody has polled it since. Others
/// had it wrong: AnyIO #947, #1145.
pub fn pr1_a_waiter_cancelled_before_the_release_is_passed_over(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let (it, hold) = (X::new(), Event::new());
        let held = it.try_take().expect("it is free");
        let cancelled = cancelled_wait(&it, &hold).await;
        let mut next = Box::pin(it.take());
        assert!(poll_once(&mut next).await.is_pending());
        drop(held);
        assert!(poll_once(&mut next).await.is_ready());
        hold.set();
        assert!(cancelled.await.is_err());
    }
    on_each!(on, test);
}

/// PR1: where all who wait are cancelled, the next who asks has it at once. Others had it wrong: AnyIO #398.
pub fn pr1_a_queue_of_cancelled_waiters_blocks_nobody(on: &Flavour) {
    async fn test<X: Exclusive>() {
        for tries in [false, true] {
            let (it, hold) = (X::new(), Event::new());
            let held = it.try_take().expect("it is free");
            let first = cancelled_wait(&it, &hold).await;
            let second = cancelled_wait(&it, &hold).await;
            drop(held);
            let held = if tries {
                it.try_take()
            } else {
                let mut taken = Box::pin(it.take());
                match poll_once(&mut taken).await {
                    Poll::Ready(held) => Some(held),
                    Poll::Pending => None,
                }
            };
            assert!(held.is_some());
            hold.set();
            assert!(first.await.is_err());
            assert!(second.await.is_err());
        }
    }
    on_each!(on, test);
}

/// PR1: who is dropped with a grant that it has not taken passes it on. Others had it wrong: AnyIO #1075, #1223.
pub fn pr1_a_waiter_dropped_after_its_grant_passes_it_on(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        let held = it.try_take().expect("it is free");
        let mut granted = Box::pin(it.take());
        let mut next = Box::pin(it.take());
        assert!(poll_once(&mut granted).await.is_pending());
        assert!(poll_once(&mut next).await.is_pending());
        drop(held);
        assert!(
            poll_once(&mut next).await.is_pending(),
            "it is not its turn"
        );
        drop(granted);
        assert!(poll_once(&mut next).await.is_ready());
        drop(next);
        assert!(it.try_take().is_some());
    }
    on_each!(on, test);
}

/// PR1, SC4: what was granted before the cancel came is there in the poll after it.
pub fn pr1_a_grant_that_came_before_the_cancel_is_kept(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        let held = it.try_take().expect("it is free");
        let (scope, hold) = (CancelScope::new(), Event::new());
        let (handle, holding) = (scope.handle(), hold.wait());
        let mut taken = false;
        let mut run = Box::pin(scope.run(async {
            let taking = async {
                let _held = it.take().await;
                taken = true;
            };
            futures_util::join!(shield(holding), taking);
        }));
        assert!(poll_once(&mut run).await.is_pending());
        drop(held);
        handle.cancel();
        assert!(poll_once(&mut run).await.is_pending());
        hold.set();
        let _ = run.await;
        assert!(taken);
        assert!(it.try_take().is_some());
    }
    on_each!(on, test);
}

/// PR1, SC4: an operation that is first polled in a cancelled region takes nothing, though it is free.
pub fn pr1_in_a_cancelled_region_nothing_is_taken(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let mut taken = false;
        let run = scope.run(async {
            let _held = it.take().await;
            taken = true;
        });
        assert!(run.await.is_err());
        assert!(!taken);
        assert!(it.try_take().is_some());
        assert_eq!(it.waiting(), 0);
    }
    on_each!(on, test);
}

/// PR1, SC14: a wait that was passed over in its cancelled region and is carried into another waits there, at the end.
pub fn pr1_a_waiter_that_was_passed_over_waits_anew_elsewhere(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        let held = it.try_take().expect("it is free");
        let mut carried = Box::pin(it.take());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = scope.run(async {
            assert!(poll_once(&mut carried).await.is_pending());
            handle.cancel();
        });
        inside.await.expect("it does not wait again");
        let mut next = Box::pin(it.take());
        assert!(poll_once(&mut next).await.is_pending());
        drop(held);
        let Poll::Ready(second) = poll_once(&mut next).await else {
            panic!("the first is passed over")
        };
        assert!(poll_once(&mut carried).await.is_pending());
        drop(second);
        drop(carried.await);
    }
    on_each!(on, test);
}

/// PR1: a wait that is dropped after any number of polls, with the release before, between or after them, leaves it free.
pub fn pr1_a_wait_dropped_at_any_poll_loses_nothing(on: &Flavour) {
    async fn test<X: Exclusive>() {
        for polls in 0..4 {
            for release_after in 0..=polls {
                let it = X::new();
                let mut held = it.try_take();
                let mut neighbour = Box::pin(it.take());
                let mut wait = Box::pin(it.take());
                for poll in 0..polls {
                    if poll == release_after {
                        drop(held.take());
                    }
                    drop(poll_once(&mut wait).await);
                }
                drop(held);
                drop(wait);
                let polled = poll_once(&mut neighbour).await;
                assert!(polled.is_ready(), "{polls} {release_after}");
            }
        }
    }
    on_each!(on, test);
}

/// PR1, SC12: taking what is free is ready in the first poll.
pub fn pr1_what_is_free_is_taken_without_a_yield(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        for _ in 0..3 {
            let mut taken = Box::pin(it.take());
            assert!(poll_once(&mut taken).await.is_ready());
        }
    }
    on_each!(on, test);
}

/// SC12, PR1: a loop of operations that are ready at once lets others run now and then.
pub fn pr1_ready_operations_let_others_run(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let stop = Event::new();
        let stopped = &stop;
        let group = local_task_group(async |g| {
            g.spawn(async move { stopped.set() });
            let it = X::new();
            while !stopped.is_set() {
                drop(it.take().await);
            }
        });
        group.await.expect("nobody cancels");
    }
    on_each!(on, test);
}

/// PR1: a task that panics with it hands it on.
pub fn pr1_a_holder_that_panics_hands_on(on: &Flavour) {
    async fn test<X: Exclusive>() {
        let it = X::new();
        let mut waiter = Box::pin(it.take());
        let holder = async {
            let _held = it.take().await;
            assert!(poll_once(&mut waiter).await.is_pending());
            std::panic::resume_unwind(Box::new("holder"));
        };
        assert_eq!(catch_async(holder).await.expect_err("it panics"), "holder");
        assert!(poll_once(&mut waiter).await.is_ready());
    }
    on_each!(on, test);
}

/// PR1: however many want it on however many threads, one has it at a time, and all have had it.
pub fn pr1_many_tasks_have_it_one_at_a_time(on: &Flavour) {
    async fn test<X: Exclusive>() {
        const TASKS: usize = 16;
        const ROUNDS: usize = 50;
        let it = Arc::new(X::new());
        let (inside, turns) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let group = task_group(async |g| {
            for _ in 0..TASKS {
                let (it, inside, turns) = (it.clone(), inside.clone(), turns.clone());
                g.spawn(async move {
                    for round in 0..ROUNDS {
                        let held = it.take().await;
                        assert_eq!(inside.fetch_add(1, SeqCst), 0);
                        if round % 3 == 0 {
                            yield_once().await;
                        }
                        turns.fetch_add(1, SeqCst);
                        inside.fetch_sub(1, SeqCst);
                        drop(held);
                    }
                });
            }
        });
        group.await.expect("nobody cancels");
        assert_eq!(turns.load(SeqCst), TASKS * ROUNDS);
        assert!(it.try_take().is_some());
        assert_eq!(it.waiting(), 0);
    }
    on_each!(on, test);
}
