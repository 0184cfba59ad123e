//! TH4: calls that foreign code drops, and what becomes of their tokens.

use super::{Gate, until_limiter};
use crate::harness::*;

/// TH4: the closure is still at work, whoever has dropped the call: its token is not free before it returns.
pub fn th4_a_call_dropped_by_foreign_code_keeps_its_token_until_the_closure_returns(on: &Flavour) {
    // The drop is an escape, and reported as one; the hook keeps it off the standard error.
    on.run_reporting(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        let mut call = Box::pin(run_in_threadpool(gate.closure(|| ())).limiter(&limiter));
        assert!(poll_once(&mut call).await.is_pending());
        gate.started.wait().await;
        drop(call);
        assert_eq!(limiter.statistics().borrowed, 1);
        assert!(limiter.try_acquire().is_none());
        gate.open.set();
        until_limiter(&limiter, 0, 0).await;
    });
}

/// TH4: a token that was granted to a call which is dropped before it could use it goes to the next in the queue.
/// Others had it wrong: AnyIO #398, #1145, #1170.
pub fn th4_a_grant_to_a_dropped_call_goes_to_the_next(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let (first, second) = (trace.clone(), trace.clone());
        let mut first =
            Box::pin(run_in_threadpool(move || first.push("first ran")).limiter(&limiter));
        let mut second =
            Box::pin(run_in_threadpool(move || second.push("second ran")).limiter(&limiter));
        assert!(poll_once(&mut first).await.is_pending());
        assert!(poll_once(&mut second).await.is_pending());
        assert_eq!(limiter.statistics().waiting, 2);
        drop(token);
        drop(first);
        second.await;
        until_limiter(&limiter, 0, 0).await;
    });
    assert_eq!(trace.take(), ["second ran"]);
}

/// TH4: a waiter that has been cancelled, polled since or not, is not given a token.
/// Others had it wrong: AnyIO #947, #1223.
pub fn th4_a_cancelled_waiter_is_passed_over(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let group = task_group(async |g| {
            let (first, second) = (trace.clone(), trace.clone());
            let call = run_in_threadpool(move || first.push("cancelled one ran"));
            let first = g.spawn(call.limiter(&limiter));
            until_limiter(&limiter, 1, 1).await;
            let call = run_in_threadpool(move || second.push("next one ran"));
            g.spawn(call.limiter(&limiter));
            until_limiter(&limiter, 1, 2).await;
            first.cancel();
            drop(token);
        });
        group.await.expect("only a child is cancelled");
        until_limiter(&limiter, 0, 0).await;
    });
    assert_eq!(trace.take(), ["next one ran"]);
}
