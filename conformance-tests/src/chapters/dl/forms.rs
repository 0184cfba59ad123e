//! DL1: the forms a deadline has, and deadlines that are past before they begin.

use super::{FAR, SHORT, stay_until_past};
use crate::harness::*;

/// DL1: `move_on_after` gives the value, or nothing when the deadline cut the body.
pub fn dl1_move_on_after_gives_the_value_or_nothing(on: &Flavour) {
    on.run(async {
        assert_eq!(move_on_after(FAR, async { 7 }).await, Some(7));
        let value = move_on_after(FAR, async {
            yields(3).await;
            checkpoint().await;
            7
        });
        assert_eq!(value.await, Some(7));
        let (body, counter) = pending_counted();
        assert_eq!(move_on_after(SHORT, body).await, None);
        assert_eq!(counter.drops(), 1);
        // Absorbed: the caller goes on.
        checkpoint().await;
    });
}

/// DL1: `fail_after` gives the value, or an error when the deadline cut the body.
pub fn dl1_fail_after_gives_the_value_or_an_error(on: &Flavour) {
    on.run(async {
        assert_eq!(fail_after(FAR, async { 7 }).await.unwrap(), 7);
        let (body, counter) = pending_counted();
        assert!(fail_after(SHORT, body).await.is_err());
        assert_eq!(counter.drops(), 1);
        checkpoint().await;
    });
}

/// DL1: the `_at` forms take the instant itself.
pub fn dl1_the_at_forms_take_an_instant(on: &Flavour) {
    on.run(async {
        let at = Instant::now() + SHORT;
        assert_eq!(move_on_at(at, pending::<()>()).await, None);
        assert!(Instant::now() >= at);
        let at = Instant::now() + SHORT;
        assert!(fail_at(at, pending::<()>()).await.is_err());
        assert!(Instant::now() >= at);
        let at = Instant::now() + FAR;
        let seen = move_on_at(at, async { current_effective_deadline() });
        assert_eq!(seen.await, Some(Some(at)));
        let seen = fail_at(at, async { current_effective_deadline() });
        assert_eq!(seen.await.unwrap(), Some(at));
    });
}

/// DL1: a scope with a deadline, given as an instant or as a period.
pub fn dl1_a_scope_has_a_deadline(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline(Instant::now() + SHORT);
        let handle = scope.handle();
        let cancelled = scope.run(pending::<()>()).await.unwrap_err();
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
        assert!(handle.cancel_called());
        assert_eq!(handle.reason().unwrap().cause(), &Cause::Deadline);
        let scope = CancelScope::new().deadline_after(SHORT);
        let cancelled = scope.run(sleep_forever()).await.unwrap_err();
        assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
    });
}

/// DL1: a handle tells its deadline, to the instant.
pub fn dl1_a_handle_tells_its_deadline(on: &Flavour) {
    on.run(async {
        assert_eq!(CancelScope::new().handle().deadline(), None);
        let at = Instant::now() + FAR;
        let scope = CancelScope::new().deadline(at);
        let handle = scope.handle();
        assert_eq!(handle.deadline(), Some(at));
        let inside = scope.run(async { (handle.deadline(), current_effective_deadline()) });
        assert_eq!(inside.await.unwrap(), (Some(at), Some(at)));
    });
}

/// DL1: zero means at once: no operation completes, however ready it is.
pub fn dl1_zero_means_at_once(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        assert!(
            move_on_after(Duration::ZERO, limiter.acquire())
                .await
                .is_none()
        );
        assert!(fail_after(Duration::ZERO, limiter.acquire()).await.is_err());
        let at_once = CancelScope::new().deadline_after(Duration::ZERO);
        assert!(at_once.run(limiter.acquire()).await.is_err());
        assert_eq!(limiter.statistics().borrowed, 0);
        assert!(move_on_after(Duration::ZERO, checkpoint()).await.is_none());
        assert!(
            move_on_after(Duration::ZERO, pending::<()>())
                .await
                .is_none()
        );
        assert!(
            fail_after(Duration::ZERO, sleep(Duration::ZERO))
                .await
                .is_err()
        );
    });
}

/// DL1: an instant that is past means at once too: the body runs up to its first wait.
pub fn dl1_a_past_instant_means_at_once(on: &Flavour) {
    on.run(async {
        let past = Instant::now();
        stay_until_past(past);
        assert!(move_on_at(past, checkpoint()).await.is_none());
        assert!(fail_at(past, checkpoint()).await.is_err());
        for scope in [
            CancelScope::new().deadline(past),
            CancelScope::new().deadline_after(Duration::ZERO),
        ] {
            let handle = scope.handle();
            let (body, counter) = counted(yield_once());
            let cancelled = scope.run(body).await.unwrap_err();
            assert_eq!((counter.polls(), counter.drops()), (1, 1));
            assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
            assert_eq!(handle.reason().unwrap().cause(), &Cause::Deadline);
        }
    });
}

/// DL1: a body that waits for nothing has its value, even under a deadline that is past, and may know that it is.
pub fn dl1_a_ready_body_beats_a_past_deadline(on: &Flavour) {
    on.run(async {
        assert_eq!(move_on_after(Duration::ZERO, async { 7 }).await, Some(7));
        assert_eq!(fail_after(Duration::ZERO, async { 7 }).await.unwrap(), 7);
        assert_eq!(move_on_at(Instant::now(), ready(7)).await, Some(7));
        let value = move_on_after(Duration::ZERO, async { is_cancelled() });
        assert_eq!(value.await, Some(true));
    });
}

/// DL1: a deadline that passes while the body does not yield is noticed at its next wait.
pub fn dl1_a_deadline_is_noticed_at_the_next_wait(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = move_on_after(SHORT, async {
            stay_until_past(current_effective_deadline().unwrap());
            trace.push("never yielded");
            yield_once().await;
            trace.push("unreachable");
        })
        .await;
        assert_eq!(trace.take(), ["never yielded"]);
        assert!(result.is_none());
        let value = move_on_after(SHORT, async {
            stay_until_past(current_effective_deadline().unwrap());
            7
        });
        assert_eq!(value.await, Some(7));
    });
}

/// DL1: a thousand deadlines of many lengths in one task all pass.
pub fn dl1_a_thousand_deadlines_all_pass(on: &Flavour) {
    on.run(async {
        let periods = (0..1000u64).map(|n| Duration::from_micros(n * 37 % 5000));
        let all = futures_util::future::join_all(
            periods.map(|period| move_on_after(period, pending::<()>())),
        );
        assert!(all.await.iter().all(Option::is_none));
    });
}
