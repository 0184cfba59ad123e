//! Panics in cleanups: they replace a value or a cancel, lose to a panic of the body, and are told to the next cleanup.

use super::{fail, told};
use crate::harness::*;

/// FI1: a panic in a cleanup replaces the value.
pub fn fi1_a_panic_in_a_cleanup_replaces_the_value(on: &Flavour) {
    on.run(async {
        let caught = catch_async(finally(async { 7 }, async |_| {
            yields(2).await;
            fail("cleanup");
        }))
        .await;
        assert_eq!(caught.unwrap_err(), "cleanup");
    });
}

/// FI1: a panic in a cleanup at its first poll does the same, also one before the first poll, in a plain closure.
pub fn fi1_a_panic_at_the_start_of_a_cleanup_replaces_the_value(on: &Flavour) {
    on.run(async {
        let caught = catch_async(finally(async { 7 }, async |_| fail("cleanup"))).await;
        assert_eq!(caught.unwrap_err(), "cleanup");
        let caught = catch_async(finally(async { 7 }, |_| {
            fail("closure");
            async {}
        }))
        .await;
        assert_eq!(caught.unwrap_err(), "closure");
    });
}

/// FI1: a panic in a cleanup replaces a cancel; it passes the scope that would have absorbed.
pub fn fi1_a_panic_in_a_cleanup_replaces_a_cancel(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let caught = catch_async(scope.run(finally(
            async {
                handle.cancel();
                pending::<()>().await;
            },
            async |_| {
                yields(2).await;
                fail("cleanup");
            },
        )))
        .await;
        assert_eq!(caught.unwrap_err(), "cleanup");
    });
}

/// FI1: a panic in a cleanup loses to the panic of the body.
pub fn fi1_a_panic_in_a_cleanup_loses_to_the_panic_of_the_body(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(finally(
            async {
                yield_once().await;
                fail("body");
            },
            async |_| {
                yields(2).await;
                trace.push("cleanup");
                fail("cleanup");
            },
        ))
        .await;
        assert_eq!(caught.unwrap_err(), "body");
        assert_eq!(trace.take(), ["cleanup"]);
    });
}

/// FI1: the next outer cleanup sees `Panicked`, whether a value or a cancel was replaced.
pub fn fi1_the_next_outer_cleanup_sees_the_panic_of_a_cleanup(on: &Flavour) {
    on.run(async {
        for cancel in [false, true] {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let inner = finally(
                async {
                    if cancel {
                        handle.cancel_with("stop");
                        pending::<()>().await;
                    }
                },
                async |exit| {
                    trace.push(format!("inner {}", told(&exit)));
                    yields(2).await;
                    fail("inner cleanup");
                },
            );
            let middle = finally(inner, async |exit| {
                trace.push(format!("middle {}", told(&exit)));
                yields(2).await;
                trace.push("middle done");
            });
            let outer = finally(middle, async |exit| {
                yields(2).await;
                trace.push(format!("outer {}", told(&exit)));
            });
            let caught = catch_async(scope.run(outer)).await;
            assert_eq!(caught.unwrap_err(), "inner cleanup");
            let seen = if cancel {
                "inner stop"
            } else {
                "inner completed"
            };
            assert_eq!(
                trace.take(),
                [seen, "middle panicked", "middle done", "outer panicked"]
            );
        }
    });
}

/// FI1: only cleanups further out than the one that panicked see it.
pub fn fi1_a_panic_in_the_middle_is_seen_outside_of_it(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inner = finally(
            async {
                handle.cancel_with("stop");
                pending::<()>().await;
            },
            async |exit| trace.push(format!("inner {}", told(&exit))),
        );
        let middle = finally(inner, async |exit| {
            trace.push(format!("middle {}", told(&exit)));
            fail("middle cleanup");
        });
        let outer = finally(middle, async |exit| {
            trace.push(format!("outer {}", told(&exit)));
        });
        let caught = catch_async(scope.run(outer)).await;
        assert_eq!(caught.unwrap_err(), "middle cleanup");
        assert_eq!(
            trace.take(),
            ["inner stop", "middle stop", "outer panicked"]
        );
    });
}

/// FI1: of two panicking cleanups the inner one wins, as it belongs to the body of the outer one.
pub fn fi1_of_two_panicking_cleanups_the_inner_wins(on: &Flavour) {
    on.run(async {
        let inner = finally(async {}, async |_| fail("inner cleanup"));
        let caught = catch_async(finally(inner, async |_| {
            yields(2).await;
            fail("outer cleanup");
        }))
        .await;
        assert_eq!(caught.unwrap_err(), "inner cleanup");
    });
}

/// FI1: an error value is no panic: the cleanup sees `Completed`.
pub fn fi1_an_error_of_the_body_is_a_completion(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = finally(async { Err::<(), _>("error") }, async |exit| {
            trace.push(told(&exit));
        })
        .await;
        assert_eq!(result, Err("error"));
        assert_eq!(trace.take(), ["completed"]);
    });
}

/// Panics when it is dropped.
struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        fail("drop");
    }
}

/// FI1: a body that panics while a cancel drops it is cleaned up after, once, and its panic goes on.
pub fn fi1_a_body_that_panics_while_it_is_dropped_is_cleaned_up_after(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inner = finally(
            async {
                let _bomb = PanicOnDrop;
                handle.cancel_with("stop");
                pending::<()>().await;
            },
            async |_| {
                trace.push("inner");
                yields(2).await;
                trace.push("inner done");
            },
        );
        let outer = finally(inner, async |exit| {
            trace.push(format!("outer {}", told(&exit)));
        });
        let caught = catch_async(scope.run(outer)).await;
        assert_eq!(caught.unwrap_err(), "drop");
        assert_eq!(trace.take(), ["inner", "inner done", "outer panicked"]);
    });
}

/// A body that panics when it is called, before its future is polled.
fn no_body(_: &mut Trace) -> impl Future<Output = ()> {
    fail("call of the body");
    ready(())
}

/// A cleanup that panics when it is called, before its future is polled.
fn no_cleanup(_: &mut Trace, _: Exit) -> impl Future<Output = ()> {
    fail("call of the cleanup");
    ready(())
}

/// FI1: with a state, a panic of the call that makes the body runs the cleanup as any other panic of it.
pub fn fi1_a_panic_of_the_call_of_a_body_with_a_state_runs_the_cleanup(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let cleanup = async |trace: &mut Trace, exit| trace.push(format!("{exit:?}"));
        let caught = catch_async(finally_with(trace.clone(), no_body, cleanup)).await;
        assert_eq!(caught.unwrap_err(), "call of the body");
        assert_eq!(trace.take(), ["Panicked"]);
    });
}

/// FI1: with a state, a panic of the call that makes the cleanup loses to one of the body and replaces a value.
pub fn fi1_a_panic_of_the_call_of_a_cleanup_with_a_state_is_one_of_the_cleanup(on: &Flavour) {
    on.run(async {
        let body = async |_: &mut Trace| fail("body");
        let caught = catch_async(finally_with(Trace::new(), body, no_cleanup)).await;
        assert_eq!(caught.unwrap_err(), "body");
        let body = async |_: &mut Trace| 7;
        let caught = catch_async(finally_with(Trace::new(), body, no_cleanup)).await;
        assert_eq!(caught.unwrap_err(), "call of the cleanup");
    });
}
