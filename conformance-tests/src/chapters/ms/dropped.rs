//! MS2, MS4, MS5: every operation, dropped at every poll, against every state of the other end.

use crate::harness::*;
use anyrt::stream::{BroadcastReceiver, ObjectReceiver, ObjectSender, broadcast_stream, latest};
use futures_util::StreamExt;

/// What the other end does between two polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Nothing,
    Sends,
    Receives,
}

/// What is dropped.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Send,
    Reserve,
    Receive,
    Next,
}

/// What has gone in and come out.
#[derive(Default)]
struct Book {
    sent: Vec<u32>,
    received: Vec<u32>,
}

impl Book {
    fn act(&mut self, other: Other, sender: &ObjectSender<u32>, receiver: &ObjectReceiver<u32>) {
        match other {
            Other::Nothing => {}
            Other::Sends => {
                let item = 100 + self.sent.len() as u32;
                if sender.try_send(item).is_ok() {
                    self.sent.push(item);
                }
            }
            Other::Receives => self.received.extend(receiver.try_receive()),
        }
    }
}

/// Polls an operation so many times, with something of the other end before each poll and after the last, and drops it.
/// Says how it ended for the book.
async fn drop_after(
    book: &mut Book,
    operation: Operation,
    steps: &[Other],
    (sender, receiver, stream): (
        &ObjectSender<u32>,
        &ObjectReceiver<u32>,
        &mut ObjectReceiver<u32>,
    ),
) {
    let mut send = sender.send(7);
    let mut reserve = sender.reserve();
    let mut receive = receiver.receive();
    let (last, polls) = steps.split_last().expect("one at least");
    for step in polls {
        book.act(*step, sender, receiver);
        let ended = match operation {
            Operation::Send => poll_once(&mut send).await.map(|sent| {
                sent.expect("somebody receives");
                book.sent.push(7);
            }),
            Operation::Reserve => poll_once(&mut reserve).await.map(drop),
            Operation::Receive => poll_once(&mut receive)
                .await
                .map(|item| book.received.extend(item)),
            Operation::Next => poll_once(&mut stream.next())
                .await
                .map(|item| book.received.extend(item)),
        };
        if ended.is_ready() {
            return;
        }
    }
    book.act(*last, sender, receiver);
    if matches!(operation, Operation::Send) && send.into_item().is_none() {
        book.sent.push(7);
    }
}

/// MS2: whatever is dropped when, what went in comes out once and in order of its kind, and nobody waits beside room or
/// an item.
pub fn ms2_operations_dropped_at_any_poll_lose_nothing(on: &Flavour) {
    const OTHERS: [Other; 3] = [Other::Nothing, Other::Sends, Other::Receives];
    const OPERATIONS: [Operation; 4] = [
        Operation::Send,
        Operation::Reserve,
        Operation::Receive,
        Operation::Next,
    ];
    on.run(async {
        for room in [0, 1, 2] {
            for before in 0..=room {
                for operation in OPERATIONS {
                    for polls in 0..=3 {
                        for steps in sequences(&OTHERS, polls + 1) {
                            let (sender, receiver) = object_stream(room);
                            let (mut book, mut stream) = (Book::default(), receiver.clone());
                            for _ in 0..before {
                                book.act(Other::Sends, &sender, &receiver);
                            }
                            let ends = (&sender, &receiver, &mut stream);
                            drop_after(&mut book, operation, &steps, ends).await;
                            let said = format!("{operation:?} {room} {before} {steps:?}");
                            // The stream is whole: it still has room for as many.
                            while let Ok(item) = receiver.try_receive() {
                                book.received.push(item);
                            }
                            // When the send took place is not known, so its item stands apart.
                            let others = |items: &[u32]| {
                                let others = items.iter().filter(|item| **item != 7);
                                (others.copied().collect::<Vec<_>>(), items.contains(&7))
                            };
                            assert_eq!(others(&book.received), others(&book.sent), "{said}");
                            assert_eq!(book.received.len(), book.sent.len(), "{said}");
                            let fits = (0..5).take_while(|item| sender.try_send(*item).is_ok());
                            assert_eq!(fits.count(), room, "{said}");
                            let now = sender.statistics();
                            let waiting = (now.waiting_to_send, now.waiting_to_receive);
                            assert_eq!(waiting, (0, 0), "{said}");
                        }
                    }
                    checkpoint().await;
                }
            }
        }
    });
}

