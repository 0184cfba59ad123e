//! `restore`: a scope inside the nearest shield that the outside's cancel reaches again.

use crate::harness::*;

/// SH4: the outside's cancel reaches the restored part, `restore` absorbs it, and the shielded body goes on.
pub fn sh4_restore_absorbs_and_the_shielded_body_goes_on(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                shield(async {
                    let cut = restore(async {
                        let _probe = DropProbe::new(&trace, "restored part gone");
                        handle.cancel_with("stop");
                        pending::<()>().await;
                        trace.push("unreachable");
                    })
                    .await
                    .unwrap_err();
                    trace.push(super::cause_of(cut.reason()));
                    checkpoint().await;
                    yields(3).await;
                    assert!(!is_cancelled());
                    trace.push("shielded");
                })
                .await;
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["restored part gone", "stop", "shielded"]);
    });
}

/// SH4: a restored part that sleeps is woken by a cancel from another thread.
pub fn sh4_a_cancel_from_a_thread_reaches_the_restored_part(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let asleep = Event::new();
        let result = scope
            .run(async {
                let restored = shield(async {
                    let cut = restore(async {
                        asleep.set();
                        pending::<()>().await;
                    })
                    .await;
                    yields(2).await;
                    cut.is_err()
                });
                let stopper = async {
                    asleep.wait().await;
                    start_thread(move || handle.cancel());
                };
                futures_util::join!(restored, stopper).0
            })
            .await;
        assert_eq!(result.ok(), Some(true));
    });
}

/// SH4: a deadline outside reaches the restored part.
pub fn sh4_a_deadline_outside_reaches_the_restored_part(on: &Flavour) {
    on.run(async {
        let body = shield(async {
            let cut = restore(pending::<()>()).await;
            yields(2).await;
            *cut.unwrap_err().reason().cause() == Cause::Deadline
        });
        assert_eq!(
            move_on_after(Duration::from_millis(2), body).await,
            Some(true)
        );
    });
}

/// SH4: without a cancel outside `restore` gives the value.
pub fn sh4_restore_gives_the_value(on: &Flavour) {
    on.run(async {
        let value = shield(restore(async {
            yields(2).await;
            checkpoint().await;
            7
        }))
        .await;
        assert_eq!(value.ok(), Some(7));
    });
}

/// SH4: value beats cancellation in the restored part.
pub fn sh4_a_ready_value_beats_the_cancel_in_the_restored_part(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(restore(async {
                handle.cancel();
                7
            })))
            .await;
        assert_eq!(result.ok().and_then(Result::ok), Some(7));
    });
}

/// SH4: in a shield that is already cancelled outside, the restored part runs up to its first wait.
pub fn sh4_restore_after_the_cancel_runs_to_the_first_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(shield(async {
                for _ in 0..2 {
                    let cut = restore(async {
                        trace.push("entered");
                        assert!(is_cancelled());
                        checkpoint().await;
                        trace.push("unreachable");
                    })
                    .await;
                    trace.push(format!("cut {}", cut.is_err()));
                    yields(2).await;
                }
                7
            }))
            .await;
        assert_eq!(result.ok(), Some(7));
        assert_eq!(trace.take(), ["entered", "cut true", "entered", "cut true"]);
    });
}

/// SH4: an operation first polled in a restored part that is already cancelled does nothing.
pub fn sh4_operations_in_a_cancelled_restored_part_do_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let worker = trace.clone();
        let result = scope
            .run(shield(restore(run_in_threadpool(move || {
                worker.push("worker ran");
            }))))
            .await;
        assert!(result.expect("the shield completes").is_err());
        assert!(trace.take().is_empty());
    });
}

/// SH4: outside any shield `restore` is an ordinary scope: it gives values.
pub fn sh4_restore_outside_a_shield_gives_the_value(on: &Flavour) {
    on.run(async {
        let value = restore(async {
            checkpoint().await;
            7
        })
        .await;
        assert_eq!(value.ok(), Some(7));
    });
}

