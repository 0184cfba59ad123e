//! Room for items, and who looks for an item or for room, beside ends that take, leave and close.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use futures_util::{Sink, StreamExt};
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::hands::{at_once, begun, poll_once, while_other};
use super::woken;
use crate::stream::{ObjectSender, ReserveError, SendError, broadcast_stream, object_stream};

/// One who has room until it is dropped.
fn holds_room(sender: &ObjectSender<u8>) -> Pin<Box<impl Future<Output = ()> + Send + use<>>> {
    let sender = sender.clone();
    begun(async move {
        let _slot = sender.reserve().await;
        pending().await
    })
}

#[test]
fn room_that_is_given_back_finds_the_one_who_is_just_about_to_wait() {
    loom::model(|| {
        let (sender, _receiver) = object_stream(1);
        let holder = holds_room(&sender);
        let slot = while_other(move || drop(holder), sender.reserve());
        assert_eq!(slot.map(|slot| slot.send(1)), Ok(Ok(())));
    });
}

#[test]
fn room_goes_to_the_next_where_the_one_who_is_given_it_just_leaves() {
    loom::model(|| {
        let (sender, receiver) = object_stream(1);
        let holder = holds_room(&sender);
        let (mut leaver, mut stayer) = (sender.reserve(), sender.reserve());
        assert!(poll_once(Pin::new(&mut leaver)).is_pending());
        let (flag, waker) = woken();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut stayer).poll(&mut cx).is_pending());
        let gives = thread::spawn(move || drop(holder));
        drop(leaver);
        gives.join().unwrap();
        assert_eq!(flag.0.load(SeqCst), 1);
        assert!(Pin::new(&mut stayer).poll(&mut cx).map(drop).is_ready());
        assert_eq!(sender.try_send(1), Ok(()));
        drop(receiver);
    });
}

#[test]
fn the_last_receiver_ends_the_wait_for_room() {
    loom::model(|| {
        let (sender, receiver) = object_stream(1);
        assert_eq!(sender.try_send(1), Ok(()));
        let slot = while_other(move || drop(receiver), sender.reserve());
        assert!(matches!(slot, Err(ReserveError::BrokenResource)));
    });
}

#[test]
fn an_item_for_which_there_was_room_comes_back_or_goes_with_the_last_receiver() {
    loom::model(|| {
        let (sender, receiver) = object_stream(1);
        let item = Arc::new(());
        let slot = at_once(sender.reserve()).unwrap();
        let leaves = thread::spawn(move || drop(receiver));
        let sent = slot.send(item.clone());
        leaves.join().unwrap();
        drop(sent);
        assert_eq!(Arc::strong_count(&item), 1, "none is left in between");
    });
}

#[test]
fn a_sink_that_just_looks_is_woken_when_there_is_room() {
    loom::model(|| {
        let (mut sender, receiver) = object_stream(1);
        assert_eq!(sender.try_send(1), Ok(()));
        let takes = move || {
            assert_eq!(receiver.try_receive(), Ok(1));
            receiver
        };
        let looks = poll_fn(|cx| Pin::new(&mut sender).poll_ready(cx));
        assert_eq!(while_other(takes, looks), Ok(()));
    });
}

#[test]
fn a_stream_that_just_looks_is_woken_when_there_is_an_item_or_the_end() {
    for sends in [true, false] {
        loom::model(move || {
            let (sender, mut receiver) = object_stream(1);
            let other = move || {
                let sent = sends.then(|| sender.try_send(1));
                sent.map(|sent| (sent, sender))
            };
            assert_eq!(while_other(other, receiver.next()), sends.then_some(1));
        });
    }
}

#[test]
fn two_items_that_are_sent_at_once_come_to_all_in_one_order() {
    loom::model(|| {
        let (sender, first) = broadcast_stream(2);
        let receivers = [first, sender.subscribe()];
        let other = thread::spawn({
            let sender = sender.clone();
            move || assert_eq!(sender.try_send(1), Ok(()))
        });
        assert_eq!(sender.try_send(2), Ok(()));
        other.join().unwrap();
        let [mine, others] = receivers.map(|mut receiver| [(); 2].map(|()| receiver.try_receive()));
        assert_eq!(mine, others);
        assert!(mine == [Ok(1), Ok(2)] || mine == [Ok(2), Ok(1)]);
    });
}

#[test]
fn an_item_that_two_receive_at_once_makes_room_for_the_next() {
    loom::model(|| {
        let (sender, mut first) = broadcast_stream(1);
        let mut second = sender.subscribe();
        assert_eq!(sender.try_send(1), Ok(()));
        let receives = move || {
            assert_eq!(second.try_receive(), Ok(1));
            second
        };
        let sends = async {
            assert_eq!(first.try_receive(), Ok(1));
            sender.send(2).await
        };
        assert_eq!(while_other(receives, sends), Ok(()));
        assert_eq!(first.try_receive(), Ok(2));
    });
}

#[test]
fn the_last_receiver_of_a_broadcast_gives_an_item_that_waits_back() {
    loom::model(|| {
        let (sender, receiver) = broadcast_stream(1);
        assert_eq!(sender.try_send(1), Ok(()));
        let sent = while_other(move || drop(receiver), sender.send(2));
        assert_eq!(sent, Err(SendError::BrokenResource(2)));
        assert_eq!(sender.statistics().buffered, 0);
    });
}

#[test]
fn one_who_subscribes_beside_the_last_sender_is_told_the_end() {
    loom::model(|| {
        let (sender, receiver) = broadcast_stream::<u8>(1);
        let receives = async { receiver.subscribe().receive().await };
        assert!(while_other(move || drop(sender), receives).is_err());
    });
}
