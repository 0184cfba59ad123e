//! SC10: the context travels by thread-local for the span of a poll.

use super::far;
use crate::harness::*;
use futures_util::{StreamExt, join, stream::FuturesUnordered};
use std::task::Waker;

/// SC10: a panic that leaves a region puts the context of its caller back.
pub fn sc10_the_context_is_restored_on_unwind(on: &Flavour) {
    on.run(async {
        let outer = far(2);
        let inner = far(1);
        let result = CancelScope::new()
            .deadline(outer)
            .run(async {
                let scope = CancelScope::new().deadline(inner);
                let handle = scope.handle();
                let panicked = catch_async(scope.run(async {
                    assert_eq!(current_effective_deadline(), Some(inner));
                    handle.cancel();
                    assert!(is_cancelled());
                    panic!("out of the region");
                }))
                .await;
                assert_eq!(panicked.err().as_deref(), Some("out of the region"));
                assert!(!is_cancelled());
                assert_eq!(current_effective_deadline(), Some(outer));
                checkpoint().await;
                assert_eq!(current_effective_deadline(), Some(outer));
            })
            .await;
        assert!(result.is_ok());
        assert_eq!(current_effective_deadline(), None);
    });
}

/// SC10: the same for a panic that leaves shields and finalizers.
pub fn sc10_the_context_is_restored_when_a_shield_unwinds(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                handle.cancel();
                let panicked = catch_async(shield(async {
                    assert!(!is_cancelled());
                    panic!("out of the shield");
                }));
                assert!(panicked.await.is_err());
                assert!(is_cancelled());
                let panicked = catch_async(finally(async { panic!("in the body") }, async |_| {
                    assert!(!is_cancelled());
                }));
                assert!(panicked.await.is_err());
                assert!(is_cancelled());
            })
            .await;
        assert!(result.is_ok());
        assert!(!is_cancelled());
    });
}

/// SC10: a panic in the drop of a cancelled body comes out, with the context of the caller.
pub fn sc10_the_context_is_restored_when_a_dropped_body_panics(on: &Flavour) {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("while the body was dropped");
        }
    }
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let run = scope.run(async {
            let _bomb = PanicOnDrop;
            handle.cancel();
            pending::<()>().await;
        });
        let panicked = catch_async(run).await;
        assert_eq!(
            panicked.err().as_deref(),
            Some("while the body was dropped")
        );
        assert!(!is_cancelled());
        checkpoint().await;
    });
}

/// SC10: while a cancelled body is dropped, the context is that of the region it belongs to.
pub fn sc10_a_body_is_dropped_in_its_own_context(on: &Flavour) {
    struct Ask(Trace);
    impl Drop for Ask {
        fn drop(&mut self) {
            self.0.push(format!("cancelled {}", is_cancelled()));
        }
    }
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let ask = Ask(trace.clone());
        let result = scope
            .run(async move {
                let _ask = ask;
                handle.cancel();
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["cancelled true"]);
    });
}

/// SC10: a child spawned in the middle of a cancelled scope has its own context.
pub fn sc10_a_spawned_task_installs_its_own_context(on: &Flavour) {
    on.run(async {
        let deadline = far(1);
        let result = task_group(async |g: TaskGroup| {
            let scope = CancelScope::new().deadline(deadline);
            let handle = scope.handle();
            let child = scope.run(async {
                handle.cancel();
                assert!(is_cancelled());
                g.task().name("own").spawn(async {
                    yield_once().await;
                    let name = current_task().map(|task| task.name());
                    (is_cancelled(), current_effective_deadline(), name)
                })
            });
            let child = child.await.expect("the body does not wait");
            child.await.expect("nothing cancels the child")
        })
        .await;
        let (cancelled, deadline, name) = result.expect("no cancel");
        assert!(!cancelled);
        assert_eq!(deadline, None);
        assert_eq!(name.as_deref(), Some("own"));
    });
}

/// SC10: the context does not depend on the waker: a region polled with a foreign one knows where it is.
pub fn sc10_the_context_does_not_travel_in_the_waker(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                handle.cancel();
                let mut probe = Box::pin(async { is_cancelled() });
                let seen = probe.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert_eq!(seen, Poll::Ready(true));
                let mut operation = Box::pin(checkpoint_if_cancelled());
                let wakes = WakeCounter::new();
                assert!(wakes.poll(operation.as_mut()).is_pending());
                let all: FuturesUnordered<_> = (0..40).map(|_| async { is_cancelled() }).collect();
                let seen: Vec<bool> = all.collect().await;
                assert_eq!(seen, [true; 40]);
            })
            .await;
        assert!(result.is_ok());
    });
}

/// SC10: regions of one task that are polled in turn do not see each other's context.
pub fn sc10_regions_polled_in_turn_do_not_mix(on: &Flavour) {
    async fn ask(deadline: Instant) {
        for _ in 0..10 {
            assert_eq!(current_effective_deadline(), Some(deadline));
            yield_once().await;
        }
    }
    on.run(async {
        let (first, second, third) = (far(1), far(2), far(3));
        let nested = async {
            let inner = move_on_at(first, ask(first));
            join!(ask(third), inner).1
        };
        let (a, b, ()) = join!(
            move_on_at(second, ask(second)),
            move_on_at(third, nested),
            async {
                for _ in 0..10 {
                    assert_eq!(current_effective_deadline(), None);
                    yield_once().await;
                }
            }
        );
        assert_eq!((a, b), (Some(()), Some(Some(()))));
    });
}

/// SC10: a runtime thread on which a task has been polled keeps nothing of its context.
pub fn sc10_no_context_is_left_behind_on_a_worker(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            for _ in 0..50 {
                g.spawn(async {
                    let scope = CancelScope::new();
                    let handle = scope.handle();
                    let left = scope.run(async {
                        yield_once().await;
                        handle.cancel();
                        pending::<()>().await;
                    });
                    assert!(left.await.is_err());
                });
                g.spawn(async {
                    for _ in 0..5 {
                        assert!(!is_cancelled());
                        assert_eq!(current_effective_deadline(), None);
                        yield_once().await;
                    }
                });
            }
        })
        .await;
        assert!(result.is_ok());
    });
}
