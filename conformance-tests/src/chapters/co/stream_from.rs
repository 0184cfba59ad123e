//! CO7: a stream from a function that fills it.

use super::{ByHand, SHORT, cleans_up, gates, quiet_panic, told};
use crate::harness::*;
use anyrt::stream::{ObjectReceiver, ObjectSender, ReceiveError, SendError};
use std::{cell::Cell, cell::RefCell, rc::Rc};

/// CO7: the body receives what `fill` sends, in order, then the end of the stream when `fill` returns.
pub fn co7_the_body_receives_what_is_sent_and_then_the_end(on: &Flavour) {
    on.run(async {
        let received = stream_from(
            async |sender: ObjectSender<usize>| {
                for n in 0..5 {
                    yields(n % 3).await;
                    assert_eq!(sender.send(n).await, Ok(()));
                }
            },
            async |receiver: ObjectReceiver<usize>| {
                let mut received = Vec::new();
                let end = loop {
                    match receiver.receive().await {
                        Ok(n) => received.push(n),
                        Err(end) => break end,
                    }
                };
                (received, end, receiver.receive().await)
            },
        );
        let end = ReceiveError::EndOfStream;
        assert_eq!(received.await, (vec![0, 1, 2, 3, 4], end, Err(end)));
    });
}

/// CO7: it is a rendezvous: a send ends when its item has been taken, not before.
pub fn co7_a_send_ends_when_its_item_is_taken(on: &Flavour) {
    on.run(async {
        let sent = &Cell::new(0);
        let take = gates::<3>();
        let mut all = ByHand::new(stream_from(
            async |sender: ObjectSender<usize>| {
                for n in 0..3 {
                    assert_eq!(sender.send(n).await, Ok(()));
                    sent.set(sent.get() + 1);
                }
                pending().await
            },
            async |receiver: ObjectReceiver<usize>| {
                for (n, gate) in take.iter().enumerate() {
                    gate.wait().await;
                    assert_eq!(receiver.receive().await, Ok(n));
                    yields(3).await;
                }
                sent.get()
            },
        ));
        for (n, gate) in take[..2].iter().enumerate() {
            assert!(all.go().await.is_pending());
            assert_eq!(sent.get(), n);
            gate.set();
        }
        assert!(all.go().await.is_pending());
        assert_eq!(sent.get(), 2);
        take[2].set();
        assert_eq!(all.go().await, Poll::Ready(3));
    });
}

/// CO7, MS3: a clone of the sender that `fill` has left elsewhere keeps the stream open.
pub fn co7_it_ends_with_the_last_clone_of_the_sender(on: &Flavour) {
    on.run(async {
        let kept = RefCell::new(None);
        let mut all = ByHand::new(stream_from(
            async |sender: ObjectSender<usize>| {
                *kept.borrow_mut() = Some(sender.clone());
                assert_eq!(sender.send(1).await, Ok(()));
            },
            async |receiver: ObjectReceiver<usize>| {
                (receiver.receive().await, receiver.receive().await)
            },
        ));
        assert!(all.go().await.is_pending());
        drop(kept.take());
        assert_eq!(
            all.go().await,
            Poll::Ready((Ok(1), Err(ReceiveError::EndOfStream)))
        );
    });
}

/// CO7, CO2: the body's return settles: `fill` is cancelled, its item with it, and has cleaned up before it returns.
pub fn co7_the_return_of_the_body_settles(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let first = stream_from(
            async |sender: ObjectSender<_>| {
                let body = async {
                    for n in 0.. {
                        let _ = sender.send((n, DropProbe::new(trace, "item"))).await;
                    }
                };
                finally(body, async |exit| {
                    yields(5).await;
                    trace.push(format!("fill {}", told(&exit)));
                })
                .await;
            },
            async |receiver: ObjectReceiver<(u8, DropProbe)>| {
                let (first, _item) = receiver.receive().await.expect("endless");
                yields(5).await;
                first
            },
        );
        assert_eq!(first.await, 0);
        trace.push("returned");
        let mut entries = trace.take();
        let last = entries.split_off(entries.len() - 2);
        assert_eq!(last, ["fill NotNeeded", "returned"]);
        // One was taken, one was refused, and one more may have been on its way when `fill` was cancelled.
        assert!(matches!(entries.len(), 2 | 3) && entries.iter().all(|e| e == "item"));
    });
}

