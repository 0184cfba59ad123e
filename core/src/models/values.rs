//! Values that somebody makes for others, who leaves, is forgotten or comes second meanwhile.

use std::future::{pending, poll_fn};
use std::mem;
use std::sync::Arc;
use std::task::Poll;

use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use super::few_preemptions;
use super::hands::{begun, poll_once, while_other};
use crate::sync::{OnceCell, SingleFlight};

/// Not ready at its first poll. At the next one others may be first.
async fn later<T>(value: T) -> T {
    let mut first = true;
    poll_fn(|_| match mem::take(&mut first) {
        true => Poll::Pending,
        false => Poll::Ready(thread::yield_now()),
    })
    .await;
    value
}

/// One who makes a value, and never has it.
fn at_work(cell: Arc<OnceCell<u32>>) -> impl Future<Output = ()> + Send {
    begun(async move {
        cell.get_or_init(pending).await;
    })
}

#[test]
fn two_who_need_a_value_make_it_once() {
    few_preemptions(|| {
        let (cell, steps) = (Arc::new(OnceCell::new()), Arc::new(AtomicUsize::new(0)));
        // It has the value, or leaves while it waits for it.
        let asks = async |cell: Arc<OnceCell<usize>>, steps: Arc<AtomicUsize>| {
            // The cell's own steps are the standard library's: this one lets the other thread be first.
            steps.fetch_add(1, SeqCst);
            *cell.get_or_init(async || steps.fetch_add(10, SeqCst)).await
        };
        let other = asks(cell.clone(), steps.clone());
        let other = move || poll_once(Box::pin(other)).is_ready();
        let value = while_other(other, asks(cell.clone(), steps.clone()));
        assert_eq!(cell.get(), Some(&value));
        assert_eq!(steps.load(SeqCst), 12);
    });
}

#[test]
fn one_who_leaves_while_it_makes_a_value_lets_the_next_make_it() {
    loom::model(|| {
        let cell = Arc::new(OnceCell::new());
        let maker = at_work(cell.clone());
        let made = while_other(move || drop(maker), cell.get_or_init(async || 7));
        assert_eq!(made, &7);
    });
}

#[test]
fn a_value_that_is_set_while_one_is_made_is_the_one_for_all() {
    loom::model(|| {
        let (cell, steps) = (Arc::new(OnceCell::new()), Arc::new(AtomicUsize::new(0)));
        // What makes its semaphore once is std's, and not modelled.
        assert!(poll_once(Box::pin(cell.get_or_init(pending))).is_pending());
        let other = thread::spawn({
            let (cell, steps) = (cell.clone(), steps.clone());
            move || {
                steps.fetch_add(1, SeqCst);
                cell.set(1)
            }
        });
        let make = async || {
            steps.fetch_add(1, SeqCst);
            2
        };
        let Poll::Ready(&value) = poll_once(Box::pin(cell.get_or_init(make))) else {
            panic!("nobody else makes one")
        };
        let was_set = other.join().unwrap().is_ok();
        assert_eq!(cell.get(), Some(&value));
        assert_eq!(value, if was_set { 1 } else { 2 });
    });
}

#[test]
fn who_waits_as_a_value_is_set_has_it_while_the_maker_is_at_work() {
    loom::model(|| {
        let cell = Arc::new(OnceCell::new());
        let maker = at_work(cell.clone());
        let other = cell.clone();
        let sets = move || assert_eq!(other.set(1), Ok(()));
        let value = while_other(sets, cell.get_or_init(async || 2));
        assert_eq!(value, &1);
        drop(maker);
    });
}

#[test]
fn a_value_is_kept_though_somebody_stops_asking_as_it_comes() {
    loom::model(|| {
        let flight = Arc::new(SingleFlight::new().keep(1));
        let mut maker = Box::pin(flight.get('k', async || later(1).await));
        assert!(poll_once(maker.as_mut()).is_pending());
        let leaver = begun({
            let flight = flight.clone();
            async move {
                flight.get('k', async || 2).await;
            }
        });
        let leaves = thread::spawn(move || drop(leaver));
        assert_eq!(poll_once(maker), Poll::Ready(1));
        leaves.join().unwrap();
        let after = flight.statistics();
        assert_eq!((after.asking, after.flying, after.kept), (0, 0, 1));
        assert_eq!(
            poll_once(Box::pin(flight.get('k', async || 3))),
            Poll::Ready(1)
        );
    });
}

#[test]
fn a_key_that_nobody_asks_for_any_more_is_not_listed() {
    loom::model(|| {
        let flight = Arc::new(SingleFlight::<_, u8>::new());
        let [first, second] = [(); 2].map(|()| {
            let flight = flight.clone();
            begun(async move {
                flight.get('k', async || pending().await).await;
            })
        });
        let leaves = thread::spawn(move || drop(first));
        drop(second);
        leaves.join().unwrap();
        let after = flight.statistics();
        assert_eq!((after.asking, after.flying, after.kept), (0, 0, 0));
    });
}

#[test]
fn a_call_that_is_forgotten_leaves_the_next_one_alone() {
    loom::model(|| {
        let flight = Arc::new(SingleFlight::new());
        let mut first = Box::pin(flight.get('k', async || pending().await));
        assert!(poll_once(first.as_mut()).is_pending());
        let forgets = thread::spawn({
            let flight = flight.clone();
            move || flight.forget(&'k')
        });
        let mut second = Box::pin(flight.get('k', async || later(2).await));
        assert!(poll_once(second.as_mut()).is_pending());
        forgets.join().unwrap();
        // It makes a call of its own, or waits for the first one.
        let is_anew = flight.statistics().calls == 2;
        drop(first);
        let mut third = Box::pin(flight.get('k', async || 3));
        assert_eq!(poll_once(third.as_mut()).is_pending(), is_anew);
        drop(third);
        if !is_anew {
            assert!(
                poll_once(second.as_mut()).is_pending(),
                "it makes the call now"
            );
        }
        assert_eq!(poll_once(second), Poll::Ready(2));
        let after = flight.statistics();
        assert_eq!((after.asking, after.flying, after.kept), (0, 0, 0));
    });
}
