//! TG8 and TG9: hosts that sit in a shield, and groups in regions that are already cancelled.

use super::both_kinds;
use crate::harness::*;

both_kinds! {
    /// TG8: an outer cancel reaches a child while the host's body sits in a shield.
    /// Others had it wrong: AnyIO #642.
    #[local(tg8_local_an_outer_cancel_reaches_the_child_of_a_shielded_host)]
    pub fn tg8_an_outer_cancel_reaches_the_child_of_a_shielded_host(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let gone = Event::new();
            let going = gone.clone();
            let (child, counter) = pending_counted();
            let child = super::WithDrop::new(child, move || going.set());
            let started = counter.clone();
            let result = scope
                .run(task_group(async |g| {
                    g.spawn(child);
                    // Only the end of the child opens the shield.
                    shield(async {
                        until(|| started.polls() > 0).await;
                        handle.cancel();
                        gone.wait().await;
                    })
                    .await;
                }))
                .await;
            assert!(result.is_err());
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG8: so does the cancel of the group itself, and of one child.
    #[local(tg8_local_the_groups_own_cancel_reaches_the_child_of_a_shielded_host)]
    pub fn tg8_the_groups_own_cancel_reaches_the_child_of_a_shielded_host(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                let one = g.spawn(pending::<()>());
                let other = g.spawn(pending::<()>());
                shield(async {
                    one.cancel();
                    assert_eq!(one.wait().await, TaskStatus::Cancelled);
                    assert_eq!(other.status(), TaskStatus::Running);
                    g.cancel();
                    assert_eq!(other.wait().await, TaskStatus::Cancelled);
                })
                .await;
                7
            })
            .await;
            assert_eq!(result.unwrap(), 7);
        });
    }

    /// TG8: the errors of siblings that failed while the host sat in a shield are all there when it leaves it.
    #[local(tg8_local_a_failure_reaches_the_siblings_of_a_shielded_host)]
    pub fn tg8_a_failure_reaches_the_siblings_of_a_shielded_host(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                let sibling = g.spawn(pending::<Result<(), _>>());
                shield(async {
                    g.spawn(async { Err::<(), _>("broken") });
                    assert_eq!(sibling.wait().await, TaskStatus::Cancelled);
                })
                .await;
                pending::<Result<(), _>>().await
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
        });
    }

    /// TG8: a group that stands inside the shield is not reached, nor are its children.
    #[local(tg8_local_a_group_inside_a_shield_is_not_reached)]
    pub fn tg8_a_group_inside_a_shield_is_not_reached(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let value = shield(task_group(async |g| {
                        let noted = trace.clone();
                        g.spawn(async move {
                            handle.cancel();
                            for _ in 0..5 {
                                checkpoint().await;
                            }
                            assert!(!is_cancelled());
                            noted.push("child");
                        });
                        7
                    }))
                    .await;
                    trace.push(format!("{}", value.unwrap()));
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["child", "7"]);
        });
    }

    /// TG9: an empty group in a cancelled region can be entered and left, however deep.
    #[local(tg9_local_an_empty_group_in_a_cancelled_region)]
    pub fn tg9_an_empty_group_in_a_cancelled_region(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            scope.handle().cancel();
            let result = scope
                .run(async {
                    let value = task_group(async |_g: TaskGroup| 1).await;
                    trace.push(format!("{}", value.unwrap()));
                    let value = try_task_group(async |_g: TryTaskGroup<&str>| Ok(2)).await;
                    trace.push(format!("{}", value.unwrap()));
                    let nested = task_group(async |_g: TaskGroup| {
                        task_group(async |_g: TaskGroup| 3).await.unwrap()
                    });
                    trace.push(format!("{}", nested.await.unwrap()));
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["1", "2", "3"]);
        });
    }

    /// TG9: the error of its body is returned.
    #[local(tg9_local_a_failing_empty_group_in_a_cancelled_region)]
    pub fn tg9_a_failing_empty_group_in_a_cancelled_region(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            scope.handle().cancel();
            let failed = scope.run(try_task_group(async |_g: TryTaskGroup<&str>| {
                Err::<(), _>("body")
            }));
            let error = failed.await.expect("the group was left").unwrap_err();
            assert_eq!(error.into_errors(), ["body"]);
        });
    }

    /// TG9: a group in a cancelled region whose children wait for nothing is left as well.
    #[local(tg9_local_a_group_of_ready_children_in_a_cancelled_region)]
    pub fn tg9_a_group_of_ready_children_in_a_cancelled_region(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            scope.handle().cancel();
            let run = scope.run(task_group(async |g| {
                let handles: Vec<_> = (0..5).map(|n| g.spawn(async move { n })).collect();
                handles
            }));
            let handles = run.await.expect("every child ended by itself").unwrap();
            for (n, handle) in handles.into_iter().enumerate() {
                assert_eq!(handle.await.unwrap(), n);
            }
        });
    }

    /// TG9: an empty group beside a hold can be entered and left in a region that was cancelled meanwhile.
    #[local(tg9_local_an_empty_group_behind_a_shield_in_a_cancelled_region)]
    pub fn tg9_an_empty_group_behind_a_shield_in_a_cancelled_region(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    shield(async {
                        handle.cancel();
                        yields(3).await;
                    })
                    .await;
                    let value = task_group(async |_g: TaskGroup| 1).await;
                    trace.push(format!("{}", value.unwrap()));
                    yield_once().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["1"]);
        });
    }
}
