//! Exit stacks: hooks run last in first out, told how the body ended, each finished before the next.

use super::{fail, told};
use crate::harness::*;

/// Registers two hooks, `first` and then `second`, that note start and end.
fn defer_two(stack: &ExitStack, trace: &Trace) {
    for name in ["first", "second"] {
        let trace = trace.clone();
        stack.defer(async move |exit| {
            trace.push(format!("{name} {}", told(&exit)));
            yields(3).await;
            checkpoint().await;
            trace.push(format!("{name} done"));
        });
    }
}

/// FI3: on a value the hooks run last in first out, and the value is returned after them.
pub fn fi3_hooks_after_a_value(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = exit_stack(async |stack: ExitStack| {
            defer_two(&stack, &trace);
            yields(2).await;
            trace.push("body");
            7
        })
        .await;
        trace.push(format!("got {value}"));
        assert_eq!(
            trace.take(),
            [
                "body",
                "second completed",
                "second done",
                "first completed",
                "first done",
                "got 7"
            ]
        );
    });
}

/// FI3: on a cancel they run shielded, and the scope ends after them.
pub fn fi3_hooks_after_a_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                exit_stack(async |stack: ExitStack| {
                    let _probe = DropProbe::new(&trace, "body gone");
                    defer_two(&stack, &trace);
                    on_thread(|| handle.cancel_with("stop"));
                    pending::<()>().await;
                    stack.defer(async |_| fail("never registered"));
                })
                .await;
                trace.push("unreachable");
            })
            .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            [
                "body gone",
                "second stop",
                "second done",
                "first stop",
                "first done",
                "left"
            ]
        );
    });
}

/// FI3: on a panic they run before it goes on.
pub fn fi3_hooks_after_a_panic(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(exit_stack(async |stack: ExitStack| {
            defer_two(&stack, &trace);
            yield_once().await;
            fail("body");
        }))
        .await;
        trace.push(caught.unwrap_err());
        assert_eq!(
            trace.take(),
            [
                "second panicked",
                "second done",
                "first panicked",
                "first done",
                "body"
            ]
        );
    });
}

/// FI3: a hook registered while the body runs on in a cancelled region still counts.
pub fn fi3_a_hook_registered_after_the_cancel_runs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(exit_stack(async |stack: ExitStack| {
                handle.cancel_with("stop");
                let late = trace.clone();
                stack.defer(async move |exit| late.push(told(&exit)));
                pending::<()>().await;
            }))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["stop"]);
    });
}

/// FI3: a stack that was never polled, or without hooks, does nothing.
pub fn fi3_a_stack_without_hooks_does_nothing(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        drop(exit_stack(async |stack: ExitStack| {
            defer_two(&stack, &trace);
        }));
        assert_eq!(exit_stack(async |_: ExitStack| 7).await, 7);
        assert!(trace.take().is_empty());
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// FI3: a cancel that comes while the hooks run lands after them; the value is still returned.
pub fn fi3_a_cancel_during_the_hooks_lands_after_them(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let value = exit_stack(async |stack: ExitStack| {
                    defer_two(&stack, &trace);
                    let handle = handle.clone();
                    stack.defer(async move |_| {
                        handle.cancel_with("stop");
                        checkpoint().await;
                    });
                    7
                })
                .await;
                trace.push(format!("got {value}"));
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            [
                "second completed",
                "second done",
                "first completed",
                "first done",
                "got 7"
            ]
        );
    });
}

/// FI3: a stack in a child task, with hooks that the child's cancel runs.
pub fn fi3_a_stack_in_a_child_task(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let log = trace.clone();
            g.spawn(exit_stack(|stack: ExitStack| async move {
                defer_two(&stack, &log);
                pending::<()>().await;
            }));
            yield_once().await;
            g.cancel_with("stop");
        })
        .await;
        trace.push("left");
        assert!(result.is_ok());
        assert_eq!(
            trace.take(),
            [
                "second stop",
                "second done",
                "first stop",
                "first done",
                "left"
            ]
        );
    });
}
