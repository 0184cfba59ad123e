//! Deferred hooks of groups: after every task of the group has ended, last in first out.

use super::{fail, told};
use crate::harness::*;

type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A hook that waits, and notes `name` and how the body ended.
fn noting(trace: &Trace, name: &'static str) -> impl FnOnce(Exit) -> Hook + Send + use<> {
    let trace = trace.clone();
    move |exit| {
        Box::pin(async move {
            yields(2).await;
            trace.push(format!("{name} {}", told(&exit)));
        })
    }
}

/// A child that waits `waits` times and notes its end.
fn child(trace: &Trace, waits: usize) -> impl Future<Output = ()> + Send + use<> {
    let trace = trace.clone();
    async move {
        yields(waits).await;
        trace.push("child");
    }
}

/// A child that waits for ever and whose cleanup waits `waits` times.
fn cleaned(trace: &Trace, waits: usize) -> impl Future<Output = ()> + Send + use<> {
    let trace = trace.clone();
    finally(pending::<()>(), async move |_| {
        yields(waits).await;
        trace.push("cleanup");
    })
}

/// FI3: hooks run after all children have ended by themselves.
pub fn fi3_hooks_of_a_group_run_after_its_tasks(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = task_group(async |g| {
            g.defer(noting(&trace, "first"));
            g.spawn(child(&trace, 4));
            g.defer(noting(&trace, "second"));
            g.spawn(child(&trace, 9));
            7
        })
        .await;
        trace.push(format!("got {:?}", value.ok()));
        assert_eq!(
            trace.take(),
            [
                "child",
                "child",
                "second completed",
                "first completed",
                "got Some(7)"
            ]
        );
    });
}

/// FI3: hooks run after the finalizers of cancelled children, when the group was cut short.
pub fn fi3_hooks_of_a_cancelled_group_run_after_its_finalizers(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            g.defer(noting(&trace, "hook"));
            g.spawn(cleaned(&trace, 7));
            g.spawn(cleaned(&trace, 2));
            on_thread(|| g.cancel_with("stop"));
            pending::<()>().await;
        })
        .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(trace.take(), ["cleanup", "cleanup", "hook stop", "left"]);
    });
}

/// FI3: the same when the cancel comes from a scope around; cleanups around the group follow the hooks.
pub fn fi3_hooks_of_a_group_under_an_outer_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let group = task_group(async |g| {
            g.defer(noting(&trace, "hook 1"));
            g.defer(noting(&trace, "hook 2"));
            g.spawn(cleaned(&trace, 5));
            on_thread(move || handle.cancel_with("stop"));
            pending::<()>().await;
        });
        let result = scope
            .run(finally(group, async |exit| {
                trace.push(format!("around {}", told(&exit)));
            }))
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            ["cleanup", "hook 2 stop", "hook 1 stop", "around stop"]
        );
    });
}

/// FI3: an error of a child is returned after the hooks have run.
pub fn fi3_the_error_of_a_group_comes_after_its_hooks(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = try_task_group(async |g| {
            g.defer(noting(&trace, "hook"));
            let sibling = cleaned(&trace, 5);
            g.spawn(async move {
                sibling.await;
                Ok(())
            });
            g.spawn(async {
                yields(2).await;
                Err::<(), _>("child")
            });
            pending::<Result<(), &str>>().await
        })
        .await;
        trace.push("left");
        assert_eq!(result.unwrap_err().into_errors(), ["child"]);
        assert_eq!(trace.take(), ["cleanup", "hook SiblingFailed", "left"]);
    });
}

/// FI3: a panic of the body: the children are ended, the hooks are told `Panicked`, and the panic goes on.
pub fn fi3_hooks_of_a_group_whose_body_panics(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(task_group(async |g| {
            g.defer(noting(&trace, "hook"));
            let polled = Event::new();
            let signal = polled.clone();
            let sibling = cleaned(&trace, 5);
            g.spawn(async move {
                signal.set();
                sibling.await;
            });
            polled.wait().await;
            fail("body");
        }))
        .await;
        trace.push(caught.unwrap_err());
        assert_eq!(trace.take(), ["cleanup", "hook panicked", "body"]);
    });
}

