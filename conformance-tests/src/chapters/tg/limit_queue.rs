//! TG11: what happens to the queue of a limit when its group or its children end early.
//!
//! One test after the other about one rule, which makes the file longer than others.

use super::both_kinds;
use crate::harness::*;
use futures_util::{StreamExt, join, stream::FuturesUnordered};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

both_kinds! {
    /// TG11: a cancel of the group ends the waiting children unpolled.
    #[local(tg11_local_a_cancel_ends_the_queue_unpolled)]
    pub fn tg11_a_cancel_ends_the_queue_unpolled(on: &Flavour) {
        on.run(async {
            let (handles, counters) = task_group(async |g| {
                g.limit(1);
                let (running, counter) = pending_counted();
                g.spawn(running);
                let (mut handles, mut counters) = (Vec::new(), Vec::new());
                for _ in 0..100 {
                    let (child, counter) = counted(ready(()));
                    counters.push(counter);
                    handles.push(g.spawn(child));
                }
                until(|| counter.polls() > 0).await;
                g.cancel_with("stop");
                (handles, counters)
            })
            .await
            .unwrap();
            for (handle, counter) in handles.into_iter().zip(counters) {
                assert_eq!((counter.polls(), counter.drops()), (0, 1));
                assert_eq!(handle.status(), TaskStatus::Cancelled);
                match handle.await {
                    Err(TaskError::Cancelled(cancelled)) => {
                        assert_eq!(super::cause_of(cancelled.reason()), "stop");
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
    }

    /// TG11: so does a cancel from outside, and the group unwinds although nothing ran.
    #[local(tg11_local_an_outer_cancel_ends_the_queue_unpolled)]
    pub fn tg11_an_outer_cancel_ends_the_queue_unpolled(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (child, counter) = counted(ready(()));
            let result = scope
                .run(async {
                    let group = task_group(async |g| {
                        g.limit(0);
                        g.spawn(child);
                        yields(5).await;
                        handle.cancel();
                    });
                    let _ = group.await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
            assert_eq!(trace.take(), Vec::<String>::new());
        });
    }

    /// TG11: so does the first error, and the waiting children are not among the errors.
    #[local(tg11_local_an_error_ends_the_queue_unpolled)]
    pub fn tg11_an_error_ends_the_queue_unpolled(on: &Flavour) {
        on.run(async {
            let mut counters = Vec::new();
            let result = try_task_group(async |g| {
                g.limit(1);
                let gate = Event::new();
                let opened = gate.wait();
                g.spawn(async move {
                    opened.await;
                    Err::<(), _>("broken")
                });
                for _ in 0..20 {
                    let (child, counter) = counted(ready(Err::<(), _>("never ran")));
                    counters.push(counter);
                    g.spawn(child);
                }
                gate.set();
                Ok(())
            })
            .await;
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
            for counter in counters {
                assert_eq!((counter.polls(), counter.drops()), (0, 1));
            }
        });
    }

    /// TG11: a waiting child that its handle cancels ends unpolled, at once, and the others keep their order.
    #[local(tg11_local_a_waiting_child_is_cancelled_by_its_handle)]
    pub fn tg11_a_waiting_child_is_cancelled_by_its_handle(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                g.limit(1);
                let gate = Event::new();
                g.spawn(gate.wait());
                let mut handles = Vec::new();
                for n in 0..5 {
                    let noted = trace.clone();
                    handles.push(g.spawn(async move { noted.push(format!("{n}")) }));
                }
                for n in [1, 3] {
                    assert!(handles[n].cancel());
                    // The child that has the place is still there.
                    assert_eq!(handles[n].wait().await, TaskStatus::Cancelled);
                }
                gate.set();
            })
            .await
            .unwrap();
            assert_eq!(trace.take(), ["0", "2", "4"]);
        });
    }

    /// TG11: with the whole queue cancelled by handle, under a limit of none, the group is left.
    #[local(tg11_local_a_queue_cancelled_one_by_one_lets_the_group_end)]
    pub fn tg11_a_queue_cancelled_one_by_one_lets_the_group_end(on: &Flavour) {
        on.run(async {
            let (handles, counters) = task_group(async |g| {
                g.limit(0);
                let (mut handles, mut counters) = (Vec::new(), Vec::new());
                for _ in 0..20 {
                    let (child, counter) = pending_counted();
                    counters.push(counter);
                    handles.push(g.spawn(child));
                }
                handles.iter().for_each(|handle| {
                    handle.cancel();
                });
                (handles, counters)
            })
            .await
            .unwrap();
            assert!(
                handles
                    .iter()
                    .all(|handle| handle.status() == TaskStatus::Cancelled)
            );
            assert!(
                counters
                    .iter()
                    .all(|counter| (counter.polls(), counter.drops()) == (0, 1))
            );
        });
    }

    /// TG11: the place of a child that was cancelled goes to the next one.
    #[local(tg11_local_a_cancelled_child_gives_its_place_back)]
    pub fn tg11_a_cancelled_child_gives_its_place_back(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                g.limit(2);
                let stuck = [g.spawn(pending::<()>()), g.spawn(pending::<()>())];
                let next = g.spawn(async { 5 });
                yields(5).await;
                assert_eq!(next.status(), TaskStatus::Running);
                stuck[1].cancel();
                assert_eq!(next.await.unwrap(), 5);
                stuck[0].cancel();
            })
            .await
            .unwrap();
        });
    }

    /// TG11: children that children spawn while the host waits stand in the same queue.
    #[local(tg11_local_siblings_of_siblings_keep_the_limit)]
    pub fn tg11_siblings_of_siblings_keep_the_limit(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                g.limit(0);
                for n in 0..3 {
                    let (group, noted) = (g.clone(), trace.clone());
                    g.spawn(async move {
                        let late = noted.clone();
                        group.spawn(async move { late.push(format!("late {n}")) });
                        yields(2).await;
                        noted.push(format!("early {n}"));
                    });
                }
                g.limit(1);
            })
            .await
            .unwrap();
            let order = [
                "early 0", "early 1", "early 2", "late 0", "late 1", "late 2",
            ];
            assert_eq!(trace.take(), order);
        });
    }

    /// TG11: raising the limit of a group that was cancelled starts nobody.
    #[local(tg11_local_raising_the_limit_after_a_cancel_starts_nobody)]
    pub fn tg11_raising_the_limit_after_a_cancel_starts_nobody(on: &Flavour) {
        on.run(async {
            let (child, counter) = counted(ready(()));
            task_group(async |g| {
                g.limit(0);
                g.spawn(child);
                g.cancel();
                g.limit(5);
                shield(yields(10)).await;
            })
            .await
            .unwrap();
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
        });
    }

    /// TG11: a queue of a hundred thousand ends without recursion and leaves nothing behind.
    #[local(tg11_local_a_long_queue_ends_without_recursion)]
    pub fn tg11_a_long_queue_ends_without_recursion(on: &Flavour) {
        on.run(async {
            let alive = Arc::new(());
            task_group(async |g| {
                g.limit(0);
                for _ in 0..100_000 {
                    let alive = alive.clone();
                    g.spawn(async move { drop(alive) });
                }
                assert_eq!(Arc::strong_count(&alive), 100_001);
                g.cancel();
            })
            .await
            .unwrap();
            assert_eq!(Arc::strong_count(&alive), 1);
        });
    }

    /// TG11, ST2: a place becomes free in the moment in which the caller of ten thousand starts is cancelled, whose children
    /// all wait for it: they end unpolled, on a small stack.
    #[local(tg11_local_ten_thousand_cancelled_starts_end_without_recursion)]
    pub fn tg11_ten_thousand_cancelled_starts_end_without_recursion(on: &Flavour) {
        const MANY: usize = 10_000;
        on_thread_with_stack(2 << 20, || {
            on.run(async {
                let polled = Arc::new(AtomicUsize::new(0));
                task_group(async |g| {
                    g.limit(1);
                    let scope = CancelScope::new();
                    let (handle, full) = (scope.handle(), Event::new());
                    let all_wait = full.wait();
                    g.spawn(async move {
                        all_wait.await;
                        // Its place is free before those that the cancel wakes have a turn.
                        handle.cancel();
                    });
                    let starts: FuturesUnordered<_> = (0..MANY)
                        .map(|_| {
                            let polled = polled.clone();
                            g.start(|_: Started<()>| async move {
                                polled.fetch_add(1, Ordering::SeqCst);
                            })
                        })
                        .collect();
                    let (result, ()) = join!(scope.run(starts.count()), async { full.set() });
                    assert!(result.is_err());
                })
                .await
                .unwrap();
                assert_eq!(polled.load(Ordering::SeqCst), 0);
            });
        });
    }

    /// TG11: one child cancels another one that waits for its place, which ends unpolled.
    #[local(tg11_local_a_child_cancels_one_that_waits)]
    pub fn tg11_a_child_cancels_one_that_waits(on: &Flavour) {
        on.run(async {
            let (waiting, counter) = counted(ready(()));
            let ended = Event::new();
            task_group(async |g| {
                g.limit(1);
                let cancel = Event::new();
                let (come, end) = (cancel.wait(), ended.wait());
                // The handle comes later than the child that uses it.
                #[allow(clippy::arc_with_non_send_sync)]
                let slot = Arc::new(std::sync::OnceLock::<TaskHandle<()>>::new());
                let taken = slot.clone();
                g.spawn(async move {
                    come.await;
                    assert!(taken.get().is_some_and(|handle| handle.cancel()));
                    // It keeps its place until the other one is gone.
                    end.await;
                });
                let filled = slot.set(g.spawn(waiting));
                assert!(filled.is_ok());
                cancel.set();
                until(|| counter.drops() == 1).await;
                ended.set();
            })
            .await
            .unwrap();
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
        });
    }

    /// TG11: a cancel from another thread, just as the host looks at its queue for the last time, ends a child that has a
    /// name and waits.
    #[local(tg11_local_a_cancel_races_with_the_last_look_at_the_queue)]
    pub fn tg11_a_cancel_races_with_the_last_look_at_the_queue(on: &Flavour) {
        on.run(async {
            for _ in 0..50 {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let thread = start_thread(move || handle.cancel());
                let group = scope.run(task_group(async |g| {
                    g.limit(0);
                    for name in ["one", "two", "three"] {
                        g.task().name(name).spawn(pending::<()>());
                    }
                }));
                assert!(group.await.is_err());
                assert!(thread.join().expect("no panic"));
            }
        });
    }

    /// SC8, TG11: whoever cancels a child that waits does not run its destructor: it may hold what that needs.
    #[local(tg11_local_a_cancel_does_not_drop_the_waiting_child)]
    pub fn tg11_a_cancel_does_not_drop_the_waiting_child(on: &Flavour) {
        on.run(async {
            let lock = Arc::new(Mutex::new(()));
            let ended = Event::new();
            task_group(async |g| {
                g.limit(0);
                let (needed, told) = (lock.clone(), ended.clone());
                let on_drop = OnDrop(move || {
                    drop(needed.lock());
                    told.set();
                });
                let handle = g.spawn(async move {
                    let _on_drop = on_drop;
                    pending::<()>().await;
                });
                let held = lock.lock();
                assert!(handle.cancel());
                drop(held);
                ended.wait().await;
            })
            .await
            .unwrap();
        });
    }
}

