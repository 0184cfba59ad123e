//! Gives the numbers of a program without gaps.
//!
//! Always true: the order of slots and of bits stays, so the same things happen in the same order as
//! far as the length of a cycle does not matter. All other numbers follow the order of their first
//! appearance. Doing it again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::Program;
use crate::visit::{Sort, each, each_mut, numbers, numbers_mut};

/// Closes the gaps between slots and between bits.
pub fn compact_slots(program: &mut Program) {
    let slots = ranks(program, Sort::Slot, 1);
    let bits = ranks(program, Sort::Bit, 0);
    program.slots = u32::try_from(slots.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    rename(program, |sort, number| match sort {
        Sort::Slot => slots.get(&number).copied(),
        Sort::Bit => bits.get(&number).copied(),
        _ => None,
    });
}

/// Numbers ids, tasks, events, errors, panics and items from 1, as they appear. What is
/// there before the program starts keeps its own: streams, semaphores, locks and the others.
pub fn compact_ids(program: &mut Program) {
    let mut seen: BTreeMap<(Sort, u32), u32> = BTreeMap::new();
    let mut counts: BTreeMap<Sort, u32> = BTreeMap::new();
    each(&program.main, &mut |op| {
        numbers(op, |sort, &number| {
            let (sort, number) = (sequence(sort), number);
            seen.entry((sort, number)).or_insert_with(|| {
                let count = counts.entry(sort).or_default();
                *count += 1;
                *count
            });
        });
    });
    rename(program, |sort, number| match sort {
        Sort::Slot | Sort::Bit => None,
        sort if sort.is_listed() => None,
        _ => seen.get(&(sequence(sort), number)).copied(),
    });
}

/// A reference belongs to the sequence of what it refers to.
const fn sequence(sort: Sort) -> Sort {
    match sort {
        Sort::IdRef => Sort::Id,
        Sort::TaskRef => Sort::Task,
        sort => sort,
    }
}

/// The new number of each old one, in the same order, from `first`.
fn ranks(program: &Program, wanted: Sort, first: u32) -> BTreeMap<u32, u32> {
    let mut found = BTreeSet::new();
    each(&program.main, &mut |op| {
        numbers(op, |sort, &number| {
            if sort == wanted {
                found.insert(number);
            }
        });
    });
    found.into_iter().zip(first..).collect()
}

fn rename(program: &mut Program, new: impl Fn(Sort, u32) -> Option<u32>) {
    each_mut(&mut program.main, &mut |op| {
        numbers_mut(op, |sort, number| {
            if let Some(new) = new(sort, *number) {
                *number = new;
            }
        });
    });
}
