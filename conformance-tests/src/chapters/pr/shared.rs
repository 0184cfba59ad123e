//! PR2: values that are given once, to all who wait.

use crate::harness::*;
use anyrt::sync::{BrokenPromise, promise};

/// PR2: all who wait get the value, those that come later at once, and a thread may give it.
pub fn pr2_a_promise_is_kept_for_all_who_wait(on: &Flavour) {
    on.run(async {
        let (promise, shared) = promise();
        assert_eq!(shared.get(), None);
        let group = task_group(async |g| {
            let waits: Vec<_> = (0..8)
                .map(|_| {
                    let shared = shared.clone();
                    g.spawn(async move { shared.wait().await.copied() })
                })
                .collect();
            let mut own = Box::pin(shared.wait());
            assert!(poll_once(&mut own).await.is_pending());
            promise.set(7);
            assert_eq!(own.await, Ok(&7));
            for wait in waits {
                assert_eq!(wait.await.ok(), Some(Ok(7)));
            }
        });
        group.await.expect("nobody cancels");
        assert_eq!(shared.get(), Some(&7));
    });
}

/// PR2: who gives it up without a value tells all who wait.
pub fn pr2_a_promise_that_is_dropped_is_broken(on: &Flavour) {
    on.run(async {
        let (promise, shared) = promise::<u32>();
        let mut wait = Box::pin(shared.wait());
        assert!(poll_once(&mut wait).await.is_pending());
        drop(promise);
        assert_eq!(wait.await, Err(BrokenPromise));
        assert_eq!(shared.wait().await, Err(BrokenPromise));
    });
}

/// PR2: a maker can ask whether anybody is left to make the value for.
pub fn pr2_a_promise_knows_whether_it_is_wanted(on: &Flavour) {
    on.run(async {
        let (promise, shared) = promise();
        let other = shared.clone();
        drop(shared);
        assert!(!promise.is_unwanted());
        drop(other);
        assert!(promise.is_unwanted());
        promise.set(());
    });
}

/// PR2, SC4: in a cancelled region nobody is told, though the value is there.
pub fn pr2_a_wait_for_a_promise_in_a_cancelled_region_never_completes(on: &Flavour) {
    on.run(async {
        let (promise, shared) = promise();
        promise.set(1);
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(shared.wait()).await.is_err());
    });
}
