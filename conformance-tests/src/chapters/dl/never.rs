//! DL1: periods and instants too large for the clock mean never.

use super::SHORT;
use crate::harness::*;

/// Periods at and beyond the limits of clocks, timer wheels and their units.
const LARGE: [Duration; 9] = [
    Duration::MAX,
    Duration::new(u64::MAX, 0),
    Duration::from_secs(u64::MAX / 2),
    Duration::from_secs(i64::MAX as u64),
    Duration::from_secs(u64::MAX / 1000),
    Duration::from_millis(u64::MAX),
    Duration::from_micros(u64::MAX),
    Duration::from_nanos(u64::MAX),
    Duration::from_secs(100 * 365 * 86400),
];

/// DL1: no period is too large for a deadline; the body runs as if there were none.
pub fn dl1_a_large_period_does_not_panic(on: &Flavour) {
    on.run(async {
        for period in LARGE {
            let body = || async {
                yields(3).await;
                checkpoint().await;
                7
            };
            assert_eq!(move_on_after(period, body()).await, Some(7), "{period:?}");
            assert_eq!(fail_after(period, body()).await.unwrap(), 7, "{period:?}");
            let scope = CancelScope::new().deadline_after(period);
            assert_eq!(scope.run(body()).await.unwrap(), 7, "{period:?}");
        }
    });
}

/// DL1: a body that waits longer than a timer could wrap around is not cut by a large period.
pub fn dl1_a_large_period_is_never_over(on: &Flavour) {
    on.run(async {
        for period in LARGE {
            let slept = move_on_after(period, async {
                sleep(SHORT).await;
                7
            });
            assert_eq!(slept.await, Some(7), "{period:?}");
        }
    });
}

/// DL1: a sleep that long is never over either: only a deadline ends it.
pub fn dl1_a_large_sleep_is_never_over(on: &Flavour) {
    on.run(async {
        for period in LARGE {
            assert!(
                move_on_after(SHORT, sleep(period)).await.is_none(),
                "{period:?}"
            );
        }
    });
}

/// Instants that are as far away as the clock can say, and a few more.
fn late_instants() -> Vec<Instant> {
    let now = Instant::now();
    let (mut latest, mut step) = (now, Duration::MAX);
    while !step.is_zero() {
        match latest.checked_add(step) {
            Some(later) => latest = later,
            None => step /= 2,
        }
    }
    let large = LARGE.iter().filter_map(|period| now.checked_add(*period));
    large.chain([latest]).collect()
}

/// DL1: an instant too far away for the timers means never, as a deadline, for a sleep and for a handle.
pub fn dl1_a_large_instant_means_never(on: &Flavour) {
    on.run(async {
        for late in late_instants() {
            assert_eq!(move_on_at(late, async { 7 }).await, Some(7));
            let slept = fail_at(late, async {
                sleep(SHORT).await;
                7
            });
            assert_eq!(slept.await.unwrap(), 7, "{late:?}");
            assert!(move_on_after(SHORT, sleep_until(late)).await.is_none());
            let scope = CancelScope::new().deadline(late);
            let handle = scope.handle();
            let moved = scope.run(async {
                handle.set_deadline(late);
                sleep(SHORT).await;
                7
            });
            assert_eq!(moved.await.unwrap(), 7, "{late:?}");
        }
    });
}

/// DL1: never is later than every deadline and earlier than none.
pub fn dl1_never_takes_no_part_in_the_effective_deadline(on: &Flavour) {
    on.run(async {
        let inner = move_on_after(Duration::MAX, async { current_effective_deadline() });
        assert_eq!(inner.await, Some(None));
        let at = Instant::now() + super::FAR;
        let nested = move_on_at(at, async {
            move_on_after(Duration::MAX, async { current_effective_deadline() }).await
        });
        assert_eq!(nested.await, Some(Some(Some(at))));
    });
}

/// DL1: the arithmetic of instants says what is too large instead of going wrong.
pub fn dl1_instants_are_checked(on: &Flavour) {
    on.run(async {
        let now = Instant::now();
        assert!(now.checked_add(Duration::MAX).is_none());
        assert_eq!(now.checked_add(SHORT), Some(now + SHORT));
        assert_eq!((now + SHORT).duration_since(now), SHORT);
        assert_eq!(now.duration_since(now + SHORT), Duration::ZERO);
        assert!(now < now + SHORT);
    });
}
