//! Items from one part of a future to another: one to one and many to many, through a buffer and without one.

use std::future::Future;
use std::hint::black_box;

use futures_util::future::{join, join_all};

use crate::hosts::{Host, timed};
use crate::runner::{Line, Load};
use crate::watch::Sample;

/// Room for so many items.
const ROOM: usize = 100;
/// How many send, and how many receive, where many do.
const MANY: usize = 4;
/// How many items go through at a time.
const ITEMS: usize = 2_000;

/// Of the best of the peers, so of each.
const GOAL: f64 = 1.2;

/// The two ends of a channel, as a peer has them.
trait Ends: Clone + Send + 'static {
    fn send(&self, item: usize) -> impl Future<Output = bool> + Send;

    fn receive(&self) -> impl Future<Output = Option<usize>> + Send;
}

macro_rules! ends {
    ($name:ident, $sender:ty, $receiver:ty, $send:ident, $receive:ident) => {
        #[derive(Clone)]
        struct $name($sender, $receiver);

        impl Ends for $name {
            async fn send(&self, item: usize) -> bool {
                self.0.$send(item).await.is_ok()
            }

            async fn receive(&self) -> Option<usize> {
                self.1.$receive().await.ok()
            }
        }
    };
}

ends!(
    Ours,
    anyrt::stream::ObjectSender<usize>,
    anyrt::stream::ObjectReceiver<usize>,
    send,
    receive
);
ends!(
    Channel,
    async_channel::Sender<usize>,
    async_channel::Receiver<usize>,
    send,
    recv
);
ends!(
    Flume,
    flume::Sender<usize>,
    flume::Receiver<usize>,
    send_async,
    recv_async
);

fn ours(room: usize) -> Ours {
    let (sender, receiver) = anyrt::object_stream(room);
    Ours(sender, receiver)
}

fn channel(room: usize) -> Channel {
    let (sender, receiver) = async_channel::bounded(room);
    Channel(sender, receiver)
}

fn flume(room: usize) -> Flume {
    let (sender, receiver) = flume::bounded(room);
    Flume(sender, receiver)
}

/// Hands `items` over, from as many senders to as many receivers, each with a clone of its own.
async fn through(items: usize, many: usize, ends: impl Ends) {
    let each = items / many;
    let senders = (0..many).map(|_| {
        let ends = ends.clone();
        async move {
            for item in 0..each {
                assert!(ends.send(item).await);
            }
        }
    });
    let receivers = (0..many).map(|_| {
        let ends = ends.clone();
        async move {
            for _ in 0..each {
                black_box(ends.receive().await);
            }
        }
    });
    let (senders, receivers) = (join_all(senders), join_all(receivers));
    black_box(join(senders, receivers).await);
}

async fn timed_through<E: Ends>(load: Load, many: usize, make: impl Fn() -> E + Send) -> Sample {
    timed(load, |items| through(items, many, make())).await
}

/// tokio's has one receiver, which is not shared.
async fn through_tokio(items: usize) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(ROOM);
    let send = async {
        for item in 0..items {
            assert!(sender.send(item).await.is_ok());
        }
    };
    let receive = async {
        for _ in 0..items {
            black_box(receiver.recv().await);
        }
    };
    black_box(join(send, receive).await);
}

fn on(host: Host) -> [Line; 3] {
    let line = |name: &str, room: usize, many: usize| {
        let name = format!("stream, {name}, {}", host.name());
        let case = host.ours(move |load| timed_through(load, many, move || ours(room)));
        let peer = host.plain(move |load| timed_through(load, many, move || flume(room)));
        Line::new(name, ITEMS, 5, case)
            .peer("flume", peer)
            .goal(GOAL)
    };
    let channels = |many| host.plain(move |load| timed_through(load, many, || channel(ROOM)));
    [
        line("one to one", ROOM, 1)
            .peer("async-channel", channels(1))
            .goal(GOAL)
            .peer("tokio mpsc", host.plain(|load| timed(load, through_tokio)))
            .goal(GOAL),
        line("many to many", ROOM, MANY)
            .peer("async-channel", channels(MANY))
            .goal(GOAL),
        // The others know no rendezvous.
        line("rendezvous", 0, 1),
    ]
}

/// All lines.
pub fn lines() -> Vec<Line> {
    let hosts = [Host::TokioSingle, Host::Smol];
    hosts.into_iter().flat_map(on).collect()
}
