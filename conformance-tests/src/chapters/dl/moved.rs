//! DL4: a handle moves the deadline of a scope that is running.
//!
//! One test after the other about one rule, which makes the file longer than others.

use super::{FAR, SHORT, stay_until_past, with_lead};
use crate::harness::*;

/// Asserts that a deadline cancelled the scope.
fn by_deadline<T: std::fmt::Debug>(result: Result<T, Cancelled>) {
    let cancelled = result.expect_err("the deadline has passed");
    assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
}

/// DL4: a scope without a deadline is given one while its body waits, by another thread.
pub fn dl4_a_deadline_is_set_while_the_body_waits(on: &Flavour) {
    on.run(async {
        let waiting = Event::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (body, started) = (pending_counted(), waiting.clone());
        let mover = start_thread(move || {
            waiting.wait_blocking();
            let at = Instant::now() + SHORT;
            handle.set_deadline(at);
            at
        });
        let result = scope.run(async {
            started.set();
            body.0.await;
        });
        by_deadline(result.await);
        assert!(Instant::now() >= mover.join().unwrap());
        assert_eq!(body.1.drops(), 1);
    });
}

/// DL4: a move that another thread makes at the very moment of a poll is not lost.
pub fn dl4_a_move_that_races_with_a_poll_is_not_lost(on: &Flavour) {
    on.run(async {
        for n in 0..200usize {
            let polled = Event::new();
            let scope = CancelScope::new().deadline_after(FAR);
            let (handle, polling) = (scope.handle(), polled.clone());
            let mover = start_thread(move || {
                polled.wait_blocking();
                for _ in 0..n % 20 {
                    std::hint::spin_loop();
                }
                handle.set_deadline(Instant::now());
            });
            let result = scope.run(async {
                polling.set();
                yields(n % 4).await;
                pending::<()>().await;
            });
            by_deadline(result.await);
            mover.join().unwrap();
        }
    });
}

/// DL4: a deadline that is moved to an instant that has passed cancels there and then, whether the body waits or not, in
/// its first poll and later; a scope that has not been entered is cancelled when it is (SC7).
pub fn dl4_a_deadline_moved_to_the_past_cancels_at_once(on: &Flavour) {
    on.run(async {
        for waits in [0, 1, 3] {
            let scope = CancelScope::new().deadline_after(FAR);
            let handle = scope.handle();
            let result = scope.run(async {
                yields(waits).await;
                handle.set_deadline(Instant::now());
                assert!(handle.cancel_called());
                assert!(is_cancelled());
                // Nothing is left to be ready.
                checkpoint_if_cancelled().await;
                unreachable!("the region is cancelled");
            });
            by_deadline::<()>(result.await);
        }
        let scope = CancelScope::new();
        let handle = scope.handle();
        handle.set_deadline(Instant::now());
        assert!(!handle.cancel_called());
        by_deadline(scope.run(checkpoint()).await);
    });
}

/// DL4: a deadline far away is moved to the present.
pub fn dl4_a_deadline_is_moved_earlier(on: &Flavour) {
    on.run(async {
        for late in [Duration::ZERO, SHORT] {
            let scope = CancelScope::new().deadline_after(FAR);
            let handle = scope.handle();
            let moved = async {
                yields(5).await;
                let at = Instant::now() + late;
                handle.set_deadline(at);
                at
            };
            let (result, at) = futures_util::join!(scope.run(pending::<()>()), moved);
            by_deadline(result);
            assert!(Instant::now() >= at);
        }
    });
}

/// DL4: a deadline is moved later and then counts from there.
pub fn dl4_a_deadline_is_moved_later(on: &Flavour) {
    on.run(async {
        with_lead(async |lead| {
            let first = Instant::now() + lead;
            let second = first + lead;
            let scope = CancelScope::new().deadline(first);
            let handle = scope.handle();
            let mut in_time = false;
            let result = scope.run(async {
                yields(3).await;
                handle.set_deadline(second);
                in_time = Instant::now() < first;
                assert_eq!(
                    current_effective_deadline().filter(|_| in_time),
                    in_time.then_some(second)
                );
                pending::<()>().await;
            });
            by_deadline(result.await);
            in_time.then(|| assert!(Instant::now() >= second))
        })
        .await;
    });
}

/// DL4: a deadline is taken away, and the body goes on beyond it.
pub fn dl4_a_deadline_is_taken_away(on: &Flavour) {
    on.run(async {
        let value = with_lead(async |lead| {
            let at = Instant::now() + lead;
            let scope = CancelScope::new().deadline(at);
            let handle = scope.handle();
            let mut in_time = false;
            let result = scope.run(async {
                yields(3).await;
                handle.set_deadline(None);
                in_time = Instant::now() < at;
                sleep_until(at + SHORT).await;
                (handle.deadline(), current_effective_deadline())
            });
            let result = result.await;
            in_time.then(|| result.expect("there is no deadline"))
        })
        .await;
        assert_eq!(value, (None, None));
    });
}

/// DL4: a thousand moves, there and back, and only the last one counts.
pub fn dl4_only_the_last_of_many_moves_counts(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let moves = async {
            let now = Instant::now();
            for n in 1..1000u32 {
                handle.set_deadline(now + (1000 - n) * FAR);
                if n % 3 == 0 {
                    handle.set_deadline(None);
                }
                if n % 10 == 0 {
                    yield_once().await;
                }
            }
            let at = Instant::now() + SHORT;
            handle.set_deadline(at);
            at
        };
        let (result, at) = futures_util::join!(scope.run(pending::<()>()), moves);
        by_deadline(result);
        assert!(Instant::now() >= at);
    });
}

