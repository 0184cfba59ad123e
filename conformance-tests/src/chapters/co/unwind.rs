//! CO2: nothing is left when a combinator returns.

use super::{ByHand, after, cleans_up, gates, loser};
use crate::harness::*;
use std::cell::RefCell;

/// Never ready, with no cleanup. Notes that it was dropped.
async fn plain<T>(trace: &Trace) -> T {
    let _gone = DropProbe::new(trace, "dropped");
    pending().await
}

/// CO2: the losers are cancelled, clean up and are gone before it returns, whatever ends a future.
pub fn co2_losers_are_gone_before_it_returns(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let winner = async || yield_once().await;
        let expected = || {
            trace.push("returned");
            let mut entries = trace.take();
            entries[..2].sort();
            assert_eq!(entries, ["dropped", "loser NotNeeded", "returned"]);
        };
        race((loser(trace), plain(trace), winner())).await;
        expected();
        let tried = race_ok((plain(trace), loser(trace), async {
            winner().await;
            Ok::<_, ()>(7)
        }));
        assert_eq!(tried.await, Ok(7));
        expected();
        let selected = select((loser::<u8>(trace), plain::<u8>(trace), winner()));
        assert_eq!(selected.await, (None, None, Some(())));
        expected();
        let tried = try_gather((
            loser::<Result<u8, u8>>(trace),
            plain::<Result<u8, u8>>(trace),
            async {
                winner().await;
                Err::<u8, u8>(7)
            },
        ));
        assert_eq!(tried.await.unwrap_err().into_vec(), [7]);
        expected();
    });
}

/// CO2: a shield of a loser is told why, finishes, and the loser ends at its next wait.
pub fn co2_a_shielded_loser_finishes_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let shielded = async {
            let reason = shield_with(async |outside: Outside| {
                let reason = outside.cancelled().await;
                yields(5).await;
                trace.push("finished");
                reason
            });
            trace.push(format!("{:?}", reason.await.cause()));
            checkpoint().await;
            unreachable!("the checkpoint sees the cancel");
        };
        assert_eq!(race((shielded, ready(7))).await, 7);
        trace.push("returned");
        assert_eq!(trace.take(), ["finished", "NotNeeded", "returned"]);
    });
}

/// CO2: those that have not begun when the outcome is settled are dropped unpolled.
pub fn co2_those_that_have_not_begun_are_dropped_unpolled(on: &Flavour) {
    on.run(async {
        let (late, raced) = counted(pending());
        race((ready(()), late)).await;
        let (late, tried) = counted(pending());
        assert_eq!(race_ok((ready(Ok::<u8, u8>(1)), late)).await, Ok(1));
        let (late, selected) = counted(pending::<u8>());
        assert_eq!(select((ready(1), late)).await, (Some(1), None));
        let (late, gathered) = counted(pending::<Result<u8, u8>>());
        let failed = try_gather((ready(Err::<u8, _>(1)), late)).await;
        assert_eq!(failed.unwrap_err().into_vec(), [1]);
        for counter in [raced, tried, selected, gathered] {
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
        }
        let made = RefCell::new(Vec::new());
        let failed = try_amap(0..9, |n| {
            let (work, counter) = counted(async move { if n == 2 { Err(n) } else { Ok(()) } });
            made.borrow_mut().push(counter);
            work
        });
        assert_eq!(failed.await.unwrap_err().into_vec(), [2]);
        for (n, counter) in made.take().iter().enumerate() {
            assert_eq!((counter.polls(), counter.drops()), (usize::from(n < 3), 1));
        }
    });
}

/// CO2: what is not returned is dropped before it returns: what others gave before an error.
pub fn co2_values_that_are_not_returned_are_dropped_first(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let value = || async { Ok(DropProbe::new(trace, "value")) };
        let failed = try_gather((value(), value(), async {
            yield_once().await;
            Err::<(), _>("broken")
        }));
        assert!(failed.await.is_err());
        trace.push("returned");
        assert_eq!(trace.take(), ["value", "value", "returned"]);
        let failed = try_amap(0..4, |n| async move {
            if n < 3 { value().await } else { Err("broken") }
        });
        let failed = failed.limit(2).await;
        trace.push("returned");
        assert!(failed.is_err());
        assert_eq!(trace.take(), ["value", "value", "value", "returned"]);
    });
}

