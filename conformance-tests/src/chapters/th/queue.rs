//! TH4: the queue for tokens.

use super::until_limiter;
use crate::harness::*;

/// TH4: with one token the closures run in the order in which the calls began to wait.
pub fn th4_calls_get_their_tokens_in_the_order_of_arrival(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let group = task_group(async |g| {
            for number in 1..=8 {
                let noted = trace.clone();
                let call = run_in_threadpool(move || noted.push(number.to_string()));
                g.spawn(call.limiter(&limiter));
                until_limiter(&limiter, 1, number).await;
            }
            drop(token);
        });
        group.await.expect("nobody cancels");
    });
    assert_eq!(trace.take(), ["1", "2", "3", "4", "5", "6", "7", "8"]);
}

/// TH4: a token that is given back belongs to the oldest waiter; whoever comes later cannot take it first.
/// Others had it wrong: AnyIO #1170.
pub fn th4_a_free_token_does_not_pass_the_queue(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let mut waiter = Box::pin(run_in_threadpool(|| 1).limiter(&limiter));
        assert!(poll_once(&mut waiter).await.is_pending());
        drop(token);
        // The waiter has not been polled since.
        assert!(limiter.try_acquire().is_none());
        let mut late = Box::pin(run_in_threadpool(|| 2).limiter(&limiter));
        assert!(poll_once(&mut late).await.is_pending());
        assert_eq!(waiter.await, 1);
        assert_eq!(late.await, 2);
    });
}
