//! TG6: panics in destructors.

use super::{WithDrop, both_kinds, quiet_panic};
use crate::harness::*;

both_kinds! {
    /// TG6: a child whose destructor panics when it is cancelled: the panic is resumed in the host, nobody is left.
    #[local(tg6_local_a_destructor_panics_in_a_cancelled_child)]
    pub fn tg6_a_destructor_panics_in_a_cancelled_child(on: &Flavour) {
        on.run(async {
            let (sibling, counter) = pending_counted();
            let group = task_group(async |g| {
                g.spawn(sibling);
                let inside = Event::new();
                let ready = inside.clone();
                g.spawn(WithDrop::new(
                    async move {
                        ready.set();
                        pending::<()>().await;
                    },
                    || quiet_panic("destructor"),
                ));
                inside.wait().await;
                g.cancel();
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "destructor");
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG6: a child that ended well and whose destructor panics has panicked, and its siblings are cancelled.
    #[local(tg6_local_a_destructor_panics_in_a_finished_child)]
    pub fn tg6_a_destructor_panics_in_a_finished_child(on: &Flavour) {
        on.run(async {
            let (sibling, counter) = pending_counted();
            let group = task_group(async |g| {
                g.spawn(sibling);
                g.spawn(WithDrop::new(yields(3), || quiet_panic("destructor")));
                pending::<()>().await;
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "destructor");
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG6: a child that panics and whose destructor then panics too ends the group, not the process.
    #[local(tg6_local_a_destructor_panics_in_a_panicked_child)]
    pub fn tg6_a_destructor_panics_in_a_panicked_child(on: &Flavour) {
        on.run(async {
            let (sibling, counter) = pending_counted();
            let group = task_group(async |g| {
                g.spawn(sibling);
                g.spawn(WithDrop::new(
                    async {
                        yields(3).await;
                        quiet_panic("poll")
                    },
                    || quiet_panic("destructor"),
                ));
                pending::<()>().await;
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "poll");
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG6: a body whose locals panic when the group's cancel cuts it.
    #[local(tg6_local_a_destructor_panics_in_a_cut_body)]
    pub fn tg6_a_destructor_panics_in_a_cut_body(on: &Flavour) {
        on.run(async {
            let (child, counter) = pending_counted();
            let group = task_group(async |g| {
                g.spawn(child);
                g.cancel();
                let _panics = PanicsOnDrop("destructor");
                pending::<()>().await;
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "destructor");
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG6: twenty destructors that panic in one unwinding: each child is counted out, one panic is resumed.
    #[local(tg6_local_many_destructors_panic_in_one_unwinding)]
    pub fn tg6_many_destructors_panic_in_one_unwinding(on: &Flavour) {
        let ((), reports) = on.run_reporting(async {
            let (sibling, counter) = pending_counted();
            let group = task_group(async |g| {
                for _ in 0..20 {
                    g.spawn(WithDrop::new(pending::<()>(), || quiet_panic("destructor")));
                }
                g.spawn(sibling);
                yields(5).await;
                g.cancel();
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "destructor");
            assert_eq!(counter.drops(), 1);
        });
        assert_eq!(reports_of(&reports, "destructor"), 20, "{reports:?}");
    }

    /// TG6: a child that never got its place under a limit and whose destructor panics.
    #[local(tg6_local_a_destructor_panics_in_a_child_that_never_ran)]
    pub fn tg6_a_destructor_panics_in_a_child_that_never_ran(on: &Flavour) {
        on.run(async {
            let (sibling, counter) = pending_counted();
            let group = task_group(async |g| {
                g.limit(0);
                g.spawn(WithDrop::new(pending::<()>(), || quiet_panic("destructor")));
                g.spawn(sibling);
                yields(5).await;
                g.cancel();
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "destructor");
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
        });
    }

    /// TG6: a value that nobody takes and whose destructor panics does not strand the group.
    #[local(tg6_local_a_destructor_panics_in_a_value_nobody_takes)]
    pub fn tg6_a_destructor_panics_in_a_value_nobody_takes(on: &Flavour) {
        on.run(async {
            let (sibling, counter) = counted(yields(20));
            let group = task_group(async |g| {
                g.spawn(sibling);
                drop(g.spawn(async { PanicsOnDrop("value") }));
                yields(10).await;
            });
            // Whose panic this is no rule says; that the group ends does.
            let caught = catch_async(group).await;
            assert!(caught.is_ok() || caught.is_err_and(|text| text == "value"));
            assert_eq!(counter.drops(), 1);
        });
    }
}
