//! PR1, PR2: barriers.

use crate::harness::*;
use anyrt::sync::Barrier;

/// PR2: nobody goes before all have come, one is told that it came last, and then it is as new.
pub fn pr2_a_barrier_lets_its_parties_go_together(on: &Flavour) {
    on.run(async {
        let barrier = Arc::new(Barrier::new(3));
        for _ in 0..2 {
            let group = task_group(async |g| {
                let children: Vec<_> = (0..3)
                    .map(|_| {
                        let barrier = barrier.clone();
                        g.spawn(async move { barrier.wait().await })
                    })
                    .collect();
                let mut last = 0;
                for child in children {
                    last += usize::from(child.await.expect("nobody cancels"));
                }
                last
            });
            assert_eq!(group.await.expect("nobody cancels"), 1);
            assert_eq!(barrier.statistics().waiting, 0);
        }
    });
}

/// PR2: one for nobody is one for one.
pub fn pr2_a_barrier_of_one_lets_each_go(on: &Flavour) {
    on.run(async {
        for parties in [0, 1] {
            let barrier = Barrier::new(parties);
            assert!(barrier.wait().await);
            assert!(barrier.wait().await);
        }
    });
}

/// PR1: one who is cancelled has not come, whether it was dropped already or not.
pub fn pr1_a_barrier_does_not_count_who_is_cancelled(on: &Flavour) {
    on.run(async {
        let (barrier, hold) = (Barrier::new(2), Event::new());
        let scope = CancelScope::new();
        let (handle, holding) = (scope.handle(), hold.wait());
        let mut run = Box::pin(scope.run(async {
            futures_util::join!(shield(holding), barrier.wait());
        }));
        assert!(poll_once(&mut run).await.is_pending());
        handle.cancel();
        let mut first = Box::pin(barrier.wait());
        assert!(poll_once(&mut first).await.is_pending());
        assert!(barrier.wait().await);
        assert!(!first.await);
        hold.set();
        assert!(run.await.is_err());
        let mut dropped = Box::pin(barrier.wait());
        assert!(poll_once(&mut dropped).await.is_pending());
        drop(dropped);
        assert_eq!(barrier.statistics().waiting, 0);
    });
}
