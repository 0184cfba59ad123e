//! TG2: who may spawn into a group, and until when.

use super::both_kinds;
use crate::harness::*;
use std::sync::atomic::{AtomicUsize, Ordering};

both_kinds! {
    /// TG2: children spawn siblings through a clone of the group, and those spawn more.
    #[local(tg2_local_children_spawn_siblings_that_spawn_siblings)]
    pub fn tg2_children_spawn_siblings_that_spawn_siblings(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (g2, noted) = (g.clone(), trace.clone());
                g.spawn(async move {
                    noted.push("child");
                    let (g3, further) = (g2.clone(), noted.clone());
                    g2.spawn(async move {
                        further.push("grandchild");
                        let last = further.clone();
                        // The very last poll of the only child that is left.
                        g3.spawn(async move { last.push("great-grandchild") });
                    });
                    pending_until_noted(&noted, "grandchild").await;
                });
            })
            .await
            .unwrap();
            trace.push("returned");
            let seen = trace.take();
            assert_eq!(
                seen,
                ["child", "grandchild", "great-grandchild", "returned"]
            );
        });
    }

    /// TG2: siblings are accepted while the body is done and the host waits, from one moment to the next.
    #[local(tg2_local_siblings_are_spawned_while_the_host_waits)]
    pub fn tg2_siblings_are_spawned_while_the_host_waits(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let gate = Event::new();
            let opened = gate.wait();
            let noted = trace.clone();
            let mut group = pin!(task_group(async |g| {
                let again = g.clone();
                g.spawn(async move {
                    opened.await;
                    assert!(!again.is_closed());
                    again.spawn(async move {
                        yields(5).await;
                        noted.push("sibling");
                    });
                });
                trace.push("body done");
            }));
            while trace.count("body done") == 0 {
                assert!(poll_once(&mut group).await.is_pending());
            }
            assert!(poll_once(&mut group).await.is_pending());
            gate.set();
            group.await.unwrap();
            assert_eq!(trace.take(), ["body done", "sibling"]);
        });
    }

    /// TG2: a relay of a thousand children, of which each spawns the next as its last act, is awaited to its end.
    #[local(tg2_local_a_relay_of_children_is_awaited_to_its_end)]
    pub fn tg2_a_relay_of_children_is_awaited_to_its_end(on: &Flavour) {
        on.run(async {
            let runs = Arc::new(AtomicUsize::new(0));
            let counting = runs.clone();
            task_group(async |g: TaskGroup| {
                fn next(g: TaskGroup, left: usize, runs: Arc<AtomicUsize>) {
                    let again = g.clone();
                    g.spawn(async move {
                        runs.fetch_add(1, Ordering::SeqCst);
                        if left > 1 {
                            next(again, left - 1, runs);
                        }
                    });
                }
                next(g, 1000, counting);
            })
            .await
            .unwrap();
            assert_eq!(runs.load(Ordering::SeqCst), 1000);
        });
    }

    /// TG2: a group is open inside and closed once it has been left, also when it was cancelled in between.
    #[local(tg2_local_a_group_is_closed_when_it_has_been_left)]
    pub fn tg2_a_group_is_closed_when_it_has_been_left(on: &Flavour) {
        on.run(async {
            let left = task_group(async |g| {
                assert!(!g.is_closed());
                g.spawn(yields(3));
                g
            })
            .await
            .unwrap();
            assert!(left.is_closed());
            let left = task_group(async |g| {
                g.cancel();
                assert!(!g.is_closed());
                g
            })
            .await
            .unwrap();
            assert!(left.is_closed());
        });
    }

    /// TG2: after the close `spawn` drops the future unpolled and gives a handle that is already cancelled.
    #[local(tg2_local_spawn_after_the_close_gives_a_cancelled_handle)]
    pub fn tg2_spawn_after_the_close_gives_a_cancelled_handle(on: &Flavour) {
        on.run(async {
            let g = task_group(async |g| g).await.unwrap();
            let (child, counter) = counted(ready(5));
            let handle = g.spawn(child);
            assert_eq!(handle.status(), TaskStatus::Cancelled);
            assert!(handle.is_finished());
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
            assert_eq!(handle.wait().await, TaskStatus::Cancelled);
            match handle.await {
                Err(TaskError::Cancelled(cancelled)) => {
                    assert_eq!(cancelled.reason().cause(), &Cause::GroupClosed);
                }
                other => panic!("{other:?}"),
            }
        });
    }

    /// TG2: after the close `try_spawn` gives the future back, unpolled and whole.
    #[local(tg2_local_try_spawn_after_the_close_gives_the_future_back)]
    pub fn tg2_try_spawn_after_the_close_gives_the_future_back(on: &Flavour) {
        on.run(async {
            let g = task_group(async |g| g).await.unwrap();
            let (child, counter) = counted(ready(5));
            let refused = g.try_spawn(child).expect_err("the group is closed");
            assert_eq!((counter.polls(), counter.drops()), (0, 0));
            assert_eq!(refused.into_future().await, 5);
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
        });
    }

    /// TG2: the builder keeps the same rules, and so does a group whose children may fail.
    #[local(tg2_local_builders_and_try_groups_refuse_after_the_close)]
    pub fn tg2_builders_and_try_groups_refuse_after_the_close(on: &Flavour) {
        on.run(async {
            let g = try_task_group(async |g: TryTaskGroup<&'static str>| Ok(g))
                .await
                .unwrap();
            let (child, counter) = counted(ready(Ok::<_, &str>(5)));
            let refused = g
                .task()
                .name("late")
                .try_spawn(child)
                .expect_err("the group is closed");
            assert_eq!(counter.polls(), 0);
            assert_eq!(refused.into_future().await, Ok(5));
            let (child, counter) = counted(ready(Err::<(), _>("never told")));
            let handle = g.task().name("late").daemon().spawn(child);
            assert_eq!(handle.name(), "late");
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
            assert!(matches!(handle.await, Err(TaskError::Cancelled(_))));
        });
    }

    /// TG2: a cancelled group is open until it has drained: `try_spawn` is accepted and its child is awaited.
    #[local(tg2_local_a_cancelled_group_is_open_until_it_has_drained)]
    pub fn tg2_a_cancelled_group_is_open_until_it_has_drained(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let noted = trace.clone();
            task_group(async |g| {
                g.cancel();
                let child = async move {
                    shield(yields(5)).await;
                    noted.push("ended");
                };
                assert!(g.try_spawn(child).is_ok());
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ended"]);
        });
    }
}

/// Waits until `text` is in the trace.
async fn pending_until_noted(trace: &Trace, text: &str) {
    until(|| trace.count(text) > 0).await;
}

/// TG2: a plain thread spawns while the group closes; what was accepted has run when the group returns.
pub fn tg2_a_spawn_that_races_with_the_close_is_run_or_refused(on: &Flavour) {
    on.run(async {
        for _ in 0..50 {
            let ran = Arc::new(AtomicUsize::new(0));
            let started = Event::new();
            let mut spawner = None;
            task_group(async |g| {
                let (g, ran, starting) = (g.clone(), ran.clone(), started.clone());
                spawner = Some(start_thread(move || {
                    // Bounded, as a group that is always given more never closes.
                    for accepted in 0..300 {
                        let ran = ran.clone();
                        let child = async move {
                            ran.fetch_add(1, Ordering::SeqCst);
                        };
                        if g.try_spawn(child).is_err() {
                            return accepted;
                        }
                        starting.set();
                    }
                    300
                }));
                started.wait().await;
            })
            .await
            .unwrap();
            let ran = ran.load(Ordering::SeqCst);
            let accepted = spawner.take().unwrap().join().unwrap();
            assert_eq!(ran, accepted);
        }
    });
}
