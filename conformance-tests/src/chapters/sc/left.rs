//! SC13: whether anything is left of a dropped group, what is told of it, and whom the rest does not hold.

use super::held::drop_when;
use crate::harness::*;

/// SC13: a drop of a group that has no child at work leaves nothing behind, and is no escape.
pub fn sc13_a_dropped_group_without_children_is_no_escape(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let polled = Event::new();
        let group = task_group(async |_: TaskGroup| {
            polled.set();
            pending::<()>().await;
        });
        drop_when(group, &polled).await;
        assert_eq!(escapes(), 0);
    });
    assert_eq!(reports, Vec::<String>::new());
}

/// SC13: the children of a local group are dropped with it, and were at work: that is an escape.
pub fn sc13_a_dropped_local_group_with_a_child_at_work_is_an_escape(on: &Flavour) {
    on.run(async {
        for daemon in [false, true] {
            let before = escapes();
            let polled = Event::new();
            let group = local_task_group(async |g: LocalTaskGroup| {
                let told = polled.clone();
                let child = async move {
                    told.set();
                    pending::<()>().await;
                };
                if daemon {
                    g.task().daemon().spawn(child);
                } else {
                    g.spawn(child);
                }
                pending::<()>().await;
            });
            drop_when(group, &polled).await;
            assert_eq!(escapes() - before, 1);
        }
    });
}

/// SC13: the errors that a group has kept when foreign code drops it go to the hook.
pub fn sc13_errors_of_before_a_foreign_drop_go_to_the_hook(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let (noticed, gate) = (Event::new(), Event::new());
        let _open = gate.set_on_drop();
        let (told, opened) = (noticed.clone(), gate.clone());
        let group = try_task_group(async |g| {
            g.spawn(async move {
                shield_with(async |outside: Outside| outside.cancelled().await).await;
                told.set();
                shield(opened.wait()).await;
                Ok(())
            });
            g.spawn(async { Err::<(), _>("kept") });
            Ok(())
        });
        drop_when(group, &noticed).await;
    });
    assert_eq!(
        reports_of(&reports, "nobody left to be told"),
        1,
        "{reports:?}"
    );
}

/// SC13: the panic of a destructor in the body of a dropped group goes on to whoever drops it.
pub fn sc13_a_panic_in_a_dropped_body_goes_on(on: &Flavour) {
    on.run(async {
        let mut group = Box::pin(task_group(async |g: TaskGroup| {
            g.spawn(pending::<()>());
            let _panics = PanicsOnDrop("of a destructor");
            pending::<()>().await;
        }));
        assert!(poll_once(&mut group).await.is_pending());
        assert_eq!(catch(|| drop(group)).unwrap_err(), "of a destructor");
    });
}

/// SC13: what is left of a dropped group does not hold the region it was dropped in, which it does not wait for.
pub fn sc13_what_a_dropped_group_left_does_not_hold_the_scope_around(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let _open = gate.set_on_drop();
        let gone = Event::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let inside = Event::new();
                let (entered, opened, told) = (inside.clone(), gate.clone(), gone.clone());
                let group = task_group(async |g: TaskGroup| {
                    g.spawn(shield(async move {
                        entered.set();
                        opened.wait().await;
                        told.set();
                    }));
                    pending::<()>().await;
                });
                drop_when(group, &inside).await;
                handle.cancel();
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert!(!gone.is_set());
    });
}

/// SC13: when what a dropped group left is gone, a shield holds the region it was dropped in as ever.
pub fn sc13_a_shield_holds_the_scope_that_a_group_was_dropped_in(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let trace = Trace::new();
        let result = scope
            .run(async {
                let (inside, gate) = (Event::new(), Event::new());
                let (entered, opened) = (inside.clone(), gate.clone());
                let place = format!("{}:{}", file!(), line!() + 1);
                let group = task_group(async |g: TaskGroup| {
                    g.spawn(shield(async move {
                        entered.set();
                        opened.wait().await;
                    }));
                    pending::<()>().await;
                });
                drop_when(group, &inside).await;
                let is_listed =
                    || task_tree().is_some_and(|tree| tree.to_string().contains(&place));
                assert!(is_listed());
                gate.set();
                until(|| !is_listed()).await;
                handle.cancel();
                shield(yields(3)).await;
                trace.push("shielded");
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["shielded"]);
    });
}
