//! Operations and notes, in short.

use serde_json::{Value, json};

pub(crate) fn sleep(at: u32) -> Value {
    json!({ "op": "sleep", "at": at })
}

pub(crate) fn forever() -> Value {
    json!({ "op": "forever" })
}

pub(crate) fn wait(event: u32) -> Value {
    json!({ "op": "wait", "event": event })
}

pub(crate) fn set(at: u32, event: u32) -> Value {
    json!({ "op": "set", "at": at, "event": event })
}

pub(crate) fn state(at: u32) -> Value {
    json!({ "op": "state", "at": at })
}

pub(crate) fn cancel(at: u32, scope: u32) -> Value {
    json!({ "op": "cancel", "at": at, "scope": scope })
}

pub(crate) fn cancel_task(at: u32, task: u32) -> Value {
    json!({ "op": "cancel_task", "at": at, "task": task })
}

pub(crate) fn join(task: u32, at: u32) -> Value {
    json!({ "op": "join", "task": task, "at": at })
}

pub(crate) fn fail(at: u32, error: u32) -> Value {
    json!({ "op": "fail", "at": at, "error": error })
}

pub(crate) fn panic(at: u32, panic: u32) -> Value {
    json!({ "op": "panic", "at": at, "panic": panic })
}

pub(crate) fn started(at: u32) -> Value {
    json!({ "op": "started", "at": at })
}

pub(crate) fn spawn(at: u32, group: u32, task: u32, body: Value) -> Value {
    json!({ "op": "spawn", "at": at, "group": group, "task": task, "body": body })
}

pub(crate) fn daemon(at: u32, group: u32, task: u32, body: Value) -> Value {
    json!({ "op": "spawn", "at": at, "group": group, "task": task, "daemon": true, "body": body })
}

pub(crate) fn start(at: u32, group: u32, task: u32, body: Value) -> Value {
    json!({ "op": "start", "at": at, "group": group, "task": task, "body": body })
}

pub(crate) fn scope(id: u32, body: Value) -> Value {
    json!({ "op": "scope", "id": id, "body": body })
}

/// A scope whose deadline is the next instant of a slot.
pub(crate) fn until(at: u32, id: u32, body: Value) -> Value {
    json!({ "op": "scope", "id": id, "deadline": { "at": at }, "body": body })
}

/// A program that is a scope until 14, and in it group 2 with these tasks and operations.
pub(crate) fn in_group(body: Value) -> Value {
    json!([until(14, 1, json!([group(2, body)]))])
}

/// A scope whose deadline has passed when it is entered.
pub(crate) fn too_late(at: u32, id: u32, body: Value) -> Value {
    json!({ "op": "scope", "id": id, "deadline": { "at": at, "turns": 0 }, "body": body })
}

pub(crate) fn shield(id: u32, body: Value) -> Value {
    json!({ "op": "shield", "id": id, "body": body })
}

pub(crate) fn shield_for(cycles: u32, bit: u32, id: u32, body: Value) -> Value {
    let grace = json!({ "cycles": cycles, "bit": bit });
    json!({ "op": "shield", "id": id, "grace": grace, "body": body })
}

pub(crate) fn restore(id: u32, body: Value) -> Value {
    json!({ "op": "restore", "id": id, "body": body })
}

pub(crate) fn finally(id: u32, body: Value, cleanup: Value) -> Value {
    json!({ "op": "finally", "id": id, "body": body, "cleanup": cleanup })
}

pub(crate) fn defer(at: u32, group: u32, id: u32, body: Value) -> Value {
    json!({ "op": "defer", "at": at, "group": group, "id": id, "body": body })
}

pub(crate) fn group(id: u32, body: Value) -> Value {
    json!({ "op": "group", "id": id, "body": body })
}

pub(crate) fn limited(limit: u32, id: u32, body: Value) -> Value {
    json!({ "op": "group", "id": id, "limit": limit, "body": body })
}

/// A group that may fail, and whose failure ends with it.
pub(crate) fn try_group(id: u32, body: Value) -> Value {
    json!({ "op": "group", "id": id, "failing": true, "catch": true, "body": body })
}

/// A group whose failure passes on.
pub(crate) fn passing_group(id: u32, body: Value) -> Value {
    json!({ "op": "group", "id": id, "failing": true, "body": body })
}

pub(crate) fn blocking(at: u32, id: u32, body: Value) -> Value {
    json!({ "op": "blocking", "at": at, "id": id, "body": body })
}

pub(crate) fn abandoned(at: u32, id: u32, body: Value) -> Value {
    json!({ "op": "blocking", "at": at, "id": id, "abandon": true, "body": body })
}

pub(crate) fn send(at: u32, stream: u32, item: u32) -> Value {
    json!({ "op": "send", "at": at, "stream": stream, "item": item })
}

pub(crate) fn receive(at: u32, stream: u32) -> Value {
    json!({ "op": "receive", "at": at, "stream": stream })
}

