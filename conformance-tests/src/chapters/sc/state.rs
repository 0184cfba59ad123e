//! SC11: what a task can ask about the region it is in.

use super::{explicit, far};
use crate::harness::*;
use futures_util::{future::join_all, join};

/// SC11: outside any cancel nothing is cancelled and there is no deadline.
pub fn sc11_an_uncancelled_region_says_so(on: &Flavour) {
    on.run(async {
        assert!(!is_cancelled());
        assert!(cancel_reason().is_none());
        assert_eq!(current_effective_deadline(), None);
        let mut wait = Box::pin(cancelled());
        assert!(poll_once(&mut wait).await.is_pending());
    });
}

/// SC11: the effective deadline is the earliest of those around.
pub fn sc11_the_effective_deadline_is_the_earliest_around(on: &Flavour) {
    on.run(async {
        let (early, late) = (far(1), far(2));
        let seen = move_on_at(late, async {
            let inner = move_on_at(early, async { current_effective_deadline() }).await;
            (current_effective_deadline(), inner)
        });
        assert_eq!(seen.await, Some((Some(late), Some(Some(early)))));
        let seen = move_on_at(early, async {
            move_on_at(late, async { current_effective_deadline() }).await
        });
        assert_eq!(seen.await, Some(Some(Some(early))));
    });
}

/// SC11: the deadline of a cancelled region is past already.
pub fn sc11_the_deadline_of_a_cancelled_region_is_past(on: &Flavour) {
    on.run(async {
        for scope in [CancelScope::new(), CancelScope::new().deadline(far(1))] {
            let handle = scope.handle();
            let result = scope
                .run(async {
                    handle.cancel();
                    let deadline = current_effective_deadline().expect("it is past");
                    assert!(deadline <= Instant::now());
                    let nested = CancelScope::new().run(async { current_effective_deadline() });
                    let nested = nested.await.expect("ready").expect("past here too");
                    assert!(nested <= Instant::now());
                })
                .await;
            assert!(result.is_ok());
        }
    });
}

/// SC11: `cancelled()` completes with the reason, and the body may return a value after it.
pub fn sc11_cancelled_completes_with_the_reason(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (value, _) = join!(
            scope.run(async {
                let reason = cancelled().await;
                assert!(is_cancelled());
                reason
            }),
            async { handle.cancel_with("stop") }
        );
        let reason = value.expect("the body returned");
        assert_eq!(reason.cause(), &explicit("stop"));
    });
}

/// SC11: in a region that is cancelled already `cancelled()` is ready at once, again and again.
pub fn sc11_cancelled_is_ready_in_a_cancelled_region(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let value = scope
            .run(async {
                handle.cancel();
                for _ in 0..3 {
                    cancelled().await;
                }
                "still here"
            })
            .await;
        assert_eq!(value.ok(), Some("still here"));
    });
}

/// SC11: `cancelled()` sees the cancel of any region around, also of the region around its task's group.
pub fn sc11_cancelled_sees_every_region_around(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let waiting = Event::new();
        let (noted, told) = (trace.clone(), waiting.clone());
        let (result, ()) = join!(
            scope.run(task_group(async |g: TaskGroup| {
                g.spawn(async move {
                    // Without a hold, a cancel between the poll of the body and the check drops the body (SC3).
                    let seen = Event::new();
                    let inner = CancelScope::new().run(async {
                        told.set();
                        let (reason, ()) = join!(
                            async {
                                let reason = cancelled().await;
                                seen.set();
                                reason
                            },
                            shield(seen.wait())
                        );
                        reason
                    });
                    let reason = inner.await.expect("the body is ready");
                    noted.push(format!("{:?}", reason.cause()));
                });
            })),
            async {
                waiting.wait().await;
                handle.cancel_with("around");
            }
        );
        assert!(result.is_ok(), "the child ended by itself");
        assert_eq!(trace.take(), [format!("{:?}", explicit("around"))]);
    });
}

/// SC11: inside a shield all of it tells the shield's own state.
/// Others had it wrong: AnyIO #832.
pub fn sc11_inside_a_shield_the_state_is_the_shields_own(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline(far(1));
        let handle = scope.handle();
        let value = scope
            .run(async {
                handle.cancel();
                shield(async {
                    assert!(!is_cancelled());
                    assert!(cancel_reason().is_none());
                    assert_eq!(current_effective_deadline(), None);
                    let mut wait = Box::pin(cancelled());
                    assert!(poll_once(&mut wait).await.is_pending());
                    let own = far(2);
                    let inside = move_on_at(own, async { current_effective_deadline() });
                    assert_eq!(inside.await, Some(Some(own)));
                })
                .await;
                assert!(is_cancelled());
            })
            .await;
        assert!(value.is_ok());
    });
}

