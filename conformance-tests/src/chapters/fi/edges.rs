//! Finalizers among other regions: what a running cleanup holds, and what it costs.

use futures_util::future::{Either, select};

use super::told;
use crate::harness::*;

/// FI2: while a cleanup runs, the foreign futures beside it go on being polled; they end with it.
pub fn fi2_a_running_cleanup_holds_the_region(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let gate = Event::new();
        let (beside, counter) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let cleaning = finally(pending::<()>(), async |exit| {
                    trace.push(told(&exit));
                    gate.wait().await;
                    assert_eq!(counter.drops(), 0);
                    trace.push("cleaned");
                });
                let opening = async {
                    handle.cancel_with("stop");
                    yields(4).await;
                    trace.push("beside the hold");
                    gate.set();
                };
                futures_util::join!(cleaning, opening, beside)
            })
            .await;
        assert!(result.is_err());
        assert_eq!(counter.drops(), 1);
        assert_eq!(trace.take(), ["stop", "beside the hold", "cleaned"]);
    });
}

/// FI2: a cleanup that waits is polled when it is woken and not otherwise; so is everything around it.
pub fn fi2_a_waiting_cleanup_is_idle(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let (waiting, inside) = counted(gate.wait());
        let (beside, outside) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        start_thread(move || handle.cancel());
        let cleaning = finally(pending::<()>(), async move |_| {
            start_thread(move || {
                // Room for a spinning implementation to give itself away; a correct one sleeps here.
                std::thread::sleep(Duration::from_millis(30));
                gate.set();
            });
            waiting.await;
        });
        let result = scope
            .run(async { futures_util::join!(cleaning, beside) })
            .await;
        assert!(result.is_err());
        assert!(inside.polls() <= 3, "{} polls inside", inside.polls());
        assert!(outside.polls() <= 6, "{} polls beside", outside.polls());
    });
}

/// FI2: two chains of cleanups beside each other are independent: one that waits does not hold up the other.
pub fn fi2_chains_beside_each_other_are_independent(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let first_done = Event::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let waits_for_the_other = finally(
            finally(pending::<()>(), async |_| {
                first_done.wait().await;
                trace.push("second inner");
            }),
            async |_| trace.push("second outer"),
        );
        let other = finally(
            finally(pending::<()>(), async |_| trace.push("first inner")),
            async |_| {
                yields(2).await;
                trace.push("first outer");
                first_done.set();
            },
        );
        let result = scope
            .run(async { futures_util::join!(waits_for_the_other, other) })
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            ["first inner", "first outer", "second inner", "second outer"]
        );
    });
}

/// FI1: the loser of a foreign `select` is foreign-dropped and lost; the winner has cleaned up.
pub fn fi1_the_winner_of_a_foreign_select_has_cleaned_up(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let winner = finally(yields(2), async |exit| {
            yields(2).await;
            trace.push(told(&exit));
        });
        let loser = finally(pending::<()>(), async |_| trace.push("loser"));
        let won = select(Box::pin(winner), Box::pin(loser)).await;
        assert!(matches!(won, Either::Left(_)));
        drop(won);
        assert_eq!(trace.take(), ["completed"]);
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// FI1: a cancel that arrives in the very poll in which the body becomes ready finds a completed body.
pub fn fi1_a_value_in_the_poll_of_the_cancel_has_completed(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(finally(
                async {
                    yield_once().await;
                    handle.cancel();
                    7
                },
                async |exit| {
                    yields(2).await;
                    trace.push(told(&exit));
                },
            ))
            .await;
        assert_eq!(result.ok(), Some(7));
        assert_eq!(trace.take(), ["completed"]);
    });
}

/// FI1: the cancel races the value; whichever wins, there is one cleanup and it is told the outcome that is returned.
pub fn fi1_a_race_of_value_and_cancel_cleans_up_once(on: &Flavour) {
    on.run(async {
        for _ in 0..200 {
            let trace = Trace::new();
            let value = Event::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let setter = value.clone();
            let start = Arc::new(std::sync::Barrier::new(2));
            let other = start.clone();
            let body = finally(value.wait(), async |exit| {
                yields(2).await;
                trace.push(told(&exit));
            });
            let threads = [
                start_thread(move || {
                    start.wait();
                    setter.set();
                }),
                start_thread(move || {
                    other.wait();
                    handle.cancel_with("stop");
                }),
            ];
            let result = scope.run(body).await;
            let expected = if result.is_ok() { "completed" } else { "stop" };
            assert_eq!(trace.take(), [expected]);
            threads.into_iter().for_each(|t| t.join().unwrap());
        }
    });
}

/// FI1: without any runtime, in the hands of a foreign executor, a finalizer works.
pub fn fi1_a_finalizer_needs_no_runtime(_: &Flavour) {
    let trace = Trace::new();
    let scope = CancelScope::new();
    let handle = scope.handle();
    let result = on_thread(|| {
        block_on(scope.run(finally(
            async {
                handle.cancel_with("stop");
                pending::<()>().await;
            },
            async |exit| {
                yields(2).await;
                trace.push(told(&exit));
            },
        )))
    });
    assert!(result.is_err());
    assert_eq!(trace.take(), ["stop"]);
}
