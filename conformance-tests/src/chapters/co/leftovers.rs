//! CO2: many that are still at work when the outcome is settled, or a cancel or a panic comes. All are waited for, and
//! those that end together need no further wake.

use super::{Boxed, ByHand, after, opened_after_a_cancel};
use crate::harness::*;
use std::cell::Cell;

/// More than are polled by the way.
const MANY: usize = 20;

/// How many ways there are to put them together.
const KINDS: usize = 5;

type One<'a> = Boxed<'a, Result<usize, usize>>;

/// `first`, and many that are shielded until the gate is open.
fn together<'a>(
    kind: usize,
    first: One<'a>,
    gate: &'a Event,
    ended: &'a Cell<usize>,
) -> Boxed<'a, ()> {
    let late = |n| -> One<'a> {
        let work = after(gate, n);
        Box::pin(async move {
            let n = shield(work).await;
            ended.set(ended.get() + 1);
            Err(n)
        })
    };
    let all: Vec<_> = std::iter::once(first).chain((0..MANY).map(late)).collect();
    match kind {
        0 => Box::pin(async { assert!(race(all).await.is_ok() || ended.get() > 0) }),
        1 => Box::pin(async { drop(select(all).await) }),
        2 => Box::pin(async { drop(race_ok(all).await) }),
        3 => Box::pin(async { drop(try_gather(all).await) }),
        _ => Box::pin(as_completed(all, async |mut results: Completed<_>| {
            assert!(results.next().await.is_some());
        })),
    }
}

/// CO2: those that have not begun when the outcome is there never do.
pub fn co2_many_that_have_not_begun_are_not_needed(on: &Flavour) {
    on.run(async {
        for kind in 0..KINDS {
            let (gate, ended) = (Event::new(), Cell::new(0));
            // What settles a `try_gather` is an error.
            let first = if kind == 3 { Err(7) } else { Ok(7) };
            let mut all = ByHand::new(together(kind, Box::pin(ready(first)), &gate, &ended));
            assert!(all.go().await.is_ready(), "kind {kind}");
            assert_eq!(ended.get(), 0, "kind {kind}");
        }
    });
}

/// CO2: after an outcome that comes when all have begun.
pub fn co2_many_losers_that_have_begun_are_waited_for(on: &Flavour) {
    on.run(async {
        for kind in 0..KINDS {
            let (start, gate, ended) = (Event::new(), Event::new(), Cell::new(0));
            let first = if kind == 3 { Err(7) } else { Ok(7) };
            let first = Box::pin(after(&start, first));
            let mut all = ByHand::new(together(kind, first, &gate, &ended));
            assert!(all.go().await.is_pending());
            start.set();
            assert!(all.go().await.is_pending(), "kind {kind}");
            gate.set();
            assert!(all.go().await.is_ready(), "kind {kind}");
            assert_eq!(ended.get(), MANY, "kind {kind}");
        }
    });
}

/// CO2, TG7: after a cancel from outside.
pub fn co2_many_that_end_together_after_a_cancel_are_waited_for(on: &Flavour) {
    on.run(async {
        for kind in 0..KINDS {
            let (gate, ended) = (Event::new(), Cell::new(0));
            let scope = CancelScope::new();
            let handle = scope.handle();
            let all = together(kind, Box::pin(pending()), &gate, &ended);
            let mut run = ByHand::new(scope.run(all));
            assert!(run.go().await.is_pending());
            handle.cancel();
            assert!(run.go().await.is_pending(), "kind {kind}");
            gate.set();
            assert!(run.go().await.is_ready(), "kind {kind}");
            assert_eq!(ended.get(), MANY, "kind {kind}");
        }
    });
}

/// CO2, TG6: after a panic.
pub fn co2_many_that_end_together_after_a_panic_are_waited_for(on: &Flavour) {
    on.run(async {
        for kind in 0..KINDS {
            let (start, gate, ended) = (Event::new(), Event::new(), Cell::new(0));
            let first = Box::pin(async {
                start.wait().await;
                quiet_panic("first")
            });
            let all = together(kind, first, &gate, &ended);
            let mut run = ByHand::new(catch_async(all));
            assert!(run.go().await.is_pending());
            start.set();
            assert!(run.go().await.is_pending(), "kind {kind}");
            gate.set();
            let Poll::Ready(caught) = run.go().await else {
                panic!("all have ended, kind {kind}");
            };
            assert_eq!(caught.expect_err("it panics"), "first");
            assert_eq!(ended.get(), MANY, "kind {kind}");
        }
    });
}

/// CO2, CO5, SC3: with a limit that all take up, values that come after a cancel are all there all the same.
pub fn co2_a_limit_that_is_taken_up_keeps_the_values_after_a_cancel(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let both = gather([shield(after(&gate, 1)), shield(after(&gate, 2))]).limit(2);
        let mut run = ByHand::new(scope.run(both));
        let values = opened_after_a_cancel(&mut run, &handle, &gate).await;
        assert_eq!(values.ok(), Some([1, 2]));
    });
}
