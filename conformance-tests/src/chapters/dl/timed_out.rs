//! DL2: `TimedOut` and `Cancelled` are told apart.

use super::{FAR, SHORT, stay_until_past};
use crate::harness::*;

/// DL2: `TimedOut` is an error type of its own, with a text.
pub fn dl2_timed_out_is_an_error_of_its_own(on: &Flavour) {
    fn is_error<E: std::error::Error + Send + Sync + 'static>(_: &E) {}
    on.run(async {
        let result: Result<(), TimedOut> = fail_after(SHORT, pending()).await;
        let error = result.unwrap_err();
        is_error(&error);
        assert!(!error.to_string().is_empty());
        let boxed: Box<dyn std::error::Error> = Box::new(error);
        assert!(!boxed.is::<Cancelled>());
        assert!(boxed.is::<TimedOut>());
    });
}

/// DL2: an outer cancel inside `fail_after` is not a time-out: code after it does not run.
pub fn dl2_an_outer_cancel_is_not_a_time_out(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let body = async {
                    handle.cancel_with("outer");
                    pending::<()>().await;
                };
                let failed = fail_after(FAR, body).await;
                trace.push(format!("{failed:?}"));
            })
            .await;
        assert!(matches!(
            result.unwrap_err().reason().cause(),
            Cause::Explicit(_)
        ));
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// DL2: an outer cancel came first, the deadline passed while something held: not a time-out.
pub fn dl2_a_deadline_that_passes_after_an_outer_cancel_is_not_a_time_out(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let body = async {
                    handle.cancel_with("outer");
                    shield(sleep_until(Instant::now() + 3 * SHORT)).await;
                    pending::<()>().await;
                };
                let _ = fail_after(SHORT, body).await;
                trace.push("unreachable");
            })
            .await;
        assert!(matches!(
            result.unwrap_err().reason().cause(),
            Cause::Explicit(_)
        ));
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// DL2: the deadline came first, an outer cancel while something held: the outer region absorbs.
pub fn dl2_an_outer_cancel_during_the_unwinding_absorbs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let body = shield(async {
                    // The deadline has passed and been noticed when the shield's outside is cancelled.
                    sleep_until(Instant::now() + 3 * SHORT).await;
                    handle.cancel_with("outer");
                    yield_once().await;
                });
                let failed = fail_after(SHORT, async {
                    body.await;
                    pending::<()>().await;
                })
                .await;
                trace.push(format!("{failed:?}"));
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// DL2: an inner time-out is a value to the outer one.
pub fn dl2_an_inner_time_out_is_a_value_to_the_outer(on: &Flavour) {
    on.run(async {
        let nested = fail_after(FAR, async {
            let inner = fail_after(SHORT, pending::<()>()).await;
            checkpoint().await;
            inner
        });
        assert!(matches!(nested.await, Ok(Err(_))));
        let nested = move_on_after(FAR, async { move_on_after(SHORT, pending::<()>()).await });
        assert_eq!(nested.await, Some(None));
    });
}

/// DL2: `TimedOut` from the body is the body's own value.
pub fn dl2_a_body_that_returns_a_time_out_has_not_timed_out(on: &Flavour) {
    on.run(async {
        let inner = fail_after(Duration::ZERO, pending::<()>()).await;
        let outer = fail_after(FAR, async { inner }).await;
        assert!(outer.expect("the outer body completed").is_err());
    });
}

/// DL2: a scope that was cancelled by hand before its deadline passed says so.
pub fn dl2_a_scope_tells_which_came_first(on: &Flavour) {
    on.run(async {
        let by_hand = CancelScope::new().deadline_after(SHORT);
        let handle = by_hand.handle();
        let cancelled = by_hand
            .run(async {
                handle.cancel_with("by hand");
                stay_until_past(Instant::now() + 2 * SHORT);
                pending::<()>().await;
            })
            .await
            .unwrap_err();
        assert!(matches!(
            cancelled.reason().cause(),
            Cause::Explicit(Some(_))
        ));
        let by_clock = CancelScope::new().deadline_after(SHORT);
        let handle = by_clock.handle();
        let cancelled = by_clock
            .run(async {
                shield(async {
                    until(|| handle.cancel_called()).await;
                    assert!(!handle.cancel_with("too late"));
                })
                .await;
                pending::<()>().await;
            })
            .await
            .unwrap_err();
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
    });
}

/// DL2: `fail_after` in a region that is already cancelled is not a time-out, even with no time at all.
pub fn dl2_no_time_in_a_cancelled_region_is_not_a_time_out(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(async {
                let failed = fail_after(Duration::ZERO, checkpoint()).await;
                trace.push(format!("{failed:?}"));
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}
