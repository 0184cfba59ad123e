//! The order of hooks, and what is gone when a hook starts.

use super::told;
use crate::harness::*;

/// FI3: a thousand hooks keep the order.
pub fn fi3_a_thousand_hooks_run_last_in_first_out(on: &Flavour) {
    const HOOKS: usize = 1000;
    on.run(async {
        let trace = Trace::new();
        exit_stack(async |stack: ExitStack| {
            for i in 0..HOOKS {
                let trace = trace.clone();
                stack.defer(async move |_| {
                    yields(i % 3).await;
                    trace.push(i.to_string());
                });
            }
        })
        .await;
        let expected: Vec<_> = (0..HOOKS).rev().map(|i| i.to_string()).collect();
        assert_eq!(trace.take(), expected);
    });
}

/// FI3: what a hook captured is dropped with it, before the next hook starts.
pub fn fi3_a_hook_is_gone_before_the_next_starts(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        exit_stack(async |stack: ExitStack| {
            for name in ["first", "second"] {
                let (log, probe) = (
                    trace.clone(),
                    DropProbe::new(&trace, format!("{name} gone")),
                );
                stack.defer(async move |_| {
                    let _probe = &probe;
                    yield_once().await;
                    log.push(name);
                });
            }
        })
        .await;
        trace.push("left");
        assert_eq!(
            trace.take(),
            ["second", "second gone", "first", "first gone", "left"]
        );
    });
}

/// FI3: the body is gone before the first hook starts, although it has completed.
pub fn fi3_the_body_is_gone_before_its_hooks(on: &Flavour) {
    on.run(async {
        let seen = Arc::new(Mutex::new(None));
        let hook = seen.clone();
        let (body, counter) = counted(yields(2));
        let counted_body = counter.clone();
        exit_stack(move |stack: ExitStack| {
            stack.defer(async move |_| {
                *hook.lock().unwrap() = Some(counted_body.drops());
            });
            body
        })
        .await;
        assert_eq!(*seen.lock().unwrap(), Some(1));
        assert_eq!(counter.polls(), 3);
    });
}

/// FI2: the hooks of an inner stack are finished before those of the outer one start.
pub fn fi2_hooks_of_nested_stacks_run_innermost_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let noted = |name: &'static str| {
            let trace = trace.clone();
            async move |exit: Exit| {
                yields(2).await;
                trace.push(format!("{name} {}", told(&exit)));
            }
        };
        let body = exit_stack(async |outer: ExitStack| {
            outer.defer(noted("outer 1"));
            let inner = exit_stack(async |inner: ExitStack| {
                inner.defer(noted("inner 1"));
                outer.defer(noted("outer 2"));
                inner.defer(noted("inner 2"));
                handle.cancel_with("stop");
                pending::<()>().await;
            });
            finally(inner, noted("between")).await;
        });
        assert!(scope.run(body).await.is_err());
        assert_eq!(
            trace.take(),
            [
                "inner 2 stop",
                "inner 1 stop",
                "between stop",
                "outer 2 stop",
                "outer 1 stop"
            ]
        );
    });
}

/// FI3: the hooks of a stack that foreign code drops are adopted, and run before `run` returns.
pub fn fi3_hooks_of_a_foreign_dropped_stack_still_run(on: &Flavour) {
    let trace = Trace::new();
    let ((), reports) = on.run_reporting(async {
        let mut dropped = Box::pin(exit_stack(async |stack: ExitStack| {
            for name in ["first", "second"] {
                let trace = trace.clone();
                stack.defer(async move |_| {
                    yields(2).await;
                    trace.push(name);
                });
            }
            pending::<()>().await;
        }));
        assert!(poll_once(&mut dropped).await.is_pending());
        drop(dropped);
    });
    assert_eq!(trace.take(), ["second", "first"]);
    assert_eq!(reports.len(), 1, "{reports:?}");
}
