//! Programs on real clocks: timers end late, some at once, and what follows from them races. The oracles hold all the same.

use anyrt::{AsyncStd, Launch, Smol, Tokio};
use anyrt_model_tests::generate::{Profile, from_seed};
use anyrt_model_tests::interpret;
use anyrt_model_tests::model;
use anyrt_model_tests::oracle::violations;
use anyrt_model_tests::program::Program;
use anyrt_model_tests::trace::{Cause, Entry, How, Note, Trace};
use std::thread;
use std::time::Duration;

/// Short enough for many timers to fall into one step of a runtime's clock.
const TICK: Duration = Duration::from_nanos(10);

fn programs(ordinary: u64) -> impl Iterator<Item = (u64, Program)> {
    let count = std::env::var("ANYRT_PROGRAMS").ok();
    let count = count.and_then(|count| count.parse().ok());
    (0..count.unwrap_or(ordinary)).map(|seed| (seed, from_seed(seed, Profile::Full)))
}

fn hold<L: Launch + 'static>(make: impl Fn() -> L + Sync) {
    // Most of the time nothing runs: several programs at once.
    let lanes = 8;
    thread::scope(|scope| {
        for lane in 0..lanes {
            let make = &make;
            scope.spawn(move || {
                for (seed, program) in programs(400).filter(|(seed, _)| seed % lanes == lane) {
                    let trace = interpret::run(make(), &program, TICK).expect("it starts");
                    let found = violations(&program, &trace);
                    assert!(
                        found.is_empty(),
                        "seed {seed}: {found:?}\n{}\n{trace:?}",
                        serde_json::to_string(&program).expect("plain data")
                    );
                }
            });
        }
    });
}

#[test]
fn they_hold_on_tokio() {
    hold(|| Tokio::multi_thread().worker_threads(2));
}

#[test]
fn they_hold_on_one_thread_of_tokio() {
    hold(Tokio::current_thread);
}

#[test]
fn they_hold_on_smol() {
    hold(|| Smol::threads(2));
}

#[test]
fn they_hold_on_async_std() {
    hold(AsyncStd::new);
}

#[test]
fn they_hold_for_the_model() {
    for (seed, program) in programs(2000) {
        let found = violations(&program, &model::trace(&program));
        assert!(found.is_empty(), "seed {seed}: {found:?}");
    }
}

/// The program that the traces below are of.
fn small() -> Program {
    serde_json::from_value(serde_json::json!({ "slots": 17, "broadcasts": [1], "cells": 1, "promises": 1, "main": [
        { "op": "scope", "id": 1, "deadline": { "at": 8 }, "body": [
            { "op": "group", "id": 2, "failing": true, "catch": true, "body": [
                { "op": "defer", "at": 1, "group": 2, "id": 3, "body": [] },
                { "op": "defer", "at": 2, "group": 2, "id": 4, "body": [{ "op": "sleep", "at": 7 }] },
                { "op": "spawn", "at": 3, "group": 2, "task": 1, "body": [
                    { "op": "finally", "id": 5, "body": [{ "op": "fail", "at": 5, "error": 1 }], "cleanup": [
                        { "op": "sleep", "at": 6 }
                    ]}
                ]}
            ]},
            { "op": "listen", "at": 9, "broadcast": 0, "id": 6, "take": 0, "body": [] },
            { "op": "listen", "at": 10, "broadcast": 0, "id": 7, "take": 0, "body": [] },
            { "op": "fill", "at": 11, "cell": 0, "id": 8, "body": [] },
            { "op": "fill", "at": 12, "cell": 0, "id": 9, "body": [] },
            { "op": "give", "at": 13, "promise": 0, "item": 1 },
            { "op": "give", "at": 14, "promise": 0 }
        ]}
    ]}))
    .expect("a program")
}

