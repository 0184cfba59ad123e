//! TH6: the asynchronous code of calls that their caller has left.

use super::from_thread::{SHORT, once_set, told};
use crate::harness::*;
use anyrt::{FromThreadError, from_thread};

/// Awaits an abandoning call of `closure` and cancels it once `inside` is set.
async fn abandon(inside: &Event, closure: impl FnOnce() + Send + 'static) {
    let stop = async |handle: ScopeHandle| {
        handle.cancel_with("stop");
    };
    let call = run_in_threadpool(closure).abandon_on_cancel();
    assert!(once_set(inside, call, stop).await.is_err());
}

/// TH6: a call that may be abandoned and is not runs its future like another.
pub fn th6_an_abandoning_call_that_nobody_cancels_runs_its_future(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let value = from_thread::run(async {
                checkpoint().await;
                7
            });
            (told(value), from_thread::is_cancelled().ok())
        });
        let seen = call.abandon_on_cancel().await;
        assert_eq!(seen, ("7".to_owned(), Some(false)));
    });
}

/// TH6: nobody waits for an abandoned call and nobody cancels it: its future runs to its own end, and so does the next.
pub fn th6_the_future_of_an_abandoned_call_runs_to_its_own_end(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let (inside, open, ended) = (Event::new(), Event::new(), Event::new());
        let _open = open.set_on_drop();
        let (entered, opened, noted) = (inside.clone(), open.clone(), trace.clone());
        let end = ended.set_on_drop();
        let closure = move || {
            let _end = end;
            let first = from_thread::run(async {
                entered.set();
                opened.wait().await;
                checkpoint().await;
                sleep(SHORT).await;
                1
            });
            noted.push(told(first));
            let second = from_thread::run(async {
                checkpoint().await;
                2
            });
            noted.push(told(second));
        };
        abandon(&inside, closure).await;
        // The caller has left, and the future waits on.
        assert_eq!(trace.snapshot(), Vec::<String>::new());
        open.set();
        ended.wait().await;
    });
    assert_eq!(trace.take(), ["1", "2"]);
}

/// TH6: the closure can ask whether somebody still waits for it, when its caller has long gone on.
pub fn th6_an_abandoned_closure_is_told_that_it_is_cancelled(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let (inside, open, ended) = (Event::new(), Event::new(), Event::new());
        let _open = open.set_on_drop();
        let (entered, opened, noted) = (inside.clone(), open.clone(), trace.clone());
        let end = ended.set_on_drop();
        let closure = move || {
            let _end = end;
            noted.push(format!("before {:?}", from_thread::is_cancelled().ok()));
            entered.set();
            opened.wait_blocking();
            for _ in 0..2 {
                let cancelled = from_thread::is_cancelled().ok();
                let checked = from_thread::check_cancelled();
                let checked = matches!(checked, Err(FromThreadError::Cancelled(_)));
                noted.push(format!("after {cancelled:?} {checked}"));
            }
        };
        abandon(&inside, closure).await;
        checkpoint().await;
        open.set();
        ended.wait().await;
    });
    assert_eq!(
        trace.take(),
        [
            "before Some(false)",
            "after Some(true) true",
            "after Some(true) true"
        ]
    );
}

/// TH6, RT1: when only such futures are left they are ended like daemons. `run` waits until they are gone, and not for
/// the blocking code around them, to which no runtime is left.
pub fn th6_the_future_of_an_abandoned_call_ends_with_the_runtime(on: &Flavour) {
    let (inside, open, ended) = (Event::new(), Event::new(), Event::new());
    let _open = open.set_on_drop();
    let trace = Trace::new();
    on.run(async {
        let (entered, opened, noted) = (inside.clone(), open.clone(), trace.clone());
        let end = ended.set_on_drop();
        let closure = move || {
            let _end = end;
            let waiting = from_thread::run(async {
                let _probe = DropProbe::new(&noted, "future dropped");
                entered.set();
                pending::<()>().await;
            });
            opened.wait_blocking();
            noted.push(told(waiting));
            for _ in 0..2 {
                let (late, counter) = counted(ready(()));
                let late = told(from_thread::run(late));
                noted.push(format!("{late}, polled {}", counter.polls()));
            }
            noted.push(format!("cancelled {:?}", from_thread::is_cancelled().ok()));
        };
        abandon(&inside, closure).await;
        yields(20).await;
        // Main is still there.
        assert_eq!(trace.snapshot(), Vec::<String>::new());
    });
    assert_eq!(trace.take(), ["future dropped"]);
    open.set();
    ended.wait_blocking();
    assert_eq!(
        trace.take(),
        [
            "Shutdown",
            "RuntimeEnded, polled 0",
            "RuntimeEnded, polled 0",
            "cancelled Some(true)"
        ]
    );
}

