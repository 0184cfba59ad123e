//! TH10: a runtime in a thread of its own, and calls into it from everywhere.

use crate::harness::*;
use anyrt::{BlockingPortal, Portal, PortalError, Remaining};
use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

/// How long a test that fails waits for what does not come. One that passes waits for events and never so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a portal to a runtime of this flavour. Not for tasks: it blocks.
pub(super) fn open(on: &Flavour) -> BlockingPortal {
    BlockingPortal::start(on.launcher()).expect("the runtime starts")
}

/// Runs `body` on a plain thread, which belongs to no runtime. The run around it is there for its watchdog.
pub(super) fn on_plain_thread<T: Send>(on: &Flavour, body: impl FnOnce() -> T + Send) -> T {
    on.run(async { on_thread(body) })
}

/// What came of a call: its value, the text or the kind of the cancel that ended it, or the kind of the error.
pub(super) fn told<T: Debug>(result: Result<T, PortalError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(PortalError::Cancelled(cancelled)) => match cancelled.reason().cause() {
            Cause::Explicit(Some(text)) => text.clone(),
            other => format!("cancelled: {other:?}"),
        },
        Err(other) => format!("{other:?}"),
    }
}

/// A payload that is no text.
#[derive(Debug)]
struct Payload(u32);

/// Unwinds past the panic hook with a payload of this number, as a function that seems to return.
pub(super) fn unwinds(number: u32) {
    resume_unwind(Box::new(Payload(number)))
}

/// Calls `f`, in which [`unwinds`] ends, and returns its number.
pub(super) fn unwound_by<T>(f: impl FnOnce() -> T) -> u32 {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("no panic came");
    payload.downcast::<Payload>().expect("the same payload").0
}

/// TH10: the calling thread waits for the future, which takes with it what it needs, and gets its value.
pub fn th10_a_call_gives_the_value(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let text = String::from("moved");
        let value = portal.call(async move {
            yields(3).await;
            checkpoint().await;
            text
        });
        assert_eq!(value.expect("the portal is open"), "moved");
    });
}

/// TH10: what is called is a task of the portal's runtime, on a thread of that: with timers, groups and blocking calls.
pub fn th10_a_call_runs_on_the_portals_runtime(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let here = thread::current().id();
        let (there, closure, name) = portal
            .call(async {
                sleep(Duration::from_millis(1)).await;
                let group = task_group(async |g| {
                    let child = g.spawn(async {
                        let runtime = Runtime::current().expect("the portal's");
                        runtime.backend_name().to_owned()
                    });
                    child.await.expect("nobody cancels")
                });
                let name = group.await.expect("nobody cancels");
                let closure = run_in_threadpool(|| thread::current().id()).await;
                (thread::current().id(), closure, name)
            })
            .expect("the portal is open");
        assert_ne!(there, here);
        assert_ne!(closure, here);
        assert!(!name.is_empty());
    });
}

/// TH10: any number of threads share a portal; each call gets the value of its own future.
pub fn th10_many_threads_call_at_once(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        thread::scope(|threads| {
            for caller in 0..8 {
                let portal = &portal;
                threads.spawn(move || {
                    for number in 0..50 {
                        let value = portal.call(async move {
                            yields(number % 3).await;
                            (caller, number)
                        });
                        assert_eq!(value.expect("the portal is open"), (caller, number));
                    }
                });
            }
        });
    });
}

/// TH10: the calls of several threads are at work together: each ends only when all have begun.
pub fn th10_calls_of_several_threads_are_concurrent(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (begun, all) = (Arc::new(AtomicUsize::new(0)), Event::new());
        thread::scope(|threads| {
            for _ in 0..8 {
                let (portal, begun, all) = (&portal, begun.clone(), all.clone());
                threads.spawn(move || {
                    let value = portal.call(async move {
                        if begun.fetch_add(1, SeqCst) + 1 == 8 {
                            all.set();
                        }
                        all.wait().await;
                    });
                    value.expect("the portal is open");
                });
            }
        });
        assert_eq!(begun.load(SeqCst), 8);
    });
}

