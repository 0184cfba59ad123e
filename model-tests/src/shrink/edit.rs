//! Single steps that make a program smaller, or plainer.
//!
//! Always true: an edit that applies takes operations away, or keeps their number and makes one of them
//! plainer (see [`Plain`]), or compacts numbers.

use super::compact::{compact_ids, compact_slots};
use super::plain::{Plain, fields};
use crate::program::{Block, Op, Program};
use crate::visit::{Sort, Spot, blocks, blocks_mut, each_mut, numbers_mut, size};

/// A step, and where.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Takes an operation away.
    Remove(Spot),
    /// Takes the operations of one of its blocks away, from one index to before another.
    Cut(Spot, usize, usize, usize),
    /// Puts the operation's blocks in its place.
    Unwrap(Spot),
    /// Puts the body of a group in its place, and gives its tasks to the group around it.
    Merge(Spot, u32, u32),
    /// Makes a field plainer.
    Field(Spot, Plain),
    CompactSlots,
    CompactIds,
}

/// All steps, those that take most away first.
pub(super) fn edits(program: &Program) -> Vec<Edit> {
    let mut found = Vec::new();
    gather(
        &program.main,
        &Spot::default(),
        0,
        &mut Vec::new(),
        &mut found,
    );
    // Stable, so among equals those further out come first.
    found.sort_by_key(|(saved, _)| std::cmp::Reverse(*saved));
    let mut edits: Vec<Edit> = found.into_iter().map(|(_, edit)| edit).collect();
    edits.extend([Edit::CompactSlots, Edit::CompactIds]);
    edits
}

type Found = Vec<(usize, Edit)>;

fn gather(block: &[Op], around: &Spot, which: usize, groups: &mut Vec<u32>, found: &mut Found) {
    for (index, op) in block.iter().enumerate() {
        let spot = around.inside(which, index);
        // Main's own scope stays.
        let whole = spot.0.len() < 2;
        if !whole {
            structural(op, &spot, groups, found);
        }
        for (which, inner) in blocks(op).into_iter().enumerate() {
            cuts(inner, &spot, which, found);
        }
        found.extend(
            fields(op)
                .into_iter()
                .map(|plain| (0, Edit::Field(spot.clone(), plain))),
        );
        let group = match op {
            Op::Group { id, .. } => Some(*id),
            _ => None,
        };
        groups.extend(group);
        for (which, inner) in blocks(op).into_iter().enumerate() {
            gather(inner, &spot, which, groups, found);
        }
        if group.is_some() {
            groups.pop();
        }
    }
}

fn structural(op: &Op, spot: &Spot, groups: &[u32], found: &mut Found) {
    found.push((size(std::slice::from_ref(op)), Edit::Remove(spot.clone())));
    if blocks(op).is_empty() {
        return;
    }
    found.push((1, Edit::Unwrap(spot.clone())));
    if let (Op::Group { id, .. }, Some(outer)) = (op, groups.last()) {
        found.push((1, Edit::Merge(spot.clone(), *id, *outer)));
    }
}

/// The whole of a block, and either half of it. Single operations are taken away by themselves.
fn cuts(block: &Block, spot: &Spot, which: usize, found: &mut Found) {
    let length = block.len();
    let mut cut = |from: usize, to: usize| {
        let edit = Edit::Cut(spot.clone(), which, from, to);
        found.push((size(&block[from..to]), edit));
    };
    if length >= 2 {
        cut(0, length);
    }
    if length >= 3 {
        cut(length / 2, length);
        cut(0, length / 2);
    }
}

impl Edit {
    /// Changes the program. Says whether there was anything to be changed.
    pub(super) fn apply(&self, program: &mut Program) -> bool {
        match self {
            Self::Remove(spot) => match spot.find(program) {
                Some((block, index)) => {
                    block.remove(index);
                    true
                }
                None => false,
            },
            Self::Cut(spot, which, from, to) => cut(spot, program, *which, *from..*to),
            Self::Unwrap(spot) => unwrap(spot, program),
            Self::Merge(spot, group, outer) => {
                let done = unwrap(spot, program);
                retarget(program, *group, *outer);
                done
            }
            Self::Field(spot, plain) => match spot.find(program) {
                Some((block, index)) => plain.apply(&mut block[index]),
                None => false,
            },
            Self::CompactSlots => {
                compact_slots(program);
                true
            }
            Self::CompactIds => {
                compact_ids(program);
                true
            }
        }
    }
}

fn cut(spot: &Spot, program: &mut Program, which: usize, range: std::ops::Range<usize>) -> bool {
    let Some((block, index)) = spot.find(program) else {
        return false;
    };
    match blocks_mut(&mut block[index]).into_iter().nth(which) {
        Some(inner) if range.end <= inner.len() => {
            inner.drain(range);
            true
        }
        _ => false,
    }
}

fn unwrap(spot: &Spot, program: &mut Program) -> bool {
    let Some((block, index)) = spot.find(program) else {
        return false;
    };
    let mut op = block.remove(index);
    let inner = blocks_mut(&mut op).into_iter().flat_map(std::mem::take);
    let inner: Block = inner.collect();
    block.splice(index..index, inner);
    true
}

fn retarget(program: &mut Program, from: u32, to: u32) {
    each_mut(&mut program.main, &mut |op| {
        numbers_mut(op, |sort, number| {
            if sort == Sort::IdRef && *number == from {
                *number = to;
            }
        });
    });
}
