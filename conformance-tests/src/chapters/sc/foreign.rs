//! SC14, SC15: regions polled elsewhere than where they were entered, and code that has no context.

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
        let leave = Event::new();
        let end = Event::new();
        let result = task_group(async |g: TaskGroup| {
            let (copy, leaving, ending) = (shared.clone(), leave.wait(), end.wait());
            let first = g.spawn(move_on_at(deadline, async {
                // Polls the shared future, lets go of it and lives on.
                drop(select(copy, leaving).await);
                ending.await;
            }));
            polled.wait().await;
            let second = g.spawn(async move {
                let value = shared.await;
                (value, seen())
            });
            leave.set();
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

/// Runs `fut` as foreign code does: on a thread, with an executor, that anyrt knows nothing of.
async fn as_foreign_code<T: Send + 'static>(fut: impl Future<Output = T> + Send + 'static) -> T {
    let done = Event::new();
    let told = done.clone();
    let thread = std::thread::spawn(move || {
        let value = catch(|| block_on(fut));
        told.set();
        value
    });
    done.wait().await;
    let value = thread.join().expect("the panic was caught");
    value.unwrap_or_else(|message| panic!("foreign code panicked: {message}"))
}

/// SC15: foreign code has no context to ask.
pub fn sc15_foreign_code_has_no_context(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline(far(1));
        let handle = scope.handle();
        let value = scope
            .run(async {
                handle.cancel();
                // The shield keeps the wait for the thread, which is foreign too, from being dropped.
                shield(as_foreign_code(async {
                    yield_once().await;
                    (seen(), cancel_reason().is_none(), current_task().is_none())
                }))
                .await
            })
            .await;
        assert_eq!(value.expect("ready"), ((None, false), true, true));
    });
}

/// SC15: scopes, shields and finalizers work there.
pub fn sc15_scopes_work_in_foreign_code(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let noted = trace.clone();
        as_foreign_code(async move {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(finally(
                    async {
                        handle.cancel_with("foreign");
                        assert!(is_cancelled());
                        shield(async {
                            assert!(!is_cancelled());
                            yields(3).await;
                            noted.push("shield");
                        })
                        .await;
                        checkpoint().await;
                        noted.push("not reached");
                    },
                    async |_| {
                        yield_once().await;
                        noted.push("cleanup");
                    },
                ))
                .await;
            let cancelled = result.expect_err("the scope absorbs");
            assert_eq!(cancelled.reason().cause(), &explicit("foreign"));
            assert_eq!(cancelled.reason().by(), None);
            assert!(!is_cancelled());
            checkpoint().await;
        })
        .await;
        assert_eq!(trace.take(), ["shield", "cleanup"]);
    });
}

/// SC15: no cancel reaches foreign code from the task that spawned it; a handle given to it, or taken from it, does.
pub fn sc15_no_cancel_reaches_foreign_code_but_by_handle(on: &Flavour) {
    on.run(async {
        let spawner = CancelScope::new();
        let spawner_handle = spawner.handle();
        let own = CancelScope::new();
        let own_handle = own.handle();
        let inside = Event::new();
        let told = inside.clone();
        let cancelled = Event::new();
        let after = cancelled.clone();
        let (result, ()) = join!(
            spawner.run(shield(as_foreign_code(async move {
                told.set();
                after.wait().await;
                // The spawner is cancelled by now, and nothing of it shows here.
                assert!(!is_cancelled());
                checkpoint().await;
                own.run(pending::<()>()).await
            }))),
            async {
                inside.wait().await;
                spawner_handle.cancel();
                cancelled.set();
                own_handle.cancel_with("by handle");
            }
        );
        let inner = result.expect("a shielded value").expect_err("cancelled");
        assert_eq!(inner.reason().cause(), &explicit("by handle"));
    });
}

/// SC15: foreign code cancels a scope inside the runtime, and gives no task's name.
pub fn sc15_foreign_code_cancels_into_the_runtime(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (result, called) = join!(
            scope.run(pending::<()>()),
            as_foreign_code(async move { handle.cancel() })
        );
        assert!(called);
        let cancelled = result.expect_err("cancelled");
        assert_eq!(cancelled.reason().by(), None);
    });
}
