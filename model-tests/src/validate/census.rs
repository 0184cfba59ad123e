//! What a program defines and uses, wherever that stands.
//!
//! Always true: each slot, bit, id, task, error and panic has been met once, and each event is waited
//! for once at most.

use std::collections::{BTreeMap, BTreeSet};

use super::Invalid;
use crate::program::{Op, Program};
use crate::visit::{Sort, Spot, blocks, numbers};

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Scope,
    Group { local: bool },
    Other,
}

/// What is defined in a program.
#[derive(Default)]
pub(super) struct Census {
    used: BTreeSet<(Sort, u32)>,
    things: BTreeMap<u32, Thing>,
    // The group of each task.
    tasks: BTreeMap<u32, u32>,
    moved: BTreeSet<u32>,
    waited: BTreeSet<u32>,
}

impl Census {
    pub(super) fn take(program: &Program) -> Result<Self, Invalid> {
        let mut census = Self::default();
        census.used.insert((Sort::Task, 0));
        census.block(&program.main, program, &mut Spot::default(), 0)?;
        Ok(census)
    }

    pub(super) fn thing(&self, id: u32) -> Option<Thing> {
        self.things.get(&id).copied()
    }

    /// Whether a `deadline` operation names this scope.
    pub(super) fn is_moved(&self, scope: u32) -> bool {
        self.moved.contains(&scope)
    }

    /// Whether a task belongs to a local group; `None` where there is no such task, or no handle of it.
    pub(super) fn task_is_local(&self, task: u32) -> Option<bool> {
        let group = self.tasks.get(&task)?;
        Some(self.thing(*group) == Some(Thing::Group { local: true }))
    }

    fn block(
        &mut self,
        block: &[Op],
        program: &Program,
        spot: &mut Spot,
        which: usize,
    ) -> Result<(), Invalid> {
        for (index, op) in block.iter().enumerate() {
            spot.0.push((which, index));
            self.op(op, program)
                .map_err(|fault| Invalid::new(spot, fault))?;
            for (which, inner) in blocks(op).into_iter().enumerate() {
                self.block(inner, program, spot, which)?;
            }
            spot.0.pop();
        }
        Ok(())
    }

    fn op(&mut self, op: &Op, program: &Program) -> Result<(), String> {
        let mut fault = None;
        numbers(op, |sort, &number| {
            let found = self.number(sort, number, program);
            fault = fault.take().or(found.err());
        });
        if let Some(fault) = fault {
            return Err(fault);
        }
        match op {
            Op::Scope { id, .. } => self.define(*id, Thing::Scope),
            Op::Group { id, local, .. } => self.define(*id, Thing::Group { local: *local }),
            Op::Shield { id, .. }
            | Op::Restore { id, .. }
            | Op::Finally { id, .. }
            | Op::Together { id, .. }
            | Op::Defer { id, .. }
            | Op::Listen { id, .. }
            | Op::Fill { id, .. }
            | Op::Get { id, .. }
            | Op::Blocking { id, .. } => self.define(*id, Thing::Other),
            Op::Spawn { group, task, .. } | Op::Start { group, task, .. } => {
                self.tasks.insert(*task, *group);
            }
            Op::Deadline { scope, .. } => {
                self.moved.insert(*scope);
            }
            Op::Wait { event }
            | Op::Lock {
                unless: Some(event),
                ..
            } if !self.waited.insert(*event) => {
                return Err(format!("event {event} is waited for twice"));
            }
            _ => {}
        }
        Ok(())
    }

    fn define(&mut self, id: u32, thing: Thing) {
        self.things.insert(id, thing);
    }

    fn number(&mut self, sort: Sort, number: u32, program: &Program) -> Result<(), String> {
        let slots = program.slots;
        match sort {
            Sort::Slot if !(1..slots).contains(&number) => {
                return Err(format!("slot {number} is not within 1 to {slots}"));
            }
            Sort::Bit if number >= 12 => return Err(format!("bit {number} is over 11")),
            sort if sort.is_listed() => {
                return if (number as usize) < count(program, sort) {
                    Ok(())
                } else {
                    Err(format!("there is no {sort:?} {number}").to_lowercase())
                };
            }
            // These may be met any number of times.
            Sort::IdRef | Sort::TaskRef | Sort::Event | Sort::Key => return Ok(()),
            _ => {}
        }
        if self.used.insert((sort, number)) {
            Ok(())
        } else {
            Err(format!("{sort:?} {number} is used twice").to_lowercase())
        }
    }
}

/// How many of a sort are there before the program starts.
fn count(program: &Program, sort: Sort) -> usize {
    match sort {
        Sort::Stream => program.streams.len(),
        Sort::Semaphore => program.semaphores.len(),
        Sort::Lock => program.locks as usize,
        Sort::Barrier => program.barriers.len(),
        Sort::Broadcast => program.broadcasts.len(),
        Sort::Cell => program.cells as usize,
        Sort::Flight => program.flights.len(),
        Sort::Promise => program.promises as usize,
        Sort::Resource => program.resources as usize,
        _ => 0,
    }
}
