//! TH10: tasks of a portal and what a thread can do with them.

use super::portal::{PATIENCE, on_plain_thread, open, told, unwinds, unwound_by};
use crate::harness::*;
use anyrt::PortalError;
use std::thread;

/// A task that says when it has been entered and, when it is cancelled, cleans up for some turns.
pub(super) fn cleaning(
    entered: &Event,
    trace: &Trace,
) -> impl Future<Output = ()> + Send + 'static {
    let (entered, trace) = (entered.clone(), trace.clone());
    let body = async move {
        entered.set();
        pending::<()>().await;
    };
    finally(body, async move |_| {
        yields(20).await;
        trace.push("cleaned up");
    })
}

/// TH10: a spawn gives a handle at once; a thread waits for the value when it likes.
pub fn th10_a_spawned_task_is_waited_for(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let task = portal.spawn(async move {
            held.await;
            String::from("value")
        });
        let task = task.expect("the portal is open");
        assert_eq!(task.status(), TaskStatus::Running);
        assert!(!task.is_finished());
        release.set();
        assert_eq!(task.wait().expect("nobody cancels"), "value");
    });
}

/// TH10: the handle goes where it is sent: one thread spawns, another waits, a third cancels.
pub fn th10_a_task_is_waited_for_by_another_thread(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let task = on_thread(|| portal.spawn(async { 7 }).expect("the portal is open"));
        assert_eq!(told(on_thread(|| task.wait())), "7");
        let mut task = portal.spawn(pending::<()>()).expect("the portal is open");
        assert!(on_thread(|| task.cancel()));
        let ended = on_thread(|| task.wait_timeout(PATIENCE));
        assert!(ended.is_some_and(|result| result.is_err()));
    });
}

/// TH10: a wait that is too short takes nothing from the one that is long enough.
pub fn th10_a_wait_that_elapses_leaves_the_value(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let task = portal.spawn(async move {
            held.await;
            7
        });
        let mut task = task.expect("the portal is open");
        for period in [Duration::ZERO, Duration::from_millis(1)] {
            assert!(task.wait_timeout(period).is_none());
            assert_eq!(task.status(), TaskStatus::Running);
        }
        release.set();
        assert_eq!(task.wait_timeout(PATIENCE).map(told).as_deref(), Some("7"));
        assert_eq!(task.status(), TaskStatus::Completed);
    });
}

/// TH10, DL1: a period that is too large for the clock is as long as it takes.
pub fn th10_a_wait_of_any_length_ends_with_the_task(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let held = release.wait();
        let task = portal.spawn(async move {
            held.await;
            7
        });
        let mut task = task.expect("the portal is open");
        thread::scope(|threads| {
            threads.spawn(|| release.set());
            let value = task.wait_timeout(Duration::MAX);
            assert_eq!(value.map(told).as_deref(), Some("7"));
        });
    });
}

/// TH10, HA1: a thread cancels a task; who waits for it is told, and by the reason of which kind it was.
pub fn th10_a_task_is_cancelled_from_a_thread(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (future, counter) = pending_counted();
        let mut task = portal.spawn(future).expect("the portal is open");
        assert!(task.cancel());
        assert!(!task.cancel());
        let ended = task.wait_timeout(PATIENCE);
        match ended {
            Some(Err(PortalError::Cancelled(cancelled))) => {
                assert!(matches!(cancelled.reason().cause(), Cause::Explicit(_)));
            }
            other => panic!("not cancelled: {other:?}"),
        }
        assert_eq!(task.status(), TaskStatus::Cancelled);
        assert!(task.is_finished());
        assert_eq!(counter.drops(), 1);
        assert!(!task.cancel());
    });
}

/// TH10, FI2: a wait does not return while the task's cleanup is at work.
pub fn th10_a_cancelled_task_has_cleaned_up_when_the_wait_returns(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (entered, trace) = (Event::new(), Trace::new());
        let task = portal.spawn(cleaning(&entered, &trace));
        let task = task.expect("the portal is open");
        entered.wait_blocking();
        assert!(task.cancel());
        assert!(task.wait().is_err());
        trace.push("waited");
        assert_eq!(trace.take(), ["cleaned up", "waited"]);
    });
}

