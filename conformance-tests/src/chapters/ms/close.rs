//! MS1, MS3: ends that are closed or gone.

use crate::harness::*;
use anyrt::stream::{ReceiveError, ReserveError, SendError, TryReceiveError, TrySendError};

/// MS1: a close ends what waits on that very clone, and gives items back. Others had it wrong: AnyIO #1391.
pub fn ms1_close_wakes_what_waits_on_that_clone(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(0);
        let other = sender.clone();
        let mut mine = Box::pin(sender.send(1));
        let mut room = Box::pin(sender.reserve());
        let mut theirs = Box::pin(other.send(2));
        assert!(poll_once(&mut mine).await.is_pending());
        assert!(poll_once(&mut room).await.is_pending());
        assert!(poll_once(&mut theirs).await.is_pending());
        sender.close();
        assert_eq!(mine.await, Err(SendError::ClosedResource(1)));
        assert_eq!(room.await.map(drop), Err(ReserveError::ClosedResource));
        assert!(poll_once(&mut theirs).await.is_pending());
        // What was withdrawn is not received.
        assert_eq!(receiver.try_receive(), Ok(2));
        let another = receiver.clone();
        let mut mine = Box::pin(receiver.receive());
        let mut theirs = Box::pin(another.receive());
        assert!(poll_once(&mut mine).await.is_pending());
        assert!(poll_once(&mut theirs).await.is_pending());
        receiver.close();
        assert_eq!(mine.await, Err(ReceiveError::ClosedResource));
        assert_eq!(other.try_send(3), Ok(()));
        assert_eq!(theirs.await, Ok(3));
    });
}

/// MS1: the others go on.
pub fn ms1_a_closed_clone_leaves_the_others_open(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(2);
        let (other, another) = (sender.clone(), receiver.clone());
        sender.close();
        sender.close();
        receiver.close();
        assert!(sender.is_closed() && receiver.is_closed());
        assert_eq!(sender.try_send(1), Err(TrySendError::ClosedResource(1)));
        assert_eq!(sender.send(1).await, Err(SendError::ClosedResource(1)));
        let closed = sender.reserve().await.map(drop);
        assert_eq!(closed, Err(ReserveError::ClosedResource));
        let closed = receiver.try_receive();
        assert_eq!(closed, Err(TryReceiveError::ClosedResource));
        let closed = receiver.receive().await;
        assert_eq!(closed, Err(ReceiveError::ClosedResource));
        assert_eq!(other.send(2).await, Ok(()));
        assert_eq!(another.receive().await, Ok(2));
    });
}

/// MS1: a clone is as what it was cloned from.
pub fn ms1_a_clone_of_a_closed_end_is_closed(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream::<u8>(1);
        sender.close();
        assert!(sender.clone().is_closed());
        receiver.close();
        assert!(receiver.clone().is_closed());
        let now = sender.statistics();
        assert_eq!((now.senders, now.receivers), (0, 0));
    });
}

/// MS3: what was sent before the last sender went is received first.
pub fn ms3_what_is_buffered_is_received_before_the_end(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(3);
        let other = sender.clone();
        assert_eq!(sender.try_send(1), Ok(()));
        drop(sender);
        assert_eq!(other.try_send(2), Ok(()));
        drop(other);
        assert_eq!(receiver.receive().await, Ok(1));
        assert_eq!(receiver.try_receive(), Ok(2));
        assert_eq!(receiver.receive().await, Err(ReceiveError::EndOfStream));
        assert_eq!(receiver.try_receive(), Err(TryReceiveError::EndOfStream));
    });
}

/// MS3: all who wait are told.
pub fn ms3_a_receive_that_waits_ends_with_the_last_sender(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream::<u8>(0);
        let other = sender.clone();
        let mut waits = [Box::pin(receiver.receive()), Box::pin(receiver.receive())];
        for wait in &mut waits {
            assert!(poll_once(wait).await.is_pending());
        }
        drop(sender);
        for wait in &mut waits {
            assert!(poll_once(wait).await.is_pending());
        }
        other.close();
        for wait in waits {
            assert_eq!(wait.await, Err(ReceiveError::EndOfStream));
        }
    });
}

/// MS3: whatever would send is told, with its item.
pub fn ms3_nothing_can_be_sent_when_the_receivers_are_gone(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        let slot = sender.reserve().await.expect("somebody receives");
        drop(receiver);
        assert_eq!(slot.send(1), Err(SendError::BrokenResource(1)));
        assert_eq!(sender.try_send(2), Err(TrySendError::BrokenResource(2)));
        assert_eq!(sender.send(3).await, Err(SendError::BrokenResource(3)));
        let broken = sender.reserve().await.map(drop);
        assert_eq!(broken, Err(ReserveError::BrokenResource));
    });
}

/// MS3: so is what waits.
pub fn ms3_a_send_that_waits_gives_its_item_back_when_the_receivers_are_gone(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(0);
        let other = receiver.clone();
        let mut send = Box::pin(sender.send("mine"));
        let mut room = Box::pin(sender.reserve());
        assert!(poll_once(&mut send).await.is_pending());
        assert!(poll_once(&mut room).await.is_pending());
        drop(receiver);
        assert!(poll_once(&mut send).await.is_pending());
        drop(other);
        assert_eq!(send.await, Err(SendError::BrokenResource("mine")));
        assert_eq!(room.await.map(drop), Err(ReserveError::BrokenResource));
    });
}

/// MS3: what nobody can receive any more is dropped with the last receiver, with nobody kept from the stream meanwhile.
pub fn ms3_what_nobody_received_is_dropped(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(2);
        let trace = Trace::new();
        let probe = |name: &str| DropProbe::new(&trace, name);
        assert!(sender.try_send(probe("first")).is_ok());
        assert!(sender.try_send(probe("second")).is_ok());
        drop(receiver);
        assert_eq!(trace.take(), ["first", "second"]);
    });
}

/// MS2, MS3: the end is told when nothing can come any more, from a receive that is dropped either.
pub fn ms3_the_end_waits_for_what_may_come_back(on: &Flavour) {
    on.run(async {
        for comes_back in [false, true] {
            let (sender, receiver) = object_stream(1);
            let mut granted = Box::pin(receiver.receive());
            let mut next = Box::pin(receiver.receive());
            assert!(poll_once(&mut granted).await.is_pending());
            assert!(poll_once(&mut next).await.is_pending());
            assert_eq!(sender.try_send(1), Ok(()));
            drop(sender);
            assert!(poll_once(&mut next).await.is_pending());
            assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
            if comes_back {
                drop(granted);
                assert_eq!(next.await, Ok(1));
            } else {
                assert_eq!(granted.await, Ok(1));
                assert_eq!(next.await, Err(ReceiveError::EndOfStream));
            }
            assert_eq!(receiver.try_receive(), Err(TryReceiveError::EndOfStream));
        }
    });
}

/// MS3: what comes back when nobody is left to receive it is dropped.
pub fn ms3_what_comes_back_to_no_receiver_is_dropped(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        let trace = Trace::new();
        let mut granted = Box::pin(receiver.receive());
        assert!(poll_once(&mut granted).await.is_pending());
        assert!(sender.try_send(DropProbe::new(&trace, "item")).is_ok());
        receiver.close();
        drop(granted);
        assert_eq!(trace.take(), ["item"]);
    });
}
