//! CO2: cancels, deadlines and drops from outside.
//!
//! One test after the other about one rule, which makes the file longer than others.

use super::{ByHand, FAR, SHORT, after, cleans_up, each_kind, gates, loser, opened_after_a_cancel};
use crate::harness::*;
use std::cell::{Cell, RefCell};

/// CO2, TG3: cancelled before the first poll: each is polled once, and code after it does not run.
pub fn co2_cancelled_before_the_first_poll_each_is_polled_once(on: &Flavour) {
    on.run(async {
        let counters = &RefCell::new(Vec::new());
        let make = || {
            let (futures, made): (Vec<_>, Vec<_>) = (0..3).map(|_| counted(pending())).unzip();
            *counters.borrow_mut() = made;
            let boxed = futures
                .into_iter()
                .map(|future| -> super::Boxed<'_, Result<(), _>> { Box::pin(future) });
            boxed.collect()
        };
        for (name, kind) in each_kind(&make) {
            let scope = CancelScope::new();
            scope.handle().cancel();
            assert!(scope.run(kind).await.is_err(), "{name}");
            for counter in counters.take() {
                assert_eq!((counter.polls(), counter.drops()), (1, 1), "{name}");
            }
        }
    });
}

/// CO2, TG7: cancelled while it runs, it waits for the cleanups, which are told that cancel, and never completes.
pub fn co2_cancelled_while_it_runs_it_never_completes(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let make = || -> Vec<super::Boxed<'_, Result<DropProbe, &str>>> {
            vec![Box::pin(loser(trace)), Box::pin(loser(trace))]
        };
        for (name, kind) in each_kind(&make) {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut run = ByHand::new(scope.run(async {
                kind.await;
                trace.push("unreachable");
            }));
            assert!(run.go().await.is_pending());
            handle.cancel_with("outer");
            assert!(matches!(run.go().await, Poll::Ready(Err(_))), "{name}");
            assert_eq!(trace.take(), ["loser outer", "loser outer"], "{name}");
        }
    });
}

/// CO2, TG5: one future has ended and one is cut: `gather` and `amap` do not complete, and the value is dropped.
pub fn co2_a_cancel_that_cuts_one_drops_the_values_of_the_others(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let work = |n: usize| async move {
            if n == 1 {
                pending::<()>().await;
            }
            DropProbe::new(trace, "value dropped")
        };
        let kinds: [super::Boxed<'_, ()>; 2] = [
            Box::pin(async { drop(gather([work(0), work(1), work(2)]).await) }),
            Box::pin(async { drop(amap(0..3, work).await) }),
        ];
        for kind in kinds {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut run = ByHand::new(scope.run(async {
                kind.await;
                trace.push("unreachable");
            }));
            assert!(run.go().await.is_pending());
            assert_eq!(trace.take(), Vec::<String>::new());
            handle.cancel();
            assert!(matches!(run.go().await, Poll::Ready(Err(_))));
            assert_eq!(trace.take(), ["value dropped", "value dropped"]);
        }
    });
}

/// CO2, SC3: the cancel from outside comes in the very poll that settles: the value beats it, and it lands at the next
/// wait.
pub fn co2_a_value_in_the_poll_of_the_cancel_beats_it(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        for kind in 0..6 {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let last = async {
                yield_once().await;
                handle.cancel();
                7
            };
            let result = scope.run(async {
                let value = match kind {
                    0 => race((cleans_up(trace), last)).await,
                    1 => {
                        let failed = async { Err::<i32, _>(last.await) };
                        let result = try_gather((cleans_up::<Result<(), _>>(trace), failed));
                        result.await.unwrap_err()[0]
                    }
                    2 => {
                        let succeeds = async { Ok::<_, &str>(last.await) };
                        race_ok((cleans_up(trace), succeeds)).await.unwrap()
                    }
                    3 => select((cleans_up::<i32>(trace), last)).await.1.unwrap(),
                    4 => {
                        let work = [cleans_up::<()>(trace)];
                        as_completed(work, async |_results: Completed<_>| last.await).await
                    }
                    _ => {
                        trace.push("cleaned up");
                        gather((ready(6), last)).await.1
                    }
                };
                trace.push(value.to_string());
                checkpoint().await;
                trace.push("unreachable");
            });
            assert!(result.await.is_err());
            assert_eq!(trace.take(), ["cleaned up", "7"], "kind {kind}");
        }
    });
}

