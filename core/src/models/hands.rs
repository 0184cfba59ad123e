//! Permits, events, items and values that go from one thread to another.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use super::{few_preemptions, woken};
use crate::stream::{broadcast_stream, latest, object_stream};
use crate::sync::{AcquireArc, Event, Semaphore, SingleFlight, promise};

/// What a future gives that is polled while `other` runs on a thread: at once, or when it has been woken, once. What
/// `other` gives stays until then.
pub(super) fn while_other<T, K: Send + 'static>(
    other: impl FnOnce() -> K + Send + 'static,
    future: impl Future<Output = T>,
) -> T {
    let other = thread::spawn(other);
    let (flag, waker) = woken();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let polled = future.as_mut().poll(&mut cx);
    let _kept = other.join().unwrap();
    if let Poll::Ready(value) = polled {
        return value;
    }
    assert_eq!(flag.0.load(SeqCst), 1, "how often it was woken");
    match future.poll(&mut cx) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it was woken for nothing"),
    }
}

/// A task that takes a permit, on a thread of its own: what a waker does is looked at afterwards.
fn take(semaphore: &Arc<Semaphore>, waker: &Waker) -> (AcquireArc, bool) {
    let mut acquire = semaphore.acquire_arc();
    let polled = Pin::new(&mut acquire).poll(&mut Context::from_waker(waker));
    (acquire, polled.map(drop).is_ready())
}

#[test]
fn a_permit_that_is_given_back_finds_the_one_who_is_just_about_to_wait() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.try_acquire_arc().unwrap();
        drop(while_other(move || drop(permit), semaphore.acquire_arc()));
        assert!(semaphore.try_acquire().is_some());
    });
}

#[test]
fn a_permit_that_is_given_back_finds_the_one_who_just_comes_with_another_waker() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.try_acquire_arc().unwrap();
        let (_, waker) = woken();
        let (acquire, _) = take(&semaphore, &waker);
        drop(while_other(move || drop(permit), acquire));
        assert!(semaphore.try_acquire().is_some());
    });
}

#[test]
fn a_permit_that_is_given_back_finds_the_one_who_just_looks_again() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.try_acquire_arc().unwrap();
        let (flag, waker) = woken();
        let (mut acquire, _) = take(&semaphore, &waker);
        let giver = thread::spawn(move || drop(permit));
        let mut cx = Context::from_waker(&waker);
        let at_once = Pin::new(&mut acquire).poll(&mut cx);
        giver.join().unwrap();
        assert_eq!(flag.0.load(SeqCst), 1);
        // What is said without the lock is never the end.
        let has_it = at_once.is_ready() || Pin::new(&mut acquire).poll(&mut cx).is_ready();
        assert!(has_it);
    });
}

#[test]
fn a_permit_that_is_given_back_finds_the_one_who_just_comes_with_the_waker_before_the_last() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.try_acquire_arc().unwrap();
        let (first, waker) = woken();
        let (mut acquire, _) = take(&semaphore, &waker);
        let (second, other) = woken();
        let polled = Pin::new(&mut acquire).poll(&mut Context::from_waker(&other));
        assert!(polled.is_pending());
        let giver = thread::spawn(move || drop(permit));
        let mut cx = Context::from_waker(&waker);
        let at_once = Pin::new(&mut acquire).poll(&mut cx).map(drop);
        giver.join().unwrap();
        let flags = [&first, &second].map(|flag| flag.0.load(SeqCst));
        match at_once {
            Poll::Ready(()) => assert_eq!(flags, [0, 1]),
            Poll::Pending => {
                assert_eq!(flags, [1, 0]);
                assert!(Pin::new(&mut acquire).poll(&mut cx).is_ready());
            }
        }
    });
}

#[test]
fn a_permit_is_passed_on_by_one_who_leaves() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.try_acquire_arc().unwrap();
        let (_, waker) = woken();
        let (leaver, _) = take(&semaphore, &waker);
        let (flag, waker) = woken();
        let (mut stayer, _) = take(&semaphore, &waker);
        let giver = thread::spawn(move || drop(permit));
        drop(leaver);
        giver.join().unwrap();
        assert_eq!(flag.0.load(SeqCst), 1);
        let polled = Pin::new(&mut stayer).poll(&mut Context::from_waker(&waker));
        assert!(polled.map(drop).is_ready());
        drop(stayer);
        assert!(semaphore.try_acquire().is_some());
    });
}

#[test]
fn a_permit_is_had_by_one_at_a_time() {
    few_preemptions(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let inside = Arc::new(AtomicUsize::new(0));
        let turn = |semaphore: Arc<Semaphore>, inside: Arc<AtomicUsize>| {
            move || {
                let (_, waker) = woken();
                let mut acquire = semaphore.acquire_arc();
                let mut cx = Context::from_waker(&waker);
                if let Poll::Ready(permit) = Pin::new(&mut acquire).poll(&mut cx) {
                    assert_eq!(inside.fetch_add(1, SeqCst), 0);
                    inside.fetch_sub(1, SeqCst);
                    drop(permit);
                }
            }
        };
        let threads = [(); 2].map(|()| thread::spawn(turn(semaphore.clone(), inside.clone())));
        for thread in threads {
            thread.join().unwrap();
        }
        // Nobody is left in the queue with the only permit.
        assert!(semaphore.try_acquire().is_some());
        assert_eq!(semaphore.statistics().waiting, 0);
    });
}

#[test]
fn an_event_wakes_the_one_who_is_just_about_to_wait() {
    loom::model(|| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let sets = move || {
            other.set();
        };
        while_other(sets, event.wait());
    });
}

