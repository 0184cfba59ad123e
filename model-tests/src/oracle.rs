//! What must hold of every trace, whoever made it, on whatever clock and in whatever order.
//!
//! On a clock that jumps a trace is compared with the model's. On a real one sleeps end late, and two of them may end
//! together; what is left to be asked is listed here. The numbers are those of the list below.
//!
//! 1. No task outlives its group.
//! 2. Each task has one begin and one end, and nothing is outside of them; each call and hook ends once at most.
//! 3. Nothing is cancelled for a cause that there was not.
//! 4. Who cancels a scope that it is in itself comes to no other wait's end there.
//! 5. What is shielded is not cut: a shield without a grace period, and a cleanup, once begun come to their ends.
//! 6. Each error that ends a task is told by a group or by a `start`; an attempt of a `race_ok` may fail for nothing.
//! 7. No sleep ends early.
//! 8. A cleanup runs once; hooks of a group run last in first out, one after the other.
//! 9. Each item is received once at most, and never one whose sender was told that it was not sent.
//! 10. One at a time has a lock, or a resource.
//! 11. Nobody passes a barrier before enough have come.
//! 12. Who listens to a broadcast hears each item once at most, in the order of all others who do, and none that was not sent.
//! 13. A cell has one value for all, which the one that made it has ended well with. So has a promise, and what it comes to
//!     was given.
//!
//! One stands after the other, which makes the file longer than others; those of hooks, locks, barriers, broadcasts and values have
//! files of their own.
//!
//! That a program ends at all is asked by running it. That a future is gone before its group counts it out, and that no
//! ready value is lost, cannot be seen in a trace: the conformance suite asks that with futures written by hand.

mod barriers;
mod broadcasts;
mod hooks;
mod locks;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use crate::program::{Kind, Op, Program, SLOT, next_instant};
use crate::trace::{Cause, Entry, How, Note, Trace};
use crate::visit::each;

/// What a trace shows that it must not.
pub fn violations(program: &Program, trace: &Trace) -> Vec<String> {
    let facts = Facts::of(program);
    let mut found = Vec::new();
    for (track, entries) in trace {
        one_end(track, entries, &mut found);
        in_order_of_time(track, entries, &mut found);
        never_early(&facts, track, entries, &mut found);
        cancelled_by_itself(&facts, track, entries, &mut found);
        never_cut(&facts, track, entries, &mut found);
        for Entry(_, note) in entries {
            known_cause(&facts, track, note, &mut found);
        }
    }
    no_task_outlives_its_group(&facts, trace, &mut found);
    errors_are_told(&facts, trace, &mut found);
    cleanups_run_once(trace, &mut found);
    hooks::hooks_in_order(&facts, trace, &mut found);
    items_go_to_one(trace, &mut found);
    locks::one_at_a_time(trace, &mut found);
    barriers::enough_have_come(program, trace, &mut found);
    broadcasts::all_hear_the_same(program, trace, &mut found);
    values::all_have_the_same(program, trace, &mut found);
    found
}

/// What the program says.
#[derive(Default)]
struct Facts {
    cycle: u64,
    /// The group of each task.
    group_of: BTreeMap<u32, u32>,
    /// The hooks of each group.
    hooks_of: BTreeMap<u32, BTreeSet<u32>>,
    /// Whether anything may be cancelled by hand, or by a failure.
    explicit: bool,
    sibling: bool,
    together: bool,
    errors: BTreeSet<u32>,
    /// The errors of attempts, which are dropped when another one succeeds.
    attempts: BTreeSet<u32>,
    /// The sleeps that stand in a scope, in its own task, with nothing in between that protects them.
    open_in: BTreeMap<u32, BTreeSet<u32>>,
    /// The sleeps of shields and cleanups that hold nothing else, by their ids.
    shielded: BTreeMap<u32, Vec<u32>>,
}

impl Facts {
    fn of(program: &Program) -> Self {
        let mut facts = Self {
            cycle: u64::from(program.slots) * SLOT,
            ..Self::default()
        };
        each(&program.main, &mut |op| facts.add(op));
        facts
    }