/// CO2, SC3: a cancel from outside while the losers unwind changes nothing: it is settled.
pub fn co2_a_cancel_while_the_losers_unwind_changes_nothing(on: &Flavour) {
    on.run(async {
        for kind in 0..4 {
            let gate = Event::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut run = ByHand::new(scope.run(async {
                match kind {
                    0 => race((shield(after(&gate, 1)), ready(7))).await,
                    1 => {
                        let late = shield(after(&gate, Err("late")));
                        race_ok((late, ready(Ok(7)))).await.unwrap()
                    }
                    2 => {
                        let selected = select((shield(after(&gate, 3)), ready(4)));
                        let (late, first) = selected.await;
                        late.unwrap() + first.unwrap()
                    }
                    _ => {
                        let late = [shield(after(&gate, 1))];
                        let body = async |_results: Completed<_>| {
                            yield_once().await;
                            7
                        };
                        as_completed(late, body).await
                    }
                }
            }));
            let value = opened_after_a_cancel(&mut run, &handle, &gate).await;
            assert_eq!(value.ok(), Some(7), "kind {kind}");
        }
    });
}

/// CO2, TG5: all end by themselves after the cancel, in their shields: the values are returned.
pub fn co2_all_that_end_by_themselves_after_a_cancel_have_their_values(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut run = ByHand::new(scope.run(async {
            let both = gather((shield(after(&gate, 1)), shield(after(&gate, 2))));
            let both = both.await;
            // The cancel lands at the next wait, and there is none.
            (both, amap(<[_; 2]>::from(both), ready).await)
        }));
        let values = opened_after_a_cancel(&mut run, &handle, &gate).await;
        assert_eq!(values.ok(), Some(((1, 2), vec![1, 2])));
    });
}

/// CO2, CO4, SC3: the first value comes from a shield after the cancel: it settles, and beats the cancel.
pub fn co2_a_first_value_that_comes_after_the_cancel_settles(on: &Flavour) {
    on.run(async {
        for kind in 0..3 {
            let gate = Event::new();
            let (cut, counter) = counted(pending());
            let (fails, failed) = counted(pending());
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut run = ByHand::new(scope.run(async {
                let won = shield(after(&gate, 7));
                match kind {
                    0 => race((won, cut)).await,
                    1 => select((won, cut)).await.0.unwrap(),
                    _ => race_ok((async { Ok::<_, &str>(won.await) }, fails))
                        .await
                        .unwrap(),
                }
            }));
            assert!(run.go().await.is_pending());
            handle.cancel();
            assert!(run.go().await.is_pending());
            let cut = if kind < 2 { counter } else { failed };
            // Polled once more when the cancel comes, for value beats it (SC3).
            assert_eq!((cut.polls(), cut.drops()), (2, 1));
            gate.set();
            let Poll::Ready(result) = run.go().await else {
                panic!("all have ended");
            };
            assert_eq!(result.ok(), Some(7), "kind {kind}");
        }
    });
}

/// CO2, SC6: what never waits completes in a cancelled region.
pub fn co2_what_never_waits_completes_in_a_cancelled_region(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        handle.cancel();
        let (second, counter) = counted(ready(2));
        let result = scope.run(async {
            assert_eq!(gather((ready(1), async { "two" })).await, (1, "two"));
            let tried = try_gather([ready(Ok(1)), ready(Err("broken")), ready(Ok(2))]);
            assert_eq!(tried.await.unwrap_err().into_vec(), ["broken"]);
            assert_eq!(race((pending(), ready(1), second)).await, 1);
            assert_eq!(race_ok([ready(Err("no")), ready(Ok(1))]).await, Ok(1));
            assert_eq!(select([ready(1), ready(2)]).await, [Some(1), None]);
            assert_eq!(amap(0..3, ready).await, [0, 1, 2]);
            assert!(try_amap(0..3, |n| ready(Ok::<_, ()>(n))).await.is_ok());
            let taken = as_completed([ready(1)], async |_results: Completed<_>| 7);
            assert_eq!(taken.await, 7);
            let given = stream_from(
                async |_sender: stream::ObjectSender<u8>| (),
                async |_receiver: stream::ObjectReceiver<u8>| 8,
            );
            assert_eq!(given.await, 8);
            9
        });
        assert_eq!(result.await.ok(), Some(9));
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
        assert!(handle.cancel_called());
    });
}

