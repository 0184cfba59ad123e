//! PR1, PR2: conditions.

use crate::harness::*;
use anyrt::sync::{Condition, Lock};

/// PR2: while it waits the lock is free, and when it returns it is held.
pub fn pr2_a_condition_gives_the_lock_away_while_it_waits(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(1), Condition::new());
        let mut wait = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut wait).await.is_pending());
        *lock.try_lock().expect("it was given away") = 2;
        assert!(condition.notify_one());
        let guard = wait.await;
        assert_eq!(*guard, 2);
        assert!(lock.try_lock().is_none());
    });
}

/// PR2: told while another one has the lock, it waits for that too.
pub fn pr2_a_condition_returns_with_the_lock(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(1), Condition::new());
        let mut wait = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut wait).await.is_pending());
        let mut other = lock.lock().await;
        condition.notify_one();
        assert!(poll_once(&mut wait).await.is_pending());
        *other = 2;
        drop(other);
        assert_eq!(*wait.await, 2);
    });
}

/// PR2: it waits from before the lock is free, so whoever gets the lock next finds it.
pub fn pr2_a_notice_between_the_look_and_the_wait_is_not_missed(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Arc::new(Lock::new(false)), Arc::new(Condition::new()));
        let group = task_group(async |g| {
            for _ in 0..50 {
                let (lock, condition) = (lock.clone(), condition.clone());
                g.spawn(async move {
                    let guard = lock.lock().await;
                    let guard = condition.wait_while(guard, |done| !*done).await;
                    assert!(*guard);
                });
            }
            yields(3).await;
            *lock.lock().await = true;
            condition.notify_all();
        });
        group.await.expect("nobody cancels");
    });
}

/// PR1: notices go out in the order in which the waits began.
pub fn pr2_notify_one_tells_the_oldest(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(()), Condition::new());
        assert!(!condition.notify_one(), "nobody waits, and nothing is kept");
        let mut first = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut first).await.is_pending());
        let mut second = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut second).await.is_pending());
        assert_eq!(condition.statistics().waiting, 2);
        assert!(condition.notify_one());
        assert!(poll_once(&mut second).await.is_pending());
        drop(first.await);
        assert!(condition.notify_one());
        drop(second.await);
        assert!(!condition.notify_one());
    });
}

/// PR2: all who wait at that moment, and none who comes later.
pub fn pr2_notify_all_tells_all_who_wait(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(()), Condition::new());
        let mut waits = Vec::new();
        for _ in 0..3 {
            let mut wait = Box::pin(condition.wait(lock.lock().await));
            assert!(poll_once(&mut wait).await.is_pending());
            waits.push(wait);
        }
        assert_eq!(condition.notify_all(), 3);
        let mut late = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut late).await.is_pending());
        for wait in waits {
            drop(wait.await);
        }
        assert!(poll_once(&mut late).await.is_pending());
    });
}

/// PR2: whoever is told looks again.
pub fn pr2_wait_while_looks_again(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(3), Condition::new());
        let guard = lock.lock().await;
        let mut wait = Box::pin(condition.wait_while(guard, |left| *left > 0));
        for left in [2, 1, 0] {
            assert!(poll_once(&mut wait).await.is_pending());
            *lock.lock().await = left;
            condition.notify_one();
        }
        assert_eq!(*wait.await, 0);
    });
}

/// PR1: who is dropped after it was told tells the next one, whether it waited for the lock already or not. Others had
/// it wrong: AnyIO #1075.
pub fn pr1_a_notice_to_one_who_is_dropped_goes_to_the_next(on: &Flavour) {
    on.run(async {
        for polls in [false, true] {
            let (lock, condition) = (Lock::new(()), Condition::new());
            let mut told = Box::pin(condition.wait(lock.lock().await));
            assert!(poll_once(&mut told).await.is_pending());
            let mut next = Box::pin(condition.wait(lock.lock().await));
            assert!(poll_once(&mut next).await.is_pending());
            let held = lock.lock().await;
            condition.notify_one();
            if polls {
                assert!(poll_once(&mut told).await.is_pending());
            }
            drop(told);
            drop(held);
            drop(next.await);
            assert!(lock.try_lock().is_some());
        }
    });
}

/// PR2, SC4: cancelled while it waits for the lock it does not return: no code runs that only seems to hold it. What is
/// cancelled gives its notice on.
pub fn pr2_a_notified_wait_that_is_cancelled_does_not_return(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(()), Condition::new());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut returned = false;
        let mut run = Box::pin(scope.run(async {
            let guard = lock.lock().await;
            let _guard = condition.wait(guard).await;
            returned = true;
        }));
        assert!(poll_once(&mut run).await.is_pending());
        let mut next = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut next).await.is_pending());
        let held = lock.lock().await;
        condition.notify_one();
        assert!(poll_once(&mut run).await.is_pending());
        handle.cancel();
        assert!(run.await.is_err());
        assert!(!returned);
        drop(held);
        drop(next.await);
    });
}

/// PR2, SC4: first polled in a cancelled region it gives nothing away.
pub fn pr2_a_condition_in_a_cancelled_region_keeps_the_lock(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(()), Condition::new());
        let guard = lock.lock().await;
        let scope = CancelScope::new();
        scope.handle().cancel();
        let free = async {
            let mut wait = Box::pin(condition.wait(guard));
            assert!(poll_once(&mut wait).await.is_pending());
            lock.try_lock().is_some()
        };
        assert!(!scope.run(free).await.expect("it does not wait"));
        assert_eq!(condition.statistics().waiting, 0);
        assert!(lock.try_lock().is_some());
    });
}

/// PR2, SC14: a wait that is carried out of its cancelled region looks again in the next one: it may have missed its notice.
pub fn pr2_a_wait_that_is_carried_out_of_a_cancelled_region_looks_again(on: &Flavour) {
    on.run(async {
        let (lock, condition) = (Lock::new(false), Condition::new());
        let guard = lock.lock().await;
        let mut wait = Box::pin(condition.wait_while(guard, |done| !*done));
        let scope = CancelScope::new();
        let handle = scope.handle();
        let inside = scope.run(async {
            assert!(poll_once(&mut wait).await.is_pending());
            handle.cancel();
        });
        inside.await.expect("it does not wait again");
        *lock.lock().await = true;
        // Nobody is there to be told, in the region of the wait.
        condition.notify_one();
        assert!(*wait.await);
    });
}

/// PR2: a notice that came to one who is cancelled goes on at once, also where something holds that one's region.
pub fn pr2_a_notice_of_a_cancelled_wait_that_is_held_goes_on(on: &Flavour) {
    on.run(async {
        let (lock, condition, hold) = (Lock::new(()), Condition::new(), Event::new());
        let scope = CancelScope::new();
        let (handle, holding) = (scope.handle(), hold.wait());
        let mut run = Box::pin(scope.run(async {
            let waiting = async {
                let guard = lock.lock().await;
                let _guard = condition.wait(guard).await;
            };
            futures_util::join!(shield(holding), waiting);
        }));
        assert!(poll_once(&mut run).await.is_pending());
        let mut next = Box::pin(condition.wait(lock.lock().await));
        assert!(poll_once(&mut next).await.is_pending());
        condition.notify_one();
        handle.cancel();
        assert!(poll_once(&mut run).await.is_pending());
        drop(next.await);
        hold.set();
        assert!(run.await.is_err());
    });
}
