//! From `set` on the child lives in the group.

use super::{Slot, beside, noting};
use crate::harness::*;

/// ST2: once started, the child is not touched by a cancel of the caller.
pub fn st2_a_cancel_of_the_caller_does_not_touch_a_started_child(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, gate) = (scope.handle(), Event::new());
            let open = gate.clone();
            let mut child = None;
            let cut = scope
                .run(async {
                    let started = g
                        .start(|started: Started<()>| async move {
                            started.set(());
                            open.wait().await;
                            checkpoint().await;
                            is_cancelled()
                        })
                        .await;
                    child = Some(started.unwrap().1);
                    on_thread(|| handle.cancel());
                    pending::<()>().await;
                })
                .await;
            assert!(cut.is_err());
            let child = child.unwrap();
            yields(5).await;
            assert_eq!(child.status(), TaskStatus::Running);
            gate.set();
            assert!(!child.await.unwrap());
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST2: a cancel of the caller right behind `set`, in the same poll of the child, comes too late for both.
pub fn st2_a_cancel_right_behind_set_comes_too_late(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            // It may come when the scope has returned already, and does nothing then.
            let stop = scope.handle();
            let started = scope
                .run(g.start(|started: Started<u32>| async move {
                    started.set(7);
                    stop.cancel();
                    yields(3).await;
                    checkpoint().await;
                    8
                }))
                .await;
            let (value, child) = started.expect("the value was set first").unwrap();
            assert_eq!((value, child.await.unwrap()), (7, 8));
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST2: a cancel of the group ends a started child; the caller, outside the group, goes on.
pub fn st2_a_cancel_of_the_group_ends_a_started_child(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let cleanup = noting(&trace);
            let (_, child) = g
                .start(|started: Started<()>| async move {
                    started.set(());
                    finally(pending::<()>(), cleanup).await;
                })
                .await
                .unwrap();
            // The child is in its next wait, or will find the cancel there.
            on_thread(|| g.cancel_with("group"));
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            assert_eq!(trace.count("group"), 1);
            checkpoint().await;
        })
        .await;
        assert!(left.is_err());
    });
}

/// ST2: the group waits for a started child like for any other.
pub fn st2_the_group_waits_for_a_started_child(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let log = trace.clone();
            let started = g
                .start(|started: Started<()>| async move {
                    started.set(());
                    yields(9).await;
                    log.push("child ends");
                })
                .await;
            started.unwrap().0
        })
        .await;
        trace.push("group left");
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["child ends", "group left"]);
    });
}

/// ST2: handed over into a cancelled group by a thread, a child that sleeps in a foreign wait is woken and ended.
pub fn st2_a_sleeping_child_handed_into_a_cancelled_group_is_ended(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (slot, cleanup) = (Slot::new(), noting(&trace));
            let leave = slot.clone();
            let start = g.start(|started: Started<u32>| async move {
                leave.put(started);
                finally(pending::<()>(), cleanup).await;
            });
            let set = async {
                let started = slot.take().await;
                g.cancel_with("group");
                yields(3).await;
                start_thread(move || started.set(7));
            };
            let (started, ()) = futures_util::join!(start, set);
            let (value, child) = started.unwrap();
            assert_eq!(value, 7);
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            assert_eq!(trace.count("group"), 1);
        })
        .await;
        assert!(left.is_err());
    });
}

/// ST2: the handle cancels a started child alone.
pub fn st2_the_handle_ends_a_started_child_alone(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let cleanup = noting(&trace);
            let (_, child) = g
                .start(|started: Started<()>| async move {
                    started.set(());
                    finally(pending::<()>(), cleanup).await;
                })
                .await
                .unwrap();
            child.cancel();
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            assert!(!g.cancel_called());
            checkpoint().await;
            7
        })
        .await;
        assert_eq!(result.ok(), Some(7));
    });
}

/// ST2: a caller that drops handle and value leaves the child in the group.
pub fn st2_a_started_child_outlives_its_handle(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (gate, log) = (Event::new(), trace.clone());
            let open = gate.clone();
            drop(
                g.start(|started: Started<Vec<u8>>| async move {
                    started.set(vec![1, 2, 3]);
                    open.wait().await;
                    log.push("child ends");
                })
                .await,
            );
            trace.push("handle dropped");
            gate.set();
        })
        .await;
        assert!(left.is_ok());
        let expected = ["handle dropped", "child ends", "group left"];
        assert_eq!(trace.take(), expected);
    });
}