#[test]
fn an_item_sent_to_a_receive_that_is_just_dropped_is_still_there() {
    loom::model(|| {
        let (sender, receiver) = object_stream(1);
        let (_, waker) = woken();
        let mut receive = receiver.receive();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut receive).poll(&mut cx).is_pending());
        let other = thread::spawn(move || {
            sender.try_send(1).unwrap();
            sender
        });
        drop(receive);
        drop(other.join().unwrap());
        assert_eq!(receiver.try_receive(), Ok(1));
    });
}

#[test]
fn a_receive_and_a_send_without_a_buffer_find_each_other() {
    loom::model(|| {
        let (sender, receiver) = object_stream(0);
        let other = thread::spawn(move || {
            let (flag, waker) = woken();
            let mut send = sender.send(1);
            let at_once = Pin::new(&mut send).poll(&mut Context::from_waker(&waker));
            // Its item is gone, or it waits for somebody to take it.
            (at_once.is_ready(), flag, send.into_item().is_none())
        });
        let (flag, waker) = woken();
        let mut receive = receiver.receive();
        let mut cx = Context::from_waker(&waker);
        let polled = Pin::new(&mut receive).poll(&mut cx);
        let (_, _, sent) = other.join().unwrap();
        let received = match polled {
            Poll::Ready(result) => result.is_ok(),
            // Given the item, or told of the end; never left alone.
            Poll::Pending => {
                assert!(flag.0.load(SeqCst) > 0);
                let polled = Pin::new(&mut receive).poll(&mut cx);
                matches!(polled, Poll::Ready(Ok(1)))
            }
        };
        assert_eq!(received, sent);
    });
}

#[test]
fn a_close_that_races_with_a_receive_ends_it() {
    loom::model(|| {
        let (sender, receiver) = object_stream::<u8>(1);
        assert!(while_other(move || drop(sender), receiver.receive()).is_err());
    });
}

#[test]
fn a_latest_value_finds_the_one_who_is_just_about_to_wait() {
    loom::model(|| {
        let (sender, mut receiver) = latest(0);
        assert_eq!(at_once(receiver.receive()).map(|first| *first), Ok(0));
        let keeps_it_open = sender.clone();
        let send = move || drop(sender.send(1));
        let received = while_other(send, receiver.receive());
        assert_eq!(received.map(|latest| *latest), Ok(1));
        drop(keeps_it_open);
    });
}

#[test]
fn the_last_sender_of_a_latest_value_ends_the_wait_for_another() {
    loom::model(|| {
        let (sender, mut receiver) = latest(0);
        assert!(at_once(receiver.receive()).is_ok());
        let other = sender.clone();
        let drops = thread::spawn(move || drop(other));
        let ends = move || {
            drop(sender);
            drops.join().unwrap();
        };
        assert!(while_other(ends, receiver.receive()).is_err());
    });
}

#[test]
fn a_broadcast_finds_the_one_who_is_just_about_to_wait() {
    loom::model(|| {
        let (sender, mut receiver) = broadcast_stream(1);
        let keeps_it_open = sender.clone();
        let send = move || sender.try_send(1).unwrap();
        assert_eq!(while_other(send, receiver.receive()), Ok(1));
        drop(keeps_it_open);
    });
}

#[test]
fn the_last_sender_of_a_broadcast_ends_the_wait_for_an_item() {
    loom::model(|| {
        let (sender, mut receiver) = broadcast_stream::<u8>(1);
        assert!(while_other(move || drop(sender), receiver.receive()).is_err());
    });
}

#[test]
fn an_item_that_the_slowest_receiver_leaves_behind_makes_room() {
    loom::model(|| {
        let (sender, mut quick) = broadcast_stream(1);
        let slow = sender.subscribe();
        sender.try_send(1).unwrap();
        let leaves = thread::spawn(move || drop(slow));
        assert_eq!(quick.try_receive(), Ok(1));
        leaves.join().unwrap();
        assert!(sender.try_send(2).is_ok());
        // Nothing of the one that left keeps the room of later items.
        assert_eq!(quick.try_receive(), Ok(2));
        assert!(sender.try_send(3).is_ok());
    });
}

#[test]
fn a_promise_that_is_kept_or_broken_finds_the_one_who_is_just_about_to_wait() {
    for kept in [true, false] {
        loom::model(move || {
            let (promise, shared) = promise();
            let ends = move || {
                if kept {
                    promise.set(7);
                }
            };
            let given = while_other(ends, shared.wait());
            assert_eq!(given.ok(), kept.then_some(&7));
        });
    }
}

#[test]
fn two_who_ask_for_one_key_share_a_call() {
    few_preemptions(|| {
        let flight = Arc::new(SingleFlight::new().keep(1));
        let other = flight.clone();
        // It has the value, or leaves while it waits for it.
        let asks = move || {
            let _ = poll_once(pin!(other.get('k', async || 1)));
        };
        let value = while_other(asks, flight.get('k', async || 1));
        assert_eq!((value, flight.statistics().calls), (1, 1));
    });
}

pub(super) fn poll_once<F: Future + Unpin>(mut future: F) -> Poll<F::Output> {
    let (_, waker) = woken();
    Pin::new(&mut future).poll(&mut Context::from_waker(&waker))
}

/// A future that waits, for another thread to drop.
pub(super) fn begun<F: Future>(future: F) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    assert!(poll_once(future.as_mut()).is_pending());
    future
}

/// What a future gives at its first poll.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match poll_once(pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
