//! Finalizers in child tasks: a task ends after its cleanups, a group after those of its children.

use super::{fail, told};
use crate::harness::*;

/// FI2: a task counts as running while its cleanup runs, and as ended after it.
pub fn fi2_a_task_ends_after_its_cleanup(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let (polled, cleaning, gate) = (Event::new(), Event::new(), Event::new());
            let (log, started, open) = (trace.clone(), cleaning.clone(), gate.clone());
            let signal = polled.clone();
            let body = async move {
                signal.set();
                pending::<()>().await;
            };
            let child = g.spawn(finally(body, async move |_| {
                started.set();
                open.wait().await;
                yields(3).await;
                log.push("cleaned");
            }));
            polled.wait().await;
            child.cancel();
            cleaning.wait().await;
            yields(3).await;
            assert_eq!(child.status(), TaskStatus::Running);
            assert!(!child.is_finished());
            gate.set();
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            trace.push("ended");
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["cleaned", "ended"]);
    });
}

/// FI2: a cleanup around a group comes after the cleanups of all its children.
pub fn fi2_a_cleanup_around_a_group_comes_after_its_children(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let body = task_group(async |g| {
            for waits in [5, 0, 9] {
                let log = trace.clone();
                g.spawn(finally(pending::<()>(), async move |exit| {
                    yields(waits).await;
                    log.push(format!("child {}", told(&exit)));
                }));
            }
            finally(
                async {
                    on_thread(move || handle.cancel_with("stop"));
                    pending::<()>().await;
                },
                async |exit| trace.push(format!("body {}", told(&exit))),
            )
            .await;
        });
        let result = scope
            .run(finally(body, async |exit| {
                trace.push(format!("around {}", told(&exit)));
            }))
            .await;
        assert!(result.is_err());
        let entries = trace.take();
        assert_eq!(entries.iter().filter(|e| *e == "child stop").count(), 3);
        assert_eq!(entries.iter().filter(|e| *e == "body stop").count(), 1);
        assert_eq!(entries[4..], ["around stop"]);
    });
}

/// FI1: when a sibling fails, the cleanup is told so, and the group returns the error after it.
pub fn fi1_a_cleanup_after_the_failure_of_a_sibling(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = try_task_group(async |g| {
            let polled = Event::new();
            let (log, ready) = (trace.clone(), polled.clone());
            g.spawn(finally(
                async move {
                    ready.set();
                    pending::<Result<(), &str>>().await
                },
                async move |exit| {
                    yields(3).await;
                    log.push(told(&exit));
                },
            ));
            g.spawn(async move {
                polled.wait().await;
                Err::<(), _>("sibling")
            });
            Ok(())
        })
        .await;
        trace.push("left");
        assert_eq!(result.unwrap_err().into_errors(), ["sibling"]);
        assert_eq!(trace.take(), ["SiblingFailed", "left"]);
    });
}

/// FI1: a panic of a child: its own cleanup sees `Panicked`, its sibling's a cancel, and the host resumes it last.
pub fn fi1_a_panic_of_a_child_is_resumed_after_the_cleanups(on: &Flavour) {
    let (trace, _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let polled = Event::new();
        let group = task_group(async |g| {
            let (log, ready) = (trace.clone(), polled.clone());
            g.spawn(finally(
                async move {
                    ready.set();
                    pending::<()>().await;
                },
                async move |exit| {
                    yields(5).await;
                    log.push(format!("sibling {}", told(&exit)));
                },
            ));
            let log = trace.clone();
            g.spawn(finally(
                async move {
                    polled.wait().await;
                    fail("child");
                },
                async move |exit| {
                    yields(2).await;
                    log.push(format!("own {}", told(&exit)));
                },
            ));
        });
        let caught = catch_async(group).await;
        trace.push(caught.unwrap_err());
        trace.take()
    });
    // The panicking task is not over, and cancels nobody, before its own cleanup is done.
    assert_eq!(trace, ["own panicked", "sibling SiblingFailed", "child"]);
}

/// FI1: a panic in the cleanup of a child is a panic of the child: it cancels the siblings and is resumed in the host.
pub fn fi1_a_panic_in_the_cleanup_of_a_child_is_resumed_in_the_host(on: &Flavour) {
    let (trace, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let group = task_group(async |g| {
            let log = trace.clone();
            g.spawn(finally(pending::<()>(), async move |exit| {
                log.push(format!("sibling {}", told(&exit)));
            }));
            g.spawn(finally(async {}, async |_| {
                yields(2).await;
                fail("cleanup");
            }));
        });
        let caught = catch_async(group).await;
        trace.push(caught.unwrap_err());
        trace.take()
    });
    assert_eq!(trace, ["sibling SiblingFailed", "cleanup"]);
    assert!(reports.iter().any(|report| report.contains("cleanup")));
}

/// FI1: a child ended by its own handle is told so; its siblings go on.
pub fn fi1_a_cleanup_after_the_cancel_of_one_task(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let gate = Event::new();
        let result = task_group(async |g| {
            let polled = Event::new();
            let (log, ready) = (trace.clone(), polled.clone());
            let child = g.spawn(finally(
                async move {
                    ready.set();
                    pending::<()>().await;
                },
                async move |exit| log.push(format!("{}", matches!(exit, Exit::Cancelled(_)))),
            ));
            let (log, open) = (trace.clone(), gate.clone());
            g.spawn(finally(
                async move { open.wait().await },
                async move |exit| log.push(told(&exit)),
            ));
            polled.wait().await;
            child.cancel();
            child.wait().await;
            gate.set();
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["true", "completed"]);
    });
}

/// FI2: a local group's children borrow, and their cleanups are finished before the group is left.
pub fn fi2_a_local_group_waits_for_the_cleanups_of_its_children(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let log = &trace;
        let result = local_task_group(async |g| {
            for waits in [4, 1, 8] {
                g.spawn(finally(pending::<()>(), async move |exit| {
                    yields(waits).await;
                    log.push(told(&exit));
                }));
            }
            yield_once().await;
            g.cancel_with("stop");
        })
        .await;
        trace.push("left");
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["stop", "stop", "stop", "left"]);
    });
}
