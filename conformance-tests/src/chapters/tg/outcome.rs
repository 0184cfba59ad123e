//! TG5: what a group returns when it cancelled itself, or nothing was cancelled.

use super::{both_kinds, cause_of};
use crate::harness::*;

both_kinds! {
    /// TG5: own cancel, body cut short, no error: `Cancelled`, with the group's reason.
    #[local(tg5_local_own_cancel_with_the_body_cut_short_is_cancelled)]
    pub fn tg5_own_cancel_with_the_body_cut_short_is_cancelled(on: &Flavour) {
        on.run(async {
            let (body, counter) = pending_counted();
            let result = task_group(async |g| {
                g.cancel_with("enough");
                body.await;
            })
            .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "enough");
            assert_eq!(counter.drops(), 1);
            // Absorbed: the caller goes on.
            checkpoint().await;
        });
    }

    /// TG5: a child that cancels the group cuts the body short just as well.
    #[local(tg5_local_a_child_cancels_its_group)]
    pub fn tg5_a_child_cancels_its_group(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                let group = g.clone();
                g.task().name("canceller").spawn(async move {
                    assert!(group.cancel_with("enough"));
                    assert!(!group.cancel_with("later"));
                });
                pending::<()>().await;
            })
            .await;
            let cancelled = result.unwrap_err();
            assert_eq!(cause_of(cancelled.reason()), "enough");
            assert_eq!(cancelled.reason().by(), Some("canceller"));
            checkpoint().await;
        });
    }

    /// TG5: the handle of the group's region does what the group does.
    #[local(tg5_local_the_handle_of_a_group_cancels_it)]
    pub fn tg5_the_handle_of_a_group_cancels_it(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                let handle = g.handle();
                assert!(!g.cancel_called() && g.reason().is_none());
                assert!(on_thread(move || handle.cancel_with("enough")));
                assert!(g.cancel_called());
                assert_eq!(g.reason().as_ref().map(cause_of).as_deref(), Some("enough"));
                pending::<()>().await;
            })
            .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "enough");
        });
    }

    /// TG5: own cancel and the body's value: `Ok`, although the cancel ended children.
    #[local(tg5_local_the_bodys_value_outlives_its_own_cancel)]
    pub fn tg5_the_bodys_value_outlives_its_own_cancel(on: &Flavour) {
        on.run(async {
            let (stuck, counter) = pending_counted();
            let result = task_group(async |g| {
                g.spawn(stuck);
                g.cancel();
                7
            })
            .await;
            assert_eq!(result.unwrap(), 7);
            assert_eq!(counter.drops(), 1);
            let (stuck, counter) = counted(pending::<Result<(), &str>>());
            let result = try_task_group(async |g| {
                g.spawn(stuck);
                g.cancel();
                Ok(7)
            })
            .await;
            assert_eq!(result.unwrap(), 7);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG5: a cancel that comes while the host waits has no body to cut: the value is returned.
    #[local(tg5_local_own_cancel_after_the_body_keeps_its_value)]
    pub fn tg5_own_cancel_after_the_body_keeps_its_value(on: &Flavour) {
        on.run(async {
            let (stuck, counter) = pending_counted();
            let result = task_group(async |g| {
                g.spawn(stuck);
                let group = g.clone();
                g.spawn(async move {
                    yields(10).await;
                    group.cancel();
                });
                7
            })
            .await;
            assert_eq!(result.unwrap(), 7);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG5: a value that a held body still gives after its own cancel is returned.
    #[local(tg5_local_a_held_body_still_gives_its_value)]
    pub fn tg5_a_held_body_still_gives_its_value(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                g.cancel();
                shield(yields(5)).await;
                7
            })
            .await;
            assert_eq!(result.unwrap(), 7);
        });
    }

    /// TG5: `Cancelled` is returned when everything has drained, not when the body is cut.
    #[local(tg5_local_a_cancelled_group_returns_when_it_has_drained)]
    pub fn tg5_a_cancelled_group_returns_when_it_has_drained(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let result = task_group(async |g| {
                let (started, noted) = (Event::new(), trace.clone());
                let ready = started.clone();
                g.spawn(async move {
                    finally(
                        async {
                            ready.set();
                            pending::<()>().await;
                        },
                        async |_| {
                            yields(10).await;
                            noted.push("cleaned up");
                        },
                    )
                    .await;
                });
                started.wait().await;
                g.cancel();
                let _probe = DropProbe::new(&trace, "body cut");
                pending::<()>().await;
            })
            .await;
            trace.push("returned");
            assert!(result.is_err());
            let mut seen = trace.take();
            assert_eq!(seen.pop().as_deref(), Some("returned"));
            seen.sort_unstable();
            assert_eq!(seen, ["body cut", "cleaned up"]);
        });
    }

    /// TG5: children that were cancelled one by one, through their handles, do not make a group cancelled.
    #[local(tg5_local_children_cancelled_by_handle_leave_the_group_ok)]
    pub fn tg5_children_cancelled_by_handle_leave_the_group_ok(on: &Flavour) {
        on.run(async {
            let result: Result<u8, GroupError<&str>> = try_task_group(async |g| {
                for _ in 0..10 {
                    g.spawn(pending::<Result<(), _>>()).cancel();
                }
                Ok(7)
            })
            .await;
            assert_eq!(result.unwrap(), 7);
        });
    }

    /// TG5: a body's error is returned although the body was ended by it and the group was cancelled before.
    #[local(tg5_local_the_bodys_error_outlives_its_own_cancel)]
    pub fn tg5_the_bodys_error_outlives_its_own_cancel(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                g.spawn(pending::<Result<(), _>>());
                g.cancel();
                Err::<(), _>("body")
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["body"]);
        });
    }
}