/// TH10: a worker of the portal's own runtime may block, so a closure of it may call.
pub fn th10_a_closure_of_the_portals_own_runtime_calls_in(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let inside = Portal::clone(&portal);
        let value = portal
            .call(async move { run_in_threadpool(move || told(inside.call(async { 7 }))).await });
        assert_eq!(value.expect("the portal is open"), "7");
    });
}

/// TH10: so may a closure of any other run.
pub fn th10_a_closure_of_another_run_calls_in(on: &Flavour) {
    let portal = open(on);
    let inside = Portal::clone(&portal);
    let value = on.run(async { run_in_threadpool(move || told(inside.call(async { 7 }))).await });
    assert_eq!(value, "7");
}

/// TH10: a task that waits for a task of its own runtime in a blocking way would deadlock: it is told so instead, and
/// the future is not polled.
pub fn th10_a_call_from_a_task_of_its_own_runtime_is_an_error(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let inside = Portal::clone(&portal);
        let refused = portal.call(async move {
            let call = |portal: &Portal| {
                let (future, counter) = pending_counted();
                let told = told(portal.call(future));
                (told, counter.polls(), counter.drops())
            };
            let first = call(&inside);
            let group = task_group(async |g| {
                let inside = inside.clone();
                let child = g.spawn(async move {
                    checkpoint().await;
                    call(&inside)
                });
                child.await.expect("nobody cancels")
            });
            [first, group.await.expect("nobody cancels")]
        });
        let expected = || ("InsideRuntime".to_owned(), 0, 1);
        let refused = refused.expect("the portal is open");
        assert_eq!(refused, [expected(), expected()]);
        assert_eq!(told(portal.call(async { 7 })), "7");
    });
}

/// TH10: so is every other wait there; a spawn waits for nothing and is allowed.
pub fn th10_a_task_of_its_own_runtime_may_spawn_but_not_wait(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let inside = Portal::clone(&portal);
        let result = portal.call(async move {
            let waited = inside.spawn(pending::<()>()).expect("the portal is open");
            assert!(waited.cancel());
            let waited = told(waited.wait());
            let start = inside.start_task(|started: Started<u32>| async move { started.set(7) });
            let started = told(start.map(|(value, _)| value));
            (waited, started, inside.spawn(async { 8 }))
        });
        let (waited, started, spawned) = result.expect("the portal is open");
        assert_eq!(waited, "InsideRuntime");
        assert_eq!(started, "InsideRuntime");
        assert_eq!(told(spawned.expect("the portal is open").wait()), "8");
    });
}

/// TH10, TH5: a panic is resumed in the calling thread with its payload; the portal goes on.
pub fn th10_a_panic_of_a_call_is_resumed_in_the_calling_thread(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        for number in 0..3 {
            let call = || {
                portal.call(async move {
                    yields(2).await;
                    unwinds(number);
                })
            };
            assert_eq!(unwound_by(call), number);
        }
        assert_eq!(told(portal.call(async { 7 })), "7");
    });
}

/// TH10: a blocking program inside an asynchronous one: opened, used and stopped by closures of another run.
pub fn th10_closures_of_another_run_start_and_stop_a_portal(on: &Flavour) {
    on.run(async {
        let flavour = on.clone();
        let portal = run_in_threadpool(move || open(&flavour)).await;
        assert_eq!(told(portal.call_async(async { 7 }).await), "7");
        let (first, second) = run_in_threadpool(move || {
            let first = told(portal.call(async { 8 }));
            portal.stop(Remaining::Finish).expect("not inside of it");
            (first, told(portal.call(async { 9 })))
        })
        .await;
        assert_eq!((first.as_str(), second.as_str()), ("8", "Stopped"));
        checkpoint().await;
    });
}