/// SH4: outside any shield `restore` absorbs nothing: a cancel around it belongs to the scope that was cancelled.
pub fn sh4_restore_outside_a_shield_absorbs_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let cut = restore(async {
                    handle.cancel();
                    pending::<()>().await;
                })
                .await;
                trace.push(format!("unreachable {cut:?}"));
            })
            .await;
        assert!(result.is_err());
        assert!(trace.take().is_empty());
    });
}

/// SH4: a restored part in a scope inside the shield: the outside cuts the restored part alone.
pub fn sh4_a_scope_around_the_restored_part_is_left_alone(on: &Flavour) {
    on.run(async {
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let (stop_outer, inner_handle) = (outer.handle(), inner.handle());
        let result = outer
            .run(shield(inner.run(async {
                let cut = restore(async {
                    stop_outer.cancel();
                    pending::<()>().await;
                })
                .await;
                checkpoint().await;
                yields(2).await;
                cut.is_err()
            })))
            .await;
        assert_eq!(result.ok().and_then(Result::ok), Some(true));
        assert!(!inner_handle.cancel_called());
    });
}

/// SH4: when a scope around the restored part is cancelled, that scope absorbs and `restore` does not return.
pub fn sh4_a_cancelled_scope_around_the_restored_part_absorbs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let (stop_outer, stop_inner) = (outer.handle(), inner.handle());
        let result = outer
            .run(shield(async {
                let cut = inner
                    .run(async {
                        let cut = restore(async {
                            stop_outer.cancel_with("outer");
                            stop_inner.cancel_with("inner");
                            pending::<()>().await;
                        })
                        .await;
                        trace.push(format!("unreachable {cut:?}"));
                    })
                    .await;
                yields(2).await;
                super::cause_of(cut.unwrap_err().reason())
            }))
            .await;
        assert_eq!(result.ok().as_deref(), Some("inner"));
        assert!(trace.take().is_empty());
    });
}

/// SH4: the deadline of the outside is in force again in the restored part.
pub fn sh4_the_deadline_of_the_outside_is_seen_in_the_restored_part(on: &Flavour) {
    on.run(async {
        let seen = move_on_after(Duration::from_secs(3600), async {
            let outside = current_effective_deadline();
            assert!(outside.is_some());
            shield(async {
                assert_eq!(current_effective_deadline(), None);
                let restored = restore(async { current_effective_deadline() }).await;
                restored.ok().flatten() == outside
            })
            .await
        })
        .await;
        assert_eq!(seen, Some(true));
    });
}

/// SH4: a `restore` sees the deadlines outside of its own shield, up to the next shield, also from a scope inside of it.
pub fn sh4_a_restore_sees_the_deadlines_outside_of_its_own_shield_alone(on: &Flavour) {
    on.run(async {
        let far = Instant::now() + Duration::from_secs(3600);
        let inmost = || async { current_effective_deadline() };
        let one_shield = move_on_at(far, shield(CancelScope::new().run(restore(inmost()))));
        assert_eq!(one_shield.await.unwrap().unwrap().unwrap(), Some(far));
        let two_shields = move_on_at(far, shield(shield(restore(inmost()))));
        assert_eq!(two_shields.await.unwrap().unwrap(), None);
        let child = move_on_at(
            far,
            shield(task_group(async |g: TaskGroup| {
                let child = g.spawn(restore(async { current_effective_deadline() }));
                child.await.unwrap().unwrap()
            })),
        );
        assert_eq!(child.await.unwrap().unwrap(), None);
    });
}

/// SH4: what a blocking call awaits is a part of its caller's task: a `restore` there undoes the shield around the call.
pub fn sh4_a_restore_in_a_blocking_call_undoes_the_shield_of_its_caller(on: &Flavour) {
    use anyrt::from_thread;
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = Event::new();
        let entered = inside.clone();
        let call = run_in_threadpool(move || {
            from_thread::run(restore(async move {
                entered.set();
                pending::<()>().await;
            }))
        });
        let cancel = async {
            inside.wait().await;
            handle.cancel();
        };
        let shielded = scope.run(shield(call));
        let (restored, ()) = futures_util::join!(shielded, cancel);
        assert!(restored.unwrap().unwrap().is_err());
    });
}
