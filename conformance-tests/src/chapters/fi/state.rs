//! `finally_with`: one state, lent to the body and then to the cleanup.

use super::told;
use crate::harness::*;

/// Something both work on; says when it is dropped.
struct State {
    values: Vec<u32>,
    _probe: DropProbe,
}

impl State {
    fn new(trace: &Trace) -> Self {
        Self {
            values: Vec::new(),
            _probe: DropProbe::new(trace, "state gone"),
        }
    }
}

/// FI1: on a value the cleanup sees what the body did to the state, and the state is dropped after it.
pub fn fi1_the_state_is_lent_in_turn(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let sum = finally_with(
            State::new(&trace),
            async |state: &mut State| {
                state.values.push(1);
                yields(2).await;
                state.values.push(2);
                state.values.iter().sum::<u32>()
            },
            async |state: &mut State, exit| {
                state.values.push(3);
                yields(2).await;
                trace.push(format!("{} {:?}", told(&exit), state.values));
            },
        )
        .await;
        trace.push(format!("got {sum}"));
        assert_eq!(trace.take(), ["completed [1, 2, 3]", "state gone", "got 3"]);
    });
}

/// FI1: on a cancel the cleanup has the state as the body left it.
pub fn fi1_the_state_survives_a_cancel(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(finally_with(
                State::new(&trace),
                async |state: &mut State| {
                    state.values.push(1);
                    handle.cancel_with("stop");
                    pending::<()>().await;
                    state.values.push(2);
                },
                async |state: &mut State, exit| {
                    yields(2).await;
                    trace.push(format!("{} {:?}", told(&exit), state.values));
                },
            ))
            .await;
        trace.push("left");
        assert!(result.is_err());
        assert_eq!(trace.take(), ["stop [1]", "state gone", "left"]);
    });
}

/// FI1: on a panic as well.
pub fn fi1_the_state_survives_a_panic(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let caught = catch_async(finally_with(
            State::new(&trace),
            async |state: &mut State| {
                state.values.push(1);
                yield_once().await;
                super::fail("body");
            },
            async |state: &mut State, exit| {
                yields(2).await;
                trace.push(format!("{} {:?}", told(&exit), state.values));
            },
        ))
        .await;
        assert_eq!(caught.unwrap_err(), "body");
        assert_eq!(trace.take(), ["panicked [1]", "state gone"]);
    });
}

/// FI1: never polled, the state is dropped untouched.
pub fn fi1_the_state_of_an_unpolled_finalizer_is_dropped(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        drop(finally_with(
            State::new(&trace),
            async |_: &mut State| trace.push("body"),
            async |_: &mut State, _| trace.push("cleanup"),
        ));
        assert_eq!(trace.take(), ["state gone"]);
    });
}

/// FI1: dropped by foreign code, the state goes with the finalizer, without a cleanup.
pub fn fi1_the_state_of_a_lost_finalizer_is_dropped(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let mut dropped = Box::pin(finally_with(
            State::new(&trace),
            async |state: &mut State| {
                state.values.push(1);
                pending::<()>().await;
                state.values.push(2);
            },
            async |_: &mut State, _| trace.push("cleanup"),
        ));
        assert!(poll_once(&mut dropped).await.is_pending());
        assert!(trace.snapshot().is_empty());
        drop(dropped);
        assert_eq!(trace.take(), ["state gone"]);
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// FI1: the state may borrow, and a panic in the cleanup drops it as well.
pub fn fi1_the_state_is_dropped_when_its_cleanup_panics(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let mut borrowed = 1;
        let caught = catch_async(finally_with(
            (State::new(&trace), &mut borrowed),
            async |(state, number): &mut (State, &mut u32)| {
                state.values.push(**number);
                **number += 1;
            },
            async |(state, number): &mut (State, &mut u32), _| {
                yield_once().await;
                state.values.push(**number);
                trace.push(format!("{:?}", state.values));
                super::fail("cleanup");
            },
        ))
        .await;
        assert_eq!(caught.unwrap_err(), "cleanup");
        assert_eq!(trace.take(), ["[1, 2]", "state gone"]);
        assert_eq!(borrowed, 2);
    });
}

/// FI1: with a state that is `Send` the whole can be spawned.
pub fn fi1_a_finalizer_with_a_state_can_be_spawned(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let log = trace.clone();
            let child = g.spawn(finally_with(
                vec![1],
                async |numbers: &mut Vec<u32>| {
                    numbers.push(2);
                    yields(2).await;
                    numbers.len()
                },
                async move |numbers: &mut Vec<u32>, exit| {
                    yields(2).await;
                    log.push(format!("{} {numbers:?}", told(&exit)));
                },
            ));
            child.await.unwrap()
        })
        .await;
        assert_eq!(result.ok(), Some(2));
        assert_eq!(trace.take(), ["completed [1, 2]"]);
    });
}
