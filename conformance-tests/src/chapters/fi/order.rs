//! Cleanups run innermost first, and each is finished before the next outer one starts.

use super::told;
use crate::harness::*;

/// A cleanup that notes its start, waits in several ways, and notes its end.
fn cleanup(trace: &Trace, name: &str) -> impl FnOnce(Exit) -> Cleanup {
    let (trace, name) = (trace.clone(), name.to_owned());
    move |exit| {
        Box::pin(async move {
            trace.push(format!("{name} {}", told(&exit)));
            yields(3).await;
            checkpoint().await;
            sleep(Duration::from_millis(1)).await;
            trace.push(format!("{name} done"));
        })
    }
}

type Cleanup = Pin<Box<dyn Future<Output = ()> + Send>>;

/// FI2: three levels in one task; the code between them does not run, and the scope ends last.
pub fn fi2_three_levels_clean_up_innermost_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let body = finally(
            async {
                finally(
                    async {
                        finally(
                            async {
                                start_thread(move || handle.cancel_with("stop"));
                                pending::<()>().await;
                            },
                            cleanup(&trace, "inner"),
                        )
                        .await;
                        trace.push("unreachable");
                    },
                    cleanup(&trace, "middle"),
                )
                .await;
                trace.push("unreachable");
            },
            cleanup(&trace, "outer"),
        );
        let result = scope
            .run(async {
                body.await;
                trace.push("unreachable");
            })
            .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            [
                "inner stop",
                "inner done",
                "middle stop",
                "middle done",
                "outer stop",
                "outer done",
                "left"
            ]
        );
    });
}

/// FI2: finalizers directly in each other, with no code between, are no different.
pub fn fi2_directly_nested_finalizers_clean_up_innermost_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel_with("stop");
        let inner = finally(pending::<()>(), cleanup(&trace, "inner"));
        let middle = finally(inner, cleanup(&trace, "middle"));
        let outer = finally(middle, cleanup(&trace, "outer"));
        assert!(scope.run(outer).await.is_err());
        assert_eq!(
            trace.take(),
            [
                "inner stop",
                "inner done",
                "middle stop",
                "middle done",
                "outer stop",
                "outer done"
            ]
        );
    });
}

/// FI2: a hundred levels.
pub fn fi2_a_hundred_levels_clean_up_innermost_first(on: &Flavour) {
    const LEVELS: usize = 100;
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut body: Cleanup = Box::pin(async move {
            handle.cancel();
            pending::<()>().await;
        });
        for level in 0..LEVELS {
            let trace = trace.clone();
            body = Box::pin(finally(body, async move |_| {
                yield_once().await;
                trace.push(level.to_string());
            }));
        }
        assert!(scope.run(body).await.is_err());
        let expected: Vec<_> = (0..LEVELS).map(|level| level.to_string()).collect();
        assert_eq!(trace.take(), expected);
    });
}

/// FI2: cancelling only the inner scope cleans up inside it; the outer finalizer then completes.
pub fn fi2_an_inner_scope_cleans_up_only_what_is_inside(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let inner = CancelScope::new();
        let handle = inner.handle();
        let value = finally(
            async {
                let cut = inner
                    .run(finally(
                        async {
                            handle.cancel_with("stop");
                            pending::<()>().await;
                        },
                        cleanup(&trace, "inner"),
                    ))
                    .await;
                trace.push("absorbed");
                cut.is_err()
            },
            cleanup(&trace, "outer"),
        )
        .await;
        assert!(value);
        assert_eq!(
            trace.take(),
            [
                "inner stop",
                "inner done",
                "absorbed",
                "outer completed",
                "outer done"
            ]
        );
    });
}

/// FI2: with the outer scope cancelled as well, the inner one does not return, and both cleanups are told the outer.
pub fn fi2_an_outer_cancel_cleans_up_through_the_inner_scope(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (outer, inner) = (CancelScope::new(), CancelScope::new());
        let (stop_outer, stop_inner) = (outer.handle(), inner.handle());
        let result = outer
            .run(finally(
                async {
                    let cut = inner
                        .run(finally(
                            async {
                                stop_inner.cancel_with("inner");
                                stop_outer.cancel_with("outer");
                                pending::<()>().await;
                            },
                            cleanup(&trace, "first"),
                        ))
                        .await;
                    trace.push(format!("unreachable {cut:?}"));
                },
                cleanup(&trace, "second"),
            ))
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            ["first outer", "first done", "second outer", "second done"]
        );
    });
}

/// FI2: a panic unwinds in the same order, with each cleanup finished before the next.
pub fn fi2_a_panic_cleans_up_innermost_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let body = async {
            yield_once().await;
            super::fail("body");
        };
        let inner = finally(body, cleanup(&trace, "inner"));
        let middle = CancelScope::new().run(finally(inner, cleanup(&trace, "middle")));
        let caught = catch_async(finally(middle, cleanup(&trace, "outer"))).await;
        trace.push(caught.unwrap_err());
        assert_eq!(
            trace.take(),
            [
                "inner panicked",
                "inner done",
                "middle panicked",
                "middle done",
                "outer panicked",
                "outer done",
                "body"
            ]
        );
    });
}

/// FI2: a finalizer inside a cleanup is finished within it.
pub fn fi2_a_finalizer_in_a_cleanup_is_finished_within_it(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel_with("stop");
        let inner = finally(pending::<()>(), async |_| {
            trace.push("inner");
            finally(yields(2), cleanup(&trace, "nested")).await;
            trace.push("inner done");
        });
        let outer = finally(inner, cleanup(&trace, "outer"));
        assert!(scope.run(outer).await.is_err());
        assert_eq!(
            trace.take(),
            [
                "inner",
                "nested completed",
                "nested done",
                "inner done",
                "outer stop",
                "outer done"
            ]
        );
    });
}

/// FI2: a shield inside the body is finished before the cleanup starts.
pub fn fi2_a_shield_in_the_body_comes_before_the_cleanup(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let body = finally(
            async {
                shield(async {
                    handle.cancel_with("stop");
                    yields(3).await;
                    trace.push("shielded");
                })
                .await;
                trace.push("up to the next wait");
                checkpoint().await;
                trace.push("unreachable");
            },
            cleanup(&trace, "cleanup"),
        );
        assert!(scope.run(body).await.is_err());
        assert_eq!(
            trace.take(),
            [
                "shielded",
                "up to the next wait",
                "cleanup stop",
                "cleanup done"
            ]
        );
    });
}
