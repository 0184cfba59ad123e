//! Programs of structured concurrency, as data.
//!
//! What each operation means is said once, in `FORMAT.md`.

use serde::{Deserialize, Serialize};

/// How many ticks lie between two neighbouring slots. What is below it belongs to grace periods.
pub const SLOT: u64 = 1 << 12;

/// The first instant of a slot that is later than a time, in cycles of so many ticks.
pub fn next_instant(cycle: u64, slot: u32, after: u64) -> u64 {
    let first = u64::from(slot) * SLOT;
    let past = (after + 1).saturating_sub(first);
    first + past.div_ceil(cycle.max(1)) * cycle
}

/// A whole program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// How many slots a cycle has. Slot 0 is never used.
    pub slots: u32,
    /// The object streams, by the room that each has; the number of the first is 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<u32>,
    /// The semaphores, by the permits that each has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub semaphores: Vec<u32>,
    /// How many locks there are. Each has a condition.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub locks: u32,
    /// The barriers, by how many go on together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barriers: Vec<u32>,
    /// The broadcasts, by the room that each has; without room it is for the latest item alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broadcasts: Vec<u32>,
    /// How many once cells there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cells: u32,
    /// The single flights, by how many values each keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flights: Vec<u32>,
    /// How many promises there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub promises: u32,
    /// How many guarded resources there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resources: u32,
    /// What the main task does.
    pub main: Block,
}

/// Operations, one after the other.
pub type Block = Vec<Op>;

/// An instant: the n-th one of a slot that is later than now, or now itself for no turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The slot, which no other timer of the program uses.
    pub at: u32,
    /// How many times the slot comes round.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub turns: u32,
}

/// A grace period: some whole cycles, and one bit of its own below [`SLOT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grace {
    /// How many cycles.
    pub cycles: u32,
    /// Which bit of a tick count, 0 to 11; no other grace period of the program has it.
    pub bit: u32,
}

