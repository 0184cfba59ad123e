//! Shields run to completion and give their value.
//!
//! Whatever happens outside, the shielded body goes on, its own scopes and groups work, and the outside's cancel lands
//! at the first wait after the shield.

use crate::harness::*;

/// SH1: a cancel of the region around leaves the shielded body alone.
pub fn sh1_a_shielded_body_runs_to_its_end_after_the_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                shield(async {
                    handle.cancel();
                    yields(5).await;
                    checkpoint().await;
                    trace.push("shielded");
                })
                .await;
                pending::<()>().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["shielded"]);
    });
}

/// SH1: the cancel comes from a thread while the shielded body sleeps; what wakes the body later is its own event.
pub fn sh1_a_cancel_from_a_thread_leaves_a_sleeping_shield_alone(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let asleep = Event::new();
        let gate = Event::new();
        let result = scope
            .run(async {
                let woken = shield(async {
                    asleep.set();
                    gate.wait().await;
                    yields(2).await;
                    handle.cancel_called()
                });
                let stopper = async {
                    asleep.wait().await;
                    let (handle, gate) = (handle.clone(), gate.clone());
                    on_thread(move || {
                        assert!(handle.cancel());
                        gate.set();
                    });
                };
                futures_util::join!(woken, stopper).0
            })
            .await;
        assert!(result.expect("the value of the shield was ready"));
    });
}

/// SH1: a shield that is entered when the region around is already cancelled runs like any other.
pub fn sh1_a_shield_entered_after_the_cancel_runs(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        handle.cancel();
        let result = scope
            .run(shield(async {
                yields(3).await;
                checkpoint().await;
                7
            }))
            .await;
        assert_eq!(result.ok(), Some(7));
        assert!(handle.cancel_called());
    });
}

/// SH1: operations of the library find no cancel in a shield of a cancelled region.
pub fn sh1_operations_work_in_a_shield_of_a_cancelled_region(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(shield(async {
                checkpoint().await;
                checkpoint_if_cancelled().await;
                sleep(Duration::from_millis(1)).await;
                let worker = run_in_threadpool(|| 1).await;
                let children = task_group(async |g| {
                    let spawned = g.spawn(async {
                        yields(3).await;
                        checkpoint().await;
                        10
                    });
                    let (started, handle) = g
                        .start(|started: Started<u32>| async move {
                            checkpoint().await;
                            started.set(100);
                            checkpoint().await;
                            1000
                        })
                        .await
                        .expect("the child calls set");
                    spawned.await.unwrap() + started + handle.await.unwrap()
                })
                .await
                .unwrap();
                worker + children
            }))
            .await;
        assert_eq!(result.ok(), Some(1111));
    });
}

/// SH1: a scope inside the shield is cancelled, absorbs and says its own reason, while the outside is cancelled too.
pub fn sh1_a_scope_inside_a_shield_absorbs_its_own_cancel(on: &Flavour) {
    on.run(async {
        let outer = CancelScope::new();
        outer.handle().cancel_with("outside");
        let result = outer
            .run(shield(async {
                let inner = CancelScope::new();
                inner.handle().cancel_with("inside");
                let cut = inner.run(pending::<()>()).await.unwrap_err();
                yields(2).await;
                super::cause_of(cut.reason())
            }))
            .await;
        assert_eq!(result.ok().as_deref(), Some("inside"));
    });
}

/// SH1: deadlines inside a shield fire although the outside is cancelled.
pub fn sh1_deadlines_inside_a_shield_fire(on: &Flavour) {
    on.run(async {
        let outer = CancelScope::new();
        outer.handle().cancel();
        let result = outer
            .run(shield(async {
                let short = Duration::from_millis(2);
                let moved_on = move_on_after(short, pending::<()>()).await.is_none();
                let failed = fail_after(short, pending::<()>()).await.is_err();
                (moved_on, failed)
            }))
            .await;
        assert_eq!(result.ok(), Some((true, true)));
    });
}

/// SH1: a group inside a shield fails, cancels its children and drains as usual.
pub fn sh1_a_group_inside_a_shield_fails_as_usual(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        outer.handle().cancel();
        let result = outer
            .run(shield(try_task_group(async |g| {
                let probe = DropProbe::new(&trace, "sibling gone");
                g.spawn(async move {
                    let _probe = probe;
                    pending::<Result<(), &str>>().await
                });
                g.spawn(async {
                    yields(2).await;
                    Err::<(), _>("child")
                });
                pending::<Result<(), &str>>().await
            })))
            .await
            .expect("the shield completes");
        assert_eq!(result.unwrap_err().into_errors(), ["child"]);
        assert_eq!(trace.take(), ["sibling gone"]);
    });
}

/// SH2: leaving a shield is no checkpoint: its value arrives, and plain code after it runs.
/// Others had it wrong: AnyIO #370.
pub fn sh2_the_cancel_lands_at_the_next_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let value = shield(async {
                    handle.cancel();
                    yields(2).await;
                    7
                })
                .await;
                trace.push(format!("got {value}"));
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["got 7"]);
    });
}

/// SH2: a region whose body ends with the shield completes with its value.
pub fn sh2_a_region_that_ends_with_its_shield_completes(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = handle.clone();
        let result = scope
            .run(shield(async move {
                inside.cancel();
                yields(3).await;
                "value"
            }))
            .await;
        assert_eq!(result.ok(), Some("value"));
        assert!(handle.cancel_called());
    });
}

/// SH2: two shields with no wait between them both run after the cancel.
pub fn sh2_a_second_shield_right_behind_the_first_runs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                for round in 0..3 {
                    shield(async {
                        handle.cancel();
                        yields(2).await;
                        trace.push(format!("shield {round}"));
                    })
                    .await;
                }
                yield_once().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["shield 0", "shield 1", "shield 2"]);
    });
}

/// SH2: the first operation after the shield does nothing, not even the part before its first wait.
pub fn sh2_an_operation_after_the_shield_does_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let worker = trace.clone();
        let result = scope
            .run(async {
                shield(async {
                    handle.cancel();
                    yield_once().await;
                })
                .await;
                run_in_threadpool(move || worker.push("worker ran")).await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert!(trace.take().is_empty());
    });
}

/// SH2: a deadline that passes during the shield does not take its value away.
pub fn sh2_a_deadline_around_a_shield_yields_its_value(on: &Flavour) {
    on.run(async {
        let soon = Duration::from_millis(2);
        let late = || {
            shield_with(async |outside: Outside| {
                outside.cancelled().await;
                yields(2).await;
                7
            })
        };
        assert_eq!(move_on_after(soon, late()).await, Some(7));
        assert_eq!(fail_after(soon, late()).await.ok(), Some(7));
    });
}
