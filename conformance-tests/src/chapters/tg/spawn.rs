//! TG3: `spawn` is synchronous, and a child of a cancelled group runs up to its first wait.

use super::both_kinds;
use crate::harness::*;
use std::cell::Cell;

thread_local! {
    static SPAWNING: Cell<bool> = const { Cell::new(false) };
}

/// Calls a `spawn` and marks this thread for as long as the call lasts.
fn spawning<T>(spawn: impl FnOnce() -> T) -> T {
    SPAWNING.set(true);
    let handle = spawn();
    SPAWNING.set(false);
    handle
}

/// A child that tells whether it runs inside a call of `spawn`.
fn witness(trace: &Trace) -> impl Future<Output = ()> + Send + 'static {
    let trace = trace.clone();
    async move { trace.push(if SPAWNING.get() { "inside" } else { "later" }) }
}

/// Notes that it ran, then waits for something foreign that is over at the next poll.
fn up_to_a_foreign_wait(trace: &Trace) -> (impl Future<Output = ()> + Send + 'static, Counter) {
    let trace = trace.clone();
    counted(async move {
        trace.push("ran");
        yield_once().await;
        trace.push("unreachable");
    })
}

both_kinds! {
    /// TG3: the child never runs inside the call, wherever that is made.
    #[local(tg3_local_the_child_never_runs_inside_spawn)]
    pub fn tg3_the_child_never_runs_inside_spawn(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                spawning(|| g.spawn(witness(&trace)));
                spawning(|| g.try_spawn(witness(&trace))).unwrap();
                spawning(|| g.task().name("built").spawn(witness(&trace)));
                spawning(|| g.task().daemon().spawn(witness(&trace)));
                let (again, noted) = (g.clone(), trace.clone());
                g.spawn(async move {
                    spawning(|| again.spawn(witness(&noted)));
                });
                until(|| trace.snapshot().len() == 5).await;
                g.cancel();
                spawning(|| g.spawn(witness(&trace)));
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["later"; 6]);
        });
    }

    /// TG3: nor does a child that waited for its place under a limit run inside the call of another's spawn.
    #[local(tg3_local_a_limited_child_never_runs_inside_spawn)]
    pub fn tg3_a_limited_child_never_runs_inside_spawn(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                g.limit(1);
                for _ in 0..10 {
                    spawning(|| g.spawn(witness(&trace)));
                }
                yields(5).await;
                spawning(|| g.limit(4));
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["later"; 10]);
        });
    }

    /// TG3: a child that waits for nothing completes in a cancelled group.
    #[local(tg3_local_a_ready_child_of_a_cancelled_group_completes)]
    pub fn tg3_a_ready_child_of_a_cancelled_group_completes(on: &Flavour) {
        on.run(async {
            let handle = task_group(async |g| {
                g.cancel();
                g.spawn(async { 5 })
            })
            .await
            .unwrap();
            assert_eq!(handle.await.unwrap(), 5);
        });
    }

    /// TG3: a child spawned into a cancelled group is polled exactly once, also when its first wait is foreign.
    #[local(tg3_local_a_child_of_a_cancelled_group_is_polled_once)]
    pub fn tg3_a_child_of_a_cancelled_group_is_polled_once(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (child, counter) = up_to_a_foreign_wait(&trace);
            let handle = task_group(async |g| {
                g.cancel_with("stop");
                g.spawn(child)
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ran"]);
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
            match handle.await {
                Err(TaskError::Cancelled(cancelled)) => {
                    assert_eq!(super::cause_of(cancelled.reason()), "stop");
                }
                other => panic!("{other:?}"),
            }
        });
    }

    /// TG3: operations of this library are such a first wait, and do nothing.
    #[local(tg3_local_a_child_of_a_cancelled_group_ends_at_its_first_operation)]
    pub fn tg3_a_child_of_a_cancelled_group_ends_at_its_first_operation(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let limiter = CapacityLimiter::new(1);
            task_group(async |g| {
                g.cancel();
                let (noted, taking) = (trace.clone(), limiter.clone());
                g.spawn(async move {
                    noted.push("ran");
                    let _token = taking.acquire().await;
                    noted.push("unreachable");
                });
                let noted = trace.clone();
                g.spawn(async move {
                    noted.push("ran");
                    checkpoint().await;
                    noted.push("unreachable");
                });
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ran"; 2]);
            assert!(limiter.try_acquire().is_some());
        });
    }

    /// TG3: the same when it is a region around the group that was cancelled.
    #[local(tg3_local_a_child_of_a_group_in_a_cancelled_region_is_polled_once)]
    pub fn tg3_a_child_of_a_group_in_a_cancelled_region_is_polled_once(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (child, counter) = up_to_a_foreign_wait(&trace);
            let scope = CancelScope::new();
            scope.handle().cancel();
            let result = scope
                .run(task_group(async |g| {
                    g.spawn(child);
                }))
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["ran"]);
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
        });
    }

    /// TG3: the same for a sibling that a child spawns while it winds down behind a shield.
    #[local(tg3_local_a_child_spawned_during_the_unwinding_is_polled_once)]
    pub fn tg3_a_child_spawned_during_the_unwinding_is_polled_once(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (late, counter) = up_to_a_foreign_wait(&trace);
            let (inside, gate) = (Event::new(), Event::new());
            task_group(async |g| {
                let (again, shielded, opened) = (g.clone(), inside.clone(), gate.wait());
                g.spawn(shield(async move {
                    shielded.set();
                    opened.await;
                    again.spawn(late).wait().await;
                }));
                inside.wait().await;
                g.cancel();
                gate.set();
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ran"]);
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
        });
    }

    /// TG3: a child that was spawned before the cancel and is polled first after it runs up to its first wait as well.
    #[local(tg3_local_a_child_spawned_just_before_the_cancel_runs_to_its_first_wait)]
    pub fn tg3_a_child_spawned_just_before_the_cancel_runs_to_its_first_wait(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                for _ in 0..20 {
                    let noted = trace.clone();
                    g.spawn(async move {
                        noted.push("ran");
                        pending::<()>().await;
                    });
                }
                g.cancel();
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["ran"; 20]);
        });
    }

    /// TG3: `spawn` is synchronous: a body that spawns a thousand children and waits for none is polled once.
    #[local(tg3_local_a_thousand_spawns_take_one_poll)]
    pub fn tg3_a_thousand_spawns_take_one_poll(on: &Flavour) {
        on.run(async {
            let polls = task_group(async |g| {
                let (spawns, counter) = counted(async {
                    for _ in 0..1000 {
                        g.spawn(async {});
                    }
                });
                spawns.await;
                counter.polls()
            })
            .await
            .unwrap();
            assert_eq!(polls, 1);
        });
    }
}

/// TG3: a plain thread spawns; the child runs on the group's runtime, not inside the call and not on that thread.
pub fn tg3_a_plain_thread_spawns(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let value = task_group(async |g| {
            let (g, noted) = (g.clone(), trace.clone());
            let (handle, spawner) = on_thread(move || {
                let spawner = std::thread::current().id();
                let child = async move {
                    witness(&noted).await;
                    checkpoint().await;
                    (std::thread::current().id(), current_task().is_some())
                };
                (spawning(|| g.spawn(child)), spawner)
            });
            let (ran_on, has_context) = handle.await.unwrap();
            ran_on != spawner && has_context
        })
        .await
        .unwrap();
        assert!(value);
        assert_eq!(trace.take(), ["later"]);
    });
}
