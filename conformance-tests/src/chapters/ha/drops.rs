//! HA2 and HA3: dropping a handle or a wait leaves the task alone; a wait is an operation like any other.

use super::both_kinds;
use crate::harness::*;

both_kinds! {
    /// HA2: a task whose handle is dropped runs to its end.
    #[local(ha2_local_dropping_a_handle_does_nothing)]
    pub fn ha2_dropping_a_handle_does_nothing(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                for moment in [0, 1, 10] {
                    let noted = trace.clone();
                    let handle = g.spawn(async move {
                        for _ in 0..5 {
                            checkpoint().await;
                        }
                        noted.push("ended");
                    });
                    yields(moment).await;
                    drop(handle);
                }
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ended"; 3]);
        });
    }

    /// HA2: a failure whose handle is dropped is still the group's.
    #[local(ha2_local_the_group_keeps_the_error_of_a_dropped_handle)]
    pub fn ha2_the_group_keeps_the_error_of_a_dropped_handle(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                drop(g.spawn(async {
                    yields(5).await;
                    Err::<(), _>("broken")
                }));
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
        });
    }

    /// HA2: a handle that was polled, and so has left a waker, may be dropped just as well.
    #[local(ha2_local_dropping_a_polled_handle_does_nothing)]
    pub fn ha2_dropping_a_polled_handle_does_nothing(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let noted = trace.clone();
                let mut handle = g.spawn(async move {
                    yields(20).await;
                    noted.push("ended");
                });
                let _ = poll_once(&mut handle).await;
                drop(handle);
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ended"]);
        });
    }

    /// HA3: a timeout around a wait does not cancel the task.
    #[local(ha3_local_a_timeout_around_a_wait_leaves_the_task_alone)]
    pub fn ha3_a_timeout_around_a_wait_leaves_the_task_alone(on: &Flavour) {
        on.run(async {
            let value = task_group(async |g| {
                let gate = Event::new();
                let opened = gate.wait();
                let mut handle = g.spawn(async move {
                    opened.await;
                    checkpoint().await;
                    7
                });
                let moment = Duration::from_millis(2);
                assert!(move_on_after(moment, handle.wait()).await.is_none());
                assert!(move_on_after(moment, &mut handle).await.is_none());
                assert!(fail_after(moment, &mut handle).await.is_err());
                assert_eq!(handle.status(), TaskStatus::Running);
                gate.set();
                handle.await.unwrap()
            })
            .await;
            assert_eq!(value.unwrap(), 7);
        });
    }

    /// HA3: foreign code that drops a wait, or the handle inside a `select!`, does not cancel the task either.
    #[local(ha3_local_a_foreign_drop_of_a_wait_leaves_the_task_alone)]
    pub fn ha3_a_foreign_drop_of_a_wait_leaves_the_task_alone(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let gate = Event::new();
                let (opened, noted) = (gate.wait(), trace.clone());
                let mut handle = g.spawn(async move {
                    opened.await;
                    noted.push("ended");
                });
                let mut wait = Box::pin(handle.wait());
                assert!(poll_once(&mut wait).await.is_pending());
                drop(wait);
                let either = futures_util::future::select(&mut handle, yields(3)).await;
                assert!(matches!(either, futures_util::future::Either::Right(_)));
                drop(either);
                drop(handle);
                gate.set();
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ended"]);
        });
    }

    /// HA3: inside a cancelled region a handle is never ready and takes nothing, even if its task is over.
    #[local(ha3_local_a_handle_in_a_cancelled_region_takes_nothing)]
    pub fn ha3_a_handle_in_a_cancelled_region_takes_nothing(on: &Flavour) {
        on.run(async {
            let mut handle = task_group(async |g| g.spawn(async { 7 })).await.unwrap();
            assert!(handle.is_finished());
            let cancelled = || {
                let scope = CancelScope::new();
                scope.handle().cancel();
                scope
            };
            assert!(cancelled().run(handle.wait()).await.is_err());
            assert!(cancelled().run(&mut handle).await.is_err());
            // Beside a hold it is polled again and again, and is no more ready for that.
            let held = cancelled().run(futures_util::future::join(&mut handle, shield(yields(20))));
            assert!(held.await.is_err());
            assert_eq!(handle.await.unwrap(), 7);
        });
    }

    /// HA3: a waiter that is cancelled while it waits leaves the value to the next one.
    #[local(ha3_local_a_cancelled_waiter_leaves_the_value)]
    pub fn ha3_a_cancelled_waiter_leaves_the_value(on: &Flavour) {
        on.run(async {
            let value = task_group(async |g| {
                let gate = Event::new();
                let opened = gate.wait();
                let mut handle = g.spawn(async move {
                    opened.await;
                    7
                });
                let scope = CancelScope::new();
                let canceller = scope.handle();
                {
                    let mut run = pin!(scope.run(&mut handle));
                    assert!(poll_once(&mut run).await.is_pending());
                    canceller.cancel();
                    assert!(matches!(poll_once(&mut run).await, Poll::Ready(Err(_))));
                }
                gate.set();
                handle.await.unwrap()
            })
            .await;
            assert_eq!(value.unwrap(), 7);
        });
    }

    /// HA3: a waiter inside a shield is not touched by the cancel outside.
    #[local(ha3_local_a_shielded_waiter_gets_the_value)]
    pub fn ha3_a_shielded_waiter_gets_the_value(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let child = g.spawn(async {
                    yields(20).await;
                    7
                });
                let scope = CancelScope::new();
                scope.handle().cancel();
                let result = scope
                    .run(async {
                        let value = shield(child).await.unwrap();
                        trace.push(format!("{value}"));
                        checkpoint().await;
                    })
                    .await;
                assert!(result.is_err());
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["7"]);
        });
    }

    /// HA3: a body that awaits a child which fails sees `Failed` or is cut; the error is in the group either way.
    #[local(ha3_local_a_body_that_awaits_a_failing_child)]
    pub fn ha3_a_body_that_awaits_a_failing_child(on: &Flavour) {
        on.run(async {
            for _ in 0..50 {
                let seen = Trace::new();
                let result = try_task_group(async |g| {
                    let child = g.spawn(async {
                        yields(2).await;
                        Err::<(), _>("broken")
                    });
                    seen.push(format!("{:?}", child.await.unwrap_err()));
                    Ok(())
                })
                .await;
                assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
                let seen = seen.take();
                assert!(seen.is_empty() || seen == ["Failed"], "{seen:?}");
            }
        });
    }

    /// HA3: in a shield the body sees `Failed` for sure, and the error is already the group's.
    #[local(ha3_local_a_shielded_body_sees_a_failing_child)]
    pub fn ha3_a_shielded_body_sees_a_failing_child(on: &Flavour) {
        on.run(async {
            for _ in 0..50 {
                let result = try_task_group(async |g| {
                    let child = g.spawn(async { Err::<(), _>("broken") });
                    let seen = shield(child).await;
                    assert!(matches!(seen, Err(TaskError::Failed)));
                    assert!(g.cancel_called());
                    Err::<(), _>("body")
                })
                .await;
                assert_eq!(result.unwrap_err().into_errors(), ["broken", "body"]);
            }
        });
    }

    /// HA3: a wait for a task that was given up leaves nothing behind: it is not woken by the task's end.
    #[local(ha3_local_a_wait_that_was_given_up_is_not_woken)]
    pub fn ha3_a_wait_that_was_given_up_is_not_woken(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                let gate = Event::new();
                let opened = gate.clone();
                let mut handle = Box::pin(g.spawn(async move { opened.wait().await }));
                let wakes = WakeCounter::new();
                assert!(wakes.poll(handle.as_mut()).is_pending());
                drop(handle);
                gate.set();
                wakes
            })
            .await;
            assert_eq!(result.unwrap().wakes(), 0);
        });
    }
}
