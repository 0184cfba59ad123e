//! `start` in local groups: children borrow and run in the caller's own task, by the same rules.

use std::{cell::Cell, rc::Rc};

use super::fail;
use crate::harness::*;

/// ST1: a local child borrows, sets something that is not `Send`, and gives its value.
pub fn st1_start_in_a_local_group(on: &Flavour) {
    on.run(async {
        let count = Cell::new(0);
        let seen = &count;
        let result = local_task_group(async |g| {
            let (value, child) = g
                .start(|started: Started<Rc<u32>>| async move {
                    yields(2).await;
                    seen.set(1);
                    started.set(Rc::new(7));
                    yields(2).await;
                    seen.set(2);
                    8
                })
                .await
                .unwrap();
            assert_eq!(seen.get(), 1);
            (*value, child.await.unwrap())
        })
        .await;
        assert_eq!((result.unwrap(), count.get()), ((7, 8), 2));
    });
}

/// ST2: cancelling the caller ends and awaits the local child and leaves the group alone.
pub fn st2_a_cancel_of_the_caller_in_a_local_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let log = &trace;
        let result = local_task_group(async |g| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let cut = scope
                .run(g.start(|started: Started<u32>| async move {
                    let body = async {
                        handle.cancel();
                        started.set(7);
                        pending::<()>().await;
                    };
                    finally(body, async |_| {
                        yields(3).await;
                        log.push("cleaned");
                    })
                    .await;
                }))
                .await;
            trace.push("scope left");
            assert!(cut.is_err());
            assert!(!g.cancel_called());
            g.spawn(async { 8 }).await.unwrap()
        })
        .await;
        assert_eq!(result.ok(), Some(8));
        assert_eq!(trace.take(), ["cleaned", "scope left"]);
    });
}

/// ST2: a started local child is not touched by its caller's cancel, and ended by the group's.
pub fn st2_a_started_local_child_lives_in_the_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let log = &trace;
        let result = local_task_group(async |g| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let cut = scope
                .run(async {
                    let started = g
                        .start(|started: Started<()>| async move {
                            started.set(());
                            yields(5).await;
                            checkpoint().await;
                            log.push("child goes on");
                            finally(pending::<()>(), async |_| log.push("cleaned")).await;
                        })
                        .await;
                    started.unwrap();
                    handle.cancel();
                    pending::<()>().await;
                })
                .await;
            assert!(cut.is_err());
            until(|| trace.count("child goes on") == 1).await;
            g.cancel();
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["child goes on", "cleaned"]);
    });
}

/// ST2: in a region that is already cancelled the local child runs up to its first wait and `start` never completes.
pub fn st2_start_in_a_local_group_from_a_cancelled_region(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let log = &trace;
        let result = local_task_group(async |g| {
            let scope = CancelScope::new();
            scope.handle().cancel();
            let cut = scope
                .run(async {
                    let started = g
                        .start(|started: Started<u32>| async move {
                            log.push("child");
                            started.set(7);
                            yield_once().await;
                            log.push("unreachable");
                        })
                        .await;
                    log.push(format!("unreachable {}", started.is_ok()));
                })
                .await;
            assert!(cut.is_err());
            checkpoint().await;
            7
        })
        .await;
        assert_eq!(result.ok(), Some(7));
        assert_eq!(trace.take(), ["child"]);
    });
}

/// ST3: errors before and after `set`, and an end without it, in a local group.
pub fn st3_errors_of_started_local_children(on: &Flavour) {
    on.run(async {
        let result = try_local_task_group(async |g| {
            let early = g.start(|_: Started<u32>| async { Err::<(), _>("early") });
            assert!(matches!(early.await, Err(StartError::Failed("early"))));
            let silent = g.start(|_: Started<u32>| async { Ok(()) });
            assert!(matches!(silent.await, Err(StartError::NotStarted)));
            assert!(!g.cancel_called());
            let late = g.start(|started: Started<u32>| async move {
                started.set(7);
                yields(2).await;
                Err::<(), _>("late")
            });
            assert_eq!(late.await.unwrap().0, 7);
            pending::<Result<(), &str>>().await
        })
        .await;
        assert_eq!(result.unwrap_err().into_errors(), ["late"]);
    });
}

/// ST3: panics before and after `set` in a local group.
pub fn st3_panics_of_started_local_children(on: &Flavour) {
    let ((), _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let group = local_task_group(async |g| {
            let early = g.start(|_: Started<u32>| async {
                yield_once().await;
                fail("early");
            });
            trace.push(catch_async(early).await.err().unwrap());
            assert!(!g.cancel_called());
            let late = g.start(|started: Started<u32>| async move {
                started.set(7);
                yields(2).await;
                fail("late");
            });
            trace.push(format!("got {}", late.await.unwrap().0));
            pending::<()>().await;
        });
        trace.push(catch_async(group).await.unwrap_err());
        assert_eq!(trace.take(), ["early", "got 7", "late"]);
    });
}
