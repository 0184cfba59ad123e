//! TH10: `call_async`: a task of one runtime calls into another and blocks no thread.

use super::portal::{on_plain_thread, open, told};
use crate::harness::*;
use anyrt::{Portal, PortalError, Remaining};
use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

/// TH10: the future runs on the other runtime, and its value comes back to the task that waits.
pub fn th10_a_task_calls_into_another_runtime(on: &Flavour) {
    let portal = open(on);
    on.run(async {
        let here = thread::current().id();
        let call = portal.call_async(async {
            yields(3).await;
            checkpoint().await;
            (7, thread::current().id())
        });
        let (value, there) = call.await.expect("the portal is open");
        assert_eq!(value, 7);
        assert_ne!(there, here);
        checkpoint().await;
    });
}

/// TH10: there and back: the called task calls into a group of the caller, which waits for it.
pub fn th10_the_called_task_calls_back(on: &Flavour) {
    let portal = open(on);
    let value = on.run(async {
        let group = task_group(async |g| {
            let back = Portal::of(&g);
            let there = portal.call_async(async move {
                let back = back.call_async(async {
                    checkpoint().await;
                    7
                });
                back.await
            });
            there.await
        });
        group.await.expect("nobody cancels")
    });
    assert_eq!(told(value.map(told)), r#""7""#);
}

/// A task that calls into `there`, from where the next call comes back `here`, and so on: tells how deep it was.
fn hop(there: Portal, here: Portal, left: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move {
        if left == 0 {
            return 0;
        }
        checkpoint().await;
        let next = hop(here, there.clone(), left - 1);
        1 + there.call_async(next).await.expect("both are open")
    })
}

/// TH10: two portals call each other, three deep, from both sides at once: each waits and neither blocks.
pub fn th10_two_portals_call_each_other(on: &Flavour) {
    on_plain_thread(on, || {
        let (first, second) = (open(on), open(on));
        let one = || (Portal::clone(&first), Portal::clone(&second));
        let two = || (Portal::clone(&second), Portal::clone(&first));
        thread::scope(|threads| {
            for (here, there) in [one(), two(), one(), two()] {
                threads.spawn(move || {
                    let depth = here.call(hop(there, here.clone(), 3));
                    assert_eq!(depth.expect("both are open"), 3);
                });
            }
        });
    });
}

/// TH10: a hundred calls are at work together: each ends only when all have begun.
pub fn th10_a_hundred_tasks_call_at_once(on: &Flavour) {
    let portal = open(on);
    on.run(async {
        let (begun, all) = (Arc::new(AtomicUsize::new(0)), Event::new());
        let group = task_group(async |g| {
            let calls: Vec<_> = (0..100)
                .map(|number| {
                    let (begun, all) = (begun.clone(), all.clone());
                    let portal = Portal::clone(&portal);
                    g.spawn(async move {
                        let call = portal.call_async(async move {
                            if begun.fetch_add(1, SeqCst) + 1 == 100 {
                                all.set();
                            }
                            all.wait().await;
                            number
                        });
                        call.await.expect("the portal is open")
                    })
                })
                .collect();
            for (number, call) in calls.into_iter().enumerate() {
                assert_eq!(call.await.expect("nobody cancels"), number);
            }
        });
        group.await.expect("nobody cancels");
    });
}

/// TH10: while a task waits for its call, the others of its runtime go on: one of them lets the call go.
pub fn th10_a_call_that_waits_blocks_no_other_task(on: &Flavour) {
    let portal = open(on);
    let value = on.run(async {
        let (entered, release) = (Event::new(), Event::new());
        let group = task_group(async |g| {
            let _release = release.set_on_drop();
            let (enter, held, inside) = (entered.clone(), release.wait(), Portal::clone(&portal));
            let call = g.spawn(async move {
                let call = inside.call_async(async move {
                    enter.set();
                    held.await;
                    7
                });
                told(call.await)
            });
            let (entered, open) = (entered.wait(), release.clone());
            g.task().daemon().spawn(async move {
                entered.await;
                yields(20).await;
                checkpoint().await;
                open.set();
            });
            call.await.expect("nobody cancels")
        });
        group.await.expect("nobody cancels")
    });
    assert_eq!(value, "7");
}

/// TH10: a task calls into its own runtime as well: what waits without blocking is no deadlock.
pub fn th10_a_task_calls_into_its_own_runtime(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let inside = Portal::clone(&portal);
        let value = portal.call(async move {
            let call = inside.call_async(async {
                yields(3).await;
                7
            });
            told(call.await)
        });
        assert_eq!(told(value), r#""7""#);
    });
}

/// TH10, RT2: the portal brings the runtime; who waits may be any executor.
pub fn th10_a_foreign_executor_waits_for_a_call(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let call = portal.call_async(async {
            sleep(Duration::from_millis(1)).await;
            7
        });
        assert_eq!(told(block_on(call)), "7");
    });
}

/// TH10: like every future, a call does nothing before its first poll.
pub fn th10_a_call_that_is_never_polled_never_runs(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (future, counter) = pending_counted();
        drop(portal.call_async(future));
        portal.stop(Remaining::Finish).expect("not inside of it");
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
    });
}

/// TH10: a panic is resumed in the task that waits, with its payload; caller and portal go on.
pub fn th10_a_panic_of_the_called_task_is_resumed_in_the_caller(on: &Flavour) {
    fn unwinds(text: &'static str) {
        resume_unwind(Box::new(text))
    }
    let portal = open(on);
    on.run(async {
        for _ in 0..3 {
            let call = portal.call_async(async {
                yields(3).await;
                unwinds("over there");
            });
            let caught = catch_async(call).await;
            assert_eq!(caught.err().as_deref(), Some("over there"));
        }
        assert_eq!(told(portal.call_async(async { 7 }).await), "7");
        checkpoint().await;
    });
}

/// TH10: a stop that cancels ends the called task; the caller, whom nobody has cancelled, is told and goes on.
pub fn th10_a_stop_is_told_to_the_task_that_waits(on: &Flavour) {
    let portal = open(on);
    let entered = Event::new();
    thread::scope(|threads| {
        let _entered = entered.set_on_drop();
        threads.spawn(|| {
            entered.wait_blocking();
            portal.stop(Remaining::Cancel).expect("not inside of it");
        });
        on.run(async {
            let enter = entered.clone();
            let call = portal.call_async(async move {
                enter.set();
                pending::<()>().await;
            });
            assert!(matches!(call.await, Err(PortalError::Cancelled(_))));
            checkpoint().await;
            assert!(!is_cancelled());
        });
    });
    let (future, counter) = pending_counted();
    assert_eq!(told(on.run(portal.call_async(future))), "Stopped");
    assert_eq!((counter.polls(), counter.drops()), (0, 1));
}
