//! RT2: two backends at work in one process.
#![cfg(all(feature = "tokio", feature = "smol"))]

use anyrt::{CancelScope, Runtime, Smol, Tokio, attach, sleep_forever, task_group};
use anyrt_ambient_library::{Report, work};
use anyrt_ambient_tests::in_time;
use async_channel::{Receiver, Sender, bounded};
use std::thread;

fn backend_name() -> &'static str {
    Runtime::current()
        .expect("a runtime is running")
        .backend_name()
}

/// Four children that square what comes in, and say on which backend they run.
async fn serve(questions: Receiver<u64>, answers: Sender<(u64, &'static str)>) {
    let group = task_group(async |group| {
        for _ in 0..4 {
            let (questions, answers) = (questions.clone(), answers.clone());
            group.spawn(async move {
                while let Ok(number) = questions.recv().await {
                    let answer = (number * number, backend_name());
                    answers.send(answer).await.expect("somebody listens");
                }
            });
        }
    });
    group.await.expect("nobody cancels");
}

/// Asks from one child and collects in another; returns the sum and the backend that served.
async fn ask(
    questions: Sender<u64>,
    answers: Receiver<(u64, &'static str)>,
) -> (u64, &'static str) {
    let group = task_group(async |group| {
        group.spawn(async move {
            for number in 1..=100 {
                questions.send(number).await.expect("somebody serves");
            }
        });
        let mut sum = 0;
        let mut by = "nobody";
        while let Ok((square, backend)) = answers.recv().await {
            sum += square;
            by = backend;
        }
        (sum, by)
    });
    group.await.expect("nobody cancels")
}

const SUM_OF_SQUARES: u64 = 338_350;

#[test]
fn rt2_two_runs_on_different_backends_pass_work_to_each_other() {
    in_time(|| {
        let (to_smol, on_smol) = bounded(3);
        let (to_tokio, on_tokio) = bounded(3);
        let server = thread::spawn(move || anyrt::run(Smol::threads(2), serve(on_smol, to_tokio)));
        let asked = anyrt::run(Tokio::multi_thread().worker_threads(2), async {
            assert_eq!(backend_name(), "tokio");
            ask(to_smol, on_tokio).await
        });
        assert_eq!(asked.expect("tokio starts"), (SUM_OF_SQUARES, "smol"));
        let served = server.join().expect("the server does not panic");
        served.expect("smol starts");
    });
}

#[test]
fn rt2_the_library_works_on_both_at_once() {
    in_time(|| {
        let other = thread::spawn(|| anyrt::run(Smol::threads(1), work()));
        let report = anyrt::run(Tokio::current_thread(), work());
        assert_eq!(report.expect("tokio starts"), Report::expected("tokio"));
        let report = other.join().expect("the library does not panic");
        assert_eq!(report.expect("smol starts"), Report::expected("smol"));
    });
}

#[test]
fn rt2_a_task_of_the_other_backend_is_attached_and_awaited() {
    in_time(|| {
        let report = anyrt::run(Tokio::current_thread(), async {
            let there = smol::spawn(attach(Smol::global(), work()));
            let here = work().await;
            assert_eq!(here, Report::expected("tokio"));
            there.await
        });
        assert_eq!(report.expect("tokio starts"), Report::expected("smol"));
    });
}

#[test]
fn rt2_a_tokio_runtime_is_used_from_a_run_on_smol() {
    in_time(|| {
        let tokio = tokio::runtime::Runtime::new().expect("tokio starts");
        let handle = tokio.handle().clone();
        let report = anyrt::run(Smol::threads(1), async {
            let backend = Tokio::from_handle(handle.clone());
            let there = handle.spawn(attach(backend, work()));
            assert_eq!(work().await, Report::expected("smol"));
            there.await.expect("nobody aborts")
        });
        assert_eq!(report.expect("smol starts"), Report::expected("tokio"));
    });
}

/// The future is polled by smol, but its region belongs to tokio: so do its children and its timers.
#[test]
fn rt2_an_attached_future_uses_its_backend_wherever_it_is_polled() {
    in_time(|| {
        let tokio = tokio::runtime::Runtime::new().expect("tokio starts");
        let backend = Tokio::from_handle(tokio.handle().clone());
        let report = smol::block_on(attach(backend, work()));
        assert_eq!(report, Report::expected("tokio"));
    });
}

#[test]
fn rt2_a_cancel_crosses_from_one_backend_to_the_other() {
    in_time(|| {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (started, wait) = bounded::<()>(1);
        let other = thread::spawn(move || {
            anyrt::run(Smol::threads(1), async move {
                wait.recv().await.expect("the other side starts");
                handle.cancel_with("from smol")
            })
        });
        let result = anyrt::run(Tokio::multi_thread().worker_threads(1), async {
            let body = task_group(async |group| {
                group.spawn(sleep_forever());
                started.send(()).await.expect("the other side listens");
                sleep_forever().await;
            });
            scope.run(body).await
        });
        let cancelled = result.expect("tokio starts").expect_err("it was cancelled");
        assert!(cancelled.reason().to_string().contains("from smol"));
        let was_first = other.join().expect("nobody panics");
        assert!(was_first.expect("smol starts"));
    });
}

#[cfg(feature = "async-std")]
#[test]
fn rt2_all_three_backends_work_side_by_side() {
    use anyrt::AsyncStd;
    in_time(|| {
        let smol = thread::spawn(|| anyrt::run(Smol::threads(1), work()));
        let async_std = thread::spawn(|| anyrt::run(AsyncStd::new(), work()));
        let tokio = anyrt::run(Tokio::multi_thread().worker_threads(1), work());
        for (report, name) in [
            (tokio, "tokio"),
            (smol.join().expect("the library does not panic"), "smol"),
            (
                async_std.join().expect("the library does not panic"),
                "async-std",
            ),
        ] {
            assert_eq!(report.expect("the runtime starts"), Report::expected(name));
        }
    });
}

/// TH10: a portal cannot be stopped from inside of its own blocking call, also where another runtime was entered there.
#[test]
fn th10_a_stop_in_a_guest_of_another_runtime_inside_its_own_closure_is_an_error() {
    use anyrt::{BlockingPortal, PortalError, Remaining};
    use std::sync::Arc;

    in_time(|| {
        let portal = Arc::new(BlockingPortal::start(Smol::threads(1)).expect("smol starts"));
        let inner = portal.clone();
        let stopped = portal.call(anyrt::run_in_threadpool(move || {
            let other = tokio::runtime::Builder::new_current_thread().build();
            other.expect("tokio starts").block_on(async {
                let backend = Tokio::current().expect("this is one");
                attach(backend, async { inner.stop(Remaining::Finish) }).await
            })
        }));
        let stopped = stopped.expect("it was open");
        assert!(matches!(stopped, Err(PortalError::InsideRuntime)));
    });
}
