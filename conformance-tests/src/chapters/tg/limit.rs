//! TG11: how many children run at once, and in which order they start.

use super::{WithDrop, both_kinds};
use crate::harness::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many are in, and how many were at most.
#[derive(Clone, Default)]
struct Gauge(Arc<(AtomicUsize, AtomicUsize)>);

impl Gauge {
    fn now(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    fn peak(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    fn enter(&self) {
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
    }

    /// Runs `inside`, and is in from the first poll to the end of the destructor.
    fn count<F>(&self, inside: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
    {
        let (entering, leaving) = (self.clone(), self.clone());
        let entered = Arc::new(AtomicUsize::new(0));
        let was_in = entered.clone();
        let counted = async move {
            entered.store(1, Ordering::SeqCst);
            entering.enter();
            inside.await
        };
        WithDrop::new(counted, move || {
            // Slow enough that a place given away too early shows.
            std::thread::yield_now();
            leaving
                .0
                .0
                .fetch_sub(was_in.load(Ordering::SeqCst), Ordering::SeqCst);
        })
    }
}

both_kinds! {
    /// TG11: never more than n run at once, up to the end of their destructors, and n do.
    #[local(tg11_local_at_most_n_children_run_at_once)]
    pub fn tg11_at_most_n_children_run_at_once(on: &Flavour) {
        on.run(async {
            for limit in [1, 3, 7] {
                let gauge = Gauge::default();
                let full = gauge.clone();
                task_group(async |g| {
                    g.limit(limit);
                    for _ in 0..60 {
                        let full = full.clone();
                        // The first ones wait until all places are taken: n really run at once.
                        g.spawn(gauge.count(async move {
                            until(|| full.peak() == limit).await;
                            yields(3).await;
                        }));
                    }
                })
                .await
                .unwrap();
                assert_eq!(gauge.peak(), limit);
                assert_eq!(gauge.now(), 0);
            }
        });
    }

    /// TG11: without a limit all children run at once.
    #[local(tg11_local_without_a_limit_all_run_at_once)]
    pub fn tg11_without_a_limit_all_run_at_once(on: &Flavour) {
        on.run(async {
            for limit in [None, Some(usize::MAX)] {
                let gauge = Gauge::default();
                task_group(async |g| {
                    if let Some(limit) = limit {
                        g.limit(limit);
                    }
                    for _ in 0..200 {
                        let full = gauge.clone();
                        g.spawn(gauge.count(async move { until(|| full.peak() == 200).await }));
                    }
                })
                .await
                .unwrap();
                assert_eq!(gauge.peak(), 200);
            }
        });
    }

    /// TG11: children that wait for their place are not polled.
    #[local(tg11_local_a_waiting_child_is_not_polled)]
    pub fn tg11_a_waiting_child_is_not_polled(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                g.limit(1);
                let gate = Event::new();
                g.spawn(gate.wait());
                let waiting: Vec<_> = (0..10)
                    .map(|_| {
                        let (child, counter) = counted(ready(()));
                        (g.spawn(child), counter)
                    })
                    .collect();
                for _ in 0..50 {
                    yield_once().await;
                    assert!(waiting.iter().all(|(_, counter)| counter.polls() == 0));
                }
                assert!(
                    waiting
                        .iter()
                        .all(|(handle, _)| handle.status() == TaskStatus::Running)
                );
                gate.set();
                for (handle, counter) in &waiting {
                    assert_eq!(handle.wait().await, TaskStatus::Completed);
                    assert_eq!((counter.polls(), counter.drops()), (1, 1));
                }
            })
            .await
            .unwrap();
        });
    }

    /// TG11: children start in the order of their spawns.
    #[local(tg11_local_children_start_in_order)]
    pub fn tg11_children_start_in_order(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                g.limit(1);
                for n in 0..50 {
                    let noted = trace.clone();
                    g.spawn(async move {
                        noted.push(format!("{n}"));
                        yields(n % 3).await;
                    });
                }
            })
            .await
            .unwrap();
            let order: Vec<_> = (0..50).map(|n| n.to_string()).collect();
            assert_eq!(trace.take(), order);
        });
    }

    /// TG11: `spawn` does not wait for a place, and the group is not left before its queue is empty.
    #[local(tg11_local_the_group_waits_for_its_queue)]
    pub fn tg11_the_group_waits_for_its_queue(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let gate = Event::new();
            let opened = gate.wait();
            let mut group = pin!(task_group(async |g| {
                g.limit(1);
                g.spawn(opened);
                for _ in 0..5 {
                    let noted = trace.clone();
                    g.spawn(async move { noted.push("ran") });
                }
                trace.push("body done");
            }));
            while trace.count("body done") == 0 {
                assert!(poll_once(&mut group).await.is_pending());
            }
            for _ in 0..20 {
                assert!(poll_once(&mut group).await.is_pending());
                yield_once().await;
            }
            assert_eq!(trace.take(), ["body done"]);
            gate.set();
            group.await.unwrap();
            assert_eq!(trace.take(), ["ran"; 5]);
        });
    }

    /// TG11: a limit of none keeps all waiting; raised, it lets as many in as it says.
    #[local(tg11_local_a_limit_of_none_is_raised)]
    pub fn tg11_a_limit_of_none_is_raised(on: &Flavour) {
        on.run(async {
            let gauge = Gauge::default();
            task_group(async |g| {
                g.limit(0);
                let gate = Event::new();
                for _ in 0..10 {
                    g.spawn(gauge.count(gate.wait()));
                }
                yields(20).await;
                assert_eq!(gauge.peak(), 0);
                for limit in [1, 4] {
                    g.limit(limit);
                    until(|| gauge.now() == limit).await;
                    yields(20).await;
                    assert_eq!(gauge.peak(), limit);
                }
                gate.set();
            })
            .await
            .unwrap();
            assert_eq!(gauge.peak(), 4);
        });
    }

    /// TG11: a lowered limit ends nobody; the next child starts when fewer are left than it says.
    #[local(tg11_local_a_lowered_limit_ends_nobody)]
    pub fn tg11_a_lowered_limit_ends_nobody(on: &Flavour) {
        on.run(async {
            let gauge = Gauge::default();
            task_group(async |g| {
                g.limit(3);
                let gates = [Event::new(), Event::new(), Event::new()];
                let running = gates
                    .clone()
                    .map(|gate| g.spawn(gauge.count(async move { gate.wait().await })));
                until(|| gauge.now() == 3).await;
                g.limit(1);
                let (next, counter) = counted(ready(()));
                let next = g.spawn(next);
                for (gate, child) in gates.iter().zip(&running) {
                    yields(20).await;
                    assert_eq!(counter.polls(), 0);
                    gate.set();
                    assert_eq!(child.wait().await, TaskStatus::Completed);
                }
                assert_eq!(next.wait().await, TaskStatus::Completed);
            })
            .await
            .unwrap();
        });
    }

    /// TG11: daemons take no place and need none.
    #[local(tg11_local_daemons_take_no_place)]
    pub fn tg11_daemons_take_no_place(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                g.limit(0);
                let served = Event::new();
                let serving = served.clone();
                g.task().daemon().spawn(async move {
                    serving.set();
                    pending::<()>().await;
                });
                served.wait().await;
                g.limit(1);
                assert_eq!(g.spawn(async { 5 }).await.unwrap(), 5);
            })
            .await
            .unwrap();
        });
    }

    /// TG11: children of before the first limit take no place of it.
    #[local(tg11_local_children_of_before_the_first_limit_take_no_place)]
    pub fn tg11_children_of_before_the_first_limit_take_no_place(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                let gate = Event::new();
                let (inside, opened) = (Event::new(), gate.clone());
                let entered = inside.clone();
                g.spawn(async move {
                    entered.set();
                    opened.wait().await;
                });
                inside.wait().await;
                g.limit(1);
                g.spawn(async move { gate.set() }).await
            })
            .await;
            assert!(result.unwrap().is_ok());
        });
    }

    /// TG11: a child that is spawned into a cancelled group without a free place ends there and then, not only when a
    /// place is free.
    #[local(tg11_local_a_late_child_of_a_cancelled_group_does_not_wait_for_a_place)]
    pub fn tg11_a_late_child_of_a_cancelled_group_does_not_wait_for_a_place(on: &Flavour) {
        on.run(async {
            let result = task_group(async |g| {
                g.limit(1);
                let spawner = g.clone();
                // It has the only place, and keeps it until the late one has ended. The body is done by then.
                g.spawn(shield(async move {
                    yields(5).await;
                    spawner.cancel();
                    yields(5).await;
                    let (late, counter) = counted(ready(()));
                    let late = spawner.spawn(late);
                    until(|| late.status() == TaskStatus::Cancelled).await;
                    assert_eq!((counter.polls(), counter.drops()), (0, 1));
                }));
            })
            .await;
            assert!(result.is_ok());
        });
    }
}
