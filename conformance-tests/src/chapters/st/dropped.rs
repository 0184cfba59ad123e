//! A `start` that foreign code drops: the child is cancelled and adopted, and nothing is lost from sight.

use super::{Slot, beside, beside_fallible, noting};
use crate::harness::*;

/// A child that says that it runs, waits for ever and notes its cleanup. It never sets.
fn endless(
    polled: &Event,
    trace: &Trace,
) -> impl FnOnce(Started<u32>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + use<> {
    let (polled, trace) = (polled.clone(), trace.clone());
    move |started| {
        Box::pin(async move {
            let _started = started;
            let body = async {
                polled.set();
                pending::<()>().await;
            };
            finally(body, async |_| {
                yields(5).await;
                trace.push("cleaned");
            })
            .await;
        })
    }
}

/// ST3: the child of a dropped `start` is cancelled; the enclosing group waits for its cleanup; the escape is told.
pub fn st3_the_child_of_a_dropped_start_is_adopted(on: &Flavour) {
    let (trace, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let polled = Event::new();
            let adopting = task_group(async |_| {
                let mut start = Box::pin(g.start(endless(&polled, &trace)));
                assert!(poll_once(&mut start).await.is_pending());
                polled.wait().await;
                assert_eq!(escapes(), 0);
                drop(start);
                assert_eq!(escapes(), 1);
            });
            assert!(adopting.await.is_ok());
            trace.push("adopting group left");
            assert!(!g.cancel_called());
            assert_eq!(g.spawn(async { 7 }).await.unwrap(), 7);
        })
        .await;
        assert!(left.is_ok());
        trace
    });
    let expected = ["cleaned", "adopting group left", "group left"];
    assert_eq!(trace.take(), expected);
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// ST3: without a group around the caller the root adopts the child: `run` returns after its cleanup.
pub fn st3_the_root_adopts_the_child_of_a_dropped_start(on: &Flavour) {
    let (trace, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, close| {
            let polled = Event::new();
            let mut start = Box::pin(g.start(endless(&polled, &trace)));
            assert!(poll_once(&mut start).await.is_pending());
            polled.wait().await;
            close.set();
            drop(start);
            // The dropped start does not keep the group open.
            until(|| g.is_closed()).await;
        })
        .await;
        assert!(left.is_ok());
        trace
    });
    assert_eq!(trace.count("cleaned"), 1);
    assert_eq!(trace.count("group left"), 1);
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// ST3: `set` after the drop does nothing: the child is not moved into the group.
pub fn st3_set_after_the_drop_of_start_does_nothing(on: &Flavour) {
    let (trace, _reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (slot, gate, log) = (Slot::new(), Event::new(), trace.clone());
            let (leave, open) = (slot.clone(), gate.clone());
            let adopting = task_group(async |_| {
                let mut start = Box::pin(g.start(|started: Started<u32>| async move {
                    leave.put(started);
                    shield(open.wait()).await;
                    log.push("shielded");
                    checkpoint().await;
                    log.push("unreachable");
                }));
                assert!(poll_once(&mut start).await.is_pending());
                let started = slot.take().await;
                drop(start);
                started.set(7);
                gate.set();
            });
            assert!(adopting.await.is_ok());
            trace.push("adopting group left");
        })
        .await;
        assert!(left.is_ok());
        trace
    });
    let expected = ["shielded", "adopting group left", "group left"];
    assert_eq!(trace.take(), expected);
}

/// ST2: a `start` dropped after `set`, before it gave the value, leaves the child in the group: nothing escapes.
pub fn st2_a_start_dropped_after_set_leaves_the_child_in_the_group(on: &Flavour) {
    let (trace, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let (slot, gate, log) = (Slot::new(), Event::new(), trace.clone());
            let (leave, open) = (slot.clone(), gate.clone());
            let value = DropProbe::new(&trace, "value gone");
            let mut start = Box::pin(g.start(|started: Started<DropProbe>| async move {
                leave.put(started);
                open.wait().await;
                checkpoint().await;
                log.push("child ends");
            }));
            assert!(poll_once(&mut start).await.is_pending());
            slot.take().await.set(value);
            drop(start);
            trace.push("start dropped");
            assert_eq!(escapes(), 0);
            gate.set();
        })
        .await;
        assert!(left.is_ok());
        trace
    });
    let expected = ["value gone", "start dropped", "child ends", "group left"];
    assert_eq!(trace.take(), expected);
    assert!(reports.is_empty(), "{reports:?}");
}

/// Runs `main` and returns the errors that the hook was told of, as no group could return them.
fn orphaned(on: &Flavour, main: impl Future<Output = ()>) -> Vec<&'static str> {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let hook = errors.clone();
    on.run_with_hook(main, move |report| {
        if let Report::OrphanFailed { error, .. } = report {
            let error = error.downcast().expect("the child's error");
            hook.lock().unwrap().push(*error);
        }
    });
    std::mem::take(&mut *errors.lock().unwrap())
}

