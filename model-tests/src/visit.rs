//! The parts of an operation, one by one, so that others need not know each kind.
//!
//! Always true: [`numbers`] and [`numbers_mut`] meet every number that names something, in the order in
//! which it is written; [`blocks`] and [`blocks_mut`] meet every block of operations in an operation.
//! A [`Spot`] that was made for a program leads to the same operation until the program is changed.

use std::fmt;

use crate::program::{Arm, Block, Grace, Op, Program, Step, When};

/// What a number in a program names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A slot; each is used once.
    Slot,
    /// The bit of a grace period; each is used once.
    Bit,
    /// A scope, group, shield, together, restore, finally, hook, blocking call, listener or what makes a value, where it is defined.
    Id,
    /// The same where it is referred to.
    IdRef,
    /// A task where it is defined.
    Task,
    /// A task where it is referred to.
    TaskRef,
    /// An event, where it is set or waited for.
    Event,
    /// An error; each is used once.
    Error,
    /// A panic; each is used once.
    Panic,
    /// An item; each is sent once.
    Item,
    /// A stream; the program lists them.
    Stream,
    /// A semaphore; the program lists them.
    Semaphore,
    /// A lock; the program counts them.
    Lock,
    /// A barrier; the program lists them.
    Barrier,
    /// A broadcast; the program lists them.
    Broadcast,
    /// A cell; the program counts them.
    Cell,
    /// A single flight; the program lists them.
    Flight,
    /// A key of a flight.
    Key,
    /// A promise; the program counts them.
    Promise,
    /// A resource; the program counts them.
    Resource,
}

impl Sort {
    /// Whether what it names is there before the program starts, by its place in a list.
    pub const fn is_listed(self) -> bool {
        matches!(
            self,
            Self::Stream
                | Self::Semaphore
                | Self::Lock
                | Self::Barrier
                | Self::Broadcast
                | Self::Cell
                | Self::Flight
                | Self::Promise
                | Self::Resource
        )
    }
}

/// Writes a function once for shared and once for exclusive references.
macro_rules! both {
    ($($name:ident => $op:ty, $number:ty);+) => {$(
        /// Calls `meet` with each number of an operation itself, not of those in its blocks.
        pub fn $name(op: $op, mut meet: impl FnMut(Sort, $number)) {
            match op {
                Op::Sleep { at, .. }
                | Op::Checkpoint { at }
                | Op::State { at }
                | Op::Started { at } => meet(Sort::Slot, at),
                Op::Set { at, event } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Event, event);
                }
                Op::Wait { event } => meet(Sort::Event, event),
                Op::Forever => {}
                Op::Cancel { at, scope } => {
                    meet(Sort::Slot, at);
                    meet(Sort::IdRef, scope);
                }
                Op::Deadline { at, scope, to } => {
                    meet(Sort::Slot, at);
                    meet(Sort::IdRef, scope);
                    if let Some(When { at, .. }) = to {
                        meet(Sort::Slot, at);
                    }
                }
                Op::Spawn { at, group, task, .. } | Op::Start { at, group, task, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::IdRef, group);
                    meet(Sort::Task, task);
                }
                Op::Join { task, at } | Op::CancelTask { at, task } => {
                    meet(Sort::TaskRef, task);
                    meet(Sort::Slot, at);
                }
                Op::Send { at, stream, item } | Op::Reserve { at, stream, item, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Stream, stream);
                    meet(Sort::Item, item);
                }
                Op::Receive { at, stream } | Op::Close { at, stream, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Stream, stream);
                }
                Op::Hold { at, semaphore, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Semaphore, semaphore);
                }
                Op::Lock { at, lock, unless, .. } => {
                    if let Some(at) = at {
                        meet(Sort::Slot, at);
                    }
                    meet(Sort::Lock, lock);
                    if let Some(event) = unless {
                        meet(Sort::Event, event);
                    }
                }
                Op::Watch { at, lock, .. } => {
                    if let Some(at) = at {
                        meet(Sort::Slot, at);
                    }
                    meet(Sort::Lock, lock);
                }
                Op::Notify { at, lock, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Lock, lock);
                }
                Op::Meet { at, barrier } => {
                    if let Some(at) = at {
                        meet(Sort::Slot, at);
                    }
                    meet(Sort::Barrier, barrier);
                }
                Op::Publish { at, broadcast, item } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Broadcast, broadcast);
                    meet(Sort::Item, item);
                }
                Op::Listen { at, broadcast, id, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Broadcast, broadcast);
                    meet(Sort::Id, id);
                }
                Op::Hush { at, broadcast } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Broadcast, broadcast);
                }
                Op::Fill { at, cell, id, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Cell, cell);
                    meet(Sort::Id, id);
                }
                Op::Get { at, flight, key, id, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Flight, flight);
                    meet(Sort::Key, key);
                    meet(Sort::Id, id);
                }
                Op::Give { at, promise, item } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Promise, promise);
                    if let Some(item) = item {
                        meet(Sort::Item, item);
                    }
                }
                Op::Ask { promise } => meet(Sort::Promise, promise),
                Op::Use { at, resource, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Resource, resource);
                }
                Op::Fail { at, error } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Error, error);
                }
                Op::Panic { at, panic } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Panic, panic);
                }
                Op::Scope { id, deadline, .. } => {
                    meet(Sort::Id, id);
                    if let Some(When { at, .. }) = deadline {
                        meet(Sort::Slot, at);
                    }
                }
                Op::Together { id, arms, .. } => {
                    meet(Sort::Id, id);
                    for Arm { task, .. } in arms {
                        meet(Sort::Task, task);
                    }
                }
                Op::Group { id, .. } | Op::Restore { id, .. } => meet(Sort::Id, id),
                Op::Shield { id, grace, .. } | Op::Finally { id, grace, .. } => {
                    meet(Sort::Id, id);
                    if let Some(Grace { bit, .. }) = grace {
                        meet(Sort::Bit, bit);
                    }
                }
                Op::Defer { at, group, id, error, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::IdRef, group);
                    meet(Sort::Id, id);
                    if let Some(error) = error {
                        meet(Sort::Error, error);
                    }
                }
                Op::Blocking { at, id, body, .. } => {
                    meet(Sort::Slot, at);
                    meet(Sort::Id, id);
                    for step in body {
                        if let Step::Sleep { at, .. } = step {
                            meet(Sort::Slot, at);
                        }
                    }
                }
            }
        }
    )+};
}
both!(numbers => &Op, &u32; numbers_mut => &mut Op, &mut u32);

