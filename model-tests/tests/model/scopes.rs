//! SC: scopes, and the time that programs are told in.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn instants() {
    check(
        json!([
            sleep(3),
            sleep(1),
            { "op": "sleep", "at": 1, "turns": 2 },
            { "op": "checkpoint", "at": 2 }
        ]),
        json!({ "t0": [
            [0, "begin"], [3, {"slept": 3}], [17, {"slept": 1}], [49, {"slept": 1}], [50, {"passed": 2}],
            [50, completed()]
        ]}),
    );
}

#[test]
fn sc2_a_child_inherits_its_groups_region() {
    check(
        json!([group(
            1,
            json!([until(
                3,
                2,
                json!([spawn(1, 1, 1, json!([sleep(4)])), forever()])
            )])
        ),]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, because("scope", 2, "deadline")], [4, ok("group", 1)],
                [4, completed()]
            ],
            "t1": [[1, "begin"], [4, {"slept": 4}], [4, completed()]]
        }),
    );
}

#[test]
fn sc3_held_until_the_cleanup_ends_while_the_child_is_dropped_at_once() {
    check(
        json!([until(
            3,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([forever()])),
                    finally(3, json!([forever()]), json!([sleep(5)])),
                    sleep(6)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, because("cleanup", 3, "deadline")], [5, {"slept": 5}],
                [5, {"cleaned": 3}], [5, because("scope", 1, "deadline")], [5, completed()]
            ],
            "t1": [[1, "begin"], [3, cut()]]
        }),
    );
}

#[test]
fn sc4_a_set_event_is_not_seen_in_a_cancelled_region() {
    check(
        json!([set(1, 0), scope(1, json!([cancel(2, 1), wait(0)])), wait(0)]),
        json!({ "t0": [
            [0, "begin"], [1, {"set": 0}], [2, {"cancel": 1}], [2, because("scope", 1, "explicit")], [2, {"seen": 0}],
            [2, completed()]
        ]}),
    );
}

#[test]
fn sc4_what_was_granted_before_the_cancel_is_kept() {
    // The body sets the event and is gone; then the daemon that waits for it is cancelled (TG10).
    check(
        json!([group(
            1,
            json!([daemon(1, 1, 1, json!([wait(0), sleep(9)])), set(2, 0)])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [2, {"set": 0}], [2, ok("group", 1)], [2, completed()]],
            "t1": [[1, "begin"], [2, {"seen": 0}], [2, cut()]]
        }),
    );
}

#[test]
fn sc5_the_inner_scope_absorbs_when_nothing_around_is_cancelled() {
    check(
        json!([until(
            9,
            1,
            json!([until(2, 2, json!([forever()])), sleep(3)])
        )]),
        json!({ "t0": [
            [0, "begin"], [2, because("scope", 2, "deadline")], [3, {"slept": 3}], [3, ok("scope", 1)],
            [3, completed()]
        ]}),
    );
}

#[test]
fn sc5_the_outer_scope_absorbs_when_both_are_cancelled() {
    check(
        json!([
            until(
                3,
                1,
                json!([
                    until(
                        2,
                        2,
                        json!([finally(3, json!([forever()]), json!([sleep(5)]))])
                    ),
                    sleep(4)
                ])
            ),
            sleep(6)
        ]),
        json!({ "t0": [
            [0, "begin"], [2, because("cleanup", 3, "deadline")], [5, {"slept": 5}], [5, {"cleaned": 3}],
            [5, because("scope", 1, "deadline")], [6, {"slept": 6}], [6, completed()]
        ]}),
    );
}

#[test]
fn sc6_a_body_that_never_waits_after_the_cancel_completes() {
    check(
        json!([scope(1, json!([cancel(1, 1), scope(2, json!([]))]))]),
        json!({ "t0": [
            [0, "begin"], [1, {"cancel": 1}], [1, ok("scope", 2)], [1, ok("scope", 1)], [1, completed()]
        ]}),
    );
}

#[test]
fn sc7_cancelled_before_it_is_entered() {
    check(
        json!([
            cancel(1, 1),
            scope(1, json!([scope(2, json!([])), sleep(2)]))
        ]),
        json!({ "t0": [
            [0, "begin"], [1, {"cancel": 1}], [1, ok("scope", 2)], [1, because("scope", 1, "explicit")],
            [1, completed()]
        ]}),
    );
}

#[test]
fn sc7_a_deadline_that_has_passed() {
    check(
        json!([
            too_late(1, 1, json!([scope(2, json!([])), sleep(2)])),
            too_late(3, 3, json!([]))
        ]),
        json!({ "t0": [
            [0, "begin"], [0, ok("scope", 2)], [0, because("scope", 1, "deadline")], [0, ok("scope", 3)],
            [0, completed()]
        ]}),
    );
}

#[test]
fn sc8_the_reason_is_that_of_the_outermost_cancelled_region() {
    let inner = finally(4, json!([forever()]), json!([sleep(5)]));
    check(
        json!([until(
            3,
            1,
            json!([scope(
                2,
                json!([cancel(2, 2), finally(3, json!([inner]), json!([]))])
            )])
        )]),
        json!({ "t0": [
            [0, "begin"], [2, {"cancel": 2}], [2, because("cleanup", 4, "explicit")], [5, {"slept": 5}],
            [5, {"cleaned": 4}], [5, because("cleanup", 3, "deadline")], [5, {"cleaned": 3}],
            [5, because("scope", 1, "deadline")], [5, completed()]
        ]}),
    );
}

#[test]
fn sc8_the_first_reason_is_kept() {
    check(
        json!([until(
            3,
            1,
            json!([
                cancel(2, 1),
                finally(2, json!([forever()]), json!([sleep(4)]))
            ])
        )]),
        json!({ "t0": [
            [0, "begin"], [2, {"cancel": 1}], [2, because("cleanup", 2, "explicit")], [4, {"slept": 4}],
            [4, {"cleaned": 2}], [4, because("scope", 1, "explicit")], [4, completed()]
        ]}),
    );
}

#[test]
fn sc9_a_cancel_reaches_nested_tasks() {
    let inner = group(3, json!([spawn(2, 3, 2, json!([forever()])), forever()]));
    check(
        json!([until(
            4,
            1,
            json!([group(2, json!([spawn(1, 2, 1, json!([inner])), forever()]))])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [4, because("scope", 1, "deadline")], [4, completed()]],
            "t1": [[1, "begin"], [2, {"spawn": 2}], [4, cut()]],
            "t2": [[2, "begin"], [4, cut()]]
        }),
    );
}

#[test]
fn sc11_the_effective_deadline_ends_at_a_shield() {
    check(
        json!([until(
            9,
            1,
            json!([until(
                5,
                2,
                json!([
                    state(1),
                    shield(3, json!([state(2), until(7, 4, json!([state(3)]))]))
                ])
            )])
        )]),
        json!({ "t0": [
            [0, "begin"], [1, {"state": [false, 5]}], [2, {"state": [false, null]}], [3, {"state": [false, 7]}],
            [3, ok("scope", 4)], [3, ok("shield", 3)], [3, ok("scope", 2)], [3, ok("scope", 1)], [3, completed()]
        ]}),
    );
}
