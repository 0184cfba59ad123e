//! A finalizer is told how its body ended.

use super::told;
use crate::harness::*;

/// FI1: after a value the cleanup is told `Completed`, once, and the value is returned after it.
pub fn fi1_a_cleanup_after_a_value(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = finally(
            async {
                yields(2).await;
                trace.push("body");
                7
            },
            async |exit| {
                trace.push(told(&exit));
                yields(2).await;
                trace.push("cleaned");
            },
        )
        .await;
        trace.push(format!("got {value}"));
        assert_eq!(trace.take(), ["body", "completed", "cleaned", "got 7"]);
    });
}

/// FI1: a body that is ready at its first poll has its cleanup too.
pub fn fi1_a_cleanup_after_a_body_that_never_waits(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = finally(async { 7 }, async |exit| trace.push(told(&exit))).await;
        assert_eq!(value, 7);
        assert_eq!(trace.take(), ["completed"]);
    });
}

/// FI1: after a cancel the cleanup is told the reason, runs to its end, and the scope ends after it.
pub fn fi1_a_cleanup_after_a_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                finally(
                    async {
                        handle.cancel_with("stop");
                        pending::<()>().await;
                    },
                    async |exit| {
                        trace.push(told(&exit));
                        yields(3).await;
                        checkpoint().await;
                        trace.push("cleaned");
                    },
                )
                .await;
                trace.push("unreachable");
            })
            .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(trace.take(), ["stop", "cleaned", "left"]);
    });
}

/// FI1: a cancel from a thread, while the body sleeps.
pub fn fi1_a_cleanup_after_a_cancel_from_a_thread(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(finally(
                async {
                    start_thread(move || handle.cancel_with("thread"));
                    pending::<()>().await;
                },
                async |exit| {
                    yields(2).await;
                    trace.push(told(&exit));
                },
            ))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["thread"]);
    });
}

/// FI1: a deadline is told as such, and `move_on_after` returns after the cleanup.
pub fn fi1_a_cleanup_after_a_deadline(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let body = finally(pending::<()>(), async |exit| {
            trace.push(told(&exit));
            sleep(Duration::from_millis(1)).await;
            trace.push("cleaned");
        });
        let result = move_on_after(Duration::from_millis(2), body).await;
        trace.push("moved on");
        assert!(result.is_none());
        assert_eq!(trace.take(), ["Deadline", "cleaned", "moved on"]);
    });
}

/// FI1: after a panic the cleanup runs, waits included, and then the panic goes on with its own payload.
pub fn fi1_a_cleanup_after_a_panic(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(finally(
            async {
                yields(2).await;
                super::fail("body");
            },
            async |exit| {
                trace.push(told(&exit));
                yields(2).await;
                checkpoint().await;
                trace.push("cleaned");
            },
        ))
        .await;
        trace.push(caught.unwrap_err());
        assert_eq!(trace.take(), ["panicked", "cleaned", "body"]);
    });
}

/// FI1: a panic at the very first poll.
pub fn fi1_a_cleanup_after_a_panic_at_the_first_poll(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(finally(async { super::fail("body") }, async |exit| {
            yields(2).await;
            trace.push(told(&exit));
        }))
        .await;
        assert_eq!(caught.unwrap_err(), "body");
        assert_eq!(trace.take(), ["panicked"]);
    });
}

/// FI1: a panic during the cleanup's time in a cancelled region is a panic to the cleanup, not a cancel.
pub fn fi1_a_panic_in_a_cancelled_region_is_told_as_panic(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let caught = catch_async(scope.run(finally(
            async {
                handle.cancel_with("stop");
                super::fail("body");
                pending::<()>().await;
            },
            async |exit| {
                yields(2).await;
                trace.push(told(&exit));
            },
        )))
        .await;
        assert_eq!(caught.unwrap_err(), "body");
        assert_eq!(trace.take(), ["panicked"]);
    });
}

/// FI1: value beats cancellation: a body that is ready in a cancelled region has completed.
pub fn fi1_a_ready_body_in_a_cancelled_region_has_completed(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        handle.cancel();
        let result = scope
            .run(finally(async { 7 }, async |exit| {
                trace.push(told(&exit));
                yields(2).await;
                trace.push("cleaned");
            }))
            .await;
        assert_eq!(result.ok(), Some(7));
        assert_eq!(trace.take(), ["completed", "cleaned"]);
    });
}

/// FI1: entered in a cancelled region, the body runs up to its first wait and the cleanup runs once.
pub fn fi1_a_finalizer_entered_in_a_cancelled_region_runs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel_with("before");
        let result = scope
            .run(finally(
                async {
                    trace.push("body");
                    checkpoint().await;
                    trace.push("unreachable");
                },
                async |exit| {
                    yields(2).await;
                    trace.push(told(&exit));
                },
            ))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["body", "before"]);
    });
}

/// FI1: when two scopes around are cancelled, the reason is that of the outer one, which absorbs.
pub fn fi1_the_reason_is_that_of_the_outermost_cancelled_scope(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (outer, inner) = (CancelScope::new(), CancelScope::new());
        let (stop_outer, stop_inner) = (outer.handle(), inner.handle());
        let result = outer
            .run(inner.run(finally(
                async {
                    stop_inner.cancel_with("inner");
                    stop_outer.cancel_with("outer");
                    pending::<()>().await;
                },
                async |exit| trace.push(told(&exit)),
            )))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["outer"]);
    });
}

/// FI1: the reason carries the name of the task that cancelled.
pub fn fi1_the_reason_names_who_cancelled(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let (log, host) = (trace.clone(), g.clone());
            g.spawn(finally(pending::<()>(), async move |exit| {
                if let Exit::Cancelled(reason) = &exit {
                    log.push(reason.by().unwrap_or("nobody"));
                }
            }));
            g.task().name("breaker").spawn(async move {
                host.cancel();
            });
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["breaker"]);
    });
}
