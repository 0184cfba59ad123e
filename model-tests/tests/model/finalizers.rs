//! FI: cleanups and hooks.

use serde_json::{Value, json};

use super::check;
use super::ops::*;

#[test]
fn fi1_the_cleanup_is_told_how_the_body_ended() {
    let panics = finally(3, json!([panic(2, 7)]), json!([]));
    check(
        json!([
            finally(1, json!([sleep(1)]), json!([])),
            { "op": "group", "id": 2, "catch": true, "body": [panics, sleep(3)] },
            try_group(4, json!([finally(5, json!([fail(4, 8)]), json!([]))])),
            sleep(5)
        ]),
        json!({ "t0": [
            [0, "begin"], [1, {"slept": 1}], [1, ok("cleanup", 1)], [1, {"cleaned": 1}],
            [2, {"cleanup": [3, {"panicked": null}]}], [2, {"cleaned": 3}], [2, {"group": [2, {"panicked": 7}]}],
            [4, ok("cleanup", 5)], [4, {"cleaned": 5}], [4, {"group": [4, {"failed": [8]}]}], [5, {"slept": 5}],
            [5, completed()]
        ]}),
    );
}

#[test]
fn fi1_a_cleanup_is_shielded_and_a_value_before_it_is_kept_up_to_the_next_wait() {
    check(
        json!([until(
            2,
            1,
            json!([
                finally(2, json!([]), json!([sleep(3)])),
                scope(3, json!([])),
                sleep(4)
            ])
        )]),
        json!({ "t0": [
            [0, "begin"], [0, ok("cleanup", 2)], [3, {"slept": 3}], [3, {"cleaned": 2}], [3, ok("scope", 3)],
            [3, because("scope", 1, "deadline")], [3, completed()]
        ]}),
    );
}

#[test]
fn fi1_grace_bounds_the_cleanup() {
    let grace = json!({ "cycles": 0, "bit": 2 });
    check(
        json!([
            { "op": "finally", "id": 1, "grace": grace, "body": [sleep(1)], "cleanup": [sleep(5)] },
            sleep(2)
        ]),
        json!({ "t0": [
            [0, "begin"], [1, {"slept": 1}], [1, ok("cleanup", 1)], [2, {"slept": 2}], [2, completed()]
        ]}),
    );
}

#[test]
fn fi1_a_panic_of_a_cleanup_replaces_a_cancel_and_loses_to_the_bodys() {
    let inner = finally(3, json!([forever()]), json!([panic(3, 1)]));
    let outer = finally(2, json!([inner]), json!([panic(4, 2)]));
    check(
        json!([{ "op": "group", "id": 1, "catch": true, "body": [until(1, 4, json!([outer]))] }]),
        json!({ "t0": [
            [0, "begin"], [1, because("cleanup", 3, "deadline")], [3, {"cleanup": [2, {"panicked": null}]}],
            [4, {"group": [1, {"panicked": 1}]}], [4, completed()]
        ]}),
    );
}

#[test]
fn fi2_innermost_first_and_nothing_between_runs() {
    let inner = finally(3, json!([forever()]), json!([sleep(3)]));
    let outer = finally(2, json!([inner, scope(9, json!([]))]), json!([sleep(2)]));
    check(
        json!([until(1, 1, json!([outer, scope(8, json!([]))]))]),
        json!({ "t0": [
            [0, "begin"], [1, because("cleanup", 3, "deadline")], [3, {"slept": 3}], [3, {"cleaned": 3}],
            [3, because("cleanup", 2, "deadline")], [18, {"slept": 2}], [18, {"cleaned": 2}],
            [18, because("scope", 1, "deadline")], [18, completed()]
        ]}),
    );
}

#[test]
fn fi3_hooks_run_last_in_first_out_after_the_tasks_and_all_failures_are_reported() {
    let failing = |at, id, error, body: Value| json!({ "op": "defer", "at": at, "group": 1, "id": id, "error": error, "body": body });
    check(
        json!([try_group(
            1,
            json!([
                failing(1, 2, 20, json!([sleep(3)])),
                failing(2, 3, 10, json!([])),
                spawn(4, 1, 1, json!([sleep(5)]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"defer": 2}], [2, {"defer": 3}], [4, {"spawn": 1}],
                [19, ok("group", 1)], [19, completed()]
            ],
            "t1": [[4, "begin"], [5, {"slept": 5}], [5, completed()]],
            "h3": [[5, "begin"], [5, "ended"]],
            "h2": [[5, "begin"], [19, {"slept": 3}], [19, "ended"]],
            "reports": [[19, {"hook_failed": 10}], [19, {"hook_failed": 20}]]
        }),
    );
}

#[test]
fn fi3_a_hook_that_panics_does_not_stop_the_others() {
    check(
        json!([{ "op": "group", "id": 1, "catch": true, "body": [
            defer(1, 1, 2, json!([sleep(4)])), defer(2, 1, 3, json!([panic(3, 9)]))
        ]}]),
        json!({
            "t0": [
                [0, "begin"], [1, {"defer": 2}], [2, {"defer": 3}], [4, {"group": [1, {"panicked": 9}]}],
                [4, completed()]
            ],
            "h3": [[2, "begin"]],
            "h2": [[3, "begin"], [4, {"slept": 4}], [4, "ended"]]
        }),
    );
}

#[test]
fn fi3_hooks_run_shielded_when_a_region_around_is_cancelled() {
    check(
        json!([until(
            2,
            1,
            json!([
                group(2, json!([defer(1, 2, 3, json!([sleep(4)])), forever()])),
                scope(4, json!([]))
            ])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"defer": 3}], [4, because("scope", 1, "deadline")], [4, completed()]],
            "h3": [[2, "begin"], [4, {"slept": 4}], [4, "ended"]]
        }),
    );
}
