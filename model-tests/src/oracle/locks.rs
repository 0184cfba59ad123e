//! Whether one at a time has a lock, or a resource.

use std::collections::BTreeMap;

use crate::trace::{Entry, Note, Trace};

/// What one at a time has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Lock(u32),
    Resource(u32),
}

/// From when to when somebody certainly had a lock. Who has it notes so after it has it, and the end before it gives it
/// back.
struct Held<'t> {
    track: &'t str,
    from: u64,
    to: u64,
}

/// Oracle 10. A block that was cut tells no end, and is left out.
pub(super) fn one_at_a_time(trace: &Trace, found: &mut Vec<String>) {
    let mut held: BTreeMap<What, Vec<Held<'_>>> = BTreeMap::new();
    for (track, entries) in trace {
        let mut since = BTreeMap::new();
        let mut give_back =
            |what: What, to: u64, since: &mut BTreeMap<What, u64>| match since.remove(&what) {
                Some(from) => held.entry(what).or_default().push(Held { track, from, to }),
                None => found.push(format!("{track}: {what:?} is given back by one without")),
            };
        for Entry(time, note) in entries {
            match note {
                Note::Locked(lock) | Note::Told(lock) => {
                    since.insert(What::Lock(*lock), *time);
                }
                Note::Using(resource) => {
                    since.insert(What::Resource(*resource), *time);
                }
                Note::Unlocked(lock) => give_back(What::Lock(*lock), *time, &mut since),
                Note::Used(resource) => give_back(What::Resource(*resource), *time, &mut since),
                _ => {}
            }
        }
    }
    for (what, mut held) in held {
        held.sort_by_key(|held| (held.from, held.to));
        for pair in held.windows(2) {
            if pair[1].from < pair[0].to {
                let (one, other) = (pair[0].track, pair[1].track);
                found.push(format!("{one} and {other} have {what:?} at once"));
            }
        }
    }
}
