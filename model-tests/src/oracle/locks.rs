//! Whether one at a time has a lock.

use std::collections::BTreeMap;

use crate::trace::{Entry, Note, Trace};

/// From when to when somebody certainly had a lock. Who has it notes so after it has it, and the end before it gives it
/// back.
struct Held<'t> {
    track: &'t str,
    from: u64,
    to: u64,
}

/// Oracle 10. A block that was cut tells no end, and is left out.
pub(super) fn one_at_a_time(trace: &Trace, found: &mut Vec<String>) {
    let mut locks: BTreeMap<u32, Vec<Held<'_>>> = BTreeMap::new();
    for (track, entries) in trace {
        let mut since = BTreeMap::new();
        for Entry(time, note) in entries {
            match note {
                Note::Locked(lock) | Note::Told(lock) => drop(since.insert(*lock, *time)),
                Note::Unlocked(lock) => match since.remove(lock) {
                    Some(from) => locks.entry(*lock).or_default().push(Held {
                        track,
                        from,
                        to: *time,
                    }),
                    None => {
                        found.push(format!("{track}: lock {lock} is given back by one without"))
                    }
                },
                _ => {}
            }
        }
    }
    for (lock, mut held) in locks {
        held.sort_by_key(|held| (held.from, held.to));
        for pair in held.windows(2) {
            if pair[1].from < pair[0].to {
                let (one, other) = (pair[0].track, pair[1].track);
                found.push(format!("{one} and {other} have lock {lock} at once"));
            }
        }
    }
}