/// One operation. FORMAT.md says what its fields mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum Op {
    /// Sleeps.
    Sleep {
        at: u32,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        turns: u32,
    },
    /// Sleeps, then passes a checkpoint.
    Checkpoint { at: u32 },
    /// Sleeps, then notes whether it is cancelled, and the effective deadline.
    State { at: u32 },
    /// Sleeps, then sets an event.
    Set { at: u32, event: u32 },
    /// Waits for an event.
    Wait { event: u32 },
    /// Waits for ever.
    Forever,
    /// Sleeps, then cancels a scope or a group.
    Cancel { at: u32, scope: u32 },
    /// Sleeps, then moves the deadline of a scope; to never where there is none.
    Deadline {
        at: u32,
        scope: u32,
        to: Option<When>,
    },
    /// Sleeps, then spawns a task into a group.
    Spawn {
        at: u32,
        group: u32,
        task: u32,
        #[serde(default, skip_serializing_if = "is_false")]
        daemon: bool,
        body: Block,
    },
    /// Sleeps, then starts a task in a group and waits until it says that it has started.
    Start {
        at: u32,
        group: u32,
        task: u32,
        body: Block,
    },
    /// Sleeps, then says that this task has started.
    Started { at: u32 },
    /// Waits for the end of a task, sleeps, then notes how it ended.
    Join { task: u32, at: u32 },
    /// Sleeps, then cancels a task through its handle.
    CancelTask { at: u32, task: u32 },
    /// Sleeps, then sends an item into a stream, as a sender of its own.
    Send { at: u32, stream: u32, item: u32 },
    /// Sleeps, then receives an item of a stream, as a receiver of its own.
    Receive { at: u32, stream: u32 },
    /// Sleeps, then reserves room in a stream, for as long as a block runs; then sends the item.
    Reserve {
        at: u32,
        stream: u32,
        item: u32,
        body: Block,
    },
    /// Sleeps, then closes the program's own end of a stream.
    Close { at: u32, stream: u32, end: End },
    /// Sleeps, then acquires a permit, for as long as a block runs.
    Hold {
        at: u32,
        semaphore: u32,
        body: Block,
    },
    /// Sleeps, or not, then locks, for as long as a block runs; gives up where an event comes first.
    Lock {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u32>,
        lock: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unless: Option<u32>,
        body: Block,
    },
    /// Sleeps, or not, then locks and runs a block; then waits to be told, and runs another one with the lock.
    Watch {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u32>,
        lock: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        first: Block,
        body: Block,
    },
    /// Sleeps, then tells one or all of those that wait to be told.
    Notify {
        at: u32,
        lock: u32,
        #[serde(default, skip_serializing_if = "is_false")]
        all: bool,
    },
    /// Sleeps, or not, then waits at a barrier.
    Meet {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u32>,
        barrier: u32,
    },
    /// Sleeps, then sends an item to all who listen.
    Publish { at: u32, broadcast: u32, item: u32 },
    /// Sleeps, then listens for as long as a block runs, and then until it has received so many items.
    Listen {
        at: u32,
        broadcast: u32,
        id: u32,
        take: u32,
        body: Block,
    },
    /// Sleeps, then drops the program's own sender of a broadcast.
    Hush { at: u32, broadcast: u32 },
    /// Sleeps, then takes the value of a cell, which the block makes if there is none.
    Fill {
        at: u32,
        cell: u32,
        id: u32,
        body: Block,
    },
    /// Sleeps, then takes the value of a key, which the block makes if nobody else does.
    Get {
        at: u32,
        flight: u32,
        key: u32,
        id: u32,
        body: Block,
    },
    /// Sleeps, then keeps a promise, or breaks it.
    Give {
        at: u32,
        promise: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<u32>,
    },
    /// Waits until a promise is kept or broken.
    Ask { promise: u32 },
    /// Sleeps, then uses a resource for as long as a block runs, unless somebody else does.
    Use { at: u32, resource: u32, body: Block },
    /// Sleeps, then fails.
    Fail { at: u32, error: u32 },
    /// Sleeps, then panics.
    Panic { at: u32, panic: u32 },
    /// A cancel scope around a block.
    Scope {
        id: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<When>,
        body: Block,
    },
    /// A task group around a block.
    Group {
        id: u32,
        /// Whether tasks and body may fail.
        #[serde(default, skip_serializing_if = "is_false")]
        failing: bool,
        /// Whether the tasks run within the host's own.
        #[serde(default, skip_serializing_if = "is_false")]
        local: bool,
        /// How many tasks run at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Whether errors and a panic of the group end here.
        #[serde(default, skip_serializing_if = "is_false")]
        catch: bool,
        body: Block,
    },
    /// Blocks run side by side within the task, and waited for as one.
    Together {
        id: u32,
        kind: Kind,
        /// Whether errors and a panic of the arms end here.
        #[serde(default, skip_serializing_if = "is_false")]
        catch: bool,
        /// How many arms are at work at once, or have ended and were not taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// How many ends the body takes; all of them where there is no number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        take: Option<u32>,
        arms: Vec<Arm>,
        /// What is done beside the arms before any of their ends is taken.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        body: Block,
    },
    /// A shield around a block.
    Shield {
        id: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grace: Option<Grace>,
        body: Block,
    },
    /// Undoes the nearest shield of the same task for a block.
    Restore { id: u32, body: Block },
    /// A block with a cleanup.
    Finally {
        id: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grace: Option<Grace>,
        body: Block,
        cleanup: Block,
    },
    /// Sleeps, then gives a group a hook that runs when its tasks have ended.
    Defer {
        at: u32,
        group: u32,
        id: u32,
        /// What the hook fails with, in the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<u32>,
        body: Block,
    },
    /// Sleeps, then calls a blocking function.
    Blocking {
        at: u32,
        id: u32,
        #[serde(default, skip_serializing_if = "is_false")]
        abandon: bool,
        body: Vec<Step>,
    },
}

/// What is made of the ends of arms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Gather,
    TryGather,
    Race,
    RaceOk,
    Select,
    Amap,
    TryAmap,
    AsCompleted,
}

impl Kind {
    /// Whether arms may fail.
    pub fn is_failing(self) -> bool {
        matches!(self, Self::TryGather | Self::RaceOk | Self::TryAmap)
    }

    /// Whether the first that ends well is enough.
    pub fn is_race(self) -> bool {
        matches!(self, Self::Race | Self::RaceOk | Self::Select)
    }

    /// Whether the first that fails is enough.
    pub fn is_try(self) -> bool {
        matches!(self, Self::TryGather | Self::TryAmap)
    }

    /// Whether the arms at work may be limited.
    pub fn is_limited(self) -> bool {
        matches!(self, Self::Amap | Self::TryAmap | Self::AsCompleted)
    }
}

/// One of the blocks that are run together: a task without a handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Arm {
    pub task: u32,
    pub body: Block,
}

/// An end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum End {
    Sender,
    Receiver,
}

/// What a blocking function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum Step {
    /// Waits for a sleep in async code.
    Sleep {
        at: u32,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        turns: u32,
    },
    /// Notes whether the call is cancelled.
    Check,
}

fn one() -> u32 {
    1
}

// serde hands these a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(turns: &u32) -> bool {
    *turns == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}
