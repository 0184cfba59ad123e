//! A shield as a hold: what waits for it, what it costs, and when it lets go.

use futures_util::future::join_all;

use crate::harness::*;

/// SH1: a group is not left before the shield in a child of it is done.
pub fn sh1_a_group_waits_for_the_shield_of_its_child(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (inside, gate) = (Event::new(), Event::new());
        let result = task_group(async |g| {
            let (trace, inside, gate) = (trace.clone(), inside.clone(), gate.clone());
            let opened = (inside.clone(), gate.clone());
            g.spawn(async move {
                shield(async {
                    inside.set();
                    gate.wait().await;
                    yields(3).await;
                    trace.push("shielded");
                })
                .await;
                pending::<()>().await;
                trace.push("unreachable");
            });
            opened.0.wait().await;
            g.cancel();
            opened.1.set();
        })
        .await;
        trace.push("group left");
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["shielded", "group left"]);
    });
}

/// SH1: the shield of a child outlives the failure of its sibling; the group's error comes after it.
pub fn sh1_a_shield_outlives_the_failure_of_a_sibling(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let inside = Event::new();
        let result = try_task_group(async |g| {
            let (shielded, ready) = (trace.clone(), inside.clone());
            g.spawn(async move {
                shield_with(async |outside: Outside| {
                    ready.set();
                    // Not the group's own flag: that is up before the cancel has come down here.
                    until(|| outside.is_cancelled()).await;
                    checkpoint().await;
                    shielded.push("shielded");
                })
                .await;
                checkpoint().await;
                shielded.push("unreachable");
                Ok(())
            });
            let ready = inside.clone();
            g.spawn(async move {
                ready.wait().await;
                Err::<(), _>("sibling")
            });
            Ok(())
        })
        .await;
        trace.push("group left");
        assert_eq!(result.unwrap_err().into_errors(), ["sibling"]);
        assert_eq!(trace.take(), ["shielded", "group left"]);
    });
}

/// SH1: forty shields beside each other in one task are all finished; each branch then ends at its next wait.
pub fn sh1_forty_shields_in_one_task_all_finish(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(join_all((0..40usize).map(|i| {
                let (trace, handle) = (trace.clone(), handle.clone());
                async move {
                    shield(async {
                        yields(i % 7).await;
                        if i == 20 {
                            on_thread(move || handle.cancel());
                        }
                        yields(i % 5 + 10).await;
                        trace.push("shielded");
                    })
                    .await;
                    pending::<()>().await;
                    trace.push("unreachable");
                }
            })))
            .await;
        assert!(result.is_err());
        assert_eq!(trace.count("shielded"), 40);
        assert_eq!(trace.count("unreachable"), 0);
    });
}

/// SH1: when every branch is a shield, the cancelled region gives all their values.
pub fn sh1_values_of_forty_shields_come_back(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(join_all((0..40usize).map(|i| {
                shield(async move {
                    yields(i % 6).await;
                    i
                })
            })))
            .await;
        assert_eq!(result.unwrap(), (0..40).collect::<Vec<_>>());
    });
}

/// SH1: a shield that was polled and is being left aside still holds, so the waits beside it go on.
pub fn sh1_a_shield_left_aside_still_holds(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let gate = Event::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let mut aside = Box::pin(shield(gate.wait()));
                assert!(poll_once(&mut aside).await.is_pending());
                handle.cancel();
                yields(4).await;
                trace.push("beside the hold");
                gate.set();
                aside.await;
                trace.push("after the shield");
                yield_once().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["beside the hold", "after the shield"]);
    });
}

/// SH1: while a shield holds a cancelled region nothing spins: the shielded wait is polled a handful of times.
pub fn sh1_a_held_region_is_idle(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let (shielded, inside) = counted(gate.wait());
        let (foreign, beside) = pending_counted();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (cancelling, opening) = (handle.clone(), gate.clone());
        let thread = start_thread(move || {
            cancelling.cancel();
            // Room for a spinning implementation to give itself away; a correct one sleeps here.
            std::thread::sleep(Duration::from_millis(30));
            opening.set();
        });
        let result = scope
            .run(async { futures_util::join!(shield(shielded), foreign) })
            .await;
        thread.join().unwrap();
        assert!(result.is_err());
        assert!(inside.polls() <= 5, "{} polls inside", inside.polls());
        assert!(beside.polls() <= 5, "{} polls beside", beside.polls());
    });
}

/// SH1: a panic leaves the shield, and the shield then holds nothing.
pub fn sh1_a_panic_passes_through_a_shield_and_ends_its_hold(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                let caught = catch_async(shield(async {
                    handle.cancel();
                    yields(2).await;
                    assert!(!handle.cancel_called(), "shielded panic");
                }))
                .await;
                trace.push(caught.unwrap_err());
                yield_once().await;
                trace.push("unreachable");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["shielded panic"]);
    });
}
