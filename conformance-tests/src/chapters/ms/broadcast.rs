//! MS4: every item for every receiver.

use crate::harness::*;
use anyrt::stream::{ReceiveError, SendError, TryReceiveError, TrySendError, broadcast_stream};

/// MS4: every receiver gets every item, in one order, whoever sends.
pub fn ms4_every_receiver_gets_every_item_in_one_order(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = broadcast_stream(4);
        let receivers = [receiver.subscribe(), receiver.subscribe(), receiver];
        let group = task_group(async |g| {
            for n in 0..4 {
                let sender = sender.clone();
                g.spawn(async move {
                    for k in 0..50 {
                        sender.send((n, k)).await.expect("there are receivers");
                    }
                });
            }
            drop(sender);
            let readers = receivers.map(|mut receiver| {
                g.spawn(async move {
                    let mut all = Vec::new();
                    while let Ok(item) = receiver.receive().await {
                        all.push(item);
                    }
                    all
                })
            });
            let mut orders = Vec::new();
            for reader in readers {
                orders.push(reader.await.expect("it returns"));
            }
            orders
        });
        let orders = group.await.expect("nobody cancels");
        assert_eq!(orders[0].len(), 200);
        assert!(orders.iter().all(|order| *order == orders[0]));
        for n in 0..4 {
            let of_one: Vec<_> = orders[0].iter().filter(|item| item.0 == n).collect();
            assert!(of_one.iter().map(|item| item.1).eq(0..50));
        }
    });
}

/// MS4: a send waits for the slowest receiver, and senders have their turns in order.
pub fn ms4_the_slowest_receiver_holds_the_senders_up(on: &Flavour) {
    on.run(async {
        let (sender, mut quick) = broadcast_stream(1);
        let mut slow = sender.subscribe();
        sender.send(1).await.expect("there is room");
        assert_eq!(quick.receive().await, Ok(1));
        assert!(matches!(sender.try_send(9), Err(TrySendError::Full(9))));
        let (mut second, mut third) = (Box::pin(sender.send(2)), Box::pin(sender.send(3)));
        assert!(poll_once(&mut second).await.is_pending());
        assert!(poll_once(&mut third).await.is_pending());
        assert_eq!(sender.statistics().waiting_to_send, 2);
        assert_eq!(slow.receive().await, Ok(1));
        assert!(poll_once(&mut third).await.is_pending());
        second.await.expect("it has its turn");
        for receiver in [&mut quick, &mut slow] {
            assert_eq!(receiver.receive().await, Ok(2));
        }
        third.await.expect("it has its turn");
        assert_eq!(quick.try_receive(), Ok(3));
        assert_eq!(quick.try_receive(), Err(TryReceiveError::Empty));
    });
}

/// MS4: who subscribes gets what is sent from then on.
pub fn ms4_a_subscriber_gets_what_is_sent_from_then_on(on: &Flavour) {
    on.run(async {
        let (sender, mut first) = broadcast_stream(8);
        sender.send(1).await.expect("there is a receiver");
        let mut second = first.subscribe();
        sender.send(2).await.expect("there are receivers");
        assert_eq!(sender.statistics().receivers, 2);
        assert_eq!(second.receive().await, Ok(2));
        assert_eq!(first.receive().await, Ok(1));
        assert_eq!(first.receive().await, Ok(2));
        assert_eq!(sender.statistics().buffered, 0);
    });
}

/// MS4: a receiver that is dropped makes the room that it took; without any an item comes back, also to one who waits.
pub fn ms4_a_receiver_that_is_dropped_makes_room(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = broadcast_stream(1);
        let idle = sender.subscribe();
        sender.send(1).await.expect("there is room");
        assert_eq!(receiver.receive().await, Ok(1));
        let mut waits = Box::pin(sender.send(2));
        assert!(poll_once(&mut waits).await.is_pending());
        drop(idle);
        waits.await.expect("there is room");
        let mut waits = Box::pin(sender.send(3));
        assert!(poll_once(&mut waits).await.is_pending());
        drop(receiver);
        assert!(matches!(waits.await, Err(SendError::BrokenResource(3))));
        assert!(matches!(
            sender.try_send(4),
            Err(TrySendError::BrokenResource(4))
        ));
        // One that comes later is welcome.
        let mut late = sender.subscribe();
        sender.send(5).await.expect("there is a receiver");
        assert_eq!(late.receive().await, Ok(5));
    });
}

/// MS4: when all senders are gone, what was sent is received, and then the end; for a late subscriber at once.
pub fn ms4_the_end_comes_after_what_was_sent(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = broadcast_stream(2);
        let mut waits = receiver.subscribe();
        let other = sender.clone();
        sender.send('a').await.expect("there are receivers");
        drop(sender);
        assert_eq!(waits.receive().await, Ok('a'));
        let mut end = Box::pin(waits.receive());
        assert!(poll_once(&mut end).await.is_pending());
        drop(other);
        assert_eq!(end.await, Err(ReceiveError::EndOfStream));
        assert_eq!(receiver.receive().await, Ok('a'));
        assert_eq!(receiver.receive().await, Err(ReceiveError::EndOfStream));
        let mut late = receiver.subscribe();
        assert_eq!(late.try_receive(), Err(TryReceiveError::EndOfStream));
    });
}

/// MS4, MS2, SC4: cancelled, nothing is sent to anybody and nothing is taken; what a receive was granted is not lost.
pub fn ms4_a_cancel_sends_and_takes_nothing(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = broadcast_stream(1);
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(sender.send(1)).await.is_err());
        assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
        sender.send(2).await.expect("there is room");
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut full = Box::pin(scope.run(sender.send(3)));
        assert!(poll_once(&mut full).await.is_pending());
        handle.cancel();
        assert!(full.await.is_err());
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(receiver.receive()).await.is_err());
        assert_eq!(receiver.receive().await, Ok(2));
        // Granted, and dropped before it was polled again.
        let mut waits = Box::pin(receiver.receive());
        assert!(poll_once(&mut waits).await.is_pending());
        sender.send(4).await.expect("there is room");
        drop(waits);
        assert_eq!(receiver.receive().await, Ok(4));
        let mut given_up = sender.send(5);
        assert!(poll_once(&mut given_up).await.is_ready());
        let mut given_up = sender.send(6);
        assert!(poll_once(&mut given_up).await.is_pending());
        assert_eq!(given_up.into_item(), Some(6));
    });
}
