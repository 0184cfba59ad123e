//! HA1: what a handle gives: the value, or how the task ended without one.

use super::{both_kinds, cause_of, quiet_panic};
use crate::harness::*;

both_kinds! {
    /// HA1: the value, moved out of the task, which need not be `Clone`.
    #[local(ha1_local_a_handle_gives_the_value)]
    pub fn ha1_a_handle_gives_the_value(on: &Flavour) {
        struct Value(u8);
        on.run(async {
            let value = task_group(async |g| {
                g.spawn(async {
                    yields(3).await;
                    Value(7)
                })
                .await
            })
            .await
            .unwrap();
            assert_eq!(value.expect("the task completed").0, 7);
        });
    }

    /// HA1: the handle of a child that returns a `Result` gives the value alone.
    #[local(ha1_local_a_handle_of_a_try_group_gives_the_plain_value)]
    pub fn ha1_a_handle_of_a_try_group_gives_the_plain_value(on: &Flavour) {
        on.run(async {
            let result: Result<u8, GroupError<&str>> = try_task_group(async |g| {
                let value: u8 = g.spawn(async { Ok(7) }).await.unwrap();
                Ok(value)
            })
            .await;
            assert_eq!(result.unwrap(), 7);
        });
    }

    /// HA1: once the value is taken the handle says so, at every later poll, and its status stays.
    #[local(ha1_local_a_value_is_taken_once)]
    pub fn ha1_a_value_is_taken_once(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let mut handle = g.spawn(async { 7 });
                assert_eq!((&mut handle).await.unwrap(), 7);
                for _ in 0..3 {
                    assert!(matches!((&mut handle).await, Err(TaskError::Taken)));
                    assert_eq!(handle.status(), TaskStatus::Completed);
                    assert_eq!(handle.wait().await, TaskStatus::Completed);
                }
            })
            .await
            .unwrap();
        });
    }

    /// HA1: a cancelled task: `Cancelled`, with the reason that was given.
    #[local(ha1_local_a_cancelled_task_tells_the_reason)]
    pub fn ha1_a_cancelled_task_tells_the_reason(on: &Flavour) {
        on.run(async {
            let (by_handle, by_group) = task_group(async |g| {
                let by_handle = g.spawn(pending::<()>());
                by_handle.cancel();
                by_handle.wait().await;
                let by_group = g.spawn(pending::<()>());
                g.cancel_with("the group");
                (by_handle, by_group)
            })
            .await
            .unwrap();
            assert_eq!(by_handle.status(), TaskStatus::Cancelled);
            match by_handle.await {
                Err(TaskError::Cancelled(cancelled)) => {
                    assert_eq!(cancelled.reason().cause(), &Cause::Explicit(None));
                }
                other => panic!("{other:?}"),
            }
            match by_group.await {
                Err(TaskError::Cancelled(cancelled)) => {
                    assert_eq!(cause_of(cancelled.reason()), "the group")
                }
                other => panic!("{other:?}"),
            }
        });
    }

    /// HA1: a task that a sibling's failure or an outer cancel ended tells that cause.
    #[local(ha1_local_a_cancelled_task_tells_an_outer_cause)]
    pub fn ha1_a_cancelled_task_tells_an_outer_cause(on: &Flavour) {
        on.run(async {
            let kept = Mutex::new(Vec::new());
            let _ = try_task_group(async |g| {
                kept.lock()
                    .unwrap()
                    .push(g.spawn(pending::<Result<(), _>>()));
                g.spawn(async { Err::<(), _>("broken") });
                Ok(())
            })
            .await;
            let scope = CancelScope::new();
            let handle = scope.handle();
            let _ = scope
                .run(try_task_group(async |g| {
                    kept.lock()
                        .unwrap()
                        .push(g.spawn(pending::<Result<(), _>>()));
                    handle.cancel_with("outer");
                    Ok::<_, &str>(())
                }))
                .await;
            let mut causes = Vec::new();
            for handle in kept.into_inner().unwrap() {
                match handle.await {
                    Err(TaskError::Cancelled(cancelled)) => causes.push(cause_of(cancelled.reason())),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(causes, ["SiblingFailed", "outer"]);
        });
    }

    /// HA1: a failed task: `Failed`, while the error itself is in the group.
    #[local(ha1_local_a_failed_task_leaves_its_error_in_the_group)]
    pub fn ha1_a_failed_task_leaves_its_error_in_the_group(on: &Flavour) {
        on.run(async {
            let kept = Mutex::new(None);
            let result = try_task_group(async |g| {
                *kept.lock().unwrap() = Some(g.spawn(async { Err::<u8, _>("broken") }));
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
            let handle = kept.into_inner().unwrap().unwrap();
            assert_eq!(handle.status(), TaskStatus::Failed);
            assert_eq!(handle.wait().await, TaskStatus::Failed);
            assert!(matches!(handle.await, Err(TaskError::Failed)));
        });
    }

    /// HA1: a panicked task: `Panicked`, while the panic itself is resumed in the host.
    #[local(ha1_local_a_panicked_task_leaves_its_panic_to_the_host)]
    pub fn ha1_a_panicked_task_leaves_its_panic_to_the_host(on: &Flavour) {
        on.run(async {
            let kept = Mutex::new(None);
            let caught = catch_async(task_group(async |g| {
                *kept.lock().unwrap() = Some(g.spawn(async { quiet_panic("child") }));
            }))
            .await;
            assert_eq!(caught.unwrap_err(), "child");
            let handle = kept.into_inner().unwrap().unwrap();
            assert_eq!(handle.status(), TaskStatus::Panicked);
            assert_eq!(handle.wait().await, TaskStatus::Panicked);
            assert!(matches!(handle.await, Err(TaskError::Panicked)));
        });
    }

    /// HA1: every error of a handle says something, each its own.
    #[local(ha1_local_task_errors_have_texts)]
    pub fn ha1_task_errors_have_texts(on: &Flavour) {
        on.run(async {
            let mut texts = task_group(async |g| {
                let stuck = g.spawn(pending::<()>());
                stuck.cancel();
                let cancelled = stuck.await.unwrap_err();
                let mut texts: Vec<_> = [
                    cancelled,
                    TaskError::Failed,
                    TaskError::Panicked,
                    TaskError::Taken,
                ]
                .iter()
                .map(ToString::to_string)
                .collect();
                texts.retain(|text| !text.is_empty());
                texts
            })
            .await
            .unwrap();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), 4, "{texts:?}");
        });
    }

    /// HA1: the status of each way to end, before and after.
    #[local(ha1_local_status_follows_the_task)]
    pub fn ha1_status_follows_the_task(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let gate = Event::new();
                let opened = gate.wait();
                let handle = g.spawn(opened);
                for _ in 0..10 {
                    assert_eq!(handle.status(), TaskStatus::Running);
                    assert!(!handle.is_finished());
                    yield_once().await;
                }
                gate.set();
                assert_eq!(handle.wait().await, TaskStatus::Completed);
                assert_eq!(handle.status(), TaskStatus::Completed);
                assert!(handle.is_finished());
            })
            .await
            .unwrap();
        });
    }

    /// HA1: a task is over when its future is gone: what its destructor did is there when the handle is ready.
    #[local(ha1_local_a_task_is_over_when_its_future_is_gone)]
    pub fn ha1_a_task_is_over_when_its_future_is_gone(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                for _ in 0..100 {
                    let (child, counter) = counted(async { 7 });
                    assert_eq!(g.spawn(child).await.unwrap(), 7);
                    assert_eq!(counter.drops(), 1);
                }
            })
            .await
            .unwrap();
        });
    }
}
