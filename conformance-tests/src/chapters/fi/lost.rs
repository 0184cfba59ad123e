//! Finalizers that foreign code drops: no cleanup, but counted and reported.

use crate::harness::*;

fn lost() -> u64 {
    Runtime::current().unwrap().statistics().lost_finalizers
}

/// FI1: a finalizer dropped by foreign code in its body does not clean up; it is counted, and reported with its place.
pub fn fi1_a_finalizer_dropped_in_its_body_is_reported(on: &Flavour) {
    let reports = Trace::new();
    let hook = reports.clone();
    let line = on.run_with_hook(
        async {
            let trace = Trace::new();
            let (body, counter) = pending_counted();
            let line = line!() + 1;
            let dropped = finally(body, async |_| trace.push("cleanup"));
            let mut dropped = Box::pin(dropped);
            assert!(poll_once(&mut dropped).await.is_pending());
            assert_eq!(lost(), 0);
            drop(dropped);
            yields(3).await;
            assert_eq!(counter.drops(), 1);
            assert!(trace.take().is_empty());
            assert_eq!(lost(), 1);
            line
        },
        move |report| {
            if let Report::FinalizerLost { place, .. } = &report {
                hook.push(format!("lost {}", place.line()));
                assert!(place.file().ends_with("lost.rs"), "{place}");
            } else {
                hook.push(report.to_string());
            }
        },
    );
    assert_eq!(reports.take(), [format!("lost {line}")]);
}

/// FI1: one that is dropped half way through its cleanup is lost as well.
pub fn fi1_a_finalizer_dropped_in_its_cleanup_is_reported(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let mut dropped = Box::pin(finally(async {}, async |_| {
            trace.push("started");
            pending::<()>().await;
        }));
        assert!(poll_once(&mut dropped).await.is_pending());
        drop(dropped);
        assert_eq!(trace.take(), ["started"]);
        assert_eq!(lost(), 1);
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// FI1: a finalizer that is finished can be dropped by anybody.
pub fn fi1_a_finished_finalizer_is_not_lost(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let mut finished = Box::pin(finally(yields(2), async |_| yields(2).await));
        (&mut finished).await;
        drop(finished);
        assert_eq!(lost(), 0);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// FI1: a finalizer that a cancel ended in the ordinary way is not lost.
pub fn fi1_a_cancelled_finalizer_is_not_lost(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let cut = scope
            .run(finally(pending::<()>(), async |_| yields(2).await))
            .await;
        assert!(cut.is_err());
        assert_eq!(lost(), 0);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// FI1: nested finalizers dropped by foreign code are each lost.
pub fn fi1_each_of_the_nested_finalizers_is_lost(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let inner = finally(pending::<()>(), async |_| trace.push("inner"));
        let mut outer = Box::pin(finally(inner, async |_| trace.push("outer")));
        assert!(poll_once(&mut outer).await.is_pending());
        drop(outer);
        assert!(trace.take().is_empty());
        assert_eq!(lost(), 2);
    });
    assert_eq!(reports.len(), 2, "{reports:?}");
}

/// FI1: a lost finalizer holds nothing any more: a cancel lands at the next wait.
pub fn fi1_a_lost_finalizer_holds_nothing(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let mut dropped = Box::pin(finally(async {}, async |_| pending::<()>().await));
                assert!(poll_once(&mut dropped).await.is_pending());
                drop(dropped);
                handle.cancel();
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}
