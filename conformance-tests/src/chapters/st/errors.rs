//! Errors of a started child: before `set` they are the caller's, after it the group's.

use super::{Slot, beside, beside_fallible};
use crate::harness::*;

type Fails = Result<(), &'static str>;

/// ST3: an error before `set` is returned by `start` alone; the group and its children go on.
pub fn st3_an_error_before_set_is_returned_by_start_alone(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside_fallible(&trace, async |g| {
            let gate = Event::new();
            let open = gate.clone();
            let sibling = g.spawn(async move {
                open.wait().await;
                Ok(7)
            });
            let result = g
                .start(|started: Started<u32>| async move {
                    let _started = started;
                    yields(2).await;
                    Err::<(), _>("early")
                })
                .await;
            assert!(matches!(result, Err(StartError::Failed("early"))));
            yields(5).await;
            assert!(!g.cancel_called());
            assert_eq!(sibling.status(), TaskStatus::Running);
            gate.set();
            assert_eq!(sibling.await.unwrap(), 7);
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST3: inside the group as well: a body that handles the error of `start` gives its value.
pub fn st3_a_body_may_handle_the_error_of_start(on: &Flavour) {
    on.run(async {
        let result = try_task_group(async |g| {
            let start = g.start(|_: Started<u32>| async { Err::<(), _>("early") });
            let failed = matches!(start.await, Err(StartError::Failed("early")));
            checkpoint().await;
            Ok(failed)
        })
        .await;
        assert!(result.unwrap());
    });
}

/// ST3: an error after `set` belongs to the group, which cancels the siblings; the handle says `Failed`.
pub fn st3_an_error_after_set_belongs_to_the_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside_fallible(&trace, async |g| {
            let sibling = g.spawn(pending::<Fails>());
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    started.set(7);
                    yields(2).await;
                    Err::<(), _>("late")
                })
                .await
                .unwrap();
            assert_eq!(value, 7);
            assert!(matches!(child.await, Err(TaskError::Failed)));
            assert_eq!(sibling.wait().await, TaskStatus::Cancelled);
        })
        .await;
        assert_eq!(left.unwrap_err().into_errors(), ["late"]);
    });
}

/// ST3: an error in the very poll that sets is one after `set`.
pub fn st3_an_error_right_behind_set_belongs_to_the_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside_fallible(&trace, async |g| {
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    started.set(7);
                    Err::<(), _>("late")
                })
                .await
                .unwrap();
            assert_eq!(value, 7);
            assert_eq!(child.wait().await, TaskStatus::Failed);
        })
        .await;
        assert_eq!(left.unwrap_err().into_errors(), ["late"]);
    });
}

/// ST3: ending without `set` is `NotStarted`, whatever the child's value; the group is none the wiser.
pub fn st3_ending_without_set_is_not_started(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let result = g.start(|_: Started<u32>| async { 7 }).await;
            assert!(matches!(result, Err(StartError::NotStarted)));
            let result = g
                .start(|started: Started<u32>| async move {
                    let _started = started;
                    yields(3).await;
                })
                .await;
            assert!(matches!(result, Err(StartError::NotStarted)));
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
        let (left, ()) = beside_fallible(&trace, async |g| {
            let result = g.start(|_: Started<u32>| async { Ok(7) }).await;
            assert!(matches!(result, Err(StartError::NotStarted)));
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST3: a child that has dropped its `Started` is waited for; only its end makes it `NotStarted`.
pub fn st3_a_child_that_cannot_set_any_more_is_waited_for(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let log = trace.clone();
            let result = g
                .start(|started: Started<u32>| async move {
                    drop(started);
                    yields(5).await;
                    log.push("child ends");
                })
                .await;
            trace.push("start returns");
            assert!(matches!(result, Err(StartError::NotStarted)));
        })
        .await;
        assert!(left.is_ok());
        let expected = ["child ends", "start returns", "group left"];
        assert_eq!(trace.take(), expected);
    });
}

/// ST3: a child that has ended has not started, even if its `Started` lives on elsewhere; using that does nothing.
pub fn st3_a_started_that_outlives_its_child_is_worth_nothing(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let slot = Slot::new();
            let leave = slot.clone();
            let result = g
                .start(|started: Started<u32>| async move { leave.put(started) })
                .await;
            assert!(matches!(result, Err(StartError::NotStarted)));
            slot.take().await.set(7);
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST3: the group is closed: the child never runs, and its captures are dropped.
pub fn st3_a_closed_group_cannot_be_started_into(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let group = task_group(async |g| g).await.unwrap();
        assert!(group.is_closed());
        let (log, probe) = (trace.clone(), DropProbe::new(&trace, "captures gone"));
        let result = group
            .start(move |started: Started<u32>| async move {
                let _probe = probe;
                log.push("child ran");
                started.set(7);
            })
            .await;
        trace.push("start returns");
        assert!(matches!(result, Err(StartError::Closed)));
        assert_eq!(trace.take(), ["captures gone", "start returns"]);

        let group = try_task_group(async |g: TryTaskGroup<&str>| Ok(g))
            .await
            .unwrap();
        let result = group.start(|_: Started<u32>| async { Ok(()) }).await;
        assert!(matches!(result, Err(StartError::Closed)));
    });
}

/// ST3: a failing child does not cut the caller: the errors of many starts come back to each of them.
pub fn st3_errors_of_many_starts_stay_apart(on: &Flavour) {
    on.run(async {
        let result = try_task_group(async |g: TryTaskGroup<usize>| {
            let starts = (0..20usize).map(|i| {
                g.start(move |started: Started<usize>| async move {
                    yields(i % 4).await;
                    if i % 2 == 1 {
                        return Err(i);
                    }
                    started.set(i);
                    Ok(())
                })
            });
            let results = futures_util::future::join_all(starts).await;
            for (i, result) in results.into_iter().enumerate() {
                match result {
                    Ok((value, _)) => assert_eq!((value, i % 2), (i, 0)),
                    Err(StartError::Failed(error)) => assert_eq!((error, i % 2), (i, 1)),
                    Err(other) => panic!("start {i} gave {other:?}"),
                }
            }
            checkpoint().await;
            Ok(())
        })
        .await;
        assert!(result.is_ok());
    });
}

/// ST3: an error of a shielded child whose `start` was cancelled does not fail the group.
pub fn st3_an_error_of_a_cancelled_start_does_not_fail_the_group(on: &Flavour) {
    let (left, _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside_fallible(&trace, async |g| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let _ = scope
                .run(g.start(|started: Started<u32>| async move {
                    shield(async {
                        handle.cancel();
                        yields(3).await;
                        started.set(7);
                    })
                    .await;
                    Err::<(), _>("late")
                }))
                .await;
            yields(5).await;
            assert!(!g.cancel_called());
        })
        .await;
        left
    });
    assert!(left.is_ok());
}
