//! CO5: limits, and iterators that are asked only when there is room.

use super::{ByHand, after, gates, quiet_panic};
use crate::harness::*;
use std::cell::Cell;

/// CO5: at most as many are at work as the limit says, and as many as that; one that cleans up is at work.
pub fn co5_the_limit_bounds_how_many_are_at_work(on: &Flavour) {
    on.run(async {
        for limit in [1, 3, 7, 100] {
            let (now, peak) = (&Cell::new(0), &Cell::new(0));
            let work = |n: usize| async move {
                now.set(now.get() + 1);
                peak.set(peak.get().max(now.get()));
                finally(until(|| peak.get() == limit.min(20)), async |_| {
                    yields(n % 4).await;
                    now.set(now.get() - 1);
                })
                .await;
                n
            };
            assert_eq!(amap(0..20, work).limit(limit).await, Vec::from_iter(0..20));
            assert_eq!((peak.get(), now.get()), (limit.min(20), 0));
            let tried = try_amap(0..20, |n| async move { Ok::<_, ()>(work(n).await) });
            assert!(tried.limit(limit).await.is_ok());
            assert_eq!((peak.get(), now.get()), (limit.min(20), 0));
        }
    });
}

/// CO5: without a limit all are at work at once.
pub fn co5_without_a_limit_all_are_at_work(on: &Flavour) {
    on.run(async {
        let gate = &Event::new();
        let mut all = ByHand::new(amap(0..300, |n| after(gate, n)));
        assert!(all.go().await.is_pending());
        assert_eq!(gate.waiting(), 300);
        gate.set();
        assert_eq!(all.go().await, Poll::Ready(Vec::from_iter(0..300)));
    });
}

/// CO5: the iterator is asked for the next one only when there is room, in whatever order they end.
pub fn co5_the_iterator_is_asked_only_when_there_is_room(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let gates = &gates::<6>();
        let items = (0..6).inspect(|_| asked.set(asked.get() + 1));
        let mut all = ByHand::new(amap(items, |n: usize| after(&gates[n], n)).limit(2));
        assert_eq!(asked.get(), 0);
        assert!(all.go().await.is_pending());
        assert_eq!(asked.get(), 2);
        for (end, then_asked) in [(1, 3), (2, 4), (0, 5), (4, 6), (3, 6)] {
            gates[end].set();
            assert!(all.go().await.is_pending());
            assert_eq!(asked.get(), then_asked);
        }
        gates[5].set();
        assert_eq!(all.go().await, Poll::Ready(vec![0, 1, 2, 3, 4, 5]));
    });
}

/// CO5: what was not taken takes a place like what is at work: a slow consumer keeps the iterator waiting.
pub fn co5_a_slow_consumer_keeps_the_iterator_waiting(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let take = gates::<3>();
        let items = (0..6).inspect(|_| asked.set(asked.get() + 1));
        let mut taken = ByHand::new(amap(items, ready).limit(2).as_completed(
            async |mut results: Completed<_>| {
                let mut taken = Vec::new();
                for gate in &take {
                    gate.wait().await;
                    taken.extend(results.next().await);
                }
                while let Some(n) = results.next().await {
                    taken.push(n);
                }
                taken
            },
        ));
        for (gate, asked_before) in [(0, 2), (1, 3)] {
            assert!(taken.go().await.is_pending());
            assert_eq!(asked.get(), asked_before);
            take[gate].set();
        }
        assert!(taken.go().await.is_pending());
        assert_eq!(asked.get(), 4);
        take[2].set();
        assert_eq!(taken.go().await, Poll::Ready(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(asked.get(), 6);
    });
}

/// CO5: one at work and one not taken fill a limit of two; either makes room.
pub fn co5_one_at_work_and_one_not_taken_fill_a_limit_of_two(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let [work, take, end] = &gates();
        let items = (0..9).inspect(|_| asked.set(asked.get() + 1));
        let mapped = amap(items, |n| async move {
            if n == 0 {
                work.wait().await;
            }
            n
        });
        let mut taken = ByHand::new(mapped.limit(2).as_completed(
            async |mut results: Completed<_>| {
                take.wait().await;
                let first = results.next().await;
                end.wait().await;
                first
            },
        ));
        assert!(taken.go().await.is_pending());
        assert_eq!(asked.get(), 2);
        take.set();
        assert!(taken.go().await.is_pending());
        assert_eq!(asked.get(), 3);
        // What ends keeps its place until it is taken.
        work.set();
        assert!(taken.go().await.is_pending());
        assert_eq!(asked.get(), 3);
        end.set();
        assert_eq!(taken.go().await, Poll::Ready(Some(1)));
    });
}

