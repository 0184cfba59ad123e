//! DL3: the effective deadline: the earliest, outward to the nearest shield.

use super::{FAR, SHORT};
use crate::harness::*;

/// DL3: of nested deadlines the earliest counts, whichever of them is inside.
pub fn dl3_the_earliest_deadline_is_effective(on: &Flavour) {
    on.run(async {
        assert_eq!(current_effective_deadline(), None);
        let soon = Instant::now() + FAR;
        let late = soon + FAR;
        for (outer, inner) in [(soon, late), (late, soon)] {
            let seen = move_on_at(outer, async {
                let inside = move_on_at(inner, async { current_effective_deadline() }).await;
                (current_effective_deadline(), inside)
            });
            assert_eq!(seen.await, Some((Some(outer), Some(Some(soon)))));
        }
        assert_eq!(current_effective_deadline(), None);
    });
}

/// DL3: a shield hides what is around it and shows what is in it.
/// Others had it wrong: AnyIO #832.
pub fn dl3_a_shield_hides_the_deadlines_outside(on: &Flavour) {
    on.run(async {
        let outside = Instant::now() + FAR;
        let inside = outside + FAR;
        let seen = move_on_at(outside, async {
            let bare = shield(async { current_effective_deadline() }).await;
            let own = shield(move_on_at(inside, async { current_effective_deadline() })).await;
            (bare, own, current_effective_deadline())
        });
        assert_eq!(seen.await, Some((None, Some(Some(inside)), Some(outside))));
    });
}

/// DL3: an expiry outside does not reach into a shield.
pub fn dl3_an_expiry_stops_at_a_shield(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = move_on_after(SHORT, async {
            let at = current_effective_deadline().expect("under a deadline");
            shield(async {
                sleep_until(at + SHORT).await;
                assert!(!is_cancelled());
                trace.push("shielded");
            })
            .await;
            checkpoint().await;
            trace.push("unreachable");
        })
        .await;
        assert!(result.is_none());
        assert_eq!(trace.take(), ["shielded"]);
    });
}

/// DL3: in a cancelled region the effective deadline is past.
pub fn dl3_the_deadline_of_a_cancelled_region_is_past(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline(Instant::now() + FAR);
        let handle = scope.handle();
        let seen = scope.run(async {
            handle.cancel();
            let own = current_effective_deadline().expect("cancelled");
            let nested = move_on_after(FAR, async { current_effective_deadline() }).await;
            let shielded = shield(async { current_effective_deadline() }).await;
            let now = Instant::now();
            (
                own <= now,
                nested.flatten().expect("cancelled") <= now,
                shielded,
            )
        });
        assert_eq!(seen.await.unwrap(), (true, true, None));
    });
}

/// DL3: the deadline of a child is that of its group's region, not of the place its spawner stood in.
pub fn dl3_a_child_has_the_deadline_of_its_group(on: &Flavour) {
    on.run(async {
        let group_deadline = Instant::now() + 2 * FAR;
        let seen = move_on_at(
            group_deadline,
            task_group(async |g| {
                let child = move_on_after(FAR, async {
                    g.spawn(async { current_effective_deadline() })
                });
                child.await.expect("far away").await.unwrap()
            }),
        );
        assert_eq!(seen.await.unwrap().unwrap(), Some(group_deadline));
    });
}

/// DL3: a child lives on when the scope its spawner stood in has timed out.
pub fn dl3_a_child_outlives_the_deadline_of_its_spawners_scope(on: &Flavour) {
    on.run(async {
        let value = task_group(async |g| {
            let gate = Event::new();
            let opened = gate.wait();
            let mut handle = None;
            let cut = move_on_after(SHORT, async {
                handle = Some(g.spawn(async move {
                    opened.await;
                    checkpoint().await;
                    7
                }));
                pending::<()>().await;
            });
            assert!(cut.await.is_none());
            gate.set();
            handle.expect("spawned before the deadline").await.unwrap()
        })
        .await;
        assert_eq!(value.unwrap(), 7);
    });
}

/// DL3: a sibling that a child under a deadline of its own spawns has the group's deadline.
pub fn dl3_a_sibling_does_not_inherit_its_spawners_deadline(on: &Flavour) {
    on.run(async {
        let seen = task_group(async |g| {
            let group = g.clone();
            let child = g.spawn(async move {
                let spawning = async { group.spawn(async { current_effective_deadline() }) };
                let sibling = move_on_after(FAR, spawning).await.expect("far away");
                sibling.await.unwrap()
            });
            child.await.unwrap()
        })
        .await;
        assert_eq!(seen.unwrap(), None);
    });
}

/// DL3: a deadline around a group reaches its children, through further groups and local ones.
pub fn dl3_a_deadline_around_a_group_reaches_all_below(on: &Flavour) {
    on.run(async {
        let (deep, deep_counter) = pending_counted();
        let (local, local_counter) = pending_counted();
        let at = Instant::now() + SHORT;
        let result = move_on_at(
            at,
            local_task_group(async |g| {
                g.spawn(local);
                g.spawn(async {
                    let _ = task_group(async |g| {
                        g.spawn(async {
                            let _ = task_group(async |g| {
                                g.spawn(deep);
                            })
                            .await;
                        });
                    })
                    .await;
                });
            }),
        );
        assert!(result.await.is_none());
        assert_eq!((deep_counter.drops(), local_counter.drops()), (1, 1));
    });
}

/// DL3: every future of one task that stands under its own deadline sees its own.
pub fn dl3_neighbours_have_their_own_deadlines(on: &Flavour) {
    on.run(async {
        let now = Instant::now();
        let all = futures_util::future::join_all((1..30u32).map(|n| {
            let at = now + n * FAR;
            async move {
                move_on_at(at, async {
                    let before = current_effective_deadline();
                    yields(n as usize % 5).await;
                    assert_eq!(current_effective_deadline(), before);
                    assert_eq!(before, Some(at));
                })
                .await
            }
        }));
        assert!(all.await.iter().all(Option::is_some));
        assert_eq!(current_effective_deadline(), None);
    });
}
