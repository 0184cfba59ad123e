//! CO2: panics.

use super::{ByHand, cleans_up, each_kind};
use crate::harness::*;
use std::cell::Cell;

/// Panics at its second poll.
async fn panics<T>(text: &'static str) -> T {
    yield_once().await;
    quiet_panic(text)
}

/// CO2, TG6: a panic of one cancels the others, is reported, and is resumed when they are gone.
pub fn co2_a_panic_of_one_is_resumed_when_the_others_are_gone(on: &Flavour) {
    let (kinds, reports) = on.run_reporting(async {
        let trace = &Trace::new();
        let make = || -> Vec<super::Boxed<'_, Result<(), &str>>> {
            let (first, last) = (cleans_up(trace), cleans_up(trace));
            vec![Box::pin(first), Box::pin(last), Box::pin(panics("of one"))]
        };
        let kinds = each_kind(&make);
        let count = kinds.len();
        for (name, kind) in kinds {
            trace.push(catch_async(kind).await.unwrap_err());
            assert_eq!(
                trace.take(),
                ["cleaned up", "cleaned up", "of one"],
                "{name}"
            );
        }
        count
    });
    assert_eq!(reports_of(&reports, "of one"), kinds, "{reports:?}");
}

/// CO2, TG6: of several panics the first is resumed, the others are reported.
pub fn co2_further_panics_are_reported(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let asked = || shield_with(async |outside: Outside| outside.cancelled().await);
        let all = gather((
            async {
                asked().await;
                quiet_panic("the second")
            },
            finally(pending::<()>(), async |_| {
                yields(5).await;
                quiet_panic("the third")
            }),
            panics::<()>("the first"),
        ));
        let all = async {
            let ((), (), ()) = all.await;
        };
        assert_eq!(catch_async(all).await.unwrap_err(), "the first");
    });
    for text in ["the first", "the second", "the third"] {
        assert_eq!(reports_of(&reports, text), 1, "{reports:?}");
    }
}

/// CO2: a panic of the mapping function, and of the iterator: what is at work cleans up first.
pub fn co2_a_panic_of_what_makes_them_is_resumed_when_they_are_gone(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        for of_iterator in [true, false] {
            let items = || {
                (0..9).inspect(move |n| {
                    if of_iterator && *n == 2 {
                        quiet_panic("made");
                    }
                })
            };
            let work = |n: usize| {
                if n == 2 {
                    quiet_panic("made");
                }
                async move {
                    if n == 0 {
                        cleans_up(trace).await
                    } else {
                        Ok::<_, &str>(n)
                    }
                }
            };
            let plain = |n: usize| {
                let work = work(n);
                async move { work.await.is_ok() }
            };
            let body = async |mut results: Completed<bool>| {
                let _gone = DropProbe::new(trace, "body dropped");
                while results.next().await.is_some() {}
            };
            trace.push(
                catch_async(amap(items(), plain).limit(2))
                    .await
                    .unwrap_err(),
            );
            assert_eq!(trace.take(), ["cleaned up", "made"]);
            trace.push(
                catch_async(try_amap(items(), work).limit(2))
                    .await
                    .map(|_| ())
                    .unwrap_err(),
            );
            assert_eq!(trace.take(), ["cleaned up", "made"]);
            let taken = amap(items(), plain).limit(2).as_completed(body);
            trace.push(catch_async(taken).await.unwrap_err());
            let mut entries = trace.take();
            entries[..2].sort();
            assert_eq!(entries, ["body dropped", "cleaned up", "made"]);
            // Without a limit nothing may have begun; what has is gone.
            let taken = as_completed(items().map(plain), body);
            assert_eq!(catch_async(taken).await.unwrap_err(), "made");
            trace.take();
        }
    });
}

/// CO2, TG6: a panic of the body of `as_completed`: the futures are gone when it is resumed.
pub fn co2_a_panic_of_the_body_is_resumed_when_they_are_gone(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let work = |n: usize| async move {
            if n == 1 {
                cleans_up::<()>(trace).await;
            }
            DropProbe::new(trace, "value")
        };
        let body = async |mut results: Completed<DropProbe>| {
            let _first = results.next().await;
            yields(5).await;
            quiet_panic("of the body")
        };
        let taken = async {
            let () = as_completed((0..3).map(work), body).await;
        };
        trace.push(catch_async(taken).await.unwrap_err());
        let mut entries = trace.take();
        assert_eq!(entries.pop().as_deref(), Some("of the body"));
        entries.sort();
        assert_eq!(entries, ["cleaned up", "value", "value"]);
    });
}

/// CO2, FI1: a loser panics while it unwinds: the panic replaces the winner's value, when all others are gone.
pub fn co2_a_loser_that_panics_while_it_unwinds_takes_the_value(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let panics_in_cleanup = || {
            finally(pending::<Option<DropProbe>>(), async |_| {
                yields(2).await;
                quiet_panic("of a cleanup")
            })
        };
        let winner = || async {
            yield_once().await;
            Some(DropProbe::new(trace, "value"))
        };
        let raced = race((panics_in_cleanup(), cleans_up(trace), winner()));
        trace.push(catch_async(raced).await.map(|_| ()).unwrap_err());
        let selected = select((panics_in_cleanup(), cleans_up::<()>(trace), winner()));
        trace.push(catch_async(selected).await.map(|_| ()).unwrap_err());
        let entries = trace.take();
        for half in [&entries[..3], &entries[3..]] {
            let mut before = half[..2].to_vec();
            before.sort();
            assert_eq!(before, ["cleaned up", "value"]);
            assert_eq!(half[2], "of a cleanup");
        }
    });
}

