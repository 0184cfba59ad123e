//! TH6: `syncify_or_run` and `runnify`: asynchronous functions for blocking code that has no runtime.

use super::portal::on_plain_thread;
use super::portal_options::Fails;
use super::provider::counting;
use crate::harness::*;
use anyrt::{runnify, syncify_or_run};
use std::{
    cell::Cell,
    panic::resume_unwind,
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

async fn triple(number: u32) -> u32 {
    yields(2).await;
    sleep(Duration::from_millis(1)).await;
    3 * number
}

async fn own_task() -> Option<TaskId> {
    checkpoint().await;
    current_task().map(|task| task.id())
}

/// TH6: where there is no caller, a runtime is started for the call and has ended when the value is there.
pub fn th6_syncify_or_run_starts_a_runtime_outside_of_a_worker(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let value = syncify_or_run(counting(on, &starts), triple)(4);
        assert_eq!(value.expect("the runtime starts"), 12);
        assert_eq!(starts.load(SeqCst), 1);
        assert!(current_task().is_none());
        let task = syncify_or_run(counting(on, &starts), own_task)();
        assert!(task.expect("the runtime starts").is_some());
        assert_eq!(starts.load(SeqCst), 2);
    });
}

/// TH6: in a worker the caller's runtime does it, in the caller's task, and none is started.
pub fn th6_syncify_or_run_uses_the_callers_runtime_in_a_worker(on: &Flavour) {
    on.run(async {
        let starts: Arc<AtomicUsize> = Arc::default();
        let (first, second) = (counting(on, &starts), counting(on, &starts));
        let call = run_in_threadpool(move || {
            let value = syncify_or_run(first, triple)(4).expect("nobody cancels");
            let task = syncify_or_run(second, own_task)().expect("nobody cancels");
            (value, task)
        });
        let own = current_task().map(|task| task.id());
        assert_eq!(call.await, (12, own));
        assert_eq!(starts.load(SeqCst), 0);
    });
}

/// TH6: it is cancelled with the caller of the worker, as `syncify` is; it starts no runtime to get around that.
pub fn th6_syncify_or_run_is_cancelled_with_the_caller(on: &Flavour) {
    async fn stuck(entered: Event) {
        entered.set();
        pending::<()>().await;
    }
    on.run(async {
        let starts: Arc<AtomicUsize> = Arc::default();
        let (entered, launch) = (Event::new(), counting(on, &starts));
        let enter = entered.clone();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let group = task_group(async |g| {
            g.task().daemon().spawn(async move {
                entered.wait().await;
                handle.cancel();
            });
            let call = run_in_threadpool(move || syncify_or_run(launch, stuck)(enter).is_err());
            scope.run(call).await
        });
        let value = group.await.expect("the group is not cancelled");
        assert!(value.expect("the value beats the cancel"));
        assert_eq!(starts.load(SeqCst), 0);
    });
}

/// TH6, RT1: on a thread of a runtime it can neither block nor run: an error, and the function is not polled.
pub fn th6_syncify_or_run_on_a_runtimes_own_thread_is_an_error(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let starts: Arc<AtomicUsize> = Arc::default();
        let noted = trace.clone();
        let noting = move |what: &'static str| {
            let noted = noted.clone();
            async move { noted.push(what) }
        };
        assert!(syncify_or_run(counting(on, &starts), noting)("polled").is_err());
        let launch = counting(on, &starts);
        let group = task_group(async |g| {
            let child = g.spawn(async move {
                checkpoint().await;
                syncify_or_run(launch, triple)(4).is_err()
            });
            child.await.expect("nobody cancels")
        });
        assert!(group.await.expect("nobody cancels"));
        checkpoint().await;
    });
    assert!(trace.take().is_empty());
}

/// TH6: what keeps the runtime from starting is told by both.
pub fn th6_a_runtime_that_does_not_start_is_an_error(on: &Flavour) {
    on_plain_thread(on, || {
        assert!(syncify_or_run(|| Fails, triple)(4).is_err());
        let error = runnify(|| Fails, triple)(4).expect_err("nothing was launched");
        assert!(!matches!(error, RunError::InsideRuntime { .. }));
    });
}

/// TH6, RT1: `runnify` always starts a runtime of its own, on a plain thread as in a worker.
pub fn th6_runnify_runs_an_asynchronous_function(on: &Flavour) {
    on.run(async {
        let starts: Arc<AtomicUsize> = Arc::default();
        let launch = || counting(on, &starts);
        let value = on_thread(|| runnify(launch(), triple)(4));
        assert_eq!(value.expect("the runtime starts"), 12);
        let (launch, other) = (launch(), launch());
        let call = run_in_threadpool(move || {
            let value = runnify(launch, triple)(5).expect("the runtime starts");
            let task = runnify(other, own_task)().expect("the runtime starts");
            (value, task)
        });
        let (value, task) = call.await;
        assert_eq!(value, 15);
        assert!(task.is_some());
        assert_eq!(starts.load(SeqCst), 3);
    });
}

/// TH6, RT1: inside a runtime it is refused as `run` is, and says the same.
pub fn th6_runnify_inside_a_runtime_is_an_error(on: &Flavour) {
    on.run(async {
        let starts: Arc<AtomicUsize> = Arc::default();
        let error = runnify(counting(on, &starts), triple)(4).expect_err("a runtime runs here");
        assert!(matches!(error, RunError::InsideRuntime { .. }), "{error:?}");
        checkpoint().await;
    });
}

/// TH6: the function stays on its thread: it may take and return what is not `Send`. Its panic comes out.
pub fn th6_runnify_stays_on_its_thread(on: &Flavour) {
    async fn grown(numbers: Rc<Cell<u32>>) -> Rc<Cell<u32>> {
        yield_once().await;
        numbers.set(numbers.get() + 1);
        numbers
    }
    async fn unwinds(text: &'static str) {
        yield_once().await;
        resume_unwind(Box::new(text))
    }
    on_plain_thread(on, || {
        let starts = Arc::default();
        let numbers = Rc::new(Cell::new(6));
        let same = runnify(counting(on, &starts), grown)(numbers.clone());
        assert!(Rc::ptr_eq(&same.expect("the runtime starts"), &numbers));
        assert_eq!(numbers.get(), 7);
        let caught = catch(|| runnify(counting(on, &starts), unwinds)("inside"));
        assert_eq!(caught.err().as_deref(), Some("inside"));
    });
}
