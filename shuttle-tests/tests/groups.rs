//! Whole groups, from several threads at once.
#![cfg(anyrt_shuttle)]

use anyrt::{
    CancelScope, CapacityLimiter, Cause, Instant, StartError, TaskError, TaskStatus, checkpoint,
    finally, from_thread, move_on_after, restore, run_in_threadpool, shield, sleep, sleep_forever,
    task_group, try_task_group,
};
use anyrt_shuttle_tests::{Alive, check};
use futures_util::FutureExt;
use futures_util::future::select;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// TG1, TG3, SC8: a cancel from a thread against spawns, ends of children and the end of the body.
#[test]
fn tg1_no_child_outlives_a_group_that_a_thread_cancels() {
    check(|| async {
        let alive = Alive::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let thread = shuttle::thread::spawn(move || handle.cancel());
        let group = scope.run(task_group(async |g| {
            for number in 0..3 {
                let child = alive.count_in(async move {
                    for _ in 0..number {
                        checkpoint().await;
                    }
                });
                g.spawn(child);
            }
            let (nested, inner) = (g.clone(), alive.count_in(sleep_forever()));
            g.spawn(async move {
                nested.spawn(inner);
                checkpoint().await;
                nested.cancel();
            });
        }));
        let _ = group.await;
        assert_eq!(alive.count(), 0);
        thread.join().expect("it only cancels");
    });
}

/// TG4, TG5: two errors at once are both kept, and the group is left once.
#[test]
fn tg4_errors_of_two_children_are_kept() {
    check(|| async {
        let group = try_task_group(async |g| {
            for number in 0..2 {
                g.spawn(async move { shield(async move { Err::<(), _>(number) }).await });
            }
            g.spawn(async {
                sleep_forever().await;
                Ok(())
            });
            Ok(())
        });
        let error = group.await.expect_err("both fail");
        let mut errors = error.into_errors();
        errors.sort_unstable();
        // The second may be cancelled before it is first polled; then it runs to its first wait, which is its end.
        assert_eq!(errors, [0, 1]);
    });
}

/// ST2: `set` against the cancel of the group and against that of the caller: the child is in one of the two, and ends.
#[test]
fn st2_a_start_is_moved_or_not() {
    check(|| async {
        let alive = Alive::new();
        let caller = CancelScope::new();
        let handle = caller.handle();
        let result = task_group(async |g| {
            let group = g.clone();
            let threads = [
                shuttle::thread::spawn(move || handle.cancel()),
                shuttle::thread::spawn(move || group.cancel()),
            ];
            let started = caller.run(g.start(|started| {
                alive.count_in(async move {
                    checkpoint().await;
                    started.set(7);
                    sleep_forever().await;
                })
            }));
            if let Ok(started) = started.await {
                assert_eq!(started.map(|(value, _)| value).ok(), Some(7));
            }
            for thread in threads {
                thread.join().expect("it only cancels");
            }
        });
        let _ = result.await;
        assert_eq!(alive.count(), 0);
    });
}

/// ST3: a group that closes while a child starts says so.
#[test]
fn st3_a_start_meets_the_end_of_its_group() {
    check(|| async {
        let outer = task_group(async |outer| {
            let inner = task_group(async |inner| {
                let group = inner.clone();
                outer.spawn(async move {
                    match group.start(async |started| started.set(1)).await {
                        Ok((value, _)) => assert_eq!(value, 1),
                        Err(error) => assert!(matches!(error, StartError::Closed)),
                    }
                });
            });
            inner.await.expect("nobody cancels");
        });
        outer.await.expect("nobody cancels");
    });
}

/// HA1, HA3: waits for a task against its end and against its cancel.
#[test]
fn ha1_every_wait_is_told() {
    check(|| async {
        let group = task_group(async |g| {
            let task = Arc::new(g.spawn(async {
                checkpoint().await;
                7
            }));
            for _ in 0..2 {
                let task = task.clone();
                g.spawn(async move { assert!(task.wait().await != TaskStatus::Running) });
            }
            let canceller = task.clone();
            let thread = shuttle::thread::spawn(move || canceller.cancel());
            task.wait().await;
            thread.join().expect("it only cancels");
            let task = Arc::into_inner(task);
            match task.map(FutureExt::now_or_never) {
                Some(Some(Ok(value))) => assert_eq!(value, 7),
                Some(Some(Err(error))) => assert!(matches!(error, TaskError::Cancelled(_))),
                // Another waiter still has it.
                None => {}
                Some(None) => panic!("a task that has ended is ready"),
            }
        });
        group.await.expect("nobody cancels the group");
    });
}

