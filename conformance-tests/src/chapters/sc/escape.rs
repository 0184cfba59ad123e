//! SC13: a group that foreign code drops: its children are cancelled, adopted and waited for.

use super::held::{Held, drop_when};
use crate::harness::*;

/// SC13: the children are cancelled at once, nothing blocks, and `run` returns only when they are gone.
pub fn sc13_run_waits_for_the_children_of_a_dropped_group(on: &Flavour) {
    let held = Held::new();
    on.run(async {
        let _end = held.let_go_at_end();
        let group = task_group(async |g: TaskGroup| {
            g.spawn(held.child());
            pending::<()>().await;
        });
        drop_when(group, &held.entered).await;
        // Nobody here is cancelled, and the child learns of its own cancel although it is held.
        assert!(!is_cancelled());
        held.noticed.wait().await;
        checkpoint().await;
        assert!(!held.gone.is_set());
    });
    assert!(held.gone.is_set());
}

/// SC13: the nearest enclosing group adopts them: it does not return before they are gone.
pub fn sc13_the_nearest_enclosing_group_adopts_the_children(on: &Flavour) {
    on.run(async {
        let held = Held::new();
        let value = task_group(async |_: TaskGroup| {
            let _end = held.let_go_at_end();
            let inner = task_group(async |g: TaskGroup| {
                g.spawn(held.child());
                pending::<()>().await;
            });
            drop_when(inner, &held.entered).await;
            held.noticed.wait().await;
            "body's value"
        })
        .await;
        assert!(held.gone.is_set());
        assert_eq!(
            value.ok(),
            Some("body's value"),
            "orphans do not end a group"
        );
    });
}

/// SC13: a group dropped inside a child is adopted by the child's group, which outlives the child.
pub fn sc13_the_group_of_a_child_adopts_what_the_child_dropped(on: &Flavour) {
    on.run(async {
        let held = Held::new();
        let result = task_group(async |g: TaskGroup| {
            let _end = held.let_go_at_end();
            let dropped = held.clone();
            let child = g.spawn(async move {
                let inner = task_group(async |g: TaskGroup| {
                    g.spawn(dropped.child());
                    pending::<()>().await;
                });
                drop_when(inner, &dropped.entered).await;
            });
            child.await.expect("the child ends by itself");
            assert!(!held.gone.is_set());
        })
        .await;
        assert!(result.is_ok());
        assert!(held.gone.is_set());
    });
}

/// SC13: children that hold nothing end without further ado, daemons and queued children too.
pub fn sc13_every_kind_of_child_of_a_dropped_group_ends(on: &Flavour) {
    on.run(async {
        let mut counters = Vec::new();
        let result = task_group(async |_: TaskGroup| {
            let polled = Event::new();
            let inner = task_group(async |g: TaskGroup| {
                let mut next = || {
                    let (child, counter) = pending_counted();
                    counters.push(counter);
                    child
                };
                g.limit(1);
                g.spawn(next());
                g.spawn(next());
                g.task().daemon().spawn(next());
                until(|| counters[0].polls() > 0).await;
                polled.set();
                pending::<()>().await;
            });
            drop_when(inner, &polled).await;
        })
        .await;
        assert!(result.is_ok());
        for counter in &counters {
            assert_eq!(counter.drops(), 1);
        }
        assert_eq!(counters[1].polls(), 0, "it waited for its place");
    });
}

/// SC13: the finalizers of the children run.
pub fn sc13_finalizers_of_the_children_run(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let polled = Event::new();
        let group = task_group(async |g: TaskGroup| {
            let (told, noted) = (polled.clone(), trace.clone());
            let body = async move {
                told.set();
                pending::<()>().await;
            };
            g.spawn(finally(body, async move |exit: Exit| {
                sleep(Duration::ZERO).await;
                checkpoint().await;
                noted.push(format!("cancelled {}", matches!(exit, Exit::Cancelled(_))));
            }));
            pending::<()>().await;
        });
        drop_when(group, &polled).await;
    });
    assert_eq!(trace.take(), ["cancelled true"]);
}