/// Writes a function once for shared and once for exclusive references.
macro_rules! blocks {
    ($($name:ident => $op:ty, $block:ty);+) => {$(
        /// The blocks of an operation: its body and its cleanup, its first block and its body, or its arms and its body.
        #[must_use]
        pub fn $name(op: $op) -> Vec<$block> {
            match op {
                Op::Finally { body, cleanup, .. } => vec![body, cleanup],
                Op::Watch { first, body, .. } => vec![first, body],
                Op::Together { arms, body, .. } => {
                    let arms = arms.into_iter().map(|Arm { body, .. }| body);
                    arms.chain([body]).collect()
                }
                Op::Spawn { body, .. }
                | Op::Start { body, .. }
                | Op::Scope { body, .. }
                | Op::Group { body, .. }
                | Op::Shield { body, .. }
                | Op::Restore { body, .. }
                | Op::Hold { body, .. }
                | Op::Lock { body, .. }
                | Op::Reserve { body, .. }
                | Op::Listen { body, .. }
                | Op::Fill { body, .. }
                | Op::Get { body, .. }
                | Op::Use { body, .. }
                | Op::Defer { body, .. } => vec![body],
                _ => Vec::new(),
            }
        }
    )+};
}
blocks!(blocks => &Op, &Block; blocks_mut => &mut Op, &mut Block);

/// Calls `meet` with each operation of a block and of the blocks in it, outer ones first.
pub fn each<'p>(block: &'p [Op], meet: &mut impl FnMut(&'p Op)) {
    for op in block {
        meet(op);
        for inner in blocks(op) {
            each(inner, meet);
        }
    }
}

/// As [`each`], to be changed.
pub fn each_mut(block: &mut [Op], meet: &mut impl FnMut(&mut Op)) {
    for op in block {
        meet(op);
        for inner in blocks_mut(op) {
            each_mut(inner, meet);
        }
    }
}

/// How many operations there are in a block and the blocks in it.
#[must_use]
pub fn size(block: &[Op]) -> usize {
    let mut count = 0;
    each(block, &mut |_| count += 1);
    count
}

/// Where an operation stands: which one of main, then which block of it and which one of that, and so
/// on. An empty spot is the program as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot(pub Vec<(usize, usize)>);

impl Spot {
    /// The spot of an operation in a block of this one.
    #[must_use]
    pub fn inside(&self, block: usize, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push((block, index));
        Self(steps)
    }

    /// The block that the operation stands in, and its place there.
    pub fn find<'p>(&self, program: &'p mut Program) -> Option<(&'p mut Block, usize)> {
        let (&(_, mut index), inner) = self.0.split_first()?;
        let mut block = &mut program.main;
        for &(which, next) in inner {
            block = blocks_mut(block.get_mut(index)?).into_iter().nth(which)?;
            index = next;
        }
        (index < block.len()).then_some((block, index))
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("main")?;
        for (depth, (block, index)) in self.0.iter().enumerate() {
            match (depth, block) {
                (0, _) => {}
                (_, 0) => f.write_str(".body")?,
                _ => f.write_str(".cleanup")?,
            }
            write!(f, "[{index}]")?;
        }
        Ok(())
    }
}