/// TG11, HA1: a child that is cancelled while it waits ends, also where nobody polls the host just then.
pub fn tg11_a_cancelled_waiting_child_ends_while_nobody_polls_the_host(on: &Flavour) {
    on.run(async {
        let slot = Arc::new(Mutex::new(None));
        let (filled, end) = (slot.clone(), Event::new());
        let busy = end.wait();
        let mut group = Box::pin(task_group(async move |g: TaskGroup| {
            g.limit(1);
            g.spawn(busy);
            let waiting = g.spawn(pending::<()>());
            *filled.lock().expect("no panic") = Some((g.clone(), waiting));
        }));
        assert!(poll_once(&mut group).await.is_pending());
        let (g, waiting) = slot.lock().expect("no panic").take().expect("the body ran");
        assert!(waiting.cancel());
        assert!(matches!(waiting.await, Err(TaskError::Cancelled(_))));
        // So does a `start` that times out, with the child that it waits for.
        let scope = CancelScope::new();
        let handle = scope.handle();
        let start = scope.run(g.start(|started: Started<()>| async move { started.set(()) }));
        let (cut, ()) = futures_util::join!(start, async {
            yields(3).await;
            handle.cancel();
        });
        assert!(cut.is_err());
        end.set();
        assert!(group.await.is_ok());
    });
}