    fn add(&mut self, op: &Op) {
        match op {
            Op::Spawn { group, task, .. } | Op::Start { group, task, .. } => {
                self.group_of.insert(*task, *group);
            }
            Op::Defer { group, id, .. } => {
                self.hooks_of.entry(*group).or_default().insert(*id);
            }
            Op::Cancel { .. } | Op::CancelTask { .. } => self.explicit = true,
            Op::Fail { error, .. } => {
                self.sibling = true;
                self.errors.insert(*error);
            }
            Op::Panic { .. } => self.sibling = true,
            Op::Together { id, kind, arms, .. } => {
                self.together = true;
                self.group_of.extend(arms.iter().map(|arm| (arm.task, *id)));
                if *kind == Kind::RaceOk {
                    self.attempts
                        .extend(arms.iter().flat_map(|arm| errors(&arm.body)));
                }
            }
            Op::Scope { id, body, .. } => {
                let mut sleeps = BTreeSet::new();
                open_sleeps(body, &mut sleeps);
                self.open_in.insert(*id, sleeps);
            }
            Op::Shield {
                id,
                grace: None,
                body,
            }
            | Op::Finally {
                id,
                grace: None,
                cleanup: body,
                ..
            } => {
                if let Some(sleeps) = only_sleeps(body) {
                    self.shielded.insert(*id, sleeps);
                }
            }
            _ => {}
        }
    }
}

fn errors(block: &[Op]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    each(block, &mut |op| {
        if let Op::Fail { error, .. } = op {
            found.insert(*error);
        }
    });
    found
}

/// The sleeps of a block in its own task that nothing protects from a cancel around it.
fn open_sleeps(block: &[Op], found: &mut BTreeSet<u32>) {
    for op in block {
        match op {
            Op::Sleep { at, .. } | Op::Checkpoint { at } => drop(found.insert(*at)),
            Op::Scope { body, .. } | Op::Finally { body, .. } => open_sleeps(body, found),
            _ => {}
        }
    }
}

/// The sleeps of a block of nothing else.
fn only_sleeps(block: &[Op]) -> Option<Vec<u32>> {
    let sleep = |op: &Op| match op {
        Op::Sleep { at, .. } | Op::Checkpoint { at } => Some(*at),
        _ => None,
    };
    block.iter().map(sleep).collect()
}

/// Oracle 4.
fn cancelled_by_itself(facts: &Facts, track: &str, entries: &[Entry], found: &mut Vec<String>) {
    for (position, Entry(_, note)) in entries.iter().enumerate() {
        let Note::Cancel(scope) = note else { continue };
        let Some(open) = facts.open_in.get(scope) else {
            continue;
        };
        let is_open = |Entry(_, note): &Entry| matches!(note, Note::Slept(at) | Note::Passed(at) if open.contains(at));
        // Whoever has been in it and has left it, or is not in it yet, has cancelled no scope of its own.
        let is_inside = entries[..position].iter().any(is_open)
            && !entries[..position]
                .iter()
                .any(|Entry(_, note)| matches!(note, Note::Scope(id, _) if id == scope));
        if is_inside && entries[position..].iter().any(is_open) {
            found.push(format!(
                "{track}: it waits in scope {scope}, which it has cancelled"
            ));
        }
    }
}

/// Oracle 5.
fn never_cut(facts: &Facts, track: &str, entries: &[Entry], found: &mut Vec<String>) {
    for (id, sleeps) in &facts.shielded {
        let noted = |at: &u32| {
            let mut entries = entries.iter();
            entries.any(|Entry(_, note)| *note == Note::Slept(*at) || *note == Note::Passed(*at))
        };
        let begun = entries
            .iter()
            .any(|Entry(_, note)| matches!(note, Note::Cleanup(other, _) if other == id));
        let ended = entries.iter().any(|Entry(_, note)| {
            matches!(note, Note::Cleaned(other) | Note::Shield(other, _) if other == id)
        });
        let count = sleeps.iter().filter(|at| noted(at)).count();
        if (begun || count > 0) && (!ended || count < sleeps.len()) {
            found.push(format!("{track}: {id} is shielded and was cut"));
        }
    }
}

/// Oracle 2.
fn one_end(track: &str, entries: &[Entry], found: &mut Vec<String>) {
    let is_begin = |Entry(_, note): &&Entry| matches!(note, Note::Begin);
    let is_end = |Entry(_, note): &&Entry| matches!(note, Note::End(_) | Note::Ended);
    let (begins, ends) = (
        entries.iter().filter(is_begin).count(),
        entries.iter().filter(is_end).count(),
    );
    if track.starts_with('t') {
        let closed = entries.first().as_ref().is_some_and(is_begin)
            && entries.last().as_ref().is_some_and(is_end);
        if (begins, ends, closed) != (1, 1, true) {
            found.push(format!("{track}: {begins} begins and {ends} ends"));
        }
    } else if ends > begins {
        found.push(format!("{track}: more ends than begins"));
    }
}

