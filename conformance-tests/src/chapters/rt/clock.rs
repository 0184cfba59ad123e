//! RT4: the clock.

use crate::harness::*;
use std::task::Waker;

/// RT4: readings in different tasks are of one clock: what happens later is not earlier.
pub fn rt4_the_clock_does_not_go_back_from_task_to_task(on: &Flavour) {
    on.run(async {
        let mut last = Instant::now();
        let group = task_group(async |g| {
            for _ in 0..20 {
                let there = g.spawn(async { Instant::now() }).await;
                let there = there.expect("nobody cancels");
                let here = Instant::now();
                assert!(last <= there && there <= here);
                last = here;
            }
        });
        group.await.expect("nobody cancels");
    });
}

/// RT4: sleeping until an instant and reading the clock agree.
pub fn rt4_a_sleep_ends_at_its_instant_or_later(on: &Flavour) {
    on.run(async {
        for micros in [0, 1, 300, 999, 1000, 1700, 4000] {
            let period = Duration::from_micros(micros);
            let at = Instant::now() + period;
            sleep_until(at).await;
            let now = Instant::now();
            assert!(now >= at, "{:?} early", at.duration_since(now));
            let before = Instant::now();
            sleep(period).await;
            assert!(before.elapsed() >= period);
        }
    });
}

/// RT4: a timer belongs to whoever polled it last: one that first saw a waker nobody hears still ends the wait.
pub fn rt4_a_sleep_wakes_whoever_polled_it_last(on: &Flavour) {
    on.run(async {
        let mut sleep = Box::pin(sleep(Duration::from_millis(2)));
        let mut unheard = Context::from_waker(Waker::noop());
        // It may be over already on a slow machine.
        if sleep.as_mut().poll(&mut unheard).is_pending() {
            sleep.await;
        }
    });
}

/// RT4: deadlines are instants of the clock that tasks read.
pub fn rt4_a_deadline_is_told_on_the_same_clock(on: &Flavour) {
    on.run(async {
        let hour = Duration::from_secs(3600);
        let before = Instant::now();
        let told = move_on_after(hour, async { current_effective_deadline() }).await;
        let after = Instant::now();
        let told = told
            .expect("an hour is enough")
            .expect("there is a deadline");
        assert!(before + hour <= told && told <= after + hour);
        let at = Instant::now() + hour;
        let told = move_on_at(at, async { current_effective_deadline() }).await;
        assert_eq!(told.flatten(), Some(at));
    });
}
