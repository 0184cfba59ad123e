//! TH10: cancels of `call_async`: from the caller's region into the other runtime.

use super::portal::{open, told};
use super::portal_tasks::cleaning;
use crate::harness::*;
use anyrt::{Portal, Remaining};

/// Awaits `work` in a scope that is cancelled once `when` is set.
async fn cancelled_when<T>(when: &Event, work: impl Future<Output = T>) -> Result<T, Cancelled> {
    let scope = CancelScope::new();
    let (handle, wait) = (scope.handle(), when.wait());
    let group = task_group(async |g| {
        g.task().daemon().spawn(async move {
            wait.await;
            handle.cancel();
        });
        scope.run(work).await
    });
    group.await.expect("the group is not cancelled")
}

/// TH10: the cancel goes over to the called task, and the caller's scope ends when that one has cleaned up.
pub fn th10_a_cancel_of_the_caller_unwinds_the_called_task_first(on: &Flavour) {
    let portal = open(on);
    let trace = Trace::new();
    on.run(async {
        let entered = Event::new();
        let call = portal.call_async(cleaning(&entered, &trace));
        let result = cancelled_when(&entered, async {
            let _ = call.await;
            checkpoint().await;
            trace.push("after the call");
        });
        assert!(result.await.is_err());
        trace.push("scope ended");
    });
    assert_eq!(trace.take(), ["cleaned up", "scope ended"]);
}

/// TH10, DL5: a deadline of the caller is a cancel like another.
pub fn th10_a_deadline_of_the_caller_ends_the_called_task(on: &Flavour) {
    let portal = open(on);
    let trace = Trace::new();
    on.run(async {
        let probe = DropProbe::new(&trace, "task dropped");
        let call = portal.call_async(async move {
            let _probe = probe;
            pending::<()>().await;
        });
        let result = move_on_after(Duration::from_millis(1), call).await;
        assert!(result.is_none());
        trace.push("deadline passed");
    });
    assert_eq!(trace.take(), ["task dropped", "deadline passed"]);
}

/// TH10, SC9: a cancel crosses two borders: the called task's own call ends first, then its cleanup, then the caller.
pub fn th10_a_cancel_goes_through_nested_calls(on: &Flavour) {
    let (first, second) = (open(on), open(on));
    let trace = Trace::new();
    on.run(async {
        let entered = Event::new();
        let (inner, noted) = (cleaning(&entered, &trace), trace.clone());
        let next = Portal::clone(&second);
        let body = async move { drop(next.call_async(inner).await) };
        let call = first.call_async(finally(body, async move |_| {
            yields(5).await;
            noted.push("middle cleaned up");
        }));
        assert!(cancelled_when(&entered, call).await.is_err());
        trace.push("scope ended");
    });
    assert_eq!(
        trace.take(),
        ["cleaned up", "middle cleaned up", "scope ended"]
    );
}

/// TH10, SC3: a value that comes although the call was cancelled is the caller's; its next wait ends the scope.
pub fn th10_a_value_that_comes_despite_the_cancel_is_returned(on: &Flavour) {
    let portal = open(on);
    let trace = Trace::new();
    let (entered, release) = (Event::new(), Event::new());
    let _release = release.set_on_drop();
    on.run(async {
        let (enter, held) = (entered.clone(), release.wait());
        let call = portal.call_async(shield(async move {
            enter.set();
            held.await;
            7
        }));
        let scope = CancelScope::new();
        let (handle, entered, open) = (scope.handle(), entered.wait(), release.clone());
        let group = task_group(async |g| {
            g.task().daemon().spawn(async move {
                entered.await;
                handle.cancel();
                yields(20).await;
                open.set();
            });
            let body = async {
                trace.push(format!("value {}", told(call.await)));
                checkpoint().await;
                trace.push("after the wait");
            };
            scope.run(body).await
        });
        assert!(group.await.expect("the group is not cancelled").is_err());
    });
    assert_eq!(trace.take(), ["value 7"]);
}