/// Each oracle sees what it is there for.
#[test]
fn each_oracle_can_say_no() {
    let program = small();
    let good = model::trace(&program);
    assert_eq!(violations(&program, &good), Vec::<String>::new());
    let broken = |breaks: &dyn Fn(&mut Trace)| {
        let mut trace = good.clone();
        breaks(&mut trace);
        violations(&program, &trace).join("; ")
    };
    let expect = |words: &str, breaks: &dyn Fn(&mut Trace)| {
        let found = broken(breaks);
        assert!(found.contains(words), "{words:?} is not in {found:?}");
    };
    let track = |trace: &mut Trace, name: &str| trace.get_mut(name).map(std::mem::take).unwrap();
    expect("1 begins and 0 ends", &|trace| {
        trace.get_mut("t1").unwrap().pop();
    });
    expect("time goes back", &|trace| {
        trace.get_mut("t0").unwrap().reverse();
    });
    expect("its group at", &|trace| {
        trace.get_mut("t1").unwrap().last_mut().unwrap().0 += 1 << 20;
    });
    expect("is early", &|trace| {
        for Entry(time, note) in trace.get_mut("t1").unwrap() {
            *time -= u64::from(matches!(note, Note::Slept(_)));
        }
    });
    expect("was cut", &|trace| {
        let entries = track(trace, "t1");
        let kept = entries
            .into_iter()
            .filter(|Entry(_, note)| !matches!(note, Note::Cleaned(_)));
        trace.insert("t1".to_owned(), kept.collect());
    });
    expect("runs twice", &|trace| {
        let again = trace["t1"][1].clone();
        trace.get_mut("t1").unwrap().insert(1, again);
    });
    expect("told by nobody", &|trace| {
        for Entry(_, note) in trace.get_mut("t0").unwrap() {
            if let Note::Group(_, how) = note {
                *how = How::Completed;
            }
        }
    });
    expect("nobody did", &|trace| {
        for Entry(_, note) in trace.get_mut("t0").unwrap() {
            if let Note::Scope(_, how) = note {
                *how = How::Cancelled(Some(Cause::Explicit));
            }
        }
    });
    expect("is received twice", &|trace| {
        let twice = [1, 2].map(|time| Entry(time, Note::Received(0, 7)));
        trace.get_mut("t0").unwrap().splice(1..1, twice);
    });
    expect("was not sent, and is received", &|trace| {
        let both = [Entry(1, Note::Unsent(7)), Entry(2, Note::Received(0, 7))];
        trace.get_mut("t0").unwrap().splice(1..1, both);
    });
    expect("have Lock(0) at once", &|trace| {
        for (track, from, to) in [("t0", 1, 3), ("t1", 2, 4)] {
            let held = [Entry(from, Note::Locked(0)), Entry(to, Note::Unlocked(0))];
            trace.get_mut(track).unwrap().splice(1..1, held);
        }
    });
    expect("is given back by one without", &|trace| {
        let back = Entry(1, Note::Unlocked(0));
        trace.get_mut("t0").unwrap().insert(1, back);
    });
    expect("have Lock(0) at once", &|trace| {
        for (track, from, to) in [("t0", 1, 3), ("t1", 2, 4)] {
            let held = [Entry(from, Note::Told(0)), Entry(to, Note::Unlocked(0))];
            trace.get_mut(track).unwrap().splice(1..1, held);
        }
    });
    expect("barrier 0: 1 with 0 who came last", &|trace| {
        let met = Entry(1, Note::Met(0, false));
        trace.get_mut("t0").unwrap().insert(1, met);
    });
    expect("Resource(0) at once", &|trace| {
        for (track, from, to) in [("t0", 1, 3), ("t1", 2, 4)] {
            let held = [Entry(from, Note::Using(0)), Entry(to, Note::Used(0))];
            trace.get_mut(track).unwrap().splice(1..1, held);
        }
    });
    let heard = |trace: &mut Trace, track: &str, id: u32, items: &[u32]| {
        let notes = items.iter().map(|item| Entry(1, Note::Heard(id, *item)));
        trace.get_mut(track).unwrap().splice(1..1, notes);
    };
    expect("6 hears an item twice", &|trace| {
        heard(trace, "t0", 6, &[1, 1]);
    });
    expect("item 1 was not sent, and 6 hears it", &|trace| {
        heard(trace, "t0", 6, &[1]);
        trace
            .get_mut("t1")
            .unwrap()
            .insert(1, Entry(1, Note::Unheard(1)));
    });
    expect("broadcast 0 is heard in two orders", &|trace| {
        heard(trace, "t0", 6, &[1, 2]);
        heard(trace, "t1", 7, &[2, 1]);
    });
    expect("an item of broadcast 0 is not heard by all", &|trace| {
        heard(trace, "t0", 6, &[1, 3]);
        heard(trace, "t1", 7, &[1, 2, 3]);
    });
    let came_to = |trace: &mut Trace, track: &str, notes: &[Note]| {
        let notes = notes.iter().map(|note| Entry(1, note.clone()));
        trace.get_mut(track).unwrap().splice(1..1, notes);
    };
    expect("8 has a value of 9, which has made none", &|trace| {
        came_to(trace, "t0", &[Note::Got(8, 9)]);
    });
    expect("cell 0 has several values", &|trace| {
        came_to(trace, "t0", &[Note::Got(8, 8)]);
        came_to(trace, "t1", &[Note::Got(9, 9)]);
    });
    expect("promise 0 comes to what nobody gives", &|trace| {
        came_to(trace, "t0", &[Note::Promised(0, Some(2))]);
    });
    expect("promise 0 comes to several things", &|trace| {
        came_to(
            trace,
            "t0",
            &[Note::Promised(0, Some(1)), Note::Promised(0, None)],
        );
    });
    expect("was given later and ends later", &|trace| {
        for Entry(time, _) in trace.get_mut("h3").unwrap() {
            *time = 4 << 12;
        }
    });
}

/// A hook is given at some time after its task has noted it, so two tasks may do that in either order.
#[test]
fn hooks_that_two_tasks_give_at_once_may_run_in_any_order() {
    let program = small();
    let mut trace = model::trace(&program);
    for Entry(time, _) in trace.get_mut("h3").unwrap() {
        *time = 4 << 12;
    }
    let is_order = |found: &String| found.contains("was given later");
    assert!(violations(&program, &trace).iter().any(is_order));
    let noted = Entry(1 << 12, Note::Defer(3));
    let host = trace.get_mut("t0").unwrap();
    host.retain(|entry| *entry != noted);
    trace.get_mut("t1").unwrap().insert(0, noted);
    assert!(!violations(&program, &trace).iter().any(is_order));
}
