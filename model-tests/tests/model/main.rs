//! The rules, one small program each, with the trace that the rule page asks for, written by hand.
//!
//! All programs have 16 slots, two streams, of which the second has room for one item, a semaphore of one permit, a
//! lock, a barrier for two, two broadcasts, of which the second is for the latest item, a cell, two flights, of which the second
//! keeps one value, a promise and a resource. A time in an expected trace is a number of slots, or a text of slots and ticks ("2+8");
//! a deadline in a note is written so, too. Each program is run in several orders of consequences.

mod barriers;
mod broadcasts;
mod conditions;
mod deadlines;
mod finalizers;
mod groups;
mod hands;
mod locks;
mod ops;
mod results;
mod scopes;
mod shields;
mod tasks;
mod threads;
mod together;
mod values;

use anyrt_model_tests::model::{trace, trace_with};
use anyrt_model_tests::program::{Program, SLOT};
use anyrt_model_tests::runner::Runner;
use serde_json::{Value, json};

/// Runs a program, and compares. The order of consequences must not matter, so several are tried.
#[track_caller]
fn check(main: Value, expected: Value) {
    let program = json!({
        "slots": 16, "streams": [0, 1], "semaphores": [1], "locks": 1, "barriers": [2], "broadcasts": [1, 0], "cells": 1,
        "flights": [0, 1], "promises": 1, "resources": 1, "main": main
    });
    let program: Program = serde_json::from_value(program).expect("a program");
    let expected = in_ticks(expected);
    let found = serde_json::to_value(trace(&program)).unwrap();
    assert!(
        found == expected,
        "found\n{}expected\n{}",
        lines(&found),
        lines(&expected)
    );
    for seed in 0..20 {
        let mut state = seed;
        let other = trace_with(&program, |among| {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            (state >> 8) % among.len()
        });
        assert_eq!(serde_json::to_value(other).unwrap(), expected);
    }
    // So does anyrt, everywhere. A program that waits for ever is for the model alone.
    let ends = expected["t0"].as_array().is_some_and(|entries| {
        let last = entries.last().and_then(|entry| entry[1].get("end"));
        last.is_some()
    });
    for (name, runner) in Runner::ALL.into_iter().filter(|_| ends) {
        let found = serde_json::to_value(runner.run(&program, 1).expect("it runs")).unwrap();
        assert!(
            found == expected,
            "{name}: found\n{}expected\n{}",
            lines(&found),
            lines(&expected)
        );
    }
}

fn lines(trace: &Value) -> String {
    let tracks = trace.as_object().unwrap().iter();
    tracks
        .map(|(track, entries)| format!("  {track}: {entries}\n"))
        .collect()
}

fn in_ticks(mut trace: Value) -> Value {
    for track in trace.as_object_mut().unwrap().values_mut() {
        for entry in track.as_array_mut().unwrap() {
            entry[0] = ticks(&entry[0]);
            if let Some(state) = entry[1].get_mut("state") {
                state[1] = ticks(&state[1]);
            }
        }
    }
    trace
}

fn ticks(time: &Value) -> Value {
    match time {
        Value::Number(slots) => json!(slots.as_u64().unwrap() * SLOT),
        Value::String(text) => {
            let (slots, ticks) = text.split_once('+').unwrap();
            json!(slots.parse::<u64>().unwrap() * SLOT + ticks.parse::<u64>().unwrap())
        }
        other => other.clone(),
    }
}
