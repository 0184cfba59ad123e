//! DL5: an expiry cancels, and then waits for what holds.

use super::{SHORT, stay_until_past};
use crate::chapters::tg::asked_to_stop;
use crate::harness::*;
use futures_util::join;

/// DL5: a cleanup runs to its end, told of the deadline, before the expiry is reported.
pub fn dl5_an_expiry_waits_for_a_finalizer(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (inside, gate) = (Event::new(), Event::new());
        let work = finally(pending::<()>(), async |exit| {
            let Exit::Cancelled(reason) = exit else {
                panic!("{exit:?}");
            };
            assert_eq!(reason.cause(), &Cause::Deadline);
            inside.set();
            gate.wait().await;
            sleep(SHORT).await;
            trace.push("cleaned up");
        });
        let timed = async {
            let result = fail_after(SHORT, work).await;
            trace.push("reported");
            result
        };
        let (result, ()) = join!(timed, async {
            inside.wait().await;
            yields(20).await;
            assert_eq!(trace.snapshot(), Vec::<String>::new());
            gate.set();
        });
        assert!(result.is_err());
        assert_eq!(trace.take(), ["cleaned up", "reported"]);
    });
}

/// DL5: a finalizer under a deadline that is past from the start: its body ends at its first wait, its cleanup runs.
pub fn dl5_a_finalizer_under_a_past_deadline_runs(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let work = finally(
            async {
                trace.push("body");
                checkpoint().await;
                trace.push("unreachable");
            },
            async |_| {
                checkpoint().await;
                trace.push("cleaned up");
            },
        );
        assert!(move_on_after(Duration::ZERO, work).await.is_none());
        assert_eq!(trace.take(), ["body", "cleaned up"]);
    });
}

/// DL5: nested cleanups run innermost first before the expiry is reported.
pub fn dl5_an_expiry_unwinds_from_the_inside_out(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let noted = |text: &'static str| {
            let trace = trace.clone();
            async move |_| {
                yields(3).await;
                trace.push(text);
            }
        };
        let inner = finally(pending::<()>(), noted("inner"));
        let between = async {
            inner.await;
            trace.push("unreachable");
        };
        assert!(
            move_on_after(SHORT, finally(between, noted("outer")))
                .await
                .is_none()
        );
        assert_eq!(trace.take(), ["inner", "outer"]);
    });
}

/// DL5: the value of a shield that outlives the deadline is returned: value beats cancellation.
pub fn dl5_a_shielded_value_outlives_the_deadline(on: &Flavour) {
    on.run(async {
        let late = async || {
            let deadline = current_effective_deadline().expect("under a deadline");
            shield(sleep_until(deadline + SHORT)).await;
            7
        };
        assert_eq!(move_on_after(SHORT, late()).await, Some(7));
        assert_eq!(fail_after(SHORT, late()).await.unwrap(), 7);
    });
}

/// DL5: so is that of a blocking call.
pub fn dl5_a_blocking_call_outlives_the_deadline(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(async {
            let (moving, watched) = (handle.clone(), handle.clone());
            run_in_threadpool(move || {
                moving.set_deadline(Instant::now() + SHORT);
                while !watched.cancel_called() {
                    take_time();
                }
                7
            })
            .await
        });
        assert_eq!(result.await.unwrap(), 7);
        assert!(handle.cancel_called());
    });
}

/// DL5: a group under an expired deadline is left when the last of its children has gone.
pub fn dl5_an_expiry_waits_for_the_children_of_a_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(task_group(async |g| {
            for _ in 0..5 {
                let (inside, noted) = (Event::new(), trace.clone());
                let ready = inside.clone();
                g.spawn(async move {
                    shield(async {
                        ready.set();
                        until(|| noted.count("expired") > 0).await;
                        yields(10).await;
                    })
                    .await;
                    noted.push("shielded");
                    pending::<()>().await;
                });
                inside.wait().await;
            }
            let noted = trace.clone();
            g.spawn(async move {
                let reason = asked_to_stop().await;
                assert_eq!(reason.cause(), &Cause::Deadline);
                noted.push("expired");
            });
            handle.set_deadline(Instant::now() + SHORT);
        }));
        assert!(result.await.is_err());
        trace.push("left");
        let seen = trace.take();
        assert_eq!(seen.first().map(String::as_str), Some("expired"));
        assert_eq!(seen.iter().filter(|text| *text == "shielded").count(), 5);
        assert_eq!(seen.last().map(String::as_str), Some("left"));
    });
}

/// DL5: while something holds after the expiry nothing spins.
pub fn dl5_an_expired_region_that_is_held_is_idle(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let scope = CancelScope::new();
        let (handle, opening) = (scope.handle(), gate.clone());
        let (held, counter) = counted(gate.wait());
        let (run, outer_counter) = counted(scope.run(async {
            handle.set_deadline(Instant::now() + SHORT);
            shield(held).await;
            pending::<()>().await;
        }));
        let watched = handle.clone();
        let opener = start_thread(move || {
            while !watched.cancel_called() {
                std::thread::sleep(SHORT);
            }
            // Room for a region that spins to give itself away; a correct one sleeps here.
            std::thread::sleep(10 * SHORT);
            opening.set();
        });
        assert!(run.await.is_err());
        opener.join().unwrap();
        assert!(counter.polls() <= 50, "held: {}", counter.polls());
        assert!(
            outer_counter.polls() <= 50,
            "scope: {}",
            outer_counter.polls()
        );
    });
}

/// DL5: code after a shield that outlived the deadline runs up to its next wait.
pub fn dl5_code_after_a_shield_runs_to_its_next_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = fail_after(SHORT, async {
            let deadline = current_effective_deadline().expect("under a deadline");
            shield(async { stay_until_past(deadline) }).await;
            trace.push("after the shield");
            yield_once().await;
            trace.push("unreachable");
        })
        .await;
        assert_eq!(trace.take(), ["after the shield"]);
        assert!(result.is_err());
    });
}
