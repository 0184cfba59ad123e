//! SC8, SC9: cancels from threads that race with what they cancel. No wake may be lost and nobody may be forgotten.
//!
//! Every round lets two or three threads off at the same time; a lost wake shows as a test that hangs.

use crate::harness::*;
use std::sync::Barrier;

const ROUNDS: usize = 200;

/// Lets `racers` off together with the caller's next step, one thread each.
fn let_off(racers: Vec<Box<dyn FnOnce() + Send>>) {
    let barrier = Arc::new(Barrier::new(racers.len() + 1));
    for racer in racers {
        let barrier = barrier.clone();
        start_thread(move || {
            barrier.wait();
            racer();
        });
    }
    barrier.wait();
}

/// SC9: a cancel that races with the first polls of a scope is seen.
pub fn sc9_a_cancel_that_races_with_the_first_poll_is_seen(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (body, counter) = pending_counted();
            let_off(vec![Box::new(move || {
                handle.cancel();
            })]);
            let result = scope.run(CancelScope::new().run(body)).await;
            assert!(result.is_err());
            assert_eq!(counter.drops(), 1);
        }
    });
}

/// SC9: a cancel that races with the end of a hold ends the body, whichever comes first.
pub fn sc9_a_cancel_that_races_with_the_end_of_a_hold_is_seen(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let gate = Event::new();
            let (neighbour, counter) = pending_counted();
            let hold = gate.wait();
            let mut run = Box::pin(scope.run(async move {
                futures_util::join!(shield(hold), neighbour);
            }));
            assert!(poll_once(&mut run).await.is_pending());
            let_off(vec![
                Box::new(move || {
                    handle.cancel();
                }),
                Box::new(move || gate.set()),
            ]);
            assert!(run.await.is_err());
            assert_eq!(counter.drops(), 1);
        }
    });
}

/// SC9: a cancel that races with the children's own end finds each of them ended, once.
pub fn sc9_a_cancel_that_races_with_the_end_of_children_loses_none(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS / 4 {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let gate = Event::new();
            let (ending, pending): (Vec<_>, Vec<_>) = (0..8)
                .map(|_| (counted(gate.wait()), pending_counted()))
                .unzip();
            let mut counters = Vec::new();
            let result = scope
                .run(task_group(async |g: TaskGroup| {
                    for (child, counter) in ending {
                        counters.push(counter);
                        g.spawn(child);
                    }
                    for (child, counter) in pending {
                        counters.push(counter);
                        g.spawn(child);
                    }
                    yield_once().await;
                    let_off(vec![
                        Box::new(move || {
                            handle.cancel();
                        }),
                        Box::new(move || gate.set()),
                    ]);
                }))
                .await;
            assert!(result.is_err(), "the pending children were cut short");
            assert!(counters.iter().all(|counter| counter.drops() == 1));
        }
    });
}

/// SC9: a child that is spawned while the cancel is on its way is reached too.
pub fn sc9_a_cancel_that_races_with_spawns_reaches_every_child(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS / 4 {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut counters = Vec::new();
            let result = scope
                .run(task_group(async |g: TaskGroup| {
                    let_off(vec![Box::new(move || {
                        handle.cancel();
                    })]);
                    while !is_cancelled() {
                        let (child, counter) = pending_counted();
                        counters.push(counter);
                        g.spawn(child);
                    }
                    for _ in 0..4 {
                        let (child, counter) = pending_counted();
                        counters.push(counter);
                        g.spawn(child);
                    }
                }))
                .await;
            assert!(result.is_err());
            assert!(counters.iter().all(|counter| counter.drops() == 1));
        }
    });
}

/// SC8: two cancels on different levels at the same time: the outer scope absorbs, or the inner one did before.
pub fn sc8_cancels_on_two_levels_at_the_same_time_agree(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let (outer, inner) = (CancelScope::new(), CancelScope::new());
            let (outer_handle, inner_handle) = (outer.handle(), inner.handle());
            let mut inner_absorbed = None;
            let body = async {
                let_off(vec![
                    Box::new(move || {
                        outer_handle.cancel_with("outer");
                    }),
                    Box::new(move || {
                        inner_handle.cancel_with("inner");
                    }),
                ]);
                let cancelled = inner.run(pending::<()>()).await.expect_err("cancelled");
                inner_absorbed = Some(cancelled);
                pending::<()>().await;
            };
            let cancelled = outer.run(body).await.expect_err("the outer scope ends it");
            assert_eq!(cancelled.reason().cause(), &super::explicit("outer"));
            if let Some(cancelled) = inner_absorbed {
                assert_eq!(cancelled.reason().cause(), &super::explicit("inner"));
            }
        }
    });
}
