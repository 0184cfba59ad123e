//! Failing and panicking hooks: the others run, every failure is kept, and they are told in one report.

use super::{fail, told};
use crate::harness::*;

/// Runs `main` and returns its value with the failures of each `HooksFailed` report; other reports are ignored.
fn with_failures<T>(on: &Flavour, main: impl Future<Output = T>) -> (T, Vec<Vec<String>>) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let hook = reports.clone();
    let value = on.run_with_hook(main, move |report| {
        if let Report::HooksFailed { failures, .. } = report {
            hook.lock().unwrap().push(failures);
        }
    });
    let failures = std::mem::take(&mut *reports.lock().unwrap());
    (value, failures)
}

/// Whether the failures are these, in this order; a failure may say more than its own text.
fn are(failures: &[String], expected: &[&str]) -> bool {
    failures.len() == expected.len()
        && failures
            .iter()
            .zip(expected)
            .all(|(failure, text)| failure.contains(text))
}

/// FI3: failing hooks do not stop the others; the value is returned and the failures come in one report, in order.
pub fn fi3_failing_hooks_are_told_in_one_report(on: &Flavour) {
    let (value, reports) = with_failures(on, async {
        let trace = Trace::new();
        let value = exit_stack(async |stack: ExitStack| {
            let log = trace.clone();
            stack.defer(async move |_| log.push("registered first"));
            stack.defer(async |_| {
                yield_once().await;
                Err::<(), _>("async failure")
            });
            let log = trace.clone();
            stack.defer(async move |exit| log.push(told(&exit)));
            stack.defer_blocking(|_| Err::<(), _>(String::from("blocking failure")));
            stack.defer(async |_| Ok::<(), &str>(()));
            7
        })
        .await;
        assert_eq!(trace.take(), ["completed", "registered first"]);
        value
    });
    assert_eq!(value, 7);
    assert_eq!(reports.len(), 1, "{reports:?}");
    let expected = ["blocking failure", "async failure"];
    assert!(are(&reports[0], &expected), "{reports:?}");
}

/// FI3: after a cancel a failure is told as well, and the cancel is what the scope returns.
pub fn fi3_failing_hooks_after_a_cancel(on: &Flavour) {
    let (cut, reports) = with_failures(on, async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        scope
            .run(exit_stack(async |stack: ExitStack| {
                stack.defer(async |_| Err::<(), _>("failure"));
                pending::<()>().await;
            }))
            .await
            .is_err()
    });
    assert!(cut);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(are(&reports[0], &["failure"]), "{reports:?}");
}

/// FI3: a panicking hook does not stop the others; its panic is resumed when all hooks are done.
pub fn fi3_a_panicking_hook_does_not_stop_the_others(on: &Flavour) {
    let (trace, _) = with_failures(on, async {
        let trace = Trace::new();
        let caught = catch_async(exit_stack(async |stack: ExitStack| {
            let log = trace.clone();
            stack.defer(async move |_| {
                yields(3).await;
                log.push("first");
            });
            stack.defer(async |_| {
                yield_once().await;
                fail("hook");
            });
            let log = trace.clone();
            stack.defer(async move |_| log.push("last"));
            7
        }))
        .await;
        trace.push(caught.unwrap_err());
        trace.take()
    });
    assert_eq!(trace, ["last", "first", "hook"]);
}

/// FI3: of several panics the first is resumed; the later ones and the errors are in the one report.
pub fn fi3_later_panics_of_hooks_are_told(on: &Flavour) {
    let (caught, reports) = with_failures(on, async {
        catch_async(exit_stack(async |stack: ExitStack| {
            stack.defer(async |_| fail("third panic"));
            stack.defer(async |_| Err::<(), _>("an error"));
            stack.defer(async |_| fail("second panic"));
            stack.defer(async |_| fail("first panic"));
        }))
        .await
        .unwrap_err()
    });
    assert_eq!(caught, "first panic");
    assert_eq!(reports.len(), 1, "{reports:?}");
    let failures = &reports[0];
    for text in ["second panic", "an error", "third panic"] {
        let told = failures.iter().filter(|failure| failure.contains(text));
        assert_eq!(told.count(), 1, "{text} in {failures:?}");
    }
    let at = |text| failures.iter().position(|failure| failure.contains(text));
    assert!(at("second panic") < at("an error"));
    assert!(at("an error") < at("third panic"));
}

