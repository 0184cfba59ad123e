//! TG12: what only local groups can do: borrow, share without locks, and stay within one task.
//!
//! One test after the other about one rule, which makes the file longer than others.

use crate::harness::*;
use std::{cell::Cell, cell::RefCell, rc::Rc};

/// TG12: children borrow from the caller, shared and exclusively.
pub fn tg12_children_borrow_from_the_caller(on: &Flavour) {
    on.run(async {
        let words = vec!["one".to_owned(), "three".to_owned()];
        let mut lengths = [0, 0];
        let [first, second] = &mut lengths;
        let total = local_task_group(async |g| {
            g.spawn(async {
                yield_once().await;
                *first = words[0].len();
            });
            g.spawn(async {
                checkpoint().await;
                *second = words[1].len();
            });
            words.len()
        })
        .await
        .unwrap();
        assert_eq!(total, 2);
        assert_eq!(lengths, [3, 5]);
        drop(words);
    });
}

/// TG12: what was lent to a child that was cancelled is free again when the group returns.
pub fn tg12_what_a_cancelled_child_borrowed_is_free_again(on: &Flavour) {
    on.run(async {
        let mut log = Vec::new();
        let result = try_local_task_group(async |g| {
            g.spawn(async {
                log.push("started");
                pending::<()>().await;
                Ok(())
            });
            g.spawn(async {
                yields(3).await;
                Err::<(), _>("broken")
            });
            Ok(())
        })
        .await;
        assert!(result.is_err());
        log.push("mine again");
        assert_eq!(log, ["started", "mine again"]);
    });
}

/// TG12: children, their values and their errors need not be `Send`.
pub fn tg12_children_need_not_be_send(on: &Flavour) {
    on.run(async {
        let shared = Rc::new(RefCell::new(Vec::new()));
        let value = local_task_group(async |g| {
            for n in 0..10 {
                let shared = shared.clone();
                g.spawn(async move {
                    yields(n % 4).await;
                    shared.borrow_mut().push(n);
                });
            }
            g.spawn(async { Rc::new(5) }).await.unwrap()
        })
        .await
        .unwrap();
        assert_eq!(*value, 5);
        let mut seen = shared.take();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        let result = try_local_task_group(async |g| {
            g.spawn(async { Err::<(), _>(Rc::new("broken")) });
            Ok(())
        })
        .await;
        assert_eq!(*result.unwrap_err().into_errors()[0], "broken");
    });
}

/// TG12: two children and the body run concurrently: each needs the others to go on.
pub fn tg12_children_and_body_run_concurrently(on: &Flavour) {
    on.run(async {
        let turn = Cell::new(0);
        local_task_group(async |g| {
            for child in [1, 2] {
                let turn = &turn;
                g.spawn(async move {
                    while turn.get() < 30 {
                        until(|| turn.get() % 3 == child || turn.get() >= 30).await;
                        turn.set(turn.get() + 1);
                    }
                });
            }
            while turn.get() < 30 {
                until(|| turn.get() % 3 == 0 || turn.get() >= 30).await;
                turn.set(turn.get() + 1);
            }
        })
        .await
        .unwrap();
        assert!(turn.get() >= 30);
    });
}

/// TG12: the children run within the caller's task: in one poll of the caller, on the caller's thread.
pub fn tg12_children_run_within_the_callers_own_task(on: &Flavour) {
    struct Polling<'a, F>(Pin<Box<F>>, &'a Cell<bool>);
    impl<F: Future> Future for Polling<'_, F> {
        type Output = F::Output;
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
            self.1.set(true);
            let poll = self.0.as_mut().poll(cx);
            self.1.set(false);
            poll
        }
    }
    on.run(async {
        let polling = Cell::new(false);
        let group = local_task_group(async |g| {
            for n in 0..10 {
                let polling = &polling;
                g.spawn(async move {
                    for _ in 0..n {
                        assert!(polling.get());
                        yield_once().await;
                        assert!(polling.get());
                        checkpoint().await;
                    }
                });
            }
        });
        Polling(Box::pin(group), &polling).await.unwrap();
    });
}

