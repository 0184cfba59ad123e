//! Those who wait for a change or for others, and who leave or are cancelled as it comes or they come.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::thread;

use super::hands::{begun, poll_once};
use super::{Woken, cancelling, poll_inside, root, woken};
use crate::sync::{Barrier, Condition, ConditionWait, Lock};

/// A value that is locked, and a condition of it.
type Guarded = Arc<(Lock<bool>, Condition)>;

fn guarded() -> Guarded {
    Arc::new((Lock::new(false), Condition::new()))
}

/// One who has the lock until it is dropped.
fn holds(guarded: &Guarded) -> Pin<Box<impl Future<Output = ()> + Send + use<>>> {
    let guarded = guarded.clone();
    begun(async move {
        let _guard = guarded.0.lock().await;
        pending().await
    })
}

/// One who waits, with its waker.
fn waits(guarded: &Guarded) -> (Pin<Box<ConditionWait<'_, bool>>>, Arc<Woken>) {
    let (lock, condition) = &**guarded;
    let (flag, waker) = woken();
    let mut wait = Box::pin(condition.wait(lock.try_lock().unwrap()));
    let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    (wait, flag)
}

#[test]
fn a_change_finds_the_one_who_is_just_about_to_give_the_lock_away() {
    loom::model(|| {
        let guarded = guarded();
        let (lock, condition) = &*guarded;
        let guard = lock.try_lock().unwrap();
        let other = thread::spawn({
            let guarded = guarded.clone();
            move || {
                let (lock, condition) = &*guarded;
                let changed = lock.try_lock().map(|mut value| *value = true).is_some();
                changed && condition.notify_one()
            }
        });
        let (flag, waker) = woken();
        let mut cx = Context::from_waker(&waker);
        let mut wait = Box::pin(condition.wait_while(guard, |changed| !*changed));
        assert!(wait.as_mut().poll(&mut cx).is_pending());
        let told = other.join().unwrap();
        let changed = lock.try_lock().is_some_and(|value| *value);
        assert_eq!((told, flag.0.load(SeqCst)), (changed, usize::from(changed)));
        assert_eq!(wait.as_mut().poll(&mut cx).is_ready(), changed);
    });
}

#[test]
fn a_notice_goes_to_the_next_where_the_one_who_is_told_just_leaves() {
    loom::model(|| {
        let guarded = guarded();
        let ((leaver, _), (stayer, flag)) = (waits(&guarded), waits(&guarded));
        let other = thread::spawn({
            let guarded = guarded.clone();
            move || guarded.1.notify_one()
        });
        drop(leaver);
        assert!(other.join().unwrap());
        assert_eq!(flag.0.load(SeqCst), 1);
        assert!(poll_once(stayer).is_ready());
    });
}

#[test]
fn one_who_was_told_and_leaves_as_it_is_given_the_lock_passes_both_on() {
    loom::model(|| {
        let guarded = guarded();
        let ((mut leaver, _), (stayer, flag)) = (waits(&guarded), waits(&guarded));
        let holder = holds(&guarded);
        assert!(guarded.1.notify_one());
        assert!(
            poll_once(leaver.as_mut()).is_pending(),
            "it waits for the lock"
        );
        let other = thread::spawn(move || drop(holder));
        drop(leaver);
        other.join().unwrap();
        assert_eq!(flag.0.load(SeqCst), 1);
        assert!(poll_once(stayer).is_ready());
        assert!(guarded.0.try_lock().is_some());
    });
}

#[test]
fn one_who_was_told_and_is_cancelled_as_it_is_given_the_lock_has_both_or_neither() {
    loom::model(|| {
        let (guarded, region) = (guarded(), root());
        let ((mut told, _), (stayer, flag)) = (waits(&guarded), waits(&guarded));
        let holder = holds(&guarded);
        assert!(guarded.1.notify_one());
        let (_, waker) = woken();
        assert!(poll_inside(&region, &mut told, &waker).is_pending());
        let canceller = cancelling(&region);
        drop(holder);
        let has_both = poll_inside(&region, &mut told, &waker).map(drop).is_ready();
        assert!(canceller.join().unwrap());
        assert_eq!(flag.0.load(SeqCst), usize::from(!has_both));
        assert_eq!(poll_once(stayer).is_ready(), !has_both);
        assert!(guarded.0.try_lock().is_some());
    });
}

#[test]
fn of_two_who_come_at_once_one_is_the_last() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let comes = |barrier: Arc<Barrier>| {
            let (flag, waker) = woken();
            let mut wait = Box::pin(async move { barrier.wait().await });
            let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
            (polled, wait, flag)
        };
        let other = thread::spawn({
            let barrier = barrier.clone();
            move || comes(barrier)
        });
        let (mine, my_wait, my_flag) = comes(barrier.clone());
        let (others, other_wait, other_flag) = other.join().unwrap();
        let (wait, flag) = match (mine, others) {
            (Poll::Ready(true), Poll::Pending) => (other_wait, other_flag),
            (Poll::Pending, Poll::Ready(true)) => (my_wait, my_flag),
            both => panic!("{both:?}"),
        };
        assert_eq!(flag.0.load(SeqCst), 1);
        assert_eq!(poll_once(wait), Poll::Ready(false));
        assert_eq!(barrier.statistics().waiting, 0);
    });
}

#[test]
fn one_who_has_left_is_not_waited_with() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let has_left = Arc::new(AtomicBool::new(false));
        let mut leaver = Box::pin(barrier.wait());
        assert!(poll_once(leaver.as_mut()).is_pending());
        let other = thread::spawn({
            let (barrier, has_left) = (barrier.clone(), has_left.clone());
            move || {
                let is_alone = has_left.load(SeqCst);
                let is_last = poll_once(barrier.wait()).is_ready();
                assert!(!(is_alone && is_last));
            }
        });
        drop(leaver);
        has_left.store(true, SeqCst);
        other.join().unwrap();
        assert_eq!(barrier.statistics().waiting, 0);
    });
}

#[test]
fn one_who_is_cancelled_as_the_last_comes_goes_on_or_has_not_come() {
    loom::model(|| {
        let (barrier, region) = (Barrier::new(2), root());
        let (flag, waker) = woken();
        let mut wait = barrier.wait();
        assert!(poll_inside(&region, &mut wait, &waker).is_pending());
        let canceller = cancelling(&region);
        let mut last = barrier.wait();
        let last_goes_on = poll_once(&mut last).is_ready();
        assert!(canceller.join().unwrap());
        assert_eq!(flag.0.load(SeqCst), 1);
        let goes_on = poll_inside(&region, &mut wait, &waker).is_ready();
        assert_eq!(goes_on, last_goes_on);
        assert_eq!(barrier.statistics().waiting, usize::from(!last_goes_on));
    });
}
