//! PR2: events.

use crate::harness::*;

/// PR2: all who wait go on, and those that come later do not wait.
pub fn pr2_an_event_wakes_all_who_wait(on: &Flavour) {
    on.run(async {
        let event = Arc::new(sync::Event::new());
        let group = task_group(async |g| {
            for _ in 0..8 {
                let event = event.clone();
                g.spawn(async move { event.wait().await });
            }
            until(|| event.statistics().waiting == 8).await;
            event.set();
        });
        group.await.expect("nobody cancels");
        assert_eq!(event.statistics().waiting, 0);
        assert!(poll_once(&mut Box::pin(event.wait())).await.is_ready());
    });
}

/// PR2: it happens once.
pub fn pr2_an_event_is_set_once(on: &Flavour) {
    on.run(async {
        let event = sync::Event::new();
        assert!(!event.is_set());
        assert!(event.set());
        assert!(!event.set());
        assert!(event.is_set());
    });
}

/// PR2: a thread that no runtime knows may set it, also one that was made before any runtime ran.
pub fn pr2_an_event_is_set_by_a_thread(on: &Flavour) {
    let event = Arc::new(sync::Event::new());
    let setter = event.clone();
    on.run(async {
        let mut wait = Box::pin(event.wait());
        assert!(poll_once(&mut wait).await.is_pending());
        let thread = start_thread(move || setter.set());
        wait.await;
        assert!(thread.join().expect("it does not panic"));
    });
}

/// PR2, SC4: first polled in a cancelled region it never completes, though the event is set.
pub fn pr2_an_event_wait_in_a_cancelled_region_never_completes(on: &Flavour) {
    on.run(async {
        let event = sync::Event::new();
        event.set();
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(event.wait()).await.is_err());
    });
}

/// PR2, SC4: who waited when it was set completes; who was cancelled before that does not.
pub fn pr2_an_event_that_was_set_before_the_cancel_completes(on: &Flavour) {
    on.run(async {
        for set_first in [false, true] {
            let (event, hold) = (sync::Event::new(), Event::new());
            let scope = CancelScope::new();
            let (handle, holding) = (scope.handle(), hold.wait());
            let mut seen = false;
            let mut run = Box::pin(scope.run(async {
                let waiting = async {
                    event.wait().await;
                    seen = true;
                };
                futures_util::join!(shield(holding), waiting);
            }));
            assert!(poll_once(&mut run).await.is_pending());
            if set_first {
                event.set();
                handle.cancel();
            } else {
                handle.cancel();
                event.set();
            }
            assert!(poll_once(&mut run).await.is_pending());
            hold.set();
            let _ = run.await;
            assert_eq!(seen, set_first);
        }
    });
}