/// TG12: a child is polled when it was woken; its thousand siblings sleep on.
pub fn tg12_only_a_woken_child_is_polled(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let (result, counters) = local_task_group(async |g| {
            let mut counters = Vec::new();
            for _ in 0..1000 {
                let (child, counter) = pending_counted();
                counters.push(counter);
                g.spawn(child);
            }
            let opened = gate.wait();
            let woken = g.spawn(async {
                opened.await;
                yields(100).await;
            });
            until(|| counters.iter().all(|counter| counter.polls() > 0)).await;
            gate.set();
            let status = woken.wait().await;
            let polls: Vec<_> = counters.iter().map(Counter::polls).collect();
            g.cancel();
            (status, polls)
        })
        .await
        .unwrap();
        assert_eq!(result, TaskStatus::Completed);
        assert!(counters.iter().all(|&polls| polls <= 2), "{counters:?}");
    });
}

/// TG12: a wake from another thread reaches the child.
pub fn tg12_a_child_is_woken_from_another_thread(on: &Flavour) {
    on.run(async {
        let gates: Vec<_> = (0..50).map(|_| Event::new()).collect();
        let opening = gates.clone();
        let done = Cell::new(0);
        let opener = start_thread(move || {
            for gate in opening {
                while gate.waiting() == 0 {
                    std::thread::yield_now();
                }
                gate.set();
            }
        });
        local_task_group(async |g| {
            for gate in &gates {
                let done = &done;
                g.spawn(async move {
                    gate.wait().await;
                    done.set(done.get() + 1);
                });
            }
        })
        .await
        .unwrap();
        opener.join().unwrap();
        assert_eq!(done.get(), 50);
    });
}

/// TG12: children that never stop waking themselves starve neither their siblings nor the body.
pub fn tg12_busy_children_starve_nobody(on: &Flavour) {
    on.run(async {
        let stop = Cell::new(0);
        local_task_group(async |g| {
            for _ in 0..3 {
                g.spawn(until(|| stop.get() == 2));
                g.spawn(async {
                    while stop.get() < 2 {
                        checkpoint().await;
                    }
                });
            }
            g.spawn(async {
                yields(10).await;
                stop.set(stop.get() + 1);
            });
            yields(10).await;
            stop.set(stop.get() + 1);
        })
        .await
        .unwrap();
    });
}

/// TG12: local groups nest, and the inner one's children borrow from the outer child.
pub fn tg12_a_nested_local_group_borrows_from_its_child(on: &Flavour) {
    on.run(async {
        let sum = Cell::new(0);
        local_task_group(async |g| {
            for n in 1..=4 {
                let sum = &sum;
                g.spawn(async move {
                    let own = Cell::new(0);
                    local_task_group(async |g| {
                        for _ in 0..n {
                            g.spawn(async {
                                yield_once().await;
                                own.set(own.get() + 1);
                            });
                        }
                    })
                    .await
                    .unwrap();
                    sum.set(sum.get() + own.get());
                });
            }
        })
        .await
        .unwrap();
        assert_eq!(sum.get(), 10);
    });
}

/// TG12: foreign code drops the group; its children, which borrow, are gone when the drop returns, and it is closed.
pub fn tg12_a_foreign_drop_takes_the_children_along(on: &Flavour) {
    on.run(async {
        let (running, counter) = pending_counted();
        let (queued, unpolled) = pending_counted();
        let leaked = RefCell::new(None);
        let mut group = Box::pin(local_task_group(async |g| {
            *leaked.borrow_mut() = Some(g.clone());
            g.spawn(running);
            yields(3).await;
            g.limit(0);
            g.spawn(queued);
            pending::<()>().await;
        }));
        for _ in 0..20 {
            assert!(poll_once(&mut group).await.is_pending());
        }
        assert!(counter.polls() > 0);
        assert_eq!((counter.drops(), unpolled.drops()), (0, 0));
        drop(group);
        assert_eq!((counter.drops(), unpolled.drops()), (1, 1));
        assert_eq!(unpolled.polls(), 0);
        let leaked = leaked.take().expect("the body ran");
        assert!(leaked.is_closed());
        assert!(leaked.try_spawn(async {}).is_err());
    });
}

