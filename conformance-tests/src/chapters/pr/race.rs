//! PR1: releases, cancels and drops on several threads at once.

use super::exclusive::Exclusive;
use crate::harness::*;
use anyrt::sync::{Lock, Semaphore};
use std::sync::Barrier;

const ROUNDS: usize = 100;

/// PR1: a cancel that races with the release either finds the grant or leaves it to the next; nothing is lost, and
/// nobody waits for what is free.
pub fn pr1_a_race_of_releases_and_cancels_loses_no_permit(on: &Flavour) {
    async fn test<X: Exclusive>() {
        for _ in 0..ROUNDS {
            let it = Arc::new(X::new());
            let held = Box::new(it.clone());
            // Held by a thread, which gives it back while another one cancels the first waiter.
            let (start, has) = (Arc::new(Barrier::new(2)), Event::new());
            let (go, having) = (start.clone(), has.set_on_drop());
            let holder = start_thread(move || {
                let held_now = held.try_take().expect("it is free");
                drop(having);
                go.wait();
                drop(held_now);
            });
            has.wait().await;
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut first = Box::pin(scope.run(async { drop(it.take().await) }));
            let mut second = Box::pin(it.take());
            assert!(poll_once(&mut first).await.is_pending());
            assert!(poll_once(&mut second).await.is_pending());
            let canceller = start_thread(move || {
                start.wait();
                handle.cancel();
            });
            let (_, held) = futures_util::join!(first, second);
            drop(held);
            assert!(it.try_take().is_some());
            assert_eq!(it.waiting(), 0);
            for thread in [holder, canceller] {
                thread.join().expect("it does not panic");
            }
        }
    }
    on.run(test::<Semaphore>());
    on.run(test::<Lock<u32>>());
    on.run(test::<CapacityLimiter>());
}
