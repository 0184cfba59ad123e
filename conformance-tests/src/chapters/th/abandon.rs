//! TH3: calls that are abandoned when they are cancelled.

use super::{Gate, until_limiter};
use crate::harness::*;
use futures_util::join;
use std::thread::{self, ThreadId};

/// Starts an abandoning call on `limiter` and cancels it while its closure waits at the gate.
async fn abandon<T: Send + 'static>(
    limiter: &CapacityLimiter,
    gate: &Gate,
    end: impl FnOnce() -> T + Send + 'static,
) {
    let scope = CancelScope::new();
    let (handle, started) = (scope.handle(), gate.started.clone());
    let result = task_group(async |g| {
        g.spawn(async move {
            started.wait().await;
            handle.cancel();
        });
        let call = run_in_threadpool(gate.closure(end));
        scope.run(call.limiter(limiter).abandon_on_cancel()).await
    });
    assert!(result.await.expect("the group is not cancelled").is_err());
}

/// TH3: the caller goes on while the closure blocks; the token comes back when the closure returns.
pub fn th3_the_caller_leaves_at_once_and_the_token_stays_with_the_closure(on: &Flavour) {
    on.run(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        abandon(&limiter, &gate, || ()).await;
        // Only now the closure may end: that the caller is here already shows that it did not wait.
        assert_eq!(limiter.statistics().borrowed, 1);
        assert!(limiter.try_acquire().is_none());
        gate.open.set();
        until_limiter(&limiter, 0, 0).await;
    });
}

/// Tells on which thread it was dropped.
struct Unclaimed {
    made_on: ThreadId,
    dropped: Event,
    trace: Trace,
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        let where_made = thread::current().id() == self.made_on;
        self.trace.push(format!("dropped where made: {where_made}"));
        self.dropped.set();
    }
}

/// TH3: nobody claims the value of an abandoned closure; its drop may block, so the worker does it.
pub fn th3_an_unclaimed_value_is_dropped_on_the_worker(on: &Flavour) {
    on.run(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        let (dropped, trace) = (Event::new(), Trace::new());
        let (on_drop, noted) = (dropped.clone(), trace.clone());
        abandon(&limiter, &gate, move || Unclaimed {
            made_on: thread::current().id(),
            dropped: on_drop,
            trace: noted,
        })
        .await;
        gate.open.set();
        dropped.wait().await;
        assert_eq!(trace.take(), ["dropped where made: true"]);
    });
}

/// TH3: an abandoning call that nobody cancels is a call like another.
pub fn th3_without_a_cancel_the_value_comes_back(on: &Flavour) {
    on.run(async {
        let value = CancelScope::new().run(run_in_threadpool(|| 4).abandon_on_cancel());
        assert_eq!(value.await.expect("nobody cancels"), 4);
    });
}

/// TH3: an abandoned closure is still at work, so its token is not there for the next call.
pub fn th3_the_next_call_waits_for_an_abandoned_closure(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        let first = trace.clone();
        abandon(&limiter, &gate, move || {
            first.push("abandoned closure ends")
        })
        .await;
        let group = task_group(async |g| {
            let second = trace.clone();
            let next = run_in_threadpool(move || second.push("next closure runs"));
            g.spawn(next.limiter(&limiter));
            until_limiter(&limiter, 1, 1).await;
            gate.open.set();
        });
        group.await.expect("nobody cancels");
    });
    assert_eq!(
        trace.take(),
        ["abandoned closure ends", "next closure runs"]
    );
}

/// TH3: a panic that nobody can be told of harms neither the limiter nor the pool.
pub fn th3_an_abandoned_panic_gives_the_token_back(on: &Flavour) {
    on.run(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        // Resumed, not raised: the panic hook stays quiet.
        abandon(&limiter, &gate, || {
            std::panic::resume_unwind(Box::new("abandoned"))
        })
        .await;
        gate.open.set();
        until_limiter(&limiter, 0, 0).await;
        assert_eq!(run_in_threadpool(|| 1).limiter(&limiter).await, 1);
    });
}

/// TH3: as long as it waits for a token, an abandoning call is only a waiter.
pub fn th3_an_abandoning_call_leaves_the_queue_without_running(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let noted = trace.clone();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = task_group(async |g| {
            let seen = limiter.clone();
            g.spawn(async move {
                until_limiter(&seen, 1, 1).await;
                handle.cancel();
            });
            let call = run_in_threadpool(move || noted.push("closure ran"));
            scope.run(call.limiter(&limiter).abandon_on_cancel()).await
        });
        assert!(result.await.expect("the group is not cancelled").is_err());
        drop(token);
        assert_eq!(limiter.statistics().borrowed, 0);
    });
    assert!(trace.take().is_empty());
}

/// TH3: the program may leave as well; the closure goes on to its end.
pub fn th3_run_returns_while_an_abandoned_closure_is_at_work(on: &Flavour) {
    let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
    let ended = Event::new();
    let end = ended.clone();
    on.run(abandon(&limiter, &gate, move || end.set()));
    assert!(!ended.is_set());
    gate.open.set();
    ended.wait_blocking();
}

/// TH3: the caller leaves also where something beside it holds the region: the code after the call does not run.
pub fn th3_the_caller_leaves_a_region_that_something_else_holds(on: &Flavour) {
    on.run(async {
        let (limiter, gate, trace) = (CapacityLimiter::new(1), Gate::new(), Trace::new());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let call = run_in_threadpool(gate.closure(|| ()))
                    .limiter(&limiter)
                    .abandon_on_cancel();
                join!(
                    async {
                        call.await;
                        trace.push("returned");
                    },
                    shield(async {
                        gate.started.wait().await;
                        handle.cancel();
                        yields(2).await;
                        gate.open.set();
                        until_limiter(&limiter, 0, 0).await;
                        yields(2).await;
                    })
                );
            })
            .await;
        assert!(result.is_err());
        assert!(trace.take().is_empty());
    });
}

/// TH3: a panic of an abandoned closure has nobody to be resumed in: the hook is told.
pub fn th3_an_abandoned_panic_is_told(on: &Flavour) {
    let (limiter, gate, told) = (CapacityLimiter::new(1), Gate::new(), Event::new());
    let tell = told.clone();
    let hook = move |report: Report| {
        if let Report::ClosurePanicked { message, .. } = report {
            assert_eq!(message, "abandoned");
            tell.set();
        }
    };
    on.run_with_hook(
        async {
            abandon(&limiter, &gate, || {
                std::panic::resume_unwind(Box::new("abandoned"))
            })
            .await;
            gate.open.set();
            told.wait().await;
        },
        hook,
    );
}

/// TH3, SC14: a call belongs to the region it began in. A cancelled scope around a later poll of it ends that wait, and
/// the call goes on.
pub fn th3_a_cancelled_scope_around_a_call_that_began_outside_leaves_it(on: &Flavour) {
    on.run(async {
        let (gate, held) = (Gate::new(), Event::new());
        let mut call = Box::pin(run_in_threadpool(gate.closure(|| 7)).abandon_on_cancel());
        assert!(poll_once(&mut call).await.is_pending());
        let scope = CancelScope::new();
        let (handle, hold) = (scope.handle(), held.wait());
        let mut waited = Box::pin(scope.run(async { join!(shield(hold), &mut call).1 }));
        assert!(poll_once(&mut waited).await.is_pending());
        handle.cancel();
        // Something holds the scope, so the call is polled in it although it is cancelled.
        assert!(poll_once(&mut waited).await.is_pending());
        held.set();
        assert!(waited.await.is_err());
        gate.open.set();
        assert_eq!(call.await, 7);
    });
}