/// TH6, FI2: ended by the runtime's end, the future unwinds like any other, with a runtime around that still works.
pub fn th6_run_waits_for_the_finalizers_of_an_abandoned_future(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let closure = move || {
            let body = task_group(async |g| {
                let log = noted.clone();
                let body = async move {
                    entered.set();
                    pending::<()>().await;
                };
                g.spawn(finally(body, async move |_| log.push("child")));
            });
            let cleanup = async |exit: Exit| {
                sleep(SHORT).await;
                checkpoint().await;
                if let Exit::Cancelled(reason) = exit {
                    noted.push(format!("cleaned, {:?}", reason.cause()));
                }
            };
            let _ = from_thread::run(finally(body, cleanup));
        };
        abandon(&inside, closure).await;
    });
    assert_eq!(trace.take(), ["child", "cleaned, Shutdown"]);
}

/// TH6, TG7, SC13: the host of a group in such a future is on the thread and nobody has forgotten it. It is cancelled with
/// the future, waits for its children, and gives their errors to the code around it.
pub fn th6_a_group_of_an_abandoned_future_is_not_taken_for_a_forgotten_one(on: &Flavour) {
    let trace = Trace::new();
    let ((), reports) = on.run_reporting(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let closure = move || {
            let _ = from_thread::run(async {
                let group = try_task_group(async |g| {
                    g.spawn(shield_with(async move |outside: Outside| {
                        entered.set();
                        outside.cancelled().await;
                        yields(20).await;
                        Err::<(), _>("broken")
                    }));
                    let hook = noted.clone();
                    g.defer(async move |exit| {
                        hook.push(format!("{exit:?}").contains("Cancelled").to_string())
                    });
                    pending().await
                });
                let outcome: Result<(), GroupError<&str>> = group.await;
                let errors = outcome.map_err(GroupError::into_errors);
                noted.push(format!("{errors:?}"));
            });
        };
        abandon(&inside, closure).await;
    });
    assert!(reports.is_empty(), "{reports:?}");
    assert_eq!(trace.take(), ["true", "Err([\"broken\"])"]);
}

/// TH6, SC13: foreign code drops the call: its future is cancelled, the closure is told so, and the nearest group waits
/// for it.
pub fn th6_a_call_dropped_by_foreign_code_ends_its_future(on: &Flavour) {
    let trace = Trace::new();
    // The drop is an escape, and reported as one; the hook keeps it off the standard error.
    on.run_reporting(async {
        let (inside, back, open) = (Event::new(), Event::new(), Event::new());
        let (entered, opened, noted) = (inside.clone(), open.clone(), trace.clone());
        let returned = back.set_on_drop();
        let closure = move || {
            let end = returned;
            for _ in 0..2 {
                let result = from_thread::run(async {
                    entered.set();
                    pending::<()>().await;
                });
                let ended = matches!(result, Err(FromThreadError::Cancelled(_)));
                let cancelled = from_thread::is_cancelled().ok();
                noted.push(format!("ended {ended}, cancelled {cancelled:?}"));
            }
            drop(end);
            opened.wait_blocking();
            noted.push("closure returns");
        };
        let outer = task_group(async |g| {
            let opener = open.set_on_drop();
            g.spawn(async move {
                let _open = opener;
                back.wait().await;
                // Every turn is one more chance for a group that does not wait.
                yields(100).await;
            });
            let inner = task_group(async |_| {
                let mut call = Box::pin(run_in_threadpool(closure));
                assert!(poll_once(&mut call).await.is_pending());
                inside.wait().await;
                drop(call);
            });
            inner.await.expect("nobody cancels");
            trace.push("group ended");
        });
        outer.await.expect("nobody cancels");
    });
    assert_eq!(
        trace.take(),
        [
            "ended true, cancelled Some(true)",
            "ended true, cancelled Some(true)",
            "closure returns",
            "group ended"
        ]
    );
}

/// RT1, TH6: closures that nobody waits for ask again and again, and do not keep `run` from its end.
pub fn th6_abandoned_closures_that_ask_for_ever_do_not_keep_run(on: &Flavour) {
    let ended: [Event; 8] = Default::default();
    let ends = ended.each_ref().map(Event::set_on_drop);
    on.run(async move {
        for end in ends {
            let inside = Event::new();
            let entered = inside.clone();
            let closure = move || {
                let _end = end;
                entered.set();
                loop {
                    let waited = from_thread::run(async {
                        // Long against the moment between two of them, in which it keeps nobody.
                        std::thread::sleep(Duration::from_millis(1));
                        checkpoint().await;
                    });
                    if matches!(waited, Err(FromThreadError::RuntimeEnded)) {
                        return;
                    }
                }
            };
            abandon(&inside, closure).await;
        }
    });
    for end in ended {
        end.wait_blocking();
    }
}
