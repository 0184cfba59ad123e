//! Whether values that are made once are the same for all.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::{Op, Program};
use crate::trace::{Entry, Note, Trace};
use crate::visit::each;

/// Oracle 13.
pub(super) fn all_have_the_same(program: &Program, trace: &Trace, found: &mut Vec<String>) {
    let mut cells = BTreeMap::new();
    let mut given: BTreeMap<u32, BTreeSet<Option<u32>>> = BTreeMap::new();
    each(&program.main, &mut |op| match op {
        Op::Fill { cell, id, .. } => drop(cells.insert(*id, *cell)),
        Op::Give { promise, item, .. } => {
            given.entry(*promise).or_default().insert(*item);
        }
        _ => {}
    });
    let notes = || trace.values().flatten().map(|Entry(_, note)| note);
    let mut made = BTreeSet::new();
    for note in notes() {
        if let Note::Got(id, of) = note {
            made.extend((id == of).then_some(*id));
        }
    }
    let mut values: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut promised: BTreeMap<u32, BTreeSet<Option<u32>>> = BTreeMap::new();
    for note in notes() {
        match note {
            Note::Got(id, of) => {
                if !made.contains(of) {
                    found.push(format!("{id} has a value of {of}, which has made none"));
                }
                if let Some(cell) = cells.get(id) {
                    values.entry(*cell).or_default().insert(*of);
                }
            }
            Note::Promised(promise, item) => {
                if !given.get(promise).is_some_and(|given| given.contains(item)) {
                    found.push(format!("promise {promise} comes to what nobody gives"));
                }
                promised.entry(*promise).or_default().insert(*item);
            }
            _ => {}
        }
    }
    for (cell, values) in values.into_iter().filter(|(_, values)| values.len() > 1) {
        found.push(format!("cell {cell} has several values: {values:?}"));
    }
    for (promise, _) in promised.into_iter().filter(|(_, items)| items.len() > 1) {
        found.push(format!("promise {promise} comes to several things"));
    }
}
