//! The differences from AnyIO that `differences.md` lists, each pinned from both sides. The traces on AnyIO's side were
//! written by AnyIO.

use anyrt_model_tests::compare::without_causes;
use anyrt_model_tests::model::{Dialect, trace, trace_in};
use anyrt_model_tests::program::Program;
use anyrt_model_tests::runner::Runner;
use anyrt_model_tests::trace::Trace;
use serde_json::{Value, json};

/// What AnyIO and anyrt give, without causes.
#[track_caller]
fn differ(program: Value, anyio: Value, anyrt: Value) {
    let program: Program = serde_json::from_value(program).expect("a program");
    let read = |trace: Value| serde_json::from_value::<Trace>(trace).expect("a trace");
    let (anyio, anyrt) = (read(anyio), read(anyrt));
    assert_ne!(anyio, anyrt);
    assert_eq!(without_causes(&trace_in(Dialect::AnyIo, &program)), anyio);
    assert_eq!(without_causes(&trace(&program)), anyrt);
    for (name, runner) in Runner::ALL {
        let found = runner.run(&program, 1).expect("it runs");
        assert_eq!(without_causes(&found), anyrt, "{name}");
    }
}

/// The program of the first difference: a task that is being started cancels its starter and ends.
#[test]
fn difference_1_a_start_that_ends_after_its_starter_was_cancelled() {
    differ(
        json!({ "slots": 5, "main": [{ "op": "scope", "id": 1, "deadline": { "at": 4 }, "body": [
            { "op": "group", "id": 2, "body": [
                { "op": "scope", "id": 3, "body": [
                    { "op": "start", "at": 1, "group": 2, "task": 1, "body": [{ "op": "cancel", "at": 2, "scope": 3 }] }
                ]}
            ]}
        ]}]}),
        json!({
            "t0": [
                [0, "begin"], [8192, { "not_started": 1 }], [8192, { "scope": [3, "completed"] }],
                [8192, { "group": [2, "completed"] }], [8192, { "scope": [1, "completed"] }],
                [8192, { "end": "completed" }]
            ],
            "t1": [[4096, "begin"], [8192, { "cancel": 3 }], [8192, { "end": "completed" }]]
        }),
        json!({
            "t0": [
                [0, "begin"], [8192, { "scope": [3, { "cancelled": null }] }],
                [8192, { "group": [2, "completed"] }], [8192, { "scope": [1, "completed"] }],
                [8192, { "end": "completed" }]
            ],
            "t1": [[4096, "begin"], [8192, { "cancel": 3 }], [8192, { "end": "completed" }]]
        }),
    );
}

/// The program of the second difference: a group cancels itself, and while its child cleans up the scope around it is
/// cancelled as well.
#[test]
fn difference_2_a_child_that_its_own_group_has_cut_first() {
    differ(
        json!({ "slots": 7, "main": [{ "op": "scope", "id": 1, "deadline": { "at": 6, "turns": 2 }, "body": [
            { "op": "scope", "id": 2, "deadline": { "at": 3 }, "body": [
                { "op": "group", "id": 3, "body": [
                    { "op": "spawn", "at": 1, "group": 3, "task": 1, "body": [
                        { "op": "finally", "id": 4, "body": [{ "op": "forever" }], "cleanup": [{ "op": "sleep", "at": 4 }] }
                    ]},
                    { "op": "cancel", "at": 2, "scope": 3 }
                ]}
            ]}
        ]}]}),
        json!({
            "t0": [
                [0, "begin"], [4096, { "spawn": 1 }], [8192, { "cancel": 3 }],
                [16384, { "scope": [2, { "cancelled": null }] }], [16384, { "scope": [1, "completed"] }],
                [16384, { "end": "completed" }]
            ],
            "t1": [
                [4096, "begin"], [8192, { "cleanup": [4, { "cancelled": null }] }], [16384, { "slept": 4 }],
                [16384, { "cleaned": 4 }], [16384, { "end": { "cancelled": null } }]
            ]
        }),
        json!({
            "t0": [
                [0, "begin"], [4096, { "spawn": 1 }], [8192, { "cancel": 3 }],
                [16384, { "group": [3, "completed"] }], [16384, { "scope": [2, "completed"] }],
                [16384, { "scope": [1, "completed"] }], [16384, { "end": "completed" }]
            ],
            "t1": [
                [4096, "begin"], [8192, { "cleanup": [4, { "cancelled": null }] }], [16384, { "slept": 4 }],
                [16384, { "cleaned": 4 }], [16384, { "end": { "cancelled": null } }]
            ]
        }),
    );
}