/// CO5: of an endless iterator as much is made as is taken and as there is room for.
pub fn co5_an_endless_iterator_gives_as_much_as_is_taken(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let items = (1..).inspect(|_| asked.set(asked.get() + 1));
        let mapped = amap(items, |n| async move {
            yields(n % 3).await;
            1
        });
        let taken = mapped
            .limit(3)
            .as_completed(async |mut results: Completed<_>| {
                let mut taken = 0;
                while taken < 10 {
                    taken += results.next().await.expect("endless");
                }
                taken
            });
        assert_eq!(taken.await, 10);
        assert!(
            (10..=13).contains(&asked.get()),
            "asked {} times",
            asked.get()
        );
    });
}

/// CO3, CO5: the first error of `try_amap` settles: an endless iterator is asked no more.
pub fn co5_an_endless_iterator_is_asked_no_more_after_an_error(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let trace = &Trace::new();
        let items = (1..).inspect(|_| asked.set(asked.get() + 1));
        let result = try_amap(items, |n| async move {
            match n {
                1 => super::loser(trace).await,
                4 => Err("four"),
                _ => Ok(()),
            }
        });
        assert_eq!(result.limit(2).await.unwrap_err().into_vec(), ["four"]);
        assert_eq!(trace.take(), ["loser NotNeeded"]);
        assert_eq!(asked.get(), 4);
    });
}

/// CO5, TG11: a cancel from outside makes no room: the iterator is asked no more.
pub fn co5_a_cancelled_map_asks_its_iterator_no_more(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let items = (0..).inspect(|_| asked.set(asked.get() + 1));
        let scope = CancelScope::new();
        let handle = scope.handle();
        let all = amap(items, |_| shield(yields(3))).limit(2);
        let result = scope.run(async {
            let cancel = async {
                handle.cancel();
                pending::<()>().await;
            };
            futures_util::join!(all, cancel).1
        });
        assert!(result.await.is_err());
        assert_eq!(asked.get(), 2);
    });
}

/// CO5: an iterator that has ended is not asked again, as by a `for` loop.
pub fn co5_an_iterator_that_has_ended_is_not_asked_again(on: &Flavour) {
    on.run(async {
        let asked = &Cell::new(0);
        let items = || {
            asked.set(0);
            std::iter::from_fn(|| {
                asked.set(asked.get() + 1);
                match asked.get() {
                    1 | 2 => Some(asked.get()),
                    3 => None,
                    _ => quiet_panic("asked again"),
                }
            })
        };
        assert_eq!(amap(items(), ready).await, [1, 2]);
        for limit in [1, 2, 3] {
            assert_eq!(amap(items(), ready).limit(limit).await, [1, 2]);
            assert_eq!(asked.get(), 3);
        }
        let taken = as_completed(items().map(ready), async |mut results: Completed<_>| {
            let mut taken = 0;
            while results.next().await.is_some() {
                taken += 1;
            }
            taken
        });
        assert_eq!(taken.await, 2);
    });
}

/// CO5, SC12: a loop that takes what is ready does not starve its neighbours, though there is always something.
pub fn co5_a_loop_of_ready_results_lets_others_run(on: &Flavour) {
    on.run(async {
        let done = Cell::new(false);
        let taken =
            amap(0..100_000, ready)
                .limit(1)
                .as_completed(async |mut results: Completed<_>| {
                    let mut taken = 0;
                    while !done.get() && results.next().await.is_some() {
                        taken += 1;
                    }
                    taken
                });
        let neighbour = async {
            yields(3).await;
            done.set(true);
        };
        let (taken, ()) = futures_util::join!(taken, neighbour);
        assert!(taken < 100_000);
    });
}

/// CO5: a result that another task takes makes room for the next one.
pub fn co5_another_task_that_takes_a_result_makes_room(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let one_by_one = amap(0..20, ready).limit(1);
            one_by_one
                .as_completed(async |mut results: Completed<usize>| {
                    let task = g.spawn(async move {
                        let mut taken = Vec::new();
                        while let Some(n) = results.next().await {
                            taken.push(n);
                            // The host comes to rest in between, and only the next take wakes it.
                            yields(3).await;
                        }
                        taken
                    });
                    task.await
                })
                .await
        });
        let taken = result.await.expect("nobody cancels");
        assert_eq!(taken.expect("nobody cancels"), Vec::from_iter(0..20));
    });
}
