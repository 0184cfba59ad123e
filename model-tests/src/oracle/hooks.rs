//! Whether the hooks of a group run last in first out, as far as a trace tells which was given first.

use super::Facts;
use crate::trace::{Entry, Note, Trace};

/// When a hook was given to its group, and when it ran.
struct HookRun<'t> {
    hook: u32,
    /// Where that is noted. It is given after the note, and before its task notes anything else.
    track: &'t str,
    place: usize,
    noted: u64,
    given: u64,
    begun: u64,
    ended: u64,
}

impl<'t> HookRun<'t> {
    fn of(hook: u32, trace: &'t Trace) -> Option<Self> {
        let run = trace.get(&format!("h{hook}"))?;
        let is_given = |Entry(_, note): &Entry| *note == Note::Defer(hook);
        let mut tracks = trace.iter();
        tracks.find_map(|(track, entries)| {
            let place = entries.iter().position(is_given)?;
            Some(Self {
                hook,
                track,
                place,
                noted: entries[place].0,
                given: entries
                    .get(place + 1)
                    .map_or(u64::MAX, |Entry(time, _)| *time),
                begun: run.first()?.0,
                ended: run.last()?.0,
            })
        })
    }

    /// Whether it was given before the other. Two threads may do so in either order between their notes.
    fn is_before(&self, other: &Self) -> bool {
        if self.track == other.track {
            self.place < other.place
        } else {
            self.given < other.noted
        }
    }
}

/// Oracle 8, of hooks.
pub(super) fn hooks_in_order(facts: &Facts, trace: &Trace, found: &mut Vec<String>) {
    for hooks in facts.hooks_of.values() {
        let run = |hook: &u32| HookRun::of(*hook, trace);
        let runs: Vec<_> = hooks.iter().filter_map(run).collect();
        for later in &runs {
            let mut earlier = runs.iter().filter(|run| run.is_before(later));
            if earlier.any(|earlier| earlier.begun < later.ended) {
                found.push(format!(
                    "hook {} was given later and ends later",
                    later.hook
                ));
            }
        }
    }
}
