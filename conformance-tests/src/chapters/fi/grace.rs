//! The cleanup runs shielded, and `.grace(d)` bounds it.

use super::told;
use crate::harness::*;

const LONG: Duration = Duration::from_secs(3600);

/// FI1: the cleanup runs shielded: operations, timers and groups work in it although the region is cancelled.
pub fn fi1_a_cleanup_runs_shielded(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(finally(
                async {
                    handle.cancel();
                    pending::<()>().await;
                },
                async |_| {
                    assert!(!is_cancelled());
                    assert!(cancel_reason().is_none());
                    checkpoint().await;
                    sleep(Duration::from_millis(1)).await;
                    let sum = task_group(async |g| {
                        let child = g.spawn(async {
                            checkpoint().await;
                            1
                        });
                        child.await.unwrap() + run_in_threadpool(|| 2).await
                    })
                    .await;
                    trace.push(format!("{sum:?}"));
                },
            ))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["Ok(3)"]);
    });
}

/// FI1: a cancel that comes during the cleanup after a value does not cut it; it lands at the next wait.
pub fn fi1_a_cancel_during_a_cleanup_lands_after_it(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let value = finally(async { 7 }, async |exit| {
                    trace.push(told(&exit));
                    on_thread(|| handle.cancel());
                    yields(2).await;
                    checkpoint().await;
                    trace.push("cleaned");
                })
                .await;
                trace.push(format!("got {value}"));
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["completed", "cleaned", "got 7"]);
    });
}

/// FI1: a second cancel, of a region further out, during the cleanup after the first does not start it again.
pub fn fi1_a_second_cancel_does_not_start_a_second_cleanup(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (outer, inner) = (CancelScope::new(), CancelScope::new());
        let (stop_outer, stop_inner) = (outer.handle(), inner.handle());
        let result = outer
            .run(async {
                let cut = inner
                    .run(finally(
                        async {
                            stop_inner.cancel_with("inner");
                            pending::<()>().await;
                        },
                        async |exit| {
                            trace.push(told(&exit));
                            on_thread(|| stop_outer.cancel_with("outer"));
                            yields(3).await;
                            trace.push("cleaned");
                        },
                    ))
                    .await;
                trace.push(format!("unreachable {cut:?}"));
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["inner", "cleaned"]);
    });
}

/// FI1: the grace period cuts a cleanup that never ends after a cancel; the next outer cleanup follows.
pub fn fi1_the_grace_period_cuts_an_endless_cleanup(on: &Flavour) {
    on.run(async {
        for grace in [Duration::ZERO, Duration::from_millis(2)] {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let inner = finally(
                async {
                    handle.cancel_with("stop");
                    pending::<()>().await;
                },
                async |_| {
                    let _probe = DropProbe::new(&trace, "cleanup gone");
                    trace.push("cleanup");
                    pending::<()>().await;
                    trace.push("unreachable");
                },
            )
            .grace(grace);
            let outer = finally(inner, async |exit| {
                yields(2).await;
                trace.push(format!("outer {}", told(&exit)));
            });
            assert!(scope.run(outer).await.is_err());
            assert_eq!(trace.take(), ["cleanup", "cleanup gone", "outer stop"]);
        }
    });
}

/// FI1: it bounds the cleanup after a value as well; the value is returned.
pub fn fi1_the_grace_period_bounds_the_cleanup_after_a_value(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = finally(async { 7 }, async |_| {
            let _probe = DropProbe::new(&trace, "cleanup gone");
            pending::<()>().await;
        })
        .grace(Duration::from_millis(2))
        .await;
        trace.push(format!("got {value}"));
        checkpoint().await;
        assert_eq!(trace.take(), ["cleanup gone", "got 7"]);
    });
}

/// FI1: and after a panic, which goes on then.
pub fn fi1_the_grace_period_bounds_the_cleanup_after_a_panic(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(
            finally(async { super::fail("body") }, async |_| {
                let _probe = DropProbe::new(&trace, "cleanup gone");
                pending::<()>().await;
            })
            .grace(Duration::from_millis(2)),
        )
        .await;
        trace.push(caught.unwrap_err());
        assert_eq!(trace.take(), ["cleanup gone", "body"]);
    });
}

/// FI1: a cleanup is not cut before its grace is over, and the time in the body does not count.
pub fn fi1_the_grace_period_starts_with_the_cleanup(on: &Flavour) {
    on.run(async {
        let grace = Duration::from_millis(20);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut end_of_body = None;
        let body = async {
            sleep(grace * 2).await;
            // Read before the cleanup is polled, so that a thread that is held up in between is no fault.
            end_of_body = Some(Instant::now());
            handle.cancel();
            pending::<()>().await;
        };
        let cleanup = async |_| pending::<()>().await;
        let result = scope.run(finally(body, cleanup).grace(grace)).await;
        assert!(result.is_err());
        let granted = Instant::now().duration_since(end_of_body.expect("the body ran"));
        assert!(granted >= grace, "cut after {granted:?}");
    });
}

/// FI1: a cleanup that ends within its grace is left alone, also with a grace too large for the clock.
pub fn fi1_a_cleanup_within_its_grace_is_finished(on: &Flavour) {
    on.run(async {
        for grace in [LONG, Duration::MAX] {
            let trace = Trace::new();
            let scope = CancelScope::new();
            scope.handle().cancel();
            let body = finally(pending::<()>(), async |_| {
                yields(5).await;
                sleep(Duration::from_millis(1)).await;
                trace.push("cleaned");
            })
            .grace(grace);
            assert!(scope.run(body).await.is_err());
            assert_eq!(trace.take(), ["cleaned"]);
        }
    });
}

/// FI1: even without any grace a cleanup runs up to its first wait, and one that never waits is finished.
pub fn fi1_grace_zero_grants_the_part_before_the_first_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = finally(async { 7 }, async |_| trace.push("cleaned"))
            .grace(Duration::ZERO)
            .await;
        assert_eq!(value, 7);
        assert_eq!(trace.take(), ["cleaned"]);
    });
}

/// FI1: a shield in the cleanup outlasts its grace; the cleanup is cut at the wait after it.
pub fn fi1_a_shield_in_a_cleanup_outlasts_its_grace(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let body = finally(pending::<()>(), async |_| {
            shield(async {
                sleep(Duration::from_millis(3)).await;
                trace.push("shielded");
            })
            .await;
            checkpoint().await;
            trace.push("unreachable");
        })
        .grace(Duration::ZERO);
        assert!(scope.run(body).await.is_err());
        assert_eq!(trace.take(), ["shielded"]);
    });
}
