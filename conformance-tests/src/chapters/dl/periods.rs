//! DL1 and DL4: when a period starts, and that no deadline is early.

use super::{FAR, SHORT, stay_until_past};
use crate::harness::*;

/// The deadline that `fut` finds itself under, when it is first polled a while after it was made.
async fn polled_later(
    made: Instant,
    fut: impl Future<Output = Option<Instant>>,
) -> (Instant, Instant) {
    stay_until_past(made + SHORT);
    let polled = Instant::now();
    (polled, fut.await.expect("under a deadline"))
}

/// DL1: the period of `move_on_after` and `fail_after` starts at the first poll, not at construction.
pub fn dl1_a_period_starts_at_the_first_poll(on: &Flavour) {
    on.run(async {
        let made = Instant::now();
        let moving = move_on_after(FAR, async { current_effective_deadline() });
        let (polled, deadline) = polled_later(made, async { moving.await.unwrap() }).await;
        assert!(deadline >= polled + FAR);
        let made = Instant::now();
        let failing = fail_after(FAR, async { current_effective_deadline() });
        let (polled, deadline) = polled_later(made, async { failing.await.unwrap() }).await;
        assert!(deadline >= polled + FAR);
    });
}

/// DL1: so does that of a scope, wherever in the chain of calls it was made.
pub fn dl1_the_period_of_a_scope_starts_at_its_first_poll(on: &Flavour) {
    on.run(async {
        let made = Instant::now();
        let scope = CancelScope::new().deadline_after(FAR);
        let run = scope.run(async { current_effective_deadline() });
        let (polled, deadline) = polled_later(made, async { run.await.unwrap() }).await;
        assert!(deadline >= polled + FAR);
    });
}

/// DL1: so does that of a sleep.
pub fn dl1_the_period_of_a_sleep_starts_at_its_first_poll(on: &Flavour) {
    on.run(async {
        let period = Duration::from_millis(5);
        let made = Instant::now();
        let sleeping = sleep(period);
        stay_until_past(made + period);
        let polled = Instant::now();
        sleeping.await;
        assert!(Instant::now() >= polled + period);
    });
}

/// DL1: a future that was made outside the runtime, and one that was made on another one's thread, work the same.
pub fn dl1_a_deadline_may_be_made_anywhere(on: &Flavour) {
    let outside = move_on_after(SHORT, pending::<()>());
    let scope = CancelScope::new().deadline_after(SHORT);
    let elsewhere = on_thread(|| fail_after(SHORT, pending::<()>()));
    on.run(async {
        assert!(outside.await.is_none());
        assert!(scope.run(pending::<()>()).await.is_err());
        assert!(elsewhere.await.is_err());
    });
}

/// DL4: no deadline ends a wait before its instant, whatever its fraction of a millisecond.
pub fn dl4_a_deadline_is_never_early(on: &Flavour) {
    on.run(async {
        for n in 0..60u64 {
            let at = Instant::now() + Duration::from_nanos(n * 123_457);
            assert!(move_on_at(at, pending::<()>()).await.is_none());
            assert!(Instant::now() >= at, "deadline {n}");
        }
        for n in 0..30u64 {
            let period = Duration::from_nanos(n * 234_567);
            let before = Instant::now();
            assert!(fail_after(period, pending::<()>()).await.is_err());
            assert!(before.elapsed() >= period, "period {n}");
        }
    });
}

/// DL4: nor does a sleep end before its instant.
pub fn dl4_a_sleep_is_never_early(on: &Flavour) {
    on.run(async {
        for n in 0..60u64 {
            let at = Instant::now() + Duration::from_nanos(n * 123_457);
            sleep_until(at).await;
            assert!(Instant::now() >= at, "instant {n}");
            let before = Instant::now();
            sleep(Duration::from_nanos(n * 101_111)).await;
            assert!(
                before.elapsed() >= Duration::from_nanos(n * 101_111),
                "period {n}"
            );
        }
    });
}

/// DL4: a child in another task is not cut early either, nor told early that it is cancelled.
pub fn dl4_a_child_is_never_cut_early(on: &Flavour) {
    on.run(async {
        for n in 1..20u64 {
            let told = Arc::new(Mutex::new(None));
            let telling = told.clone();
            let group = task_group(async |g| {
                g.spawn(shield_with(async move |outside: Outside| {
                    outside.cancelled().await;
                    *telling.lock().unwrap() = Some(Instant::now());
                }));
                pending::<()>().await;
            });
            let mut deadline = None;
            let moved = move_on_after(Duration::from_nanos(n * 173_457), async {
                deadline = current_effective_deadline();
                group.await
            });
            assert!(moved.await.is_none());
            let told = told.lock().unwrap().expect("the child was told");
            assert!(told >= deadline.expect("under a deadline"), "deadline {n}");
        }
    });
}
