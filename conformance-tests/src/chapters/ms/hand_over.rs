//! MS2: cancels.
//!
//! One test after the other about one rule, which makes the file longer than others.

use crate::harness::*;
use anyrt::stream::TryReceiveError;
use futures_util::{SinkExt, StreamExt};

/// Polls `work` once in a scope that is cancelled then and held until `hold` is set.
async fn in_cancelled_scope<'a, T: Send + 'a>(
    hold: &Event,
    work: impl Future<Output = T> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T, Cancelled>> + Send + 'a>> {
    let scope = CancelScope::new();
    let (handle, held) = (scope.handle(), hold.wait());
    let body = async move { futures_util::join!(shield(held), work).1 };
    let mut run: Pin<Box<dyn Future<Output = _> + Send + 'a>> = Box::pin(scope.run(body));
    assert!(poll_once(&mut run).await.is_pending());
    handle.cancel();
    run
}

/// MS2, SC4: in a cancelled region nothing is sent, though there is room.
pub fn ms2_a_cancelled_send_has_sent_nothing(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(sender.send(1)).await.is_err());
        assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(sender.reserve()).await.is_err());
        assert_eq!(sender.try_send(2), Ok(()));
    });
}

/// MS2, SC4: in a cancelled region nothing is received, though there is an item.
pub fn ms2_a_cancelled_receive_has_taken_nothing(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        assert_eq!(sender.try_send(1), Ok(()));
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(receiver.receive()).await.is_err());
        assert_eq!(receiver.try_receive(), Ok(1));
    });
}

/// MS2, PR1: who is cancelled when the item comes is passed over, though it has not been polled since. Others had it
/// wrong: AnyIO #731.
pub fn ms2_a_receiver_whose_region_is_cancelled_is_passed_over(on: &Flavour) {
    for room in [0, 1] {
        on.run(async {
            let ((sender, receiver), hold) = (object_stream(room), Event::new());
            let cancelled = in_cancelled_scope(&hold, receiver.receive()).await;
            let mut next = Box::pin(receiver.receive());
            assert!(poll_once(&mut next).await.is_pending());
            assert_eq!(sender.try_send(1), Ok(()));
            assert_eq!(next.await, Ok(1));
            hold.set();
            assert!(cancelled.await.is_err());
        });
    }
}

/// MS2, PR1: the item of a sender that is cancelled is not received, and blocks nobody.
pub fn ms2_a_sender_whose_region_is_cancelled_is_passed_over(on: &Flavour) {
    for room in [0, 1] {
        on.run(async {
            let ((sender, receiver), hold) = (object_stream(room), Event::new());
            if room > 0 {
                assert_eq!(sender.try_send(0), Ok(()));
            }
            let cancelled = in_cancelled_scope(&hold, sender.send(1)).await;
            let mut next = Box::pin(sender.send(2));
            assert!(poll_once(&mut next).await.is_pending());
            if room > 0 {
                assert_eq!(receiver.try_receive(), Ok(0));
            }
            assert_eq!(receiver.try_receive(), Ok(2));
            assert!(poll_once(&mut next).await.is_ready());
            hold.set();
            assert!(cancelled.await.is_err());
            assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
        });
    }
}

/// MS2, SC4: what was handed over before the cancel comes with the next poll.
pub fn ms2_an_item_granted_before_the_cancel_is_received(on: &Flavour) {
    on.run(async {
        let ((sender, receiver), hold) = (object_stream(1), Event::new());
        let scope = CancelScope::new();
        let (handle, held) = (scope.handle(), hold.wait());
        let mut got = None;
        let mut run = Box::pin(scope.run(async {
            let receiving = async { got = receiver.receive().await.ok() };
            futures_util::join!(shield(held), receiving);
        }));
        assert!(poll_once(&mut run).await.is_pending());
        assert_eq!(sender.try_send(1), Ok(()));
        handle.cancel();
        assert!(poll_once(&mut run).await.is_pending());
        hold.set();
        let _ = run.await;
        assert_eq!(got, Some(1));
    });
}

/// MS2: an item that was handed to a receive that is dropped goes to the next who waits, else to the front.
pub fn ms2_a_receive_dropped_after_its_grant_gives_the_item_on(on: &Flavour) {
    for waits in [false, true] {
        on.run(async {
            let (sender, receiver) = object_stream(2);
            let mut dropped = Box::pin(receiver.receive());
            assert!(poll_once(&mut dropped).await.is_pending());
            let mut next = Box::pin(receiver.receive());
            if waits {
                assert!(poll_once(&mut next).await.is_pending());
            }
            assert_eq!(sender.try_send(1), Ok(()));
            if !waits {
                assert_eq!(sender.try_send(2), Ok(()));
            }
            drop(dropped);
            assert_eq!(next.await, Ok(1));
            if !waits {
                assert_eq!(receiver.try_receive(), Ok(2));
            }
        });
    }
}

