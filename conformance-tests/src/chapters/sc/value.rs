//! SC3: value beats cancellation, and a hold keeps a body.
//!
//! The scopes here are polled by hand, so that a test says between which two polls the cancel comes.

use crate::harness::*;
use futures_util::join;

/// SC3: a body that is ready at the poll that would see the cancel returns its value.
pub fn sc3_value_beats_cancellation(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let wakes = WakeCounter::new();
        let wait = gate.wait();
        let mut run = pin!(scope.run(async move {
            wait.await;
            "value"
        }));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        gate.set();
        let left = wakes.poll(run.as_mut());
        assert!(matches!(left, Poll::Ready(Ok("value"))), "{left:?}");
    });
}

/// SC3: the same through an executor: the cancel wakes the scope, and the body is polled first.
pub fn sc3_value_beats_cancellation_in_a_running_task(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut polls = 0;
        let body = poll_fn(move |_| {
            polls += 1;
            if polls == 1 {
                Poll::Pending
            } else {
                Poll::Ready(polls)
            }
        });
        let (value, _) = join!(scope.run(body), async { handle.cancel() });
        assert_eq!(value.ok(), Some(2));
    });
}

/// SC3: a pending body that nothing holds is dropped in the poll that sees the cancel, after it was polled.
pub fn sc3_a_pending_body_is_dropped_there_and_then(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let (body, counter) = pending_counted();
        let mut run = pin!(scope.run(body));
        assert!(wakes.poll(run.as_mut()).is_pending());
        assert_eq!((counter.polls(), counter.drops()), (1, 0));
        handle.cancel();
        assert_eq!(counter.drops(), 0, "only its own task drops a body");
        let left = wakes.poll(run.as_mut());
        assert!(matches!(left, Poll::Ready(Err(_))), "{left:?}");
        assert_eq!((counter.polls(), counter.drops()), (2, 1));
    });
}

/// SC3: a value that becomes available after the body's poll goes down with the body.
pub fn sc3_a_value_that_comes_after_the_poll_is_dropped_with_the_body(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut slot = None;
        let noted = trace.clone();
        let body = poll_fn(move |_| {
            if let Some(value) = slot.take() {
                return Poll::Ready(value);
            }
            slot = Some(DropProbe::new(&noted, "value dropped"));
            handle.cancel();
            Poll::Pending
        });
        let result = scope.run(body).await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["value dropped"]);
    });
}

/// SC3: a body that holds is kept, and dropped as soon as the hold is gone.
pub fn sc3_a_hold_keeps_the_body(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let wakes = WakeCounter::new();
        let (neighbour, counter) = pending_counted();
        let hold = gate.wait();
        let mut run = pin!(scope.run(async move { join!(shield(hold), neighbour) }));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        for _ in 0..3 {
            assert!(wakes.poll(run.as_mut()).is_pending());
            assert_eq!(counter.drops(), 0);
        }
        gate.set();
        assert!(matches!(wakes.poll(run.as_mut()), Poll::Ready(Err(_))));
        assert_eq!(counter.drops(), 1);
    });
}

/// SC3: a value that a held body produces after the cancel is returned.
pub fn sc3_a_held_body_may_still_return_its_value(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let value = join!(
            scope.run(async {
                let (shielded, plain) = join!(shield(gate.wait()), yields(4));
                (shielded, plain)
            }),
            async {
                handle.cancel();
                yields(10).await;
                gate.set();
            }
        );
        assert!(value.0.is_ok());
    });
}

/// SC3: foreign futures beside a hold go on, operations of this library there do not.
pub fn sc3_beside_a_hold_foreign_futures_go_on_and_operations_do_not(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let result = scope
            .run(async {
                handle.cancel();
                join!(
                    async {
                        shield(gate.wait()).await;
                        trace.push("hold gone");
                    },
                    async {
                        yields(5).await;
                        trace.push("foreign");
                        gate.set();
                        checkpoint().await;
                        trace.push("operation");
                    }
                )
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["foreign", "hold gone"]);
    });
}

