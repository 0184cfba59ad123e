//! TG4: the first error cancels, later ones are collected, none is lost.

use super::{asked_to_stop, both_kinds, cause_of};
use crate::harness::*;

both_kinds! {
    /// TG4: the first error of a child cancels its siblings; they see `SiblingFailed` and who failed.
    #[local(tg4_local_the_first_error_cancels_the_siblings)]
    pub fn tg4_the_first_error_cancels_the_siblings(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let result = try_task_group(async |g| {
                let started = Event::new();
                let (ready, noted) = (started.clone(), trace.clone());
                g.spawn(async move {
                    ready.set();
                    let reason = asked_to_stop().await;
                    noted.push(cause_of(&reason));
                    noted.push(reason.by().unwrap_or("nobody"));
                    Ok(())
                });
                started.wait().await;
                g.task()
                    .name("worker")
                    .spawn(async { Err::<(), _>("broken") });
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
            assert_eq!(trace.take(), ["SiblingFailed", "worker"]);
        });
    }

    /// TG4: the first error of a child cancels the body.
    #[local(tg4_local_the_first_error_cancels_the_body)]
    pub fn tg4_the_first_error_cancels_the_body(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (stuck, counter) = pending_counted();
            let result = try_task_group(async |g| {
                g.spawn(async { Err::<(), _>("broken") });
                stuck.await;
                trace.push("unreachable");
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
            assert_eq!(counter.drops(), 1);
            assert_eq!(trace.take(), Vec::<String>::new());
        });
    }

    /// TG4: an error of the body cancels the children with the same cause.
    #[local(tg4_local_an_error_of_the_body_cancels_the_children)]
    pub fn tg4_an_error_of_the_body_cancels_the_children(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (stuck, counter) = counted(pending::<Result<(), _>>());
            let result = try_task_group(async |g| {
                let noted = trace.clone();
                g.spawn(async move {
                    noted.push(cause_of(&asked_to_stop().await));
                    Ok(())
                });
                g.spawn(stuck);
                Err::<(), _>("body")
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["body"]);
            assert_eq!(trace.take(), ["SiblingFailed"]);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG4: an error that comes while the host waits replaces the body's value.
    #[local(tg4_local_an_error_after_the_body_replaces_its_value)]
    pub fn tg4_an_error_after_the_body_replaces_its_value(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let result = try_task_group(async |g| {
                g.spawn(async {
                    yields(5).await;
                    Err::<(), _>("late")
                });
                Ok(DropProbe::new(&trace, "value dropped"))
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["late"]);
            assert_eq!(trace.take(), ["value dropped"]);
        });
    }

    /// TG4: errors of siblings and of the body during the unwinding are collected, in order of occurrence.
    #[local(tg4_local_errors_of_the_unwinding_are_collected_in_order)]
    pub fn tg4_errors_of_the_unwinding_are_collected_in_order(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                let first = g.spawn(async { Err::<(), _>("first") });
                let second = g.spawn(shield(async move {
                    first.wait().await;
                    Err::<(), _>("second")
                }));
                let third = g.spawn(shield(async move {
                    second.wait().await;
                    Err::<(), _>("third")
                }));
                shield(third.wait()).await;
                Err::<(), _>("body")
            })
            .await;
            let errors = result.unwrap_err().into_errors();
            assert_eq!(errors, ["first", "second", "third", "body"]);
        });
    }

    /// TG4: an error that is a reaction to the cancel stands behind the one that caused it, every time.
    #[local(tg4_local_the_cause_stands_before_the_reaction)]
    pub fn tg4_the_cause_stands_before_the_reaction(on: &Flavour) {
        on.run(async {
            for _ in 0..200 {
                let by_body = try_task_group(async |g| {
                    let started = Event::new();
                    let ready = started.clone();
                    g.spawn(async move {
                        ready.set();
                        asked_to_stop().await;
                        Err::<(), _>("reaction")
                    });
                    started.wait().await;
                    Err::<(), _>("cause")
                })
                .await;
                assert_eq!(by_body.unwrap_err().into_errors(), ["cause", "reaction"]);
                let by_child = try_task_group(async |g| {
                    g.spawn(async { Err::<(), _>("cause") });
                    asked_to_stop().await;
                    Err::<(), _>("reaction")
                })
                .await;
                assert_eq!(by_child.unwrap_err().into_errors(), ["cause", "reaction"]);
            }
        });
    }

    /// TG4: three hundred children that fail at the same moment give three hundred errors.
    #[local(tg4_local_no_error_of_many_is_lost)]
    pub fn tg4_no_error_of_many_is_lost(on: &Flavour) {
        on.run(async {
            let gate = Event::new();
            let result = try_task_group(async |g| {
                for n in 0..300 {
                    // Shielded: a child that is cancelled at the end of its first poll would not see the gate open.
                    let opened = shield(gate.wait());
                    g.spawn(async move {
                        opened.await;
                        Err::<(), i32>(n)
                    });
                }
                until(|| gate.waiting() == 300).await;
                gate.set();
                Ok(())
            })
            .await;
            let mut errors = result.unwrap_err().into_errors();
            errors.sort_unstable();
            assert_eq!(errors, (0..300).collect::<Vec<_>>());
        });
    }

    /// TG4: the cancelled siblings, however many, are not among the errors.
    #[local(tg4_local_cancellations_are_never_among_the_errors)]
    pub fn tg4_cancellations_are_never_among_the_errors(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                for _ in 0..50 {
                    g.spawn(pending::<Result<(), _>>());
                }
                let by_hand = g.spawn(pending::<Result<(), _>>());
                by_hand.cancel();
                by_hand.wait().await;
                g.spawn(async { Err::<(), _>("broken") });
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
        });
    }

    /// TG4: the error of a child that was cancelled by its handle is an error like any other.
    #[local(tg4_local_an_error_of_a_cancelled_child_counts)]
    pub fn tg4_an_error_of_a_cancelled_child_counts(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                let started = Event::new();
                let ready = started.clone();
                let child = g.spawn(async move {
                    ready.set();
                    asked_to_stop().await;
                    Err::<(), _>("reaction")
                });
                started.wait().await;
                child.cancel();
                pending::<Result<(), _>>().await
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["reaction"]);
        });
    }

    /// TG4: an error in a group that cancelled itself is returned, and its first reason stays.
    #[local(tg4_local_an_error_after_the_groups_own_cancel_is_returned)]
    pub fn tg4_an_error_after_the_groups_own_cancel_is_returned(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let result = try_task_group(async |g| {
                let noted = trace.clone();
                g.spawn(async move {
                    noted.push(cause_of(&asked_to_stop().await));
                    Err::<(), _>("late")
                });
                g.cancel_with("stop");
                pending::<Result<(), _>>().await
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["late"]);
            assert_eq!(trace.take(), ["stop"]);
        });
    }

    /// TG4: a failure inside a nested group stays there when the child makes something of it.
    #[local(tg4_local_a_handled_failure_of_a_nested_group_stays_inside)]
    pub fn tg4_a_handled_failure_of_a_nested_group_stays_inside(on: &Flavour) {
        on.run(async {
            let result: Result<_, GroupError<&str>> = try_task_group(async |g| {
                let handle = g.spawn(async {
                    let inner = try_task_group(async |g| {
                        g.spawn(async { Err::<(), _>("inner".to_owned()) });
                        pending::<Result<(), _>>().await
                    })
                    .await;
                    checkpoint().await;
                    Ok(inner.unwrap_err().into_errors())
                });
                let seen = handle.await.expect("the child made a value of it");
                assert!(!g.cancel_called());
                checkpoint().await;
                Ok(seen)
            })
            .await;
            assert_eq!(result.unwrap(), ["inner"]);
        });
    }

    /// TG4: a failure of a nested group that the child returns is one error of the outer group.
    #[local(tg4_local_a_failure_travels_outward_through_nested_groups)]
    pub fn tg4_a_failure_travels_outward_through_nested_groups(on: &Flavour) {
        on.run(async {
            let (stuck, counter) = counted(pending::<Result<(), _>>());
            let result = try_task_group(async |g| {
                g.spawn(stuck);
                g.spawn(async {
                    try_task_group(async |g| {
                        g.spawn(async { Err::<(), _>("inner".to_owned()) });
                        Ok(())
                    })
                    .await
                    .map_err(|error| error.into_single().unwrap())
                });
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["inner"]);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG4: an error beside a panic, which is resumed in its stead, is told to the hook.
    #[local(tg4_local_an_error_beside_a_panic_is_told_to_the_hook)]
    pub fn tg4_an_error_beside_a_panic_is_told_to_the_hook(on: &Flavour) {
        let ((), reports) = on.run_reporting(async {
            let group = try_task_group(async |g| {
                g.spawn::<_, ()>(async {
                    asked_to_stop().await;
                    quiet_panic("goes first")
                });
                g.spawn(async { Err::<(), _>("goes second") });
                Ok::<(), &str>(())
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "goes first");
            let statistics = Runtime::current().unwrap().statistics();
            assert_eq!(statistics.lost_errors, 1);
        });
        assert_eq!(reports_of(&reports, "nobody left to be told"), 1, "{reports:?}");
    }
}
