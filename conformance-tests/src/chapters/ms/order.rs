//! MS1: order and room.

use super::UNBOUNDED;
use crate::harness::*;
use anyrt::stream::{TryReceiveError, TrySendError};

/// MS1: first in, first out, whatever room there is.
pub fn ms1_items_come_out_in_the_order_in_which_they_went_in(on: &Flavour) {
    for room in [0, 1, 3, UNBOUNDED] {
        on.run(async {
            let (sender, receiver) = object_stream(room);
            let group = task_group(async |g| {
                g.spawn(async move {
                    for number in 0..50 {
                        sender.send(number).await.expect("somebody receives");
                    }
                });
                let mut received = Vec::new();
                while let Ok(number) = receiver.receive().await {
                    received.push(number);
                    yields(received.len() % 3).await;
                }
                received
            });
            let received = group.await.expect("nobody cancels");
            assert_eq!(received, (0..50).collect::<Vec<_>>());
        });
    }
}

/// MS1: with no room a send ends when its item is received, and a try needs one who waits.
pub fn ms1_a_rendezvous_waits_for_its_receiver(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(0);
        assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
        let mut send = Box::pin(sender.send(2));
        assert!(poll_once(&mut send).await.is_pending());
        assert_eq!(receiver.try_receive(), Ok(2));
        assert!(poll_once(&mut send).await.is_ready());
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        assert_eq!(sender.try_send(3), Ok(()));
        assert_eq!(sender.try_send(4), Err(TrySendError::Full(4)));
        assert_eq!(receive.await, Ok(3));
    });
}

/// MS1: with room without end nobody waits to send.
pub fn ms1_an_unbounded_send_never_waits(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(UNBOUNDED);
        for number in 0..1_000 {
            assert_eq!(sender.try_send(number), Ok(()));
        }
        assert_eq!(receiver.statistics().buffered, 1_000);
        for number in 0..1_000 {
            assert_eq!(receiver.try_receive(), Ok(number));
        }
        assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
    });
}

/// MS1: a send waits while the buffer is full, and the oldest goes on when one item is taken.
pub fn ms1_no_more_items_wait_than_there_is_room_for(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(2);
        assert_eq!(sender.try_send(1), Ok(()));
        assert_eq!(sender.try_send(2), Ok(()));
        assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
        let mut third = Box::pin(sender.send(3));
        let mut fourth = Box::pin(sender.send(4));
        assert!(poll_once(&mut third).await.is_pending());
        assert!(poll_once(&mut fourth).await.is_pending());
        assert_eq!(receiver.try_receive(), Ok(1));
        assert!(poll_once(&mut fourth).await.is_pending());
        assert!(poll_once(&mut third).await.is_ready());
        for number in 2..=4 {
            assert_eq!(receiver.try_receive(), Ok(number));
        }
        assert!(poll_once(&mut fourth).await.is_ready());
    });
}

/// MS1: both ends tell the same figures.
pub fn ms1_the_figures_tell_what_goes_on(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        let other = sender.clone();
        assert_eq!(sender.try_send(1), Ok(()));
        let mut send = Box::pin(other.send(2));
        assert!(poll_once(&mut send).await.is_pending());
        let now = receiver.statistics();
        assert_eq!((now.room, now.buffered), (1, 1));
        assert_eq!((now.senders, now.receivers), (2, 1));
        assert_eq!((now.waiting_to_send, now.waiting_to_receive), (1, 0));
        drop(send);
        drop(other);
        let now = sender.statistics();
        assert_eq!((now.senders, now.waiting_to_send), (1, 0));
    });
}

/// MS2, PR1: who waits has its turn before who tries.
pub fn ms2_a_try_does_not_pass_those_who_wait(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        assert_eq!(sender.try_send(1), Ok(()));
        let mut send = Box::pin(sender.send(2));
        assert!(poll_once(&mut send).await.is_pending());
        assert_eq!(receiver.try_receive(), Ok(1));
        // The send has not been polled since.
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        assert_eq!(receiver.try_receive(), Ok(2));
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        assert_eq!(sender.try_send(4), Ok(()));
        assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
        assert_eq!(receive.await, Ok(4));
    });
}
