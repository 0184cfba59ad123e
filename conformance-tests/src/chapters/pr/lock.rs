//! PR2: locks and resource guards.

use crate::harness::*;
use anyrt::sync::{Lock, ResourceGuard};

/// PR2: nobody sees the value while another one is at it, wherever that waits meanwhile.
pub fn pr2_a_lock_guards_its_value_across_waits(on: &Flavour) {
    on.run(async {
        let lock = Arc::new(Lock::new(Vec::new()));
        let group = task_group(async |g| {
            for number in 0..20 {
                let lock = lock.clone();
                g.spawn(async move {
                    let mut log = lock.lock().await;
                    log.push(number);
                    yields(number % 3).await;
                    checkpoint().await;
                    log.push(number);
                });
            }
        });
        group.await.expect("nobody cancels");
        let lock = Arc::into_inner(lock).expect("all have ended");
        let log = lock.into_inner();
        assert_eq!(log.len(), 40);
        assert!(log.chunks(2).all(|pair| pair[0] == pair[1]), "{log:?}");
    });
}

/// PR2: whoever looks for what holds everybody up is told the line.
pub fn pr2_a_lock_tells_who_holds_it(on: &Flavour) {
    on.run(async {
        let lock = Lock::new(());
        assert!(lock.statistics().holder.is_none());
        let (guard, line) = (lock.lock().await, line!());
        let mut waiter = Box::pin(lock.lock());
        assert!(poll_once(&mut waiter).await.is_pending());
        let now = lock.statistics();
        let holder = now.holder.expect("it is held").to_string();
        assert!(holder.contains(&format!("lock.rs:{line}")), "{holder}");
        assert_eq!(now.waiting, 1);
        drop(guard);
        // It has been handed over, and the line above does not hold it any more.
        assert!(lock.statistics().holder.is_none());
        drop(waiter);
        let now = lock.statistics();
        assert!(now.holder.is_none());
        assert_eq!(now.waiting, 0);
    });
}

/// PR2: tasks that take it by turns on one line are told apart, each time.
pub fn pr2_a_lock_tells_who_holds_it_whoever_takes_it_on_the_same_line(on: &Flavour) {
    async fn holder_inside(lock: &Lock<()>, others: bool) -> Option<String> {
        let _guard = lock.lock().await;
        // Somebody else waits meanwhile, so that it is handed on.
        until(|| !others || lock.statistics().waiting > 0).await;
        let holder = lock.statistics().holder.expect("it is held");
        holder.task().map(|task| task.name())
    }

    on.run(async {
        let lock = Arc::new(Lock::new(()));
        let group = task_group(async |g| {
            for name in ["one", "other"] {
                let lock = lock.clone();
                g.task().name(name).spawn(async move {
                    for turn in 0..6 {
                        let holder = holder_inside(&lock, turn < 3).await;
                        assert_eq!(holder.as_deref(), Some(name), "turn {turn}");
                    }
                });
            }
        });
        group.await.expect("nobody cancels");
        for _ in 0..2 {
            assert_eq!(holder_inside(&lock, false).await.as_deref(), Some("main"));
        }
    });
}

/// PR2: one lock serves threads without a runtime, and two runtimes at once.
pub fn pr2_a_lock_is_used_before_and_between_runtimes(on: &Flavour) {
    let lock = Arc::new(Lock::new(1));
    let guard = lock.try_lock().expect("it is free");
    let (other, flavour, waits) = (lock.clone(), on.clone(), Event::new());
    let waiting = waits.clone();
    let thread = start_thread(move || {
        flavour.run(async {
            let mut locking = Box::pin(other.lock());
            assert!(poll_once(&mut locking).await.is_pending());
            waiting.set();
            *locking.await += 1;
        });
    });
    waits.wait_blocking();
    on.run(async move {
        checkpoint().await;
        drop(guard);
    });
    thread.join().expect("it does not panic");
    assert_eq!(block_on(async { *lock.lock().await }), 2);
}

/// PR2: two at once is a mistake that is told, not a queue.
pub fn pr2_the_resource_guard_tells_of_two_at_once(on: &Flavour) {
    on.run(async {
        let guard = ResourceGuard::new("reading from the socket");
        let first = guard.enter().expect("nobody does");
        let told = guard.enter().expect_err("one does").to_string();
        assert_eq!(told, "another task is already reading from the socket");
        drop(first);
        assert!(guard.enter().is_ok());
    });
}
