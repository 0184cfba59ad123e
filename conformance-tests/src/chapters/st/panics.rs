//! Panics of a started child: before `set` they are resumed in the caller, after it in the group's host.

use super::{beside, fail};
use crate::harness::*;

/// ST3: a panic before `set` is resumed in the caller alone; the group and its children go on.
pub fn st3_a_panic_before_set_is_resumed_in_the_caller_alone(on: &Flavour) {
    let ((), _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let gate = Event::new();
            let open = gate.clone();
            let sibling = g.spawn(async move { open.wait().await });
            let caught = catch_async(g.start(|started: Started<u32>| async move {
                let _started = started;
                yields(2).await;
                fail("child");
            }))
            .await;
            assert_eq!(caught.err().as_deref(), Some("child"));
            yields(5).await;
            assert!(!g.cancel_called());
            assert_eq!(sibling.status(), TaskStatus::Running);
            gate.set();
            assert_eq!(sibling.wait().await, TaskStatus::Completed);
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST3: a panic at the first poll of the child, or in the closure that makes it, goes the same way.
pub fn st3_a_panic_at_once_is_resumed_in_the_caller(on: &Flavour) {
    let ((), _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let start = g.start(|_: Started<u32>| async { fail("first poll") });
            let caught = catch_async(start).await;
            assert_eq!(caught.err().as_deref(), Some("first poll"));
            let caught = catch_async(async {
                g.start(|_: Started<u32>| {
                    fail("closure");
                    async {}
                })
                .await
            })
            .await;
            assert_eq!(caught.err().as_deref(), Some("closure"));
            assert!(!g.cancel_called());
            assert_eq!(g.spawn(async { 7 }).await.unwrap(), 7);
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST3: the child is gone, its cleanup finished, before its panic is resumed in the caller.
pub fn st3_a_panicked_child_is_gone_before_start_panics(on: &Flavour) {
    let ((), _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (log, probe) = (trace.clone(), DropProbe::new(&trace, "child gone"));
            let caught = catch_async(g.start(|started: Started<u32>| async move {
                let _kept = (started, probe);
                finally(async { fail("child") }, async |_| {
                    yields(3).await;
                    log.push("cleaned");
                })
                .await;
            }))
            .await;
            trace.push(caught.err().unwrap());
        })
        .await;
        assert!(left.is_ok());
        let expected = ["cleaned", "child gone", "child", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST3: a panic after `set` belongs to the group: siblings are ended, and the host resumes it.
pub fn st3_a_panic_after_set_is_resumed_in_the_host(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let caught = catch_async(task_group(async |g| {
            let probe = DropProbe::new(&trace, "sibling gone");
            g.spawn(async move {
                let _probe = probe;
                pending::<()>().await;
            });
            let gate = Event::new();
            let open = gate.clone();
            let started = g
                .start(|started: Started<u32>| async move {
                    started.set(7);
                    open.wait().await;
                    fail("child");
                })
                .await;
            let (value, _) = started.unwrap();
            trace.push(format!("got {value}"));
            gate.set();
            pending::<()>().await;
        }))
        .await;
        trace.push(caught.unwrap_err());
        assert_eq!(trace.take(), ["got 7", "sibling gone", "child"]);
    });
    assert_eq!(reports_of(&reports, "child"), 1, "{reports:?}");
}

/// ST3: a panic in the poll that sets comes after `set`: the host resumes it, and `start` has its value.
pub fn st3_a_panic_right_behind_set_is_resumed_in_the_host(on: &Flavour) {
    let ((), _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let group = task_group(async |g| {
            let outer = g.clone();
            shield(async {
                let started = outer
                    .start(|started: Started<u32>| async move {
                        started.set(7);
                        fail("child");
                    })
                    .await;
                let (value, child) = started.unwrap();
                assert_eq!(child.wait().await, TaskStatus::Panicked);
                trace.push(format!("got {value}"));
            })
            .await;
        });
        trace.push(catch_async(group).await.unwrap_err());
        assert_eq!(trace.take(), ["got 7", "child"]);
    });
}

/// ST3: a panic of the child of a cancelled `start`, in its shielded part, is still resumed in the caller alone.
pub fn st3_a_panic_of_a_cancelled_start_is_resumed_in_the_caller(on: &Flavour) {
    let ((), _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let start = g.start(|started: Started<u32>| async move {
                let _started = started;
                shield(async {
                    handle.cancel();
                    yields(3).await;
                    fail("child");
                })
                .await;
            });
            let caught = catch_async(scope.run(start)).await;
            assert_eq!(caught.err().as_deref(), Some("child"));
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
    });
}
