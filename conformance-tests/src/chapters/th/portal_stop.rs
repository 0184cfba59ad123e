//! TH10: the end of a portal.

use super::portal::{PATIENCE, on_plain_thread, open, told, unwinds, unwound_by};
use super::portal_tasks::cleaning;
use crate::harness::*;
use anyrt::{Portal, PortalError, Remaining};
use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// A task that ends some turns after `stopping` is set, and notes it.
pub(super) fn outlives(
    stopping: &Event,
    trace: &Trace,
) -> impl Future<Output = u32> + Send + 'static {
    let (stopping, trace) = (stopping.wait(), trace.clone());
    async move {
        stopping.await;
        yields(100).await;
        checkpoint().await;
        trace.push("task ends");
        7
    }
}

/// TH10: a stop that finishes returns when every task has ended by itself; a handle still has the value.
pub fn th10_a_stop_that_finishes_waits_for_the_tasks(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (stopping, trace) = (Event::new(), Trace::new());
        let task = portal.spawn(outlives(&stopping, &trace));
        let task = task.expect("the portal is open");
        stopping.set();
        portal.stop(Remaining::Finish).expect("not inside of it");
        trace.push("stopped");
        assert_eq!(trace.take(), ["task ends", "stopped"]);
        assert_eq!(task.status(), TaskStatus::Completed);
        assert_eq!(told(task.wait()), "7");
    });
}

/// TH10, FI2: a stop that cancels returns when the tasks have cleaned up.
pub fn th10_a_stop_that_cancels_waits_for_the_cleanups(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (entered, trace) = (Event::new(), Trace::new());
        let task = portal.spawn(cleaning(&entered, &trace));
        let mut task = task.expect("the portal is open");
        entered.wait_blocking();
        portal.stop(Remaining::Cancel).expect("not inside of it");
        trace.push("stopped");
        assert_eq!(trace.take(), ["cleaned up", "stopped"]);
        assert_eq!(task.status(), TaskStatus::Cancelled);
        let ended = task.wait_timeout(Duration::ZERO);
        assert!(matches!(ended, Some(Err(PortalError::Cancelled(_)))));
    });
}

/// TH10: a thread that is in a call when the portal is stopped gets the value, or is told that the call was cancelled.
pub fn th10_a_stop_ends_the_calls_at_work(on: &Flavour) {
    on_plain_thread(on, || {
        for remaining in [Remaining::Finish, Remaining::Cancel] {
            let finishes = matches!(remaining, Remaining::Finish);
            let portal = open(on);
            let (entered, release) = (Event::new(), Event::new());
            thread::scope(|threads| {
                let _release = release.set_on_drop();
                let call = threads.spawn(|| {
                    let _entered = entered.set_on_drop();
                    let (entered, held) = (entered.clone(), release.wait());
                    portal.call(async move {
                        entered.set();
                        held.await;
                        checkpoint().await;
                        7
                    })
                });
                entered.wait_blocking();
                if finishes {
                    release.set();
                }
                portal.stop(remaining).expect("not inside of it");
                let result = call.join().expect("the call does not panic");
                match result {
                    Ok(value) => assert!(finishes && value == 7),
                    Err(error) => {
                        assert!(!finishes && matches!(error, PortalError::Cancelled(_)));
                    }
                }
            });
        }
    });
}

/// TH10: after the stop every call, through whichever clone, says so, and no future is polled.
pub fn th10_after_the_stop_every_call_says_so(on: &Flavour) {
    let portal = open(on);
    let clone = Portal::clone(&portal);
    on_plain_thread(on, || {
        portal.stop(Remaining::Finish).expect("not inside of it");
        for portal in [&*portal, &clone] {
            let (future, called) = pending_counted();
            assert_eq!(told(portal.call(future)), "Stopped");
            let (future, spawned) = pending_counted();
            let refused = portal.spawn(future).map(|_| ());
            assert_eq!(told(refused), "Stopped");
            let (future, named) = pending_counted();
            let refused = portal.task().name("late").spawn(future).map(|_| ());
            assert_eq!(told(refused), "Stopped");
            let (future, started) = pending_counted();
            let refused = portal.start_task(|_: Started<u32>| future).map(|_| ());
            assert_eq!(told(refused), "Stopped");
            for counter in [called, spawned, named, started] {
                assert_eq!((counter.polls(), counter.drops()), (0, 1));
            }
        }
    });
    let (future, counter) = pending_counted();
    assert_eq!(told(on.run(clone.call_async(future))), "Stopped");
    assert_eq!((counter.polls(), counter.drops()), (0, 1));
}

/// TH10: a second stop waits like the first, whether they come after each other or at once.
pub fn th10_every_stop_waits(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (stopping, trace) = (Event::new(), Trace::new());
        let task = portal.spawn(outlives(&stopping, &trace));
        drop(task.expect("the portal is open"));
        thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    stopping.set();
                    portal.stop(Remaining::Finish).expect("not inside of it");
                    trace.push("stopped");
                });
            }
        });
        portal.stop(Remaining::Cancel).expect("not inside of it");
        assert_eq!(trace.take(), ["task ends", "stopped", "stopped"]);
    });
}

