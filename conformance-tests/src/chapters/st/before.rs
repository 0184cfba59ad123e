//! Until `set` the child lives in the caller's region.

use super::{beside, noting};
use crate::harness::*;

/// ST2: cancelling the caller cancels the child, waits for its cleanup, and leaves the group alone.
/// Others had it wrong: AnyIO #685, #710.
pub fn st2_a_cancel_of_the_caller_ends_the_child_and_not_the_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let gate = Event::new();
            let open = gate.clone();
            let sibling = g.spawn(async move { open.wait().await });
            let scope = CancelScope::new();
            let (handle, cleanup) = (scope.handle(), noting(&trace));
            let cut = scope
                .run(g.start(|started: Started<()>| async move {
                    let _started = started;
                    let body = async {
                        handle.cancel_with("caller");
                        pending::<()>().await;
                    };
                    finally(body, cleanup).await;
                }))
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert!(!g.cancel_called());
            assert!(!is_cancelled());
            assert_eq!(sibling.status(), TaskStatus::Running);
            gate.set();
            assert_eq!(g.spawn(async { 7 }).await.unwrap(), 7);
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["caller", "scope left"]);
    });
}

/// ST2: the same when a thread cancels while caller and child sleep.
pub fn st2_a_cancel_of_the_caller_from_a_thread(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let (handle, cleanup) = (scope.handle(), noting(&trace));
            let cut = scope
                .run(g.start(|started: Started<()>| async move {
                    start_thread(move || handle.cancel_with("thread"));
                    finally(pending::<()>(), cleanup).await;
                    started.set(());
                }))
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        assert_eq!(trace.take(), ["thread", "scope left", "group left"]);
    });
}

/// ST2: a deadline of the caller ends a child that never gets ready.
pub fn st2_a_deadline_of_the_caller_ends_the_child(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let cleanup = noting(&trace);
            let start = g.start(|started: Started<()>| async move {
                let _started = started;
                finally(pending::<()>(), cleanup).await;
            });
            assert!(
                move_on_after(Duration::from_millis(2), start)
                    .await
                    .is_none()
            );
            trace.push("moved on");
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        assert_eq!(trace.take(), ["Deadline", "moved on", "group left"]);
    });
}

/// ST2: when the task that calls `start` is ended, so is the child it has not yet started, in another group.
pub fn st2_a_caller_ended_by_its_sibling_takes_the_child_along(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (polled, cleanup) = (Event::new(), noting(&trace));
            let signal = polled.clone();
            let group = g.clone();
            let result = try_task_group(async |callers| {
                callers.spawn(async move {
                    let start = group.start(|started: Started<()>| async move {
                        let _started = started;
                        signal.set();
                        finally(pending::<()>(), cleanup).await;
                    });
                    start.await.map(|_| ()).map_err(|_| "not started")
                });
                callers.spawn(async move {
                    polled.wait().await;
                    Err::<(), _>("sibling")
                });
                Ok(())
            })
            .await;
            trace.push("callers left");
            assert_eq!(result.unwrap_err().into_errors(), ["sibling"]);
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        let expected = ["SiblingFailed", "callers left", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2: cancelling the group does not touch a child that has not been started; `set` then hands it over to its end.
/// Others had it wrong: AnyIO #1197.
pub fn st2_a_cancel_of_the_group_does_not_touch_the_child_before_set(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (polled, gate) = (Event::new(), Event::new());
            let (signal, open, log) = (polled.clone(), gate.clone(), trace.clone());
            let cleanup = noting(&trace);
            let start = g.start(|started: Started<u32>| async move {
                signal.set();
                open.wait().await;
                checkpoint().await;
                assert!(!is_cancelled());
                started.set(7);
                assert!(is_cancelled());
                log.push("up to the next wait");
                finally(pending::<()>(), cleanup).await;
            });
            let cancel = async {
                polled.wait().await;
                on_thread(|| g.cancel_with("group"));
                yields(5).await;
                trace.push("untouched");
                gate.set();
            };
            let (started, ()) = futures_util::join!(start, cancel);
            let (value, child) = started.unwrap();
            assert_eq!(value, 7);
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
        })
        .await;
        assert!(left.is_err());
        let expected = ["untouched", "up to the next wait", "group", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST2: before `set` the child sees the caller's deadline, after it the group's.
pub fn st2_the_child_sees_the_deadline_of_where_it_lives(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let limit = Duration::from_secs(3600);
            let seen = move_on_after(limit, async {
                let caller = current_effective_deadline();
                assert!(caller.is_some());
                let (before, child) = g
                    .start(|started: Started<Option<Instant>>| async move {
                        started.set(current_effective_deadline());
                        yield_once().await;
                        current_effective_deadline()
                    })
                    .await
                    .unwrap();
                assert_eq!(before, caller);
                child.await.unwrap()
            })
            .await;
            assert_eq!(seen, Some(None));
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST2: a shield around the caller protects the child, until it is handed over.
pub fn st2_a_shield_around_the_caller_protects_the_child(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let started = scope
                .run(shield(g.start(|started: Started<u32>| async move {
                    on_thread(move || handle.cancel());
                    yields(5).await;
                    checkpoint().await;
                    started.set(7);
                    checkpoint().await;
                    yields(5).await;
                    8
                })))
                .await;
            let (value, child) = started.expect("the shield completes").unwrap();
            assert_eq!((value, child.await.unwrap()), (7, 8));
        })
        .await;
        assert!(left.is_ok());
    });
}
