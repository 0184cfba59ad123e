//! `start` in a group with a limit: a child that waits for its place is not polled, and follows the same rules.

use super::beside;
use crate::harness::*;

/// ST1: a started child waits for its place in the group; then it runs, and `start` gives its value.
pub fn st1_start_waits_for_a_place_in_the_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            g.limit(1);
            let gate = Event::new();
            let (open, log) = (gate.clone(), trace.clone());
            g.spawn(async move {
                open.wait().await;
                log.push("first ends");
            });
            let log = trace.clone();
            let start = g.start(|started: Started<u32>| async move {
                log.push("second runs");
                started.set(7);
            });
            let drive = async {
                yields(10).await;
                assert!(trace.snapshot().is_empty());
                gate.set();
            };
            let (started, ()) = futures_util::join!(start, drive);
            started.unwrap().0
        })
        .await;
        assert_eq!(result.ok(), Some(7));
        assert_eq!(trace.take(), ["first ends", "second runs"]);
    });
}

/// ST2: cancelling the caller ends a child that waits for its place; the place goes to the next one.
pub fn st2_a_cancel_of_the_caller_ends_a_child_without_a_place(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            g.limit(1);
            let gate = Event::new();
            let open = gate.clone();
            g.spawn(async move { open.wait().await });
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (log, probe) = (trace.clone(), DropProbe::new(&trace, "captures gone"));
            let start = scope.run(g.start(|started: Started<u32>| async move {
                let _kept = (started, probe);
                log.push("child");
                pending::<()>().await;
            }));
            let cancel = async {
                yields(5).await;
                on_thread(|| handle.cancel());
            };
            let (cut, ()) = futures_util::join!(start, cancel);
            assert!(cut.is_err());
            // What the child might have done at a poll of its own is the only thing left open.
            assert_eq!(trace.count("captures gone"), 1);
            assert!(!g.cancel_called());
            gate.set();
            assert_eq!(g.spawn(async { 7 }).await.unwrap(), 7);
        })
        .await;
        assert!(left.is_ok());
    });
}

/// ST3: the place of a child that ends without `set` goes to the next one.
pub fn st3_a_child_that_does_not_start_gives_its_place_back(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            g.limit(1);
            for _ in 0..3 {
                let result = g.start(|_: Started<u32>| yields(2)).await;
                assert!(matches!(result, Err(StartError::NotStarted)));
            }
            g.spawn(async { 7 }).await.unwrap()
        })
        .await;
        assert_eq!(result.ok(), Some(7));
    });
}
