//! TH10: a thread starts a task and waits until it says that it is ready.

use super::portal::{PATIENCE, on_plain_thread, open, told, unwinds, unwound_by};
use crate::harness::*;
use anyrt::PortalError;

/// TH10, ST1: the thread gets what the task has set, and a handle of the task, which goes on.
pub fn th10_start_gives_the_value_and_the_task(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let started = portal.start_task(|started: Started<&'static str>| async move {
            yields(3).await;
            started.set("listening");
            held.await;
            checkpoint().await;
            7
        });
        let (value, task) = started.expect("the task sets its value");
        assert_eq!(value, "listening");
        assert_eq!(task.status(), TaskStatus::Running);
        release.set();
        assert_eq!(told(task.wait()), "7");
    });
}

/// TH10, ST3: a task that ends without a word has not started.
pub fn th10_a_task_that_ends_unstarted_is_an_error(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let dropped = portal.start_task(|started: Started<u32>| async move {
            drop(started);
            yields(3).await;
            7
        });
        assert_eq!(told(dropped.map(|(value, _)| value)), "NotStarted");
        let kept = portal.start_task(|started: Started<u32>| async move {
            yields(3).await;
            let _started = started;
        });
        assert_eq!(told(kept.map(|(value, _)| value)), "NotStarted");
        assert_eq!(told(portal.call(async { 8 })), "8");
    });
}

/// TH10, ST3: a panic before the value is resumed in the thread that waits for the start.
pub fn th10_a_panic_before_the_value_is_resumed_in_the_caller(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let start = || {
            portal.start_task(|started: Started<u32>| async move {
                let _started = started;
                yield_once().await;
                unwinds(1);
            })
        };
        assert_eq!(unwound_by(start), 1);
        assert_eq!(told(portal.call(async { 7 })), "7");
    });
}

/// TH10: a panic after the value is for whoever waits for the task.
pub fn th10_a_panic_after_the_value_is_resumed_in_the_waiter(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let started = portal.start_task(|started: Started<u32>| async move {
            started.set(7);
            yields(3).await;
            unwinds(2);
        });
        let (value, task) = started.expect("the task sets its value");
        assert_eq!(value, 7);
        assert_eq!(unwound_by(|| task.wait()), 2);
        assert_eq!(told(portal.call(async { 8 })), "8");
    });
}

/// TH10, HA1: a started task is cancelled like any other, and cleans up before the wait returns.
pub fn th10_a_started_task_is_cancelled_from_a_thread(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let trace = Trace::new();
        let noted = trace.clone();
        let started = portal.start_task(|started: Started<u32>| {
            let serve = async move {
                started.set(7);
                pending::<()>().await;
            };
            finally(serve, async move |_| {
                yields(20).await;
                noted.push("cleaned up");
            })
        });
        let (_, mut task) = started.expect("the task sets its value");
        assert!(task.cancel());
        let ended = task.wait_timeout(PATIENCE);
        trace.push("waited");
        assert!(matches!(ended, Some(Err(PortalError::Cancelled(_)))));
        assert_eq!(task.status(), TaskStatus::Cancelled);
        assert_eq!(trace.take(), ["cleaned up", "waited"]);
    });
}

/// TH10: many threads start tasks at once; each gets the value of its own.
pub fn th10_many_threads_start_at_once(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        std::thread::scope(|threads| {
            for caller in 0..8 {
                let portal = &portal;
                threads.spawn(move || {
                    for number in 0..20 {
                        let started = portal.start_task(move |started: Started<_>| async move {
                            yields(number % 3).await;
                            started.set((caller, number));
                            caller
                        });
                        let (value, task) = started.expect("the task sets its value");
                        assert_eq!(value, (caller, number));
                        assert_eq!(task.wait().expect("nobody cancels"), caller);
                    }
                });
            }
        });
    });
}
