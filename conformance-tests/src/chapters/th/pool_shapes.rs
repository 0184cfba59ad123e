//! TH4, TH7, TH9: the shapes in which web frameworks deadlock: a small pool of connections, whose `acquire` blocks, and
//! many more callers than threads.

use super::until_limiter;
use crate::harness::*;
use anyrt::from_thread;
use std::sync::{
    Condvar, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

const CONNECTIONS: usize = 10;
const CALLERS: usize = 100;

/// A thread that has waited so long for a connection fails the test.
const DEADLOCK: Duration = Duration::from_secs(30);

/// Some runtimes share one pool of five hundred threads with the whole process. Tests that want many of them at the
/// same time take turns.
pub(super) fn many_threads() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool as blocking libraries have it: a thread that finds no connection left blocks until one comes back.
#[derive(Default)]
struct Pool {
    lent: Mutex<usize>,
    given_back: Condvar,
    peak: AtomicUsize,
    served: AtomicUsize,
}

impl Pool {
    fn acquire(&self) {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        while *lent == CONNECTIONS {
            let (next, timeout) = self
                .given_back
                .wait_timeout(lent, DEADLOCK)
                .unwrap_or_else(PoisonError::into_inner);
            assert!(!timeout.timed_out(), "deadlock: no connection comes back");
            lent = next;
        }
        *lent += 1;
        self.peak.fetch_max(*lent, SeqCst);
    }

    fn work(&self) {
        std::thread::yield_now();
        self.served.fetch_add(1, SeqCst);
    }

    fn give_back(&self) {
        *self.lent.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.given_back.notify_one();
    }

    /// All connections are back, and `served` callers had one.
    fn assert_served(&self, served: usize) {
        assert_eq!(*self.lent.lock().expect("no panic"), 0);
        assert_eq!(self.served.load(SeqCst), served);
        assert!(self.peak.load(SeqCst) <= CONNECTIONS);
    }
}

/// Runs all callers at once.
async fn run_callers<F: Future<Output = ()> + Send + 'static>(caller: impl Fn(TaskGroup) -> F) {
    let group = task_group(async |g| {
        for _ in 0..CALLERS {
            g.spawn(caller(g.clone()));
        }
    });
    group.await.expect("nobody cancels");
}

/// TH4: acquire and use in one closure: threads that wait for a connection leave those that have one alone.
pub fn th4_a_pool_used_in_one_closure_serves_all(on: &Flavour) {
    let _turn = many_threads();
    let pool = Arc::new(Pool::default());
    on.run(run_callers(|_| {
        let pool = pool.clone();
        run_in_threadpool(move || {
            pool.acquire();
            pool.work();
            pool.give_back();
        })
    }));
    pool.assert_served(CALLERS);
}

/// TH9: acquire in a call, give back in an exit hook: while every token is held by a thread that waits for a
/// connection, the hook that brings one back does not wait for a token.
pub fn th9_a_pool_given_back_to_in_a_hook_serves_all(on: &Flavour) {
    let _turn = many_threads();
    let pool = Arc::new(Pool::default());
    on.run(run_callers(|_| {
        let pool = pool.clone();
        exit_stack(|stack: ExitStack| async move {
            let acquired = pool.clone();
            run_in_threadpool(move || acquired.acquire()).await;
            stack.defer_blocking(move |_: Exit| {
                pool.work();
                pool.give_back();
            });
            yields(3).await;
        })
    }));
    pool.assert_served(CALLERS);
}

/// TH4: a second call while a connection is held: it cannot starve where the pool has a limiter of its own, whose token
/// is taken before the thread's, so that nobody who has a thread waits for a connection.
pub fn th4_a_pool_behind_its_own_limiter_serves_all(on: &Flavour) {
    let _turn = many_threads();
    let (pool, guard) = (Arc::new(Pool::default()), CapacityLimiter::new(CONNECTIONS));
    on.run(run_callers(|_| {
        let (pool, guard) = (pool.clone(), guard.clone());
        async move {
            let _token = guard.acquire().await;
            let steps: [fn(&Pool); 3] = [Pool::acquire, Pool::work, Pool::give_back];
            for step in steps {
                let pool = pool.clone();
                run_in_threadpool(move || step(&pool)).await;
            }
        }
    }));
    pool.assert_served(CALLERS);
    assert_eq!(guard.statistics().borrowed, 0);
}

