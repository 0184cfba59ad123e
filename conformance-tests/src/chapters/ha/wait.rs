//! HA1: `wait` never consumes, and any number may wait.

use super::both_kinds;
use crate::harness::*;
use futures_util::future::{join, join_all};

both_kinds! {
    /// HA1: thirty waits on one handle are all told, and the value is still there.
    #[local(ha1_local_many_wait_and_one_takes)]
    pub fn ha1_many_wait_and_one_takes(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let gate = Event::new();
                let opened = gate.wait();
                let handle = g.spawn(async move {
                    opened.await;
                    7
                });
                let waits = join_all((0..30).map(|_| handle.wait()));
                let (seen, ()) = join(waits, async {
                    yields(10).await;
                    gate.set();
                })
                .await;
                assert_eq!(seen, [TaskStatus::Completed; 30]);
                assert_eq!(handle.wait().await, TaskStatus::Completed);
                assert_eq!(handle.await.unwrap(), 7);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: a wait on a task that is over is ready at its first poll.
    #[local(ha1_local_a_wait_on_a_finished_task_is_ready)]
    pub fn ha1_a_wait_on_a_finished_task_is_ready(on: &Flavour) {
        on.run(async {
            let handle = task_group(async |g| g.spawn(async { 7 })).await.unwrap();
            for _ in 0..3 {
                let mut wait = pin!(handle.wait());
                assert_eq!(
                    poll_once(&mut wait).await,
                    Poll::Ready(TaskStatus::Completed)
                );
            }
            let mut handle = handle;
            match poll_once(&mut handle).await {
                Poll::Ready(value) => assert_eq!(value.unwrap(), 7),
                Poll::Pending => panic!("the task is over"),
            }
        });
    }

    /// HA1: siblings wait for one another, in a chain, each through the handle of the one before.
    #[local(ha1_local_children_await_one_another)]
    pub fn ha1_children_await_one_another(on: &Flavour) {
        on.run(async {
            let sum = task_group(async |g| {
                let mut last = g.spawn(async { 1u64 });
                for _ in 0..100 {
                    let before = last;
                    last = g.spawn(async move { before.await.unwrap() + 1 });
                }
                last.await.unwrap()
            })
            .await;
            assert_eq!(sum.unwrap(), 101);
        });
    }

    /// HA1: a wait that is dropped before it is told does not take the turn of another.
    #[local(ha1_local_a_dropped_wait_takes_nothing_from_another)]
    pub fn ha1_a_dropped_wait_takes_nothing_from_another(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let gate = Event::new();
                let handle = g.spawn(gate.wait());
                let mut dropped = Box::pin(handle.wait());
                let mut kept = Box::pin(handle.wait());
                assert!(poll_once(&mut dropped).await.is_pending());
                assert!(poll_once(&mut kept).await.is_pending());
                drop(dropped);
                gate.set();
                assert_eq!(kept.await, TaskStatus::Completed);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: a wait that moves to another waker is woken through the new one.
    #[local(ha1_local_a_wait_is_woken_through_its_latest_waker)]
    pub fn ha1_a_wait_is_woken_through_its_latest_waker(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let gate = Event::new();
                let handle = g.spawn(gate.wait());
                let stale = WakeCounter::new();
                let mut wait = Box::pin(handle.wait());
                assert!(stale.poll(wait.as_mut()).is_pending());
                let opening = gate.clone();
                let (status, ()) = join(wait, async {
                    yields(5).await;
                    opening.set();
                })
                .await;
                assert_eq!(status, TaskStatus::Completed);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: a handle that moves to another waker as well, and it is `Unpin`.
    #[local(ha1_local_a_handle_is_woken_through_its_latest_waker)]
    pub fn ha1_a_handle_is_woken_through_its_latest_waker(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let gate = Event::new();
                let opened = gate.wait();
                let mut handle = g.spawn(async move {
                    opened.await;
                    7
                });
                let stale = WakeCounter::new();
                assert!(stale.poll(Pin::new(&mut handle)).is_pending());
                let (value, ()) = join(&mut handle, async {
                    yields(5).await;
                    gate.set();
                })
                .await;
                assert_eq!(value.unwrap(), 7);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: who waits sleeps: no poll while the task runs on.
    #[local(ha1_local_a_wait_is_idle)]
    pub fn ha1_a_wait_is_idle(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let gate = Event::new();
                let handle = g.spawn(gate.wait());
                let wakes = WakeCounter::new();
                let mut wait = pin!(handle.wait());
                assert!(wakes.poll(wait.as_mut()).is_pending());
                yields(20).await;
                assert_eq!(wakes.wakes(), 0);
                gate.set();
                assert_eq!(wait.await, TaskStatus::Completed);
                assert!(wakes.wakes() <= 1);
            })
            .await
            .unwrap();
        });
    }

    /// HA1: waits that come, go and are polled while the task ends all learn of its end.
    #[local(ha1_local_waits_race_with_the_end_of_the_task)]
    pub fn ha1_waits_race_with_the_end_of_the_task(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                for n in 0..300usize {
                    let mut handle = g.spawn(async move {
                        yields(n % 5).await;
                        n
                    });
                    for _ in 0..n % 4 {
                        let mut wait = Box::pin(handle.wait());
                        let _ = poll_once(&mut wait).await;
                        yields(n % 3).await;
                    }
                    let waits = join_all((0..n % 3).map(|_| handle.wait()));
                    assert!(
                        waits
                            .await
                            .iter()
                            .all(|status| *status == TaskStatus::Completed)
                    );
                    assert_eq!((&mut handle).await.unwrap(), n);
                }
            })
            .await
            .unwrap();
        });
    }
}
