//! CO4: the first of several futures.

use super::{ByHand, SHORT, after, gates};
use crate::harness::*;
use std::future::Ready;

/// CO4: `race` gives what the first to end gave, whichever that is.
pub fn co4_race_gives_what_the_first_to_end_gave(on: &Flavour) {
    on.run(async {
        for winner in 0..3 {
            let gates = gates::<3>();
            let mut array = ByHand::new(race([0, 1, 2].map(|n| after(&gates[n], n))));
            let mut vector = ByHand::new(race(vec![
                after(&gates[0], 0),
                after(&gates[1], 1),
                after(&gates[2], 2),
            ]));
            let mut tuple = ByHand::new(race((
                after(&gates[0], 0),
                async {
                    gates[1].wait().await;
                    1
                },
                Box::pin(after(&gates[2], 2)),
            )));
            assert!(
                array.go().await.is_pending()
                    && vector.go().await.is_pending()
                    && tuple.go().await.is_pending()
            );
            gates[winner].set();
            assert_eq!(array.go().await, Poll::Ready(winner));
            assert_eq!(vector.go().await, Poll::Ready(winner));
            assert_eq!(tuple.go().await, Poll::Ready(winner));
        }
        assert_eq!(race((ready(5),)).await, 5);
    });
}

/// CO4: of several that are ready at the first poll, the first in their order is first.
pub fn co4_of_several_ready_at_first_the_first_in_order_is_first(on: &Flavour) {
    on.run(async {
        assert_eq!(race((pending(), ready(1), ready(2))).await, 1);
        let tried = race_ok((pending(), ready(Err("no")), ready(Ok(2)), ready(Ok(3))));
        assert_eq!(tried.await, Ok(2));
        let selected = select((pending::<u8>(), ready(1), ready(2))).await;
        assert_eq!(selected, (None, Some(1), None));
    });
}

/// CO4, SC12: one that yields lets the others begin: it does not beat one that is ready at once.
pub fn co4_one_that_yields_does_not_beat_one_that_is_ready(on: &Flavour) {
    on.run(async {
        let yielding = || async {
            checkpoint().await;
            1
        };
        assert_eq!(race((yielding(), ready(2))).await, 2);
        let tried = race_ok((async { Ok::<_, ()>(yielding().await) }, ready(Ok(2))));
        assert_eq!(tried.await, Ok(2));
    });
}

/// CO4: of several that were woken between two polls, the one that was woken first is first.
pub fn co4_of_several_that_are_woken_the_first_woken_is_first(on: &Flavour) {
    on.run(async {
        let gates = gates::<4>();
        let mut raced = ByHand::new(race([0, 1, 2, 3].map(|n| after(&gates[n], n))));
        let mut tried = ByHand::new(race_ok(
            [0, 1, 2, 3].map(|n| after(&gates[n], Ok::<_, ()>(n))),
        ));
        assert!(raced.go().await.is_pending() && tried.go().await.is_pending());
        for gate in [3, 1, 2] {
            gates[gate].set();
        }
        assert_eq!(raced.go().await, Poll::Ready(3));
        assert_eq!(tried.go().await, Poll::Ready(Ok(3)));
    });
}

/// CO4, CO2: a loser that ends in its shield with a value: the value is dropped before `race` and `race_ok` return.
pub fn co4_the_value_of_a_shielded_loser_is_dropped_first(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let late = || {
            shield(async {
                yields(5).await;
                Some(DropProbe::new(trace, "loser's value"))
            })
        };
        assert!(race((late(), ready(None))).await.is_none());
        trace.push("returned");
        let tried = race_ok((async { late().await.ok_or("none") }, async {
            yield_once().await;
            Ok(DropProbe::new(trace, "winner's value"))
        }));
        let value = tried.await;
        trace.push("returned");
        drop(value);
        assert_eq!(
            trace.take(),
            [
                "loser's value",
                "returned",
                "loser's value",
                "returned",
                "winner's value"
            ]
        );
    });
}

/// CO4: `race_ok` gives what the first to succeed gave; those that fail before, or while they unwind, are let go.
pub fn co4_race_ok_gives_what_the_first_to_succeed_gave(on: &Flavour) {
    on.run(async {
        let gates = gates::<4>();
        let mut raced = ByHand::new(race_ok((
            after(&gates[0], Err("early")),
            shield(after(&gates[1], Err("late"))),
            after(&gates[2], Ok(2)),
            after(&gates[3], Ok(3)),
        )));
        for gate in [0, 3] {
            assert!(raced.go().await.is_pending());
            gates[gate].set();
        }
        assert!(raced.go().await.is_pending());
        gates[1].set();
        assert_eq!(raced.go().await, Poll::Ready(Ok(3)));
    });
}