/// CO2, FI2: combinators nest: what is inside a loser unwinds with it, innermost first.
pub fn co2_nested_combinators_unwind_innermost_first(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let inner = gather((
            loser::<()>(trace),
            async {
                let work = amap(0..3, |_| loser::<()>(trace)).limit(1);
                finally(work, async |_| trace.push("amap cleaned")).await
            },
            select((loser::<()>(trace), pending::<()>())),
        ));
        let outer = race((
            async {
                let cleaned = finally(inner, async |exit| {
                    trace.push(format!("gather {}", super::told(&exit)));
                });
                cleaned.await;
                "never"
            },
            async {
                gather([yields(1), yields(3)]).await;
                race(["won"].map(ready)).await
            },
        ));
        assert_eq!(outer.await, "won");
        trace.push("returned");
        let mut entries = trace.take();
        assert_eq!(entries.split_off(4), ["gather NotNeeded", "returned"]);
        let amap_cleaned = entries.iter().position(|e| e == "amap cleaned");
        assert!(amap_cleaned > Some(0), "{entries:?}");
        entries.sort();
        assert_eq!(entries[1..], ["loser NotNeeded"; 3]);
    });
}

/// CO2, SC2: a task that a loser spawned into a group outside goes on; it belongs to that group.
pub fn co2_a_task_of_an_outer_group_outlives_the_loser(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let result = task_group(async |g: TaskGroup| {
            let slot = RefCell::new(None);
            let loser = async {
                let opened = gate.wait();
                let task = g.spawn(async move {
                    opened.await;
                    checkpoint().await;
                    7
                });
                *slot.borrow_mut() = Some(task);
                pending().await
            };
            race((loser, yields(5))).await;
            let task = slot.take().expect("the loser has begun");
            assert_eq!(task.status(), TaskStatus::Running);
            gate.set();
            task.await
        });
        assert_eq!(result.await.unwrap().ok(), Some(7));
    });
}

/// CO2: a thousand losers, each with a cleanup that waits.
pub fn co2_a_thousand_losers_are_gone_before_it_returns(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let gate = &Event::new();
        let branch = |n: usize| async move {
            if n == 600 {
                return after(gate, n).await;
            }
            cleans_up(trace).await
        };
        let mut raced = ByHand::new(race((0..1000).map(branch).collect::<Vec<_>>()));
        let mut selected = ByHand::new(select((0..1000).map(branch).collect::<Vec<_>>()));
        assert!(raced.go().await.is_pending() && selected.go().await.is_pending());
        gate.set();
        assert_eq!(raced.go().await, Poll::Ready(600));
        assert_eq!(trace.take().len(), 999);
        let Poll::Ready(given) = selected.go().await else {
            panic!("one has ended");
        };
        assert_eq!(given.iter().position(Option::is_some), Some(600));
        assert_eq!(given.iter().flatten().count(), 1);
        assert_eq!(trace.take().len(), 999);
    });
}

/// CO2, SC9: while a loser is waited for, nobody asks to be polled, and foreign futures in it go on.
pub fn co2_the_wait_for_a_loser_is_idle(on: &Flavour) {
    on.run(async {
        let [gate, end] = &gates();
        let mut raced = ByHand::new(race((shield(after(gate, 1)), after(end, 2))));
        assert!(raced.go().await.is_pending());
        end.set();
        assert!(raced.go().await.is_pending());
        let before = raced.wakes.wakes();
        yields(20).await;
        assert_eq!(raced.wakes.wakes(), before);
        gate.set();
        assert!(raced.wakes.wakes() > before);
        assert_eq!(raced.go().await, Poll::Ready(2));
    });
}