/// TG11, TG12: what a child changes in the very first poll of its group is seen: a cancel of one that waits.
pub fn tg12_a_child_cancels_one_that_waits_in_the_first_poll(on: &Flavour) {
    on.run(async {
        let slot = Rc::new(RefCell::new(None::<LocalTaskHandle<()>>));
        let (waiting, counter) = counted(ready(()));
        let status = local_task_group(async |g: LocalTaskGroup<'_>| {
            g.limit(1);
            let taken = slot.clone();
            let first = g.spawn(async move {
                let other = taken.borrow_mut().take().expect("spawned before");
                assert!(other.cancel());
                other.wait().await
            });
            *slot.borrow_mut() = Some(g.spawn(waiting));
            first.await.expect("no cancel")
        });
        assert_eq!(status.await.ok(), Some(TaskStatus::Cancelled));
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
    });
}

/// TG11, TG12: the same for a limit that is raised.
pub fn tg12_a_child_raises_the_limit_in_the_first_poll(on: &Flavour) {
    on.run(async {
        let slot = Rc::new(RefCell::new(None::<LocalTaskHandle<()>>));
        let status = local_task_group(async |g: LocalTaskGroup<'_>| {
            g.limit(1);
            let (taken, group) = (slot.clone(), g.clone());
            let first = g.spawn(async move {
                let other = taken.borrow_mut().take().expect("spawned before");
                group.limit(2);
                other.wait().await
            });
            *slot.borrow_mut() = Some(g.spawn(async {}));
            first.await.expect("no cancel")
        });
        assert_eq!(status.await.ok(), Some(TaskStatus::Completed));
    });
}

/// TG12, SC13: a clone of a local group that was dropped takes no more children: nobody would poll them.
pub fn tg12_a_dropped_group_takes_no_child(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let _end = gate.set_on_drop();
        let kept = Rc::new(RefCell::new(None));
        let (slot, held) = (kept.clone(), gate.wait());
        let polled = Event::new();
        let mut group = Box::pin(local_task_group(async |g: LocalTaskGroup<'_>| {
            *slot.borrow_mut() = Some(g.clone());
            // What escapes from this one keeps the local group's ledger open.
            task_group(async |g: TaskGroup| {
                let told = polled.clone();
                g.spawn(shield(async move {
                    told.set();
                    held.await;
                }));
                pending::<()>().await;
            })
            .await
        }));
        assert!(poll_once(&mut group).await.is_pending());
        polled.wait().await;
        drop(group);
        let group = kept.borrow_mut().take().expect("the body ran");
        let (child, counter) = counted(pending::<()>());
        let handle = group.spawn(child);
        assert_eq!(handle.status(), TaskStatus::Cancelled);
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
    });
}

/// TG12: the children of a `try_local_task_group` that foreign code drops are gone when the drop returns, and end with
/// it: nothing is left to be adopted.
pub fn tg12_a_dropped_try_group_leaves_no_child_to_its_adopter(on: &Flavour) {
    on.run(async {
        let polled = Event::new();
        let adopting = task_group(async |_: TaskGroup| {
            let group = try_local_task_group(async |g: TryLocalTaskGroup<'_, ()>| {
                g.spawn(async {
                    polled.set();
                    pending::<Result<(), ()>>().await
                });
                pending::<Result<(), ()>>().await
            });
            let mut group = Box::pin(group);
            while !polled.is_set() {
                assert!(poll_once(&mut group).await.is_pending());
            }
            drop(group);
            let is_alone = |region: &RegionInfo| region.alive == Some(0);
            let tree = task_tree().expect("a runtime runs");
            tree.regions()
                .iter()
                .filter(|region| region.kind == "group")
                .all(is_alone)
        });
        assert!(adopting.await.unwrap(), "a group still has a child");
    });
}