/// ST3: the error of an adopted child is told to the hook, as no group can return it.
pub fn st3_the_error_of_an_adopted_child_is_told(on: &Flavour) {
    let errors = orphaned(on, async {
        let trace = Trace::new();
        let (left, ()) = beside_fallible(&trace, async |g| {
            let (polled, gate) = (Event::new(), Event::new());
            let (signal, open) = (polled.clone(), gate.clone());
            let adopting = task_group(async |_| {
                let mut start = Box::pin(g.start(|started: Started<u32>| async move {
                    let _started = started;
                    signal.set();
                    shield(open.wait()).await;
                    Err::<(), _>("orphan")
                }));
                assert!(poll_once(&mut start).await.is_pending());
                polled.wait().await;
                drop(start);
                gate.set();
            });
            assert!(adopting.await.is_ok());
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
    });
    assert_eq!(errors, ["orphan"]);
}

/// ST3: an error that `start` had not given when it was dropped is told as well.
pub fn st3_an_error_dropped_with_its_start_is_told(on: &Flavour) {
    let errors = orphaned(on, async {
        let trace = Trace::new();
        let (left, ()) = beside_fallible(&trace, async |g| {
            let (gate, ended) = (Event::new(), Event::new());
            let (open, signal) = (gate.clone(), SetOnDrop(ended.clone()));
            let mut start = Box::pin(g.start(|_: Started<u32>| async move {
                let _signal = signal;
                open.wait().await;
                Err::<(), _>("unclaimed")
            }));
            assert!(poll_once(&mut start).await.is_pending());
            gate.set();
            ended.wait().await;
            drop(start);
            yields(5).await;
            assert!(!g.cancel_called());
        })
        .await;
        assert!(left.is_ok());
    });
    assert_eq!(errors, ["unclaimed"]);
}

/// Sets its event when it is dropped.
struct SetOnDrop(Event);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// ST3: a finished `start` that is dropped later is nobody's concern.
pub fn st3_a_finished_start_is_not_an_escape(on: &Flavour) {
    let (trace, reports) = on.run_reporting(async {
        let trace = Trace::new();
        let (left, ()) = beside(&trace, async |g, _| {
            let cleanup = noting(&trace);
            let mut start = Box::pin(g.start(|started: Started<u32>| async move {
                started.set(7);
                finally(yields(3), cleanup).await;
            }));
            let (value, _) = (&mut start).await.unwrap();
            assert_eq!(value, 7);
            drop(start);
            assert_eq!(escapes(), 0);
        })
        .await;
        assert!(left.is_ok());
        trace
    });
    assert_eq!(trace.take(), ["Completed", "group left"]);
    assert!(reports.is_empty(), "{reports:?}");
}

/// ST2: from `set` on the child's error is its group's, also where `start` was dropped before it gave the value.
pub fn st2_a_start_dropped_after_set_leaves_the_error_to_the_group(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let result = try_task_group(async |g| {
            let (slot, gate) = (Slot::new(), Event::new());
            let (leave, opened) = (slot.clone(), gate.clone());
            let mut start = Box::pin(g.start(|started: Started<u32>| async move {
                leave.put(started);
                opened.wait().await;
                Err::<(), _>("of the group")
            }));
            assert!(poll_once(&mut start).await.is_pending());
            slot.take().await.set(7);
            drop(start);
            gate.set();
            Ok(())
        })
        .await;
        assert_eq!(result.unwrap_err().into_errors(), ["of the group"]);
    });
    assert_eq!(reports, Vec::<String>::new());
}

/// SC13: the error of a child that outlives its dropped `start` is told, also by a local group, which cannot hand it on.
pub fn st3_the_error_of_a_local_child_is_told_after_a_drop_of_its_start(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let result = try_local_task_group(async |g: TryLocalTaskGroup<'_, &'static str>| {
            let (polled, gate) = (Event::new(), Event::new());
            let (told, opened) = (polled.clone(), gate.clone());
            let mut start = Box::pin(g.start(|started: Started<u32>| async move {
                let _started = started;
                told.set();
                shield(opened.wait()).await;
                Err::<(), _>("orphan")
            }));
            assert!(poll_once(&mut start).await.is_pending());
            polled.wait().await;
            drop(start);
            gate.set();
            yields(5).await;
            assert!(!g.cancel_called());
            Ok(())
        })
        .await;
        assert!(result.is_ok());
    });
    assert_eq!(
        reports_of(&reports, "nobody left to be told"),
        1,
        "{reports:?}"
    );
}
