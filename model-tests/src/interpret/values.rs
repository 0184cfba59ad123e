//! What is there for all: items that are broadcast, values that one makes, promises. The block is the caller's, and so is
//! the track that is noted in.

use std::future::Future;

use super::tables::{Receiver, Sender, Tables};
use super::{Failure, Outcome};
use crate::trace::Note;

/// Sends to all, as a sender of its own. It is dropped before what has come of it is noted.
pub(super) async fn publish(tables: &Tables, broadcast: u32, item: u32) -> Note {
    let published = match tables.broadcast(broadcast) {
        Some(Sender::Every(sender)) => sender.send(item).await.is_ok(),
        Some(Sender::Latest(sender)) => {
            sender.send(item);
            true
        }
        None => false,
    };
    if published {
        Note::Published(item)
    } else {
        Note::Unheard(item)
    }
}

/// Listens while the block runs, and then until so many items have come, or the end.
pub(super) async fn listen(
    tables: &Tables,
    (broadcast, id, take): (u32, u32, u32),
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let receiver = tables.broadcast(broadcast).map(|sender| sender.subscribe());
    let Some(mut receiver) = receiver else {
        note(Note::Silent(id));
        return Ok(());
    };
    note(Note::Listens(id));
    body.await?;
    for _ in 0..take {
        match receiver.receive().await {
            Some(item) => note(Note::Heard(id, item)),
            None => {
                note(Note::Silent(id));
                break;
            }
        }
    }
    Ok(())
}

impl Sender {
    fn subscribe(&self) -> Receiver {
        match self {
            Self::Every(sender) => Receiver::Every(sender.subscribe()),
            Self::Latest(sender) => Receiver::Latest(sender.subscribe()),
        }
    }
}

impl Receiver {
    async fn receive(&mut self) -> Option<u32> {
        match self {
            Self::Every(receiver) => receiver.receive().await.ok(),
            Self::Latest(receiver) => receiver.receive().await.ok().map(|item| *item),
        }
    }
}

/// Takes the value of a cell. The block makes one if need be: the number of this operation.
pub(super) async fn fill(
    tables: &Tables,
    (cell, id): (u32, u32),
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let made = tables
        .cell(cell)
        .get_or_try_init(|| make(id, &note, body))
        .await?;
    note(Note::Got(id, *made));
    Ok(())
}

/// Takes the value of a key, as [`fill`].
pub(super) async fn get(
    tables: &Tables,
    (flight, key, id): (u32, u32, u32),
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let made = tables
        .flight(flight)
        .try_get(key, || make(id, &note, body))
        .await?;
    note(Note::Got(id, made));
    Ok(())
}

async fn make(
    id: u32,
    note: &impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Result<u32, Failure> {
    note(Note::Making(id));
    body.await?;
    Ok(id)
}

/// Keeps a promise, or breaks it, if nobody has. That is noted before anybody is told.
pub(super) fn give(tables: &Tables, (promise, item): (u32, Option<u32>), note: impl Fn(Note)) {
    let given = tables.promise(promise);
    note(Note::Gave(promise, given.is_some()));
    match (given, item) {
        (Some(promise), Some(item)) => promise.set(item),
        (broken, _) => drop(broken),
    }
}

/// Waits for what a promise comes to.
pub(super) async fn ask(tables: &Tables, promise: u32) -> Note {
    let kept = tables.promised(promise).wait().await;
    Note::Promised(promise, kept.ok().copied())
}
