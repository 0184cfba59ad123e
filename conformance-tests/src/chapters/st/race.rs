//! Races around `set`: whichever side wins, caller, child and group agree on who won.

use std::sync::Barrier;

use super::beside;
use crate::harness::*;

const ROUNDS: usize = 200;

/// Lets the two run at the same moment on threads of their own.
fn race(one: impl FnOnce() + Send + 'static, other: impl FnOnce() -> bool + Send + 'static) {
    let start = Arc::new(Barrier::new(2));
    let same = start.clone();
    start_thread(move || {
        start.wait();
        one();
    });
    start_thread(move || {
        same.wait();
        other();
    });
}

/// ST2: `set` against a cancel of the caller: either `start` gives the value and the child lives on in the group, or
/// the child is gone before the scope ends.
pub fn st2_a_race_of_set_and_a_cancel_of_the_caller(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            for _ in 0..ROUNDS {
                let (scope, gate, gone) = (CancelScope::new(), Event::new(), Trace::new());
                let (handle, open) = (scope.handle(), gate.clone());
                let probe = DropProbe::new(&gone, "gone");
                let result = scope
                    .run(g.start(|started: Started<u32>| async move {
                        let _probe = probe;
                        race(move || started.set(1), move || handle.cancel());
                        open.wait().await;
                        checkpoint().await;
                        2
                    }))
                    .await;
                match result {
                    Ok(started) => {
                        let (value, child) = started.unwrap();
                        yields(3).await;
                        assert_eq!(gone.count("gone"), 0);
                        gate.set();
                        assert_eq!((value, child.await.unwrap()), (1, 2));
                    }
                    Err(_) => assert_eq!(gone.count("gone"), 1),
                }
                assert!(!g.cancel_called());
            }
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST2: `set` against a cancel of the group: `start` gives the value either way, and the group ends the child.
pub fn st2_a_race_of_set_and_a_cancel_of_the_group(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let trace = Trace::new();
            let (left, ()) = beside(&trace, async |g, _| {
                let (log, group) = (trace.clone(), g.handle());
                let (value, child) = g
                    .start(|started: Started<u32>| async move {
                        let body = async {
                            race(move || started.set(1), move || group.cancel());
                            pending::<()>().await;
                        };
                        finally(body, async |_| {
                            yield_once().await;
                            log.push("cleaned");
                        })
                        .await;
                    })
                    .await
                    .unwrap();
                assert_eq!(value, 1);
                assert_eq!(child.wait().await, TaskStatus::Cancelled);
            })
            .await;
            assert!(left.is_err());
            assert_eq!(trace.take(), ["cleaned", "group left"]);
        }
    });
}

/// ST2: `set` against cancels of both: the child is ended in any case, once, and before whoever owns it is left.
pub fn st2_a_race_of_set_and_cancels_of_both(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let trace = Trace::new();
            let (left, ()) = beside(&trace, async |g, _| {
                let scope = CancelScope::new();
                let (handle, group, log) = (scope.handle(), g.handle(), trace.clone());
                let result = scope
                    .run(g.start(|started: Started<u32>| async move {
                        let body = async {
                            race(
                                move || started.set(1),
                                move || {
                                    handle.cancel();
                                    group.cancel()
                                },
                            );
                            pending::<()>().await;
                        };
                        finally(body, async |_| {
                            yields(2).await;
                            log.push("cleaned");
                        })
                        .await;
                    }))
                    .await;
                match result {
                    Ok(started) => {
                        let (_, child) = started.unwrap();
                        assert_eq!(child.wait().await, TaskStatus::Cancelled);
                    }
                    Err(_) => assert_eq!(trace.count("cleaned"), 1),
                }
                until(|| g.cancel_called()).await;
            })
            .await;
            assert!(left.is_err());
            assert_eq!(trace.count("cleaned"), 1);
        }
    });
}

/// ST3: `start` against the closing of the group: either it is `Closed` and the child never ran, or it works.
pub fn st3_a_race_of_start_and_the_end_of_the_group(on: &Flavour) {
    on.run(async {
        let result = task_group(async |callers| {
            for round in 0..ROUNDS {
                let (trace, go) = (Trace::new(), Event::new());
                let (log, open) = (trace.clone(), go.clone());
                let caller = task_group(async |g| {
                    let group = g.clone();
                    let caller = callers.spawn(async move {
                        open.wait().await;
                        let start = group.start(|started: Started<u32>| async move {
                            log.push("child");
                            started.set(7);
                            yield_once().await;
                        });
                        match start.await {
                            Ok((value, child)) => Some((value, child.wait().await)),
                            Err(StartError::Closed) => None,
                            Err(other) => panic!("start gave {other:?}"),
                        }
                    });
                    // The caller and the end of the body are set off together.
                    go.set();
                    yields(round % 4).await;
                    caller
                })
                .await;
                match caller.unwrap().await.unwrap() {
                    Some(outcome) => {
                        assert_eq!(outcome, (7, TaskStatus::Completed));
                        assert_eq!(trace.take(), ["child"]);
                    }
                    None => assert!(trace.take().is_empty()),
                }
            }
        })
        .await;
        assert!(result.is_ok());
    });
}

/// ST3: the end of the child against a cancel of the caller: `NotStarted` or cut, and the child is gone.
pub fn st3_a_race_of_the_end_of_the_child_and_a_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            for _ in 0..ROUNDS {
                let (scope, gate, gone) = (CancelScope::new(), Event::new(), Trace::new());
                let (handle, opening) = (scope.handle(), gate.clone());
                let probe = DropProbe::new(&gone, "gone");
                let result = scope
                    .run(g.start(|started: Started<u32>| async move {
                        let _kept = (started, probe);
                        race(move || opening.set(), move || handle.cancel());
                        gate.wait().await;
                    }))
                    .await;
                if let Ok(started) = result {
                    assert!(matches!(started, Err(StartError::NotStarted)));
                }
                assert_eq!(gone.count("gone"), 1);
                assert!(!g.cancel_called());
            }
        })
        .await;
        assert!(left.is_ok());
    });
}
