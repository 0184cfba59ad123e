//! TH2: a closure that runs is a hold.

use super::Gate;
use crate::harness::*;

/// TH2: the cancel comes while the closure runs; the value comes back and the next wait ends the body.
pub fn th2_the_value_comes_back_despite_a_cancel_that_lands_at_the_next_wait(on: &Flavour) {
    let trace = Trace::new();
    let result = run_cancelled_call(on, async |call| {
        trace.push(format!("value {}", call.await));
        checkpoint().await;
        trace.push("after the wait");
    });
    assert!(result.is_err());
    assert_eq!(trace.take(), ["value 7"]);
}

/// TH2: without another wait there is nothing for the cancel to land at.
pub fn th2_a_body_that_does_not_wait_again_completes(on: &Flavour) {
    let result = run_cancelled_call(on, async |call| call.await + 1);
    assert_eq!(result.expect("the body's value beats the cancel"), 8);
}

/// TH2: a deadline is a cancel like another.
pub fn th2_a_deadline_that_passes_during_the_call_leaves_the_value(on: &Flavour) {
    on.run(async {
        let gate = Gate::new();
        let scope = CancelScope::new();
        let (handle, started, open) = (scope.handle(), gate.started.clone(), gate.open.clone());
        let result = task_group(async |g| {
            g.spawn(async move {
                started.wait().await;
                handle.set_deadline(Instant::now() + Duration::from_millis(1));
                until(|| handle.cancel_called()).await;
                open.set();
            });
            scope.run(run_in_threadpool(gate.closure(|| 7))).await
        });
        let value = result.await.expect("the group is not cancelled");
        assert_eq!(value.expect("the value beats the deadline"), 7);
    });
}

/// TH2: the cancelled body is dropped when the closure has returned, not before.
pub fn th2_the_body_is_dropped_after_the_closure_has_returned(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let gate = Gate::new();
        let scope = CancelScope::new();
        let (handle, started, open) = (scope.handle(), gate.started.clone(), gate.open.clone());
        let noted = trace.clone();
        let result = task_group(async |g| {
            g.spawn(async move {
                started.wait().await;
                handle.cancel();
                yields(100).await;
                open.set();
            });
            scope
                .run(async {
                    let _probe = DropProbe::new(&trace, "body dropped");
                    run_in_threadpool(gate.closure(move || noted.push("closure returns"))).await;
                    pending::<()>().await;
                })
                .await
        });
        assert!(result.await.expect("the group is not cancelled").is_err());
    });
    assert_eq!(trace.take(), ["closure returns", "body dropped"]);
}

/// TH2: a child in a blocking call has not ended, so its group has not either.
pub fn th2_a_group_waits_for_the_closure_of_a_cancelled_child(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let gate = Gate::new();
        let noted = trace.clone();
        let inner = task_group(async |g| {
            g.spawn(run_in_threadpool(
                gate.closure(move || noted.push("closure returns")),
            ));
            gate.started.wait().await;
            g.cancel();
            pending::<()>().await;
        });
        let outer = task_group(async |g| {
            let (started, open) = (gate.started.clone(), gate.open.clone());
            g.spawn(async move {
                started.wait().await;
                yields(100).await;
                open.set();
            });
            assert!(inner.await.is_err());
            trace.push("group ended");
        });
        outer.await.expect("the outer group is not cancelled");
    });
    assert_eq!(trace.take(), ["closure returns", "group ended"]);
}

/// TH2: while the closure holds a cancelled region, nothing is polled in a loop.
pub fn th2_a_cancelled_call_waits_without_polling(on: &Flavour) {
    on.run(async {
        let gate = Gate::new();
        let (call, counter) = counted(run_in_threadpool(gate.closure(|| ())));
        let scope = CancelScope::new();
        let (handle, started, open) = (scope.handle(), gate.started.clone(), gate.open.clone());
        let result = task_group(async |g| {
            g.spawn(async move {
                started.wait().await;
                handle.cancel();
                // Every turn is one more chance for a region that spins.
                yields(1000).await;
                open.set();
            });
            scope.run(call).await
        });
        result
            .await
            .expect("the group is not cancelled")
            .expect("the value beats the cancel");
        // One at first, one for the cancel, one for the value, one when the sibling ends; the rest is slack.
        assert!(counter.polls() <= 10, "{counter:?}");
    });
}

/// Runs `body` with a call of value 7 in a scope that is cancelled while the closure is at work.
fn run_cancelled_call<T>(
    on: &Flavour,
    body: impl AsyncFnOnce(Pin<Box<dyn Future<Output = u32>>>) -> T,
) -> Result<T, Cancelled> {
    on.run(async {
        let gate = Gate::new();
        let scope = CancelScope::new();
        let (handle, started, open) = (scope.handle(), gate.started.clone(), gate.open.clone());
        let result = task_group(async |g| {
            g.spawn(async move {
                started.wait().await;
                handle.cancel();
                yields(10).await;
                open.set();
            });
            scope
                .run(body(Box::pin(run_in_threadpool(gate.closure(|| 7)))))
                .await
        });
        result.await.expect("the group is not cancelled")
    })
}
