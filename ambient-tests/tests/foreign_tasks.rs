//! SC15: tasks that foreign code spawned, inside `run`.
#![cfg(feature = "tokio")]

use anyrt::{
    CancelScope, Runtime, Tokio, checkpoint, current_task, is_cancelled, sleep, task_group,
};
use anyrt_ambient_library::{Report, work};
use anyrt_ambient_tests::in_time;
use std::time::Duration;
use tokio::sync::oneshot;

fn flavours() -> [Tokio; 2] {
    [
        Tokio::current_thread(),
        Tokio::multi_thread().worker_threads(2),
    ]
}

#[test]
fn sc15_the_library_works_in_a_foreign_task() {
    for tokio in flavours() {
        in_time(|| {
            let report = anyrt::run(tokio, async {
                tokio::spawn(work()).await.expect("nobody aborts")
            });
            assert_eq!(report.expect("tokio starts"), Report::expected("tokio"));
        });
    }
}

#[test]
fn sc15_a_foreign_task_finds_the_runtime_of_the_run() {
    for tokio in flavours() {
        in_time(|| {
            anyrt::run(tokio, async {
                let limiter = Runtime::current().expect("run is here").thread_limiter();
                limiter.set_total(7);
                let there = tokio::spawn(async {
                    // It has no task of anyrt's, but the runtime is the same: so is its limiter.
                    assert!(current_task().is_none());
                    let runtime = Runtime::current().expect("tokio is here");
                    let group = task_group(async |group| {
                        let child = group.spawn(async {
                            anyrt::default_thread_limiter()
                                .expect("a child has a runtime")
                                .total()
                        });
                        child.await.expect("nobody cancels")
                    });
                    let in_child = group.await.expect("nobody cancels");
                    (runtime.thread_limiter().total(), in_child)
                });
                assert_eq!(there.await.expect("nobody aborts"), (7, 7));
            })
            .expect("tokio starts");
        });
    }
}

#[test]
fn sc15_no_cancel_reaches_a_foreign_task_from_its_spawner() {
    for tokio in flavours() {
        in_time(|| {
            anyrt::run(tokio, async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let (cancelled, wait) = oneshot::channel();
                let (give, take) = oneshot::channel();
                let result = scope
                    .run(async move {
                        let task = tokio::spawn(async move {
                            wait.await.expect("the spawner cancels");
                            checkpoint().await;
                            sleep(Duration::from_millis(1)).await;
                            let group = task_group(async |group| group.spawn(checkpoint()).await);
                            group.await.expect("no cancel").expect("no cancel");
                            is_cancelled()
                        });
                        give.send(task).expect("main waits for it");
                        handle.cancel();
                        checkpoint().await;
                    })
                    .await;
                assert!(result.is_err());
                let task = take.await.expect("the body has sent it");
                cancelled.send(()).expect("the task waits for it");
                assert!(!task.await.expect("nobody aborts"));
            })
            .expect("tokio starts");
        });
    }
}

#[test]
fn sc15_scopes_of_a_foreign_task_are_cancelled_from_outside_by_their_handles() {
    for tokio in flavours() {
        in_time(|| {
            anyrt::run(tokio, async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let (started, wait) = oneshot::channel();
                let task = tokio::spawn(async move {
                    let body = task_group(async move |group| {
                        group.spawn(anyrt::sleep_forever());
                        started.send(()).expect("main waits");
                        anyrt::sleep_forever().await;
                    });
                    scope.run(body).await.is_err()
                });
                wait.await.expect("the task starts");
                handle.cancel();
                assert!(task.await.expect("nobody aborts"));
            })
            .expect("tokio starts");
        });
    }
}

/// RT1, TH6: what a foreign task's blocking call or iterator waits for on its thread is cancelled by the end of `run`,
/// which waits for it.
#[test]
fn th6_the_end_of_run_cancels_what_foreign_tasks_wait_for_on_threads() {
    use futures_util::StreamExt;

    for tokio in flavours() {
        for streams in [false, true] {
            let tokio = tokio.clone();
            in_time(move || {
                let (waited, told) = std::sync::mpsc::channel();
                anyrt::run(tokio, async {
                    let (entered, inside) = async_channel::bounded::<()>(1);
                    let wait = move || {
                        let entered = entered.clone();
                        let result = anyrt::from_thread::run(async move {
                            entered.send(()).await.expect("main listens");
                            anyrt::sleep_forever().await;
                        });
                        waited.send(result.is_err()).expect("the test listens");
                    };
                    if streams {
                        let mut wait = Some(wait);
                        let items = std::iter::from_fn(move || wait.take().map(|wait| wait()));
                        tokio::spawn(anyrt::iterate_in_threadpool(items).count());
                    } else {
                        tokio::spawn(anyrt::run_in_threadpool(wait));
                    }
                    inside.recv().await.expect("it waits");
                })
                .expect("tokio starts");
                // The closure goes on by itself.
                assert_eq!(told.recv(), Ok(true));
            });
        }
    }
}
