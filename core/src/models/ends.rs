//! The ends of futures that run together: put down where the host is polled, taken where the results have gone, which
//! may be another task, on another thread.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::hands::while_other;
use super::{cancelling, poll_inside, root, woken};
use crate::task::Place;
use crate::together::Completed;
use crate::together::ends::{Ends, ToEnds};

/// Ends to which no other future comes, and these are still to be put down.
fn running<T, const N: usize>() -> (Arc<Ends<T>>, [ToEnds<T>; N]) {
    let ends = Ends::new();
    let futures = std::array::from_fn(|number| ToEnds::new(&ends, number));
    ends.no_more();
    (ends, futures)
}

/// Waits for the next end, as who has the results does.
async fn next<T>(ends: &Ends<T>) -> Option<(usize, T)> {
    poll_fn(|cx| ends.poll(cx)).await
}

/// What is there now.
fn taken<T>(ends: &Ends<T>) -> Poll<Option<(usize, T)>> {
    let (_, waker) = woken();
    ends.poll(&Context::from_waker(&waker))
}

#[test]
fn an_end_finds_the_one_who_is_just_about_to_wait() {
    loom::model(|| {
        let (ends, [mut future]) = running();
        // The last one: nobody who looks meanwhile may take it for the end of all.
        assert_eq!(
            while_other(move || future.give(7), next(&ends)),
            Some((0, 7))
        );
        assert_eq!(taken(&ends), Poll::Ready(None));
    });
}

#[test]
fn the_last_future_that_gives_nothing_ends_the_wait() {
    loom::model(|| {
        let (ends, [future]) = running::<u8, 1>();
        assert_eq!(while_other(move || drop(future), next(&ends)), None);
        assert!(!ends.is_whole());
    });
}

#[test]
fn the_end_of_the_source_ends_the_wait() {
    loom::model(|| {
        let ends = Ends::<u8>::new();
        let source = ends.clone();
        assert_eq!(while_other(move || source.no_more(), next(&ends)), None);
        assert!(ends.is_whole());
    });
}

#[test]
fn of_two_that_end_at_once_each_is_taken_once() {
    loom::model(|| {
        let (ends, [mut first, mut second]) = running();
        let other = thread::spawn(move || first.give('a'));
        // The one who takes them is beside both, on the thread of one.
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let early = ends.poll(&cx);
        second.give('b');
        other.join().unwrap();
        let mut all = Vec::new();
        match early {
            Poll::Ready(end) => all.extend(end),
            Poll::Pending => assert_eq!(flag.0.load(SeqCst), 1),
        }
        while let Poll::Ready(Some(end)) = taken(&ends) {
            all.push(end);
        }
        all.sort_unstable();
        assert_eq!(all, [(0, 'a'), (1, 'b')]);
        assert_eq!(taken(&ends), Poll::Ready(None));
    });
}

#[test]
fn a_host_that_goes_ends_the_wait_after_what_was_given() {
    loom::model(|| {
        let ends = Ends::new();
        let [mut given, dropped] = [0, 1].map(|number| ToEnds::new(&ends, number));
        let source = ends.clone();
        let goes = thread::spawn(move || {
            given.give(7);
            drop(dropped);
            source.no_more();
        });
        let (flag, waker) = woken();
        let mut all = Vec::new();
        let has_ended = loop {
            match ends.poll(&Context::from_waker(&waker)) {
                Poll::Ready(Some(end)) => all.push(end),
                Poll::Ready(None) => break true,
                Poll::Pending => break false,
            }
        };
        goes.join().unwrap();
        if !has_ended {
            assert!(flag.0.load(SeqCst) > 0);
            while let Poll::Ready(Some(end)) = taken(&ends) {
                all.push(end);
            }
        }
        assert_eq!(all, [(0, 7)]);
        assert_eq!(taken(&ends), Poll::Ready(None));
    });
}

#[test]
fn an_end_that_is_taken_makes_room_for_the_host_that_is_just_about_to_wait() {
    loom::model(|| {
        let ends = Ends::new();
        ToEnds::new(&ends, 0).give(7);
        let taker = ends.clone();
        let takes = move || assert_eq!(taken(&taker), Poll::Ready(Some((0, 7))));
        while_other(takes, poll_fn(|cx| ends.poll_room(1, cx)));
    });
}

#[test]
fn an_end_that_is_taken_makes_room_for_the_host_that_waits_and_just_looks_again() {
    loom::model(|| {
        let ends = Ends::new();
        ToEnds::new(&ends, 0).give(7);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        assert!(ends.poll_room(1, &cx).is_pending());
        let taker = ends.clone();
        let takes = thread::spawn(move || taken(&taker));
        let has_room = ends.poll_room(1, &cx).is_ready();
        assert_eq!(takes.join().unwrap(), Poll::Ready(Some((0, 7))));
        assert!(has_room || flag.0.load(SeqCst) == 1);
        assert!(ends.poll_room(1, &cx).is_ready());
    });
}

#[test]
fn an_end_is_given_to_one_who_is_just_cancelled_or_stays() {
    loom::model(|| {
        let (ends, [mut future]) = running();
        let region = root();
        let mut results = Completed::new(ends.clone(), Place::caller());
        let (flag, waker) = woken();
        assert!(poll_inside(&region, &mut results.next(), &waker).is_pending());
        let canceller = cancelling(&region);
        future.give(7);
        assert_eq!(flag.0.load(SeqCst), 1);
        let next = poll_inside(&region, &mut results.next(), &waker);
        assert!(canceller.join().unwrap());
        assert!(poll_inside(&region, &mut results.next(), &waker).is_pending());
        match next {
            Poll::Ready(next) => assert_eq!(next, Some(7)),
            Poll::Pending => assert_eq!(taken(&ends), Poll::Ready(Some((0, 7)))),
        }
    });
}
