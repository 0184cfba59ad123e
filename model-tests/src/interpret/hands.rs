//! What goes from hand to hand: items, and the permits and locks that are held while a block runs. The block is the
//! caller's, and so is the track that is noted in.
//!
//! Always true: what is held is dropped after the block and what is noted at its end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use anyrt::sync::Event;
use futures_util::future::{Either, select};

use super::Outcome;
use super::tables::Tables;
use crate::trace::Note;

/// Sends, as a sender of its own. It is dropped before what has come of it is noted.
pub(super) async fn send(tables: &Tables, stream: u32, item: u32) -> Note {
    let sent = match tables.sender(stream) {
        Some(sender) => sender.send(item).await.is_ok(),
        None => false,
    };
    if sent {
        Note::Sent(item)
    } else {
        Note::Unsent(item)
    }
}

/// Receives, as a receiver of its own.
pub(super) async fn receive(tables: &Tables, stream: u32) -> Note {
    let received = match tables.receiver(stream) {
        Some(receiver) => receiver.receive().await.ok(),
        None => None,
    };
    match received {
        Some(item) => Note::Received(stream, item),
        None => Note::StreamEnd(stream),
    }
}

pub(super) async fn hold(
    tables: &Tables,
    semaphore: u32,
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let _permit = tables.semaphore(semaphore).acquire().await;
    note(Note::Acquired(semaphore));
    body.await?;
    note(Note::Released(semaphore));
    Ok(())
}

pub(super) async fn lock(
    tables: &Tables,
    (number, event): (u32, Option<u32>),
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let locking = tables.lock(number).lock();
    let locked = match event {
        None => Some(locking.await),
        Some(event) => unless(tables.event(event), locking).await,
    };
    let Some(_guard) = locked else {
        note(Note::GaveUp(number));
        return Ok(());
    };
    note(Note::Locked(number));
    body.await?;
    note(Note::Unlocked(number));
    Ok(())
}

pub(super) async fn watch(
    tables: &Tables,
    number: u32,
    note: impl Fn(Note),
    first: impl Future<Output = Outcome>,
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let guard = tables.lock(number).lock().await;
    note(Note::Locked(number));
    first.await?;
    let _guard = tables.condition(number).wait(guard).await;
    note(Note::Told(number));
    body.await?;
    note(Note::Unlocked(number));
    Ok(())
}

/// Tells one or all of those who wait to be told, and how many they were.
pub(super) fn notify(tables: &Tables, number: u32, all: bool) -> Note {
    let condition = tables.condition(number);
    let told = if all {
        condition.notify_all()
    } else {
        usize::from(condition.notify_one())
    };
    Note::Notify(number, u32::try_from(told).unwrap_or(u32::MAX))
}

/// Waits for something until an event is set, also where both have come. It is dropped then, whatever it was granted.
async fn unless<T>(event: Arc<Event>, future: impl Future<Output = T>) -> Option<T> {
    let set = pin!(event.wait());
    match select(set, pin!(future)).await {
        Either::Left(_) => None,
        Either::Right((value, _)) => Some(value),
    }
}
