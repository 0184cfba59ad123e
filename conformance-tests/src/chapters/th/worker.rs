//! TH4, RT2: what a closure sees of the runtime that called it.

use super::Gate;
use crate::harness::*;

/// TH4: a closure finds the runtime of its caller, with its limiter, on every backend.
pub fn th4_a_closure_finds_the_runtime_of_its_caller(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let here = Runtime::current().expect("a runtime is running");
        here.thread_limiter().set_total(41);
        let seen = run_in_threadpool(|| {
            let runtime = Runtime::current().expect("the caller's");
            (runtime.backend_name(), runtime.thread_limiter().total())
        });
        let seen = seen.limiter(&limiter).await;
        here.thread_limiter().set_total(40);
        assert_eq!(seen, (here.backend_name(), 41));
    });
}

/// TH4: a hook that blocks finds it too.
pub fn th4_a_blocking_hook_finds_the_runtime_of_its_group(on: &Flavour) {
    on.run(async {
        let name = Runtime::current().expect("running").backend_name();
        let trace = Trace::new();
        let told = trace.clone();
        exit_stack(async |stack| {
            stack.defer_blocking(move |_| {
                told.push(Runtime::current().expect("the group's").backend_name());
            });
        })
        .await;
        assert_eq!(trace.take(), [name]);
    });
}

/// TH4: each run has a limiter of its own.
pub fn th4_two_runs_have_two_limiters(on: &Flavour) {
    on.run(async {
        let limiter = default_thread_limiter().expect("running");
        limiter.set_total(3);
        let other =
            on_thread(|| on.run(async { default_thread_limiter().expect("running").total() }));
        limiter.set_total(40);
        assert_eq!(other, 40);
    });
}

/// TH1, RT1: inside a closure a run of another runtime may begin; inside of that one it may not.
pub fn th1_a_run_inside_a_closure_is_a_run_like_any_other(on: &Flavour) {
    on.run(async {
        let gate = Gate::new();
        gate.open.set();
        let nested = on.clone();
        let call = run_in_threadpool(gate.closure(move || {
            nested.run(async {
                let error = nested.try_run(async {}).expect_err("inside a runtime");
                assert!(matches!(error, RunError::InsideRuntime { .. }));
                7
            })
        }));
        assert_eq!(call.await, 7);
    });
}