/// FI3: the panic of a child is resumed after the hooks.
pub fn fi3_the_panic_of_a_child_comes_after_the_hooks(on: &Flavour) {
    let (trace, _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let log = trace.clone();
        let caught = catch_async(task_group(async |g| {
            g.defer(async move |_| {
                yields(2).await;
                log.push("hook");
            });
            g.spawn(async {
                yield_once().await;
                fail("child");
            });
            pending::<()>().await;
        }))
        .await;
        trace.push(caught.unwrap_err());
        trace.take()
    });
    assert_eq!(trace, ["hook", "child"]);
}

/// FI3: children register hooks through their clone of the group, also when the body is done.
pub fn fi3_children_register_hooks_of_their_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            g.defer(noting(&trace, "body"));
            let (log, group) = (trace.clone(), g.clone());
            g.spawn(async move {
                yields(3).await;
                group.defer(noting(&log, "child"));
                log.push("registered");
                yields(3).await;
            });
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(
            trace.take(),
            ["registered", "child completed", "body completed"]
        );
    });
}

/// FI3: daemons are tasks of the group too: they are gone before the hooks run.
pub fn fi3_daemons_end_before_the_hooks(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            g.defer(noting(&trace, "hook"));
            let polled = Event::new();
            let signal = polled.clone();
            let body = cleaned(&trace, 4);
            g.task().daemon().spawn(async move {
                signal.set();
                body.await;
            });
            polled.wait().await;
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["cleanup", "hook completed"]);
    });
}

/// FI3: an empty group has its hooks.
pub fn fi3_hooks_of_an_empty_group_run(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            g.defer(noting(&trace, "first"));
            g.defer(noting(&trace, "second"));
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["second completed", "first completed"]);
    });
}

/// FI3: the hooks of a local group run after its children.
pub fn fi3_hooks_of_a_local_group_run_after_its_tasks(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let log = &trace;
        let result = local_task_group(async |g| {
            g.defer(noting(&trace, "first"));
            g.defer(noting(&trace, "second"));
            for waits in [4, 1] {
                g.spawn(async move {
                    yields(waits).await;
                    log.push("child");
                });
            }
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(
            trace.take(),
            ["child", "child", "second completed", "first completed"]
        );
    });
}

/// FI3: the hooks of a group that foreign code drops are adopted with its children, and run before `run` returns.
pub fn fi3_hooks_of_a_foreign_dropped_group_still_run(on: &Flavour) {
    let trace = Trace::new();
    let ((), reports) = on.run_reporting(async {
        let polled = Event::new();
        let mut dropped = Box::pin(task_group(async |g| {
            g.defer(noting_any(&trace, "first"));
            g.defer(noting_any(&trace, "second"));
            let signal = polled.clone();
            let child = cleaned(&trace, 5);
            g.spawn(async move {
                signal.set();
                child.await;
            });
            pending::<()>().await;
        }));
        assert!(poll_once(&mut dropped).await.is_pending());
        polled.wait().await;
        drop(dropped);
    });
    assert!(!reports.is_empty());
    assert_eq!(trace.take(), ["cleanup", "second", "first"]);
}

/// A hook that waits and notes `name`, however the body ended.
fn noting_any(trace: &Trace, name: &'static str) -> impl FnOnce(Exit) -> Hook + Send + use<> {
    let trace = trace.clone();
    move |_| {
        Box::pin(async move {
            yields(2).await;
            trace.push(name);
        })
    }
}

/// FI3: the hooks of a group that failed are told so, although its body has given its value.
pub fn fi3_hooks_of_a_failed_group_whose_body_gave_a_value(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let noted = trace.clone();
        let result = try_task_group(async |g| {
            g.defer(async move |exit: Exit| noted.push(told(&exit)));
            g.spawn(async {
                yields(2).await;
                Err::<(), _>("late")
            });
            Ok(())
        })
        .await;
        assert_eq!(result.unwrap_err().into_errors(), ["late"]);
        assert_eq!(trace.take(), ["SiblingFailed"]);
    });
}
