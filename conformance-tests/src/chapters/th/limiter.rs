//! TH4: as many closures as tokens, on any limiter.

use super::{Gate, until_limiter};
use crate::harness::*;
use std::sync::{
    Barrier,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// TH4: all tokens are used: closures that wait for each other on their threads find each other.
pub fn th4_as_many_closures_run_at_once_as_there_are_tokens(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(3);
        let barrier = Arc::new(Barrier::new(3));
        let group = task_group(async |g| {
            for _ in 0..9 {
                let barrier = barrier.clone();
                let call = run_in_threadpool(move || {
                    barrier.wait();
                });
                g.spawn(call.limiter(&limiter));
            }
        });
        group.await.expect("nobody cancels");
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

/// TH4: whatever is cancelled and abandoned, no more closures are at work than there are tokens.
pub fn th4_never_more_closures_than_tokens(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(3);
        let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let group = task_group(async |g| {
            for number in 0..90 {
                let (running, peak) = (running.clone(), peak.clone());
                let call = run_in_threadpool(move || {
                    peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, SeqCst);
                });
                let call = call.limiter(&limiter);
                let handle = match number % 3 {
                    0 => g.spawn(call),
                    _ => g.spawn(call.abandon_on_cancel()),
                };
                if number % 2 == 0 {
                    g.spawn(async move {
                        yields(number).await;
                        handle.cancel();
                    });
                }
            }
        });
        group.await.expect("only children are cancelled");
        until_limiter(&limiter, 0, 0).await;
        assert!(peak.load(SeqCst) <= 3, "{} at once", peak.load(SeqCst));
    });
}

/// TH4: a limiter may be empty for a while.
pub fn th4_a_limiter_of_zero_lets_nobody_through_until_it_is_raised(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(0);
        assert!(limiter.try_acquire().is_none());
        let group = task_group(async |g| {
            let call = g.spawn(run_in_threadpool(|| 9).limiter(&limiter));
            until_limiter(&limiter, 0, 1).await;
            yields(20).await;
            assert!(!call.is_finished());
            limiter.set_total(1);
            call.await.expect("nobody cancels")
        });
        assert_eq!(group.await.expect("nobody cancels"), 9);
    });
}

/// TH4: tasks and calls draw on one limiter.
pub fn th4_a_token_taken_by_a_task_counts(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.acquire().await;
        let group = task_group(async |g| {
            let call = g.spawn(run_in_threadpool(|| 2).limiter(&limiter));
            until_limiter(&limiter, 1, 1).await;
            drop(token);
            call.await.expect("nobody cancels")
        });
        assert_eq!(group.await.expect("nobody cancels"), 2);
        until_limiter(&limiter, 0, 0).await;
    });
}

/// TH4: made, asked and drawn on by plain code, then used by a runtime.
pub fn th4_a_limiter_is_usable_before_any_runtime_runs(on: &Flavour) {
    let limiter = on_thread(|| {
        let limiter = CapacityLimiter::new(2);
        let token = limiter.try_acquire();
        assert_eq!(limiter.statistics().borrowed, 1);
        drop(token);
        limiter.set_total(1);
        limiter
    });
    on.run(async {
        assert_eq!(limiter.total(), 1);
        assert_eq!(run_in_threadpool(|| 8).limiter(&limiter).await, 8);
    });
}

/// TH4: a limiter belongs to no runtime: a release in one lets a call in another through.
pub fn th4_two_runs_share_a_limiter(on: &Flavour) {
    let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
    std::thread::scope(|threads| {
        threads.spawn(|| on.run(run_in_threadpool(gate.closure(|| ())).limiter(&limiter)));
        gate.started.wait_blocking();
        on.run(async {
            let group = task_group(async |g| {
                g.spawn(run_in_threadpool(|| ()).limiter(&limiter));
                until_limiter(&limiter, 1, 1).await;
                gate.open.set();
            });
            group.await.expect("nobody cancels");
        });
    });
    assert_eq!(limiter.statistics().borrowed, 0);
}