fn in_order_of_time(track: &str, entries: &[Entry], found: &mut Vec<String>) {
    if !entries.is_sorted_by_key(|Entry(time, _)| *time) {
        found.push(format!("{track}: time goes back"));
    }
}

/// Oracle 7: a sleep begins no earlier than what was noted before it.
fn never_early(facts: &Facts, track: &str, entries: &[Entry], found: &mut Vec<String>) {
    for pair in entries.windows(2) {
        let (Entry(before, _), Entry(time, note)) = (&pair[0], &pair[1]);
        if let Note::Slept(at) | Note::Passed(at) = note
            && *time < next_instant(facts.cycle, *at, *before)
        {
            found.push(format!("{track}: slot {at} at {time} is early"));
        }
    }
}

/// Oracle 3.
fn known_cause(facts: &Facts, track: &str, note: &Note, found: &mut Vec<String>) {
    let (Note::Scope(id, how)
    | Note::Group(id, how)
    | Note::Shield(id, how)
    | Note::Restore(id, how)
    | Note::Cleanup(id, how)) = note
    else {
        return;
    };
    let How::Cancelled(Some(cause)) = how else {
        return;
    };
    let possible = match cause {
        Cause::Explicit => facts.explicit,
        Cause::Sibling => facts.sibling,
        Cause::NotNeeded => facts.together,
        Cause::Deadline | Cause::Shutdown => true,
        Cause::Closed => false,
    };
    if !possible {
        found.push(format!(
            "{track}: {id} was cancelled by {cause:?}, and nobody did"
        ));
    }
}

/// Oracle 1.
fn no_task_outlives_its_group(facts: &Facts, trace: &Trace, found: &mut Vec<String>) {
    let ends: BTreeMap<u32, u64> = trace
        .values()
        .flatten()
        .filter_map(|Entry(time, note)| match note {
            Note::Group(id, _) | Note::Together(id, _) => Some((*id, *time)),
            _ => None,
        })
        .collect();
    for (track, entries) in trace {
        let task = track.strip_prefix('t').and_then(|task| task.parse().ok());
        let group = task.and_then(|task: u32| facts.group_of.get(&task));
        let end = group.and_then(|group| ends.get(group));
        if let (Some(end), Some(Entry(time, _))) = (end, entries.last())
            && time > end
        {
            found.push(format!("{track} ends at {time}, its group at {end}"));
        }
    }
}

/// Oracle 6.
fn errors_are_told(facts: &Facts, trace: &Trace, found: &mut Vec<String>) {
    for error in facts.errors.difference(&facts.attempts) {
        let ended = trace.values().flatten().any(|Entry(_, note)| {
            matches!(note, Note::End(How::Failed(errors)) if errors.contains(error))
        });
        let told = trace.values().flatten().any(|Entry(_, note)| match note {
            Note::Group(_, How::Failed(errors))
            | Note::Together(_, How::Failed(errors))
            | Note::StartFailed(_, errors) => errors.contains(error),
            // A panic hides the errors of its group (TG6).
            Note::Group(_, How::Panicked(_)) | Note::Together(_, How::Panicked(_)) => true,
            _ => false,
        });
        // A panic hides them too where its group unwinds and notes nothing.
        let panicked = trace
            .values()
            .flatten()
            .any(|Entry(_, note)| matches!(note, Note::End(How::Panicked(_))));
        if ended && !told && !panicked {
            found.push(format!("error {error} ended a task and is told by nobody"));
        }
    }
}

/// Oracle 8, of cleanups.
fn cleanups_run_once(trace: &Trace, found: &mut Vec<String>) {
    let mut begun = BTreeSet::new();
    let mut ended = BTreeSet::new();
    for Entry(_, note) in trace.values().flatten() {
        match note {
            Note::Cleanup(id, _) if !begun.insert(*id) => {
                found.push(format!("cleanup {id} runs twice"));
            }
            Note::Cleaned(id) if !ended.insert(*id) => {
                found.push(format!("cleanup {id} ends twice"))
            }
            _ => {}
        }
    }
    for id in ended.difference(&begun) {
        found.push(format!("cleanup {id} ends and has not begun"));
    }
}

/// Oracle 9.
fn items_go_to_one(trace: &Trace, found: &mut Vec<String>) {
    let mut received = BTreeSet::new();
    for Entry(_, note) in trace.values().flatten() {
        if let Note::Received(_, item) = note
            && !received.insert(*item)
        {
            found.push(format!("item {item} is received twice"));
        }
    }
    for Entry(_, note) in trace.values().flatten() {
        if let Note::Unsent(item) = note
            && received.contains(item)
        {
            found.push(format!("item {item} was not sent, and is received"));
        }
    }
}