/// MS2: who gives a send up has the item again, unless it is on its way.
pub fn ms2_the_item_of_a_send_that_is_given_up_comes_back(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(0);
        assert_eq!(sender.send("new").into_item(), Some("new"));
        let mut send = sender.send("waits");
        assert!(poll_once(&mut send).await.is_pending());
        assert_eq!(send.into_item(), Some("waits"));
        assert_eq!(receiver.try_receive(), Err(TryReceiveError::Empty));
        let mut send = sender.send("taken");
        assert!(poll_once(&mut send).await.is_pending());
        assert_eq!(receiver.try_receive(), Ok("taken"));
        assert_eq!(send.into_item(), None);
    });
}

/// MS2, PR1: room that is given back goes to the one who has waited longest.
pub fn ms2_room_that_is_not_used_goes_to_the_next(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(1);
        let slot = sender.reserve().await.expect("somebody receives");
        assert!(sender.try_send(0).is_err(), "the room is taken");
        let mut granted = Box::pin(sender.reserve());
        let mut send = Box::pin(sender.send(1));
        assert!(poll_once(&mut granted).await.is_pending());
        assert!(poll_once(&mut send).await.is_pending());
        drop(slot);
        assert!(
            poll_once(&mut send).await.is_pending(),
            "it is not its turn"
        );
        drop(granted);
        assert!(poll_once(&mut send).await.is_ready());
        assert_eq!(receiver.try_receive(), Ok(1));
        let slot = sender.reserve().await.expect("somebody receives");
        assert_eq!(slot.send(2), Ok(()));
        assert_eq!(receiver.try_receive(), Ok(2));
    });
}

/// MS2: however many send and receive, and however many of the receives are cut short, each item comes out once.
pub fn ms2_each_item_goes_to_one_receiver(on: &Flavour) {
    const SENDERS: u32 = 4;
    const ITEMS: u32 = 50;
    for room in [0, 1, 8] {
        on.run(async {
            let (sender, receiver) = object_stream(room);
            let received = Arc::new(Mutex::new(Vec::new()));
            let group = task_group(async |g| {
                for number in 0..SENDERS {
                    let sender = sender.clone();
                    g.spawn(async move {
                        for item in 0..ITEMS {
                            let item = number * ITEMS + item;
                            sender.send(item).await.expect("somebody receives");
                        }
                    });
                }
                for number in 0..4 {
                    let (receiver, received) = (receiver.clone(), received.clone());
                    g.spawn(async move {
                        loop {
                            // Some polls of a receive, and then another one.
                            let mut receive = Box::pin(receiver.receive());
                            for _ in 0..=number {
                                match poll_once(&mut receive).await {
                                    Poll::Ready(Ok(item)) => {
                                        received.lock().expect("no panic").push(item);
                                        break;
                                    }
                                    Poll::Ready(Err(_)) => return,
                                    Poll::Pending => checkpoint().await,
                                }
                            }
                        }
                    });
                }
                drop((sender, receiver));
            });
            group.await.expect("nobody cancels");
            let mut received = received.lock().expect("no panic").clone();
            received.sort_unstable();
            assert_eq!(received, (0..SENDERS * ITEMS).collect::<Vec<_>>());
        });
    }
}

/// MS1, MS2: what comes back from receives that are dropped comes out in the order in which it went in.
pub fn ms2_items_of_dropped_receives_keep_their_order(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(3);
        let mut first = Box::pin(receiver.receive());
        let mut second = Box::pin(receiver.receive());
        assert!(poll_once(&mut first).await.is_pending());
        assert!(poll_once(&mut second).await.is_pending());
        for item in 1..=3 {
            assert_eq!(sender.try_send(item), Ok(()));
        }
        drop(first);
        drop(second);
        for item in 1..=3 {
            assert_eq!(receiver.try_receive(), Ok(item));
        }
    });
}

