//! Whether a program has one trace: a race that it has in itself says nothing about who runs it.
//!
//! At each instant one thing happens, but what follows from it may happen in many orders. Almost always they all lead to the
//! same trace. Where they don't, the reference model shows it under one of a few orders, and the program is not used.

use crate::model::{Runnable, trace, trace_with};
use crate::program::Program;
use crate::rng::Rng;
use crate::trace::Trace;

/// Random orders that are tried beside the first and the last: these with a new choice each time.
const SHUFFLED: u64 = 6;

/// And these with a fixed rank for each that can go on, so that much may happen before the last one's turn.
const RANKED: u64 = 10;

/// The one trace of a program, if it has one.
pub fn only_trace(program: &Program) -> Option<Trace> {
    let expected = trace(program);
    let same = |trace: Trace| trace == expected;
    let last = same(trace_with(program, |among| among.len() - 1));
    let random = || {
        (0..SHUFFLED).all(|seed| {
            let mut rng = Rng::new(seed);
            same(trace_with(program, |among| rng.index(among.len())))
        })
    };
    let ranked = || (0..RANKED).all(|seed| same(ranked(program, seed)));
    (last && random() && ranked()).then_some(expected)
}

/// Whether a trace is the program's under one of so many orders of its consequences, which a few did not show.
pub fn is_possible(program: &Program, found: &Trace, orders: u64) -> bool {
    (0..orders).any(|seed| ranked(program, seed) == *found)
}

fn ranked(program: &Program, seed: u64) -> Trace {
    trace_with(program, |among| first(seed, among))
}

/// The one with the highest rank, which is a random one that it keeps.
fn first(seed: u64, among: &[Runnable]) -> usize {
    let rank = |which: &usize| {
        let (kind, number) = match among[*which] {
            Runnable::Task(task) => (0, task),
            Runnable::Call(call) => (1, call),
            Runnable::Leaving(task) => (2, task),
            Runnable::Stopping(group) => (3, group),
        };
        Rng::new(seed ^ Rng::new(number as u64 * 4 + kind).next()).next()
    };
    (0..among.len()).max_by_key(rank).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A race's host leaves its group, whose daemon is cancelled, before the daemon is polled for the first time; or after.
    #[test]
    fn one_may_wait_for_its_first_poll_while_others_do_much() {
        let race = json!({ "slots": 5, "main": [{ "op": "scope", "id": 1, "deadline": { "at": 1, "turns": 2 }, "body": [
            { "op": "group", "id": 2, "body": [
                { "op": "set", "at": 2, "event": 1 },
                { "op": "together", "id": 3, "kind": "race", "arms": [
                    { "task": 1, "body": [{ "op": "sleep", "at": 4 }] },
                    { "task": 2, "body": [
                        { "op": "spawn", "at": 3, "group": 2, "task": 3, "daemon": true, "body": [
                            { "op": "wait", "event": 1 }
                        ]}
                    ]}
                ]}
            ]}
        ]}]});
        let race: Program = serde_json::from_value(race).expect("a program");
        assert_eq!(only_trace(&race), None);
    }

    /// A daemon cancels the last task of its group, whose end cancels the daemon; and goes on at once with a wait that is
    /// ready. Which comes first is a race, though it takes several steps of others between two of its own.
    #[test]
    fn others_may_do_much_between_two_steps_of_a_task() {
        let race = json!({ "slots": 9, "main": [{ "op": "scope", "id": 1, "deadline": { "at": 8 }, "body": [
            { "op": "set", "at": 1, "event": 1 },
            { "op": "group", "id": 2, "body": [
                { "op": "spawn", "at": 2, "group": 2, "task": 1, "daemon": true, "body": [
                    { "op": "cancel_task", "at": 4, "task": 2 },
                    { "op": "wait", "event": 1 }
                ]},
                { "op": "spawn", "at": 3, "group": 2, "task": 2, "body": [{ "op": "forever" }] }
            ]}
        ]}]});
        let race: Program = serde_json::from_value(race).expect("a program");
        assert_eq!(only_trace(&race), None);
    }
}
