//! The body is gone before its cleanup starts, and a cleanup needs a body that was polled.

use std::cell::Cell;

use crate::harness::*;

/// FI1: on a value the body's future is dropped before the cleanup starts.
pub fn fi1_a_completed_body_is_gone_before_its_cleanup(on: &Flavour) {
    on.run(async {
        let (body, counter) = counted(async {
            yields(2).await;
            7
        });
        let seen = Cell::new(None);
        let value = finally(body, async |_| seen.set(Some(counter.drops()))).await;
        assert_eq!((value, seen.get()), (7, Some(1)));

        let (body, counter) = counted(ready(7));
        let value = finally(body, async |_| seen.set(Some(counter.drops()))).await;
        assert_eq!((value, seen.get()), (7, Some(1)));
    });
}

/// FI1: on a cancel the body's future is dropped before the cleanup starts.
pub fn fi1_a_cancelled_body_is_gone_before_its_cleanup(on: &Flavour) {
    on.run(async {
        let (body, counter) = pending_counted();
        let seen = Cell::new(None);
        let scope = CancelScope::new();
        let handle = scope.handle();
        start_thread(move || handle.cancel());
        let result = scope
            .run(finally(body, async |_| {
                seen.set(Some(counter.drops()));
                yields(3).await;
            }))
            .await;
        assert!(result.is_err());
        assert_eq!(seen.get(), Some(1));
        assert_eq!(counter.drops(), 1);
    });
}

/// FI1: on a panic the body's future is dropped before the cleanup starts.
pub fn fi1_a_panicked_body_is_gone_before_its_cleanup(on: &Flavour) {
    on.run(async {
        let (body, counter) = counted(async {
            yield_once().await;
            super::fail("body");
        });
        let seen = Cell::new(None);
        let caught = catch_async(finally(body, async |_| {
            seen.set(Some(counter.drops()));
            yields(3).await;
        }))
        .await;
        assert_eq!(caught.unwrap_err(), "body");
        assert_eq!(seen.get(), Some(1));
        assert_eq!(counter.polls(), 2);
    });
}

/// FI1: a body that is being cleaned up after is not polled again.
pub fn fi1_a_body_is_not_polled_during_its_cleanup(on: &Flavour) {
    on.run(async {
        let (body, counter) = counted(yields(1));
        finally(body, async |_| yields(5).await).await;
        assert_eq!(counter.polls(), 2);
    });
}

/// FI1: a finalizer that was never polled runs neither body nor cleanup, and nothing is reported.
pub fn fi1_an_unpolled_finalizer_does_not_clean_up(on: &Flavour) {
    let (lost, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (body, counter) = pending_counted();
        drop(finally(body, async |_| trace.push("cleanup")));
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
        yields(3).await;
        assert!(trace.take().is_empty());
        Runtime::current().unwrap().statistics().lost_finalizers
    });
    assert_eq!(lost, 0);
    assert!(reports.is_empty(), "{reports:?}");
}

/// FI1: one that a cancel overtakes before its first poll has nothing to clean up either.
pub fn fi1_a_finalizer_overtaken_by_the_cancel_does_not_clean_up(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let late = finally(async {}, async |_| trace.push("cleanup"));
                handle.cancel();
                checkpoint().await;
                late.await;
            })
            .await;
        assert!(result.is_err());
        assert!(trace.take().is_empty());
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// FI1: what the unpolled cleanup had captured is dropped with the finalizer.
pub fn fi1_an_unpolled_cleanup_is_dropped(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let probe = DropProbe::new(&trace, "captures gone");
        drop(finally(async {}, async move |_| drop(probe)));
        assert_eq!(trace.take(), ["captures gone"]);
    });
}
