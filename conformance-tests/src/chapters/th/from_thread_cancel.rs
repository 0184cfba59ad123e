//! TH6: cancels that reach the asynchronous code in a worker.

use super::from_thread::{SHORT, once_set, told};
use crate::harness::*;
use anyrt::from_thread;

/// What blocking code can ask: whether its caller is cancelled, and for what reason.
fn asked() -> (Option<bool>, Option<String>) {
    let error = from_thread::check_cancelled().err();
    let reason = error.map(|error| told::<()>(Err(error)));
    (from_thread::is_cancelled().ok(), reason)
}

/// TH6, TH2: the future is cancelled with its caller and for the same reason; the error comes back to the blocking code
/// once the future is gone, and the value of that code comes back despite the cancel.
pub fn th6_the_future_is_cancelled_with_its_caller(on: &Flavour) {
    let trace = Trace::new();
    let result = on.run(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let call = run_in_threadpool(move || {
            let result = from_thread::run(async {
                let _probe = DropProbe::new(&noted, "future dropped");
                entered.set();
                pending::<()>().await;
            });
            noted.push(told(result));
            7
        });
        let stop = async |handle: ScopeHandle| {
            handle.cancel_with("stop");
        };
        once_set(&inside, call, stop).await
    });
    assert_eq!(result.expect("the value beats the cancel"), 7);
    assert_eq!(trace.take(), ["future dropped", "stop"]);
}

/// TH6: the closure may try again: each future that waits is ended at its first wait, and says why.
pub fn th6_every_future_that_waits_in_a_cancelled_call_is_ended(on: &Flavour) {
    let trace = Trace::new();
    let result = in_a_cancelled_call(on, {
        let noted = trace.clone();
        move || {
            for _ in 0..3 {
                let result = from_thread::run(async {
                    noted.push("begins");
                    checkpoint().await;
                    noted.push("not reached");
                });
                noted.push(told(result));
            }
        }
    });
    assert!(result.is_ok());
    assert_eq!(
        trace.take(),
        ["begins", "stop", "begins", "stop", "begins", "stop"]
    );
}

/// TH6, SC6: a future that never waits is not hindered: its value beats the cancel.
pub fn th6_a_future_that_never_waits_completes_in_a_cancelled_call(on: &Flavour) {
    let result = in_a_cancelled_call(on, || told(from_thread::run(async { is_cancelled() })));
    assert_eq!(result.expect("the value beats the cancel"), "true");
}

/// TH6: blocking code that never waits can ask, as often as it likes.
pub fn th6_a_cancelled_closure_is_told_so_as_often_as_it_asks(on: &Flavour) {
    let result = in_a_cancelled_call(on, || [asked(), asked(), asked()]);
    for answer in result.expect("the value beats the cancel") {
        assert_eq!(answer, (Some(true), Some("stop".to_owned())));
    }
}

/// TH6: before any cancel the answer is no, also after a scope inside was cancelled.
pub fn th6_an_uncancelled_closure_is_told_so(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let before = asked();
            let inside = from_thread::run(async {
                let scope = CancelScope::new();
                scope.handle().cancel();
                scope.run(pending::<()>()).await.is_err()
            });
            (before, told(inside), asked())
        });
        let no = (Some(false), None);
        assert_eq!(call.await, (no.clone(), "true".to_owned(), no));
    });
}

/// TH6: a shield around the call protects everything in it: the future goes on, and the closure is told nothing.
pub fn th6_a_shield_around_the_call_protects_the_future(on: &Flavour) {
    let result = on.run(async {
        let (inside, open) = (Event::new(), Event::new());
        let (entered, opened) = (inside.clone(), open.clone());
        let call = run_in_threadpool(move || {
            let result = from_thread::run(async {
                entered.set();
                opened.wait().await;
                checkpoint().await;
                7
            });
            (told(result), asked())
        });
        let stop = async |handle: ScopeHandle| {
            let _open = open.set_on_drop();
            handle.cancel_with("stop");
        };
        once_set(&inside, shield(call), stop).await
    });
    let (value, asked) = result.expect("a shielded value is returned");
    assert_eq!(value, "7");
    assert_eq!(asked, (Some(false), None));
}

