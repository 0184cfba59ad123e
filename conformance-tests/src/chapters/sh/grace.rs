//! `shield_for`: ask, grace, drop.
//!
//! The grace period starts when the outside is cancelled, never before; a deadline is only ever the one thing that can
//! end a wait here, so nothing depends on how fast the machine is.

use crate::harness::*;

const LONG: Duration = Duration::from_secs(3600);

/// SH3: without a cancel outside the grace period never starts, however short it is and however long the body runs.
pub fn sh3_no_grace_period_without_a_cancel(on: &Flavour) {
    on.run(async {
        for grace in [Duration::ZERO, Duration::from_millis(1)] {
            let result = shield_for(grace, async {
                yields(20).await;
                sleep(Duration::from_millis(10)).await;
                checkpoint().await;
                7
            })
            .await;
            assert_eq!(result.ok(), Some(7));
        }
    });
}

/// SH3: the grace period starts at the cancel, not when the shield was entered.
pub fn sh3_the_grace_period_starts_at_the_cancel(on: &Flavour) {
    on.run(async {
        let grace = Duration::from_millis(25);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut cancelled_at = None;
        let result = scope
            .run(async {
                let cut = shield_for(grace, async {
                    // Longer than the grace period: one that started on entry would be over by now.
                    sleep(grace * 2).await;
                    cancelled_at = Some(Instant::now());
                    handle.cancel();
                    pending::<()>().await;
                })
                .await;
                (cut.is_err(), Instant::now())
            })
            .await;
        let (cut, end) = result.expect("the body ended with the shield");
        assert!(cut);
        let granted = end.duration_since(cancelled_at.expect("the body reached the cancel"));
        assert!(granted >= grace, "cut after {granted:?}");
    });
}

/// SH3: when the grace period ends the shielded body is dropped and `Err` returned; the outside's cancel lands later.
pub fn sh3_the_end_of_the_grace_period_cuts_the_body(on: &Flavour) {
    on.run(async {
        for grace in [Duration::ZERO, Duration::from_millis(2)] {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let cut = shield_for(grace, async {
                        let _probe = DropProbe::new(&trace, "body gone");
                        handle.cancel();
                        pending::<()>().await;
                        trace.push("unreachable");
                    })
                    .await;
                    trace.push(format!("cut {}", cut.is_err()));
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["body gone", "cut true"]);
        }
    });
}

/// SH3: with a grace of zero and a cancel from before, the body runs up to its first wait and no further.
pub fn sh3_grace_zero_in_a_cancelled_region_runs_to_the_first_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(async {
                let cut = shield_for(Duration::ZERO, async {
                    pending::<()>().await;
                    trace.push("unreachable");
                })
                .await;
                trace.push(format!("cut {}", cut.is_err()));
                cut
            })
            .await;
        assert!(result.expect("no wait after the shield").is_err());
        assert_eq!(trace.take(), ["cut true"]);
    });
}

/// SH3: value beats cancellation inside too: a body that is ready when its grace ends gives its value.
pub fn sh3_a_ready_body_beats_the_end_of_its_grace(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = handle.clone();
        let result = scope
            .run(shield_for(Duration::ZERO, async move {
                inside.cancel();
                7
            }))
            .await;
        assert_eq!(result.ok().and_then(Result::ok), Some(7));
        assert!(handle.cancel_called());
    });
}

/// SH3: inside the grace period the body finishes in peace, with operations of the library, and gives its value.
pub fn sh3_a_body_that_finishes_in_its_grace_gives_its_value(on: &Flavour) {
    on.run(async {
        for grace in [LONG, Duration::MAX] {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let value = shield_for(grace, async {
                        on_thread(move || handle.cancel());
                        yields(3).await;
                        sleep(Duration::from_millis(1)).await;
                        checkpoint().await;
                        is_cancelled()
                    })
                    .await;
                    trace.push(format!("{value:?}"));
                    yield_once().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["Ok(false)"]);
        }
    });
}

/// SH3: a grace too large for the clock means for ever, also when the outside was cancelled before.
pub fn sh3_grace_max_never_ends(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(shield_for(Duration::MAX, async {
                yields(10).await;
                sleep(Duration::from_millis(5)).await;
                7
            }))
            .await;
        assert_eq!(result.ok().and_then(Result::ok), Some(7));
    });
}

/// SH3: a deadline outside starts the grace period like any cancel.
pub fn sh3_a_deadline_outside_starts_the_grace_period(on: &Flavour) {
    on.run(async {
        let soon = Duration::from_millis(2);
        let cut = move_on_after(soon, shield_for(Duration::ZERO, pending::<()>())).await;
        assert!(cut.expect("the body ended with the shield").is_err());
        let cut = fail_after(soon, shield_for(soon, pending::<()>())).await;
        assert!(cut.expect("the body ended with the shield").is_err());
        let spent = move_on_after(soon, async {
            let _ = shield_for(soon, pending::<()>()).await;
            pending::<()>().await;
        });
        assert!(spent.await.is_none());
    });
}

/// SH3: the three-step stop. The work is asked, winds down, hangs, and is dropped.
pub fn sh3_ask_grace_drop(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let cut = shield_for(Duration::from_millis(5), async {
                    let _probe = DropProbe::new(&trace, "dropped");
                    let asked = restore(async {
                        handle.cancel();
                        pending::<()>().await;
                    })
                    .await;
                    trace.push(format!("asked {}", asked.is_err()));
                    checkpoint().await;
                    trace.push("winding down");
                    pending::<()>().await;
                })
                .await;
                trace.push(format!("cut {}", cut.is_err()));
                checkpoint().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(
            trace.take(),
            ["asked true", "winding down", "dropped", "cut true"]
        );
    });
}

/// SH3: the end of the grace period waits for a shield inside, which is finished first.
pub fn sh3_a_shield_inside_outlasts_the_grace_period(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let cut = shield_for(Duration::ZERO, async {
                    shield(async {
                        handle.cancel();
                        sleep(Duration::from_millis(3)).await;
                        trace.push("inner shield");
                    })
                    .await;
                    trace.push("up to the next wait");
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
                trace.push(format!("cut {}", cut.is_err()));
            })
            .await;
        assert!(result.is_ok());
        assert_eq!(
            trace.take(),
            ["inner shield", "up to the next wait", "cut true"]
        );
    });
}