/// FI3: a panic of a hook loses to the panic of the body, and is told.
pub fn fi3_a_panic_of_a_hook_loses_to_the_panic_of_the_body(on: &Flavour) {
    let (caught, reports) = with_failures(on, async {
        catch_async(exit_stack(async |stack: ExitStack| {
            stack.defer(async |exit| {
                assert_eq!(told(&exit), "panicked");
                yield_once().await;
                fail("hook");
            });
            yield_once().await;
            fail("body");
        }))
        .await
        .unwrap_err()
    });
    assert_eq!(caught, "body");
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(are(&reports[0], &["hook"]), "{reports:?}");
}

/// FI3: a panic of a hook replaces a cancel, and the next outer cleanup sees `Panicked`.
pub fn fi3_a_panic_of_a_hook_replaces_a_cancel(on: &Flavour) {
    let (trace, _) = with_failures(on, async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel_with("stop");
        let stack = exit_stack(async |stack: ExitStack| {
            stack.defer(async |_| fail("hook"));
            pending::<()>().await;
        });
        let body = finally(stack, async |exit| trace.push(told(&exit)));
        let caught = catch_async(scope.run(body)).await;
        trace.push(caught.unwrap_err());
        trace.take()
    });
    assert_eq!(trace, ["panicked", "hook"]);
}

/// FI3: the hooks of a group: failures in one report, the group's value untouched.
pub fn fi3_failing_hooks_of_a_group_are_told_in_one_report(on: &Flavour) {
    let (trace, reports) = with_failures(on, async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let log = trace.clone();
            g.defer(async move |_| log.push("first"));
            g.defer(async |_| Err::<(), _>("one"));
            let log = trace.clone();
            g.defer_blocking(move |_| log.push("second"));
            g.defer(async |_| Err::<(), _>("two"));
            g.spawn(yields(3));
            7
        })
        .await;
        trace.push(format!("{:?}", result.ok()));
        trace.take()
    });
    assert_eq!(trace, ["second", "first", "Some(7)"]);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(are(&reports[0], &["two", "one"]), "{reports:?}");
}

/// FI3: a panic of a group's hook is resumed in the host, after the other hooks.
pub fn fi3_a_panic_of_a_hook_of_a_group_is_resumed_in_the_host(on: &Flavour) {
    let (trace, _) = with_failures(on, async {
        let trace = Trace::new();
        let caught = catch_async(task_group(async |g| {
            let log = trace.clone();
            g.defer(async move |_| {
                yields(2).await;
                log.push("first");
            });
            g.defer(async |_| fail("hook"));
            g.spawn(yields(2));
        }))
        .await;
        trace.push(caught.unwrap_err());
        trace.take()
    });
    assert_eq!(trace, ["first", "hook"]);
}

/// FI3: hooks do not turn an error of the group into something else, and fail beside it.
pub fn fi3_failing_hooks_leave_the_error_of_the_group_alone(on: &Flavour) {
    let (errors, reports) = with_failures(on, async {
        try_task_group(async |g| {
            g.defer(async |_| Err::<(), _>("hook"));
            g.spawn(async { Err::<(), _>("child") });
            pending::<Result<(), &str>>().await
        })
        .await
        .unwrap_err()
        .into_errors()
    });
    assert_eq!(errors, ["child"]);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(are(&reports[0], &["hook"]), "{reports:?}");
}

/// FI3: the panic of a hook is told where foreign code drops the stack before it could be resumed, whether the hook ran
/// before the drop or after it.
pub fn fi3_a_panic_of_a_hook_of_a_dropped_stack_is_told(on: &Flavour) {
    for panics_first in [true, false] {
        let ((), reports) = on.run_reporting(async {
            let gate = Event::new();
            let open = gate.wait();
            let mut stack = Box::pin(exit_stack(async |s: ExitStack| {
                s.defer(async move |_| {
                    open.await;
                    if !panics_first {
                        std::panic::panic_any("lost");
                    }
                });
                s.defer(async move |_| {
                    if panics_first {
                        std::panic::panic_any("lost");
                    }
                });
            }));
            assert!(poll_once(&mut stack).await.is_pending());
            drop(stack);
            gate.set();
        });
        let told = reports
            .iter()
            .filter(|report| report.contains("lost") && report.contains("panicked"));
        assert_eq!(told.count(), 1, "{reports:?}");
    }
}

/// FI3: the panic of a hook that the host resumes is not reported beside it.
pub fn fi3_a_panic_of_a_hook_that_is_resumed_is_not_reported(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let group = task_group(async |g: TaskGroup| {
            g.defer(async |_: Exit| -> () { quiet_panic("of a hook") });
        });
        assert_eq!(catch_async(group).await.unwrap_err(), "of a hook");
    });
    assert_eq!(reports, Vec::<String>::new());
}
