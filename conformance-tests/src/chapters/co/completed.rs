//! CO5: bodies that do something else with the results than take them all.

use super::{ByHand, after, gates, loser};
use crate::harness::*;
use std::cell::Cell;

/// CO5, CO2: the body's return settles: what is at work is cancelled and has cleaned up, what was not taken is dropped.
pub fn co5_the_return_of_the_body_settles(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let work = |n: usize| async move {
            if n == 2 {
                return loser(trace).await;
            }
            DropProbe::new(trace, "not taken")
        };
        for limited in [false, true] {
            let body = async |mut results: Completed<DropProbe>| {
                let first = results.next().await;
                // The other value has come too.
                yields(5).await;
                trace.push("body");
                std::mem::forget(first);
                7
            };
            let value = if limited {
                amap(0..3, work).limit(3).as_completed(body).await
            } else {
                as_completed((0..3).map(work), body).await
            };
            trace.push("returned");
            assert_eq!(value, 7);
            let mut entries = trace.take();
            entries[1..3].sort();
            assert_eq!(
                entries,
                ["body", "loser NotNeeded", "not taken", "returned"]
            );
        }
    });
}

/// CO5, CO2: a body that returns at once: no future is left, whether it has begun or not.
pub fn co5_a_body_that_returns_at_once_leaves_nothing(on: &Flavour) {
    on.run(async {
        let (futures, counters): (Vec<_>, Vec<_>) = (0..10).map(|_| pending_counted()).unzip();
        let value = as_completed(futures, async |_results: Completed<()>| 7).await;
        assert_eq!(value, 7);
        assert!(counters.iter().all(|c| c.drops() == 1 && c.polls() <= 1));
        let mapped = amap(0..10, |_| pending::<()>()).limit(2);
        assert_eq!(
            mapped.as_completed(async |_results: Completed<()>| 7).await,
            7
        );
    });
}

/// CO5: a value that a loser gives in its shield after the body's return is dropped before it returns.
pub fn co5_what_comes_after_the_return_of_the_body_is_dropped(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let gate = &Event::new();
        let late = shield(async {
            gate.wait().await;
            DropProbe::new(trace, "value dropped")
        });
        let mut all = ByHand::new(as_completed([late], async |_results: Completed<_>| {
            yield_once().await;
            7
        }));
        assert!(all.go().await.is_pending());
        gate.set();
        assert_eq!(all.go().await, Poll::Ready(7));
        assert_eq!(trace.take(), ["value dropped"]);
    });
}

/// CO5: the body drops the results: it goes on, and its return settles all the same.
pub fn co5_a_body_that_drops_the_results_goes_on(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        for limit in [1, 9] {
            let work = |n: usize| async move {
                if n == 0 {
                    return DropProbe::new(trace, "value dropped");
                }
                pending().await
            };
            let mapped = amap(0.., work).limit(limit);
            let value = if limit == 1 {
                mapped
                    .as_completed(async |results: Completed<_>| {
                        yields(5).await;
                        drop(results);
                        trace.push("results dropped");
                        yields(5).await;
                        7
                    })
                    .await
            } else {
                as_completed((0..3).map(work), async |results: Completed<_>| {
                    drop(results);
                    trace.push("results dropped");
                    yields(5).await;
                    7
                })
                .await
            };
            trace.push("returned");
            assert_eq!(value, 7);
            let mut entries = trace.take();
            assert_eq!(entries.pop().as_deref(), Some("returned"));
            entries.sort();
            assert_eq!(entries, ["results dropped", "value dropped"]);
        }
    });
}

/// CO5: the body moves the results into another task, and waits for it.
pub fn co5_another_task_takes_the_results(on: &Flavour) {
    on.run(async {
        let ends = (1..=4).map(|n| async move {
            yields(n).await;
            n
        });
        let result = task_group(async |g: TaskGroup| {
            as_completed(ends, async |mut results: Completed<usize>| {
                let task = g.spawn(async move {
                    let mut taken = Vec::new();
                    while let Some(n) = results.next().await {
                        taken.push(n);
                    }
                    taken.sort_unstable();
                    taken
                });
                task.await
            })
            .await
        });
        assert_eq!(result.await.unwrap().unwrap(), [1, 2, 3, 4]);
    });
}

