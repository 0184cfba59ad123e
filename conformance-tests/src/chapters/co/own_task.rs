//! CO6: a future that runs as a task of the runtime.

use super::{SHORT, told};
use crate::harness::*;

/// Never ready. Says that it has begun, and notes how it ended, after some turns.
async fn works(trace: Trace, begun: Event) -> &'static str {
    let body = async {
        begun.set();
        pending().await
    };
    finally(body, async |exit| {
        yields(5).await;
        trace.push(told(&exit));
    })
    .await
}

/// CO6: it gives the value of a task of its own, which runs beside the one that waits.
pub fn co6_it_runs_as_a_task_of_its_own(on: &Flavour) {
    on.run(async {
        let mine = current_task().expect("inside a runtime").id();
        let other = spawned(async {
            checkpoint().await;
            current_task().expect("inside a runtime").id()
        });
        assert_ne!(other.await, mine);
        let both = gather([1, 2].map(|n| {
            spawned(async move {
                yields(n).await;
                n
            })
        }));
        assert_eq!(both.await, [1, 2]);
        let failed = try_gather((
            spawned(ready(Ok::<u8, _>(1))),
            spawned(ready(Err::<u8, _>("no"))),
        ));
        assert_eq!(failed.await.unwrap_err().into_vec(), ["no"]);
    });
}

/// CO6, SC10: a neighbour that never yields within its poll does not matter: the value comes with no poll of others.
pub fn co6_it_begins_only_when_it_is_awaited(on: &Flavour) {
    on.run(async {
        let (work, counter) = counted(ready(7));
        let work = spawned(work);
        yields(5).await;
        assert_eq!((counter.polls(), counter.drops()), (0, 0));
        drop(work);
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
    });
}

/// CO6, TG1: the task is gone before the value is returned.
pub fn co6_the_task_is_gone_before_it_returns(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let probe = DropProbe::new(&trace, "gone");
        let work = spawned(async move {
            yields(3).await;
            let _probe = probe;
            7
        });
        assert_eq!(work.await, 7);
        trace.push("returned");
        assert_eq!(trace.take(), ["gone", "returned"]);
    });
}

/// CO6, TG7: a cancel of who waits cancels the task, and waits for its cleanup.
pub fn co6_a_cancel_ends_the_task_and_waits_for_it(on: &Flavour) {
    on.run(async {
        let (trace, begun) = (Trace::new(), Event::new());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(async {
            let work = spawned(works(trace.clone(), begun.clone()));
            let cancel = async {
                begun.wait().await;
                handle.cancel_with("outer");
                pending::<()>().await;
            };
            futures_util::join!(work, cancel);
            trace.push("unreachable");
        });
        assert!(result.await.is_err());
        trace.push("left");
        assert_eq!(trace.take(), ["outer", "left"]);
        let (trace, begun) = (Trace::new(), Event::new());
        let cut = move_on_after(SHORT, spawned(works(trace.clone(), begun))).await;
        assert!(cut.is_none());
        assert_eq!(trace.take(), ["Deadline"]);
    });
}

/// CO6, SC3, TG5: a task that ends by itself after the cancel, in its shield, has its value.
pub fn co6_a_shielded_value_beats_the_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(async {
            let work = spawned(shield(async move {
                yields(3).await;
                handle.cancel();
                yields(3).await;
                7
            }));
            trace.push(work.await.to_string());
            checkpoint().await;
            trace.push("unreachable");
        });
        assert!(result.await.is_err());
        assert_eq!(trace.take(), ["7"]);
    });
}

/// CO6, TG3, SC6: in a cancelled region the task is polled once: what never waits completes, what waits is cut.
pub fn co6_in_a_cancelled_region_it_runs_to_its_first_wait(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert_eq!(scope.run(spawned(async { 7 })).await.ok(), Some(7));
        let (work, counter) = pending_counted();
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(spawned(work)).await.is_err());
        assert_eq!((counter.polls(), counter.drops()), (1, 1));
    });
}

/// CO6, TG6: a panic of the task is resumed in who waits, and reported.
pub fn co6_a_panic_is_resumed_in_who_waits(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let work = spawned(async {
            yields(2).await;
            super::quiet_panic("of the task")
        });
        let work = async {
            let () = work.await;
        };
        assert_eq!(catch_async(work).await.unwrap_err(), "of the task");
    });
    assert_eq!(reports_of(&reports, "of the task"), 1, "{reports:?}");
}

/// CO6, CO2: a loser that is spawned is told that it is not needed, and has cleaned up before the race returns.
pub fn co6_a_spawned_loser_is_gone_before_the_race_returns(on: &Flavour) {
    on.run(async {
        let (trace, begun) = (Trace::new(), Event::new());
        let won = race((spawned(works(trace.clone(), begun.clone())), async {
            begun.wait().await;
            "won"
        }));
        assert_eq!(won.await, "won");
        trace.push("returned");
        assert_eq!(trace.take(), ["NotNeeded", "returned"]);
    });
}

/// CO6, CO1: any of the combinators runs in a task, and spawned futures in any of them.
pub fn co6_combinators_and_spawned_futures_nest(on: &Flavour) {
    on.run(async {
        let total = spawned(async {
            let parts = amap(0..20, |n| {
                spawned(async move {
                    let (a, b) = gather((spawned(ready(n)), async move {
                        checkpoint().await;
                        1
                    }))
                    .await;
                    a + b
                })
            });
            parts.limit(4).await.into_iter().sum::<i32>()
        });
        assert_eq!(total.await, 210);
    });
}

/// CO6, SC13: foreign code drops it: the task is cancelled, and `run` waits until it is gone.
pub fn co6_a_dropped_one_is_cancelled_and_waited_for(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let begun = Event::new();
        let mut work = Box::pin(spawned(works(trace.clone(), begun.clone())));
        assert!(poll_once(&mut work).await.is_pending());
        begun.wait().await;
    });
    assert_eq!(trace.take().len(), 1);
}
