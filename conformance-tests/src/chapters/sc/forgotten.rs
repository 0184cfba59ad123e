//! SC13: groups whose future is forgotten instead of dropped.

use crate::harness::*;

/// SC13: a group whose future is forgotten is not lost from sight either: its children end with the run.
pub fn sc13_the_children_of_a_forgotten_group_end_with_the_run(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let (child, counter) = pending_counted();
        let probe = DropProbe::new(&trace, "child dropped");
        let mut group = Box::pin(task_group(async move |g: TaskGroup| {
            g.spawn(async move {
                let _probe = probe;
                child.await;
            });
            pending::<()>().await;
        }));
        assert!(poll_once(&mut group).await.is_pending());
        until(|| counter.polls() > 0).await;
        std::mem::forget(group);
        checkpoint().await;
        assert_eq!(trace.snapshot(), Vec::<String>::new());
    });
    assert_eq!(trace.take(), ["child dropped"]);
}

/// Starts a group with one child that waits for ever, and forgets it.
async fn forget_a_group() -> Counter {
    let (child, counter) = pending_counted();
    let mut group = Box::pin(task_group(async move |g: TaskGroup| {
        g.spawn(child);
        pending::<()>().await;
    }));
    assert!(poll_once(&mut group).await.is_pending());
    until(|| counter.polls() > 0).await;
    std::mem::forget(group);
    counter
}

/// SC13: the escape of a forgotten group is told and counted, once.
pub fn sc13_a_forgotten_group_is_counted_as_an_escape(on: &Flavour) {
    let (runtime, reports) = on.run_reporting(async {
        forget_a_group().await;
        Runtime::current().expect("inside a runtime")
    });
    assert_eq!(
        reports_of(&reports, "dropped while at work"),
        1,
        "{reports:?}"
    );
    assert_eq!(runtime.statistics().foreign_drops, 1);
}

/// SC13: nobody can tell a forgotten group from one that waits, so a cancel around it waits for it; when the region
/// around ends by itself the group holds nobody any more.
pub fn sc13_a_forgotten_group_holds_until_the_region_around_ends_by_itself(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let counter = forget_a_group().await;
                handle.cancel();
                // Pending in a cancelled region, and still polled: the group holds it.
                yields(20).await;
                trace.push("held");
                until(|| counter.drops() == 1).await;
                "value"
            })
            .await;
        assert_eq!(result.ok(), Some("value"));
        assert_eq!(trace.take(), ["held"]);
    });
}

/// SC13: a group that has a host keeps it, also inside of one that was forgotten: it unwinds in order.
pub fn sc13_what_is_inside_a_forgotten_group_unwinds_in_order(on: &Flavour) {
    let trace = Trace::new();
    let (grandchild, cleanup) = (trace.clone(), trace.clone());
    let ((), reports) = on.run_reporting(async {
        let polled = Event::new();
        let told = polled.clone();
        let mut group = Box::pin(task_group(async move |g: TaskGroup| {
            g.spawn(async move {
                let inner = task_group(async |h: TaskGroup| {
                    h.spawn(shield(async move {
                        told.set();
                        // Its group is cancelled when the root finds the forgotten one.
                        yields(50).await;
                        grandchild.push("grandchild");
                    }));
                });
                let _ = finally(inner, async |_| cleanup.push("cleanup")).await;
            });
            pending::<()>().await;
        }));
        assert!(poll_once(&mut group).await.is_pending());
        polled.wait().await;
        std::mem::forget(group);
    });
    assert_eq!(trace.take(), ["grandchild", "cleanup"]);
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// SC13: the children of a forgotten local group are nobody's to end: it is told, and nobody waits for them.
pub fn sc13_run_does_not_wait_for_a_forgotten_local_group(on: &Flavour) {
    let trace = Trace::new();
    let hook = trace.clone();
    let ((), reports) = on.run_reporting(async {
        let mut group = Box::pin(local_task_group(async |g: LocalTaskGroup<'_>| {
            g.defer(async move |_| hook.push("hook"));
            g.spawn(pending::<()>());
            pending::<()>().await;
        }));
        assert!(poll_once(&mut group).await.is_pending());
        std::mem::forget(group);
    });
    assert_eq!(trace.take(), ["hook"]);
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// SC13: a group that was forgotten together with the one around it, which had no task of its own, is found as well.
pub fn sc13_a_group_inside_a_forgotten_one_without_tasks_is_found(on: &Flavour) {
    let trace = Trace::new();
    let (child, hook) = (trace.clone(), trace.clone());
    let ((), reports) = on.run_reporting(async {
        let polled = Event::new();
        let told = polled.clone();
        let mut group = Box::pin(task_group(async move |_: TaskGroup| {
            task_group(async move |inner: TaskGroup| {
                inner.defer(async move |_| hook.push("hook"));
                inner.spawn(shield(async move {
                    told.set();
                    yields(50).await;
                    child.push("child");
                }));
                pending::<()>().await;
            })
            .await
        }));
        assert!(poll_once(&mut group).await.is_pending());
        polled.wait().await;
        std::mem::forget(group);
    });
    assert_eq!(trace.take(), ["child", "hook"]);
    assert_eq!(reports.len(), 2, "{reports:?}");
}
