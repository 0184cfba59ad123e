//! RT4: tokio's clock, which a test can stop and move.
#![cfg(feature = "tokio")]

use anyrt::{
    CancelScope, Instant, Tokio, current_effective_deadline, fail_after, move_on_after, sleep,
    sleep_forever, sleep_until, task_group,
};
use anyrt_ambient_tests::in_time;
use std::future::pending;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// tokio's timers have a resolution of one millisecond and round up.
fn assert_about(found: Duration, expected: Duration) {
    let slack = Duration::from_millis(2);
    assert!(
        found >= expected && found <= expected + slack,
        "{found:?}, not {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn rt4_sleeps_and_the_clock_follow_the_paused_clock() {
    let (real, start) = (std::time::Instant::now(), Instant::now());
    sleep(24 * HOUR).await;
    assert_about(start.elapsed(), 24 * HOUR);
    sleep_until(start + 48 * HOUR).await;
    assert_about(start.elapsed(), 48 * HOUR);
    assert!(real.elapsed() < HOUR);
}

#[tokio::test(start_paused = true)]
async fn rt4_deadlines_follow_the_paused_clock() {
    let start = Instant::now();
    assert_eq!(move_on_after(HOUR, pending::<()>()).await, None);
    assert_about(start.elapsed(), HOUR);
    assert!(fail_after(HOUR, sleep(2 * HOUR)).await.is_err());
    assert_about(start.elapsed(), 2 * HOUR);
    assert!(fail_after(2 * HOUR, sleep(HOUR)).await.is_ok());
    assert_about(start.elapsed(), 3 * HOUR);
    let told = move_on_after(HOUR, async { current_effective_deadline() }).await;
    assert_eq!(told.flatten(), Some(Instant::now() + HOUR));
}

#[tokio::test(start_paused = true)]
async fn rt4_a_moved_deadline_follows_the_paused_clock() {
    let start = Instant::now();
    let scope = CancelScope::new().deadline_after(HOUR);
    let handle = scope.handle();
    let group = task_group(async |group| {
        group.spawn(async move {
            sleep(HOUR / 2).await;
            handle.set_deadline(start + 5 * HOUR);
        });
        scope.run(sleep_forever()).await.is_err()
    });
    assert!(group.await.expect("nobody cancels the group"));
    assert_about(start.elapsed(), 5 * HOUR);
}

#[tokio::test(start_paused = true)]
async fn rt4_an_advance_of_the_clock_makes_deadlines_pass() {
    let start = Instant::now();
    let group = task_group(async |group| {
        let waiting = group.spawn(move_on_after(HOUR, pending::<()>()));
        anyrt::checkpoint().await;
        tokio::time::advance(HOUR / 2).await;
        assert!(!waiting.is_finished());
        tokio::time::advance(HOUR).await;
        assert_eq!(waiting.await.expect("nobody cancels"), None);
    });
    group.await.expect("nobody cancels the group");
    assert_about(start.elapsed(), HOUR + HOUR / 2);
}

#[test]
fn rt4_under_run_the_clock_can_be_paused_as_well() {
    in_time(|| {
        let result = anyrt::run(Tokio::current_thread(), async {
            tokio::time::pause();
            let start = Instant::now();
            sleep(HOUR).await;
            let group = task_group(async |group| {
                group.spawn(sleep(HOUR));
                group.spawn(move_on_after(2 * HOUR, pending::<()>()));
            });
            group.await.expect("nobody cancels");
            start.elapsed()
        });
        assert_about(result.expect("tokio starts"), 3 * HOUR);
    });
}
