//! Whether a program has one trace: a race that it has in itself says nothing about who runs it.
//!
//! At each instant one thing happens, but what follows from it may happen in many orders. Almost always they all lead to the
//! same trace. Where they don't, the reference model shows it under one of a few orders, and the program is not used.

use crate::model::{trace, trace_with};
use crate::program::Program;
use crate::rng::Rng;
use crate::trace::Trace;

/// Random orders that are tried beside the first and the last.
const ORDERS: u64 = 10;

/// The one trace of a program, if it has one.
pub fn only_trace(program: &Program) -> Option<Trace> {
    let expected = trace(program);
    let same = |trace: Trace| trace == expected;
    let last = same(trace_with(program, |count| count - 1));
    let random = || {
        (0..ORDERS).all(|seed| {
            let mut rng = Rng::new(seed);
            same(trace_with(program, |count| rng.index(count)))
        })
    };
    (last && random()).then_some(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
