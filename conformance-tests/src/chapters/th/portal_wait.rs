//! TH10: waits through a portal from threads that are in the middle of something.

use super::portal::{on_plain_thread, open, told};
use crate::harness::*;
use anyrt::{Portal, PortalError, Remaining, Started};
use std::sync::Mutex;

/// Calls into the portal when it is dropped, as the wrapper of a synchronous library does.
struct CallsOnDrop<'a>(&'a Portal, &'a Trace);

impl Drop for CallsOnDrop<'_> {
    fn drop(&mut self) {
        self.1.push(told(self.0.call(async { 7 })));
    }
}

/// The portals of one's own runtime are refused; where two runs share one executor, that is a portal's too.
fn shares_its_executor(on: &Flavour, portal: &Portal) -> bool {
    on.run(async { matches!(portal.call(async {}), Err(PortalError::InsideRuntime)) })
}

/// TH10: a call that blocks async code of another runtime has no part in that one's cancel.
pub fn th10_a_call_from_a_cancelled_region_of_another_runtime_ends(on: &Flavour) {
    let (portal, trace) = (open(on), Trace::new());
    if shares_its_executor(on, &portal) {
        return;
    }
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(async {
            let _calls = CallsOnDrop(&portal, &trace);
            handle.cancel();
            pending::<()>().await;
        });
        assert!(result.await.is_err());
        // A task that was cancelled there is no reason to wait for ever here.
        let result = CancelScope::new();
        result.handle().cancel();
        let told = result.run(async {
            let task = portal.spawn(pending::<()>()).expect("the portal is open");
            task.cancel();
            told(task.wait())
        });
        assert!(told.await.expect("it never waits").contains("cancelled"));
    });
    assert_eq!(trace.take(), ["7"]);
}

/// TH10, SC12: nor in its budget.
pub fn th10_a_call_after_many_ready_operations_ends(on: &Flavour) {
    let portal = open(on);
    if shares_its_executor(on, &portal) {
        return;
    }
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        // In every order, so that one of the calls comes when nothing is left of the budget.
        for calls in 1..4 {
            for _ in 0..200 {
                drop(limiter.acquire().await);
                for _ in 0..calls {
                    assert_eq!(told(portal.call(async { 7 })), "7");
                }
            }
        }
    });
}

/// TH10: the closure of a task of the portal may stop it, but waits for itself if it waits for the end.
pub fn th10_a_portal_stopped_by_its_own_closure_does_not_wait(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = Arc::new(open(on));
        let last = Mutex::new(Some(portal.clone()));
        let stop = {
            let portal = portal.clone();
            run_in_threadpool(move || {
                let stopped = told(portal.stop(Remaining::Finish));
                drop(portal);
                drop(last);
                stopped
            })
        };
        let task = portal.spawn(stop).expect("the portal is open");
        drop(portal);
        assert_eq!(told(task.wait()), "\"InsideRuntime\"");
    });
}

/// TH10, TG11: a start takes one place of a limited group.
pub fn th10_a_start_in_a_limited_group_takes_one_place(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            g.limit(1);
            let portal = Portal::of(&g);
            // In a closure, which may block.
            let start = run_in_threadpool(move || {
                let start = portal.start_task(async |started: Started<u32>| {
                    started.set(7);
                    yields(3).await;
                    8
                });
                let (value, task) = start.expect("the group is open");
                (value, told(task.wait()))
            });
            start.await
        });
        assert_eq!(group.await.expect("nobody cancels"), (7, "8".to_owned()));
    });
}

/// TH10: a value that nobody wants and that cannot be dropped well ends neither the portal nor its other tasks.
pub fn th10_a_destructor_of_a_value_that_panics_ends_nothing_else(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (release, sibling) = (Event::new(), Event::new());
        let (held, inside) = (release.wait(), sibling.clone());
        let other = portal.spawn(async move {
            inside.set();
            pending::<()>().await;
        });
        let other = other.expect("the portal is open");
        sibling.wait_blocking();
        let ended = Event::new();
        let ending = ended.set_on_drop();
        let unwanted = portal.spawn(async move {
            let _ending = ending;
            held.await;
            PanicsOnDrop("destructor of a value")
        });
        drop(unwanted.expect("the portal is open"));
        release.set();
        ended.wait_blocking();
        for _ in 0..100 {
            assert_eq!(told(portal.call(yields(1))), "()");
        }
        assert_eq!(other.status(), TaskStatus::Running);
        portal.stop(Remaining::Cancel).expect("not inside of it");
    });
}