/// TH4, TH9: work in the background after the answer: it has a limiter of its own, and wants a connection as well.
pub fn th4_a_pool_used_in_the_background_serves_all(on: &Flavour) {
    let _turn = many_threads();
    let (pool, background) = (Arc::new(Pool::default()), CapacityLimiter::new(2));
    on.run(run_callers(|g| {
        let (pool, background) = (pool.clone(), background.clone());
        async move {
            let answering = pool.clone();
            exit_stack(|stack: ExitStack| async move {
                let acquired = answering.clone();
                run_in_threadpool(move || acquired.acquire()).await;
                stack.defer_blocking(move |_: Exit| answering.give_back());
            })
            .await;
            let log = run_in_threadpool(move || {
                pool.acquire();
                pool.work();
                pool.give_back();
            });
            g.spawn(log.limiter(&background));
        }
    }));
    pool.assert_served(CALLERS);
    assert_eq!(background.statistics().borrowed, 0);
}

/// A closure that asks for asynchronous code, which calls a closure, and so on: tells how deep it was, and how many
/// tokens were lent there.
fn nest(limiter: CapacityLimiter, deep: usize) -> Pin<Box<dyn Future<Output = Vec<usize>> + Send>> {
    Box::pin(async move {
        let inner = limiter.clone();
        let call = run_in_threadpool(move || {
            let borrowed = inner.statistics().borrowed;
            let mut all = match deep {
                1 => Vec::new(),
                _ => from_thread::run(nest(inner, deep - 1)).expect("nobody cancels"),
            };
            all.push(borrowed);
            all
        });
        call.limiter(&limiter).await
    })
}

/// TH7: closures inside of closures, three deep on a limiter of one, while others wait for the same token.
pub fn th7_nested_calls_of_many_callers_share_one_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let alone = nest(limiter.clone(), 3).await;
        assert_eq!(alone, [1; 3]);
        run_callers(|_| {
            let call = nest(limiter.clone(), 3);
            async move { assert_eq!(call.await, [1; 3]) }
        })
        .await;
        until_limiter(&limiter, 0, 0).await;
    });
}

/// TH4: four hundred calls that block, on forty tokens: the others wait without a thread, a task that does not block
/// goes on, and a raise lets all of them in.
pub fn th4_four_hundred_calls_that_block_leave_the_runtime_alone(on: &Flavour) {
    const CALLS: usize = 400;
    let _turn = many_threads();
    let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let trace = Trace::new();
    on.run(async {
        let (limiter, open) = (CapacityLimiter::new(40), Event::new());
        let group = task_group(async |g| {
            let _open = open.set_on_drop();
            for _ in 0..CALLS {
                let (running, peak, open) = (running.clone(), peak.clone(), open.clone());
                let call = run_in_threadpool(move || {
                    peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    open.wait_blocking();
                    running.fetch_sub(1, SeqCst);
                });
                g.spawn(call.limiter(&limiter));
            }
            until_limiter(&limiter, 40, CALLS - 40).await;
            until(|| running.load(SeqCst) == 40).await;
            let noted = trace.clone();
            let unrelated = g.spawn(async move {
                yields(100).await;
                checkpoint().await;
                sleep(Duration::from_millis(1)).await;
                noted.push("unrelated task ends");
            });
            let unrelated = while_time_passes(unrelated).await;
            unrelated.expect("nobody cancels");
            let now = limiter.statistics();
            assert_eq!((now.total, now.borrowed, now.waiting), (40, 40, 360));
            assert_eq!(peak.load(SeqCst), 40);
            trace.push("raise");
            limiter.set_total(CALLS);
            until(|| running.load(SeqCst) == CALLS).await;
            let now = limiter.statistics();
            assert_eq!((now.total, now.borrowed, now.waiting), (CALLS, CALLS, 0));
            trace.push("all started");
            open.set();
        });
        group.await.expect("nobody cancels");
        until_limiter(&limiter, 0, 0).await;
    });
    assert_eq!(peak.load(SeqCst), CALLS);
    assert_eq!(
        trace.take(),
        ["unrelated task ends", "raise", "all started"]
    );
}

/// TH4: the same calls, each of them short: all are served, and never more at once than there are tokens.
pub fn th4_four_hundred_short_calls_never_exceed_the_total(on: &Flavour) {
    let _turn = many_threads();
    let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    on.run(async {
        let limiter = CapacityLimiter::new(40);
        let group = task_group(async |g| {
            for _ in 0..400 {
                let (running, peak) = (running.clone(), peak.clone());
                let call = run_in_threadpool(move || {
                    peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, SeqCst);
                });
                g.spawn(call.limiter(&limiter));
            }
        });
        group.await.expect("nobody cancels");
        until_limiter(&limiter, 0, 0).await;
    });
    assert!(peak.load(SeqCst) <= 40, "{} at once", peak.load(SeqCst));
}
