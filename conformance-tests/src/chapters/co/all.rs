//! CO3: all of several futures, their order and their errors.

use super::{ByHand, after, gates, loser};
use crate::harness::*;
use std::future::Ready;

/// CO3: each value stands at the place of its future, whichever ended first.
pub fn co3_gather_gives_the_values_in_the_order_of_the_futures(on: &Flavour) {
    on.run(async {
        let gates = gates::<3>();
        let mut all = ByHand::new(gather((
            after(&gates[0], 1),
            after(&gates[1], "two"),
            after(&gates[2], vec![3]),
        )));
        for end in [2, 0] {
            assert!(all.go().await.is_pending());
            gates[end].set();
        }
        assert!(all.go().await.is_pending());
        gates[1].set();
        assert_eq!(all.go().await, Poll::Ready((1, "two", vec![3])));
    });
}

/// CO3: the same for `amap` and `try_amap`, in the order of the items.
pub fn co3_amap_gives_the_values_in_the_order_of_the_items(on: &Flavour) {
    on.run(async {
        let gates = &gates::<5>();
        // Each waits for the next one, so they end from the last to the first.
        let work = |n: usize| async move {
            if let Some(next) = gates.get(n + 1) {
                next.wait().await;
            }
            gates[n].set();
            2 * n
        };
        assert_eq!(amap(0..5, work).await, [0, 2, 4, 6, 8]);
        let tried = try_amap([3, 1, 2], |n| async move {
            yields(n).await;
            Ok::<_, &str>(2 * n)
        });
        assert_eq!(tried.await.ok(), Some(vec![6, 2, 4]));
    });
}

/// CO3: an array gives an array, a vector a vector, and a tuple of one to eight a tuple.
pub fn co3_futures_stand_in_a_tuple_an_array_or_a_vector(on: &Flavour) {
    on.run(async {
        let work = |n: usize| async move {
            yields(n).await;
            n
        };
        let array: [usize; 3] = gather([3, 0, 2].map(work)).await;
        assert_eq!(array, [3, 0, 2]);
        let vector: Vec<usize> = gather(vec![work(3), work(0), work(2)]).await;
        assert_eq!(vector, [3, 0, 2]);
        assert_eq!(gather((work(1),)).await, (1,));
        let (first, .., last) = gather((
            work(1),
            ready('2'),
            ready("3"),
            ready(4),
            ready(5),
            ready(6),
            ready(7),
            yields(8),
        ))
        .await;
        assert_eq!((first, last), (1, ()));
        let tried = try_gather((ready(Ok(1)), ready(Ok::<_, String>("two"))));
        assert_eq!(tried.await.ok(), Some((1, "two")));
    });
}

/// CO3, TG9: of no futures comes nothing, at once, in a cancelled region too.
pub fn co3_of_no_futures_comes_nothing(on: &Flavour) {
    on.run(async {
        let nothing = async || {
            assert!(gather(Vec::<Ready<u8>>::new()).await.is_empty());
            assert!(gather([(); 0].map(ready)).await.is_empty());
            let tried = try_gather(Vec::<Ready<Result<u8, &str>>>::new());
            assert_eq!(tried.await.ok(), Some(vec![]));
            assert!(amap([0; 0], ready).await.is_empty());
            let tried = try_amap([0; 0], |n| ready(Ok::<_, &str>(n)));
            assert_eq!(tried.limit(1).await.ok(), Some(vec![]));
        };
        nothing().await;
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(nothing()).await.is_ok());
    });
}

/// CO3, CO2: the first error settles: the others are cancelled, and it is returned when they have cleaned up.
pub fn co3_the_first_error_settles(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let result = try_gather((
            loser::<Result<u8, &str>>(trace),
            loser::<Result<(), &str>>(trace),
            async {
                yield_once().await;
                Err::<(), _>("broken")
            },
        ))
        .await;
        trace.push("returned");
        assert_eq!(result.unwrap_err().into_vec(), ["broken"]);
        let losers = ["loser NotNeeded", "loser NotNeeded", "returned"];
        assert_eq!(trace.take(), losers);
        let result = try_amap(0..3, |n| async move {
            if n == 2 {
                Err("broken")
            } else {
                loser(trace).await
            }
        });
        assert_eq!(
            result.await.map(|_: Vec<()>| ()).unwrap_err().into_vec(),
            ["broken"]
        );
        trace.push("returned");
        assert_eq!(trace.take(), losers);
    });
}

/// CO3: errors that come while the others unwind are returned too, in order of occurrence.
pub fn co3_errors_of_the_unwinding_are_kept(on: &Flavour) {
    on.run(async {
        let gates = &gates::<3>();
        let stubborn = |n: usize| shield(after(&gates[n], if n > 0 { Err(n) } else { Ok(()) }));
        let tuple = async {
            let failed = async { Err::<(), _>(7) };
            try_gather((stubborn(2), stubborn(1), stubborn(0), failed))
                .await
                .map(|_| ())
        };
        let mut tuple = ByHand::new(tuple);
        let mut mapped = ByHand::new(try_amap([2, 1, 0, 7], |n| async move {
            if n == 7 { Err(7) } else { stubborn(n).await }
        }));
        assert!(tuple.go().await.is_pending() && mapped.go().await.is_pending());
        for gate in [1, 2] {
            gates[gate].set();
            assert!(tuple.go().await.is_pending() && mapped.go().await.is_pending());
        }
        gates[0].set();
        let errors =
            |polled: Poll<Result<(), Errors<usize>>>| polled.map(|r| r.unwrap_err().into_vec());
        assert_eq!(errors(tuple.go().await), Poll::Ready(vec![7, 1, 2]));
        assert_eq!(
            errors(mapped.go().await.map(|r| r.map(|_| ()))),
            Poll::Ready(vec![7, 1, 2])
        );
    });
}

/// CO3, TG7: errors that come after a cancel from outside are returned, and the cancel lands at the next wait.
pub fn co3_errors_after_a_cancel_from_outside_are_returned(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let second = Event::new();
        let (cut, counter) = counted(pending::<Result<(), &str>>());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(async {
            let result = try_gather((
                shield(async {
                    second.wait().await;
                    Err::<(), _>("second")
                }),
                cut,
                shield(async {
                    handle.cancel();
                    yields(3).await;
                    second.set();
                    Err::<(), _>("first")
                }),
            ));
            let errors = result.await.unwrap_err().into_vec();
            trace.push(format!("{errors:?}"));
            checkpoint().await;
            trace.push("unreachable");
        });
        assert!(result.await.is_err());
        assert_eq!(trace.take(), [r#"["first", "second"]"#]);
        // Polled once more when the cancel comes, for value beats it (SC3).
        assert_eq!((counter.polls(), counter.drops()), (2, 1));
    });
}