/// SC11: the argument of a shield tells the outside's state, before and after the cancel.
pub fn sc11_a_shields_argument_tells_the_outside(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = Event::new();
        let told = inside.clone();
        let (value, ()) = join!(
            scope.run(shield_with(async move |outside: Outside| {
                assert!(!outside.is_cancelled());
                assert!(outside.reason().is_none());
                told.set();
                let reason = outside.cancelled().await;
                assert!(outside.is_cancelled());
                let again = outside.reason().expect("cancelled");
                assert_eq!(reason.cause(), again.cause());
                assert!(!is_cancelled());
                // Winds down with everything still at its service.
                checkpoint().await;
                sleep(Duration::ZERO).await;
                reason
            })),
            async {
                inside.wait().await;
                handle.cancel_with("outside");
            }
        );
        let reason = value.expect("a shielded value is returned");
        assert_eq!(reason.cause(), &explicit("outside"));
    });
}

/// SC11: the outside can be waited for in another task and in a sub-executor, each woken through its own waker.
pub fn sc11_a_shields_argument_wakes_whoever_waits_for_it(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let waiting = Event::new();
        let told = waiting.clone();
        let (value, ()) = join!(
            scope.run(shield_with(async move |outside: Outside| {
                let all = join_all((0..40).map(|_| outside.cancelled()));
                let children = task_group(async |g: TaskGroup| {
                    let outside = outside.clone();
                    let child = g.spawn(async move {
                        let mut wait = Box::pin(outside.cancelled());
                        assert!(poll_once(&mut wait).await.is_pending());
                        told.set();
                        wait.await
                    });
                    child.await.expect("nothing cancels the child")
                });
                let (reasons, child) = join!(all, children);
                assert!(
                    reasons
                        .iter()
                        .all(|reason| reason.cause() == &explicit("outside"))
                );
                child.expect("nothing cancels the group")
            })),
            async {
                waiting.wait().await;
                handle.cancel_with("outside");
            }
        );
        assert_eq!(
            value.expect("a shielded value").cause(),
            &explicit("outside")
        );
    });
}

/// SC11: each shield's argument tells what is outside that shield, up to the next one.
pub fn sc11_nested_shields_tell_their_own_outside(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let value = scope
            .run(shield_with(async |outer: Outside| {
                let middle = CancelScope::new();
                let middle_handle = middle.handle();
                let result = middle
                    .run(shield_with(async |inner: Outside| {
                        handle.cancel_with("outer");
                        assert!(outer.is_cancelled());
                        assert!(!inner.is_cancelled());
                        middle_handle.cancel_with("middle");
                        assert_eq!(inner.cancelled().await.cause(), &explicit("middle"));
                        assert_eq!(outer.cancelled().await.cause(), &explicit("outer"));
                        assert!(!is_cancelled());
                    }))
                    .await;
                assert!(result.is_ok());
            }))
            .await;
        assert!(value.is_ok());
    });
}

/// SC11: `current_task()` names the task that asks, in every region of it.
pub fn sc11_current_task_names_the_task_that_asks(on: &Flavour) {
    fn name() -> Option<String> {
        current_task().map(|task| task.name())
    }
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let main = current_task().map(|task| task.id());
            assert!(main.is_some());
            let child = g.task().name("asker").spawn(async {
                assert_eq!(name().as_deref(), Some("asker"));
                let inner = CancelScope::new().run(shield(async {
                    yields(3).await;
                    name()
                }));
                let seen = inner.await.expect("no cancel");
                assert_eq!(seen.as_deref(), Some("asker"));
                current_task().map(|task| task.id())
            });
            let id = child.id();
            let seen = child.await.expect("the child ends by itself");
            assert_eq!(seen, Some(id));
            assert_ne!(seen, main);
            assert_eq!(current_task().map(|task| task.id()), main);
        })
        .await;
        assert!(result.is_ok());
    });
}

/// SC11: a wait for the cancel that was given up is not woken by it.
pub fn sc11_a_wait_for_the_cancel_that_was_given_up_is_not_woken(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let wakes = WakeCounter::new();
                let mut wait = Box::pin(cancelled());
                assert!(wakes.poll(wait.as_mut()).is_pending());
                drop(wait);
                handle.cancel();
                assert_eq!(wakes.wakes(), 0);
            })
            .await;
        assert!(result.is_ok());
    });
}

/// SC11: a wait that is dropped after the cancel takes nothing else out of the tree.
pub fn sc11_a_wait_that_is_dropped_after_the_cancel_hides_nothing(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let mut wait = Box::pin(cancelled());
                assert!(WakeCounter::new().poll(wait.as_mut()).is_pending());
                handle.cancel();
                let line = line!() + 1;
                shield_with(async |_: Outside| {
                    drop(wait);
                    let tree = task_tree().expect("a runtime runs");
                    let is_here = |region: &RegionInfo| {
                        region.place.is_some_and(|place| place.line() == line)
                    };
                    assert!(tree.regions().iter().any(is_here), "{tree}");
                })
                .await;
            })
            .await;
        assert!(result.is_ok());
    });
}
