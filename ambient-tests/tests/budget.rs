//! RT3: tokio's cooperative budget, used up by a body, does not hold back what anyrt does around it.
//!
//! With the budget gone, every resource of tokio answers "pending" for the rest of the poll, its timers among them: a
//! deadline that asks such a timer after its busy body would never pass.
#![cfg(feature = "tokio")]

use anyrt::{CancelScope, Tokio, checkpoint, move_on_after, run_in_threadpool, sleep, task_group};
use anyrt_ambient_tests::in_time;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{consume_budget, coop::poll_proceed};

const SOON: Duration = Duration::from_millis(3);

/// Uses the budget up in each poll, for ever.
async fn busy() {
    loop {
        consume_budget().await;
    }
}

/// The same with a resource that is always ready.
async fn busy_with_a_semaphore() {
    let semaphore = Semaphore::new(1);
    loop {
        drop(semaphore.acquire().await);
    }
}

async fn busy_with_a_channel() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    loop {
        sender.send(()).expect("the receiver is here");
        receiver.recv().await;
    }
}

async fn deadlines_pass() {
    assert_eq!(move_on_after(SOON, busy()).await, None);
    assert_eq!(move_on_after(SOON, busy_with_a_semaphore()).await, None);
    assert_eq!(move_on_after(SOON, busy_with_a_channel()).await, None);
    let nested = move_on_after(SOON, async {
        move_on_after(Duration::MAX, busy()).await;
    });
    assert_eq!(nested.await, None);
}

#[test]
fn rt3_a_deadline_passes_under_run() {
    for tokio in [
        Tokio::current_thread(),
        Tokio::multi_thread().worker_threads(1),
    ] {
        in_time(|| anyrt::run(tokio, deadlines_pass()).expect("tokio starts"));
    }
}

#[test]
fn rt3_a_deadline_passes_in_a_host_of_tokio() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.enable_all().build().expect("tokio starts");
        in_time(move || {
            runtime.block_on(deadlines_pass());
            let task = runtime.spawn(deadlines_pass());
            runtime.block_on(task).expect("nobody aborts");
        });
    }
}

#[test]
fn rt3_operations_end_after_the_budget_is_gone() {
    for tokio in [
        Tokio::current_thread(),
        Tokio::multi_thread().worker_threads(1),
    ] {
        in_time(|| {
            let result = anyrt::run(tokio, async {
                let group = task_group(async |group| {
                    group.task().daemon().spawn(busy());
                    let waits = group.spawn(async {
                        for _ in 0..10 {
                            use_up_the_budget().await;
                            sleep(Duration::from_micros(10)).await;
                            use_up_the_budget().await;
                            checkpoint().await;
                            use_up_the_budget().await;
                            run_in_threadpool(|| ()).await;
                        }
                    });
                    waits.await.expect("nobody cancels");
                });
                group.await
            });
            result
                .expect("tokio starts")
                .expect("only the daemon is cancelled");
        });
    }
}

/// Leaves the task with no budget for the rest of its poll.
async fn use_up_the_budget() {
    poll_fn(|cx| {
        while let Poll::Ready(progress) = poll_proceed(cx) {
            progress.made_progress();
        }
        Poll::Ready(())
    })
    .await;
}

#[test]
fn rt3_a_cancel_ends_a_busy_body() {
    for tokio in [
        Tokio::current_thread(),
        Tokio::multi_thread().worker_threads(1),
    ] {
        in_time(|| {
            let result = anyrt::run(tokio, async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let group = task_group(async |group| {
                    group.spawn(async move {
                        checkpoint().await;
                        handle.cancel();
                    });
                    scope.run(busy()).await.is_err()
                });
                group.await.expect("nobody cancels the group")
            });
            assert!(result.expect("tokio starts"));
        });
    }
}
