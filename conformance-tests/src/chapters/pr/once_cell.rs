//! PR2: cells that are filled once.

use crate::harness::*;
use anyrt::sync::OnceCell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// PR2: the first who asks makes the value, and the others wait for it.
pub fn pr2_a_cell_is_filled_once(on: &Flavour) {
    on.run(async {
        let (cell, made) = (Arc::new(OnceCell::new()), Arc::new(AtomicUsize::new(0)));
        let group = task_group(async |g| {
            for _ in 0..8 {
                let (cell, made) = (cell.clone(), made.clone());
                g.spawn(async move {
                    let init = async {
                        made.fetch_add(1, SeqCst);
                        checkpoint().await;
                        7
                    };
                    assert_eq!(*cell.get_or_init(|| init).await, 7);
                });
            }
        });
        group.await.expect("nobody cancels");
        assert_eq!((made.load(SeqCst), cell.get()), (1, Some(&7)));
    });
}

/// PR1, PR2: where the one who makes it fails, panics or is cancelled, the one who waits next makes it.
pub fn pr2_a_failed_cell_is_filled_by_the_next(on: &Flavour) {
    on.run(async {
        let cell = OnceCell::new();
        let failed = cell.get_or_try_init(|| async { Err::<u32, _>("no") });
        assert_eq!(failed.await, Err("no"));
        let panics = cell.get_or_init(|| async {
            checkpoint().await;
            std::panic::resume_unwind(Box::new("init"))
        });
        assert_eq!(catch_async(panics).await.expect_err("it panics"), "init");
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut cancelled = Box::pin(scope.run(cell.get_or_init(pending)));
        assert!(poll_once(&mut cancelled).await.is_pending());
        let mut next = Box::pin(cell.get_or_init(|| async { 7 }));
        assert!(poll_once(&mut next).await.is_pending());
        handle.cancel();
        assert!(cancelled.await.is_err());
        assert_eq!(*next.await, 7);
    });
}

/// PR2, SC4: a value that is made is there for all who wait at that moment, also for one who is cancelled before those
/// ahead of it have gone on.
pub fn pr2_a_value_is_there_for_all_who_wait_at_once(on: &Flavour) {
    on.run(async {
        let cell = OnceCell::new();
        let made = || async {
            yield_once().await;
            7
        };
        let mut maker = Box::pin(cell.get_or_init(made));
        assert!(poll_once(&mut maker).await.is_pending());
        let mut ahead = Box::pin(cell.get_or_init(|| async { 8 }));
        assert!(poll_once(&mut ahead).await.is_pending());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut cancelled = Box::pin(scope.run(cell.get_or_init(|| async { 9 })));
        assert!(poll_once(&mut cancelled).await.is_pending());
        assert_eq!(poll_once(&mut maker).await, Poll::Ready(&7));
        handle.cancel();
        assert_eq!(cancelled.await.expect("it was granted before"), &7);
        assert_eq!(ahead.await, &7);
    });
}

/// PR2: a value that is set while one is being made is there for all who wait, and for the maker.
pub fn pr2_a_value_that_is_set_is_there_for_all_who_wait(on: &Flavour) {
    on.run(async {
        let cell = OnceCell::new();
        let mut maker = Box::pin(cell.get_or_init(|| async {
            yield_once().await;
            7
        }));
        assert!(poll_once(&mut maker).await.is_pending());
        let mut others = [8, 9].map(|other| Box::pin(cell.get_or_init(move || ready(other))));
        let counter = WakeCounter::new();
        for other in &mut others {
            assert!(counter.poll(other.as_mut()).is_pending());
        }
        assert_eq!(cell.set(5), Ok(()));
        assert_eq!(counter.wakes(), 2);
        assert_eq!(cell.set(6), Err(6));
        for other in others {
            assert_eq!(other.await, &5);
        }
        assert_eq!(maker.await, &5);
        let cell = OnceCell::new();
        assert_eq!(cell.set(5), Ok(()));
        assert_eq!(cell.get_or_init(async || 8).await, &5);
    });
}
