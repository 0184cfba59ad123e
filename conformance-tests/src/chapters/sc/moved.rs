//! SC14: regions that are polled elsewhere than where they were entered.
//!
//! One test after the other about one rule, which makes the file longer than others.

use super::{explicit, far};
use crate::harness::*;
use futures_util::{FutureExt, future::select, join};

/// What code in a region sees of the regions around it.
fn seen() -> (Option<Instant>, bool) {
    (current_effective_deadline(), is_cancelled())
}

/// SC14: a shared future's regions belong to the task that polled it first, not to the one that finishes it.
pub fn sc14_a_region_belongs_to_the_context_of_its_first_poll(on: &Flavour) {
    on.run(async {
        let deadline = far(1);
        let gate = Event::new();
        let wait = gate.wait();
        let polled = Event::new();
        let told = polled.clone();
        let shared = CancelScope::new()
            .run(async move {
                told.set();
                wait.await;
                seen()
            })
            .map(|result| result.expect("no cancel"))
            .shared();
        let (leave, left, end) = (Event::new(), Event::new(), Event::new());
        let result = task_group(async |g: TaskGroup| {
            let (copy, leaving, ending) = (shared.clone(), leave.wait(), end.wait());
            let gone = left.clone();
            let first = g.spawn(move_on_at(deadline, async move {
                // Polls the shared future, lets go of it and lives on.
                drop(select(copy, leaving).await);
                gone.set();
                ending.await;
            }));
            polled.wait().await;
            let second = g.spawn(async move {
                let value = shared.await;
                (value, seen())
            });
            leave.set();
            // A copy of a `Shared` that is dropped after its own poll was woken takes the wake down with it, so the
            // first task lets go before there is one.
            left.wait().await;
            gate.set();
            let seen = second.await.expect("no cancel");
            end.set();
            first.await.expect("no cancel");
            seen
        })
        .await;
        let (region, task) = result.expect("no cancel");
        assert_eq!(region, (Some(deadline), false));
        assert_eq!(task, (None, false));
    });
}

/// SC14: a moved region is reached by a cancel of where it was entered, through the waker of who polls it now.
pub fn sc14_a_moved_region_is_cancelled_from_where_it_was_entered(on: &Flavour) {
    on.run(async {
        let entered = CancelScope::new();
        let handle = entered.handle();
        let (body, counter) = pending_counted();
        let moved = Box::pin(CancelScope::new().run(body));
        let slot = Mutex::new(Some(moved));
        let gate = Event::new();
        let mut around = Box::pin(entered.run(async {
            let mut moved = slot.lock().expect("no panic").take().expect("full");
            assert!(poll_once(&mut moved).await.is_pending());
            *slot.lock().expect("no panic") = Some(moved);
            // The shield keeps the scope open that the moved region was entered in.
            shield(gate.wait()).await;
        }));
        assert!(poll_once(&mut around).await.is_pending());
        let mut moved = slot.lock().expect("no panic").take().expect("full");
        assert!(poll_once(&mut moved).await.is_pending());
        assert_eq!(counter.drops(), 0);
        handle.cancel();
        // Nobody here is cancelled, and still the region is; the scope it was entered in is the one to absorb.
        assert!(!is_cancelled());
        assert!(poll_once(&mut moved).await.is_pending());
        assert_eq!(counter.drops(), 1);
        gate.set();
        assert!(around.await.is_ok(), "the body was ready");
    });
}

/// SC14: the same for a region that another task waits in: it is woken by the cancel.
pub fn sc14_a_moved_region_is_woken_in_the_task_that_polls_it(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut moved = Box::pin(scope.run(pending::<()>()));
        assert!(poll_once(&mut moved).await.is_pending());
        let result = task_group(async |g: TaskGroup| {
            let polled = Event::new();
            let told = polled.clone();
            let child = g.spawn(async move {
                assert!(poll_once(&mut moved).await.is_pending());
                told.set();
                moved.await
            });
            polled.wait().await;
            handle.cancel_with("moved");
            child.await.expect("the child ends by itself")
        })
        .await;
        let cancelled = result.expect("no cancel").expect_err("absorbed there");
        assert_eq!(cancelled.reason().cause(), &explicit("moved"));
    });
}

/// SC14: a region that was never polled belongs to whoever polls it first.
pub fn sc14_a_region_moved_before_its_first_poll_belongs_to_its_new_place(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let made_here = move_on_at(far(1), async {
                CancelScope::new().run(async {
                    yield_once().await;
                    seen()
                })
            });
            let run = made_here.await.expect("the deadline is far away");
            g.task()
                .name("new place")
                .spawn(run)
                .await
                .expect("no cancel")
        })
        .await;
        let value = result.expect("no cancel").expect("no cancel");
        assert_eq!(value, (None, false));
    });
}

/// SC14: the region that polls a moved one does not cancel it, and its own context is untouched by it.
pub fn sc14_the_polling_region_keeps_its_own_context(on: &Flavour) {
    on.run(async {
        let (here, there) = (far(1), far(2));
        let mut moved = Box::pin(move_on_at(there, async {
            yield_once().await;
            seen()
        }));
        assert!(poll_once(&mut moved).await.is_pending());
        let scope = CancelScope::new().deadline(here);
        let handle = scope.handle();
        let value = scope
            .run(async {
                assert_eq!(current_effective_deadline(), Some(here));
                handle.cancel();
                let value = poll_once(&mut moved).await;
                assert!(is_cancelled());
                value
            })
            .await;
        let value = value.expect("the body does not wait");
        assert_eq!(value, Poll::Ready(Some((Some(there), false))));
    });
}

