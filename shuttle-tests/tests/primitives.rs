//! What goes from hand to hand between tasks, while a thread cancels one of them.
#![cfg(anyrt_shuttle)]

use anyrt::stream::ObjectReceiver;
use anyrt::sync::{Barrier, Condition, Lock, Semaphore, SingleFlight};
use anyrt::{CancelScope, checkpoint, object_stream, race, sleep_forever, spawned, task_group};
use anyrt_shuttle_tests::{Alive, check};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A scope that a thread of its own cancels, at any moment.
fn cancelled_by_a_thread() -> (CancelScope, shuttle::thread::JoinHandle<()>) {
    let scope = CancelScope::new();
    let handle = scope.handle();
    let thread = shuttle::thread::spawn(move || {
        handle.cancel();
    });
    (scope, thread)
}

/// PR1: a wait that is cancelled, before or after its grant, has the permit or passes it on.
#[test]
fn pr1_no_permit_is_lost_and_none_is_doubled() {
    check(|| async {
        let semaphore = Arc::new(Semaphore::new(1));
        let inside = Arc::new(AtomicUsize::new(0));
        let turn = |semaphore: Arc<Semaphore>, inside: Arc<AtomicUsize>| async move {
            let _permit = semaphore.acquire().await;
            assert_eq!(inside.fetch_add(1, SeqCst), 0);
            checkpoint().await;
            inside.fetch_sub(1, SeqCst);
        };
        let (scope, thread) = cancelled_by_a_thread();
        let group = task_group(async |g| {
            g.spawn(turn(semaphore.clone(), inside.clone()));
            g.spawn(turn(semaphore.clone(), inside.clone()));
            let semaphore = semaphore.clone();
            g.spawn(async move {
                // Its wait is dropped by the scope, or by foreign code, and may have been granted by then.
                let give_up = async {
                    let (acquire, moment) = (pin!(semaphore.acquire()), pin!(checkpoint()));
                    drop(select(acquire, moment).await);
                };
                let _ = scope.run(give_up).await;
            });
        });
        group.await.expect("nobody cancels it");
        assert_eq!(semaphore.statistics().waiting, 0);
        assert!(semaphore.try_acquire().is_some());
        thread.join().expect("it only cancels");
    });
}

/// PR1, PR2: a notice goes on to the next where the one who is told is dropped, and so does the lock.
#[test]
fn pr2_a_notice_and_the_lock_outlive_one_who_leaves() {
    check(|| async {
        let shared = Arc::new((Lock::new(0_u32), Condition::new()));
        let (scope, thread) = cancelled_by_a_thread();
        let group = task_group(async |g| {
            let (leaver, stayer) = (shared.clone(), shared.clone());
            let given_up = async move {
                let (lock, condition) = &*leaver;
                let told = async {
                    drop(condition.wait(lock.lock().await).await);
                    // It was told in time, and has no use for it.
                    condition.notify_one();
                };
                let moments = async {
                    checkpoint().await;
                    checkpoint().await;
                };
                drop(select(pin!(told), pin!(moments)).await);
            };
            g.spawn(async move { drop(scope.run(given_up).await) });
            g.spawn(async move {
                let (lock, condition) = &*stayer;
                let waits = condition.wait_while(lock.lock().await, |items| *items == 0);
                *waits.await -= 1;
            });
            checkpoint().await;
            *shared.0.lock().await += 1;
            shared.1.notify_one();
        });
        group.await.expect("nobody cancels it");
        let left = shared.0.try_lock().expect("all who had it are gone");
        assert_eq!(*left, 0);
        thread.join().expect("it only cancels");
    });
}

/// Receives twice, and gives each wait up that takes long.
async fn read_by_moments(receiver: ObjectReceiver<usize>, received: Arc<AtomicUsize>) {
    for _ in 0..2 {
        let (receive, moment) = (pin!(receiver.receive()), pin!(checkpoint()));
        if let Either::Left((Ok(item), _)) = select(receive, moment).await {
            received.fetch_add(item, SeqCst);
        }
    }
}

