//! DL3: whom an expiry is charged to: deadlines are compared, not clocks.

use super::{FAR, SHORT, stay_until_past, with_lead};
use crate::harness::*;

/// DL3: of two equal deadlines the outer one absorbs; code between the two does not run.
pub fn dl3_of_equal_deadlines_the_outer_one_is_charged(on: &Flavour) {
    on.run(async {
        for _ in 0..20 {
            let trace = Trace::new();
            let at = Instant::now() + SHORT;
            let result = move_on_at(at, async {
                let _ = move_on_at(at, pending::<()>()).await;
                trace.push("unreachable");
            });
            assert!(result.await.is_none());
            let at = Instant::now() + SHORT;
            let result = fail_at(at, async {
                let failed = fail_at(at, pending::<()>()).await;
                trace.push(format!("{failed:?}"));
            });
            assert!(result.await.is_err());
            assert_eq!(trace.take(), Vec::<String>::new());
        }
    });
}

/// DL3: the outer deadline is the earlier one, and both are past when somebody looks.
pub fn dl3_an_earlier_outer_deadline_is_charged_though_both_are_past(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let first = Instant::now() + SHORT;
        let second = first + SHORT;
        let result = move_on_at(first, async {
            let _ = move_on_at(second, async {
                stay_until_past(second);
                pending::<()>().await;
            })
            .await;
            trace.push("unreachable");
        });
        assert!(result.await.is_none());
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// DL3: the inner deadline is the earlier one, and both are past when somebody looks: the inner one absorbs.
pub fn dl3_an_earlier_inner_deadline_is_charged_though_both_are_past(on: &Flavour) {
    on.run(async {
        let seen = with_lead(async |lead| {
            let trace = Trace::new();
            let first = Instant::now() + lead;
            let second = first + lead;
            let mut in_time = false;
            let result = move_on_at(second, async {
                let inner = move_on_at(first, async {
                    in_time = Instant::now() < first;
                    stay_until_past(second);
                    pending::<()>().await;
                });
                trace.push(format!("{:?}", inner.await));
                checkpoint().await;
                trace.push("unreachable");
            });
            assert!(result.await.is_none());
            in_time.then(|| trace.take())
        })
        .await;
        assert_eq!(seen, ["None"]);
    });
}

/// DL3: of three deadlines the outermost that is not later than the one that fired is charged.
pub fn dl3_the_middle_one_of_three_is_charged(on: &Flavour) {
    on.run(async {
        let seen = with_lead(async |lead| {
            let trace = Trace::new();
            let first = Instant::now() + lead;
            let last = first + lead;
            let mut in_time = false;
            let result = move_on_at(last, async {
                let middle = move_on_at(first, async {
                    let _ = move_on_at(first, async {
                        in_time = Instant::now() < first;
                        stay_until_past(last);
                        pending::<()>().await;
                    })
                    .await;
                    trace.push("unreachable");
                });
                trace.push(format!("{:?}", middle.await));
                checkpoint().await;
                trace.push("unreachable");
            });
            assert!(result.await.is_none());
            in_time.then(|| trace.take())
        })
        .await;
        assert_eq!(seen, ["None"]);
    });
}

/// DL3: a region beyond a shield is not visible and is not charged.
pub fn dl3_a_region_beyond_a_shield_is_not_charged(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = move_on_after(SHORT, async {
            let at = current_effective_deadline().expect("under a deadline");
            shield(async {
                let inner = move_on_at(at, pending::<()>()).await;
                trace.push(format!("{inner:?}"));
                checkpoint().await;
                trace.push("shielded");
            })
            .await;
            checkpoint().await;
            trace.push("unreachable");
        });
        assert!(result.await.is_none());
        assert_eq!(trace.take(), ["None", "shielded"]);
    });
}

/// DL3: the region with the equal deadline is around the group, the one whose clock ran out in a child's task.
pub fn dl3_an_expiry_in_a_child_is_charged_to_the_region_around_its_group(on: &Flavour) {
    on.run(async {
        for _ in 0..20 {
            let trace = Trace::new();
            let noted = trace.clone();
            let at = Instant::now() + SHORT;
            let result = move_on_at(
                at,
                task_group(async |g| {
                    g.spawn(async move {
                        let _ = move_on_at(at, pending::<()>()).await;
                        noted.push("unreachable");
                    });
                }),
            );
            assert!(result.await.is_none());
            assert_eq!(trace.take(), Vec::<String>::new());
        }
    });
}

/// DL3: the same for a child that never yields until both deadlines are past, with its own the later one.
pub fn dl3_a_late_look_in_a_child_charges_the_earlier_outer_deadline(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let noted = trace.clone();
        let first = Instant::now() + SHORT;
        let second = first + SHORT;
        let result = move_on_at(
            first,
            task_group(async |g| {
                g.spawn(async move {
                    let _ = move_on_at(second, async {
                        stay_until_past(second);
                        pending::<()>().await;
                    })
                    .await;
                    noted.push("unreachable");
                });
            }),
        );
        assert!(result.await.is_none());
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// DL3: in a child an earlier deadline of its own is charged to its own region, and the child goes on.
pub fn dl3_a_childs_own_earlier_deadline_is_its_own(on: &Flavour) {
    on.run(async {
        let value = move_on_after(
            FAR,
            task_group(async |g| {
                let child = g.spawn(async {
                    let cut = move_on_after(SHORT, pending::<()>()).await;
                    checkpoint().await;
                    cut.is_none()
                });
                child.await.unwrap()
            }),
        );
        assert!(value.await.expect("far away").unwrap());
    });
}

/// DL3: an outer deadline that was moved to the inner one's instant is charged.
pub fn dl3_an_outer_deadline_moved_to_the_same_instant_is_charged(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new().deadline_after(FAR);
        let handle = scope.handle();
        let result = scope.run(async {
            let at = Instant::now() + SHORT;
            let _ = move_on_at(at, async {
                handle.set_deadline(at);
                pending::<()>().await;
            })
            .await;
            trace.push("unreachable");
        });
        let cancelled = result.await.unwrap_err();
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// DL3: a deadline that passes while its region is cancelled by hand charges nobody else.
pub fn dl3_a_cancelled_inner_scope_absorbs_before_an_outer_deadline(on: &Flavour) {
    on.run(async {
        let inner = CancelScope::new();
        let handle = inner.handle();
        let value = move_on_after(FAR, async {
            handle.cancel();
            let cancelled = inner.run(pending::<()>()).await.unwrap_err();
            checkpoint().await;
            cancelled
        });
        let cancelled = value.await.expect("far away");
        assert_eq!(cancelled.reason().cause(), &Cause::Explicit(None));
    });
}
