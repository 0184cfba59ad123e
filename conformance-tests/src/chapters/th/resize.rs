//! TH4: totals that change while calls wait and run.

use super::{Gate, until_limiter};
use crate::harness::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// TH4: a raise hands the new tokens to those who wait, as many as there are.
pub fn th4_a_raise_lets_waiting_calls_through(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let gates: Vec<Gate> = (0..4).map(|_| Gate::new()).collect();
        let group = task_group(async |g| {
            for (waiting, gate) in gates.iter().enumerate() {
                g.spawn(run_in_threadpool(gate.closure(|| ())).limiter(&limiter));
                until_limiter(&limiter, 1, waiting).await;
            }
            limiter.set_total(3);
            assert_eq!(limiter.statistics().total, 3);
            for gate in &gates[..3] {
                gate.started.wait().await;
            }
            let now = limiter.statistics();
            assert_eq!((now.borrowed, now.waiting), (3, 1));
            assert!(!gates[3].started.is_set());
            gates.iter().for_each(|gate| gate.open.set());
        });
        group.await.expect("nobody cancels");
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

/// TH4: a cut leaves the closures at work alone and lets nobody in until enough of them have returned.
pub fn th4_a_cut_takes_no_token_back_and_holds_the_queue(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(3);
        let gates: Vec<Gate> = (0..4).map(|_| Gate::new()).collect();
        let group = task_group(async |g| {
            for gate in &gates[..3] {
                g.spawn(run_in_threadpool(gate.closure(|| ())).limiter(&limiter));
                gate.started.wait().await;
            }
            g.spawn(run_in_threadpool(gates[3].closure(|| ())).limiter(&limiter));
            until_limiter(&limiter, 3, 1).await;
            limiter.set_total(1);
            for left in [2, 1] {
                gates[left].open.set();
                until_limiter(&limiter, left, 1).await;
                assert!(!gates[3].started.is_set());
            }
            gates[0].open.set();
            gates[3].started.wait().await;
            until_limiter(&limiter, 1, 0).await;
            gates[3].open.set();
        });
        group.await.expect("nobody cancels");
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

/// TH4: however the total moves, it is never exceeded by more than what was lent before the cut.
pub fn th4_a_total_changed_many_times_is_never_exceeded(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let group = task_group(async |g| {
            for _ in 0..60 {
                let (running, peak) = (running.clone(), peak.clone());
                let call = run_in_threadpool(move || {
                    peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, SeqCst);
                });
                g.spawn(call.limiter(&limiter));
            }
            for total in [4, 0, 2, 1, 4, 3, 0, 4] {
                limiter.set_total(total);
                yields(5).await;
            }
        });
        group.await.expect("nobody cancels");
        assert!(peak.load(SeqCst) <= 4, "{} at once", peak.load(SeqCst));
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}
