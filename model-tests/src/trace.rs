//! What a program did, task by task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::program::End;

/// What each track noted.
pub type Trace = BTreeMap<Track, Vec<Entry>>;

/// `t0`, `t1`.. for tasks, `h7` for a hook, `b7` for a blocking call, `reports` for what has no other track.
pub type Track = String;

/// The track of what is reported to nobody in particular, sorted.
pub const REPORTS: &str = "reports";

/// The time in ticks, and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry(pub u64, pub Note);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The first poll of a task, a hook, the first line of a blocking function.
    Begin,
    /// The end of a task.
    End(How),
    /// A hook or a blocking function has come to its end.
    Ended,
    /// A hook has failed; it is reported when all hooks of its group have run.
    HookFailed(u32),
    /// A sleep is over.
    Slept(u32),
    /// A checkpoint was passed.
    Passed(u32),
    /// Whether it is cancelled, and the effective deadline.
    State(bool, Option<u64>),
    /// An event was set.
    Set(u32),
    /// An event was waited for.
    Seen(u32),
    /// A scope was cancelled.
    Cancel(u32),
    /// A deadline was moved.
    Moved(u32),
    /// A task was spawned.
    Spawn(u32),
    /// A task could not be spawned, since its group had closed.
    Refused(u32),
    /// A task has started.
    Started(u32),
    /// A task has ended without saying that it had started.
    NotStarted(u32),
    /// A task could not be started, since its group had closed.
    Closed(u32),
    /// A task has failed before it had started.
    StartFailed(u32, Vec<u32>),
    /// This task says that it has started.
    Ready,
    /// How a task has ended.
    Joined(u32, Joined),
    /// A task was cancelled by its handle.
    CancelTask(u32),
    /// An item was sent.
    Sent(u32),
    /// An item was not sent, since nobody is left to receive it.
    Unsent(u32),
    /// An item of a stream was received.
    Received(u32, u32),
    /// A stream has ended.
    StreamEnd(u32),
    /// Room was reserved.
    Reserved(u32),
    /// An end of a stream was closed.
    Close(u32, End),
    /// A permit was acquired.
    Acquired(u32),
    /// A block that held a permit is over.
    Released(u32),
    /// A lock was taken.
    Locked(u32),
    /// A block that had a lock is over.
    Unlocked(u32),
    /// It was told, and has the lock again.
    Told(u32),
    /// So many of those who wait to be told were told.
    Notify(u32, u32),
    /// Enough have come to a barrier; whether this was the last one.
    Met(u32, bool),
    /// A lock was not waited for any longer, since an event had come.
    GaveUp(u32),
    /// An item was sent to all who listen.
    Published(u32),
    /// An item was not sent, since nobody listens.
    Unheard(u32),
    /// It listens from now on.
    Listens(u32),
    /// An item of a broadcast was received.
    Heard(u32, u32),
    /// The end of a broadcast was received.
    Silent(u32),
    /// The program's own sender was dropped.
    Hush(u32),
    /// It makes the value; the number is that of the operation.
    Making(u32),
    /// It has the value that an operation has made.
    Got(u32, u32),
    /// A promise was kept or broken; whether this was the first to do so.
    Gave(u32, bool),
    /// What a promise has come to.
    Promised(u32, Option<u32>),
    /// A resource is being used.
    Using(u32),
    /// A block that used a resource is over.
    Used(u32),
    /// Somebody else uses a resource.
    Busy(u32),
    /// A scope is over.
    Scope(u32, How),
    /// A group is over.
    Group(u32, How),
    /// This arm was the first to end well.
    Won(u32),
    /// These arms have ended, in their order.
    Came(Vec<u32>),
    /// Blocks that were run together are over.
    Together(u32, How),
    /// A shield is over.
    Shield(u32, How),
    /// A restore is over.
    Restore(u32, How),
    /// A cleanup begins, after this.
    Cleanup(u32, How),
    /// A cleanup has ended.
    Cleaned(u32),
    /// A group was given a hook.
    Defer(u32),
    /// A blocking call has returned.
    Returned(u32),
    /// A sleep of a blocking call was cancelled.
    Cut(u32),
    /// Whether a blocking call is cancelled.
    Check(bool),
}

/// How something has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// With a value.
    Completed,
    /// Cancelled; a task does not say why.
    Cancelled(Option<Cause>),
    /// With errors, sorted.
    Failed(Vec<u32>),
    /// With a panic.
    Panicked(Option<u32>),
}

/// What a handle tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// With a value.
    Completed,
    /// With an error.
    Failed,
    /// Cancelled.
    Cancelled,
    /// With a panic.
    Panicked,
    /// The task had not been spawned when it was asked for.
    Unknown,
}

/// Why something was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// By a handle.
    Explicit,
    /// By a deadline, or the end of a grace period.
    Deadline,
    /// By the failure of a sibling.
    Sibling,
    /// By the end of its group.
    Closed,
    /// By an outcome that does not need it.
    NotNeeded,
    /// By the end of the runtime.
    Shutdown,
}
