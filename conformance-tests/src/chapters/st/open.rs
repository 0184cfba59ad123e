//! A waiting `start` keeps the group open.

use super::{beside, noting};
use crate::harness::*;

/// ST2: while `start` waits the group stays open, also when its body is done and it has no other child.
pub fn st2_the_group_stays_open_while_start_waits(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, close| {
            let (polled, gate, end) = (Event::new(), Event::new(), Event::new());
            let (signal, open, stop, log) =
                (polled.clone(), gate.clone(), end.clone(), trace.clone());
            let start = g.start(|started: Started<u32>| async move {
                signal.set();
                open.wait().await;
                started.set(7);
                stop.wait().await;
                log.push("child ends");
            });
            let drive = async {
                polled.wait().await;
                close.set();
                yields(10).await;
                assert!(!g.is_closed());
                let spawned = g.try_spawn(async { 1 });
                assert_eq!(spawned.ok().unwrap().await.unwrap(), 1);
                yields(10).await;
                assert!(!g.is_closed());
                trace.push("open");
                gate.set();
            };
            let (started, ()) = futures_util::join!(start, drive);
            assert_eq!(started.unwrap().0, 7);
            yields(10).await;
            assert!(!g.is_closed());
            end.set();
        })
        .await;
        assert!(left.is_ok());
        assert_eq!(trace.take(), ["open", "child ends", "group left"]);
    });
}

/// ST2: a cancelled `start` lets go of the group: it is left as soon as the child is gone.
pub fn st2_a_cancelled_start_lets_the_group_close(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, close| {
            let scope = CancelScope::new();
            let (handle, cleanup) = (scope.handle(), noting(&trace));
            let cut = scope
                .run(g.start(|started: Started<()>| async move {
                    let _started = started;
                    let body = async {
                        close.set();
                        yields(3).await;
                        handle.cancel_with("caller");
                        pending::<()>().await;
                    };
                    finally(body, cleanup).await;
                }))
                .await;
            assert!(cut.is_err());
            until(|| g.is_closed()).await;
        })
        .await;
        assert!(left.is_ok());
        assert_eq!(trace.take(), ["caller", "group left"]);
    });
}

/// ST2: a group that is cancelled and not yet left can still be started into; `set` hands the child over to its end.
pub fn st2_start_into_a_cancelled_group_that_is_open(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            g.cancel_with("group");
            let cleanup = noting(&trace);
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    yields(3).await;
                    checkpoint().await;
                    started.set(7);
                    finally(pending::<()>(), cleanup).await;
                })
                .await
                .unwrap();
            assert_eq!(value, 7);
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
        })
        .await;
        assert!(left.is_err());
        assert_eq!(trace.count("group"), 1);
    });
}