/// CO2, DL5: a deadline around cuts what has not settled, and waits for its cleanups.
pub fn co2_a_deadline_cuts_what_has_not_settled(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let make = || -> Vec<super::Boxed<'_, Result<(), &str>>> {
            vec![Box::pin(loser(trace)), Box::pin(pending())]
        };
        for (name, kind) in each_kind(&make) {
            assert!(move_on_after(SHORT, kind).await.is_none());
            assert_eq!(trace.take(), ["loser Deadline"], "{name}");
        }
        for (name, kind) in each_kind(&make) {
            assert!(fail_after(Duration::ZERO, kind).await.is_err());
            assert_eq!(trace.take(), ["loser Deadline"], "{name}");
        }
    });
}

/// CO2, DL2: a deadline that passes while a loser unwinds does not take the value; an error of the unwinding is
/// returned as well.
pub fn co2_a_deadline_that_passes_after_the_outcome_takes_nothing(on: &Flavour) {
    on.run(async {
        let past = || shield(sleep(4 * SHORT));
        let raced = race((async { past().await }, ready(())));
        assert!(fail_after(SHORT, raced).await.is_ok());
        let tried = try_gather((
            async {
                past().await;
                Err::<(), _>("late")
            },
            ready(Err::<(), _>("early")),
        ));
        let errors = move_on_after(SHORT, tried).await.expect("settled before");
        assert_eq!(errors.unwrap_err().into_vec(), ["early", "late"]);
    });
}

/// CO2, DL1: deadlines inside are each future's own, and a sleep may race.
pub fn co2_each_future_has_its_own_deadline(on: &Flavour) {
    on.run(async {
        let both = gather((
            move_on_after(SHORT, pending::<()>()),
            move_on_after(FAR, async {
                yield_once().await;
                2
            }),
        ));
        assert_eq!(both.await, (None, Some(2)));
        let timed = race((
            async {
                sleep(SHORT).await;
                "timer"
            },
            async {
                sleep(FAR).await;
                "never"
            },
        ));
        assert_eq!(timed.await, "timer");
    });
}

/// CO2, SC13: foreign code drops it: the futures, which borrow, are gone with it.
pub fn co2_a_foreign_drop_takes_the_futures_along(on: &Flavour) {
    on.run(async {
        let counters = &RefCell::new(Vec::new());
        let make = || -> Vec<super::Boxed<'_, Result<(), _>>> {
            let (first, one) = counted(pending());
            let (second, two) = counted(shield(pending()));
            *counters.borrow_mut() = vec![one, two];
            vec![Box::pin(first), Box::pin(second)]
        };
        for (name, kind) in each_kind(&make) {
            let mut kind = ByHand::new(kind);
            assert!(kind.go().await.is_pending());
            drop(kind);
            for counter in counters.take() {
                assert_eq!((counter.polls(), counter.drops()), (1, 1), "{name}");
            }
        }
        let [gate] = gates();
        drop(ByHand::new(gather([after(&gate, 1)])));
    });
}

/// CO2, CO5: a map that a cancel has cut short has no outcome, though all that had begun gave values; and in the poll that
/// the cancel brings no other begins.
pub fn co2_a_map_that_is_cut_short_has_no_outcome(on: &Flavour) {
    on.run(async {
        for settles in [false, true] {
            let (gate, begun) = (&Event::new(), &Cell::new(0));
            let scope = CancelScope::new();
            let handle = scope.handle();
            let work = |n: usize| {
                begun.set(begun.get() + 1);
                shield(after(gate, n))
            };
            let mut run = ByHand::new(scope.run(amap(0..3, work).limit(1)));
            assert!(run.go().await.is_pending());
            handle.cancel();
            if settles {
                // The one that has begun unwinds for a while first.
                assert!(run.go().await.is_pending());
            }
            gate.set();
            let Poll::Ready(result) = run.go().await else {
                panic!("nothing is at work");
            };
            assert!(result.is_err());
            assert_eq!(begun.get(), 1);
        }
    });
}