/// MS4, MS2: a send and a receive of a broadcast, dropped at any poll: all receivers have had the same, each item once, and
/// there is as much room as before.
pub fn ms4_operations_dropped_at_any_poll_lose_nothing(on: &Flavour) {
    on.run(async {
        for (room, sends, polls) in [1, 2].into_iter().flat_map(|room| {
            let polls = (0..=3).flat_map(|polls| [(true, polls), (false, polls)]);
            polls.map(move |(sends, polls)| (room, sends, polls))
        }) {
            for steps in sequences(&[Other::Nothing, Other::Sends, Other::Receives], polls + 1) {
                let said = format!("{room} {sends} {steps:?}");
                let (sender, mut first) = broadcast_stream(room);
                let mut second = sender.subscribe();
                let (mut sent, mut had) = (Vec::new(), [Vec::new(), Vec::new()]);
                let act = |step, sent: &mut Vec<u32>, seconds: &mut Vec<u32>, second: &mut _| {
                    let item = 100 + sent.len() as u32;
                    match step {
                        Other::Sends if sender.try_send(item).is_ok() => sent.push(item),
                        Other::Receives => seconds.extend(BroadcastReceiver::try_receive(second)),
                        _ => {}
                    }
                };
                let (last, before) = steps.split_last().expect("one at least");
                if sends {
                    let mut send = sender.send(7);
                    for step in before {
                        act(*step, &mut sent, &mut had[1], &mut second);
                        had[0].extend(first.try_receive());
                        if let Poll::Ready(done) = poll_once(&mut send).await {
                            done.expect("there are receivers");
                            break;
                        }
                    }
                    act(*last, &mut sent, &mut had[1], &mut second);
                    sent.extend(send.into_item().is_none().then_some(7));
                } else {
                    let mut receive = first.receive();
                    for step in before {
                        act(*step, &mut sent, &mut had[1], &mut second);
                        if let Poll::Ready(item) = poll_once(&mut receive).await {
                            had[0].extend(item);
                            break;
                        }
                    }
                    act(*last, &mut sent, &mut had[1], &mut second);
                }
                had[0].extend(std::iter::from_fn(|| first.try_receive().ok()));
                had[1].extend(std::iter::from_fn(|| second.try_receive().ok()));
                assert_eq!(had[0], had[1], "{said}");
                // When the send took place is not known.
                sent.sort_unstable();
                had[0].sort_unstable();
                assert_eq!(had[0], sent, "{said}");
                let fits = (0..5).take_while(|item| sender.try_send(*item).is_ok());
                assert_eq!(fits.count(), room, "{said}");
                assert_eq!(sender.statistics().waiting_to_send, 0, "{said}");
                checkpoint().await;
            }
        }
    });
}

/// MS5: a receive of the latest value that is dropped at any poll has seen nothing.
pub fn ms5_a_receive_dropped_at_any_poll_has_seen_nothing(on: &Flavour) {
    on.run(async {
        for polls in 0..=3 {
            for steps in sequences(&[false, true], polls + 1) {
                let (sender, mut receiver) = latest(0);
                let (mut seen, mut last) = (None, 0);
                let mut act = |sends| {
                    last += u32::from(sends);
                    if sends {
                        sender.send(last);
                    }
                };
                assert_eq!(receiver.receive().await.as_deref(), Ok(&0));
                let mut receive = Box::pin(receiver.receive());
                let (after, before) = steps.split_last().expect("one at least");
                for step in before {
                    act(*step);
                    if let Poll::Ready(value) = poll_once(&mut receive).await {
                        seen = value.ok();
                        break;
                    }
                }
                act(*after);
                drop(receive);
                let now = poll_once(&mut Box::pin(receiver.receive())).await;
                let is_new = last > seen.map_or(0, |seen| *seen);
                assert_eq!(now.is_ready(), is_new, "{steps:?}");
                assert!(
                    now.map_ok(|value| *value == last) != Poll::Ready(Ok(false)),
                    "{steps:?}"
                );
                checkpoint().await;
            }
        }
    });
}