/// MS2: a `Stream` whose `next` is dropped owns nothing: the item is there for every other receive.
pub fn ms2_a_stream_that_nobody_polls_keeps_nothing(on: &Flavour) {
    for room in [0, 1] {
        on.run(async {
            let (sender, mut stream) = object_stream(room);
            let other = stream.clone();
            assert!(poll_once(&mut stream.next()).await.is_pending());
            let mut send = Box::pin(sender.send(1));
            let _ = poll_once(&mut send).await;
            assert_eq!(other.receive().await, Ok(1));
            assert!(poll_once(&mut stream.next()).await.is_pending());
            let mut send = Box::pin(sender.send(2));
            let _ = poll_once(&mut send).await;
            assert_eq!(stream.try_receive(), Ok(2));
        });
    }
}

/// MS2: a `Sink` that nobody polls takes no room, and one that is closed gives back what it has.
pub fn ms2_a_sink_that_nobody_polls_keeps_no_room(on: &Flavour) {
    on.run(async {
        let (mut sink, receiver) = object_stream(0);
        assert!(
            poll_once(&mut SinkExt::send(&mut sink, 1))
                .await
                .is_pending()
        );
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        assert_eq!(sink.try_send(2), Ok(()));
        assert_eq!(receive.await, Ok(2));
        let (mut sink, receiver) = object_stream(1);
        let other = sink.clone();
        assert!(poll_fn(|cx| Poll::Ready(sink.poll_ready_unpin(cx).is_ready())).await);
        assert!(other.try_send(3).is_err());
        sink.close();
        assert_eq!(other.try_send(3), Ok(()));
        assert_eq!(receiver.try_receive(), Ok(3));
    });
}

/// PR1, MS2: who waits for an item that another one has promised is not passed by who comes later.
pub fn ms2_a_newcomer_does_not_pass_one_who_was_promised_an_item(on: &Flavour) {
    on.run(async {
        let (sender, receiver) = object_stream(0);
        let mut oldest = Box::pin(receiver.receive());
        assert!(poll_once(&mut oldest).await.is_pending());
        let slot = sender.reserve().await.expect("one waits");
        let mut send = Box::pin(sender.send("send"));
        assert!(poll_once(&mut send).await.is_pending());
        assert!(receiver.try_receive().is_err());
        let mut newer = Box::pin(receiver.receive());
        assert!(poll_once(&mut newer).await.is_pending());
        assert_eq!(oldest.await, Ok("send"));
        assert_eq!(slot.send("slot"), Ok(()));
        assert_eq!(newer.await, Ok("slot"));
    });
}

/// MS2: room that is reserved counts as used for who comes to receive, whoever comes first: the other sender's item waits
/// for the next one.
pub fn ms2_reserved_room_is_kept_from_senders_whoever_comes_first(on: &Flavour) {
    on.run(async {
        for receiver_first in [false, true] {
            let (sender, receiver) = object_stream(0);
            // There is room while somebody receives, and that one leaves.
            let mut gone = Box::pin(receiver.receive());
            assert!(poll_once(&mut gone).await.is_pending());
            let slot = sender.reserve().await.expect("one waits");
            drop(gone);
            let mut receive = Box::pin(receiver.receive());
            let mut send = Box::pin(sender.send("send"));
            if receiver_first {
                assert!(poll_once(&mut receive).await.is_pending());
            }
            assert!(poll_once(&mut send).await.is_pending());
            assert!(receiver.try_receive().is_err());
            assert!(poll_once(&mut receive).await.is_pending());
            assert_eq!(slot.send("slot"), Ok(()));
            assert_eq!(receive.await, Ok("slot"));
            assert_eq!(receiver.try_receive(), Ok("send"));
            assert_eq!(send.await, Ok(()));
        }
    });
}

/// MS2: a `Stream` that looks is woken when what stood in front of an item goes: room that was given, or was promised.
pub fn ms2_a_stream_is_woken_when_the_way_to_an_item_is_free(on: &Flavour) {
    on.run(async {
        let (sender, mut stream) = object_stream(0);
        let receiver = stream.clone();
        let mut receive = Box::pin(receiver.receive());
        assert!(poll_once(&mut receive).await.is_pending());
        let slot = sender.reserve().await.expect("one waits");
        let mut send = Box::pin(sender.send(1));
        assert!(poll_once(&mut send).await.is_pending());
        drop(receive);
        let goes = async {
            yield_once().await;
            drop(slot);
        };
        assert_eq!(futures_util::join!(stream.next(), goes).0, Some(1));
        let mut room = Box::pin(sender.reserve());
        let mut send = Box::pin(sender.send(2));
        assert!(poll_once(&mut room).await.is_pending());
        assert!(poll_once(&mut send).await.is_pending());
        let goes = async {
            yield_once().await;
            drop(room);
        };
        assert_eq!(futures_util::join!(stream.next(), goes).0, Some(2));
    });
}
