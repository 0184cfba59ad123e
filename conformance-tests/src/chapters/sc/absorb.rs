//! SC5: which scope absorbs.

use super::explicit;
use crate::harness::*;
use std::pin::Pin;

const DEPTH: usize = 3;

/// One case of the table: three nested scopes, some of them cancelled, perhaps a shield in one of the bodies.
#[derive(Clone, Copy, Debug)]
struct Case {
    cancelled: [bool; DEPTH],
    /// The body of this scope (1 is the outermost) is shielded.
    shielded_body: Option<usize>,
}

impl Case {
    /// The outermost cancelled scope that is visible inside the body of scope `n`: the one that absorbs there.
    fn absorbs_at(self, n: usize) -> Option<usize> {
        let mut found = None;
        for scope in (1..=n).rev() {
            if self.shielded_body == Some(scope) {
                break;
            }
            if self.cancelled[scope - 1] {
                found = Some(scope);
            }
        }
        found
    }

    /// What the rule says: notes the trace, returns the scope that is unwound to.
    fn predict(self, n: usize, trace: &mut Vec<String>) -> Option<usize> {
        if n < DEPTH {
            match self.predict(n + 1, trace) {
                Some(absorbing) if absorbing == n + 1 => trace.push(format!("scope {} Err", n + 1)),
                Some(absorbing) => return Some(absorbing),
                None => trace.push(format!("scope {} Ok", n + 1)),
            }
        }
        let absorbing = self.absorbs_at(n);
        if absorbing.is_none() {
            trace.push(format!("body {n} goes on"));
        }
        absorbing
    }
}

/// The body of scope `n`: runs the scope inside it, then waits once.
fn body(
    case: Case,
    n: usize,
    mut handles: Vec<ScopeHandle>,
    trace: Trace,
) -> Pin<Box<dyn Future<Output = ()>>> {
    let plain = async move {
        if n < DEPTH {
            let scope = CancelScope::new();
            handles.push(scope.handle());
            let inner = scope.run(body(case, n + 1, handles, trace.clone())).await;
            let result = if inner.is_ok() { "Ok" } else { "Err" };
            trace.push(format!("scope {} {result}", n + 1));
        } else {
            for (handle, cancelled) in handles.iter().zip(case.cancelled) {
                if cancelled {
                    handle.cancel();
                }
            }
        }
        checkpoint().await;
        trace.push(format!("body {n} goes on"));
    };
    if case.shielded_body == Some(n) {
        Box::pin(shield(plain))
    } else {
        Box::pin(plain)
    }
}

/// SC5: for every set of cancelled scopes and every place of a shield, the outermost visible cancelled scope absorbs
/// and no code between runs.
pub fn sc5_the_outermost_visible_cancelled_scope_absorbs(on: &Flavour) {
    on.run(async {
        for set in 0..8 {
            for shielded_body in [None, Some(1), Some(2), Some(3)] {
                let cancelled = [set & 1 != 0, set & 2 != 0, set & 4 != 0];
                let case = Case {
                    cancelled,
                    shielded_body,
                };
                let trace = Trace::new();
                let scope = CancelScope::new();
                let handles = vec![scope.handle()];
                let outermost = scope.run(body(case, 1, handles, trace.clone())).await;
                let mut expected = Vec::new();
                let unwound = case.predict(1, &mut expected);
                assert_eq!(trace.take(), expected, "{case:?}");
                assert_eq!(outermost.is_err(), unwound == Some(1), "{case:?}");
            }
        }
    });
}

/// SC5: the scope that absorbs tells its own reason, and its caller is not cancelled.
pub fn sc5_the_inner_scope_absorbs_and_its_caller_goes_on(on: &Flavour) {
    on.run(async {
        let inner = CancelScope::new();
        let handle = inner.handle();
        let outer = CancelScope::new()
            .run(async {
                let cancelled = inner
                    .run(async {
                        handle.cancel_with("inner");
                        pending::<()>().await;
                    })
                    .await
                    .expect_err("the inner scope absorbs");
                assert!(!is_cancelled());
                checkpoint().await;
                cancelled
            })
            .await;
        let cancelled = outer.expect("the outer scope is not cancelled");
        assert_eq!(cancelled.reason().cause(), &explicit("inner"));
    });
}

