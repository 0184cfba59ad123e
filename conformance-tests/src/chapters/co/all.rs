//! CO1 and CO3: all of several futures, their order and their errors.

use super::{Boxed, ByHand, after, gates, loser};
use crate::harness::*;
use std::{cell::Cell, future::Ready, rc::Rc};

/// CO1: they begin in the order in which they stand.
pub fn co1_they_begin_in_their_order(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let begin = move |n: usize| async move {
            trace.push(n.to_string());
            pending::<Result<(), String>>().await
        };
        let twenty = || (0..20).map(begin).collect::<Vec<_>>();
        let order: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        let kinds: [Boxed<'_, ()>; 9] = [
            Box::pin(async { drop(gather(twenty()).await) }),
            Box::pin(async { drop(try_gather(twenty()).await) }),
            Box::pin(async { drop(race(twenty()).await) }),
            Box::pin(async { drop(race_ok(twenty()).await) }),
            Box::pin(async { drop(select(twenty()).await) }),
            Box::pin(async { drop(amap(0..20, begin).await) }),
            Box::pin(async { drop(amap(0..20, begin).limit(20).await) }),
            Box::pin(async { drop(try_amap(0..20, begin).await) }),
            Box::pin(as_completed(twenty(), async |mut results: Completed<_>| {
                drop(results.next().await)
            })),
        ];
        for kind in kinds {
            let mut kind = ByHand::new(kind);
            assert!(kind.go().await.is_pending());
            assert_eq!(trace.take(), order);
        }
    });
}

/// CO1: they run concurrently: each needs the other to go on.
pub fn co1_they_run_concurrently(on: &Flavour) {
    on.run(async {
        let [there, back] = &gates();
        gather((
            async {
                there.set();
                back.wait().await;
            },
            async {
                there.wait().await;
                back.set();
            },
        ))
        .await;
        let turn = &Cell::new(0);
        let values = amap(0..5, |n| async move {
            // The last one goes first.
            until(|| turn.get() == 4 - n).await;
            turn.set(turn.get() + 1);
            n
        });
        assert_eq!(values.await, [0, 1, 2, 3, 4]);
    });
}

/// CO1: the futures and the code that takes their results borrow, and need not be `Send`.
pub fn co1_they_borrow_and_need_not_be_send(on: &Flavour) {
    on.run(async {
        let words = vec!["one".to_owned(), "three".to_owned()];
        let (mut first, mut log) = (0, Vec::new());
        let shared = Rc::new(Cell::new(0));
        gather((
            async {
                yield_once().await;
                first = words[0].len();
            },
            async {
                checkpoint().await;
                log.push(words[1].as_str());
            },
            async {
                let mine = shared.clone();
                yield_once().await;
                mine.set(7);
            },
        ))
        .await;
        assert_eq!((first, shared.get()), (3, 7));
        let won = race((
            async {
                log.push("lent");
                pending().await
            },
            async {
                yield_once().await;
                Rc::new(5)
            },
        ));
        assert_eq!(*won.await, 5);
        // What a loser borrowed is free again.
        log.push("mine");
        assert_eq!(log, ["three", "lent", "mine"]);
        let lengths = amap(&words, |word| async {
            yield_once().await;
            Rc::new(word.len())
        });
        assert_eq!(lengths.await, [Rc::new(3), Rc::new(5)]);
        let mut sum = 0;
        let ends = words.iter().map(|word| async { Rc::new(word.len()) });
        as_completed(ends, async |mut results: Completed<_>| {
            while let Some(length) = results.next().await {
                sum += *length;
            }
        })
        .await;
        assert_eq!(sum, 8);
    });
}

/// CO1: what is awaited is `Send` where the futures are: each can be awaited in a spawned task, with boxed errors too.
pub fn co1_they_are_awaited_in_spawned_tasks(on: &Flavour) {
    type Failure = Box<dyn std::error::Error + Send + Sync>;
    async fn number(n: usize) -> Result<usize, Failure> {
        yields(n).await;
        if n > 5 {
            Err("too large".into())
        } else {
            Ok(n)
        }
    }
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            g.spawn(async {
                let words = ["one".to_owned(), "three".to_owned()];
                let lengths = gather((async { words[0].len() }, async {
                    checkpoint().await;
                    words[1].len()
                }));
                assert_eq!(lengths.await, (3, 5));
                let lengths = amap(&words, |word| async {
                    checkpoint().await;
                    word.len()
                });
                assert_eq!(lengths.limit(1).await, [3, 5]);
            });
            g.spawn(async {
                let all = try_gather([number(1), number(0)]).await;
                assert_eq!(all.ok(), Some([1, 0]));
                let failed = try_gather((number(0), number(6))).await;
                assert_eq!(failed.unwrap_err()[0].to_string(), "too large");
                let all = try_amap(0..4, number).limit(2).await;
                assert_eq!(all.ok(), Some(vec![0, 1, 2, 3]));
            });
            g.spawn(async {
                assert_eq!(race((number(1), pending())).await.ok(), Some(1));
                assert_eq!(race_ok([number(6), number(2)]).await.ok(), Some(2));
                let failed = race_ok(vec![number(7), number(6)]).await;
                assert_eq!(failed.unwrap_err().errors().len(), 2);
                let (some, none) = select((number(1), pending::<Failure>())).await;
                assert_eq!(some.and_then(Result::ok), Some(1));
                assert!(none.is_none());
            });
            g.spawn(async {
                let sum = as_completed((0..4).map(number), async |mut results: Completed<_>| {
                    let mut sum = 0;
                    while let Some(Ok(n)) = results.next().await {
                        sum += n;
                    }
                    sum
                });
                assert_eq!(sum.await, 6);
                let numbers = amap(0..4, number).limit(2);
                let count = numbers.as_completed(async |mut results: Completed<_>| {
                    let mut count = 0;
                    while results.next().await.is_some() {
                        count += 1;
                    }
                    count
                });
                assert_eq!(count.await, 4);
            });
            g.spawn(async {
                let fill = async |sender: stream::ObjectSender<_>| {
                    let _ = sender.send(number(6).await).await;
                };
                let failed = stream_from(fill, async |receiver: stream::ObjectReceiver<_>| {
                    receiver.receive().await
                });
                assert!(matches!(failed.await, Ok(Err(_))));
                let work: Vec<Pin<Box<dyn Future<Output = _> + Send>>> =
                    vec![Box::pin(number(6)), Box::pin(spawned(number(3)))];
                assert_eq!(race_ok(work).await.ok(), Some(3));
                let nested = spawned(async {
                    let (a, b) = gather((number(1), spawned(number(2)))).await;
                    Ok::<_, Failure>(a? + b?)
                });
                assert_eq!(nested.await.ok(), Some(3));
            });
        });
        assert!(result.await.is_ok());
    });
}

/// CO1, TG12: of a thousand futures only those that were woken are polled.
pub fn co1_of_a_thousand_only_the_woken_are_polled(on: &Flavour) {
    on.run(async {
        let gates: Vec<_> = (0..1000).map(|_| Event::new()).collect();
        let futures = gates.iter().map(|gate| counted(after(gate, 1)));
        let (futures, counters): (Vec<_>, Vec<_>) = futures.unzip();
        let mut all = ByHand::new(gather(futures));
        let mut polled = all.go().await;
        for gate in gates.iter().rev() {
            assert!(polled.is_pending());
            gate.set();
            polled = all.go().await;
        }
        assert_eq!(polled, Poll::Ready(vec![1; 1000]));
        for counter in counters {
            assert_eq!((counter.polls(), counter.drops()), (2, 1));
        }
    });
}

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