/// CO2, TG6: a destructor inside a loser panics when it is cancelled.
pub fn co2_a_loser_whose_destructor_panics_takes_the_value(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let raced = race((
            cleans_up(trace),
            async {
                let _panics = PanicsOnDrop("destructor");
                pending::<()>().await;
            },
            yields(2),
        ));
        trace.push(catch_async(raced).await.unwrap_err());
        assert_eq!(trace.take(), ["cleaned up", "destructor"]);
    });
}

/// CO2: the value of a loser is not returned, and its destructor panics: it is resumed when the others are gone.
pub fn co2_a_losers_value_whose_destructor_panics_is_a_panic(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let late = || {
            shield(async {
                yields(2).await;
                Some(PanicsOnDrop("value"))
            })
        };
        let raced = race((late(), cleans_up(trace), ready(None)));
        trace.push(catch_async(raced).await.map(|_| ()).unwrap_err());
        assert_eq!(trace.take(), ["cleaned up", "value"]);
        let tried = race_ok((
            async { Ok(late().await) },
            cleans_up(trace),
            ready(Err("no")),
            ready(Ok(None)),
        ));
        trace.push(catch_async(tried).await.map(|_| ()).unwrap_err());
        assert_eq!(trace.take(), ["cleaned up", "value"]);
    });
}

/// CO2, CO3: the same for a value that an error leaves behind.
pub fn co2_a_value_before_an_error_whose_destructor_panics_is_a_panic(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let failed = try_gather((
            async { Ok(PanicsOnDrop("value")) },
            cleans_up::<Result<(), _>>(trace),
            async {
                yield_once().await;
                Err::<(), _>("broken")
            },
        ));
        let failed = async { failed.await.map(|_| ()).map_err(|_| ()) };
        trace.push(catch_async(failed).await.unwrap_err());
        assert_eq!(trace.take(), ["cleaned up", "value"]);
    });
}

/// CO2, CO5: the same for a value that the body has not taken.
pub fn co2_a_value_not_taken_whose_destructor_panics_is_a_panic(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let work: [super::Boxed<'_, PanicsOnDrop>; 2] = [
            Box::pin(cleans_up(trace)),
            Box::pin(async { PanicsOnDrop("value") }),
        ];
        let taken = as_completed(work, async |_results: Completed<_>| yields(5).await);
        trace.push(catch_async(taken).await.unwrap_err());
        assert_eq!(trace.take(), ["cleaned up", "value"]);
    });
}

/// CO2, TG6: a panic after a cancel from outside is resumed all the same.
pub fn co2_a_panic_after_a_cancel_from_outside_is_resumed(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let make = || -> Vec<super::Boxed<'_, Result<(), &str>>> {
            let late = shield(async {
                yields(8).await;
                quiet_panic("late")
            });
            vec![Box::pin(late), Box::pin(cleans_up(trace))]
        };
        for (name, kind) in each_kind(&make) {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let run = scope.run(async {
                let cancel = async {
                    handle.cancel();
                    pending::<()>().await;
                };
                futures_util::join!(kind, cancel)
            });
            trace.push(catch_async(run).await.map(|_| ()).unwrap_err());
            assert_eq!(trace.take(), ["cleaned up", "late"], "{name}");
        }
    });
}

/// CO2: a panic of a nested combinator travels outward, and each level is gone before the next.
pub fn co2_a_panic_travels_through_nested_combinators(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let inner = gather((cleans_up::<()>(trace), panics::<()>("inner")));
        let middle = async {
            select((inner, cleans_up::<()>(trace))).await;
        };
        let middle = finally(middle, async |exit| trace.push(format!("{exit:?}")));
        let outer = race((middle, cleans_up(trace)));
        let mut outer = ByHand::new(catch_async(outer));
        assert_eq!(outer.go().await, Poll::Ready(Err("inner".to_owned())));
        assert_eq!(
            trace.take(),
            ["cleaned up", "cleaned up", "Panicked", "cleaned up"]
        );
    });
}

/// CO2, CO3, TG6: errors that came before a panic are reported, as nobody returns them.
pub fn co2_errors_before_a_panic_are_reported(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let late = finally(pending::<Result<(), &str>>(), async |_| {
            yields(3).await;
            quiet_panic("late")
        });
        let all = try_gather((late, async { Err::<(), _>("an error") }));
        let caught = catch_async(async { drop(all.await) }).await;
        assert_eq!(caught.unwrap_err(), "late");
    });
    assert_eq!(reports_of(&reports, "a task failed"), 1, "{reports:?}");
}

/// CO2: after a panic no other begins, also where that was at the first poll and had taken all the room.
pub fn co2_after_a_panic_no_other_begins(on: &Flavour) {
    on.run(async {
        let begun = Cell::new(0);
        let work = |_: usize| {
            begun.set(begun.get() + 1);
            async { quiet_panic("the first") }
        };
        let all = async { drop(amap(0..3, work).limit(1).await) };
        assert_eq!(catch_async(all).await.unwrap_err(), "the first");
        assert_eq!(begun.get(), 1);
    });
}