/// CO4: where none succeeds, `race_ok` gives all errors in the order of the futures, not of their ends.
pub fn co4_race_ok_gives_all_errors_in_the_order_of_the_futures(on: &Flavour) {
    on.run(async {
        let gates = gates::<3>();
        let names = ["a", "b", "c"];
        let mut raced = ByHand::new(race_ok(
            [0, 1, 2].map(|n| after(&gates[n], Err::<(), _>(names[n]))),
        ));
        for gate in [2, 0, 1] {
            assert!(raced.go().await.is_pending());
            gates[gate].set();
        }
        let Poll::Ready(Err(failed)) = raced.go().await else {
            panic!("all have failed");
        };
        assert_eq!(failed.errors(), names);
        let text = failed.to_string();
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
        let result = race_ok((
            ready(Err::<(), _>(TimedOut)),
            fail_after(Duration::ZERO, pending()),
        ));
        let error: Box<dyn std::error::Error + Send + Sync> = result.await.unwrap_err().into();
        assert!(error.is::<AllFailed<TimedOut>>());
    });
}

/// CO4: of no futures, `race_ok` fails without an error; `race` and `select` never end, but for a cancel.
pub fn co4_of_no_futures_none_is_first(on: &Flavour) {
    on.run(async {
        let failed = race_ok(Vec::<Ready<Result<u8, &str>>>::new()).await;
        assert!(failed.unwrap_err().errors().is_empty());
        let mut raced = ByHand::new(race(Vec::<Ready<u8>>::new()));
        let mut selected = ByHand::new(select([(); 0].map(ready)));
        for _ in 0..3 {
            assert!(raced.go().await.is_pending());
            assert!(selected.go().await.is_pending());
        }
        let none = || race(Vec::<Ready<u8>>::new());
        assert!(move_on_after(SHORT, none()).await.is_none());
        assert!(move_on_after(Duration::ZERO, none()).await.is_none());
    });
}

/// CO4: `select` gives what the first to end gave, at its place.
pub fn co4_select_gives_the_value_at_its_place(on: &Flavour) {
    on.run(async {
        let gates = gates::<3>();
        let mut tuple = ByHand::new(select((
            after(&gates[0], 1),
            after(&gates[1], "two"),
            after(&gates[2], vec![3]),
        )));
        let mut array = ByHand::new(select([0, 1, 2].map(|n| after(&gates[n], n))));
        let mut vector = ByHand::new(select(vec![after(&gates[0], 0), after(&gates[1], 1)]));
        assert!(
            tuple.go().await.is_pending()
                && array.go().await.is_pending()
                && vector.go().await.is_pending()
        );
        gates[1].set();
        assert_eq!(tuple.go().await, Poll::Ready((None, Some("two"), None)));
        assert_eq!(array.go().await, Poll::Ready([None, Some(1), None]));
        assert_eq!(vector.go().await, Poll::Ready(vec![None, Some(1)]));
    });
}

/// CO4, SC3: two end between the same two polls: `select` gives both, whoever was woken first.
pub fn co4_select_loses_no_value_of_two_that_end_at_once(on: &Flavour) {
    on.run(async {
        for order in [[0, 2], [2, 0]] {
            let gates = gates::<3>();
            let mut selected = ByHand::new(select([0, 1, 2].map(|n| after(&gates[n], n))));
            assert!(selected.go().await.is_pending());
            for gate in order {
                gates[gate].set();
            }
            assert_eq!(
                selected.go().await,
                Poll::Ready([Some(0), None, Some(2)]),
                "{order:?}"
            );
        }
    });
}

/// CO4: one ends the other: both values are there, the winner's and what the loser gives in the same moment.
pub fn co4_select_loses_no_value_of_one_that_wakes_the_other(on: &Flavour) {
    on.run(async {
        let gate = &Event::new();
        let selected = select((after(gate, 1), async {
            yield_once().await;
            gate.set();
            2
        }));
        assert_eq!(selected.await, (Some(1), Some(2)));
    });
}

/// CO4: what losers give while they unwind is given: from a shield, and from a finalizer that is still at work. One
/// that waits once more gives nothing.
pub fn co4_select_gives_what_comes_in_the_unwinding(on: &Flavour) {
    on.run(async {
        let [gate, end] = &gates();
        let mut selected = ByHand::new(select((
            shield(after(gate, 1)),
            finally(async { 2 }, async |_| gate.wait().await),
            async {
                shield(gate.wait()).await;
                pending::<u8>().await
            },
            after(end, 4),
        )));
        assert!(selected.go().await.is_pending());
        end.set();
        assert!(selected.go().await.is_pending());
        gate.set();
        assert_eq!(
            selected.go().await,
            Poll::Ready((Some(1), Some(2), None, Some(4)))
        );
    });
}
