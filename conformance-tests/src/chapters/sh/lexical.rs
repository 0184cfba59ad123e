//! Shields are lexical: they protect what runs inside them, while it runs, and nothing else.

use crate::harness::*;

/// SH5: the same task is unprotected before the shield, protected in it, and unprotected after it.
pub fn sh5_protection_begins_and_ends_with_the_shield(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                handle.cancel_with("outside");
                let before = is_cancelled();
                let (inside, reason) = shield(async {
                    yield_once().await;
                    (is_cancelled(), cancel_reason())
                })
                .await;
                trace.push(format!("{before} {inside} {}", is_cancelled()));
                assert!(reason.is_none());
                assert_eq!(super::cause_of(&cancel_reason().unwrap()), "outside");
                yield_once().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["true false true"]);
    });
}

/// SH5: the deadline of the outside is not seen inside a shield and is seen again after it.
pub fn sh5_deadlines_outside_a_shield_are_not_seen_inside(on: &Flavour) {
    on.run(async {
        let seen = move_on_after(Duration::from_secs(3600), async {
            let before = current_effective_deadline();
            let inside = shield(async { current_effective_deadline() }).await;
            (
                before.is_some(),
                inside,
                before == current_effective_deadline(),
            )
        })
        .await;
        assert_eq!(seen, Some((true, None, true)));
    });
}

/// SH5: a shield that nobody has polled protects nothing.
pub fn sh5_an_unpolled_shield_holds_nothing(on: &Flavour) {
    on.run(async {
        let (body, counter) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let _unpolled = shield(body);
                handle.cancel();
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
    });
}

/// SH5: a shield that has given its value protects nothing, although its future is still around.
pub fn sh5_a_finished_shield_holds_nothing(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let mut finished = Box::pin(shield(yields(2)));
                (&mut finished).await;
                handle.cancel();
                pending::<()>().await;
                drop(finished);
            })
            .await;
        assert!(result.is_err());
    });
}

/// SH5: a shield dropped half way by foreign code protects nothing any more.
pub fn sh5_a_dropped_shield_holds_nothing(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (body, counter) = pending_counted();
        let result = scope
            .run(async {
                let mut dropped = Box::pin(shield(body));
                assert!(poll_once(&mut dropped).await.is_pending());
                drop(dropped);
                handle.cancel();
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(counter.drops(), 1);
    });
}

/// SH5: dropping the shield that holds lets a cancel land that came while it held.
pub fn sh5_dropping_the_shield_after_the_cancel_lets_it_land(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let mut dropped = Box::pin(shield(pending::<()>()));
                assert!(poll_once(&mut dropped).await.is_pending());
                handle.cancel();
                yields(2).await;
                trace.push("held");
                drop(dropped);
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["held"]);
    });
}

/// SH5: nested shields end one after the other; a scope between them is cut between them.
pub fn sh5_nested_shields_unwind_one_by_one(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        let middle = CancelScope::new();
        let (stop_outer, stop_middle) = (outer.handle(), middle.handle());
        let result = outer
            .run(async {
                shield(async {
                    let cut = middle
                        .run(async {
                            shield(async {
                                stop_outer.cancel_with("outer");
                                stop_middle.cancel_with("middle");
                                yields(3).await;
                                trace.push("inner shield");
                            })
                            .await;
                            trace.push("between");
                            checkpoint().await;
                            trace.push("unreachable");
                        })
                        .await
                        .unwrap_err();
                    trace.push(super::cause_of(cut.reason()));
                    checkpoint().await;
                    yields(2).await;
                    trace.push("outer shield");
                })
                .await;
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert_eq!(super::cause_of(result.unwrap_err().reason()), "outer");
        assert_eq!(
            trace.take(),
            ["inner shield", "between", "middle", "outer shield"]
        );
    });
}

/// SH5: a shield directly in a shield adds nothing and takes nothing away.
pub fn sh5_a_shield_in_a_shield_keeps_the_outer_protection(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = handle.clone();
        let result = scope
            .run(shield(async {
                shield(async { inside.cancel() }).await;
                yields(3).await;
                checkpoint().await;
                is_cancelled()
            }))
            .await;
        assert_eq!(result.ok(), Some(false));
        assert!(handle.cancel_called());
    });
}

/// SH6: a child spawned from a shield into a group outside is cancelled with the group, while the shield goes on.
pub fn sh6_a_child_spawned_into_an_outer_group_is_not_protected(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            shield(async {
                let probe = DropProbe::new(&trace, "child gone");
                let child = g.spawn(async move {
                    let _probe = probe;
                    pending::<()>().await;
                });
                g.cancel();
                assert_eq!(child.wait().await, TaskStatus::Cancelled);
                trace.push("shield goes on");
                checkpoint().await;
            })
            .await;
            pending::<()>().await;
        })
        .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["child gone", "shield goes on"]);
    });
}

/// SH6: an outer cancel passes the shield of the spawner and reaches the child.
pub fn sh6_an_outer_cancel_passes_the_shield_of_the_spawner(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(task_group(async |g| {
                shield(async {
                    let child = g.spawn(pending::<()>());
                    on_thread(move || handle.cancel());
                    child.wait().await
                })
                .await
            }))
            .await;
        // The child was ended by the cancel around the group, so the group unwinds and the scope absorbs.
        assert!(result.is_err());
    });
}

/// SH6: a group opened inside the shield is inside it, so its children are protected.
pub fn sh6_a_group_opened_inside_the_shield_is_protected(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(task_group(async |g| {
                let cancelled = Event::new();
                let gate = cancelled.clone();
                let child = g.spawn(async move {
                    gate.wait().await;
                    yields(3).await;
                    checkpoint().await;
                    is_cancelled()
                });
                on_thread(move || handle.cancel());
                cancelled.set();
                child.await
            })))
            .await;
        assert!(matches!(result, Ok(Ok(Ok(false)))));
    });
}
