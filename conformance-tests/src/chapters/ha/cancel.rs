//! HA1: `cancel` touches only that task.

use super::{asked_to_stop, both_kinds};
use crate::harness::*;

both_kinds! {
    /// HA1: the task ends; its siblings, the body and the group go on.
    #[local(ha1_local_cancel_touches_only_that_task)]
    pub fn ha1_cancel_touches_only_that_task(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                let gate = Event::new();
                let opened = gate.wait();
                let sibling = g.spawn(async move {
                    opened.await;
                    checkpoint().await;
                    5
                });
                let (child, counter) = pending_counted();
                let handle = g.spawn(child);
                until(|| counter.polls() > 0).await;
                assert!(handle.cancel());
                assert_eq!(handle.wait().await, TaskStatus::Cancelled);
                assert_eq!(counter.drops(), 1);
                assert!(!g.cancel_called());
                checkpoint().await;
                assert_eq!(sibling.status(), TaskStatus::Running);
                gate.set();
                sibling.await.unwrap()
            })
            .await;
            assert_eq!(result.unwrap(), 5);
        });
    }

    /// HA1: the first call says that it cancelled, later ones and those on a finished task that they did not.
    #[local(ha1_local_only_the_first_cancel_counts)]
    pub fn ha1_only_the_first_cancel_counts(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let stuck = g.spawn(pending::<()>());
                assert!(stuck.cancel());
                assert!(!stuck.cancel());
                stuck.wait().await;
                assert!(!stuck.cancel());
                let done = g.spawn(async { 7 });
                done.wait().await;
                assert!(!done.cancel());
                assert_eq!(done.status(), TaskStatus::Completed);
                assert_eq!(done.await.unwrap(), 7);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: a cancelled task that holds goes on to the end of its hold, and counts as running until then.
    #[local(ha1_local_a_cancelled_task_finishes_its_shield)]
    pub fn ha1_a_cancelled_task_finishes_its_shield(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (inside, gate) = (Event::new(), Event::new());
                let (ready, opened, noted) = (inside.clone(), gate.wait(), trace.clone());
                let handle = g.spawn(async move {
                    shield(async move {
                        ready.set();
                        opened.await;
                    })
                    .await;
                    noted.push("after the shield");
                    checkpoint().await;
                    noted.push("unreachable");
                });
                inside.wait().await;
                handle.cancel();
                for _ in 0..20 {
                    yield_once().await;
                    assert_eq!(handle.status(), TaskStatus::Running);
                }
                gate.set();
                assert_eq!(handle.wait().await, TaskStatus::Cancelled);
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["after the shield"]);
        });
    }

    /// HA1: a cancelled task that never waits again has its value.
    #[local(ha1_local_a_cancelled_task_may_still_complete)]
    pub fn ha1_a_cancelled_task_may_still_complete(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let inside = Event::new();
                let ready = inside.clone();
                let handle = g.spawn(async move {
                    ready.set();
                    asked_to_stop().await;
                    7
                });
                inside.wait().await;
                assert!(handle.cancel());
                assert_eq!(handle.wait().await, TaskStatus::Completed);
                assert_eq!(handle.await.unwrap(), 7);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: cancel reaches the groups inside the task and their children.
    #[local(ha1_local_cancel_reaches_what_runs_inside_the_task)]
    pub fn ha1_cancel_reaches_what_runs_inside_the_task(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let (inner, counter) = pending_counted();
                let handle = g.spawn(async {
                    let _ = task_group(async |g| {
                        g.spawn(inner);
                    })
                    .await;
                });
                until(|| counter.polls() > 0).await;
                handle.cancel();
                assert_eq!(handle.wait().await, TaskStatus::Cancelled);
                assert_eq!(counter.drops(), 1);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: cancel of a child does not reach a sibling that this child spawned into the group.
    #[local(ha1_local_cancel_does_not_reach_siblings_the_task_spawned)]
    pub fn ha1_cancel_does_not_reach_siblings_the_task_spawned(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (group, noted) = (g.clone(), trace.clone());
                let (spawned, gate) = (Event::new(), Event::new());
                let (ready, opened) = (spawned.clone(), gate.wait());
                let handle = g.spawn(async move {
                    group.spawn(async move {
                        opened.await;
                        checkpoint().await;
                        noted.push("sibling");
                    });
                    ready.set();
                    pending::<()>().await;
                });
                spawned.wait().await;
                handle.cancel();
                handle.wait().await;
                gate.set();
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["sibling"]);
        });
    }

    /// HA1: a task that cancels itself by handle ends at its next wait and says who did it.
    #[local(ha1_local_a_sibling_cancels_by_handle_and_is_named)]
    pub fn ha1_a_sibling_cancels_by_handle_and_is_named(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (inside, noted) = (Event::new(), trace.clone());
                let ready = inside.clone();
                let victim = g.spawn(async move {
                    ready.set();
                    let reason = asked_to_stop().await;
                    noted.push(reason.by().unwrap_or("nobody"));
                });
                g.task().name("watchman").spawn(async move {
                    inside.wait().await;
                    victim.cancel();
                });
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["watchman"]);
        });
    }
}
