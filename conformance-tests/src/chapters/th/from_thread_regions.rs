//! TH6: the asynchronous code in a worker among groups and scopes around the call.

use super::from_thread::{once_set, told};
use crate::harness::*;
use anyrt::{FromThreadError, from_thread};

/// TH6: a group opened inside belongs to the caller's regions: its child is cancelled with the caller and has ended
/// before the error comes back.
pub fn th6_a_child_of_a_group_inside_is_cancelled_with_the_caller(on: &Flavour) {
    let trace = Trace::new();
    let result = on.run(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let call = run_in_threadpool(move || {
            let result = from_thread::run(task_group(async |g| {
                let log = noted.clone();
                let body = async move {
                    entered.set();
                    pending::<()>().await;
                };
                g.spawn(finally(body, async move |exit| {
                    yields(5).await;
                    log.push(format!("child {}", matches!(exit, Exit::Cancelled(_))));
                }));
            }));
            noted.push(told(result));
        });
        let stop = async |handle: ScopeHandle| {
            handle.cancel_with("stop");
        };
        once_set(&inside, call, stop).await
    });
    assert!(result.is_ok());
    assert_eq!(trace.take(), ["child true", "stop"]);
}

/// TH6, SC2: a task that is spawned into a group outside belongs there: the future does not wait for it, and the
/// caller's cancel does not reach it.
pub fn th6_a_task_spawned_into_a_group_outside_stays_there(on: &Flavour) {
    on.run(async {
        let (inside, open) = (Event::new(), Event::new());
        let group = task_group(async |g| {
            let _open = open.set_on_drop();
            let (outside, entered, opened) = (g.clone(), inside.clone(), open.clone());
            let call = run_in_threadpool(move || {
                let task = from_thread::run(async {
                    outside.spawn(async move {
                        opened.wait().await;
                        checkpoint().await;
                        7
                    })
                });
                entered.set();
                (task, told(from_thread::run(pending::<()>())))
            });
            let stop = async |handle: ScopeHandle| {
                handle.cancel_with("stop");
            };
            let result = once_set(&inside, call, stop).await;
            let (task, ended) = result.expect("the value beats the cancel");
            let task = task.expect("the cancel came later");
            assert_eq!(ended, "stop");
            assert!(!task.is_finished());
            open.set();
            task.await.expect("nobody cancels this one")
        });
        assert_eq!(group.await.expect("nobody cancels the group"), 7);
    });
}

/// TH6: the cancel of the task that called ends the future too; the task ends with the value of the call.
pub fn th6_the_cancel_of_the_callers_task_ends_the_future(on: &Flavour) {
    on.run(async {
        let inside = Event::new();
        let entered = inside.clone();
        let group = task_group(async |g| {
            let child = g.spawn(run_in_threadpool(move || {
                let result = from_thread::run(async {
                    entered.set();
                    pending::<()>().await;
                });
                matches!(result, Err(FromThreadError::Cancelled(_)))
            }));
            inside.wait().await;
            child.cancel();
            child.await.expect("the value beats the cancel")
        });
        assert!(group.await.expect("the group is not cancelled"));
    });
}

/// TH6, TG4: the failure of a sibling of the caller is a cancel like another.
pub fn th6_the_failure_of_a_sibling_ends_the_future(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let result = try_task_group(async |g| {
            let call = run_in_threadpool(move || {
                let result = from_thread::run(async {
                    entered.set();
                    pending::<()>().await;
                });
                noted.push(told(result));
            });
            g.spawn(async move {
                call.await;
                Ok(())
            });
            inside.wait().await;
            Err::<(), _>("broken")
        });
        assert_eq!(result.await.unwrap_err().into_errors(), ["broken"]);
    });
    assert_eq!(trace.take(), [format!("{:?}", Cause::SiblingFailed)]);
}

/// TH6, SC8: the future may cancel its own caller, under the name of the caller's task.
pub fn th6_the_future_may_cancel_its_own_caller(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let child = g.task().name("caller").spawn(async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let call = run_in_threadpool(move || {
                    from_thread::run(async {
                        handle.cancel_with("own");
                        checkpoint().await;
                    })
                });
                scope.run(call).await.expect("the value beats the cancel")
            });
            child.await.expect("the scope absorbs")
        });
        let Err(FromThreadError::Cancelled(cancelled)) = group.await.expect("nobody cancels it")
        else {
            panic!("the future is not cancelled");
        };
        let reason = cancelled.reason();
        assert_eq!(reason.cause(), &Cause::Explicit(Some("own".to_owned())));
        assert_eq!(reason.by(), Some("caller"));
    });
}

/// TH6, SC8: where several regions around the future are cancelled, inside and outside of the call, the error gives the
/// reason of the outermost.
pub fn th6_the_reason_is_that_of_the_outermost_cancelled_region(on: &Flavour) {
    on.run(async {
        let outer = CancelScope::new();
        let inner = CancelScope::new();
        let (outer_handle, inner_handle) = (outer.handle(), inner.handle());
        let call = run_in_threadpool(move || {
            let first = from_thread::run(async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let result = scope.run(async {
                    handle.cancel_with("inside");
                    inner_handle.cancel_with("inner");
                    pending::<()>().await;
                });
                result.await.is_err()
            });
            let first = told(first);
            outer_handle.cancel_with("outer");
            (first, told(from_thread::run(pending::<()>())))
        });
        let result = outer.run(inner.run(call)).await;
        let result = result.expect("a value").expect("a value");
        assert_eq!((result.0.as_str(), result.1.as_str()), ("inner", "outer"));
    });
}

/// TH6: a cancel that races the start of the call and of its future is never lost.
pub fn th6_a_cancel_at_any_moment_ends_the_future(on: &Flavour) {
    on.run(async {
        for turns in 0..100 {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let group = task_group(async |g| {
                g.spawn(async move {
                    yields(turns % 10).await;
                    handle.cancel_with("stop");
                });
                scope
                    .run(run_in_threadpool(|| {
                        told(from_thread::run(pending::<()>()))
                    }))
                    .await
            });
            // Cancelled before it had started, or ended in the middle.
            if let Ok(ended) = group.await.expect("the group is not cancelled") {
                assert_eq!(ended, "stop");
            }
        }
    });
}
