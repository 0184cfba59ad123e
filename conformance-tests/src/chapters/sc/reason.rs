//! SC8: cancel is synchronous, idempotent and typed.

use super::explicit;
use crate::harness::*;
use std::task::{Wake, Waker};

/// SC8: the first call cancels, later ones say so and change nothing; the first reason is kept.
pub fn sc8_the_first_reason_is_kept(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        assert!(!handle.cancel_called());
        assert!(handle.cancel_with("first"));
        assert!(!handle.cancel_with("second"));
        assert!(!handle.cancel());
        assert!(handle.cancel_called());
        let kept = handle.reason().expect("cancelled");
        assert_eq!(kept.cause(), &explicit("first"));
        let cancelled = scope.run(pending::<()>()).await.expect_err("cancelled");
        assert_eq!(cancelled.reason().cause(), &explicit("first"));
    });
}

/// SC8: a cancel without a message is explicit too.
pub fn sc8_a_cancel_without_a_message_is_explicit(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let cancelled = scope.run(pending::<()>()).await.expect_err("cancelled");
        assert_eq!(cancelled.reason().cause(), &Cause::Explicit(None));
    });
}

/// SC8: a deadline that is past does not replace the reason of an earlier cancel, nor a cancel that of a deadline.
pub fn sc8_cancel_and_deadline_do_not_replace_each_other(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let gate = Event::new();
        let (result, ()) = futures_util::join!(scope.run(shield(gate.wait())), async {
            handle.cancel_with("first");
            handle.set_deadline(Instant::now());
            yields(5).await;
            assert_eq!(
                handle.reason().map(|r| r.cause().clone()),
                Some(explicit("first"))
            );
            gate.set();
        });
        assert!(result.is_ok());

        let late = CancelScope::new().deadline(Instant::now());
        let handle = late.handle();
        let cancelled = late.run(pending::<()>()).await.expect_err("too late");
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
        assert!(!handle.cancel_with("second"));
        assert_eq!(
            handle.reason().map(|r| r.cause().clone()),
            Some(Cause::Deadline)
        );
    });
}

/// SC8: the wakers that a cancel wakes may use the handle; no lock is held around them.
/// Others had it wrong: tokio-util #8556.
pub fn sc8_no_lock_is_held_while_wakers_are_woken(on: &Flavour) {
    struct Reenter(ScopeHandle, Trace);
    impl Wake for Reenter {
        fn wake(self: Arc<Self>) {
            self.1
                .push(format!("again {}", self.0.cancel_with("again")));
            self.0.set_deadline(None);
            let reason = self.0.reason().expect("already cancelled");
            self.1.push(format!("{:?}", reason.cause()));
        }
    }
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let waker = Waker::from(Arc::new(Reenter(handle.clone(), trace.clone())));
        let mut run = pin!(scope.run(pending::<()>()));
        assert!(
            run.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert!(handle.cancel_with("first"));
        let first = format!("{:?}", explicit("first"));
        assert_eq!(trace.take(), ["again false".to_owned(), first]);
        assert!(
            run.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_ready()
        );
    });
}

/// SC8: what runs while a body is dropped may use the handle as well.
pub fn sc8_no_lock_is_held_while_a_body_is_dropped(on: &Flavour) {
    struct OnDrop(ScopeHandle, Trace);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.1.push(format!("again {}", self.0.cancel()));
            self.0.set_deadline(Instant::now());
            self.1.push(format!("called {}", self.0.cancel_called()));
        }
    }
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let on_drop = OnDrop(scope.handle(), trace.clone());
        let handle = scope.handle();
        let result = scope
            .run(async move {
                let _on_drop = on_drop;
                handle.cancel();
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["again false", "called true"]);
    });
}