/// SC13: grandchildren are cancelled and waited for as well.
pub fn sc13_groups_inside_the_children_unwind_first(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let held = Held::new();
        let _end = held.let_go_at_end();
        let group = task_group(async |g: TaskGroup| {
            let (grandchild, noted) = (held.clone(), trace.clone());
            let gone = held.gone.clone();
            let host = task_group(async move |g: TaskGroup| {
                g.spawn(grandchild.child());
            });
            g.spawn(finally(host, async move |_| {
                noted.push(format!("grandchild gone: {}", gone.is_set()));
            }));
            pending::<()>().await;
        });
        drop_when(group, &held.entered).await;
        held.noticed.wait().await;
    });
    assert_eq!(trace.take(), ["grandchild gone: true"]);
}

/// SC13: adopted children stay cancelled: leaving their shield, they end at the next wait.
pub fn sc13_adopted_children_stay_cancelled(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let held = Held::new();
        let _end = held.let_go_at_end();
        let group = task_group(async |g: TaskGroup| {
            let (child, noted) = (held.child(), trace.clone());
            g.spawn(async move {
                child.await;
                noted.push(format!("cancelled {}", is_cancelled()));
                checkpoint().await;
                noted.push("not reached");
            });
            pending::<()>().await;
        });
        drop_when(group, &held.entered).await;
    });
    assert_eq!(trace.take(), ["cancelled true"]);
}

/// SC13: a group that is unwinding already can be dropped too.
pub fn sc13_a_group_dropped_while_it_unwinds_is_adopted(on: &Flavour) {
    let held = Held::new();
    on.run(async {
        let _end = held.let_go_at_end();
        let group = task_group(async |g: TaskGroup| {
            g.spawn(held.child());
            held.entered.wait().await;
            g.cancel();
        });
        drop_when(group, &held.noticed).await;
    });
    assert!(held.gone.is_set());
}

/// SC13: a panic beside a running group, in the same task, drops it like a select does.
pub fn sc13_a_panic_beside_a_running_group_is_an_escape(on: &Flavour) {
    let held = Held::new();
    on.run(async {
        let _end = held.let_go_at_end();
        let both = async {
            let group = task_group(async |g: TaskGroup| {
                g.spawn(held.child());
                pending::<()>().await;
            });
            futures_util::join!(group, async {
                held.entered.wait().await;
                panic!("beside the group");
            })
        };
        let panicked = catch_async(both).await;
        assert_eq!(panicked.err().as_deref(), Some("beside the group"));
        held.noticed.wait().await;
        assert!(!is_cancelled());
    });
    assert!(held.gone.is_set());
}

/// SC13: the drop may happen on a thread that no runtime knows.
pub fn sc13_a_group_may_be_dropped_on_a_foreign_thread(on: &Flavour) {
    let held = Held::new();
    on.run(async {
        let _end = held.let_go_at_end();
        let child = held.child();
        let mut group = Box::pin(task_group(async move |g: TaskGroup| {
            g.spawn(child);
            pending::<()>().await;
        }));
        assert!(poll_once(&mut group).await.is_pending());
        held.entered.wait().await;
        on_thread(move || drop(group));
        held.noticed.wait().await;
    });
    assert!(held.gone.is_set());
}

/// SC13: the children of a local group live in the dropped future and are dropped with it, there and then.
pub fn sc13_the_children_of_a_dropped_local_group_go_with_it(on: &Flavour) {
    on.run(async {
        let polled = Event::new();
        let (child, counter) = pending_counted();
        let group = local_task_group(async |g: LocalTaskGroup<'_>| {
            g.spawn(child);
            yields(2).await;
            polled.set();
            pending::<()>().await;
        });
        drop_when(group, &polled).await;
        assert_eq!(counter.drops(), 1);
    });
}

/// SC13: a blocking call that is dropped while its closure runs is waited for like a child.
pub fn sc13_run_waits_for_a_dropped_blocking_call(on: &Flavour) {
    let (running, gate, gone) = (Event::new(), Event::new(), Event::new());
    on.run(async {
        let _end = gate.set_on_drop();
        let (told, let_go, last) = (running.clone(), gate.clone(), gone.clone());
        let call = run_in_threadpool(move || {
            told.set();
            let_go.wait_blocking();
            last.set();
        });
        drop_when(call, &running).await;
        checkpoint().await;
        assert!(!gone.is_set());
    });
    assert!(gone.is_set());
}
