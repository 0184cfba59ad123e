//! `shield_with`: the shielded body is told about the outside.

use futures_util::future::{Either, select};

use crate::harness::*;

/// SH4: `outside.cancelled()` waits for the outside's cancel and tells its reason; the body winds down in peace.
pub fn sh4_outside_cancelled_is_the_waiting_form(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let asleep = Event::new();
        let result = scope
            .run(async {
                let graceful = shield_with(async |outside: Outside| {
                    assert!(!outside.is_cancelled());
                    assert!(outside.reason().is_none());
                    asleep.set();
                    let reason = outside.cancelled().await;
                    trace.push(super::cause_of(&reason));
                    assert!(outside.is_cancelled());
                    assert_eq!(super::cause_of(&outside.reason().unwrap()), "stop");
                    assert!(!is_cancelled());
                    checkpoint().await;
                    yields(2).await;
                    trace.push("wound down");
                });
                let stopper = async {
                    asleep.wait().await;
                    start_thread(move || handle.cancel_with("stop"));
                };
                futures_util::join!(graceful, stopper);
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["stop", "wound down"]);
    });
}

/// SH4: in a shield whose outside is already cancelled, `outside.cancelled()` is ready.
pub fn sh4_outside_cancelled_is_ready_after_the_cancel(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel_with("before");
        let result = scope
            .run(shield_with(async |outside: Outside| {
                let first = outside.cancelled().await;
                let second = outside.cancelled().await;
                assert!(outside.is_cancelled());
                (super::cause_of(&first), super::cause_of(&second))
            }))
            .await
            .unwrap();
        assert_eq!(result, ("before".to_owned(), "before".to_owned()));
    });
}

/// SH4: work raced against `outside.cancelled()` is left by the body itself, which then gives its value.
pub fn sh4_work_can_be_raced_against_the_outside(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield_with(async |outside: Outside| {
                let work = Box::pin(async {
                    handle.cancel();
                    pending::<()>().await;
                });
                let asked = Box::pin(outside.cancelled());
                let stopped = matches!(select(work, asked).await, Either::Right(_));
                yields(2).await;
                stopped
            }))
            .await;
        assert_eq!(result.ok(), Some(true));
    });
}

/// SH4: the outside of an inner shield is the outer shield's inside, which nobody has cancelled.
pub fn sh4_the_outside_of_an_inner_shield_is_the_outer_shield(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield_with(async |far: Outside| {
                handle.cancel();
                far.cancelled().await;
                shield_with(async |near: Outside| {
                    yields(2).await;
                    let mut waiting = Box::pin(near.cancelled());
                    let woken = poll_once(&mut waiting).await.is_ready();
                    (far.is_cancelled(), near.is_cancelled(), woken)
                })
                .await
            }))
            .await;
        assert_eq!(result.ok(), Some((true, false, false)));
    });
}

/// SH4: a scope between the shields is the inner one's outside.
pub fn sh4_a_scope_between_the_shields_is_the_outside_of_the_inner(on: &Flavour) {
    on.run(async {
        let middle = CancelScope::new();
        let handle = middle.handle();
        let cut = shield(middle.run(async {
            let reason = shield_with(async |outside: Outside| {
                handle.cancel_with("middle");
                outside.cancelled().await
            })
            .await;
            assert_eq!(super::cause_of(&reason), "middle");
            pending::<()>().await;
        }))
        .await;
        assert!(cut.is_err());
    });
}

/// SH4: a clone of the outside tells a child of a shielded group what its own regions hide.
pub fn sh4_a_clone_of_the_outside_tells_a_child(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield_with(async |outside: Outside| {
                task_group(async |g| {
                    let asleep = Event::new();
                    let ready = asleep.clone();
                    let child = g.spawn(async move {
                        ready.set();
                        let reason = outside.clone().cancelled().await;
                        checkpoint().await;
                        (super::cause_of(&reason), is_cancelled())
                    });
                    asleep.wait().await;
                    on_thread(move || handle.cancel_with("stop"));
                    child.await.unwrap()
                })
                .await
                .unwrap()
            }))
            .await;
        assert_eq!(result.unwrap(), ("stop".to_owned(), false));
    });
}

/// SH4: waiting for the outside is itself an operation: a cancelled scope inside the shield ends it.
pub fn sh4_a_scope_inside_ends_the_wait_for_the_outside(on: &Flavour) {
    on.run(async {
        let ended = shield_with(async |outside: Outside| {
            let inner = CancelScope::new();
            let handle = inner.handle();
            let waiting = async {
                handle.cancel();
                outside.cancelled().await
            };
            inner.run(waiting).await.is_err()
        })
        .await;
        assert!(ended);
    });
}

/// SH4: the wait for the outside is woken by the cancel and by nothing else.
pub fn sh4_the_wait_for_the_outside_is_idle(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield_with(async |outside: Outside| {
                let (waiting, counter) = counted(outside.cancelled());
                start_thread(move || {
                    std::thread::sleep(Duration::from_millis(20));
                    handle.cancel()
                });
                waiting.await;
                counter.polls()
            }))
            .await;
        let polls = result.unwrap();
        assert!(polls <= 4, "{polls} polls");
    });
}

/// SH4: a deadline outside is told as such.
pub fn sh4_a_deadline_outside_is_told(on: &Flavour) {
    on.run(async {
        let told = move_on_after(
            Duration::from_millis(2),
            shield_with(async |outside: Outside| {
                *outside.cancelled().await.cause() == Cause::Deadline
            }),
        )
        .await;
        assert_eq!(told, Some(true));
    });
}

/// SH4: an `Outside` that was kept beyond its shield waits for nothing: the shield is no more.
pub fn sh4_the_outside_of_an_ended_shield_is_shut_down(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let trace = Trace::new();
        let result = scope
            .run(task_group(async |g: TaskGroup| {
                let waiting = Event::new();
                let (told, polled) = (trace.clone(), waiting.clone());
                shield_with(async |outside: Outside| {
                    let kept = outside.clone();
                    g.spawn(shield(async move {
                        let mut wait = Box::pin(kept.cancelled());
                        if let Poll::Ready(reason) = poll_once(&mut wait).await {
                            panic!("too early: {reason}");
                        }
                        polled.set();
                        told.push(format!("{:?}", wait.await.cause()));
                    }));
                    waiting.wait().await;
                })
                .await;
                handle.cancel();
                pending::<()>().await;
            }))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["Shutdown"]);
    });
}

/// SH4: a wait for the outside that was given up is not woken by the outside's cancel.
pub fn sh4_a_wait_for_the_outside_that_was_given_up_is_not_woken(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield_with(async |outside: Outside| {
                let wakes = WakeCounter::new();
                let mut wait = Box::pin(outside.cancelled());
                assert!(wakes.poll(wait.as_mut()).is_pending());
                drop(wait);
                handle.cancel();
                assert_eq!(wakes.wakes(), 0);
            }))
            .await;
        assert!(result.is_ok());
    });
}
