//! CO1: futures go on while results are handled. Beside each test, the form of it that other combinators leave, which
//! waits for ever.

use super::ByHand;
use crate::harness::*;
use futures_util::{
    future::{Either, select as first_of},
    stream::{FuturesUnordered, StreamExt},
};

/// Keeps the lock across some turns.
async fn keeps(lock: &sync::Lock<()>) -> &'static str {
    let _guard = lock.lock().await;
    yields(5).await;
    "kept"
}

/// CO1: a body that waits for a lock that one of its futures holds gets it. A stream of futures is not polled while its
/// reader waits, and neither is what holds the lock (futures-rs 2387).
pub fn co1_a_body_gets_the_lock_that_a_future_holds(on: &Flavour) {
    on.run(async {
        let lock = sync::Lock::new(());
        let futures = || -> [super::Boxed<'_, &str>; 2] {
            [Box::pin(keeps(&lock)), Box::pin(async { "at once" })]
        };
        {
            let mut stream: FuturesUnordered<_> = futures().into_iter().collect();
            let mut raw = ByHand::new(async {
                assert_eq!(stream.next().await, Some("at once"));
                drop(lock.lock().await);
            });
            assert!(raw.go().await.is_pending(), "nothing will ever wake it");
        }
        let seen = as_completed(futures(), async |mut results| {
            let mut seen = Vec::new();
            while let Some(result) = results.next().await {
                drop(lock.lock().await);
                seen.push(result);
            }
            seen
        });
        assert_eq!(seen.await, ["at once", "kept"]);
    });
}

/// CO1: neither does it wait for ever for a lock that a future is handed while the body is at work. A `select` by
/// reference does not poll the future that it left, and so that never gives back what it was handed (tokio 7892).
pub fn co1_a_body_gets_the_lock_after_a_future_that_waits_for_it(on: &Flavour) {
    on.run(async {
        let lock = sync::Lock::new(());
        {
            let mut holder = lock.try_lock();
            assert!(holder.is_some());
            let mut waits = Box::pin(keeps(&lock));
            let mut raw = ByHand::new(async {
                let tick = Box::pin(async { holder.take() });
                match first_of(&mut waits, tick).await {
                    Either::Left(_) => unreachable!("the lock is held"),
                    // Given back: the next one in the queue has it.
                    Either::Right((guard, _)) => drop(guard),
                }
                drop(lock.lock().await);
            });
            assert!(raw.go().await.is_pending(), "nothing will ever wake it");
        }
        let mut holder = lock.try_lock();
        assert!(holder.is_some());
        let tick = async {
            drop(holder.take());
            "tick"
        };
        let futures: [super::Boxed<'_, &str>; 2] = [Box::pin(keeps(&lock)), Box::pin(tick)];
        let seen = as_completed(futures, async |mut results| {
            let tick = results.next().await;
            drop(lock.lock().await);
            [tick, results.next().await]
        });
        assert_eq!(seen.await, [Some("tick"), Some("kept")]);
    });
}
