//! Whether all who listen to a broadcast hear the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::{Op, Program};
use crate::trace::{Entry, Note, Trace};
use crate::visit::each;

/// Oracle 12.
pub(super) fn all_hear_the_same(program: &Program, trace: &Trace, found: &mut Vec<String>) {
    let notes = || trace.values().flatten().map(|Entry(_, note)| note);
    let mut unheard = BTreeSet::new();
    let mut heard: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for note in notes() {
        match note {
            Note::Unheard(item) => drop(unheard.insert(*item)),
            Note::Heard(id, item) => heard.entry(*id).or_default().push(*item),
            _ => {}
        }
    }
    for (id, items) in &heard {
        if items.iter().collect::<BTreeSet<_>>().len() < items.len() {
            found.push(format!("{id} hears an item twice"));
        }
        for item in items.iter().filter(|item| unheard.contains(item)) {
            found.push(format!("item {item} was not sent, and {id} hears it"));
        }
    }
    let mut listeners: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    each(&program.main, &mut |op| {
        if let Op::Listen { broadcast, id, .. } = op {
            listeners.entry(*broadcast).or_default().push(*id);
        }
    });
    for (broadcast, ids) in listeners {
        let is_every = program.broadcasts.get(broadcast as usize) != Some(&0);
        let items: Vec<&Vec<u32>> = ids.iter().filter_map(|id| heard.get(id)).collect();
        for (number, one) in items.iter().enumerate() {
            let others = items[..number].iter();
            if others
                .clone()
                .any(|other| common(one, other) != common(other, one))
            {
                found.push(format!("broadcast {broadcast} is heard in two orders"));
            }
            if is_every && items.iter().any(|other| is_with_gap(one, other)) {
                found.push(format!(
                    "an item of broadcast {broadcast} is not heard by all"
                ));
            }
        }
    }
}

/// The items of one that the other has too.
fn common(items: &[u32], others: &[u32]) -> Vec<u32> {
    let items = items.iter().copied();
    items.filter(|item| others.contains(item)).collect()
}

/// Whether another one hears something between two items that follow one another here.
fn is_with_gap(items: &[u32], other: &[u32]) -> bool {
    let place = |item: &u32| other.iter().position(|of| of == item);
    items.windows(2).any(|pair| {
        let places = (place(&pair[0]), place(&pair[1]));
        matches!(places, (Some(first), Some(second)) if second > first + 1)
    })
}