/// SC5: the outer cancel may come while the inner one, cancelled before, is still held; the outer one absorbs then.
pub fn sc5_an_outer_cancel_during_the_inner_unwinding_takes_over(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let outer_handle = outer.handle();
        let inner_handle = inner.handle();
        let cancelled = outer
            .run(async {
                let _ = inner
                    .run(async {
                        inner_handle.cancel_with("inner");
                        shield(async {
                            yields(3).await;
                            outer_handle.cancel_with("outer");
                            yields(3).await;
                            trace.push("shield ended");
                        })
                        .await;
                        trace.push("inner body goes on");
                        checkpoint().await;
                        trace.push("inner checkpoint");
                    })
                    .await;
                trace.push("after inner");
            })
            .await
            .expect_err("the outer scope absorbs");
        assert_eq!(trace.take(), ["shield ended", "inner body goes on"]);
        assert_eq!(cancelled.reason().cause(), &explicit("outer"));
    });
}

/// SC5: an outer cancel after the inner scope has absorbed lands at the next wait.
pub fn sc5_an_outer_cancel_after_the_inner_absorbed_lands_at_the_next_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let outer_handle = outer.handle();
        let inner_handle = inner.handle();
        let result = outer
            .run(async {
                let inner = inner
                    .run(async {
                        inner_handle.cancel();
                        pending::<()>().await;
                    })
                    .await;
                assert!(inner.is_err());
                outer_handle.cancel();
                trace.push("after inner");
                checkpoint().await;
                trace.push("after the wait");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["after inner"]);
    });
}

/// SC5: an inner body that is ready returns its value, whatever is cancelled around it.
pub fn sc5_a_ready_inner_body_returns_through_a_cancelled_outer_scope(on: &Flavour) {
    on.run(async {
        let outer = CancelScope::new();
        let handle = outer.handle();
        let value = outer
            .run(async {
                let inner = CancelScope::new().run(async {
                    handle.cancel();
                    "inner value"
                });
                inner.await.expect("ready")
            })
            .await;
        assert_eq!(value.ok(), Some("inner value"));
    });
}

/// SC5: a deadline absorbs like a cancel, outside and inside.
pub fn sc5_a_deadline_absorbs_like_a_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let period = Duration::from_millis(1);
        // The inner deadline alone: the caller goes on.
        let outer = CancelScope::new()
            .run(async {
                let inner = move_on_after(period, pending::<()>()).await;
                trace.push(format!("inner {inner:?}"));
                checkpoint().await;
            })
            .await;
        assert!(outer.is_ok());
        assert_eq!(trace.take(), ["inner None"]);
        // The outer deadline alone: code after the inner scope does not run.
        let outer = move_on_after(period, async {
            let _ = CancelScope::new().run(pending::<()>()).await;
            trace.push("after inner");
        })
        .await;
        assert!(outer.is_none());
        // An outer cancel and an inner deadline that is past: the outer scope absorbs.
        let scope = CancelScope::new();
        let handle = scope.handle();
        let outer = scope
            .run(async {
                handle.cancel();
                let _ = move_on_after(Duration::ZERO, pending::<()>()).await;
                trace.push("after the deadline");
            })
            .await;
        assert!(outer.is_err());
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// SC5: what protects itself still runs while an outer scope absorbs, innermost first.
pub fn sc5_finalizers_and_shields_run_while_an_outer_scope_absorbs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let outer_handle = outer.handle();
        let inner_handle = inner.handle();
        let result = outer
            .run(async {
                finally(
                    async {
                        let _ = inner
                            .run(finally(
                                async {
                                    inner_handle.cancel();
                                    outer_handle.cancel();
                                    shield(yields(3)).await;
                                    trace.push("shield ended");
                                    pending::<()>().await;
                                },
                                async |_| {
                                    checkpoint().await;
                                    trace.push("inner cleanup");
                                },
                            ))
                            .await;
                        trace.push("after inner");
                    },
                    async |_| {
                        checkpoint().await;
                        trace.push("outer cleanup");
                    },
                )
                .await;
                trace.push("after the finalizer");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            ["shield ended", "inner cleanup", "outer cleanup"]
        );
    });
}
