//! RT1: `run` owns everything below it.

use super::SetOnDrop;
use crate::harness::*;
use std::{cell::Cell, rc::Rc, thread};

/// RT1: the main future is polled by the thread that calls `run`, so it may be neither `Send` nor `'static`.
pub fn rt1_main_stays_on_the_calling_thread_and_may_borrow(on: &Flavour) {
    let here = thread::current().id();
    let count = Cell::new(0);
    let shared = Rc::new(String::from("value"));
    let value = on.run(async {
        for _ in 0..3 {
            checkpoint().await;
            assert_eq!(thread::current().id(), here);
            count.set(count.get() + 1);
        }
        shared.clone()
    });
    assert_eq!(count.get(), 3);
    assert!(Rc::ptr_eq(&value, &shared));
}

/// Leaves an orphan behind: a group that foreign code drops while a child of it is in a shield. The orphan ends some
/// turns after `release` is set, then its group's hook runs; both are noted.
async fn leave_an_orphan(trace: &Trace, release: &Event) {
    let entered = Event::new();
    let (noted, hook, release, enter) = (
        trace.clone(),
        trace.clone(),
        release.clone(),
        entered.clone(),
    );
    let mut group = Box::pin(task_group(async move |g| {
        g.defer(async move |_| {
            yields(10).await;
            hook.push("hook ran");
        });
        g.spawn(shield(async move {
            let _probe = DropProbe::new(&noted, "orphan ended");
            enter.set();
            release.wait().await;
            yields(10).await;
        }));
        pending::<()>().await;
    }));
    assert!(poll_once(&mut group).await.is_pending());
    entered.wait().await;
    drop(group);
}

/// RT1: main has returned, but an orphan lives: `run` waits for it and for its hooks.
pub fn rt1_run_returns_after_the_last_orphan_and_its_hooks(on: &Flavour) {
    let (trace, main_ended) = (Trace::new(), Event::new());
    on.run_reporting(async {
        leave_an_orphan(&trace, &main_ended).await;
        let _last = SetOnDrop(main_ended);
        trace.push("main ends");
    });
    assert_eq!(trace.take(), ["main ends", "orphan ended", "hook ran"]);
}

/// RT1: a panic of main comes out of `run`, but not before everything below has ended.
pub fn rt1_a_panic_of_main_is_resumed_after_the_last_orphan(on: &Flavour) {
    let (trace, main_ended) = (Trace::new(), Event::new());
    let result = catch(|| {
        on.run_reporting(async {
            leave_an_orphan(&trace, &main_ended).await;
            let _last = SetOnDrop(main_ended);
            trace.push("main ends");
            panic!("main's own");
        })
    });
    assert_eq!(result.err().as_deref(), Some("main's own"));
    assert_eq!(trace.take(), ["main ends", "orphan ended", "hook ran"]);
}

/// RT1: a run waits for what is its own, not for the tasks of another run beside it.
pub fn rt1_two_runs_end_independently(on: &Flavour) {
    let (started, release) = (Event::new(), Event::new());
    thread::scope(|threads| {
        let long = threads.spawn(|| {
            on.run(async {
                let (start, release) = (started.clone(), release.clone());
                let group = task_group(async move |g| {
                    g.spawn(async move {
                        start.set();
                        release.wait().await;
                        "long"
                    })
                    .await
                });
                group
                    .await
                    .expect("nobody cancels")
                    .expect("nobody cancels")
            })
        });
        started.wait_blocking();
        let short = on.run(async {
            let group = task_group(async |g| g.spawn(async { "short" }).await);
            group
                .await
                .expect("nobody cancels")
                .expect("nobody cancels")
        });
        assert_eq!(short, "short");
        release.set();
        assert_eq!(long.join().expect("the long run ends well"), "long");
    });
}

/// RT1: nothing of a run is in the way of the next one on the same thread.
pub fn rt1_runs_follow_each_other(on: &Flavour) {
    for number in 0..3 {
        let value = on.run(async {
            let group = task_group(async |g| g.spawn(async move { number }).await);
            group
                .await
                .expect("nobody cancels")
                .expect("nobody cancels")
        });
        assert_eq!(value, number);
        assert!(current_task().is_none());
    }
}
