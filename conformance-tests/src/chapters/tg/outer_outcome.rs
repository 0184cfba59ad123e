//! TG5: what a group returns when a region around it was cancelled.

use super::{both_kinds, cause_of};
use crate::harness::*;

both_kinds! {
    /// TG5: a child was ended by a cancel from outside: the value is dropped, and code after the group does not run.
    #[local(tg5_local_an_outer_cancel_that_ended_a_child_drops_the_value)]
    pub fn tg5_an_outer_cancel_that_ended_a_child_drops_the_value(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let _ = task_group(async |g| {
                        g.spawn(async move {
                            yields(5).await;
                            handle.cancel_with("outer");
                            pending::<()>().await;
                        });
                        DropProbe::new(&trace, "value dropped")
                    })
                    .await;
                    trace.push("unreachable");
                })
                .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "outer");
            assert_eq!(trace.take(), ["value dropped"]);
        });
    }

    /// TG5: every child ended by itself: `Ok`, and the outer cancel lands at the next wait.
    #[local(tg5_local_children_that_ended_by_themselves_keep_the_value)]
    pub fn tg5_children_that_ended_by_themselves_keep_the_value(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let value = task_group(async |g| {
                        for _ in 0..3 {
                            let handle = handle.clone();
                            g.spawn(shield(async move {
                                yields(5).await;
                                handle.cancel();
                                yields(5).await;
                            }));
                        }
                        7
                    })
                    .await;
                    trace.push(format!("{}", value.unwrap()));
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["7"]);
        });
    }

    /// TG5: one child of many was ended by the outer cancel, and that is enough.
    #[local(tg5_local_one_child_ended_from_outside_is_enough)]
    pub fn tg5_one_child_ended_from_outside_is_enough(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let _ = task_group(async |g| {
                        for _ in 0..10 {
                            g.spawn(shield(yields(20)));
                        }
                        g.spawn(pending::<()>());
                        g.spawn(async move {
                            handle.cancel();
                        });
                    })
                    .await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), Vec::<String>::new());
        });
    }

    /// TG5: a child that the group's own cancel or its handle ended was not ended by the outer cancel that came later.
    #[local(tg5_local_a_child_that_ended_before_the_outer_cancel_does_not_count)]
    pub fn tg5_a_child_that_ended_before_the_outer_cancel_does_not_count(on: &Flavour) {
        on.run(async {
            for by_handle in [true, false] {
                let trace = Trace::new();
                let scope = CancelScope::new();
                let handle = scope.handle();
                let result = scope
                    .run(async {
                        let value = task_group(async |g| {
                            let early = g.spawn(pending::<()>());
                            let gate = Event::new();
                            let opened = gate.wait();
                            let held = Event::new();
                            let holding = held.clone();
                            g.spawn(shield(async move {
                                holding.set();
                                opened.await;
                            }));
                            held.wait().await;
                            if by_handle {
                                early.cancel();
                            } else {
                                g.cancel();
                            }
                            shield(early.wait()).await;
                            handle.cancel();
                            gate.set();
                            7
                        })
                        .await;
                        trace.push(format!("{}", value.unwrap()));
                        checkpoint().await;
                        trace.push("unreachable");
                    })
                    .await;
                assert!(result.is_err());
                assert_eq!(trace.take(), ["7"], "by handle: {by_handle}");
            }
        });
    }

    /// TG5: a timeout that killed the work never reports success.
    #[local(tg5_local_a_timeout_that_killed_the_work_reports_no_success)]
    pub fn tg5_a_timeout_that_killed_the_work_reports_no_success(on: &Flavour) {
        on.run(async {
            let moment = Duration::from_millis(5);
            let moved = move_on_after(
                moment,
                task_group(async |g| {
                    g.spawn(pending::<()>());
                    7
                }),
            );
            assert!(moved.await.is_none());
            let failed = fail_after(
                moment,
                try_task_group(async |g| {
                    g.spawn(pending::<Result<(), &str>>());
                    Ok(7)
                }),
            );
            assert!(failed.await.is_err());
        });
    }

    /// TG5: own cancel and an outer one, with the body cut short: the outer one absorbs.
    #[local(tg5_local_the_outer_cancel_absorbs_when_both_are_cancelled)]
    pub fn tg5_the_outer_cancel_absorbs_when_both_are_cancelled(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let _ = task_group(async |g| {
                        g.cancel_with("inner");
                        handle.cancel_with("outer");
                        pending::<()>().await;
                    })
                    .await;
                    trace.push("unreachable");
                })
                .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "outer");
            assert_eq!(trace.take(), Vec::<String>::new());
        });
    }

    /// TG5: a daemon that was let go before the outer cancel was not ended by it, and costs no value.
    #[local(tg5_local_a_daemon_that_was_let_go_does_not_count)]
    pub fn tg5_a_daemon_that_was_let_go_does_not_count(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let value = task_group(async |g| {
                        let daemon = g.task().daemon().spawn(pending::<()>());
                        let inside = Event::new();
                        let ready = inside.clone();
                        g.task().daemon().spawn(shield(async move {
                            ready.set();
                            // The other daemon ends when only daemons are left, and then the outer cancel comes.
                            daemon.wait().await;
                            handle.cancel();
                        }));
                        inside.wait().await;
                        7
                    })
                    .await;
                    trace.push(format!("{}", value.unwrap()));
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["7"]);
        });
    }

    /// TG5: what counts is the cancel that came first: a cleanup that cancels its group afterwards does not turn a timeout
    /// that killed the work into a success.
    #[local(tg5_local_a_later_cancel_of_the_group_does_not_keep_the_value)]
    pub fn tg5_a_later_cancel_of_the_group_does_not_keep_the_value(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(task_group(async |g| {
                    let late = g.clone();
                    g.spawn(async move {
                        let body = async {
                            yields(2).await;
                            handle.cancel_with("outer");
                            pending::<()>().await;
                        };
                        finally(body, async |_| {
                            late.cancel_with("later");
                        })
                        .await;
                    });
                    7
                }))
                .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "outer");
        });
    }

    /// TG5: the same for a child whose handle is cancelled by a sibling's cleanup.
    #[local(tg5_local_a_later_cancel_of_the_child_does_not_keep_the_value)]
    pub fn tg5_a_later_cancel_of_the_child_does_not_keep_the_value(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(task_group(async |g| {
                    let gate = Event::new();
                    let end = gate.wait();
                    let child = g.spawn(async move {
                        shield(end).await;
                        pending::<()>().await;
                    });
                    g.spawn(async move {
                        handle.cancel_with("outer");
                        assert!(child.cancel());
                        gate.set();
                    });
                    7
                }))
                .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "outer");
        });
    }
}
