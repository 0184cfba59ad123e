//! What goes from hand to hand: items, and the permits, locks and room that are held while a block runs. The block is the
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
    let is_sent = match tables.sender(stream) {
        Some(sender) => sender.send(item).await.is_ok(),
        None => false,
    };
    sent(is_sent, item)
}

fn sent(is_sent: bool, item: u32) -> Note {
    if is_sent {
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

/// Reserves room with a sender of its own, for as long as the block runs, and then sends.
pub(super) async fn reserve(
    tables: &Tables,
    (stream, item): (u32, u32),
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let Some(sender) = tables.sender(stream) else {
        note(Note::Unsent(item));
        return Ok(());
    };
    let is_sent = match sender.reserve().await {
        Ok(slot) => {
            note(Note::Reserved(stream));
            body.await?;
            slot.send(item).is_ok()
        }
        Err(_) => false,
    };
    drop(sender);
    note(sent(is_sent, item));
    Ok(())
}

/// Uses a resource while the block runs, unless somebody does.
pub(super) async fn use_alone(
    tables: &Tables,
    resource: u32,
    note: impl Fn(Note),
    body: impl Future<Output = Outcome>,
) -> Outcome {
    let Ok(_in_use) = tables.resource(resource).enter() else {
        note(Note::Busy(resource));
        return Ok(());
    };
    note(Note::Using(resource));
    body.await?;
    note(Note::Used(resource));
    Ok(())
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