/// TH10, SC6: a task that does not wait again after the cancel has a value, and the wait gives it.
pub fn th10_a_cancelled_task_may_still_complete(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (entered, release) = (Event::new(), Event::new());
        let _release = release.set_on_drop();
        let (enter, held) = (entered.clone(), release.wait());
        let task = portal.spawn(shield(async move {
            enter.set();
            held.await;
            7
        }));
        let task = task.expect("the portal is open");
        entered.wait_blocking();
        assert!(task.cancel());
        release.set();
        assert_eq!(told(task.wait()), "7");
    });
}

/// TH10, HA1: a cancel reaches its own task, not those beside it, nor the portal.
pub fn th10_a_cancel_touches_only_its_task(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let sibling = portal.spawn(async move {
            held.await;
            checkpoint().await;
            7
        });
        let task = portal.spawn(pending::<()>()).expect("the portal is open");
        assert!(task.cancel());
        assert!(task.wait().is_err());
        assert_eq!(told(portal.call(async { 8 })), "8");
        release.set();
        assert_eq!(told(sibling.expect("the portal is open").wait()), "7");
    });
}

/// TH10, HA2: the portal owns its tasks: a dropped handle ends nothing.
pub fn th10_a_dropped_handle_leaves_its_task_alone(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let (release, ended) = (Event::new(), Event::new());
        let _release = release.set_on_drop();
        let (held, end, trace) = (release.wait(), ended.set_on_drop(), Trace::new());
        let noted = trace.clone();
        let task = portal.spawn(async move {
            let _end = end;
            held.await;
            yields(3).await;
            checkpoint().await;
            noted.push("task ends");
        });
        drop(task.expect("the portal is open"));
        assert_eq!(told(portal.call(yields(3))), "()");
        assert!(!ended.is_set());
        release.set();
        ended.wait_blocking();
        assert_eq!(trace.take(), ["task ends"]);
    });
}

/// TH10: a panic is resumed in the thread that waits for the task, whichever wait it is, with its payload.
pub fn th10_a_panic_of_a_task_is_resumed_in_the_waiter(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let task = portal.spawn(async { unwinds(1) });
        let task = task.expect("the portal is open");
        assert_eq!(unwound_by(|| task.wait()), 1);
        let task = portal.spawn(async {
            yields(3).await;
            unwinds(2);
        });
        let mut task = task.expect("the portal is open");
        assert_eq!(unwound_by(|| task.wait_timeout(PATIENCE)), 2);
        assert_eq!(task.status(), TaskStatus::Panicked);
    });
}

/// TH10: a panic of one task ends neither the others nor the portal: their users do not know each other.
pub fn th10_a_panic_ends_neither_siblings_nor_the_portal(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let sibling = portal.spawn(async move {
            held.await;
            checkpoint().await;
            is_cancelled()
        });
        let sibling = sibling.expect("the portal is open");
        let task = portal.spawn(async { unwinds(1) });
        assert_eq!(unwound_by(|| task.expect("the portal is open").wait()), 1);
        assert_eq!(told(portal.call(async { is_cancelled() })), "false");
        assert_eq!(sibling.status(), TaskStatus::Running);
        release.set();
        assert_eq!(told(sibling.wait()), "false");
    });
}

/// TH10, RT5: a name that was given is the task's, inside and through the handle; so is its id.
pub fn th10_a_task_has_the_name_it_was_given(on: &Flavour) {
    on_plain_thread(on, || {
        let portal = open(on);
        let who = async { current_task().map(|task| (task.name(), task.id())) };
        let task = portal.task().name("importer").spawn(who);
        let task = task.expect("the portal is open");
        assert_eq!(task.name(), "importer");
        let expected = Some(("importer".to_owned(), task.id()));
        assert_eq!(task.wait().expect("nobody cancels"), expected);
    });
}

/// TH10, RT5: a task without a name is called after the place in the code that spawned it.
pub fn th10_without_a_name_a_task_is_called_after_its_spawn(on: &Flavour) {
    fn own_name() -> String {
        current_task().expect("a task of the portal").name()
    }
    on_plain_thread(on, || {
        let portal = open(on);
        let (task, line) = (portal.spawn(async { own_name() }), line!());
        let task = task.expect("the portal is open");
        let place = format!("portal_tasks.rs:{line}");
        assert!(task.name().ends_with(&place), "{}", task.name());
        let name = task.wait().expect("nobody cancels");
        assert!(name.ends_with(&place), "{name}");
        let (name, line) = (portal.call(async { own_name() }), line!());
        let name = name.expect("the portal is open");
        assert!(name.ends_with(&format!("portal_tasks.rs:{line}")), "{name}");
    });
}
