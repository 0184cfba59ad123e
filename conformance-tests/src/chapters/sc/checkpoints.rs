//! SC12: what checks, what yields, and the budget of operations that are ready at once.

use crate::harness::*;
use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
};

/// How many ready operations a task may do in one poll.
const BUDGET: usize = 128;

/// SC12: `checkpoint` yields exactly once, and asks to be polled again.
pub fn sc12_checkpoint_yields_once(on: &Flavour) {
    on.run(async {
        let wakes = WakeCounter::new();
        for _ in 0..3 {
            let before = wakes.wakes();
            let mut operation = pin!(checkpoint());
            assert!(wakes.poll(operation.as_mut()).is_pending());
            assert_eq!(wakes.wakes(), before + 1);
            assert!(wakes.poll(operation.as_mut()).is_ready());
            assert_eq!(wakes.wakes(), before + 1);
        }
        let mut operation = pin!(yield_now());
        assert!(wakes.poll(operation.as_mut()).is_pending());
        assert!(wakes.poll(operation.as_mut()).is_ready());
    });
}

/// SC12: a checkpoint lets a neighbour in the same task run.
pub fn sc12_checkpoint_lets_a_neighbour_run(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        futures_util::join!(
            async {
                trace.push("a1");
                checkpoint().await;
                trace.push("a2");
            },
            async {
                trace.push("b1");
                checkpoint().await;
                trace.push("b2");
            }
        );
        assert_eq!(trace.take(), ["a1", "b1", "a2", "b2"]);
    });
}

/// SC12: a checkpoint that was yielding when the cancel came does not complete.
pub fn sc12_checkpoint_checks(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(async {
            handle.cancel();
            checkpoint().await;
            unreachable!("the checkpoint sees the cancel");
        }));
        let left = wakes.poll(run.as_mut());
        assert!(matches!(left, Poll::Ready(Err(_))), "{left:?}");
    });
}

/// SC12: `checkpoint_if_cancelled` never yields, however often it is called in one poll.
pub fn sc12_checkpoint_if_cancelled_never_yields(on: &Flavour) {
    on.run(async {
        let wakes = WakeCounter::new();
        let mut many = pin!(async {
            for _ in 0..10 * BUDGET {
                checkpoint_if_cancelled().await;
            }
        });
        assert!(wakes.poll(many.as_mut()).is_ready());
        assert_eq!(wakes.wakes(), 0);
    });
}

/// SC12: `checkpoint_if_cancelled` checks.
pub fn sc12_checkpoint_if_cancelled_checks(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let trace = Trace::new();
        let result = scope
            .run(async {
                checkpoint_if_cancelled().await;
                trace.push("passed");
                handle.cancel();
                checkpoint_if_cancelled().await;
                trace.push("passed again");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["passed"]);
    });
}

/// SC12: `shielded_checkpoint` yields once.
pub fn sc12_shielded_checkpoint_yields_once(on: &Flavour) {
    on.run(async {
        let wakes = WakeCounter::new();
        let mut operation = pin!(shielded_checkpoint());
        assert!(wakes.poll(operation.as_mut()).is_pending());
        assert_eq!(wakes.wakes(), 1);
        assert!(wakes.poll(operation.as_mut()).is_ready());
    });
}

/// SC12: `shielded_checkpoint` never checks: in a cancelled region code goes on after it.
pub fn sc12_shielded_checkpoint_never_checks(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let trace = Trace::new();
        let result = scope
            .run(async {
                handle.cancel();
                for _ in 0..3 {
                    shielded_checkpoint().await;
                    trace.push("passed");
                }
                checkpoint().await;
                trace.push("checked");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["passed"; 3]);
    });
}

/// The whole of a task: notes after each of its polls how many operations that poll counted in `count`.
async fn note_each_poll(
    polls: Arc<Mutex<Vec<usize>>>,
    count: Arc<AtomicUsize>,
    body: impl Future<Output = ()>,
) {
    let mut body = pin!(body);
    poll_fn(|cx| {
        let polled = body.as_mut().poll(cx);
        let operations = count.swap(0, Ordering::Relaxed);
        polls.lock().expect("no panic").push(operations);
        polled
    })
    .await;
}

/// SC12: ready operations do not yield one by one, and after 128 of them in one poll of the task they yield once.
pub fn sc12_ready_operations_yield_after_the_budget(on: &Flavour) {
    const ROUNDS: usize = 10;
    on.run(async {
        let polls = Arc::new(Mutex::new(Vec::new()));
        let count = Arc::new(AtomicUsize::new(0));
        let limiter = CapacityLimiter::new(1);
        let result = task_group(async |g: TaskGroup| {
            let (counted, free) = (count.clone(), limiter.clone());
            let body = async move {
                for _ in 0..ROUNDS * BUDGET {
                    drop(free.acquire().await);
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            };
            g.spawn(note_each_poll(polls.clone(), count.clone(), body));
        })
        .await;
        assert!(result.is_ok());
        let polls = polls.lock().expect("no panic").clone();
        assert_eq!(polls.iter().sum::<usize>(), ROUNDS * BUDGET);
        assert!(polls.iter().all(|count| *count <= BUDGET), "{polls:?}");
        // Yields no more often than the budget asks for.
        assert!((ROUNDS..=ROUNDS + 1).contains(&polls.len()), "{polls:?}");
    });
}

/// Loops over `operation` until a neighbour in the same task has run: never ends if the loop starves it.
async fn must_not_starve<F: Future>(operation: impl Fn() -> F) {
    let ran = Cell::new(false);
    futures_util::join!(
        async {
            while !ran.get() {
                operation().await;
            }
        },
        async { ran.set(true) }
    );
}

/// SC12: a loop of ready operations does not starve a neighbour in the same task, whatever the operation.
pub fn sc12_a_loop_of_ready_operations_lets_a_neighbour_run(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let child = g.spawn(async {});
            assert_eq!(child.wait().await, TaskStatus::Completed);
            must_not_starve(|| child.wait()).await;
            let limiter = CapacityLimiter::new(1);
            must_not_starve(|| async {
                drop(limiter.acquire().await);
            })
            .await;
            must_not_starve(|| sleep(Duration::ZERO)).await;
            must_not_starve(checkpoint).await;
            must_not_starve(shielded_checkpoint).await;
        })
        .await;
        assert!(result.is_ok());
    });
}

/// SC12: nor does it starve another task of a single-threaded runtime.
pub fn sc12_a_loop_of_ready_operations_lets_another_task_run(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let finished = g.spawn(async {});
            assert_eq!(finished.wait().await, TaskStatus::Completed);
            let ran = Event::new();
            let told = ran.clone();
            g.spawn(async move { told.set() });
            while !ran.is_set() {
                finished.wait().await;
            }
        })
        .await;
        assert!(result.is_ok());
    });
}

/// SC12: the yield of the budget is a wait like any other: a cancelled loop of ready operations ends.
pub fn sc12_a_loop_of_ready_operations_can_be_cancelled(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let limiter = CapacityLimiter::new(1);
        let (result, _) = futures_util::join!(
            scope.run(async {
                for _ in 0_u64.. {
                    drop(limiter.acquire().await);
                }
            }),
            async { handle.cancel() }
        );
        assert!(result.is_err());
    });
}