/// CO5: another task has the results when the body returns: what it has not taken is dropped, and it is told the end.
pub fn co5_another_task_is_told_the_end_when_the_body_returns(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let gate = Event::new();
        let result = task_group(async |g: TaskGroup| {
            let noted = trace.clone();
            let work = [0, 1, 2].map(|n| {
                let noted = noted.clone();
                async move {
                    if n == 2 {
                        pending::<()>().await;
                    }
                    noted.push("ended");
                    DropProbe::new(&noted, "dropped")
                }
            });
            let late = as_completed(work, async |mut results: Completed<DropProbe>| {
                let opened = gate.wait();
                let task = g.spawn(async move {
                    let first = results.next().await.is_some();
                    opened.await;
                    (first, results.next().await.is_none())
                });
                until(|| trace.count("ended") == 2 && trace.count("dropped") == 1).await;
                task
            });
            let late = late.await;
            assert_eq!(trace.count("dropped"), 2);
            gate.set();
            late.await
        });
        assert_eq!(result.await.unwrap().unwrap(), (true, true));
    });
}

/// CO5: so is one that waits at that moment.
pub fn co5_one_that_waits_is_told_the_end_when_the_body_returns(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let waits = Event::new();
            let waiting = as_completed([pending::<u8>()], async |mut results: Completed<u8>| {
                let told = waits.clone();
                let task = g.spawn(async move {
                    let mut wait = pin!(results.next());
                    poll_fn(|cx| {
                        let polled = wait.as_mut().poll(cx);
                        told.set();
                        polled
                    })
                    .await
                });
                waits.wait().await;
                task
            });
            waiting.await.await
        });
        assert_eq!(result.await.unwrap().unwrap(), None);
    });
}

/// CO5: the body returns the results themselves: what was not taken is dropped, and nothing is left but the end.
pub fn co5_results_that_are_carried_out_have_ended(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let work = [async { DropProbe::new(trace, "dropped") }];
        let out = as_completed(work, async |results: Completed<_>| {
            yields(5).await;
            results
        });
        let mut out = out.await;
        assert_eq!(trace.take(), ["dropped"]);
        assert!(out.next().await.is_none());
    });
}

/// CO5, TG8: a cancel from outside ends the futures while the body sits in a shield: it is told the end of the stream,
/// after what had ended before and what ends in its own shield.
pub fn co5_a_shielded_body_is_told_the_end_after_a_cancel(on: &Flavour) {
    on.run(async {
        let [gate, stop] = &gates();
        let (cut, counter) = counted(pending::<u8>());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let work: [super::Boxed<'_, u8>; 3] = [
            Box::pin(ready(1)),
            Box::pin(cut),
            Box::pin(shield(after(gate, 3))),
        ];
        let mut all = ByHand::new(scope.run(as_completed(work, async |results: Completed<_>| {
            use futures_util::StreamExt;
            shield(async {
                stop.wait().await;
                results.collect::<Vec<_>>().await
            })
            .await
        })));
        assert!(all.go().await.is_pending());
        handle.cancel();
        assert!(all.go().await.is_pending());
        // Polled once more when the cancel comes, for value beats it (SC3).
        assert_eq!((counter.polls(), counter.drops()), (2, 1));
        stop.set();
        assert!(all.go().await.is_pending());
        gate.set();
        let Poll::Ready(taken) = all.go().await else {
            panic!("all have ended");
        };
        // The body's return settles, and beats the cancel.
        assert_eq!(taken.ok(), Some(vec![1, 3]));
    });
}

/// CO5: one after another: the results of one combinator feed the next.
pub fn co5_results_feed_another_map(on: &Flavour) {
    on.run(async {
        let first = amap(1..=6, |n| async move {
            yields(n % 3).await;
            n
        });
        let total = first
            .limit(2)
            .as_completed(async |mut results: Completed<usize>| {
                let mut total = 0;
                while let Some(n) = results.next().await {
                    let parts = amap(0..n, |_| async {
                        checkpoint().await;
                        1
                    });
                    total += parts.limit(2).await.len();
                }
                total
            });
        assert_eq!(total.await, 21);
    });
}

/// CO5, SC12: a body that takes results which are all there lets others run.
pub fn co5_results_that_are_there_let_others_run(on: &Flavour) {
    on.run(async {
        let ended = &Cell::new(0);
        let work = (0..1000).map(|_| async { ended.set(ended.get() + 1) });
        as_completed(work, async |mut results| {
            until(|| ended.get() == 1000).await;
            let (taken, ran) = (Cell::new(0), Cell::new(false));
            let take = async {
                while !ran.get() && results.next().await.is_some() {
                    taken.set(taken.get() + 1);
                }
            };
            futures_util::join!(take, async { ran.set(true) });
            assert!(taken.get() < 500, "{}", taken.get());
        })
        .await;
    });
}