pub(crate) fn close(at: u32, stream: u32, end: &str) -> Value {
    json!({ "op": "close", "at": at, "stream": stream, "end": end })
}

pub(crate) fn hold(at: u32, body: Value) -> Value {
    json!({ "op": "hold", "at": at, "semaphore": 0, "body": body })
}

pub(crate) fn lock(at: u32, body: Value) -> Value {
    json!({ "op": "lock", "at": at, "lock": 0, "body": body })
}

/// Locks without a sleep before.
pub(crate) fn lock_now(body: Value) -> Value {
    json!({ "op": "lock", "lock": 0, "body": body })
}

pub(crate) fn lock_unless(at: u32, event: u32, body: Value) -> Value {
    json!({ "op": "lock", "at": at, "lock": 0, "unless": event, "body": body })
}

/// Locks, gives the lock away to be told, and runs the block with it.
pub(crate) fn watch(at: u32, first: Value, body: Value) -> Value {
    json!({ "op": "watch", "at": at, "lock": 0, "first": first, "body": body })
}

pub(crate) fn notify(at: u32) -> Value {
    json!({ "op": "notify", "at": at, "lock": 0 })
}

pub(crate) fn notify_all(at: u32) -> Value {
    json!({ "op": "notify", "at": at, "lock": 0, "all": true })
}

pub(crate) fn meet(at: u32) -> Value {
    json!({ "op": "meet", "at": at, "barrier": 0 })
}

/// Reserves room, runs the block, and sends the item into it.
pub(crate) fn reserve(at: u32, stream: u32, item: u32, body: Value) -> Value {
    json!({ "op": "reserve", "at": at, "stream": stream, "item": item, "body": body })
}

pub(crate) fn publish(at: u32, broadcast: u32, item: u32) -> Value {
    json!({ "op": "publish", "at": at, "broadcast": broadcast, "item": item })
}

/// Listens while the block runs, and then until so many items have been received.
pub(crate) fn listen(at: u32, broadcast: u32, id: u32, take: u32, body: Value) -> Value {
    json!({ "op": "listen", "at": at, "broadcast": broadcast, "id": id, "take": take, "body": body })
}

pub(crate) fn hush(at: u32, broadcast: u32) -> Value {
    json!({ "op": "hush", "at": at, "broadcast": broadcast })
}

/// Takes the value of the cell, which the block makes if there is none.
pub(crate) fn fill(at: u32, id: u32, body: Value) -> Value {
    json!({ "op": "fill", "at": at, "cell": 0, "id": id, "body": body })
}

/// Takes the value of a key of a flight, which the block makes if nobody else does.
pub(crate) fn get(at: u32, flight: u32, key: u32, id: u32, body: Value) -> Value {
    json!({ "op": "get", "at": at, "flight": flight, "key": key, "id": id, "body": body })
}

pub(crate) fn give(at: u32, item: u32) -> Value {
    json!({ "op": "give", "at": at, "promise": 0, "item": item })
}

pub(crate) fn break_promise(at: u32) -> Value {
    json!({ "op": "give", "at": at, "promise": 0 })
}

pub(crate) fn ask() -> Value {
    json!({ "op": "ask", "promise": 0 })
}

/// Uses the resource for as long as the block runs.
pub(crate) fn exclusively(at: u32, body: Value) -> Value {
    json!({ "op": "use", "at": at, "resource": 0, "body": body })
}

/// Blocks that are run together, by the numbers of their tasks; what they fail with ends there.
pub(crate) fn together<const N: usize>(kind: &str, id: u32, arms: [(u32, Value); N]) -> Value {
    let arms = arms.map(|(task, body)| json!({ "task": task, "body": body }));
    let catch = matches!(kind, "try_gather" | "race_ok" | "try_amap");
    json!({ "op": "together", "id": id, "kind": kind, "catch": catch, "arms": arms.to_vec() })
}

/// The same, of which so many are at work at once.
pub(crate) fn some_together<const N: usize>(
    kind: &str,
    id: u32,
    limit: u32,
    arms: [(u32, Value); N],
) -> Value {
    let mut whole = together(kind, id, arms);
    whole["limit"] = json!(limit);
    whole
}

/// Arms whose ends are taken, all of them, after the block has run beside them.
pub(crate) fn as_completed<const N: usize>(id: u32, arms: [(u32, Value); N], body: Value) -> Value {
    let mut whole = together("as_completed", id, arms);
    whole["body"] = body;
    whole
}

pub(crate) fn look() -> Value {
    json!({ "op": "check" })
}

// Notes, in short.

pub(crate) fn completed() -> Value {
    json!({ "end": "completed" })
}

pub(crate) fn cut() -> Value {
    json!({ "end": { "cancelled": null } })
}

/// The note of something that was cancelled for a cause.
pub(crate) fn because(what: &str, id: u32, cause: &str) -> Value {
    json!({ what: [id, { "cancelled": cause }] })
}

pub(crate) fn ok(what: &str, id: u32) -> Value {
    json!({ what: [id, "completed"] })
}
