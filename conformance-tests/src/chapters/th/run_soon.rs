//! TH10: `Runtime::run_soon`: any thread gives the runtime something to do, and waits for nothing.

use super::portal::on_plain_thread;
use crate::harness::*;
use anyrt::RuntimeEnded;
use std::{
    cell::Cell,
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

fn here() -> Runtime {
    Runtime::current().expect("a runtime is running")
}

/// TH10: the closure of a plain thread runs on a thread of the runtime, which it finds as a task does.
pub fn th10_what_a_thread_runs_soon_runs_on_the_runtime(on: &Flavour) {
    on.run(async {
        let (runtime, done) = (here(), Event::new());
        let end = done.set_on_drop();
        let seen = Arc::new(Mutex::new(None));
        let tell = seen.clone();
        let thread = start_thread(move || {
            let result = runtime.run_soon(move || {
                let _end = end;
                let name = Runtime::current().map(|runtime| runtime.backend_name().to_owned());
                let seen = (thread::current().id(), name.ok());
                *tell.lock().expect("no panic") = Some(seen);
            });
            result.expect("the runtime is running");
            thread::current().id()
        });
        done.wait().await;
        let caller = thread.join().expect("no panic");
        let seen = seen.lock().expect("no panic").take();
        let (ran_on, name) = seen.expect("the closure ran");
        assert_ne!(ran_on, caller);
        assert_eq!(name.as_deref(), Some(here().backend_name()));
    });
}

/// TH10: what one thread gives runs in the order in which it was given.
pub fn th10_what_is_run_soon_keeps_its_order(on: &Flavour) {
    on.run(async {
        let (runtime, done) = (here(), Event::new());
        let end = done.set_on_drop();
        let numbers = Arc::new(Mutex::new(Vec::new()));
        let noted = numbers.clone();
        let thread = start_thread(move || {
            for number in 0..200 {
                let noted = noted.clone();
                let result = runtime.run_soon(move || {
                    noted.lock().expect("no panic").push(number);
                });
                result.expect("the runtime is running");
            }
            let result = runtime.run_soon(move || drop(end));
            result.expect("the runtime is running");
        });
        done.wait().await;
        thread.join().expect("no panic");
        let numbers = numbers.lock().expect("no panic").clone();
        assert!(numbers.iter().copied().eq(0..200), "{numbers:?}");
    });
}

/// TH10: many threads give at once; every closure runs once.
pub fn th10_many_threads_run_soon_at_once(on: &Flavour) {
    on.run(async {
        let ran = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (runtime, ran) = (here(), ran.clone());
                start_thread(move || {
                    for _ in 0..50 {
                        let ran = ran.clone();
                        let result = runtime.run_soon(move || {
                            ran.fetch_add(1, SeqCst);
                        });
                        result.expect("the runtime is running");
                    }
                })
            })
            .collect();
        until(|| ran.load(SeqCst) == 400).await;
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("no panic"));
        yields(20).await;
        assert_eq!(ran.load(SeqCst), 400);
    });
}

thread_local! {
    static GIVING: Cell<bool> = const { Cell::new(false) };
}

/// TH10, TG3: a task gives as well; the closure never runs inside the call.
pub fn th10_what_a_task_runs_soon_does_not_run_inside_the_call(on: &Flavour) {
    on.run(async {
        for _ in 0..20 {
            let (done, inside) = (Event::new(), Arc::new(AtomicUsize::new(0)));
            let (end, seen) = (done.set_on_drop(), inside.clone());
            GIVING.set(true);
            let result = here().run_soon(move || {
                let _end = end;
                seen.store(1 + usize::from(GIVING.get()), SeqCst);
            });
            GIVING.set(false);
            result.expect("the runtime is running");
            done.wait().await;
            assert_eq!(inside.load(SeqCst), 1);
        }
    });
}

/// TH10, RT1: the handle of a runtime whose run has ended says so, and the closure does not run.
pub fn th10_after_the_run_nothing_runs_soon(on: &Flavour) {
    let runtime = on.run(async { here() });
    on_plain_thread(on, || {
        let trace = Trace::new();
        let (noted, probe) = (trace.clone(), DropProbe::new(&trace, "dropped"));
        let result = runtime.run_soon(move || {
            let _probe = probe;
            noted.push("ran");
        });
        assert!(matches!(result, Err(RuntimeEnded { .. })));
        assert_eq!(trace.take(), ["dropped"]);
    });
}

/// TH10, RT1: a closure that was taken is run before the run returns, however late it came; one that was not is not.
pub fn th10_what_was_taken_has_run_when_the_run_returns(on: &Flavour) {
    for _ in 0..10 {
        let (taken, ran) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let thread = on.run(async {
            let (runtime, begun) = (here(), Event::new());
            let (begin, taken, ran) = (begun.clone(), taken.clone(), ran.clone());
            let thread = start_thread(move || {
                loop {
                    let ran = ran.clone();
                    let result = runtime.run_soon(move || {
                        ran.fetch_add(1, SeqCst);
                    });
                    begin.set();
                    if result.is_err() {
                        return;
                    }
                    taken.fetch_add(1, SeqCst);
                    thread::yield_now();
                }
            });
            begun.wait().await;
            thread
        });
        thread.join().expect("no panic");
        assert_eq!(ran.load(SeqCst), taken.load(SeqCst));
    }
}

/// TH10: a panic has no caller to be resumed in: the hook is told. The run goes on, and so does what is given later.
pub fn th10_a_panic_of_what_runs_soon_goes_to_the_hook(on: &Flavour) {
    let (value, reports) = on.run_reporting(async {
        let done = Event::new();
        let end = done.set_on_drop();
        let runtime = here();
        let first = runtime.run_soon(|| {
            resume_unwind(Box::new("nobody catches this"));
        });
        first.expect("the runtime is running");
        let second = runtime.run_soon(move || drop(end));
        second.expect("the runtime is running");
        done.wait().await;
        checkpoint().await;
        let group = task_group(async |g| g.spawn(async { 7 }).await);
        group
            .await
            .expect("nobody cancels")
            .expect("nobody cancels")
    });
    assert_eq!(value, 7);
    let told = reports
        .iter()
        .filter(|text| text.contains("nobody catches"));
    assert_eq!(told.count(), 1, "{reports:?}");
}
