//! TG6: several panics, and panics that travel.

use super::{asked_to_stop, both_kinds, quiet_panic};
use crate::harness::*;

/// How many panics the runtime has counted.
fn panics_counted() -> u64 {
    Runtime::current().unwrap().statistics().panics
}

both_kinds! {
    /// TG6: a child panics, then the body: the child's is resumed, the body's is reported and counted.
    #[local(tg6_local_a_body_that_panics_after_a_child)]
    pub fn tg6_a_body_that_panics_after_a_child(on: &Flavour) {
        let ((), reports) = on.run_reporting(async {
            let before = panics_counted();
            let group = task_group(async |g| {
                let child = g.spawn(async { quiet_panic("of the child") });
                shield(child.wait()).await;
                quiet_panic("of the body");
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "of the child");
            assert_eq!(panics_counted() - before, 2);
        });
        assert_eq!(reports_of(&reports, "of the child"), 1, "{reports:?}");
        assert_eq!(reports_of(&reports, "of the body"), 1, "{reports:?}");
    }

    /// TG6: the body panics, then a child that winds down: the body's is resumed, the child's is reported and counted.
    #[local(tg6_local_a_child_that_panics_after_the_body)]
    pub fn tg6_a_child_that_panics_after_the_body(on: &Flavour) {
        let ((), reports) = on.run_reporting(async {
            let group = task_group(async |g| {
                let inside = Event::new();
                let ready = inside.clone();
                g.spawn(async move {
                    ready.set();
                    asked_to_stop().await;
                    quiet_panic("of the child")
                });
                inside.wait().await;
                quiet_panic("of the body");
            });
            let before = panics_counted();
            assert_eq!(catch_async(group).await.unwrap_err(), "of the body");
            assert!(panics_counted() > before);
        });
        assert_eq!(reports_of(&reports, "of the child"), 1, "{reports:?}");
    }

    /// TG6: of three panicking children the first is resumed; all three are reported and counted.
    #[local(tg6_local_further_panics_are_reported_and_counted)]
    pub fn tg6_further_panics_are_reported_and_counted(on: &Flavour) {
        let ((), reports) = on.run_reporting(async {
            let before = panics_counted();
            let group = task_group(async |g| {
                let first = g.spawn(async { quiet_panic("the first") });
                let second = g.spawn(shield(async move {
                    first.wait().await;
                    quiet_panic("the second")
                }));
                g.spawn(shield(async move {
                    second.wait().await;
                    quiet_panic("the third")
                }));
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "the first");
            assert_eq!(panics_counted() - before, 3);
        });
        for text in ["the first", "the second", "the third"] {
            assert_eq!(reports_of(&reports, text), 1, "{reports:?}");
        }
    }

    /// TG6: a hundred children that panic at the same moment: one panic is resumed, a hundred are reported.
    #[local(tg6_local_a_hundred_panics_at_once)]
    pub fn tg6_a_hundred_panics_at_once(on: &Flavour) {
        let ((), reports) = on.run_reporting(async {
            let gate = Event::new();
            let group = task_group(async |g| {
                for _ in 0..100 {
                    // Shielded: a child that is cancelled at the end of its first poll would not see the gate open.
                    let opened = shield(gate.wait());
                    g.spawn(async move {
                        opened.await;
                        quiet_panic("all at once")
                    });
                }
                until(|| gate.waiting() == 100).await;
                gate.set();
            });
            let before = panics_counted();
            assert_eq!(catch_async(group).await.unwrap_err(), "all at once");
            assert_eq!(panics_counted() - before, 100);
        });
        assert_eq!(reports_of(&reports, "all at once"), 100, "{reports:?}");
    }

    /// TG6: a panic travels outward through the groups around it, and each of them drains first.
    #[local(tg6_local_a_panic_travels_through_nested_groups)]
    pub fn tg6_a_panic_travels_through_nested_groups(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let group = task_group(async |g| {
                let noted = trace.clone();
                g.spawn(async move {
                    let inner = noted.clone();
                    let nested = task_group(async |g| {
                        let inside = Event::new();
                        let ready = inside.clone();
                        g.spawn(shield(async move {
                            ready.set();
                            yields(20).await;
                            inner.push("inner sibling");
                        }));
                        inside.wait().await;
                        g.spawn(async { quiet_panic("innermost") });
                    });
                    let _probe = DropProbe::new(&noted, "child");
                    let _ = nested.await;
                    noted.push("unreachable");
                });
                pending::<()>().await;
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "innermost");
            assert_eq!(trace.take(), ["inner sibling", "child"]);
        });
    }

    /// TG6: a panic goes before the cancel of a scope around the group.
    #[local(tg6_local_a_panic_goes_before_an_outer_cancel)]
    pub fn tg6_a_panic_goes_before_an_outer_cancel(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let run = scope.run(task_group(async |g| {
                let inside = Event::new();
                let ready = inside.clone();
                g.spawn(async move {
                    ready.set();
                    asked_to_stop().await;
                    quiet_panic("in the unwinding")
                });
                inside.wait().await;
                handle.cancel();
            }));
            assert_eq!(catch_async(run).await.unwrap_err(), "in the unwinding");
        });
    }

    /// TG6: a body in a shield is not cut by a child's panic; what it says meanwhile is lost to the panic.
    #[local(tg6_local_a_shielded_body_ends_before_the_panic_is_resumed)]
    pub fn tg6_a_shielded_body_ends_before_the_panic_is_resumed(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let group = task_group(async |g| {
                let child = g.spawn(async { quiet_panic("child") });
                shield(async {
                    child.wait().await;
                    yields(10).await;
                })
                .await;
                trace.push("body");
                7
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "child");
            assert_eq!(trace.take(), ["body"]);
        });
    }

    /// TG6: a panic that nobody catches leaves `run`, when every task is gone.
    #[local(tg6_local_a_panic_leaves_run)]
    pub fn tg6_a_panic_leaves_run(on: &Flavour) {
        let (stuck, counter) = pending_counted();
        let caught = catch(|| {
            on.run(task_group(async |g| {
                g.spawn(stuck);
                g.spawn(async { quiet_panic("child") });
            }))
        });
        assert_eq!(caught.unwrap_err(), "child");
        assert_eq!(counter.drops(), 1);
    }

    /// TG6: a panic of the ordinary kind, with its message formatted, is told the same.
    #[local(tg6_local_a_formatted_message_is_kept)]
    pub fn tg6_a_formatted_message_is_kept(on: &Flavour) {
        let (caught, reports) = on.run_reporting(catch_async(task_group(async |g| {
            g.spawn(async { std::panic::resume_unwind(Box::new(format!("number {}", 7))) });
        })));
        assert_eq!(caught.err().as_deref(), Some("number 7"));
        assert_eq!(reports_of(&reports, "number 7"), 1, "{reports:?}");
    }
}
