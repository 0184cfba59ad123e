//! `restore` in and around other shields, groups and tasks: it undoes its own shield and no other.

use crate::harness::*;

/// SH4: two shields: `restore` undoes only the inner one, so a cancel beyond the outer one does not reach it.
pub fn sh4_restore_undoes_only_its_own_shield(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(shield(restore(async {
                handle.cancel();
                yields(5).await;
                checkpoint().await;
                is_cancelled()
            }))))
            .await;
        assert_eq!(result.ok().and_then(Result::ok), Some(false));
    });
}

/// SH4: `restore` in `restore`: the outer one is the outermost that is cancelled, so it absorbs.
pub fn sh4_of_two_restores_the_outer_one_absorbs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(async {
                let outer = restore(async {
                    let inner = restore(async {
                        handle.cancel();
                        pending::<()>().await;
                    })
                    .await;
                    trace.push(format!("unreachable {inner:?}"));
                })
                .await;
                trace.push(format!("outer {}", outer.is_err()));
                yields(2).await;
                trace.push("shielded");
            }))
            .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["outer true", "shielded"]);
    });
}

/// SH4: shield, restore, shield, restore: the cancel reaches both restored parts, and each shielded body goes on.
pub fn sh4_restores_and_shields_in_turn_unwind_inwards_out(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                shield(async {
                    let outer = restore(async {
                        shield(async {
                            let inner = restore(async {
                                on_thread(move || handle.cancel());
                                pending::<()>().await;
                            })
                            .await;
                            trace.push(format!("inner {}", inner.is_err()));
                            checkpoint().await;
                            yields(2).await;
                            trace.push("inner shield");
                        })
                        .await;
                        trace.push("up to the next wait");
                        checkpoint().await;
                        trace.push("unreachable");
                    })
                    .await;
                    trace.push(format!("outer {}", outer.is_err()));
                    checkpoint().await;
                    trace.push("outer shield");
                })
                .await;
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            [
                "inner true",
                "inner shield",
                "up to the next wait",
                "outer true",
                "outer shield"
            ]
        );
    });
}

/// SH4: a shield inside the restored part holds it; `restore` returns after that shield.
pub fn sh4_a_shield_in_the_restored_part_is_finished_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(async {
                let cut = restore(async {
                    shield(async {
                        handle.cancel();
                        yields(3).await;
                        trace.push("inner shield");
                    })
                    .await;
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
                trace.push(format!("cut {}", cut.is_err()));
            }))
            .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["inner shield", "cut true"]);
    });
}

/// SH4: a group in the restored part is cancelled with it and drained before `restore` returns.
pub fn sh4_a_group_in_the_restored_part_is_drained_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(async {
                let cut = restore(task_group(async |g| {
                    let probe = DropProbe::new(&trace, "child gone");
                    g.spawn(async move {
                        let _probe = probe;
                        pending::<()>().await;
                    });
                    on_thread(move || handle.cancel());
                    pending::<()>().await;
                }))
                .await;
                trace.push(format!("cut {}", cut.is_err()));
                yields(2).await;
            }))
            .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["child gone", "cut true"]);
    });
}

/// SH4: only a shield of the same task is undone: in a child of a shielded group `restore` is an ordinary scope.
pub fn sh4_a_child_cannot_undo_the_shield_of_its_host(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(task_group(async |g| {
                let cancelled = Event::new();
                let gate = cancelled.clone();
                let child = g.spawn(restore(async move {
                    gate.wait().await;
                    yields(5).await;
                    checkpoint().await;
                    is_cancelled()
                }));
                on_thread(move || handle.cancel());
                cancelled.set();
                child.await
            })))
            .await;
        assert!(matches!(result, Ok(Ok(Ok(Ok(false))))));
    });
}

/// SH4: a child with a shield of its own undoes that one, and the group's cancel reaches it.
pub fn sh4_a_child_undoes_a_shield_of_its_own(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let asleep = Event::new();
        let result = task_group(async |g| {
            let (log, ready) = (trace.clone(), asleep.clone());
            g.spawn(shield(async move {
                let cut = restore(async {
                    ready.set();
                    pending::<()>().await;
                })
                .await;
                log.push(format!("cut {}", cut.is_err()));
                yields(3).await;
                checkpoint().await;
                log.push("shielded");
            }));
            asleep.wait().await;
            g.cancel();
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["cut true", "shielded"]);
    });
}

/// SH4: `restore` inside a finalizer's body, itself in a shield: the cleanup runs, the shielded body goes on.
pub fn sh4_a_finalizer_in_the_restored_part_runs_before_it_returns(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(async {
                let cut = restore(finally(
                    async {
                        handle.cancel_with("stop");
                        pending::<()>().await;
                    },
                    async |exit| {
                        if let Exit::Cancelled(reason) = &exit {
                            trace.push(super::cause_of(reason));
                        }
                        yields(2).await;
                        trace.push("cleaned");
                    },
                ))
                .await;
                trace.push(format!("cut {}", cut.is_err()));
            }))
            .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["stop", "cleaned", "cut true"]);
    });
}
