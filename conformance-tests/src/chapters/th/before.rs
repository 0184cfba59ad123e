//! TH1: checkpoint, then a token, then the thread.

use super::{Gate, until_limiter};
use crate::harness::*;
use std::thread;

/// TH1: the closure is moved to a thread and its value comes back.
pub fn th1_the_closure_runs_on_another_thread_and_its_value_comes_back(on: &Flavour) {
    on.run(async {
        let here = thread::current().id();
        let text = String::from("moved");
        let (there, text) = run_in_threadpool(move || (thread::current().id(), text)).await;
        assert_ne!(here, there);
        assert_eq!(text, "moved");
    });
}

/// TH1: a closure that blocks does not block the tasks beside it: one of them lets it go.
pub fn th1_the_runtime_goes_on_while_a_closure_blocks(on: &Flavour) {
    on.run(async {
        let gate = Gate::new();
        let value = task_group(async |g| {
            let call = g.spawn(run_in_threadpool(gate.closure(|| 5)));
            let (started, open) = (gate.started.clone(), gate.open.clone());
            g.spawn(async move {
                started.wait().await;
                yields(10).await;
                open.set();
            });
            call.await.expect("the call was not cancelled")
        });
        assert_eq!(value.await.expect("nothing is cancelled"), 5);
    });
}

/// TH1: like every future, a call does nothing before its first poll.
pub fn th1_a_call_that_is_never_polled_never_runs(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        drop(run_in_threadpool(noted(&trace)));
    });
    assert_eq!(trace.take(), ["closure dropped"]);
}

/// TH1: in a cancelled scope no token is taken and the closure is dropped where it is.
pub fn th1_cancelled_before_the_closure_never_runs(on: &Flavour) {
    for abandon in [false, true] {
        let trace = Trace::new();
        on.run(async {
            let limiter = CapacityLimiter::new(1);
            let scope = CancelScope::new();
            scope.handle().cancel();
            let result = scope
                .run(async {
                    let call = run_in_threadpool(noted(&trace)).limiter(&limiter);
                    if abandon {
                        call.abandon_on_cancel().await;
                    } else {
                        call.await;
                    }
                    trace.push("after the call");
                })
                .await;
            assert!(result.is_err());
            let free = limiter.statistics();
            assert_eq!((free.borrowed, free.waiting), (0, 0));
        });
        assert_eq!(trace.take(), ["closure dropped"], "abandon: {abandon}");
    }
}

/// TH1: a deadline that is past counts as a cancel before.
pub fn th1_after_a_past_deadline_the_closure_never_runs(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let result = move_on_after(Duration::ZERO, run_in_threadpool(noted(&trace))).await;
        assert!(result.is_none());
    });
    assert_eq!(trace.take(), ["closure dropped"]);
}

/// TH1: a call that waits for its token can be cancelled, and the token then goes to somebody else.
pub fn th1_waiting_for_the_token_is_cancelled_and_takes_none(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire().expect("the only token is free");
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = task_group(async |g| {
            let seen = limiter.clone();
            g.spawn(async move {
                until_limiter(&seen, 1, 1).await;
                handle.cancel();
            });
            scope
                .run(run_in_threadpool(noted(&trace)).limiter(&limiter))
                .await
        });
        assert!(result.await.expect("the group is not cancelled").is_err());
        assert_eq!(trace.take(), ["closure dropped"]);
        let left = limiter.statistics();
        assert_eq!((left.borrowed, left.waiting), (1, 0));
        drop(token);
        assert_eq!(limiter.statistics().borrowed, 0);
        assert_eq!(run_in_threadpool(|| 1).limiter(&limiter).await, 1);
    });
}

/// TH1: a deadline ends the wait for a token that never comes.
pub fn th1_a_deadline_ends_the_wait_for_the_token(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let call = run_in_threadpool(noted(&trace)).limiter(&limiter);
        assert!(fail_after(Duration::from_millis(1), call).await.is_err());
        assert_eq!(limiter.statistics().waiting, 0);
        drop(token);
    });
    assert_eq!(trace.take(), ["closure dropped"]);
}

/// TH1: what counts is the region of the call: in a shield the outside's cancel does not keep it from running.
pub fn th1_an_uncancelled_call_in_a_shield_runs_inside_a_cancelled_scope(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let value = scope.run(shield(run_in_threadpool(|| 3))).await;
        assert_eq!(value.expect("the shield's value is returned"), 3);
    });
}

/// A closure that notes that it ran, or only that it was dropped.
fn noted(trace: &Trace) -> impl FnOnce() + Send + 'static {
    let (trace, probe) = (trace.clone(), DropProbe::new(trace, "closure dropped"));
    move || {
        trace.push("closure ran");
        drop(probe);
    }
}