/// SC14: a region that was entered in a scope which then was cancelled stays cancelled outside of it.
pub fn sc14_a_moved_region_stays_cancelled_outside_the_scope_it_was_entered_in(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (body, counter) = pending_counted();
        let mut moved = Box::pin(CancelScope::new().run(body));
        let result = scope
            .run(async {
                assert!(poll_once(&mut moved).await.is_pending());
                handle.cancel();
                "left with a value"
            })
            .await;
        assert_eq!(result.ok(), Some("left with a value"));
        assert!(!is_cancelled());
        for _ in 0..3 {
            assert!(poll_once(&mut moved).await.is_pending());
            assert_eq!(counter.drops(), 1);
        }
    });
}

/// SC14: a region that outlives the one it was entered in goes on in the region around.
pub fn sc14_a_region_that_outlives_its_place_goes_on_in_the_region_around(on: &Flavour) {
    on.run(async {
        let (here, there) = (far(2), far(1));
        let around = CancelScope::new().deadline(here);
        let handle = around.handle();
        let trace = Trace::new();
        let result = around
            .run(async {
                let mut moved = Box::pin(CancelScope::new().run(async {
                    assert_eq!(current_effective_deadline(), Some(there));
                    yield_once().await;
                    assert_eq!(current_effective_deadline(), Some(here));
                    trace.push("goes on");
                    handle.cancel();
                    assert!(is_cancelled());
                    checkpoint().await;
                    trace.push("not reached");
                }));
                let entered = move_on_at(there, async {
                    assert!(poll_once(&mut moved).await.is_pending());
                });
                assert!(entered.await.is_some());
                let _ = moved.await;
                trace.push("not reached either");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["goes on"]);
    });
}

/// SC14: a hold that outlives the region it was entered in holds the region around, in the same task.
pub fn sc14_a_hold_that_outlives_its_place_holds_the_region_around(on: &Flavour) {
    on.run(async {
        let around = CancelScope::new();
        let handle = around.handle();
        let gate = Event::new();
        let trace = Trace::new();
        let result = around
            .run(async {
                let mut moved = Box::pin(shield(gate.wait()));
                let entered = CancelScope::new().run(async {
                    assert!(poll_once(&mut moved).await.is_pending());
                });
                assert!(entered.await.is_ok());
                handle.cancel();
                join!(moved, async {
                    yields(5).await;
                    trace.push("held");
                    gate.set();
                });
                trace.push("hold gone");
                checkpoint().await;
                trace.push("not reached");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["held", "hold gone"]);
    });
}

/// SC14: a wait for the cancel of a region that ends goes on in the region around.
pub fn sc14_a_wait_for_the_cancel_goes_on_in_the_region_around(on: &Flavour) {
    on.run(async {
        let around = CancelScope::new();
        let handle = around.handle();
        let told = Trace::new();
        let result = around
            .run(async {
                let mut wait = Box::pin(cancelled());
                let entered = CancelScope::new().run(async {
                    assert!(poll_once(&mut wait).await.is_pending());
                });
                assert!(entered.await.is_ok());
                assert!(poll_once(&mut wait).await.is_pending());
                join!(
                    shield(async {
                        yields(3).await;
                        handle.cancel_with("around");
                        yields(3).await;
                    }),
                    async { told.push(wait.await.to_string()) }
                );
            })
            .await;
        assert!(result.is_ok());
        let told = told.take();
        assert!(told.len() == 1 && told[0].contains("around"), "{told:?}");
    });
}

/// SC14: such a wait is woken when its region ends, also where it is not polled otherwise.
pub fn sc14_a_wait_is_woken_when_its_region_ends(on: &Flavour) {
    on.run(async {
        let wakes = WakeCounter::new();
        let mut wait = Box::pin(cancelled());
        let entered = CancelScope::new().run(async {
            assert!(wakes.poll(wait.as_mut()).is_pending());
        });
        assert!(entered.await.is_ok());
        assert_eq!(wakes.wakes(), 1);
        assert!(wakes.poll(wait.as_mut()).is_pending());
    });
}

/// SC8, SC14: a region that outlived what was cancelled around it still has a reason.
pub fn sc14_a_region_that_stays_cancelled_has_a_reason(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let told = Trace::new();
        let mut moved = Box::pin(shield_with(async |outside: Outside| {
            yield_once().await;
            assert!(outside.is_cancelled());
            assert!(outside.reason().is_some());
            // Undoes the shield: it is cancelled, for it ends here.
            told.push(match restore(pending::<()>()).await {
                Ok(()) => "ready",
                Err(_) => "cancelled",
            });
        }));
        let entered = scope.run(async {
            assert!(poll_once(&mut moved).await.is_pending());
            handle.cancel();
        });
        assert!(entered.await.is_ok());
        moved.await;
        assert_eq!(told.take(), ["cancelled"]);
    });
}

/// SC14: the same for a hold that was entered in a group which foreign code then dropped.
pub fn sc14_a_hold_that_outlives_a_dropped_group_holds_the_region_around(on: &Flavour) {
    on.run(async {
        let around = CancelScope::new();
        let handle = around.handle();
        let gate = Event::new();
        let trace = Trace::new();
        let result = around
            .run(async {
                let mut moved = Box::pin(shield(gate.wait()));
                let mut group = Box::pin(task_group(async |_: TaskGroup| {
                    assert!(poll_once(&mut moved).await.is_pending());
                    pending::<()>().await;
                }));
                assert!(poll_once(&mut group).await.is_pending());
                drop(group);
                handle.cancel();
                join!(moved, async {
                    yields(5).await;
                    trace.push("held");
                    gate.set();
                });
                trace.push("hold gone");
                checkpoint().await;
                trace.push("not reached");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["held", "hold gone"]);
    });
}
