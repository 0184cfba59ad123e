//! MS5: the latest of several values.

use crate::harness::*;
use anyrt::stream::{ReceiveError, latest};

/// MS5: the first value is received, and then the latest of those that came since, each once.
pub fn ms5_a_receive_gives_the_latest_value_once(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = latest(0);
        assert_eq!(receiver.receive().await.as_deref(), Ok(&0));
        assert_eq!(*sender.send(1), 0);
        assert_eq!(*sender.send(2), 1);
        assert_eq!(*receiver.get(), 2);
        assert_eq!(receiver.receive().await.as_deref(), Ok(&2));
        let mut waits = Box::pin(receiver.receive());
        assert!(poll_once(&mut waits).await.is_pending());
        sender.send(3);
        sender.send(4);
        assert_eq!(waits.await.as_deref(), Ok(&4));
    });
}

/// MS5: all who wait are told; a clone has seen what the other has, a subscriber nothing.
pub fn ms5_every_receiver_is_told(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = latest('a');
        assert_eq!(receiver.receive().await.as_deref(), Ok(&'a'));
        let group = task_group(async |g| {
            let waits: Vec<_> = (0..4)
                .map(|_| {
                    let mut receiver = receiver.clone();
                    g.spawn(async move { receiver.receive().await.as_deref() == Ok(&'b') })
                })
                .collect();
            let mut late = sender.subscribe();
            assert_eq!(late.receive().await.as_deref(), Ok(&'a'));
            sender.send('b');
            for wait in waits {
                assert_eq!(wait.await.ok(), Some(true));
            }
        });
        group.await.expect("nobody cancels");
    });
}

/// MS5: the last value is received when all senders are gone, and then the end; who waits is told.
pub fn ms5_the_end_comes_after_the_last_value(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = latest(1);
        let (mut waits, other) = (receiver.clone(), sender.clone());
        assert_eq!(waits.receive().await.as_deref(), Ok(&1));
        let mut end = Box::pin(waits.receive());
        drop(sender);
        assert!(poll_once(&mut end).await.is_pending());
        drop(other);
        assert_eq!(end.await, Err(ReceiveError::EndOfStream));
        assert_eq!(receiver.receive().await.as_deref(), Ok(&1));
        assert_eq!(receiver.receive().await, Err(ReceiveError::EndOfStream));
        assert_eq!(*receiver.get(), 1);
    });
}

/// MS5, SC4: in a cancelled region nothing is received, and nothing lost.
pub fn ms5_a_cancelled_receive_has_seen_nothing(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = latest(1);
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(receiver.receive()).await.is_err());
        assert_eq!(receiver.receive().await.as_deref(), Ok(&1));
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut waits = Box::pin(scope.run(receiver.receive()));
        assert!(poll_once(&mut waits).await.is_pending());
        handle.cancel();
        assert!(waits.await.is_err());
        sender.send(2);
        assert_eq!(receiver.receive().await.as_deref(), Ok(&2));
    });
}

/// MS5, SC4: one that was polled in a cancelled region first looks anew in one that is not.
pub fn ms5_a_receive_that_is_carried_out_of_a_cancelled_region_looks_again(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = latest(1);
        let scope = CancelScope::new();
        scope.handle().cancel();
        let mut receive = Box::pin(receiver.receive());
        assert!(scope.run(&mut receive).await.is_err());
        assert_eq!(receive.await.as_deref(), Ok(&1));
        drop(sender);
    });
}

/// MS5, SC12: receives that are ready at once let others run.
pub fn ms5_ready_receives_let_others_run(on: &Flavour) {
    on.run(async {
        let (sender, mut receiver) = latest(0);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let ended = gather((
            scope.run(async {
                loop {
                    sender.send(1);
                    receiver.receive().await.expect("there is a value");
                }
            }),
            async { handle.cancel() },
        ));
        let (outcome, first): (Result<(), _>, _) = ended.await;
        assert!(outcome.is_err() && first);
    });
}
