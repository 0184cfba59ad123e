//! Blocking hooks: they run on a thread of their own, in their place in the order, and may really block.

use std::{sync::mpsc, thread};

use super::{fail, told};
use crate::harness::*;

/// FI3: blocking and asynchronous hooks share one order.
pub fn fi3_blocking_hooks_keep_their_place_in_the_order(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        exit_stack(async |stack: ExitStack| {
            for i in 0..6 {
                let trace = trace.clone();
                if i % 2 == 0 {
                    stack.defer_blocking(move |exit| {
                        thread::yield_now();
                        trace.push(format!("blocking {i} {}", told(&exit)));
                    });
                } else {
                    stack.defer(async move |exit| {
                        yields(2).await;
                        trace.push(format!("async {i} {}", told(&exit)));
                    });
                }
            }
        })
        .await;
        trace.push("left");
        assert_eq!(
            trace.take(),
            [
                "async 5 completed",
                "blocking 4 completed",
                "async 3 completed",
                "blocking 2 completed",
                "async 1 completed",
                "blocking 0 completed",
                "left"
            ]
        );
    });
}

/// FI3: after a cancel and after a panic blocking hooks are told so, and finished before the region ends.
pub fn fi3_blocking_hooks_after_a_cancel_and_a_panic(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel_with("stop");
        let hook = |trace: &Trace| {
            let trace = trace.clone();
            move |exit: Exit| trace.push(told(&exit))
        };
        let result = scope
            .run(exit_stack(async |stack: ExitStack| {
                stack.defer_blocking(hook(&trace));
                pending::<()>().await;
            }))
            .await;
        trace.push("left");
        assert!(result.is_err());
        let caught = catch_async(exit_stack(async |stack: ExitStack| {
            stack.defer_blocking(hook(&trace));
            fail("body");
        }))
        .await;
        trace.push(caught.unwrap_err());
        assert_eq!(trace.take(), ["stop", "left", "panicked", "body"]);
    });
}

/// FI3: a blocking hook does not run on a thread of the runtime: it may wait for a task of the same runtime.
pub fn fi3_a_blocking_hook_may_wait_for_a_task(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let (send, receive) = mpsc::channel();
            let waiting = Event::new();
            let ready = waiting.clone();
            g.spawn(async move {
                ready.wait().await;
                send.send("from the task").unwrap();
            });
            exit_stack(async |stack: ExitStack| {
                let (log, waiting) = (trace.clone(), waiting.clone());
                stack.defer_blocking(move |_| {
                    waiting.set();
                    log.push(receive.recv().unwrap());
                });
            })
            .await;
            trace.push("left");
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["from the task", "left"]);
    });
}

/// FI3: blocking hooks have a lane of their own: without a single token in the default limiter they still run.
pub fn fi3_blocking_hooks_do_not_wait_for_the_default_limiter(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        default_thread_limiter().unwrap().set_total(0);
        let result = task_group(async |g| {
            let log = trace.clone();
            g.defer_blocking(move |_| log.push("group"));
            exit_stack(async |stack: ExitStack| {
                let log = trace.clone();
                stack.defer_blocking(move |_| log.push("stack"));
            })
            .await;
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["stack", "group"]);
    });
}

/// FI3: while a blocking hook runs, the cancelled region around it is held and idle.
pub fn fi3_a_blocking_hook_holds_without_spinning(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (beside, counter) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let stack = exit_stack(async |stack: ExitStack| {
            let log = trace.clone();
            stack.defer_blocking(move |_| {
                // Room for a spinning implementation to give itself away; a correct one sleeps here.
                thread::sleep(Duration::from_millis(30));
                log.push("hook");
            });
            handle.cancel();
            pending::<()>().await;
        });
        let result = scope
            .run(async { futures_util::join!(stack, beside) })
            .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(trace.take(), ["hook", "left"]);
        assert!(counter.polls() <= 6, "{} polls beside", counter.polls());
    });
}

/// FI3: blocking hooks that panic or fail do not stop the others; the panic is resumed with its payload.
pub fn fi3_a_panicking_blocking_hook_does_not_stop_the_others(on: &Flavour) {
    let (caught, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let caught = catch_async(exit_stack(async |stack: ExitStack| {
            let log = trace.clone();
            stack.defer_blocking(move |_| log.push("first"));
            stack.defer_blocking(|_| Err::<(), _>("blocking failure"));
            stack.defer_blocking(|_| fail("blocking panic"));
            let log = trace.clone();
            stack.defer(async move |_| log.push("last"));
        }))
        .await;
        assert_eq!(trace.take(), ["last", "first"]);
        caught.unwrap_err()
    });
    assert_eq!(caught, "blocking panic");
    let told = reports.iter().filter(|r| r.contains("blocking failure"));
    assert_eq!(told.count(), 1, "{reports:?}");
}

/// FI3: a blocking hook of a group runs after all its tasks have ended.
pub fn fi3_a_blocking_hook_of_a_group_runs_after_its_tasks(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let log = trace.clone();
            g.defer_blocking(move |exit| log.push(format!("hook {}", told(&exit))));
            let log = trace.clone();
            g.spawn(finally(pending::<()>(), async move |_| {
                yields(5).await;
                log.push("child");
            }));
            g.cancel_with("stop");
            pending::<()>().await;
        })
        .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(trace.take(), ["child", "hook stop", "left"]);
    });
}