/// TG11: places are handed on, whoever leaves the queue.
#[test]
fn tg11_a_limit_never_loses_a_place() {
    check(|| async {
        let alive = Alive::new();
        let group = task_group(async |g| {
            g.limit(1);
            let mut tasks = Vec::new();
            for _ in 0..4 {
                tasks.push(g.spawn(alive.count_in(checkpoint())));
            }
            let second = tasks.remove(1);
            let thread = shuttle::thread::spawn(move || second.cancel());
            for task in tasks {
                task.await.expect("nobody cancels it");
            }
            thread.join().expect("it only cancels");
        });
        group.await.expect("nobody cancels the group");
        assert_eq!(alive.count(), 0);
    });
}

/// TG10: daemons end with the last of the others.
#[test]
fn tg10_daemons_end_with_the_last_task() {
    check(|| async {
        let alive = Alive::new();
        let group = task_group(async |g| {
            g.task().daemon().spawn(alive.count_in(sleep_forever()));
            g.spawn(alive.count_in(checkpoint()));
            let (late, daemon) = (g.clone(), alive.count_in(sleep_forever()));
            g.spawn(async move {
                late.task().daemon().spawn(daemon);
            });
        });
        group.await.expect("nobody cancels");
        assert_eq!(alive.count(), 0);
    });
}

/// TH1, TH3: a token is never lost, wherever the cancel comes.
#[test]
fn th1_a_token_is_never_lost() {
    check(|| async {
        let limiter = CapacityLimiter::new(1);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let thread = shuttle::thread::spawn(move || handle.cancel());
        let group = task_group(async |g| {
            let inside = limiter.clone();
            g.spawn(async move {
                let call = run_in_threadpool(|| from_thread::run(checkpoint()));
                let _ = scope.run(call.limiter(&inside)).await;
            });
            let call = run_in_threadpool(|| ());
            g.spawn(call.limiter(&limiter));
            let call = run_in_threadpool(|| ()).abandon_on_cancel();
            let _ = move_on_after(SECOND, call.limiter(&limiter)).await;
        });
        group.await.expect("nobody cancels the group");
        drop(limiter.acquire().await);
        assert_eq!(limiter.statistics().borrowed, 0);
        thread.join().expect("it only cancels");
    });
}

/// SC13, RT1: what foreign code drops is waited for by the group around, or by `run`.
#[test]
fn sc13_orphans_are_waited_for() {
    check(|| async {
        let alive = Alive::new();
        let around = task_group(async |_| {
            let dropped = pin!(task_group(async |g| {
                g.spawn(alive.count_in(shield(checkpoint())));
                g.spawn(alive.count_in(sleep_forever()));
                sleep_forever().await;
            }));
            drop(select(dropped, pin!(checkpoint())).await);
        });
        around.await.expect("nobody cancels");
        assert_eq!(alive.count(), 0);
    });
}

/// DL4, DL5: a deadline that is moved against its expiry, with something that holds.
#[test]
fn dl4_a_deadline_is_moved_while_it_expires() {
    check(|| async {
        let start = Instant::now();
        let scope = CancelScope::new().deadline(start + SECOND);
        let handle = scope.handle();
        let thread = shuttle::thread::spawn(move || {
            handle.set_deadline(start + 3 * SECOND);
            handle.set_deadline(start + 2 * SECOND);
        });
        let result = scope.run(async {
            shield(sleep(SECOND)).await;
            sleep_forever().await;
        });
        let cancelled = result.await.expect_err("it expires in the end");
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
        thread.join().expect("it only moves");
    });
}

/// SH4, SC5: of two restores of one shield the outer one absorbs, whenever the cancel comes.
#[test]
fn sh4_the_outer_restore_absorbs() {
    check(|| async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let thread = shuttle::thread::spawn(move || handle.cancel());
        let result = scope.run(async {
            let outer = shield(restore(async {
                checkpoint().await;
                let inner = restore(sleep_forever()).await;
                panic!("the inner one has absorbed: {inner:?}");
            }));
            assert!(outer.await.is_err());
            sleep_forever().await;
        });
        assert!(result.await.is_err());
        thread.join().expect("it only cancels");
    });
}

/// FI1, SH4: a cleanup runs once, whatever comes first.
#[test]
fn fi1_a_cleanup_runs_once() {
    check(|| async {
        let alive = Alive::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let thread = shuttle::thread::spawn(move || handle.cancel());
        let guard = alive.count_in(async {});
        let result = scope.run(finally(
            shield(async {
                let _ = restore(checkpoint()).await;
                checkpoint().await;
            }),
            async |_| {
                checkpoint().await;
                drop(guard);
            },
        ));
        let _ = result.await;
        assert_eq!(alive.count(), 0);
        thread.join().expect("it only cancels");
    });
}