/// SC3: an operation that was already waiting when the cancel came does not complete beside a hold either.
pub fn sc3_a_waiting_operation_beside_a_hold_does_not_complete(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let limiter = CapacityLimiter::new(0);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(async {
            join!(shield(gate.wait()), async {
                let _token = limiter.acquire().await;
                trace.push("acquired");
            })
        }));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        assert!(wakes.poll(run.as_mut()).is_pending());
        limiter.set_total(1);
        assert!(wakes.poll(run.as_mut()).is_pending());
        gate.set();
        assert!(matches!(wakes.poll(run.as_mut()), Poll::Ready(Err(_))));
        assert_eq!(trace.take(), Vec::<String>::new());
        assert!(limiter.try_acquire().is_some());
    });
}

/// SC3: a nested region without a hold of its own is dropped at once, although a hold beside it keeps the outer body.
pub fn sc3_a_nested_region_without_a_hold_is_dropped_beside_one(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let wakes = WakeCounter::new();
        let trace = Trace::new();
        let (nested, counter) = pending_counted();
        let hold = gate.wait();
        let noted = trace.clone();
        let mut run = pin!(scope.run(async move {
            join!(shield(hold), async {
                let _ = CancelScope::new().run(nested).await;
                noted.push("after the nested scope");
            })
        }));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        assert!(wakes.poll(run.as_mut()).is_pending());
        assert_eq!(counter.drops(), 1, "dropped while the hold is there");
        let polls = counter.polls();
        assert!(wakes.poll(run.as_mut()).is_pending());
        assert_eq!(counter.polls(), polls);
        gate.set();
        assert!(matches!(wakes.poll(run.as_mut()), Poll::Ready(Err(_))));
        assert_eq!(trace.take(), Vec::<String>::new());
    });
}

/// SC3: the same for a group beside a hold: its children end at once.
pub fn sc3_a_group_beside_a_hold_ends_its_children(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let (child, counter) = pending_counted();
        let polled = counter.clone();
        let (result, ()) = join!(
            scope.run(async {
                join!(
                    shield(gate.wait()),
                    task_group(async |g: TaskGroup| {
                        g.spawn(child);
                    })
                )
            }),
            async {
                until(|| polled.polls() > 0).await;
                handle.cancel();
                until(|| counter.drops() == 1).await;
                gate.set();
            }
        );
        assert!(result.is_err());
    });
}

/// SC3: a hold counts however many regions and tasks lie between.
pub fn sc3_a_hold_deep_below_keeps_every_region_above(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let held = Event::new();
        let child = {
            let (trace, gate, held) = (trace.clone(), gate.clone(), held.clone());
            async move {
                let _ = CancelScope::new()
                    .run(shield(async {
                        held.set();
                        gate.wait().await;
                        trace.push("hold gone");
                    }))
                    .await;
            }
        };
        let (result, ()) = join!(
            async {
                let result = scope
                    .run(async {
                        let _above = DropProbe::new(&trace, "body dropped");
                        let _ = CancelScope::new()
                            .run(task_group(async |g: TaskGroup| {
                                g.spawn(child);
                            }))
                            .await;
                        pending::<()>().await;
                    })
                    .await;
                trace.push("left");
                result
            },
            async {
                held.wait().await;
                handle.cancel();
                yields(50).await;
                assert_eq!(trace.snapshot(), Vec::<String>::new());
                gate.set();
            }
        );
        assert!(result.is_err());
        assert_eq!(trace.take(), ["hold gone", "body dropped", "left"]);
    });
}

/// SC3: what holds a child does not hold the body of its group: the body is dropped at once.
pub fn sc3_a_child_in_a_shield_does_not_hold_the_body(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let group = task_group(async |g| {
            let _body = DropProbe::new(&trace, "body gone");
            let inside = Event::new();
            let (entered, noted) = (inside.clone(), trace.clone());
            g.spawn(shield(async move {
                entered.set();
                // The body is dropped while this waits, or it would wait for ever.
                until(|| noted.count("body gone") == 1).await;
                noted.push("child");
            }));
            inside.wait().await;
            g.cancel();
            pending::<()>().await;
        });
        assert!(group.await.is_err());
        assert_eq!(trace.take(), ["body gone", "child"]);
    });
}