/// TH10: a stop that cancels hurries one that has begun to wait for the tasks to finish.
pub fn th10_a_stop_that_cancels_hurries_one_that_waits(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let held = release.wait();
        let mut task = portal.spawn(held).expect("the portal is open");
        thread::scope(|threads| {
            // Lets both stops go when what is expected does not come.
            let _release = release.set_on_drop();
            threads.spawn(|| portal.stop(Remaining::Finish));
            let end = std::time::Instant::now() + PATIENCE;
            while portal.call(async {}).is_ok() {
                assert!(std::time::Instant::now() < end, "the stop does not begin");
                thread::yield_now();
            }
            assert_eq!(task.status(), TaskStatus::Running);
            threads.spawn(|| portal.stop(Remaining::Cancel));
            let ended = task.wait_timeout(PATIENCE);
            assert!(matches!(ended, Some(Err(PortalError::Cancelled(_)))));
        });
    });
}

/// TH10: a call that races with the stop either works, to its end, or says that the portal is stopped, and so do all
/// that come after it.
pub fn th10_calls_that_race_with_a_stop_work_or_say_so(on: &Flavour) {
    on_plain_thread(on, || {
        for round in 0..10 {
            let portal = open(on);
            let (ran, together) = (Arc::new(AtomicUsize::new(0)), Barrier::new(9));
            let caller = || {
                together.wait();
                let mut worked = 0_usize;
                let mut stopped = false;
                for _ in 0..50 {
                    let ran = ran.clone();
                    let call = portal.call(async move {
                        yield_once().await;
                        ran.fetch_add(1, SeqCst);
                    });
                    match call {
                        Ok(()) => {
                            assert!(!stopped, "a call works after one that did not");
                            worked += 1;
                        }
                        Err(PortalError::Stopped) => stopped = true,
                        Err(other) => panic!("{other:?}"),
                    }
                }
                worked
            };
            let worked: usize = thread::scope(|threads| {
                let callers: Vec<_> = (0..8).map(|_| threads.spawn(caller)).collect();
                together.wait();
                for _ in 0..round * 5 {
                    thread::yield_now();
                }
                portal.stop(Remaining::Finish).expect("not inside of it");
                let ended = callers.into_iter();
                ended.map(|caller| caller.join().expect("no panic")).sum()
            });
            assert_eq!(ran.load(SeqCst), worked);
        }
    });
}

/// TH10: a portal that is dropped finishes: the drop waits for its tasks.
pub fn th10_a_dropped_portal_waits_for_the_tasks(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (dropping, trace) = (Event::new(), Trace::new());
        let task = portal.spawn(outlives(&dropping, &trace));
        let task = task.expect("the portal is open");
        dropping.set();
        drop(portal);
        trace.push("dropped");
        assert_eq!(trace.take(), ["task ends", "dropped"]);
        assert_eq!(told(task.wait()), "7");
    });
}

/// TH10: a panic that drops the portal does not wait for tasks that may never end: they are cancelled, and clean up.
pub fn th10_a_portal_dropped_by_a_panic_cancels_the_tasks(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (entered, release, trace) = (Event::new(), Event::new(), Trace::new());
        let (enter, held, noted) = (entered.clone(), release.wait(), trace.clone());
        let body = async move {
            enter.set();
            held.await;
        };
        let task = portal.spawn(finally(body, async move |_| {
            yields(20).await;
            noted.push("cleaned up");
        }));
        let mut task = task.expect("the portal is open");
        entered.wait_blocking();
        thread::scope(|threads| {
            // Lets the drop go when what is expected does not come.
            let _release = release.set_on_drop();
            threads.spawn(|| {
                let beside_a_panic = || {
                    let _portal = portal;
                    unwinds(1);
                };
                assert_eq!(unwound_by(beside_a_panic), 1);
                trace.push("dropped");
            });
            let ended = task.wait_timeout(PATIENCE);
            assert!(matches!(ended, Some(Err(PortalError::Cancelled(_)))));
        });
        assert_eq!(trace.take(), ["cleaned up", "dropped"]);
    });
}

/// TH10: a task of its own runtime may hold the portal and drop it: there the drop waits for nobody.
pub fn th10_a_portal_dropped_on_its_own_runtime_does_not_wait(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let calls = Portal::clone(&portal);
        let task = calls.spawn(async move {
            drop(portal);
            yields(3).await;
            checkpoint().await;
            7
        });
        let mut task = task.expect("the portal is open");
        let ended = task.wait_timeout(PATIENCE);
        assert_eq!(ended.map(told).as_deref(), Some("7"));
        assert_eq!(told(calls.call(async { 8 })), "Stopped");
    });
}

/// TH10: a stop cannot wait for the runtime that waits for it, through a `run` inside of its own blocking call either.
pub fn th10_a_stop_in_a_run_inside_its_own_closure_is_an_error(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = Arc::new(open(on));
        let (inner, flavour) = (portal.clone(), on.clone());
        let stopped = portal.call(run_in_threadpool(move || {
            flavour.run(async {
                let inside = inner.stop(Remaining::Finish);
                let on_a_worker = run_in_threadpool(move || inner.stop(Remaining::Finish));
                (inside, on_a_worker.await)
            })
        }));
        let (inside, on_a_worker) = stopped.expect("it was open");
        assert!(matches!(inside, Err(PortalError::InsideRuntime)));
        assert!(matches!(on_a_worker, Err(PortalError::InsideRuntime)));
    });
}