/// TH10: a cancelled caller waits for the called task without being polled over and over.
pub fn th10_a_cancelled_call_waits_without_polling(on: &Flavour) {
    let portal = open(on);
    let (entered, release) = (Event::new(), Event::new());
    let _release = release.set_on_drop();
    on.run(async {
        let (enter, held) = (entered.clone(), release.wait());
        let (call, counter) = counted(portal.call_async(shield(async move {
            enter.set();
            held.await;
        })));
        let scope = CancelScope::new();
        let (handle, entered, open) = (scope.handle(), entered.wait(), release.clone());
        let group = task_group(async |g| {
            g.task().daemon().spawn(async move {
                entered.await;
                handle.cancel();
                // Every turn is one more chance for a region that spins.
                yields(1000).await;
                open.set();
            });
            scope.run(call).await
        });
        let value = group.await.expect("the group is not cancelled");
        assert!(value.expect("the value beats the cancel").is_ok());
        assert!(counter.polls() <= 12, "{counter:?}");
    });
}

/// TH10, SC4: in a cancelled scope nothing is called.
pub fn th10_a_call_in_a_cancelled_scope_never_runs(on: &Flavour) {
    for abandon in [false, true] {
        let portal = open(on);
        let (future, counter) = pending_counted();
        on.run(async {
            let scope = CancelScope::new();
            scope.handle().cancel();
            let call = portal.call_async(future);
            let result = if abandon {
                scope.run(call.abandon_on_cancel()).await
            } else {
                scope.run(call).await
            };
            assert!(result.is_err());
        });
        portal.stop(Remaining::Finish).expect("not inside of it");
        assert_eq!((counter.polls(), counter.drops()), (0, 1), "{abandon}");
    }
}

/// TH10: what counts is the region of the call: inside a shield no cancel goes over.
pub fn th10_a_shielded_call_is_not_cancelled(on: &Flavour) {
    let portal = open(on);
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let call = portal.call_async(async {
            checkpoint().await;
            is_cancelled()
        });
        let value = scope.run(shield(call)).await;
        let value = value.expect("the shield's value is returned");
        assert_eq!(told(value), "false");
    });
}

/// TH10: an abandoning caller leaves at once; the called task is cancelled and unwinds in its own time.
pub fn th10_an_abandoning_caller_leaves_while_the_called_task_unwinds(on: &Flavour) {
    let portal = open(on);
    let trace = Trace::new();
    let (entered, release) = (Event::new(), Event::new());
    let _release = release.set_on_drop();
    on.run(async {
        let (enter, held, noted) = (entered.clone(), release.wait(), trace.clone());
        let body = async move {
            enter.set();
            pending::<()>().await;
        };
        let target = finally(body, async move |_| {
            held.await;
            noted.push("cleaned up");
        });
        let call = portal.call_async(target).abandon_on_cancel();
        assert!(cancelled_when(&entered, call).await.is_err());
        // Only now the cleanup may end: that the caller is here already shows that it did not wait.
        trace.push("scope ended");
        release.set();
    });
    portal.stop(Remaining::Finish).expect("not inside of it");
    assert_eq!(trace.take(), ["scope ended", "cleaned up"]);
}

/// TH10: an abandoning call that nobody cancels is a call like another.
pub fn th10_an_abandoning_call_gives_the_value(on: &Flavour) {
    let portal = open(on);
    on.run(async {
        let call = portal.call_async(async {
            yields(3).await;
            7
        });
        let value = CancelScope::new().run(call.abandon_on_cancel()).await;
        assert_eq!(told(value.expect("nobody cancels")), "7");
    });
}

/// TH10, SC13: a call that foreign code drops leaves nobody to wait for the task: it is cancelled, and cleans up.
pub fn th10_a_call_dropped_by_foreign_code_cancels_the_called_task(on: &Flavour) {
    let portal = open(on);
    let trace = Trace::new();
    // Whether that is an escape, and reported as one, is another question; the hook keeps it off the standard error.
    on.run_reporting(async {
        let (entered, ended) = (Event::new(), Event::new());
        let (target, end) = (cleaning(&entered, &trace), ended.set_on_drop());
        let mut call = Box::pin(portal.call_async(async move {
            let _end = end;
            target.await;
        }));
        assert!(poll_once(&mut call).await.is_pending());
        entered.wait().await;
        drop(call);
        ended.wait().await;
    });
    assert_eq!(trace.take(), ["cleaned up"]);
}
