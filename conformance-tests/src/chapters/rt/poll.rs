//! RT3: how a runtime's threads are used.

use crate::harness::*;
use std::cell::Cell;

thread_local! {
    static POLLING: Cell<bool> = const { Cell::new(false) };
}

/// A task's future that panics when its poll begins inside the poll of another task.
struct Alone<F>(Pin<Box<F>>);

fn alone<F: Future>(fut: F) -> Alone<F> {
    Alone(Box::pin(fut))
}

impl<F: Future> Future for Alone<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        assert!(!POLLING.replace(true), "a task is polled inside another");
        let result = self.0.as_mut().poll(cx);
        POLLING.set(false);
        result
    }
}

/// RT3: neither spawn nor cancel, neither the end of a group nor its foreign drop polls a task on the spot.
pub fn rt3_no_task_is_polled_inside_the_poll_of_another(on: &Flavour) {
    on.run_reporting(alone(async {
        let group = task_group(async |g| {
            let handles: Vec<_> = (0..8)
                .map(|number| g.spawn(alone(async move { yields(number).await })))
                .collect();
            handles[7].cancel();
            for handle in &handles {
                handle.wait().await;
            }
            let started = g.start(|started| {
                alone(async move {
                    started.set(());
                    checkpoint().await;
                })
            });
            started
                .await
                .expect("the child sets its value")
                .1
                .wait()
                .await;
            g.spawn(alone(pending::<()>()));
            g.cancel();
            checkpoint().await;
        });
        assert!(group.await.is_err());
        let mut dropped = Box::pin(task_group(async |g| {
            g.spawn(alone(shield(yields(20))));
            g.defer(async |_| alone(yields(3)).await);
            pending::<()>().await;
        }));
        assert!(poll_once(&mut dropped).await.is_pending());
        yields(2).await;
        drop(dropped);
        run_in_threadpool(|| ()).await;
    }));
}

/// RT3: a body that never lets go of the executor's attention is ended by its deadline all the same.
pub fn rt3_a_body_that_always_wakes_itself_does_not_hold_up_a_deadline(on: &Flavour) {
    on.run(async {
        let busy = async {
            loop {
                take_time();
                yield_once().await;
            }
        };
        let result = move_on_after(Duration::from_millis(2), busy).await;
        assert_eq!(result, None::<()>);
    });
}

/// RT3: the same for a body that calls operations that are always ready.
pub fn rt3_a_body_of_ready_operations_does_not_hold_up_a_deadline(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let busy = async {
            loop {
                take_time();
                drop(limiter.acquire().await);
            }
        };
        let result = move_on_after(Duration::from_millis(2), busy).await;
        assert_eq!(result, None::<()>);
    });
}

/// RT3: a busy task and one that waits share a thread fairly, whichever was there first.
pub fn rt3_a_busy_task_does_not_hold_up_its_neighbours(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            g.task().daemon().spawn(async {
                loop {
                    take_time();
                    checkpoint().await;
                }
            });
            g.spawn(async {
                sleep(Duration::from_millis(1)).await;
                yields(50).await;
            });
        });
        group.await.expect("only the daemon is cancelled");
    });
}
