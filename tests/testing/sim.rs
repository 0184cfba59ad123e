//! The simulated runtime.

use anyrt::testing::{MockClock, Sim};
use anyrt::{
    CancelScope, FromThreadError, Instant, RunError, from_thread, move_on_after, run_in_threadpool,
    sleep, sleep_forever, task_group, yield_now,
};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What some tasks and blocking calls do to a list.
fn race(seed: u64) -> Vec<(u32, u32)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let run = anyrt::run(
        Sim::new(seed),
        task_group(async |g| {
            for task in 0..4 {
                let seen = seen.clone();
                g.spawn(async move {
                    for step in 0..3 {
                        yield_now().await;
                        seen.lock().unwrap().push((task, step));
                    }
                    let theirs = seen.clone();
                    run_in_threadpool(move || {
                        theirs.lock().unwrap().push((task, 10));
                        from_thread::run(sleep(Duration::from_secs(1))).unwrap();
                        theirs.lock().unwrap().push((task, 11));
                    })
                    .await;
                    seen.lock().unwrap().push((task, 12));
                });
            }
        }),
    );
    run.expect("no deadlock").expect("nobody cancels");
    Arc::into_inner(seen)
        .expect("all are gone")
        .into_inner()
        .unwrap()
}

#[test]
fn a_seed_is_one_order_and_another_seed_another() {
    let orders: Vec<_> = (0..30).map(race).collect();
    for (seed, order) in orders.iter().enumerate() {
        assert_eq!(*order, race(seed as u64));
    }
    let different: BTreeSet<_> = orders.iter().collect();
    assert!(
        different.len() > 25,
        "{} orders of 30 seeds",
        different.len()
    );
}

#[test]
fn a_deadlock_is_an_error_that_shows_the_tasks() {
    let run = anyrt::run(Sim::new(1), async {
        let group = task_group(async |g| {
            g.task().name("waits for ever").spawn(sleep_forever());
        });
        group.await
    });
    let error = run.expect_err("nobody ever wakes the task");
    assert!(matches!(error, RunError::Deadlock { .. }));
    let text = error.to_string();
    assert!(text.contains("deadlock"), "{text}");
    assert!(text.contains("waits for ever"), "{text}");
}

/// TH6: a blocking call in a deadlock is told, and its thread ends.
#[test]
fn a_blocking_call_in_a_deadlock_is_let_go() {
    let (told, tell) = std::sync::mpsc::channel();
    let run = anyrt::run(
        Sim::new(1),
        run_in_threadpool(move || {
            let waited = from_thread::run(sleep_forever());
            told.send(waited).expect("the test listens");
        }),
    );
    assert!(matches!(run, Err(RunError::Deadlock { .. })));
    let waited = tell.recv().expect("the closure goes on");
    assert!(
        matches!(
            waited,
            Err(FromThreadError::RuntimeEnded | FromThreadError::Cancelled(_))
        ),
        "{waited:?}"
    );
}

#[test]
fn no_time_is_no_deadlock() {
    let run = anyrt::run(Sim::new(1), async {
        let start = Instant::now();
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        assert!(move_on_after(year, sleep_forever()).await.is_none());
        start.elapsed() == year
    });
    assert!(run.expect("the deadline is left"));
}

/// Closures wait for each other through async code, from either side of the stack.
#[test]
fn blocking_calls_wait_for_each_other() {
    Sim::check(200, || async {
        let (to_second, first) = async_channel::bounded::<u32>(1);
        let (to_first, second) = async_channel::bounded::<u32>(1);
        let group = task_group(async |g| {
            let one = g.spawn(run_in_threadpool(move || {
                from_thread::run(async { to_second.send(1).await.unwrap() }).unwrap();
                from_thread::run(second.recv()).unwrap().unwrap()
            }));
            let two = g.spawn(run_in_threadpool(move || {
                let got = from_thread::run(first.recv()).unwrap().unwrap();
                from_thread::run(async { to_first.send(got + 1).await.unwrap() }).unwrap();
            }));
            two.await.unwrap();
            assert_eq!(one.await.unwrap(), 2);
        });
        group.await.expect("nobody cancels");
    });
}

#[test]
fn the_seed_is_told_when_a_check_fails() {
    // Whether the second task comes first depends on the seed.
    let fails = |seeds: std::ops::Range<u64>| {
        let failed = seeds.filter(|&seed| {
            let run = || race(seed).first() == Some(&(0, 0));
            !catch_unwind(AssertUnwindSafe(run)).unwrap_or(false)
        });
        failed.count()
    };
    assert!(fails(0..20) > 0);
    let mut runs = 0;
    let stopped = catch_unwind(AssertUnwindSafe(|| {
        Sim::each_seed(20, |sim| {
            runs += 1;
            assert_eq!(race(sim.seed()).first(), Some(&(0, 0)));
        });
    }));
    assert!(stopped.is_err());
    assert!((1..20).contains(&runs));
}

/// The clock of a simulation is a mock clock like any other.
#[anyrt::test(sim, seeds = 5)]
async fn a_simulation_has_a_clock_that_a_test_may_move() {
    let clock = MockClock::current().expect("a simulation has one");
    clock.set_autojump(false);
    let start = clock.now();
    let scope = CancelScope::new().deadline_after(Duration::from_secs(5));
    let handle = scope.handle();
    let _ = scope
        .run(async {
            clock.advance(Duration::from_secs(6));
            yield_now().await;
            yield_now().await;
        })
        .await;
    assert!(handle.cancel_called());
    assert_eq!(start.elapsed(), Duration::from_secs(6));
}

#[anyrt::test(sim, seeds = 20)]
async fn a_simulated_test_may_return_a_result() -> Result<(), anyrt::Cancelled> {
    task_group(async |g| {
        g.spawn(sleep(Duration::from_secs(1)));
    })
    .await
}
