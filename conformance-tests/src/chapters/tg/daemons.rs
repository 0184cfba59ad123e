//! TG10: daemons.

use super::{asked_to_stop, both_kinds};
use crate::harness::*;

both_kinds! {
    /// TG10: a daemon does not keep the group open; it is cancelled, and the body's value is returned.
    #[local(tg10_local_a_daemon_does_not_keep_the_group_open)]
    pub fn tg10_a_daemon_does_not_keep_the_group_open(on: &Flavour) {
        on.run(async {
            let (daemon, counter) = pending_counted();
            let (value, handle) = task_group(async |g| (7, g.task().daemon().spawn(daemon)))
                .await
                .unwrap();
            assert_eq!(value, 7);
            assert_eq!(counter.drops(), 1);
            assert_eq!(handle.status(), TaskStatus::Cancelled);
            match handle.await {
                Err(TaskError::Cancelled(cancelled)) => {
                    assert_eq!(cancelled.reason().cause(), &Cause::Shutdown);
                }
                other => panic!("{other:?}"),
            }
            // It was not the caller who was cancelled.
            checkpoint().await;
        });
    }

    /// TG10: while a daemon winds down the group is open: what it spawns is run and waited for, and a daemon that it
    /// spawns is cancelled at once.
    #[local(tg10_local_a_daemon_that_winds_down_may_still_spawn)]
    pub fn tg10_a_daemon_that_winds_down_may_still_spawn(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let group = task_group(async |g| {
                let (inner, child, late) = (g.clone(), trace.clone(), trace.clone());
                g.task().daemon().spawn(finally(pending::<()>(), async move |_| {
                    inner.spawn(async move {
                        yields(5).await;
                        checkpoint().await;
                        child.push("a child to its end");
                    });
                    let asked = async move {
                        let reason = asked_to_stop().await;
                        assert_eq!(reason.cause(), &Cause::Shutdown);
                        late.push("a daemon is stopped");
                    };
                    inner.task().daemon().spawn(asked);
                }));
            });
            group.await.expect("nobody cancels the group");
            let mut seen = trace.take();
            seen.sort();
            assert_eq!(seen, ["a child to its end", "a daemon is stopped"]);
        });
    }

    /// TG10: the same in a group whose children may fail, with several daemons.
    #[local(tg10_local_daemons_do_not_keep_a_try_group_open)]
    pub fn tg10_daemons_do_not_keep_a_try_group_open(on: &Flavour) {
        on.run(async {
            let mut counters = Vec::new();
            let result = try_task_group(async |g| {
                for _ in 0..5 {
                    let (daemon, counter) = counted(pending::<Result<(), &str>>());
                    counters.push(counter);
                    g.task().daemon().spawn(daemon);
                }
                Ok(7)
            })
            .await;
            assert_eq!(result.unwrap(), 7);
            assert!(counters.iter().all(|counter| counter.drops() == 1));
        });
    }

    /// TG10: as long as an ordinary child is there the daemon serves it; then it ends.
    #[local(tg10_local_a_daemon_lives_as_long_as_an_ordinary_child)]
    pub fn tg10_a_daemon_lives_as_long_as_an_ordinary_child(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (asked, answered) = (Event::new(), Event::new());
                let (question, answer) = (asked.wait(), answered.clone());
                let noted = trace.clone();
                g.task().daemon().spawn(async move {
                    let serve = async {
                        question.await;
                        answer.set();
                        pending::<()>().await;
                    };
                    finally(serve, async |_| noted.push("daemon ended")).await;
                });
                let noted = trace.clone();
                g.spawn(async move {
                    yields(20).await;
                    asked.set();
                    answered.wait().await;
                    noted.push("child served");
                });
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["child served", "daemon ended"]);
        });
    }

    /// TG10: as long as the body runs the daemons stay, also with no other child.
    #[local(tg10_local_a_daemon_lives_as_long_as_the_body)]
    pub fn tg10_a_daemon_lives_as_long_as_the_body(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                g.spawn(yields(2)).wait().await;
                let (asked, answered) = (Event::new(), Event::new());
                let (question, answer) = (asked.wait(), answered.clone());
                let daemon = g.task().daemon().spawn(async move {
                    question.await;
                    answer.set();
                    pending::<()>().await;
                });
                yields(20).await;
                asked.set();
                answered.wait().await;
                assert_eq!(daemon.status(), TaskStatus::Running);
            })
            .await
            .unwrap();
        });
    }

    /// TG10: the group waits for a daemon that winds down.
    #[local(tg10_local_the_group_waits_for_a_daemon_that_winds_down)]
    pub fn tg10_the_group_waits_for_a_daemon_that_winds_down(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (inside, noted) = (Event::new(), trace.clone());
                let ready = inside.clone();
                g.task().daemon().spawn(async move {
                    let serve = async {
                        ready.set();
                        pending::<()>().await;
                    };
                    finally(serve, async |_| {
                        yields(20).await;
                        noted.push("wound down");
                    })
                    .await;
                });
                inside.wait().await;
            })
            .await
            .unwrap();
            trace.push("returned");
            assert_eq!(trace.take(), ["wound down", "returned"]);
        });
    }

    /// TG10: a daemon that fails cancels the group like any child.
    #[local(tg10_local_a_failing_daemon_cancels_the_group)]
    pub fn tg10_a_failing_daemon_cancels_the_group(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                g.task().daemon().spawn(async { Err::<(), _>("daemon") });
                pending::<Result<(), _>>().await
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["daemon"]);
        });
    }

    /// TG10: an error of a daemon that winds down is not lost.
    #[local(tg10_local_an_error_of_a_daemon_that_winds_down_is_kept)]
    pub fn tg10_an_error_of_a_daemon_that_winds_down_is_kept(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                let inside = Event::new();
                let ready = inside.clone();
                g.task().daemon().spawn(async move {
                    ready.set();
                    asked_to_stop().await;
                    Err::<(), _>("winding down")
                });
                inside.wait().await;
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["winding down"]);
        });
    }

    /// TG10: a daemon that ends by itself is like any child that ended.
    #[local(tg10_local_a_daemon_may_end_by_itself)]
    pub fn tg10_a_daemon_may_end_by_itself(on: &Flavour) {
        on.run(async {
            let value = task_group(async |g| {
                let daemon = g.task().daemon().spawn(async { 5 });
                daemon.await.unwrap()
            })
            .await;
            assert_eq!(value.unwrap(), 5);
        });
    }

    /// TG10: an ordinary child that a daemon spawned keeps the group open, and with it the daemon.
    #[local(tg10_local_an_ordinary_child_of_a_daemon_keeps_the_group_open)]
    pub fn tg10_an_ordinary_child_of_a_daemon_keeps_the_group_open(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (group, noted) = (g.clone(), trace.clone());
                let spawned = Event::new();
                let done = spawned.clone();
                g.task().daemon().spawn(async move {
                    let child = group.spawn(async move {
                        yields(20).await;
                        noted.push("child ended");
                        5
                    });
                    done.set();
                    child.await.unwrap();
                    pending::<()>().await;
                });
                spawned.wait().await;
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["child ended"]);
        });
    }

    /// TG10: a task that a daemon starts while it winds down is run and waited for like one that it spawns.
    #[local(tg10_local_a_daemon_that_winds_down_may_still_start)]
    pub fn tg10_a_daemon_that_winds_down_may_still_start(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let result = task_group(async |g| {
                let (spawner, noted) = (g.clone(), trace.clone());
                g.task().daemon().spawn(async move {
                    asked_to_stop().await;
                    let start = spawner.start(|started: Started<u32>| async move {
                        started.set(7);
                        yields(3).await;
                        checkpoint().await;
                        noted.push("started task ends");
                    });
                    let (value, _) = shield(start).await.unwrap();
                    assert_eq!(value, 7);
                });
            })
            .await;
            assert!(result.is_ok());
            assert_eq!(trace.take(), ["started task ends"]);
        });
    }

    /// TG10: a daemon that was started lives until only daemons are left, and takes no place of the limit (TG11).
    #[local(tg10_local_a_started_daemon_lives_as_long_as_an_ordinary_child)]
    pub fn tg10_a_started_daemon_lives_as_long_as_an_ordinary_child(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                g.limit(1);
                let (asked, answered) = (Event::new(), Event::new());
                let (question, answer) = (asked.clone(), answered.clone());
                let (_, daemon) = g
                    .task()
                    .daemon()
                    .start(|started: Started<u32>| async move {
                        started.set(7);
                        question.wait().await;
                        answer.set();
                        pending::<()>().await;
                    })
                    .await
                    .unwrap();
                g.spawn(async move {
                    yields(3).await;
                    asked.set();
                    answered.wait().await;
                });
                daemon
            })
            .await;
            assert_eq!(result.unwrap().status(), TaskStatus::Cancelled);
        });
    }
}
