//! TH1, TH6: functions made asynchronous and back: `asyncify` and `syncify`.

use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::{FromThreadError, asyncify, from_thread, syncify};
use std::{panic::resume_unwind, rc::Rc, thread};

fn seven() -> u32 {
    7
}

fn double(number: u32) -> u32 {
    2 * number
}

fn repeat(text: String, times: usize) -> String {
    text.repeat(times)
}

fn join_up(first: &'static str, second: String, third: char) -> String {
    format!("{first}{second}{third}")
}

async fn triple(number: u32) -> u32 {
    yields(2).await;
    checkpoint().await;
    3 * number
}

/// TH1: a blocking function becomes an asynchronous one of the same arguments, whose closure runs on a worker.
pub fn th1_asyncify_takes_functions_of_any_arity(on: &Flavour) {
    on.run(async {
        assert_eq!(asyncify(seven)().await, 7);
        assert_eq!(asyncify(double)(4).await, 8);
        assert_eq!(asyncify(repeat)("ab".to_owned(), 2).await, "abab");
        assert_eq!(asyncify(join_up)("a", "b".to_owned(), 'c').await, "abc");
        let here = thread::current().id();
        let there = asyncify(|| thread::current().id())().await;
        assert_ne!(here, there);
    });
}

/// TH1: the same for closures, with what they have captured.
pub fn th1_asyncify_takes_closures_of_any_arity(on: &Flavour) {
    on.run(async {
        let base = String::from("base");
        let name = base.clone();
        assert_eq!(asyncify(move || name.len())().await, 4);
        let name = base.clone();
        let more = asyncify(move |more: &'static str| format!("{name}{more}"));
        assert_eq!(more("+").await, "base+");
        let name = base.clone();
        let cut = asyncify(move |from: usize, to: usize| name[from..to].to_owned());
        assert_eq!(cut(1, 3).await, "as");
        let sum = asyncify(move |a: u32, b: u32, c: u32| a + b + c + base.len() as u32);
        assert_eq!(sum(1, 2, 3).await, 10);
    });
}

/// TH1, SC4: it is a blocking call like another: it does nothing before its first poll, nor in a cancelled scope.
pub fn th1_asyncify_runs_nothing_before_it_is_polled(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let noted = trace.clone();
        let call = asyncify(move |what: &'static str| noted.push(what));
        drop(call("ran"));
        let noted = trace.clone();
        let call = asyncify(move |what: &'static str| noted.push(what));
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(call("ran in a cancelled scope")).await.is_err());
    });
    assert!(trace.take().is_empty());
}

/// TH4: a limiter is named as for any blocking call.
pub fn th4_asyncify_takes_a_limiter(on: &Flavour) {
    on.run(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        let (started, open) = (gate.started.clone(), gate.open.clone());
        let blocks = asyncify(move |value: u32| {
            started.set();
            open.wait_blocking();
            value
        });
        let group = task_group(async |g| {
            let _open = gate.open.set_on_drop();
            let call = g.spawn(blocks(5).limiter(&limiter));
            gate.started.wait().await;
            assert_eq!(limiter.statistics().borrowed, 1);
            gate.open.set();
            call.await.expect("nobody cancels")
        });
        assert_eq!(group.await.expect("nobody cancels"), 5);
        until_limiter(&limiter, 0, 0).await;
    });
}

/// TH3, TH2: a function may be left behind by a cancel, if that was asked for; otherwise it is waited for.
pub fn th3_asyncify_may_be_abandoned(on: &Flavour) {
    for abandon in [false, true] {
        on.run(async {
            let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
            let (started, open) = (gate.started.clone(), gate.open.clone());
            let blocks = asyncify(move |value: u32| {
                started.set();
                open.wait_blocking();
                value
            });
            let scope = CancelScope::new();
            let (handle, started, open) = (scope.handle(), gate.started.wait(), gate.open.clone());
            let group = task_group(async |g| {
                g.task().daemon().spawn(async move {
                    started.await;
                    handle.cancel();
                    yields(20).await;
                    if !abandon {
                        open.set();
                    }
                });
                let call = blocks(5).limiter(&limiter);
                if abandon {
                    scope.run(call.abandon_on_cancel()).await.ok()
                } else {
                    scope.run(call).await.ok()
                }
            });
            let value = group.await.expect("the group is not cancelled");
            assert_eq!(value, (!abandon).then_some(5));
            gate.open.set();
            until_limiter(&limiter, 0, 0).await;
        });
    }
}

/// TH5: a panic of the function is resumed in the caller.
pub fn th5_asyncify_resumes_a_panic(on: &Flavour) {
    fn unwinds(text: &'static str) {
        resume_unwind(Box::new(text))
    }
    on.run(async {
        let caught = catch_async(asyncify(unwinds)("inside")).await;
        assert_eq!(caught, Err("inside".to_owned()));
    });
}

/// TH6: an asynchronous function becomes a blocking one for workers: it is awaited there, in its caller's task.
pub fn th6_syncify_awaits_in_a_worker(on: &Flavour) {
    async fn nothing() -> Option<TaskId> {
        checkpoint().await;
        current_task().map(|task| task.id())
    }
    async fn both(text: Rc<String>, number: usize) -> usize {
        yield_once().await;
        text.len() + number
    }
    on.run(async {
        let own = current_task().map(|task| task.id());
        let call = run_in_threadpool(|| {
            let first = syncify(nothing)().expect("nobody cancels");
            let second = syncify(triple)(4).expect("nobody cancels");
            // It stays on this thread, so what it takes need not be `Send`.
            let third = syncify(both)(Rc::new("abc".to_owned()), 2);
            (first, second, third.expect("nobody cancels"))
        });
        assert_eq!(call.await, (own, 12, 5));
        let call = asyncify(|number: u32| syncify(triple)(number).expect("nobody cancels"));
        assert_eq!(call(5).await, 15);
    });
}

/// TH6: elsewhere there is no caller whose runtime could be used.
pub fn th6_syncify_outside_of_a_worker_is_an_error(on: &Flavour) {
    fn refused() -> bool {
        matches!(syncify(triple)(1), Err(FromThreadError::NotInWorker))
    }
    assert!(on_thread(refused));
    on.run(async {
        assert!(refused());
        assert!(on_thread(refused));
        assert!(run_in_threadpool(|| from_thread::run(async { refused() }).is_ok_and(|r| r)).await);
    });
}

/// TH6: it is cancelled with the caller of the worker, and the blocking code is told and may go on.
pub fn th6_syncify_is_cancelled_with_the_caller(on: &Flavour) {
    async fn stuck(entered: Event) {
        entered.set();
        pending::<()>().await;
    }
    on.run(async {
        let entered = Event::new();
        let enter = entered.clone();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let group = task_group(async |g| {
            g.task().daemon().spawn(async move {
                entered.wait().await;
                handle.cancel();
            });
            let call = run_in_threadpool(move || {
                let result = syncify(stuck)(enter);
                matches!(result, Err(FromThreadError::Cancelled(_)))
            });
            scope.run(call).await
        });
        let value = group.await.expect("the group is not cancelled");
        assert!(value.expect("the value beats the cancel"));
    });
}

/// TH6: the error of a function made synchronous has what failed as its source.
pub fn th6_the_error_of_a_function_made_synchronous_has_a_source(_: &Flavour) {
    let error = on_thread(|| anyrt::from_thread::run(async {})).unwrap_err();
    let text = error.to_string();
    let error = SyncifyError::FromThread(error);
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(source, Some(text));
}
