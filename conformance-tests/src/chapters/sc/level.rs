//! SC4: cancellation is a level, and operations first polled under it do nothing.

use crate::harness::*;
use futures_util::{FutureExt, StreamExt, join, select_biased, stream::FuturesUnordered};

/// Polls `operation` many times inside a cancelled region that a shield keeps, and tells whether it ever completed.
async fn completes_when_cancelled<F: Future>(operation: F) -> bool {
    let completed = Trace::new();
    let scope = CancelScope::new();
    let handle = scope.handle();
    let result = scope
        .run(async {
            handle.cancel();
            join!(shield(yields(20)), async {
                operation.await;
                completed.push("completed");
            })
        })
        .await;
    let completed = completed.count("completed") > 0;
    assert_eq!(result.is_ok(), completed);
    completed
}

/// SC4: checkpoints and sleeps that are over at once never complete.
pub fn sc4_checkpoints_and_sleeps_never_complete(on: &Flavour) {
    on.run(async {
        assert!(!completes_when_cancelled(checkpoint()).await);
        assert!(!completes_when_cancelled(checkpoint_if_cancelled()).await);
        assert!(!completes_when_cancelled(yield_now()).await);
        assert!(!completes_when_cancelled(sleep(Duration::ZERO)).await);
        assert!(!completes_when_cancelled(sleep_until(Instant::now())).await);
        assert!(!completes_when_cancelled(sleep_forever()).await);
        // Made outside, first polled inside.
        let made_before = checkpoint();
        yield_once().await;
        assert!(!completes_when_cancelled(made_before).await);
    });
}

/// SC4: the handle of a finished task is not read; its value is still there afterwards.
pub fn sc4_a_handle_of_a_finished_task_is_not_read(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g: TaskGroup| {
            let mut child = g.spawn(async { "value" });
            assert_eq!(child.wait().await, TaskStatus::Completed);
            assert!(!completes_when_cancelled(child.wait()).await);
            assert!(!completes_when_cancelled(&mut child).await);
            child.await.expect("nothing was taken")
        })
        .await;
        assert_eq!(result.ok(), Some("value"));
    });
}

/// SC4: a blocking call is not made, with or without `abandon_on_cancel`, and no token is taken for it.
pub fn sc4_a_blocking_call_is_not_made(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let limiter = CapacityLimiter::new(1);
        let call = |text: &'static str| {
            let trace = trace.clone();
            run_in_threadpool(move || trace.push(text)).limiter(&limiter)
        };
        assert!(!completes_when_cancelled(call("plain")).await);
        assert!(!completes_when_cancelled(call("abandoned").abandon_on_cancel()).await);
        let statistics = limiter.statistics();
        assert_eq!((statistics.borrowed, statistics.waiting), (0, 0));
        // The only worker slot is free, and whatever had been queued before this call would have run.
        call("alive").await;
        assert_eq!(trace.take(), ["alive"]);
    });
}

/// SC4: a token is not taken, although it is free.
pub fn sc4_a_free_token_is_not_taken(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        assert!(!completes_when_cancelled(limiter.acquire()).await);
        let statistics = limiter.statistics();
        assert_eq!((statistics.borrowed, statistics.waiting), (0, 0));
        assert!(limiter.try_acquire().is_some());
    });
}

/// SC4: an operation that waits when the cancel comes is passed over by later grants, before anybody polls it again.
pub fn sc4_a_waiting_operation_is_passed_over_after_the_cancel(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(0);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(limiter.acquire()));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        limiter.set_total(1);
        assert!(limiter.try_acquire().is_some(), "nobody took the token");
        assert!(matches!(wakes.poll(run.as_mut()), Poll::Ready(Err(_))));
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

/// SC4: what it had been granted before the cancel it keeps, and the value beats the cancel.
pub fn sc4_a_waiting_operation_keeps_what_it_was_granted_before_the_cancel(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(0);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(limiter.acquire()));
        assert!(wakes.poll(run.as_mut()).is_pending());
        limiter.set_total(1);
        handle.cancel();
        let left = wakes.poll(run.as_mut());
        assert!(matches!(left, Poll::Ready(Ok(_))), "{left:?}");
        assert_eq!(limiter.statistics().borrowed, 1);
    });
}

/// SC4: a grant that a cancelled waiter got and can no longer use goes back.
pub fn sc4_a_grant_goes_back_when_its_waiter_is_dropped(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(0);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(async {
            let _token = limiter.acquire().await;
            pending::<()>().await;
        }));
        assert!(wakes.poll(run.as_mut()).is_pending());
        limiter.set_total(1);
        handle.cancel();
        assert!(matches!(wakes.poll(run.as_mut()), Poll::Ready(Err(_))));
        assert!(limiter.try_acquire().is_some());
    });
}

/// SC4: a level, not an edge: an operation abandoned by a foreign select does not use the cancel up.
pub fn sc4_every_later_operation_is_cancelled_too(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                handle.cancel();
                join!(shield(yields(40)), async {
                    for _ in 0..5 {
                        assert!(is_cancelled());
                        let mut operation = pin!(sleep(Duration::ZERO).fuse());
                        let mut foreign = pin!(yields(2).fuse());
                        select_biased! {
                            () = operation => trace.push("operation"),
                            () = foreign => trace.push("foreign"),
                        }
                    }
                    assert!(is_cancelled());
                })
            })
            .await;
        assert_eq!(trace.take(), ["foreign"; 5]);
        assert!(result.is_ok(), "both sides of the join were ready");
    });
}

/// SC4: a region entered under a cancel is cancelled from its start.
pub fn sc4_a_region_entered_under_a_cancel_is_cancelled(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                handle.cancel();
                let _ = CancelScope::new()
                    .run(async {
                        trace.push(format!("cancelled: {}", is_cancelled()));
                        sleep(Duration::ZERO).await;
                        trace.push("slept");
                    })
                    .await;
                trace.push("after");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["cancelled: true"]);
    });
}

/// SC4: the level ends where the region ends; the same operations work outside.
pub fn sc4_the_level_ends_with_the_region(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(checkpoint()).await.is_err());
        assert!(!is_cancelled());
        checkpoint().await;
        sleep(Duration::ZERO).await;
        run_in_threadpool(|| ()).await;
        let limiter = CapacityLimiter::new(1);
        drop(limiter.acquire().await);
        let inner = CancelScope::new().run(async { checkpoint().await }).await;
        assert!(inner.is_ok());
    });
}

/// SC4: a sleep that nobody polled when the cancel came, inside a sub-executor, does not end later either.
pub fn sc4_a_sleep_in_a_sub_executor_never_ends_after_the_cancel(on: &Flavour) {
    on.run(async {
        let ms = Duration::from_millis;
        loop {
            let scope = CancelScope::new();
            let handle = scope.handle();
            // Whether the sleep ended, and whether that was before the cancel.
            let mut slept = None;
            let result = scope
                .run(async {
                    let mut sleeps = FuturesUnordered::new();
                    sleeps.push(sleep(ms(1)));
                    let sleeping = async {
                        sleeps.next().await;
                        slept = Some(!is_cancelled());
                    };
                    // The other timer is later, so the one above has fired by its end.
                    join!(
                        sleeping,
                        shield(async {
                            handle.cancel();
                            sleep(ms(5)).await;
                        })
                    );
                })
                .await;
            match slept {
                // So long took the way from one line to the next.
                Some(true) => continue,
                Some(false) => panic!("it ended after the cancel"),
                None => break assert!(result.is_err()),
            }
        }
    });
}
