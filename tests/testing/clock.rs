//! A clock that a test moves, on real runtimes.

use super::on_each_runtime;
use anyrt::testing::{MockClock, wait_all_tasks_blocked};
use anyrt::{
    CancelScope, Instant, Runner, Tokio, fail_after, from_thread, move_on_after, run_in_threadpool,
    shield_for, sleep, sleep_forever, sleep_until, task_group,
};
use std::sync::Mutex;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[test]
fn a_clock_that_nobody_moves_stands_still() {
    on_each_runtime(|clock, launch| {
        let start = clock.now();
        let run = Runner::new(launch).run(async {
            std::thread::sleep(Duration::from_millis(2));
            assert_eq!(Instant::now(), start);
            let child = sleep(Duration::from_nanos(1));
            let group = task_group(async |g| {
                let sleeper = g.spawn(child);
                wait_all_tasks_blocked().await;
                clock.advance(Duration::from_nanos(1));
                sleeper.await.expect("its time has come");
            });
            group.await.expect("nobody cancels");
        });
        run.expect("it starts");
        assert_eq!(clock.now() - start, Duration::from_nanos(1));
    });
}

/// RT4: on any number of threads every sleep ends exactly at its instant, in the order of the instants.
#[test]
fn a_clock_that_jumps_is_exact_on_every_thread() {
    on_each_runtime(|clock, launch| {
        clock.set_autojump(true);
        let ended = Mutex::new(Vec::new());
        let ended = &ended;
        let start = clock.now();
        let run = Runner::new(launch).run(async {
            let group = task_group(async |g| {
                let mut sleepers = Vec::new();
                for number in 0..300u32 {
                    sleepers.push(g.spawn(async move {
                        let mut lengths = Vec::new();
                        // Distinct for every round and task.
                        for round in 0..10u32 {
                            let length =
                                Duration::from_millis(u64::from(number * 37 % 301 * 11 + round));
                            let until = Instant::now() + length;
                            sleep_until(until).await;
                            lengths.push((until, Instant::now()));
                        }
                        lengths
                    }));
                }
                for sleeper in sleepers {
                    let lengths = sleeper.await.expect("nobody cancels");
                    ended.lock().unwrap().extend(lengths);
                }
            });
            group.await.expect("nobody cancels");
        });
        run.expect("it starts");
        for (until, now) in ended.lock().unwrap().iter() {
            assert_eq!(until, now);
        }
        let longest = ended.lock().unwrap().iter().map(|(until, _)| *until).max();
        assert_eq!(longest, Some(clock.now()));
        assert!(clock.now() > start);
    });
}

/// DL1, DL3, SH3: deadlines and grace periods follow the clock as sleeps do.
#[test]
fn deadlines_follow_the_clock() {
    on_each_runtime(|clock, launch| {
        clock.set_autojump(true);
        let run = Runner::new(launch).run(async {
            let start = Instant::now();
            assert!(move_on_after(HOUR, sleep_forever()).await.is_none());
            assert_eq!(start.elapsed(), HOUR);
            assert!(fail_after(2 * HOUR, sleep(HOUR)).await.is_ok());
            assert_eq!(start.elapsed(), 2 * HOUR);
            let scope = CancelScope::new().deadline_after(HOUR);
            let held = scope.run(async {
                let _ = shield_for(HOUR, sleep_forever()).await;
                assert_eq!(start.elapsed(), 4 * HOUR);
                sleep_forever().await;
            });
            assert!(held.await.is_err());
            assert_eq!(start.elapsed(), 4 * HOUR);
        });
        run.expect("it starts");
    });
}

/// A blocking call is at work while it computes, and as blocked as its future while it waits for one.
#[test]
fn blocking_calls_hold_the_clock_unless_they_wait_in_async_code() {
    on_each_runtime(|clock, launch| {
        clock.set_autojump(true);
        let run = Runner::new(launch).run(async {
            let start = Instant::now();
            let (sleeper, call) = (
                sleep(HOUR),
                run_in_threadpool(move || {
                    for _ in 0..20 {
                        std::thread::sleep(Duration::from_millis(1));
                        assert_eq!(Instant::now(), start, "no time passes while it computes");
                    }
                    from_thread::run(async {
                        sleep(2 * HOUR).await;
                        let inner = run_in_threadpool(|| 7).await;
                        sleep(HOUR).await;
                        inner
                    })
                }),
            );
            let group = task_group(async |g| {
                let sleeper = g.spawn(sleeper);
                let seven = call.await.expect("nobody cancels");
                assert_eq!(seven, 7);
                assert_eq!(start.elapsed(), 3 * HOUR);
                sleeper.await.expect("long over");
            });
            group.await.expect("nobody cancels");
        });
        run.expect("it starts");
    });
}

/// TH9: so is a hook that blocks.
#[test]
fn blocking_hooks_hold_the_clock() {
    on_each_runtime(|clock, launch| {
        clock.set_autojump(true);
        let run = Runner::new(launch).run(async {
            let start = Instant::now();
            let group = task_group(async |g| {
                g.defer_blocking(move |_| {
                    std::thread::sleep(Duration::from_millis(5));
                    assert_eq!(Instant::now(), start);
                });
            });
            let in_time = move_on_after(HOUR, async {
                group.await.expect("nobody cancels");
                assert_eq!(Instant::now(), start);
            });
            assert!(in_time.await.is_some(), "no time has passed");
        });
        run.expect("it starts");
    });
}

#[test]
fn two_runtimes_share_a_clock() {
    let clock = MockClock::new();
    let portal = anyrt::BlockingPortal::start(clock.on(Tokio::current_thread()));
    let portal = portal.expect("it starts");
    let start = clock.now();
    let run = anyrt::run(clock.on(anyrt::Smol::threads(2)), async {
        clock.set_autojump(true);
        let there = portal.call_async(async {
            sleep(2 * HOUR).await;
            Instant::now()
        });
        let there = there.await.expect("the portal is open");
        sleep_until(start + 3 * HOUR).await;
        clock.set_autojump(false);
        there
    });
    assert_eq!(run.expect("it starts"), start + 2 * HOUR);
    assert_eq!(clock.now(), start + 3 * HOUR);
}

/// A sleep that is dropped or cancelled leaves no alarm that the clock would jump to.
#[test]
fn nobody_jumps_to_an_alarm_that_is_gone() {
    on_each_runtime(|clock, launch| {
        clock.set_autojump(true);
        let start = clock.now();
        let run = Runner::new(launch).run(async {
            let group = task_group(async |g| {
                for _ in 0..50 {
                    g.spawn(sleep(3 * HOUR));
                    g.spawn(fail_after(2 * HOUR, sleep_forever()));
                }
                sleep(HOUR).await;
                g.cancel();
            });
            group.await.expect("its own cancel");
        });
        run.expect("it starts");
        assert_eq!(clock.now() - start, HOUR);
    });
}
