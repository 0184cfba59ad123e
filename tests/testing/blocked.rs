//! Waiting until nothing moves.

use super::on_each_runtime;
use anyrt::testing::{Sim, wait_all_tasks_blocked, watched};
use anyrt::{
    CancelScope, Instant, Runner, Tokio, checkpoint, run_in_threadpool, sleep, sleep_forever,
    task_group, yield_now,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

/// Whatever is still to be done is done when the wait ends, on any number of threads: hops between tasks, between
/// threads, spawns of spawns.
#[test]
fn everything_has_happened_when_the_wait_ends() {
    on_each_runtime(|_, launch| {
        let run = Runner::new(launch).run(async {
            for round in 0..100u32 {
                let done = Arc::new(AtomicU32::new(0));
                let group = task_group(async |g| {
                    let mut expected = 0;
                    for number in 0..8 {
                        let (sender, receiver) = async_channel::bounded(1);
                        let (done, hops) = (done.clone(), (round + number) % 7);
                        expected += 2 * hops + 2;
                        let count = done.clone();
                        g.spawn(async move {
                            for hop in 0..hops {
                                yield_now().await;
                                sender.send(hop).await.expect("it listens");
                                count.fetch_add(1, SeqCst);
                            }
                            run_in_threadpool(move || count.fetch_add(1, SeqCst)).await;
                            sleep_forever().await;
                            drop(sender);
                        });
                        let inner = g.clone();
                        g.spawn(async move {
                            for _ in 0..hops {
                                receiver.recv().await.expect("it sends");
                                done.fetch_add(1, SeqCst);
                            }
                            inner.spawn(async move {
                                checkpoint().await;
                                done.fetch_add(1, SeqCst);
                                sleep_forever().await;
                            });
                            let _ = receiver.recv().await;
                        });
                    }
                    wait_all_tasks_blocked().await;
                    assert_eq!(done.load(SeqCst), expected, "round {round}");
                    g.cancel();
                });
                group.await.expect("its own cancel");
            }
        });
        run.expect("it starts");
    });
}

#[test]
fn all_who_wait_are_told_before_the_clock_jumps() {
    on_each_runtime(|clock, launch| {
        clock.set_autojump(true);
        let run = Runner::new(launch).run(async {
            let start = Instant::now();
            let group = task_group(async |g| {
                g.spawn(sleep(Duration::from_secs(1)));
                for _ in 0..3 {
                    g.spawn(async move {
                        for _ in 0..3 {
                            wait_all_tasks_blocked().await;
                            assert_eq!(Instant::now(), start);
                        }
                    });
                }
            });
            group.await.expect("nobody cancels");
        });
        run.expect("it starts");
    });
}

#[test]
fn it_works_on_the_real_clock() {
    let run = anyrt::run(watched(Tokio::multi_thread()), async {
        let group = task_group(async |g| {
            let sleeper = g.spawn(sleep(Duration::from_secs(3600)));
            wait_all_tasks_blocked().await;
            sleeper.cancel();
        });
        group.await.expect("nobody cancels");
    });
    run.expect("it starts");
}

#[test]
fn in_a_cancelled_region_it_never_ends() {
    let run = anyrt::run(Sim::new(3), async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(wait_all_tasks_blocked()).await.is_err());
        // Cancelled while it waits.
        let scope = CancelScope::new();
        let handle = scope.handle();
        let group = task_group(async |g| {
            g.spawn(async move {
                wait_all_tasks_blocked().await;
                handle.cancel();
            });
            scope
                .run(async {
                    loop {
                        wait_all_tasks_blocked().await;
                    }
                })
                .await
        });
        let result = group.await.expect("the group is not cancelled");
        assert!(result.is_err());
    });
    run.expect("no deadlock");
}

#[test]
#[should_panic(expected = "needs a runtime under test")]
fn a_runtime_that_is_not_under_test_says_so() {
    let _ = anyrt::run(Tokio::current_thread(), wait_all_tasks_blocked());
}
