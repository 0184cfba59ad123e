//! MS2: waits at the sending end that are given up, and who stood behind them.

use crate::harness::*;
use futures_util::{SinkExt, StreamExt};

/// MS2: a `Stream` that looks is woken when a wait for room goes that stood in front of an item.
pub fn ms2_a_wait_for_room_that_is_given_up_lets_a_stream_see_the_item_behind(on: &Flavour) {
    on.run(async {
        let (sender, mut stream) = object_stream(1);
        let slot = sender.reserve().await.expect("there is room");
        let mut room = Box::pin(sender.reserve());
        let mut send = Box::pin(sender.send(1));
        assert!(poll_once(&mut room).await.is_pending());
        assert!(poll_once(&mut send).await.is_pending());
        let counter = WakeCounter::new();
        assert!(counter.poll(Pin::new(&mut stream.next())).is_pending());
        drop(room);
        assert_eq!(counter.wakes(), 1);
        assert_eq!(stream.next().await, Some(1));
        assert_eq!(send.await, Ok(()));
        drop(slot);
    });
}

/// MS2: a wait for room is granted when a send goes that stood in front of it, however that is given up.
pub fn ms2_a_send_that_is_given_up_lets_the_one_behind_have_room(on: &Flavour) {
    for takes_back in [false, true] {
        on.run(async {
            let (sender, receiver) = object_stream(0);
            let mut streams = [receiver.clone(), receiver.clone()];
            let mut receive = Box::pin(receiver.receive());
            assert!(poll_once(&mut receive).await.is_pending());
            let slot = sender.reserve().await.expect("one waits");
            let mut send = sender.send(1);
            let mut room = Box::pin(sender.reserve());
            assert!(poll_once(&mut send).await.is_pending());
            assert!(poll_once(&mut room).await.is_pending());
            // There is room for a second one while two streams look.
            for stream in &mut streams {
                assert!(poll_once(&mut stream.next()).await.is_pending());
            }
            let counter = WakeCounter::new();
            assert!(counter.poll(room.as_mut()).is_pending());
            match takes_back {
                true => assert_eq!(send.into_item(), Some(1)),
                false => drop(send),
            }
            assert_eq!(counter.wakes(), 1);
            assert!(room.await.is_ok());
            drop(slot);
        });
    }
}

/// MS2: what is behind room that is used comes to those who look and to those who wait: the one who had it leaves, with its
/// item or with its room.
pub fn ms2_room_that_is_used_lets_others_see_what_is_behind(on: &Flavour) {
    on.run(async {
        // Somebody waits, and has promised room; somebody looks as well.
        let (sender, receiver) = object_stream(0);
        let mut sink = sender.clone();
        let mut stream = receiver.clone();
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        let slot = sender.reserve().await.expect("one waits");
        let mut send = Box::pin(sender.send(2));
        assert!(poll_once(&mut send).await.is_pending());
        let looks = WakeCounter::new();
        assert!(looks.poll(Pin::new(&mut stream.next())).is_pending());
        assert_eq!(slot.send(1), Ok(()));
        assert_eq!(receive.await, Ok(1));
        assert_eq!(looks.wakes(), 1);
        assert_eq!(stream.next().await, Some(2));
        assert_eq!(send.await, Ok(()));
        // The same with those who want room.
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        let slot = sender.reserve().await.expect("one waits");
        let mut room = Box::pin(sender.reserve());
        let (waits, wants) = (WakeCounter::new(), WakeCounter::new());
        assert!(waits.poll(room.as_mut()).is_pending());
        assert!(looks.poll(Pin::new(&mut stream.next())).is_pending());
        assert_eq!(slot.send(3), Ok(()));
        assert_eq!(receive.await, Ok(3));
        assert_eq!(waits.wakes(), 1);
        drop(room);
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        let slot = sender.reserve().await.expect("one waits");
        let mut ready = poll_fn(|cx| sink.poll_ready_unpin(cx));
        assert!(wants.poll(Pin::new(&mut ready)).is_pending());
        assert!(looks.poll(Pin::new(&mut stream.next())).is_pending());
        assert_eq!(slot.send(4), Ok(()));
        assert_eq!(receive.await, Ok(4));
        assert_eq!(wants.wakes(), 1);
    });
}
