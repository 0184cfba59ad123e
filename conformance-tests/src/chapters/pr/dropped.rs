//! PR1, PR2: waits of every kind, dropped after any number of polls, with whatever others do between any two of them.
//!
//! A neighbour waits for the same: what the dropped one was given, or stood in front of, is the neighbour's.

use crate::harness::*;
use anyrt::sync::{Barrier, Condition, Event, Lock, OnceCell, SingleFlight, promise};
use std::future::IntoFuture;

/// How often a wait is polled at the most.
const POLLS: usize = 3;

/// Polls a wait so many times, with a step before each poll and after the last, and drops it. Gives what it came to.
async fn drop_after<F: IntoFuture, S: Copy>(
    wait: F,
    steps: &[S],
    mut act: impl AsyncFnMut(S),
) -> Option<F::Output> {
    let mut wait = Box::pin(wait.into_future());
    let (last, polls) = steps.split_last().expect("one at least");
    for step in polls {
        act(*step).await;
        if let Poll::Ready(output) = poll_once(&mut wait).await {
            return Some(output);
        }
    }
    act(*last).await;
    None
}

/// PR1, PR2: a notice that a dropped wait had goes to the next one, and the lock is never lost.
pub fn pr1_a_wait_for_a_notice_dropped_at_any_poll_loses_nothing(on: &Flavour) {
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Nothing,
        One,
        All,
    }
    on.run(async {
        for polls in 0..=POLLS {
            for steps in sequences(&[Step::Nothing, Step::One, Step::All], polls + 1) {
                let (lock, condition) = (Lock::new(()), Condition::new());
                let waits = async || drop(condition.wait(lock.lock().await).await);
                let mut neighbour = Box::pin(waits());
                let (mut told, mut calls) = (0, 0);
                let came = drop_after(waits(), &steps, async |step| {
                    // The first step is before the wait, and the neighbour comes after it.
                    if calls == 1 || polls == 0 {
                        assert!(poll_once(&mut neighbour).await.is_pending());
                    }
                    calls += 1;
                    told += match step {
                        Step::Nothing => 0,
                        Step::One => usize::from(condition.notify_one()),
                        Step::All => condition.notify_all(),
                    };
                });
                let came = usize::from(came.await.is_some());
                let is_told = poll_once(&mut neighbour).await.is_ready();
                assert_eq!(is_told, told > came, "{steps:?}: {told} told, {came} came");
                if !is_told {
                    assert!(condition.notify_one(), "{steps:?}");
                    assert!(poll_once(&mut neighbour).await.is_ready(), "{steps:?}");
                }
                assert!(lock.try_lock().is_some(), "{steps:?}");
                assert_eq!(condition.statistics().waiting, 0, "{steps:?}");
                checkpoint().await;
            }
        }
    });
}

/// PR2: who is dropped before another one comes has not come, and who was let through has.
pub fn pr2_a_wait_at_a_barrier_dropped_at_any_poll_counts_or_does_not(on: &Flavour) {
    on.run(async {
        for polls in 0..=POLLS {
            for steps in sequences(&[false, true], polls + 1) {
                let barrier = Barrier::new(2);
                let (mut neighbour, mut through) = (Box::pin(barrier.wait()), None);
                let wait = drop_after(barrier.wait(), &steps, async |comes| {
                    if comes && through != Some(true) {
                        through = Some(poll_once(&mut neighbour).await.is_ready());
                    }
                });
                wait.await;
                // Both were there at one time.
                let met = polls > 0 && steps.contains(&true);
                let is_through =
                    through == Some(true) || poll_once(&mut neighbour).await.is_ready();
                assert_eq!(is_through, met, "{steps:?}");
                if !met {
                    let third = poll_once(&mut Box::pin(barrier.wait())).await;
                    assert_eq!(third, Poll::Ready(true), "{steps:?}");
                    assert_eq!(poll_once(&mut neighbour).await, Poll::Ready(false));
                }
                assert_eq!(barrier.statistics().waiting, 0, "{steps:?}");
                checkpoint().await;
            }
        }
    });
}

/// PR2: a value that is not made to its end is made by the next one, and all have one value.
pub fn pr2_a_value_dropped_at_any_poll_is_made_by_the_next(on: &Flavour) {
    async fn makes<const VALUE: u32>() -> u32 {
        yields(VALUE as usize).await;
        VALUE
    }
    on.run(async {
        for polls in 0..=POLLS {
            for steps in sequences(&[false, true], polls + 1) {
                let (cell, flight) = (OnceCell::new(), SingleFlight::new().keep(1));
                let mut other = Box::pin(cell.get_or_init(makes::<0>));
                let mut others = Box::pin(flight.get("key", makes::<0>));
                let (mut value, mut shared) = (Poll::Pending, Poll::Pending);
                let made = drop_after(cell.get_or_init(makes::<1>), &steps, async |asks| {
                    if asks && value.is_pending() {
                        value = poll_once(&mut other).await;
                    }
                });
                let made = made.await;
                let flown = drop_after(flight.get("key", makes::<1>), &steps, async |asks| {
                    if asks && shared.is_pending() {
                        shared = poll_once(&mut others).await;
                    }
                });
                let flown = flown.await;
                if value.is_pending() {
                    (value, shared) = (poll_once(&mut other).await, poll_once(&mut others).await);
                }
                // Who asks before the first poll makes it at once.
                let by_other = polls == 0 || steps[0] || made.is_none();
                let expected = Poll::Ready(u32::from(!by_other));
                assert_eq!(
                    (value.map(|value| *value), shared),
                    (expected, expected),
                    "{steps:?}"
                );
                assert!(made.is_none_or(|made| Poll::Ready(*made) == expected));
                assert_eq!(made.copied(), flown, "{steps:?}");
                let now = flight.statistics();
                assert_eq!((now.kept, now.flying), (1, 0), "{steps:?}");
                checkpoint().await;
            }
        }
    });
}

/// PR2: whoever leaves, those who stay are told of an event and of a promise.
pub fn pr2_a_wait_to_be_told_dropped_at_any_poll_leaves_the_others(on: &Flavour) {
    on.run(async {
        for polls in 0..=POLLS {
            for steps in sequences(&[false, true], polls + 1) {
                let (event, (keeps, shared)) = (Event::new(), promise());
                let mut keeps = Some(keeps);
                let mut neighbours = Box::pin(async { (event.wait().await, shared.wait().await) });
                assert!(poll_once(&mut neighbours).await.is_pending());
                let came = drop_after(event.wait(), &steps, async |sets| {
                    if sets {
                        event.set();
                    }
                });
                let came = came.await.is_some();
                assert_eq!(came, steps[..polls].contains(&true), "{steps:?}");
                let kept = drop_after(shared.wait(), &steps, async |sets| {
                    if let Some(keeps) = keeps.take_if(|_| sets) {
                        keeps.set(7);
                    }
                });
                let kept = kept.await;
                assert_eq!(kept, came.then_some(Ok(&7)), "{steps:?}");
                let told = poll_once(&mut neighbours).await;
                assert_eq!(told.is_ready(), steps.contains(&true), "{steps:?}");
                drop(neighbours);
                assert_eq!(event.statistics().waiting, 0, "{steps:?}");
                checkpoint().await;
            }
        }
    });
}
