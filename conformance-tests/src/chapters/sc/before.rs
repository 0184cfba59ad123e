//! SC7: cancels and deadlines that come before the first poll, or while a body does not yield.

use crate::harness::*;

/// SC7: a cancel before `run` is honoured at the first wait, not before.
pub fn sc7_a_cancel_before_run_is_honoured_at_the_first_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        assert!(scope.handle().cancel_with("early"));
        let (wait, counter) = pending_counted();
        let cancelled = scope
            .run(async {
                trace.push("started");
                wait.await;
                trace.push("after");
            })
            .await
            .expect_err("cancelled");
        assert_eq!(trace.take(), ["started"]);
        assert_eq!((counter.polls(), counter.drops()), (1, 1));
        let early = Cause::Explicit(Some("early".to_owned()));
        assert_eq!(cancelled.reason().cause(), &early);
    });
}

/// SC7: a checkpoint is such a wait; it never completes.
pub fn sc7_a_cancel_before_run_stops_at_the_first_checkpoint(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let result = scope
            .run(async {
                trace.push("started");
                checkpoint_if_cancelled().await;
                trace.push("after");
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["started"]);
    });
}

/// SC7: a cancel before `run` does not touch a body that never waits.
pub fn sc7_a_cancel_before_run_leaves_a_body_without_waits_alone(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        scope.handle().cancel();
        let value = scope.run(async { 3 }).await;
        assert_eq!(value.ok(), Some(3));
    });
}

/// SC7: a deadline that is already past has cancelled the scope when its body is first polled, in every form of a
/// deadline: the body runs up to its first wait, and an operation does nothing.
pub fn sc7_a_past_deadline_cancels_before_the_body_is_polled(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let trace = Trace::new();
        let mut counters = Vec::new();
        let mut body = || {
            let (wait, counter) = counted(async {
                trace.push(format!("cancelled {}", is_cancelled()));
                let _token = limiter.acquire().await;
                trace.push("acquired");
            });
            counters.push(counter);
            wait
        };
        let now = Instant::now();
        assert!(move_on_after(Duration::ZERO, body()).await.is_none());
        assert!(move_on_at(now, body()).await.is_none());
        assert!(fail_after(Duration::ZERO, body()).await.is_err());
        assert!(fail_at(now, body()).await.is_err());
        let by_instant = CancelScope::new().deadline(now);
        assert!(by_instant.run(body()).await.is_err());
        let by_period = CancelScope::new().deadline_after(Duration::ZERO);
        assert!(by_period.run(body()).await.is_err());
        let by_handle = CancelScope::new();
        by_handle.handle().set_deadline(now);
        assert!(by_handle.run(body()).await.is_err());
        assert_eq!(trace.take(), ["cancelled true"; 7]);
        for counter in counters {
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
        }
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

/// SC7: the cause of such a cancel is the deadline, and the caller goes on.
pub fn sc7_a_past_deadline_is_the_reason(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline(Instant::now());
        let handle = scope.handle();
        let cancelled = scope.run(pending::<()>()).await.expect_err("too late");
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
        assert!(handle.cancel_called());
        assert!(!handle.cancel(), "the deadline was first");
        assert!(!is_cancelled());
        checkpoint().await;
    });
}

/// SC7: a deadline that passes while the body computes is noticed at the very poll in which it next pends.
pub fn sc7_a_deadline_that_passes_in_a_busy_body_is_noticed_when_it_pends(on: &Flavour) {
    on.run(async {
        let deadline = Instant::now() + Duration::from_millis(2);
        let scope = CancelScope::new().deadline(deadline);
        let (wait, counter) = pending_counted();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(async move {
            stay_until_past(deadline);
            wait.await;
        }));
        let left = wakes.poll(run.as_mut());
        let Poll::Ready(Err(cancelled)) = left else {
            panic!("the deadline has passed: {left:?}");
        };
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
        assert_eq!((counter.polls(), counter.drops()), (1, 1));
    });
}

/// SC7, SC3: a busy body that is ready after its deadline keeps its value.
pub fn sc7_a_busy_body_that_does_not_pend_keeps_its_value(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let value = scope
            .run(async {
                let deadline = Instant::now() + Duration::from_millis(1);
                handle.set_deadline(deadline);
                stay_until_past(deadline);
                "in time enough"
            })
            .await;
        assert_eq!(value.ok(), Some("in time enough"));
    });
}