/// TH6: a deadline of the caller is a cancel like another.
pub fn th6_the_deadline_of_the_caller_ends_the_future(on: &Flavour) {
    let result = on.run(async {
        let inside = Event::new();
        let entered = inside.clone();
        let call = run_in_threadpool(move || {
            let result = from_thread::run(async {
                entered.set();
                pending::<()>().await;
            });
            (told(result), from_thread::is_cancelled().ok())
        });
        let hurry = async |handle: ScopeHandle| {
            handle.set_deadline(Instant::now() + SHORT);
        };
        once_set(&inside, call, hurry).await
    });
    let (ended, cancelled) = result.expect("the value beats the deadline");
    assert_eq!((ended.as_str(), cancelled), ("Deadline", Some(true)));
}

/// TH6, FI2: a cleanup inside runs on the worker to its end before the error comes back to the blocking code.
pub fn th6_a_finalizer_inside_ends_before_the_error_comes_back(on: &Flavour) {
    let trace = Trace::new();
    let result = on.run(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let call = run_in_threadpool(move || {
            let own = std::thread::current().id();
            let body = async {
                entered.set();
                pending::<()>().await;
            };
            let result = from_thread::run(finally(body, async |exit| {
                checkpoint().await;
                sleep(SHORT).await;
                let Exit::Cancelled(reason) = exit else {
                    panic!("{exit:?}");
                };
                assert_eq!(reason.cause(), &Cause::Explicit(Some("stop".to_owned())));
                assert_eq!(std::thread::current().id(), own);
                noted.push("cleaned");
            }));
            noted.push(told(result));
        });
        let stop = async |handle: ScopeHandle| {
            handle.cancel_with("stop");
        };
        once_set(&inside, call, stop).await
    });
    assert!(result.is_ok());
    assert_eq!(trace.take(), ["cleaned", "stop"]);
}

/// TH6, SH1: a shield inside is waited for; after it the future runs up to its next wait.
pub fn th6_a_shield_inside_is_waited_for(on: &Flavour) {
    let trace = Trace::new();
    let result = on.run(async {
        let (inside, open) = (Event::new(), Event::new());
        let (entered, opened, noted) = (inside.clone(), open.clone(), trace.clone());
        let call = run_in_threadpool(move || {
            let result = from_thread::run(async {
                shield(async {
                    entered.set();
                    opened.wait().await;
                    yields(3).await;
                    noted.push("shield ends");
                })
                .await;
                noted.push("after the shield");
                checkpoint().await;
                noted.push("not reached");
            });
            noted.push(told(result));
            told(from_thread::run(shield(async {
                checkpoint().await;
                7
            })))
        });
        let stop = async |handle: ScopeHandle| {
            let _open = open.set_on_drop();
            handle.cancel_with("stop");
            yields(20).await;
        };
        once_set(&inside, call, stop).await
    });
    assert_eq!(result.expect("the value beats the cancel"), "7");
    assert_eq!(trace.take(), ["shield ends", "after the shield", "stop"]);
}

/// Runs `closure` in a call whose scope has been cancelled while the closure was at work.
fn in_a_cancelled_call<T: Send + 'static>(
    on: &Flavour,
    closure: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Cancelled> {
    on.run(async {
        let gate = super::Gate::new();
        let stop = async |handle: ScopeHandle| {
            handle.cancel_with("stop");
            // The cancel has come down to the call by now: `cancel` is synchronous.
            gate.open.set();
        };
        let call = run_in_threadpool(gate.closure(closure));
        once_set(&gate.started, call, stop).await
    })
}
