//! Races of a cancel with the beginning and the end of a shield: the outcome is the same or one of two, never a third.

use std::sync::Barrier;

use crate::harness::*;

const ROUNDS: usize = 200;

/// Lets the cancel and the event happen at the same moment on threads of their own.
fn race(handle: ScopeHandle, event: &Event) {
    let (start, event) = (Arc::new(Barrier::new(2)), event.clone());
    let same = start.clone();
    start_thread(move || {
        start.wait();
        handle.cancel();
    });
    start_thread(move || {
        same.wait();
        event.set();
    });
}

/// SH1: a cancel that races the end of a shield never takes its value.
pub fn sh1_a_race_of_the_cancel_and_the_end_of_a_shield(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let (scope, event) = (CancelScope::new(), Event::new());
            let handle = scope.handle();
            let result = scope
                .run(shield(async {
                    race(handle, &event);
                    event.wait().await;
                    7
                }))
                .await;
            assert_eq!(result.ok(), Some(7));
        }
    });
}

/// SH2: a cancel that races the entry of a shield, or its end, lands at the wait after it and nowhere else.
pub fn sh2_a_race_of_the_cancel_and_the_entry_of_a_shield(on: &Flavour) {
    on.run(async {
        for round in 0..ROUNDS {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let canceller = start_thread(move || handle.cancel());
            let result = scope
                .run(async {
                    shield(yields(round % 4)).await;
                    trace.push("shielded");
                    pending::<()>().await;
                    trace.push("unreachable");
                })
                .await;
            canceller.join().unwrap();
            assert!(result.is_err());
            assert_eq!(trace.take(), ["shielded"]);
        }
    });
}

/// SH3: the end of the grace races the value: one of the two is returned, and the body is gone.
pub fn sh3_a_race_of_the_value_and_the_end_of_the_grace(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let (scope, event) = (CancelScope::new(), Event::new());
            let handle = scope.handle();
            let (body, counter) = counted(event.wait());
            let result = scope
                .run(async {
                    race(handle, &event);
                    let value = shield_for(Duration::ZERO, body).await;
                    assert_eq!(counter.drops(), 1);
                    value.is_ok()
                })
                .await;
            // Both outcomes are values of the body, which does not wait after its shield.
            assert!(result.is_ok());
        }
    });
}

/// SH4: a cancel that races the end of the restored part cuts it or not; the shielded body goes on either way.
pub fn sh4_a_race_of_the_cancel_and_the_end_of_the_restored_part(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            let (scope, event) = (CancelScope::new(), Event::new());
            let handle = scope.handle();
            let inside = handle.clone();
            let result = scope
                .run(shield(async {
                    let cut = restore(async {
                        race(inside, &event);
                        event.wait().await;
                    })
                    .await
                    .is_err();
                    if cut {
                        assert!(handle.cancel_called());
                    }
                    yields(2).await;
                    checkpoint().await;
                    7
                }))
                .await;
            assert_eq!(result.ok(), Some(7));
        }
    });
}
