//! The edges of `shield_for`: whose cancel counts as the outside's, what unwinds inside, what it costs.

use futures_util::future::join_all;

use crate::harness::*;

/// SH3: the outside of a graceful shield is what is visible to it; a cancel beyond another shield starts nothing.
pub fn sh3_a_cancel_beyond_an_outer_shield_starts_no_grace(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(shield(shield_for(Duration::ZERO, async {
                on_thread(move || handle.cancel());
                yields(5).await;
                sleep(Duration::from_millis(3)).await;
                7
            })))
            .await;
        assert_eq!(result.ok().and_then(Result::ok), Some(7));
    });
}

/// SH3: a cancel two scopes further out starts the grace period as well.
pub fn sh3_a_cancel_further_out_starts_the_grace_period(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let outer = CancelScope::new();
        let handle = outer.handle();
        let result = outer
            .run(async {
                let middle = CancelScope::new()
                    .run(async {
                        let cut = shield_for(Duration::ZERO, async {
                            handle.cancel();
                            pending::<()>().await;
                        })
                        .await;
                        trace.push(format!("cut {}", cut.is_err()));
                        pending::<()>().await;
                    })
                    .await;
                trace.push(format!("unreachable {middle:?}"));
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["cut true"]);
    });
}

/// SH3: the cancel of the group of a task starts the grace period in the task.
pub fn sh3_the_cancel_of_a_group_starts_the_grace_in_its_children(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let inside = Event::new();
        let result = task_group(async |g| {
            for grace in [Duration::ZERO, Duration::from_millis(2)] {
                let (trace, inside) = (trace.clone(), inside.clone());
                g.spawn(async move {
                    let cut = shield_for(grace, async {
                        inside.set();
                        pending::<()>().await;
                    })
                    .await;
                    trace.push(format!("cut {}", cut.is_err()));
                    pending::<()>().await;
                    trace.push("unreachable");
                });
            }
            inside.wait().await;
            let group = g.clone();
            on_thread(move || group.cancel());
        })
        .await;
        assert!(result.is_ok());
        // A child that had not been polled when the cancel came is polled once and cut as well.
        assert_eq!(trace.take(), ["cut true", "cut true"]);
    });
}

/// SH3: a finalizer inside is run when the grace ends, and finished before the shield returns.
pub fn sh3_a_finalizer_inside_is_finished_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let cut = shield_for(
                    Duration::ZERO,
                    finally(
                        async {
                            handle.cancel();
                            pending::<()>().await;
                        },
                        async |exit| {
                            trace.push(format!("cleanup {}", matches!(exit, Exit::Cancelled(_))));
                            sleep(Duration::from_millis(2)).await;
                            trace.push("cleaned");
                        },
                    ),
                )
                .await;
                trace.push(format!("cut {}", cut.is_err()));
            })
            .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["cleanup true", "cleaned", "cut true"]);
    });
}

/// SH3: the end of the grace cancels a group inside; its children are gone before the shield returns.
pub fn sh3_a_group_inside_is_drained_first(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let cut = shield_for(
                    Duration::from_millis(2),
                    task_group(async |g| {
                        for _ in 0..3 {
                            let probe = DropProbe::new(&trace, "child gone");
                            g.spawn(async move {
                                let _probe = probe;
                                pending::<()>().await;
                            });
                        }
                        handle.cancel();
                        pending::<()>().await;
                    }),
                )
                .await;
                trace.push(format!("cut {}", cut.is_err()));
            })
            .await;
        assert!(result.is_ok());
        assert_eq!(
            trace.take(),
            ["child gone", "child gone", "child gone", "cut true"]
        );
    });
}

/// SH3: a graceful shield in a graceful shield: the inner grace starts when the outer one is over.
pub fn sh3_graces_in_each_other_end_one_after_the_other(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let grace = Duration::from_millis(10);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let start = std::cell::Cell::new(None);
        let result = scope
            .run(async {
                let outer = shield_for(grace, async {
                    let inner = shield_for(grace, async {
                        start.set(Some(Instant::now()));
                        handle.cancel();
                        pending::<()>().await;
                    })
                    .await;
                    trace.push(format!("inner {}", inner.is_err()));
                    pending::<()>().await;
                })
                .await;
                trace.push(format!("outer {}", outer.is_err()));
            })
            .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["inner true", "outer true"]);
        let spent = Instant::now().duration_since(start.get().unwrap());
        assert!(spent >= grace * 2, "both were over after {spent:?}");
    });
}

/// SH3: the cancel and the end of the grace each wake the body once; between them nothing spins.
pub fn sh3_the_grace_period_is_idle(on: &Flavour) {
    on.run(async {
        let (body, counter) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let canceller = start_thread(move || handle.cancel());
        let result = scope.run(shield_for(Duration::from_millis(30), body)).await;
        canceller.join().unwrap();
        assert!(result.expect("the body ended with the shield").is_err());
        assert_eq!(counter.drops(), 1);
        assert!(counter.polls() <= 5, "{} polls", counter.polls());
    });
}

/// SH3: forty graceful shields in one task are all cut, each through its own waker.
pub fn sh3_forty_graces_in_one_task_all_end(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let canceller = start_thread(move || handle.cancel());
        let result = scope
            .run(join_all((0..40u64).map(|i| {
                shield_for(Duration::from_millis(i % 4), pending::<()>())
            })))
            .await;
        canceller.join().unwrap();
        let cuts = result.expect("the body ended with the shields");
        assert_eq!(cuts.iter().filter(|cut| cut.is_err()).count(), 40);
    });
}

/// SH3: after a graceful shield has ended by itself, its grace is forgotten and a later wait is cut at once.
pub fn sh3_a_grace_does_not_outlive_its_shield(on: &Flavour) {
    on.run(async {
        let (after, counter) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let mut finished = Box::pin(shield_for(Duration::MAX, async { 7 }));
                assert_eq!((&mut finished).await.ok(), Some(7));
                handle.cancel();
                after.await;
                drop(finished);
            })
            .await;
        assert!(result.is_err());
        assert_eq!((counter.polls(), counter.drops()), (1, 1));
    });
}

/// SH3: a panic in the grace period leaves the shield, which then holds nothing.
pub fn sh3_a_panic_in_the_grace_period_passes(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let caught = catch_async(shield_for(Duration::MAX, async {
                    handle.cancel();
                    yields(2).await;
                    assert!(!handle.cancel_called(), "in the grace period");
                }))
                .await;
                assert_eq!(caught.err().as_deref(), Some("in the grace period"));
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
    });
}

/// SH3: dropped by foreign code in its grace period, it holds nothing any more.
pub fn sh3_a_drop_in_the_grace_period_ends_the_hold(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (body, counter) = pending_counted();
        let result = scope
            .run(async {
                let mut dropped = Box::pin(shield_for(Duration::MAX, body));
                assert!(poll_once(&mut dropped).await.is_pending());
                handle.cancel();
                yields(3).await;
                assert_eq!(counter.drops(), 0);
                drop(dropped);
                pending::<()>().await;
            })
            .await;
        assert!(result.is_err());
        assert_eq!(counter.drops(), 1);
    });
}
