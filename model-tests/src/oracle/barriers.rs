//! Whether enough have come to a barrier for those who have passed it.

use std::collections::BTreeMap;

use crate::program::Program;
use crate::trace::{Entry, Note, Trace};

/// Oracle 11: each one that is the last to come lets all others of its round through, and nobody else does.
pub(super) fn enough_have_come(program: &Program, trace: &Trace, found: &mut Vec<String>) {
    let mut passed: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for Entry(_, note) in trace.values().flatten() {
        if let Note::Met(barrier, is_last) = note {
            let (lasts, others) = passed.entry(*barrier).or_default();
            *(if *is_last { lasts } else { others }) += 1;
        }
    }
    for (barrier, (lasts, others)) in passed {
        let parties = program.barriers.get(barrier as usize).copied();
        let each = parties.unwrap_or(1).saturating_sub(1);
        if others != lasts * each {
            found.push(format!(
                "barrier {barrier}: {others} with {lasts} who came last"
            ));
        }
    }
}
