//! TH10: `Portal::of`: threads call into a task group of a runtime that is there already.

use super::portal::{on_plain_thread, told};
use super::portal_tasks::cleaning;
use crate::harness::*;
use anyrt::{Portal, PortalError};
use std::{panic::resume_unwind, thread};

/// Runs `f` on a plain thread while the task waits for it.
async fn elsewhere<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let ended = Event::new();
    let end = ended.set_on_drop();
    let thread = start_thread(move || {
        let _end = end;
        f()
    });
    ended.wait().await;
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// TH10: a plain thread and a closure call into the group, in every way a portal has.
pub fn th10_threads_call_into_a_group(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let portal = Portal::of(&g);
            let inside = portal.clone();
            let value = elsewhere(move || {
                let called = told(inside.call(async { 1 }));
                let spawned = inside.spawn(async {
                    yields(3).await;
                    2
                });
                let spawned = told(spawned.expect("the group is open").wait());
                let started = inside.start_task(|started: Started<u32>| async move {
                    started.set(3);
                    4
                });
                let (value, task) = started.expect("the task sets its value");
                [called, spawned, value.to_string(), told(task.wait())]
            });
            assert_eq!(value.await, ["1", "2", "3", "4"]);
            let value = run_in_threadpool(move || told(portal.call(async { 5 }))).await;
            assert_eq!(value, "5");
        });
        group.await.expect("nobody cancels");
    });
}

/// TH10: eight threads at once; the runtime of the group does the work of all of them.
pub fn th10_many_threads_call_into_a_group(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let portal = Portal::of(&g);
            let sum = elsewhere(move || {
                let caller = || -> usize {
                    let call = |number| portal.call(async move { number });
                    let values = (0..50).map(call);
                    values.map(|value| value.expect("the group is open")).sum()
                };
                thread::scope(|threads| {
                    let callers: Vec<_> = (0..8).map(|_| threads.spawn(caller)).collect();
                    let ended = callers.into_iter();
                    ended
                        .map(|caller| caller.join().expect("no panic"))
                        .sum::<usize>()
                })
            });
            sum.await
        });
        assert_eq!(group.await.expect("nobody cancels"), 8 * (49 * 50 / 2));
    });
}

/// TH10: what a thread spawns through the portal is a task of the group, which waits for it.
pub fn th10_a_group_waits_for_the_tasks_of_its_portal(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let release = Event::new();
        let group = task_group(async |g| {
            let (portal, held, noted) = (Portal::of(&g), release.wait(), trace.clone());
            let task = elsewhere(move || {
                portal.spawn(async move {
                    held.await;
                    yields(20).await;
                    noted.push("task ends");
                })
            });
            drop(task.await.expect("the group is open"));
            trace.push("body ends");
            release.set();
        });
        group.await.expect("nobody cancels");
        trace.push("group ended");
    });
    assert_eq!(trace.take(), ["body ends", "task ends", "group ended"]);
}

/// TH10: once the group has closed there is nothing to call into; the thread is told, and its future is not polled.
pub fn th10_the_portal_of_a_closed_group_is_stopped(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let portal = Portal::of(&g);
            let call = portal.clone();
            assert_eq!(elsewhere(move || told(call.call(async { 1 }))).await, "1");
            portal
        });
        let portal = group.await.expect("nobody cancels");
        let later = portal.clone();
        let refused = elsewhere(move || {
            let (future, counter) = pending_counted();
            let called = told(portal.call(future));
            let spawned = told(portal.spawn(async {}).map(|_| ()));
            let start = portal.start_task(|started: Started<u32>| async move { started.set(1) });
            let started = told(start.map(|_| ()));
            assert_eq!((counter.polls(), counter.drops()), (0, 1));
            [called, spawned, started]
        });
        assert_eq!(refused.await, ["Stopped"; 3]);
        assert_eq!(told(later.call_async(async { 2 }).await), "Stopped");
    });
}

/// TH10: the same for a thread that comes when the runtime is gone.
pub fn th10_the_portal_of_a_group_outlives_its_runtime(on: &Flavour) {
    let portal = on
        .run(task_group(async |g| Portal::of(&g)))
        .expect("nobody cancels");
    on_plain_thread(on, || {
        assert_eq!(told(portal.call(async { 1 })), "Stopped");
    });
}

/// TH10: a cancel of the group reaches the tasks of its portal, and a thread that waits for one is told.
pub fn th10_a_cancel_of_the_group_reaches_the_tasks_of_its_portal(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let entered = Event::new();
        let (task, noted) = (cleaning(&entered, &trace), trace.clone());
        let ended = Event::new();
        let end = (entered.set_on_drop(), ended.set_on_drop());
        let group = task_group(async |g| {
            let portal = Portal::of(&g);
            let thread = start_thread(move || {
                let _end = end;
                let result = portal.call(task);
                noted.push(format!(
                    "told so: {}",
                    matches!(result, Err(PortalError::Cancelled(_)))
                ));
            });
            entered.wait().await;
            g.cancel();
            thread
        });
        let thread = group.await.expect("the body has a value");
        ended.wait().await;
        thread.join().expect("no panic");
    });
    assert_eq!(trace.take(), ["cleaned up", "told so: true"]);
}

/// TH10: a task of the runtime that the group is in gets an error, be it in the group or not.
pub fn th10_a_task_beside_the_group_cannot_block_on_its_portal(on: &Flavour) {
    on.run(async {
        let outer = task_group(async |beside| {
            let group = task_group(async |g| {
                let portal = Portal::of(&g);
                let (inside, outside) = (portal.clone(), portal.clone());
                let body = told(portal.call(async { 1 }));
                let member = g.spawn(async move { told(inside.call(async { 2 })) });
                let other = beside.spawn(async move { told(outside.call(async { 3 })) });
                let member = member.await.expect("nobody cancels");
                [body, member, other.await.expect("nobody cancels")]
            });
            group.await.expect("nobody cancels")
        });
        assert_eq!(outer.await.expect("nobody cancels"), ["InsideRuntime"; 3]);
    });
}
