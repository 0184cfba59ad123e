//! `set` after the caller was cancelled, and `start` in a region that is already cancelled.

use super::{Slot, beside, noting};
use crate::harness::*;

/// ST2: `set` after the caller's region was cancelled does nothing; the next wait ends the child, then the scope ends.
pub fn st2_set_after_the_cancel_of_the_caller_does_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, log, cleanup) = (scope.handle(), trace.clone(), noting(&trace));
            let cut = scope
                .run(g.start(|started: Started<u32>| async move {
                    handle.cancel_with("caller");
                    started.set(7);
                    log.push("after set");
                    finally(pending::<()>(), cleanup).await;
                    log.push("unreachable");
                }))
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        let expected = ["after set", "caller", "scope left", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2, SC4: a child that ended before its caller was cancelled is told, though the cancel is there when the caller is
/// polled next. Here the end of the child is what cancels the caller: only a daemon is left.
pub fn st2_an_end_before_the_cancel_of_the_caller_is_told(on: &Flavour) {
    on.run(async {
        // Whether the caller or the group's host is polled first is the runtime's choice.
        for _ in 0..100 {
            let trace = Trace::new();
            let group = task_group(async |g| {
                let (inner, log, starting) = (g.clone(), trace.clone(), Event::new());
                let in_child = starting.clone();
                g.task().daemon().spawn(async move {
                    let ended = inner.start(async move |_not_used: Started<()>| {
                        in_child.set();
                        yields(3).await;
                    });
                    assert!(matches!(ended.await, Err(StartError::NotStarted)));
                    log.push("told");
                    pending::<()>().await;
                });
                starting.wait().await;
            });
            group.await.expect("nobody cancels the group");
            assert_eq!(trace.take(), ["told"]);
        }
    });
}

/// ST2: the same for a `set` in the child's shield, which is finished first.
pub fn st2_set_in_a_shield_after_the_cancel_does_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, log) = (scope.handle(), trace.clone());
            let cut = scope
                .run(g.start(|started: Started<u32>| async move {
                    shield(async {
                        on_thread(|| handle.cancel());
                        yields(3).await;
                        started.set(7);
                        yields(3).await;
                        checkpoint().await;
                        log.push("shielded");
                    })
                    .await;
                    log.push("up to the next wait");
                    checkpoint().await;
                    log.push("unreachable");
                }))
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        let expected = [
            "shielded",
            "up to the next wait",
            "scope left",
            "group left",
        ];
        assert_eq!(trace.take(), expected);
    });
}

/// ST3: a shielded child of a cancelled `start` finishes its shielded part before the caller's scope ends.
/// Others had it wrong: AnyIO #837.
pub fn st3_a_shielded_child_of_a_cancelled_start_finishes_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, gate, inside) = (scope.handle(), Event::new(), Event::new());
            let (open, signal, log) = (gate.clone(), inside.clone(), trace.clone());
            let start = scope.run(g.start(|started: Started<u32>| async move {
                shield(async {
                    signal.set();
                    open.wait().await;
                    checkpoint().await;
                    log.push("shielded");
                })
                .await;
                log.push("up to the next wait");
                checkpoint().await;
                started.set(7);
            }));
            let cancel = async {
                inside.wait().await;
                on_thread(|| handle.cancel());
                yields(5).await;
                trace.push("held");
                gate.set();
            };
            let (cut, ()) = futures_util::join!(start, cancel);
            trace.push("scope left");
            assert!(cut.is_err());
        })
        .await;
        assert!(left.is_ok());
        let expected = [
            "held",
            "shielded",
            "up to the next wait",
            "scope left",
            "group left",
        ];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2: a thread that sets after the cancel does nothing, and does not bring the child back.
pub fn st2_a_thread_that_sets_after_the_cancel_does_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, slot, cleanup) = (scope.handle(), Slot::new(), noting(&trace));
            let leave = slot.clone();
            let start = scope.run(g.start(|started: Started<u32>| async move {
                leave.put(started);
                finally(pending::<()>(), cleanup).await;
            }));
            let set = async {
                let started = slot.take().await;
                on_thread(|| {
                    handle.cancel_with("caller");
                    started.set(7);
                });
            };
            let (cut, ()) = futures_util::join!(start, set);
            assert!(cut.is_err());
            assert_eq!(trace.count("caller"), 1);
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST2: `set` when the child is long gone does nothing, and drops the value.
pub fn st2_set_after_the_end_of_the_child_drops_the_value(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let slot = Slot::new();
            let leave = slot.clone();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let cut = scope
                .run(g.start(|started: Started<DropProbe>| async move {
                    leave.put(started);
                    handle.cancel();
                    pending::<()>().await;
                }))
                .await;
            assert!(cut.is_err());
            let value = DropProbe::new(&trace, "value gone");
            slot.take().await.set(value);
            trace.push("set returned");
        })
        .await;
        assert!(left.is_ok());
        let expected = ["value gone", "set returned", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2: in a region that is already cancelled the child runs up to its first wait, once, and `start` never completes.
pub fn st2_start_in_a_cancelled_region_runs_to_the_first_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            scope.handle().cancel();
            let (log, probe) = (trace.clone(), DropProbe::new(&trace, "child gone"));
            let (wait, counter) = pending_counted();
            let cut = scope
                .run(async {
                    let started = g
                        .start(|started: Started<u32>| async move {
                            let _probe = probe;
                            log.push(format!("child {}", is_cancelled()));
                            wait.await;
                            started.set(7);
                        })
                        .await;
                    trace.push(format!("unreachable {}", started.is_ok()));
                })
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
        })
        .await;
        assert!(left.is_ok());
        let expected = ["child true", "child gone", "scope left", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2: even a child that sets, or ends, before any wait does not complete a `start` in a cancelled region.
pub fn st2_start_in_a_cancelled_region_never_completes(on: &Flavour) {
    on.run(async {
        for (sets, waits) in [(true, true), (true, false), (false, false)] {
            let trace = Trace::new();
            let (left, ()) = beside(&trace, async |g, _| {
                let scope = CancelScope::new();
                scope.handle().cancel();
                let log = trace.clone();
                let start = g.start(|started: Started<u32>| async move {
                    log.push("child");
                    if sets {
                        started.set(7);
                    }
                    if waits {
                        pending::<()>().await;
                    }
                });
                let cut = scope
                    .run(async {
                        let started = start.await;
                        trace.push(format!("unreachable {}", started.is_ok()));
                    })
                    .await;
                trace.push("scope left");
                assert!(cut.is_err());
                assert!(!g.cancel_called());
            })
            .await;
            assert!(left.is_ok());
            assert_eq!(trace.take(), ["child", "scope left", "group left"]);
        }
    });
}

/// ST2, SC9: a cancelled `start` waits for a child that finishes its shielded part, and does not spin meanwhile.
pub fn st2_a_cancelled_start_waits_without_spinning(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let (handle, gate, inside) = (scope.handle(), Event::new(), Event::new());
        let group = task_group(async |g: TaskGroup| {
            let (open, signal, wait, end) =
                (gate.wait(), inside.clone(), inside.wait(), gate.clone());
            g.spawn(async move {
                wait.await;
                handle.cancel();
                yields(300).await;
                end.set();
            });
            let (start, counter) = counted(Box::pin(g.start(|started: Started<()>| async move {
                shield(async {
                    signal.set();
                    open.await;
                })
                .await;
                drop(started);
            })));
            assert!(scope.run(start).await.is_err());
            counter.polls()
        });
        let polls = group.await.expect("nobody cancels the group");
        assert!(polls < 20, "{polls} polls");
    });
}
