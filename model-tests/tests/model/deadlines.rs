//! DL: deadlines.

use serde_json::{Value, json};

use super::check;
use super::ops::*;

#[test]
fn dl1_the_period_starts_at_the_first_poll() {
    check(
        json!([sleep(4), until(3, 1, json!([forever()]))]),
        json!({ "t0": [[0, "begin"], [4, {"slept": 4}], [19, because("scope", 1, "deadline")], [19, completed()]] }),
    );
}

#[test]
fn dl3_the_outer_deadline_is_seen_by_tasks_and_passes_the_inner_scope() {
    let child = json!([until(5, 3, json!([state(2), forever()])), forever()]);
    check(
        json!([until(
            3,
            1,
            json!([group(2, json!([spawn(1, 2, 1, child), forever()]))])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [3, because("scope", 1, "deadline")], [3, completed()]],
            "t1": [[1, "begin"], [2, {"state": [false, 3]}], [3, cut()]]
        }),
    );
}

#[test]
fn dl3_of_two_deadlines_that_have_passed_the_outer_one_is_charged() {
    check(
        json!([too_late(
            1,
            1,
            json!([too_late(2, 2, json!([forever()])), sleep(3)])
        )]),
        json!({ "t0": [[0, "begin"], [0, because("scope", 1, "deadline")], [0, completed()]] }),
    );
}

#[test]
fn dl4_a_deadline_is_moved() {
    let moved =
        |at, scope, to: Value| json!({ "op": "deadline", "at": at, "scope": scope, "to": to });
    check(
        json!([
            moved(9, 1, json!({ "at": 10 })),
            until(11, 1, json!([moved(12, 1, json!(null)), state(13)])),
            until(
                14,
                2,
                json!([moved(1, 2, json!({ "at": 2, "turns": 0 })), wait(0)])
            ),
            until(3, 3, json!([moved(1, 3, json!({ "at": 5 })), forever()]))
        ]),
        json!({ "t0": [
            [0, "begin"], [9, {"moved": 1}], [11, because("scope", 1, "deadline")], [14, because("scope", 2, "deadline")],
            [17, {"moved": 3}], [21, because("scope", 3, "deadline")], [21, completed()]
        ]}),
    );
    check(
        json!([
            until(3, 1, json!([moved(1, 1, json!(null)), state(4)])),
            set(5, 0),
            until(
                9,
                2,
                json!([moved(6, 2, json!({ "at": 7, "turns": 0 })), wait(0)])
            )
        ]),
        json!({ "t0": [
            [0, "begin"], [1, {"moved": 1}], [4, {"state": [false, null]}], [4, ok("scope", 1)], [5, {"set": 0}],
            [6, {"moved": 2}], [6, because("scope", 2, "deadline")], [6, completed()]
        ]}),
    );
}

#[test]
fn dl5_an_expiry_waits_for_what_holds() {
    check(
        json!([until(
            2,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([shield(3, json!([sleep(5)]))])),
                    forever()
                ])
            )])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [5, because("scope", 1, "deadline")], [5, completed()]],
            "t1": [[1, "begin"], [5, {"slept": 5}], [5, ok("shield", 3)], [5, completed()]]
        }),
    );
}