/// SC8: `SiblingFailed` is what a sibling of a failed child sees, and what the host's body sees.
pub fn sc8_a_failed_sibling_is_a_cause(on: &Flavour) {
    /// Notes why the region around was cancelled. The shield keeps it from being dropped before it has looked.
    async fn note(seen: Trace) -> Result<(), &'static str> {
        shield_with(async |outside: Outside| {
            let reason = outside.cancelled().await;
            seen.push(format!("{:?}", reason.cause()));
        })
        .await;
        Ok(())
    }
    on.run(async {
        let seen = Trace::new();
        let result = try_task_group(async |g: TryTaskGroup<&'static str>| {
            g.spawn(note(seen.clone()));
            g.spawn(async { Err::<(), _>("broken") });
            note(seen.clone()).await
        })
        .await;
        assert!(result.is_err());
        let cause = format!("{:?}", Cause::SiblingFailed);
        assert_eq!(seen.take(), [cause.clone(), cause]);
    });
}

/// SC8: `GroupClosed` is what a handle tells that was asked for after its group had closed.
pub fn sc8_a_closed_group_is_a_cause(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g: TaskGroup| g).await.expect("no cancel");
        let late = group.spawn(async { unreachable!("the group is closed") });
        let Err(TaskError::Cancelled(cancelled)) = late.await else {
            panic!("a closed group takes no child");
        };
        assert_eq!(cancelled.reason().cause(), &Cause::GroupClosed);
    });
}

/// SC8: inside, the reason is that of the outermost visible cancelled region, found when asked.
pub fn sc8_inside_the_reason_is_that_of_the_outermost_visible_region(on: &Flavour) {
    fn seen() -> Option<Cause> {
        cancel_reason().map(|reason| reason.cause().clone())
    }
    on.run(async {
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let outer_handle = outer.handle();
        let inner_handle = inner.handle();
        let cancelled = outer
            .run(inner.run(async {
                assert_eq!(seen(), None);
                inner_handle.cancel_with("inner");
                assert_eq!(seen(), Some(explicit("inner")));
                outer_handle.cancel_with("outer");
                assert_eq!(seen(), Some(explicit("outer")));
                shield(async {
                    assert_eq!(seen(), None);
                    let shielded = CancelScope::new();
                    let handle = shielded.handle();
                    let body = async {
                        handle.cancel_with("shielded");
                        assert_eq!(seen(), Some(explicit("shielded")));
                    };
                    assert!(shielded.run(body).await.is_ok());
                })
                .await;
                assert_eq!(cancelled().await.cause(), &explicit("outer"));
                checkpoint().await;
            }))
            .await
            .expect_err("the outer scope absorbs");
        assert_eq!(cancelled.reason().cause(), &explicit("outer"));
        let inner = inner_handle.reason().expect("cancelled as well");
        assert_eq!(inner.cause(), &explicit("inner"));
    });
}

/// SC8: a reason names the task that cancelled; a thread without a task has no name to give.
pub fn sc8_a_reason_names_the_task_that_cancelled(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            g.task().name("killer").spawn(async move {
                handle.cancel_with("by a task");
            });
            let cancelled = scope.run(pending::<()>()).await.expect_err("cancelled");
            assert_eq!(cancelled.reason().cause(), &explicit("by a task"));
            assert_eq!(cancelled.reason().by(), Some("killer"));

            let scope = CancelScope::new();
            let handle = scope.handle();
            on_thread(move || handle.cancel());
            let cancelled = scope.run(pending::<()>()).await.expect_err("cancelled");
            assert_eq!(cancelled.reason().by(), None);
        })
        .await;
        assert!(result.is_ok());
    });
}

/// SC8: the name is that of the task in whose poll `cancel` is called, in nested regions of it too.
pub fn sc8_the_name_is_that_of_the_calling_task(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let child = g.task().name("own").spawn(async {
                let scope = CancelScope::new().name("inner");
                let handle = scope.handle();
                let body = shield(async {
                    handle.cancel();
                    yields(2).await;
                });
                let held = scope.run(async {
                    body.await;
                    checkpoint().await;
                });
                held.await.expect_err("cancelled")
            });
            child.await.expect("the scope absorbs")
        })
        .await;
        let cancelled = result.expect("the group is not cancelled");
        assert_eq!(cancelled.reason().by(), Some("own"));
    });
}
