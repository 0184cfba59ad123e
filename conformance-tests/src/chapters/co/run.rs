//! CO1: how the futures run.

use super::{Boxed, ByHand, after, gates};
use crate::harness::*;
use std::{cell::Cell, rc::Rc};

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

/// CO1, SC12: a thousand that are ready at once let others run.
pub fn co1_many_that_are_ready_at_once_let_others_run(on: &Flavour) {
    on.run(async {
        let (before, ran) = (&Cell::new(0), &Cell::new(false));
        let ready = |_: usize| async { before.set(before.get() + usize::from(!ran.get())) };
        let all: [Boxed<'_, ()>; 2] = [
            Box::pin(async { drop(gather(Vec::from_iter((0..1000).map(ready))).await) }),
            Box::pin(async { drop(amap(0..1000, ready).limit(7).await) }),
        ];
        for all in all {
            before.set(0);
            ran.set(false);
            futures_util::join!(all, async { ran.set(true) });
            assert!((1..500).contains(&before.get()), "{}", before.get());
        }
    });
}
