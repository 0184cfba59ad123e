//! SC1, SC6: a scope and its handle.
//!
//! A scope is a future, so it has one owner at a time; only the handle is shared.

use crate::harness::*;
use std::sync::Barrier;

/// SC1: without a cancel a scope returns the value of its body.
pub fn sc1_an_uncancelled_scope_returns_its_value(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let value = scope
            .run(async {
                checkpoint().await;
                yield_once().await;
                7
            })
            .await;
        assert_eq!(value.ok(), Some(7));
        assert!(!handle.cancel_called());
        assert!(handle.reason().is_none());
    });
}

/// SC1: a thread that no runtime knows cancels through the handle.
pub fn sc1_a_handle_cancels_from_another_thread(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let entered = Event::new();
        let seen = entered.clone();
        let thread = start_thread(move || {
            seen.wait_blocking();
            handle.cancel()
        });
        let (body, counter) = pending_counted();
        let result = scope
            .run(async move {
                entered.set();
                body.await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(counter.drops(), 1);
        assert!(thread.join().expect("the thread does not panic"));
    });
}

/// SC1: another task cancels through the handle, while the scope's own task sleeps.
pub fn sc1_a_handle_cancels_from_another_task(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let entered = Event::new();
            let seen = entered.clone();
            g.spawn(async move {
                seen.wait().await;
                assert!(handle.cancel());
            });
            scope
                .run(async move {
                    entered.set();
                    pending::<()>().await;
                })
                .await
                .is_err()
        })
        .await;
        assert_eq!(result.ok(), Some(true));
    });
}

/// SC1: a body may cancel the scope it runs in; one poll is enough to leave.
pub fn sc1_a_body_cancels_its_own_scope(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(async move {
            handle.cancel();
            pending::<()>().await;
        }));
        let left = wakes.poll(run.as_mut());
        assert!(matches!(left, Poll::Ready(Err(_))), "{left:?}");
    });
}

/// SC1: handles are shared freely, agree with each other and outlive their scope.
pub fn sc1_a_handle_is_shared_and_outlives_its_scope(on: &Flavour) {
    fn shared<T: Clone + Send + Sync + 'static>(value: &T) -> T {
        value.clone()
    }
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let other = shared(&handle);
        let value = scope.run(async { 1 }).await;
        assert_eq!(value.ok(), Some(1));
        on_thread(|| handle.cancel());
        assert_eq!(handle.cancel_called(), other.cancel_called());
        checkpoint().await;
        assert!(!is_cancelled(), "a scope that was left reaches nobody");
    });
}

/// SC1: the future of a scope is `Send` when its body is, so it can be a child, or part of one.
pub fn sc1_a_running_scope_moves_with_its_task(on: &Flavour) {
    on.run(async {
        let value = task_group(async |g: TaskGroup| {
            let run = CancelScope::new().run(async {
                yields(20).await;
                "moved"
            });
            g.spawn(run).await.expect("the child ends by itself")
        })
        .await;
        assert_eq!(value.expect("nobody cancels").ok(), Some("moved"));
    });
}

/// SC1: dropping every handle does not cancel.
pub fn sc1_dropping_the_handle_does_not_cancel(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        drop(scope.handle());
        let value = scope
            .run(async {
                yields(3).await;
                checkpoint().await;
                5
            })
            .await;
        assert_eq!(value.ok(), Some(5));
    });
}

/// SC6: a body that never waits after the cancel completes; the handle says that a cancel was called.
pub fn sc6_a_body_that_never_waits_again_completes(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = handle.clone();
        let value = scope
            .run(async move {
                checkpoint().await;
                assert!(inside.cancel());
                // A foreign future that is ready is not a wait.
                ready(()).await;
                "done"
            })
            .await;
        assert_eq!(value.ok(), Some("done"));
        assert!(handle.cancel_called());
        assert!(handle.reason().is_some());
    });
}

/// SC6: a shield after the cancel is no wait of the body; its value is not lost.
pub fn sc6_a_body_that_only_waits_in_a_shield_completes(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let value = scope
            .run(async {
                handle.cancel();
                shield(async {
                    yields(5).await;
                    checkpoint().await;
                    "shielded"
                })
                .await
            })
            .await;
        assert_eq!(value.ok(), Some("shielded"));
        assert!(handle.cancel_called());
    });
}

/// SC6: the completed scope leaves nothing behind: its caller is not cancelled.
pub fn sc6_the_caller_of_a_completed_cancelled_scope_goes_on(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let value = scope
            .run(async move {
                handle.cancel();
                1
            })
            .await;
        assert_eq!(value.ok(), Some(1));
        assert!(!is_cancelled());
        checkpoint().await;
        checkpoint_if_cancelled().await;
    });
}

/// SC8: of many calls at the same time exactly one is the cancel.
pub fn sc8_one_of_many_concurrent_cancels_wins(on: &Flavour) {
    on.run(async {
        for _ in 0..20 {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let barrier = Barrier::new(8);
            let wins: Vec<String> = std::thread::scope(|threads| {
                let callers: Vec<_> = (0..8)
                    .map(|n| {
                        let (handle, barrier) = (&handle, &barrier);
                        threads.spawn(move || {
                            barrier.wait();
                            let message = format!("caller {n}");
                            handle.cancel_with(message.clone()).then_some(message)
                        })
                    })
                    .collect();
                callers
                    .into_iter()
                    .filter_map(|caller| caller.join().expect("no caller panics"))
                    .collect()
            });
            assert_eq!(wins.len(), 1, "{wins:?}");
            let cancelled = scope.run(pending::<()>()).await.expect_err("cancelled");
            let first = Cause::Explicit(wins.into_iter().next());
            assert_eq!(cancelled.reason().cause(), &first);
        }
    });
}