/// DL4: a move before the run counts from the first poll on.
pub fn dl4_a_deadline_is_moved_before_the_run(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline_after(FAR);
        scope.handle().set_deadline(Instant::now());
        let (body, counter) = pending_counted();
        by_deadline(scope.run(body).await);
        assert_eq!(counter.polls(), 1);
        let scope = CancelScope::new().deadline(Instant::now() + FAR);
        scope.handle().set_deadline(None);
        assert_eq!(
            scope
                .run(async { current_effective_deadline() })
                .await
                .unwrap(),
            None
        );
    });
}

/// DL4: after an expiry a move has no effect: the scope stays cancelled, for what is inside as well.
pub fn dl4_a_move_after_the_expiry_has_no_effect(on: &Flavour) {
    on.run(async {
        for later in [None, Some(FAR)] {
            let scope = CancelScope::new().deadline_after(SHORT);
            let handle = scope.handle();
            let result = scope.run(async {
                shield(until(|| handle.cancel_called())).await;
                handle.set_deadline(later.map(|later| Instant::now() + later));
                assert!(handle.cancel_called());
                assert!(is_cancelled());
                assert!(current_effective_deadline().expect("cancelled") <= Instant::now());
                checkpoint().await;
            });
            by_deadline(result.await);
        }
    });
}

/// DL4: nor has it one after a cancel by hand, and the reason stays.
pub fn dl4_a_move_after_a_cancel_has_no_effect(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline_after(FAR);
        let handle = scope.handle();
        let result = scope.run(async {
            handle.cancel_with("by hand");
            handle.set_deadline(Instant::now());
            stay_until_past(Instant::now());
            handle.set_deadline(None);
            assert!(is_cancelled());
            pending::<()>().await;
        });
        let cancelled = result.await.unwrap_err();
        assert_eq!(
            cancelled.reason().cause(),
            &Cause::Explicit(Some("by hand".to_owned()))
        );
    });
}

/// DL4: a move after the end changes nothing and harms nobody.
pub fn dl4_a_move_after_the_end_does_nothing(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline_after(FAR);
        let handle = scope.handle();
        assert_eq!(scope.run(async { 7 }).await.unwrap(), 7);
        handle.set_deadline(Instant::now());
        checkpoint().await;
        sleep(SHORT).await;
        assert!(!handle.cancel_called());
    });
}

/// DL4: a move reaches the children of a group inside, in whatever task they are.
pub fn dl4_a_move_reaches_the_children_of_a_group(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline_after(FAR);
        let handle = scope.handle();
        let (child, counter) = pending_counted();
        let (nested, nested_counter) = pending_counted();
        let result = scope.run(task_group(async |g| {
            g.spawn(child);
            g.spawn(async {
                let _ = move_on_after(FAR, nested).await;
            });
            g.spawn(async move {
                let at = Instant::now() + SHORT;
                handle.set_deadline(at);
                shield(sleep_until(at)).await;
            });
        }));
        by_deadline(result.await.map(|_| ()));
        assert_eq!((counter.drops(), nested_counter.drops()), (1, 1));
    });
}

/// DL4: the effective deadline of everything inside follows a move.
pub fn dl4_the_effective_deadline_follows_a_move(on: &Flavour) {
    on.run(async {
        let now = Instant::now();
        let scope = CancelScope::new().deadline(now + FAR);
        let handle = scope.handle();
        let result = scope.run(move_on_at(now + 3 * FAR, async {
            let mut seen = vec![current_effective_deadline()];
            for to in [
                Some(now + 2 * FAR),
                None,
                Some(now + 4 * FAR),
                Some(now + FAR),
            ] {
                handle.set_deadline(to);
                assert_eq!(handle.deadline(), to);
                seen.push(current_effective_deadline());
            }
            seen
        }));
        let seen = result.await.unwrap().expect("far away");
        let expected = [1, 2, 3, 3, 1].map(|hours| Some(now + hours * FAR));
        assert_eq!(seen, expected);
    });
}

/// DL4: the region of a group has a deadline that moves too.
pub fn dl4_a_group_is_given_a_deadline(on: &Flavour) {
    on.run(async {
        let (child, counter) = pending_counted();
        let result = task_group(async |g| {
            g.spawn(child);
            assert_eq!(g.handle().deadline(), None);
            g.handle().set_deadline(Instant::now() + SHORT);
            pending::<()>().await;
        });
        by_deadline(result.await);
        assert_eq!(counter.drops(), 1);
    });
}

/// DL4: a deadline that is moved after the scope was cancelled or has ended stays what it was.
pub fn dl4_a_move_after_the_end_has_no_effect(on: &Flavour) {
    on.run(async {
        let far = Instant::now() + Duration::from_secs(3600);
        let scope = CancelScope::new();
        let handle = scope.handle();
        handle.cancel();
        handle.set_deadline(far);
        assert_eq!(handle.deadline(), None);
        let scope = CancelScope::new();
        let handle = scope.handle();
        assert!(scope.run(yields(3)).await.is_ok());
        handle.set_deadline(far);
        assert_eq!(handle.deadline(), None);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = handle.clone();
        let result = scope
            .run(async move {
                inside.cancel();
                inside.set_deadline(far);
                inside.deadline()
            })
            .await;
        assert_eq!(result.unwrap(), None);
    });
}
