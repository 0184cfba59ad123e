//! CO5: how results are taken one by one.

use super::{ByHand, after, gates};
use crate::harness::*;
use futures_util::StreamExt;

/// CO5: results come in the order of their ends, then the end of the stream, and it stays the end.
pub fn co5_results_come_in_the_order_of_their_ends(on: &Flavour) {
    on.run(async {
        let gates = gates::<3>();
        let trace = Trace::new();
        let ends = gates.iter().zip(["a", "b", "c"]);
        let ends = ends.map(|(gate, name)| after(gate, name));
        let mut all = ByHand::new(as_completed(ends, async |mut results: Completed<_>| {
            while let Some(name) = results.next().await {
                trace.push(name);
            }
            (results.next().await, results.next().await)
        }));
        for (end, name) in [(2, "c"), (0, "a")] {
            assert!(all.go().await.is_pending());
            gates[end].set();
            assert!(all.go().await.is_pending());
            assert_eq!(trace.take(), [name]);
        }
        gates[1].set();
        assert_eq!(all.go().await, Poll::Ready((None, None)));
        assert_eq!(trace.take(), ["b"]);
    });
}

/// CO5: the results are taken long after all futures have ended, still in the order of the ends.
pub fn co5_results_wait_until_they_are_taken(on: &Flavour) {
    on.run(async {
        let [first, last, take] = &gates();
        let work = [after(last, 1), after(first, 2)];
        let mut all = ByHand::new(as_completed(work, async |results: Completed<_>| {
            take.wait().await;
            results.collect::<Vec<_>>().await
        }));
        assert!(all.go().await.is_pending());
        first.set();
        assert!(all.go().await.is_pending());
        last.set();
        assert!(all.go().await.is_pending());
        take.set();
        assert_eq!(all.go().await, Poll::Ready(vec![2, 1]));
    });
}

/// CO5: the results are a stream, for the adapters of streams.
pub fn co5_the_results_are_a_stream(on: &Flavour) {
    on.run(async {
        let ends = (0..10).map(|n| async move {
            yields(n).await;
            n
        });
        let sum = as_completed(ends, async |results: Completed<usize>| {
            let doubled = results.map(|n| 2 * n);
            doubled.fold(0, async |sum, n| sum + n).await
        });
        assert_eq!(sum.await, 90);
        let none = as_completed(
            None::<std::future::Ready<u8>>,
            async |mut results: Completed<_>| {
                (results.next().await, StreamExt::next(&mut results).await)
            },
        );
        assert_eq!(none.await, (None, None));
    });
}

/// CO5: in a cancelled region nothing is handed over though there is something; the next taker has it.
pub fn co5_in_a_cancelled_region_nothing_is_handed_over(on: &Flavour) {
    on.run(async {
        let taken = as_completed([ready(1), ready(2)], async |mut results: Completed<_>| {
            // Both have ended.
            yields(5).await;
            assert!(
                move_on_after(Duration::ZERO, results.next())
                    .await
                    .is_none()
            );
            let scope = CancelScope::new();
            scope.handle().cancel();
            assert!(scope.run(StreamExt::next(&mut results)).await.is_err());
            [
                results.next().await,
                results.next().await,
                results.next().await,
            ]
        });
        assert_eq!(taken.await, [Some(1), Some(2), None]);
        // Not even the end of the stream is told.
        let none = as_completed(
            None::<std::future::Ready<u8>>,
            async |mut results: Completed<_>| {
                let in_vain = move_on_after(Duration::ZERO, results.next()).await;
                (in_vain, results.next().await)
            },
        );
        assert_eq!(none.await, (None, None));
    });
}

/// CO5, SC4: one that waits when the cancel comes, and is held, is handed nothing that ends after it.
pub fn co5_one_that_waits_when_the_cancel_comes_is_passed_over(on: &Flavour) {
    on.run(async {
        let [gate, hold] = &gates();
        let taken = as_completed([after(gate, 1)], async |mut results: Completed<_>| {
            let scope = CancelScope::new();
            let handle = scope.handle();
            {
                let held = async { futures_util::join!(shield(hold.wait()), results.next()).1 };
                let mut waiting = Box::pin(scope.run(held));
                assert!(poll_once(&mut waiting).await.is_pending());
                handle.cancel();
                gate.set();
                yields(5).await;
                assert!(poll_once(&mut waiting).await.is_pending());
                hold.set();
                assert!(waiting.await.is_err());
            }
            (results.next().await, results.next().await)
        });
        assert_eq!(taken.await, (Some(1), None));
    });
}

/// CO5: foreign code drops a wait after the result has come: nothing is lost.
pub fn co5_a_dropped_wait_loses_nothing(on: &Flavour) {
    on.run(async {
        let gate = &Event::new();
        let taken = as_completed([after(gate, 1)], async |mut results: Completed<_>| {
            let mut wait = Box::pin(results.next());
            assert!(poll_once(&mut wait).await.is_pending());
            gate.set();
            yields(5).await;
            drop(wait);
            (results.next().await, results.next().await)
        });
        assert_eq!(taken.await, (Some(1), None));
    });
}

/// CO5, CO1: the futures go on while the body is at work on something else.
pub fn co5_the_futures_go_on_while_the_body_is_at_work(on: &Flavour) {
    on.run(async {
        let [there, back] = &gates();
        let work = async {
            there.wait().await;
            back.set();
            7
        };
        let taken = as_completed([work], async |mut results: Completed<_>| {
            there.set();
            back.wait().await;
            results.next().await
        });
        assert_eq!(taken.await, Some(7));
    });
}

/// CO5: a thousand results, each once, in the order of their ends.
pub fn co5_a_thousand_results_are_each_taken_once(on: &Flavour) {
    on.run(async {
        let gates: Vec<_> = (0..1000).map(|_| Event::new()).collect();
        let ends = gates.iter().enumerate().map(|(n, gate)| after(gate, n));
        let mut all = ByHand::new(as_completed(ends, async |results: Completed<usize>| {
            results.collect::<Vec<_>>().await
        }));
        // Every number once: 7 and 1000 have no common divisor.
        let order: Vec<_> = (0..1000).map(|n| n * 7 % 1000).collect();
        let mut polled = all.go().await;
        for &end in &order {
            assert!(polled.is_pending());
            gates[end].set();
            polled = all.go().await;
        }
        assert_eq!(polled, Poll::Ready(order));
    });
}
