//! What moves with the child when it is handed over: its scopes, its groups, their children, its waits.

use futures_util::future::join_all;

use super::{Slot, beside, noting};
use crate::harness::*;

/// A wait for ever inside a scope, a shield, a restored part and a finalizer that notes its end.
fn nested_regions(trace: &Trace) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let body = finally(pending::<()>(), noting(trace));
    let regions = CancelScope::new().run(shield(restore(body)));
    Box::pin(async move { drop(regions.await) })
}

/// ST2: regions the child had entered before `set` are reached by the group's cancel after it.
pub fn st2_the_regions_of_the_child_move_along(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let regions: Vec<_> = (0..40).map(|_| nested_regions(&trace)).collect();
            let (_, child) = g
                .start(|started: Started<()>| async move {
                    let regions = join_all(regions);
                    let ready = async {
                        yields(2).await;
                        started.set(());
                    };
                    futures_util::join!(regions, ready);
                })
                .await
                .unwrap();
            on_thread(|| g.cancel_with("group"));
            // Each of the shields has given its value, so the child has one too.
            assert_eq!(child.wait().await, TaskStatus::Completed);
            assert_eq!(trace.count("group"), 40);
        })
        .await;
        assert!(left.is_err());
    });
}

/// ST2: children of the child that were spawned before `set` are reached by the group's cancel, and by it alone.
pub fn st2_grandchildren_move_along(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, slot) = (scope.handle(), Mutex::new(None));
            let log = trace.clone();
            let cut = scope
                .run(async {
                    let started = g.start(|started: Started<()>| async move {
                        let nested = task_group(async |own| {
                            let polled = Event::new();
                            for _ in 0..3 {
                                let (signal, cleanup) = (polled.clone(), noting(&log));
                                own.spawn(finally(
                                    async move {
                                        signal.set();
                                        pending::<()>().await;
                                    },
                                    cleanup,
                                ));
                            }
                            polled.wait().await;
                            started.set(());
                        });
                        nested.await
                    });
                    *slot.lock().unwrap() = Some(started.await.unwrap().1);
                    handle.cancel_with("caller");
                    pending::<()>().await;
                })
                .await;
            assert!(cut.is_err());
            yields(5).await;
            assert!(trace.snapshot().is_empty());
            let child = slot.into_inner().unwrap().unwrap();
            assert_eq!(child.status(), TaskStatus::Running);
            on_thread(|| g.cancel_with("group"));
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            assert_eq!(trace.count("group"), 3);
            assert_eq!(trace.count("caller"), 0);
        })
        .await;
        assert!(left.is_err());
    });
}

/// ST2: the grandchildren of a child that is not started are ended with the caller, and before it.
pub fn st2_grandchildren_are_ended_with_the_caller_before_set(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, log) = (scope.handle(), trace.clone());
            let cut = scope
                .run(g.start(|started: Started<()>| async move {
                    let _started = started;
                    task_group(async |own| {
                        for _ in 0..3 {
                            own.spawn(finally(pending::<()>(), noting(&log)));
                        }
                        own.spawn(async move {
                            handle.cancel_with("caller");
                        });
                    })
                    .await
                }))
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        let expected = ["caller", "caller", "caller", "scope left", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2: a child that is inside its own shield when it sets moves with it; the caller's cancel afterwards is not seen.
pub fn st2_a_child_sets_from_within_its_shield(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (polled, gate, log) = (Event::new(), Event::new(), trace.clone());
            let (signal, open) = (polled.clone(), gate.clone());
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    shield_with(async |outside: Outside| {
                        started.set(7);
                        signal.set();
                        open.wait().await;
                        assert!(outside.is_cancelled());
                        checkpoint().await;
                        log.push("shielded");
                    })
                    .await;
                    checkpoint().await;
                    log.push("unreachable");
                })
                .await
                .unwrap();
            polled.wait().await;
            g.cancel();
            gate.set();
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            assert_eq!(value, 7);
        })
        .await;
        assert!(left.is_err());
        assert_eq!(trace.count("shielded"), 1);
        assert_eq!(trace.count("unreachable"), 0);
    });
}

/// ST2: the child waits for the outside of its shield when it is handed over: it is told of the group's cancel then.
pub fn st2_a_wait_for_the_outside_moves_along(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, slot) = (scope.handle(), Slot::new());
            let leave = slot.clone();
            let start = scope.run(g.start(|started: Started<()>| async move {
                leave.put(started);
                shield_with(async |outside: Outside| {
                    let reason = outside.cancelled().await;
                    *reason.cause() == Cause::Explicit(Some("group".to_owned()))
                })
                .await
            }));
            let set = async { slot.take().await.set(()) };
            let (started, ()) = futures_util::join!(start, set);
            let (_, child) = started.unwrap().unwrap();
            handle.cancel_with("caller");
            yields(3).await;
            assert_eq!(child.status(), TaskStatus::Running);
            on_thread(|| g.cancel_with("group"));
            assert!(child.await.unwrap());
        })
        .await;
        // The child has ended by itself; only the body was cut.
        assert!(left.is_err());
    });
}

/// ST2: the caller's deadline stays behind: what the child waits for after `set` is not cut by it.
pub fn st2_the_deadline_of_the_caller_stays_behind(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, gate, mut child) = (scope.handle(), Event::new(), None);
            let open = gate.clone();
            let cut = scope
                .run(async {
                    let started = g
                        .start(|started: Started<()>| async move {
                            started.set(());
                            open.wait().await;
                            checkpoint().await;
                            7
                        })
                        .await;
                    child = Some(started.unwrap().1);
                    handle.set_deadline(Instant::now());
                    pending::<()>().await;
                })
                .await;
            assert!(cut.is_err());
            gate.set();
            assert_eq!(child.unwrap().await.unwrap(), 7);
        })
        .await;
        assert!(left.is_ok());
    });
}