/// CO7, MS3: the body drops the receiver and goes on: `fill` is told, and gets its item back.
pub fn co7_a_body_that_drops_the_receiver_goes_on(on: &Flavour) {
    on.run(async {
        let told = &Event::new();
        let value = stream_from(
            async |sender: ObjectSender<u8>| {
                assert_eq!(sender.send(1).await, Ok(()));
                assert_eq!(sender.send(2).await, Err(SendError::BrokenResource(2)));
                told.set();
            },
            async |receiver: ObjectReceiver<u8>| {
                assert_eq!(receiver.receive().await, Ok(1));
                drop(receiver);
                told.wait().await;
                7
            },
        );
        assert_eq!(value.await, 7);
    });
}

/// CO7, CO2: a panic of `fill` ends the body, one of the body ends `fill`; it is resumed when the other is gone.
pub fn co7_a_panic_of_either_is_resumed_when_the_other_is_gone(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        for of_fill in [true, false] {
            let end = async || {
                yields(3).await;
                quiet_panic("boom");
            };
            let all = stream_from(
                async |_sender: ObjectSender<u8>| {
                    if of_fill {
                        end().await
                    } else {
                        cleans_up(trace).await
                    }
                },
                async |_receiver: ObjectReceiver<u8>| {
                    if of_fill {
                        cleans_up(trace).await
                    } else {
                        end().await
                    }
                },
            );
            trace.push(catch_async(all).await.unwrap_err());
            assert_eq!(trace.take(), ["cleaned up", "boom"], "of fill: {of_fill}");
        }
    });
}

/// CO7, CO1: both borrow from the caller, the items too, and nothing need be `Send`.
pub fn co7_both_borrow_and_need_not_be_send(on: &Flavour) {
    on.run(async {
        let words = vec!["one".to_owned(), "three".to_owned()];
        let (mut sent, mut lengths) = (0, Vec::new());
        stream_from(
            async |sender: ObjectSender<_>| {
                for word in &words {
                    let _ = sender.send(Rc::new(word.as_str())).await;
                    sent += 1;
                }
            },
            async |receiver: ObjectReceiver<_>| {
                while let Ok(word) = receiver.receive().await {
                    let word: Rc<&str> = word;
                    lengths.push(word.len());
                }
            },
        )
        .await;
        assert_eq!((sent, lengths), (2, vec![3, 5]));
    });
}

/// CO7, TG7: cancelled from outside it waits for the cleanups of both and never completes.
pub fn co7_cancelled_from_outside_it_never_completes(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let all = || {
            stream_from(
                async |_sender: ObjectSender<u8>| super::loser(trace).await,
                async |_receiver: ObjectReceiver<u8>| super::loser::<()>(trace).await,
            )
        };
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut run = ByHand::new(scope.run(async {
            all().await;
            trace.push("unreachable");
        }));
        assert!(run.go().await.is_pending());
        handle.cancel_with("outer");
        assert!(matches!(run.go().await, Poll::Ready(Err(_))));
        assert_eq!(trace.take(), ["loser outer", "loser outer"]);
        assert!(move_on_after(SHORT, all()).await.is_none());
        assert_eq!(trace.take(), ["loser Deadline", "loser Deadline"]);
    });
}

/// CO7: `fill` ends long before the body, which goes on.
pub fn co7_the_body_goes_on_when_fill_has_ended(on: &Flavour) {
    on.run(async {
        let ended = Event::new();
        let value = stream_from(
            async |_sender: ObjectSender<u8>| ended.set(),
            async |receiver: ObjectReceiver<u8>| {
                ended.wait().await;
                yields(5).await;
                checkpoint().await;
                receiver.receive().await
            },
        );
        assert_eq!(value.await, Err(ReceiveError::EndOfStream));
    });
}

/// CO7: streams nest: one fills the next, and the last body's return ends all.
pub fn co7_one_stream_fills_another(on: &Flavour) {
    on.run(async {
        let trace = &Trace::new();
        let numbers = async |sender: ObjectSender<u32>| {
            let _gone = DropProbe::new(trace, "numbers gone");
            for n in 1.. {
                if sender.send(n).await.is_err() {
                    return;
                }
            }
        };
        let squares = async |sender: ObjectSender<u32>| {
            let _gone = DropProbe::new(trace, "squares gone");
            stream_from(numbers, async |numbers: ObjectReceiver<u32>| {
                while let Ok(n) = numbers.receive().await {
                    if sender.send(n * n).await.is_err() {
                        return;
                    }
                }
            })
            .await;
        };
        let sum = stream_from(squares, async |squares: ObjectReceiver<u32>| {
            let mut sum = 0;
            for _ in 0..4 {
                sum += squares.receive().await.expect("endless");
            }
            sum
        });
        assert_eq!(sum.await, 30);
        assert_eq!(trace.take(), ["numbers gone", "squares gone"]);
    });
}
