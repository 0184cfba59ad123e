//! SC2: what it means that a region is effectively cancelled.

use crate::harness::*;

/// SC2: a region is cancelled when any region around it is, and only those.
pub fn sc2_a_cancel_reaches_inward_and_not_outward(on: &Flavour) {
    on.run(async {
        let seen = Trace::new();
        let outer = CancelScope::new();
        let middle = CancelScope::new();
        let middle_handle = middle.handle();
        let value = outer
            .run(async {
                let result = middle
                    .run(async {
                        let inner = CancelScope::new();
                        let inner_handle = inner.handle();
                        let result = inner
                            .run(async {
                                seen.push(format!("before {}", is_cancelled()));
                                middle_handle.cancel();
                                seen.push(format!("inner {}", is_cancelled()));
                                assert!(!inner_handle.cancel_called());
                            })
                            .await;
                        assert!(result.is_ok());
                        seen.push(format!("middle {}", is_cancelled()));
                    })
                    .await;
                assert!(result.is_ok());
                seen.push(format!("outer {}", is_cancelled()));
                checkpoint().await;
            })
            .await;
        assert!(value.is_ok());
        assert_eq!(
            seen.take(),
            ["before false", "inner true", "middle true", "outer false"]
        );
    });
}

/// SC2: the walk outward ends at the nearest shield; a shield deeper inside starts afresh.
pub fn sc2_the_walk_outward_ends_at_the_nearest_shield(on: &Flavour) {
    on.run(async {
        let outer = CancelScope::new();
        let outer_handle = outer.handle();
        let result = outer
            .run(async {
                outer_handle.cancel();
                assert!(is_cancelled());
                shield(async {
                    assert!(!is_cancelled());
                    checkpoint().await;
                    let inner = CancelScope::new();
                    let inner_handle = inner.handle();
                    let result = inner
                        .run(async {
                            assert!(!is_cancelled());
                            inner_handle.cancel();
                            assert!(is_cancelled());
                            shield(async {
                                assert!(!is_cancelled());
                                checkpoint().await;
                            })
                            .await;
                            assert!(is_cancelled());
                            checkpoint().await;
                            unreachable!("the inner scope is cancelled");
                        })
                        .await;
                    assert!(result.is_err());
                    checkpoint().await;
                })
                .await;
                assert!(is_cancelled());
                "left the shield"
            })
            .await;
        assert_eq!(result.ok(), Some("left the shield"));
    });
}

/// SC2: a child lives in its group's region; the scope its spawner sat in does not reach it.
pub fn sc2_a_child_does_not_inherit_its_spawners_scope(on: &Flavour) {
    on.run(async {
        let release = Event::new();
        let value = task_group(async |g: TaskGroup| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let child = scope
                .run(async {
                    handle.cancel();
                    let release = release.clone();
                    g.spawn(async move {
                        assert!(!is_cancelled());
                        release.wait().await;
                        checkpoint().await;
                        "child done"
                    })
                })
                .await
                .expect("the body does not wait");
            release.set();
            child.await.expect("nothing cancels the child")
        })
        .await;
        assert_eq!(value.ok(), Some("child done"));
    });
}

/// SC2: a deadline around the spawner does not reach the child either.
pub fn sc2_a_child_does_not_inherit_its_spawners_deadline(on: &Flavour) {
    on.run(async {
        let value = task_group(async |g: TaskGroup| {
            let far = Instant::now() + Duration::from_secs(3600);
            let child = move_on_at(far, async {
                assert_eq!(current_effective_deadline(), Some(far));
                g.spawn(async { current_effective_deadline() })
            })
            .await
            .expect("the deadline is far away");
            child.await.expect("the child ends by itself")
        })
        .await;
        assert_eq!(value.expect("nobody cancels"), None);
    });
}

/// SC2: a child is cancelled with the region around its group, and has ended before that region is left.
pub fn sc2_a_child_inherits_what_is_around_its_group(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (child, counter) = pending_counted();
        let entered = Event::new();
        let seen = entered.clone();
        let (result, ()) = futures_util::join!(
            scope.run(async {
                task_group(async |g: TaskGroup| {
                    g.spawn(async move {
                        seen.set();
                        child.await;
                    });
                })
                .await
            }),
            async {
                entered.wait().await;
                assert!(handle.cancel());
            }
        );
        assert!(result.is_err());
        assert_eq!(counter.drops(), 1);
    });
}

/// SC2: a shield around a group protects its children from what is outside the shield.
pub fn sc2_a_shield_around_a_group_ends_the_walk_of_its_children(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                handle.cancel();
                shield(task_group(async |g: TaskGroup| {
                    let child = g.spawn(async {
                        assert!(!is_cancelled());
                        checkpoint().await;
                        yields(5).await;
                        "untouched"
                    });
                    child.await.expect("the shield protects the child")
                }))
                .await
            })
            .await;
        let inner = result.expect("a shielded value is returned");
        assert_eq!(inner.ok(), Some("untouched"));
    });
}

/// SC2: two scopes side by side do not see each other's cancel.
pub fn sc2_a_neighbour_scope_is_not_cancelled(on: &Flavour) {
    on.run(async {
        let left = CancelScope::new();
        let right = CancelScope::new();
        let left_handle = left.handle();
        let (left, right) = futures_util::join!(
            left.run(async {
                left_handle.cancel();
                assert!(is_cancelled());
                pending::<()>().await;
            }),
            right.run(async {
                yields(3).await;
                assert!(!is_cancelled());
                checkpoint().await;
                "right"
            })
        );
        assert!(left.is_err());
        assert_eq!(right.ok(), Some("right"));
    });
}
