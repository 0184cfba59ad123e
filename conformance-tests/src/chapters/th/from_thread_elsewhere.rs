//! TH6: what counts as a worker, and what does not.

use super::from_thread::told;
use crate::harness::*;
use anyrt::{FromThreadError, from_thread};

/// Whether this thread is told, whatever it asks, that it is not in a worker, and no future is polled for it.
fn elsewhere() -> bool {
    let (future, counter) = counted(ready(()));
    matches!(from_thread::run(future), Err(FromThreadError::NotInWorker))
        && matches!(
            from_thread::check_cancelled(),
            Err(FromThreadError::NotInWorker)
        )
        && matches!(
            from_thread::is_cancelled(),
            Err(FromThreadError::NotInWorker)
        )
        && (counter.polls(), counter.drops()) == (0, 1)
}

/// TH6: a plain thread is no worker, before, during and after a run, also one that a closure has started.
pub fn th6_a_plain_thread_is_not_in_a_worker(on: &Flavour) {
    assert!(on_thread(elsewhere));
    on.run(async {
        assert!(on_thread(elsewhere));
        assert!(run_in_threadpool(|| on_thread(elsewhere)).await);
    });
    assert!(on_thread(elsewhere));
}

/// TH6: a task has no blocking code to come back to, be it the main future or a child, in whatever region.
pub fn th6_a_task_is_not_in_a_worker(on: &Flavour) {
    on.run(async {
        assert!(elsewhere());
        let group = task_group(async |g| {
            let child = g.spawn(async {
                checkpoint().await;
                elsewhere()
            });
            assert!(child.await.expect("nobody cancels"));
            assert!(elsewhere());
        });
        group.await.expect("nobody cancels");
        assert!(shield(async { elsewhere() }).await);
        // The thread that a closure has left has no caller any more.
        run_in_threadpool(|| ()).await;
        assert!(elsewhere());
    });
}

/// TH6: inside a future there is a way to wait without blocking the thread; a second `run` there is refused.
pub fn th6_inside_a_future_a_second_run_is_refused(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let inside = from_thread::run(async {
                let (first, counter) = counted(ready(()));
                let first = told(from_thread::run(first));
                assert_eq!(told(from_thread::is_cancelled()), "NotInWorker");
                assert_eq!(told(from_thread::check_cancelled()), "NotInWorker");
                checkpoint().await;
                let scope = CancelScope::new();
                let second = scope.run(async { told(from_thread::run(ready(()))) });
                (first, counter.polls(), second.await.ok())
            });
            // The refusal leaves the closure as it was.
            let after = from_thread::run(async {
                checkpoint().await;
                7
            });
            (inside.expect("nobody cancels"), told(after))
        });
        let ((first, polls, second), after) = call.await;
        assert_eq!((first.as_str(), polls), ("NotInWorker", 0));
        assert_eq!(second.as_deref(), Some("NotInWorker"));
        assert_eq!(after, "7");
    });
}

/// TH6: a whole run inside a closure has tasks of its own, which are no workers; the closure around it still is.
pub fn th6_the_tasks_of_a_run_inside_a_closure_are_not_in_a_worker(on: &Flavour) {
    on.run(async {
        let nested = on.clone();
        let call = run_in_threadpool(move || {
            let inside = nested.run(async { elsewhere() });
            let after = from_thread::run(async {
                checkpoint().await;
                7
            });
            (inside, told(after), from_thread::is_cancelled().ok())
        });
        assert_eq!(call.await, (true, "7".to_owned(), Some(false)));
    });
}

/// TH6: a closure that is called from inside a future is a worker again, with a caller of its own.
pub fn th6_a_closure_inside_a_future_is_in_a_worker(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            from_thread::run(async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let nested = run_in_threadpool(move || {
                    let before = from_thread::is_cancelled().ok();
                    handle.cancel_with("nested");
                    let ended = told(from_thread::run(pending::<()>()));
                    (before, ended, from_thread::is_cancelled().ok())
                });
                let nested = scope.run(nested).await;
                (nested.ok(), is_cancelled())
            })
        });
        let (nested, cancelled) = call.await.expect("nobody cancels around");
        let expected = (Some(false), "nested".to_owned(), Some(true));
        assert_eq!((nested, cancelled), (Some(expected), false));
    });
}

/// TH6, FI3: blocking hooks are workers, shielded as all hooks are: the cancel of their group does not reach their
/// futures.
pub fn th6_a_blocking_hook_of_a_cancelled_group_may_wait(on: &Flavour) {
    let trace = Trace::new();
    let hook = |trace: &Trace| {
        let noted = trace.clone();
        move |_: Exit| {
            let value = from_thread::run(async {
                checkpoint().await;
                sleep(Duration::from_millis(1)).await;
                7
            });
            noted.push(format!("{} {:?}", told(value), from_thread::is_cancelled()));
            assert!(from_thread::check_cancelled().is_ok());
        }
    };
    on.run(async {
        let result = task_group(async |g| {
            g.defer_blocking(hook(&trace));
            g.cancel_with("stop");
            pending::<()>().await;
        });
        assert!(result.await.is_err());
        let scope = CancelScope::new();
        scope.handle().cancel_with("stop");
        let stack = exit_stack(async |stack: ExitStack| {
            stack.defer_blocking(hook(&trace));
            pending::<()>().await;
        });
        assert!(scope.run(stack).await.is_err());
    });
    assert_eq!(trace.take(), ["7 Ok(false)", "7 Ok(false)"]);
}