/// MS2: each item that was sent is received once, or is still there, whoever is cancelled.
#[test]
fn ms2_each_item_is_received_once() {
    for room in 0..2 {
        check(move || async move {
            let (sender, receiver) = object_stream(room);
            let received = Arc::new(AtomicUsize::new(0));
            let read = |receiver: ObjectReceiver<usize>| {
                let received = received.clone();
                async move {
                    while let Ok(item) = receiver.receive().await {
                        received.fetch_add(item, SeqCst);
                    }
                }
            };
            let (scope, thread) = cancelled_by_a_thread();
            let group = task_group(async |g| {
                for item in [1, 10] {
                    let sender = sender.clone();
                    g.spawn(async move { sender.send(item).await.expect("somebody receives") });
                }
                drop(sender);
                g.spawn(read(receiver.clone()));
                // Its waits are dropped by the scope, and by foreign code.
                let given_up = read_by_moments(receiver, received.clone());
                g.spawn(async move { drop(scope.run(given_up).await) });
            });
            group.await.expect("nobody cancels it");
            assert_eq!(received.load(SeqCst), 11);
            thread.join().expect("it only cancels");
        });
    }
}

/// PR2: those who wait at a barrier pass together, and one who is cancelled leaves no place that counts.
#[test]
fn pr2_one_who_leaves_a_barrier_is_not_counted() {
    check(|| async {
        let barrier = Arc::new(Barrier::new(2));
        let leaders = Arc::new(AtomicUsize::new(0));
        let pass = |barrier: Arc<Barrier>, leaders: Arc<AtomicUsize>| async move {
            let leads = barrier.wait().await;
            leaders.fetch_add(usize::from(leads), SeqCst);
        };
        let (scope, thread) = cancelled_by_a_thread();
        let group = task_group(async |g| {
            let leaver = pass(barrier.clone(), leaders.clone());
            let leaver = g.spawn(async move { scope.run(leaver).await.is_ok() });
            let stayer = g.spawn(pass(barrier.clone(), leaders.clone()));
            let passed = leaver.await.expect("its scope alone is cancelled");
            // Somebody else in its place, who is alone where the two had met before it was gone.
            let spare = CancelScope::new();
            let handle = spare.handle();
            if !passed {
                let other = pass(barrier.clone(), leaders.clone());
                g.spawn(async move { drop(spare.run(other).await) });
            }
            stayer.await.expect("nobody cancels it");
            handle.cancel();
        });
        group.await.expect("nobody cancels it");
        assert!(leaders.load(SeqCst) <= 1, "one passage, with one leader");
        assert_eq!(barrier.statistics().waiting, 0);
        thread.join().expect("it only cancels");
    });
}

/// PR2: the one who makes a value for others may be cancelled, and the others have one all the same.
#[test]
fn pr2_a_flight_outlives_the_one_who_began_it() {
    check(|| async {
        let flight = Arc::new(SingleFlight::new());
        let get = |flight: Arc<SingleFlight<u8, u8>>| async move {
            let make = async || {
                checkpoint().await;
                7
            };
            flight.get(1, make).await
        };
        let (scope, thread) = cancelled_by_a_thread();
        let group = task_group(async |g| {
            let first = get(flight.clone());
            g.spawn(async move { scope.run(first).await.is_ok_and(|value| value == 7) });
            let second = g.spawn(get(flight.clone()));
            assert_eq!(second.await.ok(), Some(7));
        });
        group.await.expect("nobody cancels it");
        thread.join().expect("it only cancels");
    });
}

/// CO1, CO4: the losers of a race between tasks are gone when it gives its value, or when it is cancelled.
#[test]
fn co1_the_losers_of_a_race_are_gone() {
    check(|| async {
        let alive = Alive::new();
        let (scope, thread) = cancelled_by_a_thread();
        let run = || {
            let quick = alive.count_in(checkpoint());
            let slow = alive.count_in(async {
                checkpoint().await;
                checkpoint().await;
            });
            let endless = alive.count_in(sleep_forever());
            race((spawned(quick), spawned(slow), spawned(endless)))
        };
        let _ = scope.run(run()).await;
        assert_eq!(alive.count(), 0);
        // Nobody cancels this one, so that the losers end for the winner's sake alone.
        run().await;
        assert_eq!(alive.count(), 0);
        thread.join().expect("it only cancels");
    });
}
