//! PR: barriers.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn pr2_a_barrier_lets_two_go_on_together_and_is_as_new() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([meet(2), meet(6)])),
            meet(4),
            meet(8)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"met": [0, true]}], [8, {"met": [0, true]}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [4, {"met": [0, false]}], [8, {"met": [0, false]}], [8, completed()]]
        }),
    );
}

#[test]
fn pr2_who_is_cancelled_has_not_come() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([until(5, 3, json!([meet(2)])), sleep(10)])),
            spawn(3, 2, 2, json!([meet(6)])),
            meet(8)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [8, {"met": [0, true]}],
                [10, ok("group", 2)], [10, ok("scope", 1)], [10, completed()]
            ],
            "t1": [[1, "begin"], [5, because("scope", 3, "deadline")], [10, {"slept": 10}], [10, completed()]],
            "t2": [[3, "begin"], [8, {"met": [0, false]}], [8, completed()]]
        }),
    );
}

/// Who comes right after it has cancelled the one who waits finds nobody there.
#[test]
fn pr1_who_is_cancelled_at_the_same_instant_is_not_counted() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([meet(2)])),
            cancel_task(4, 1),
            until(
                6,
                3,
                json!([json!({ "op": "meet", "barrier": 0 }), sleep(9)])
            )
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"cancel_task": 1}], [6, because("scope", 3, "deadline")],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [4, cut()]]
        }),
    );
}

#[test]
fn sc4_in_a_cancelled_region_nobody_comes() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([meet(2)])),
            scope(
                3,
                json!([cancel(4, 3), json!({ "op": "meet", "barrier": 0 })])
            ),
            meet(6)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"cancel": 3}], [4, because("scope", 3, "explicit")],
                [6, {"met": [0, true]}], [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [6, {"met": [0, false]}], [6, completed()]]
        }),
    );
}

/// Who has been let through before the cancel goes on to its next wait.
#[test]
fn sc4_who_has_been_let_through_has_passed() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([meet(2), sleep(9)])),
            spawn(
                3,
                2,
                2,
                json!([
                    meet(5),
                    json!({ "op": "hold", "at": 6, "semaphore": 0, "body": [] })
                ])
            ),
            cancel(7, 2),
            forever()
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [7, {"cancel": 2}],
                [7, because("group", 2, "explicit")], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [5, {"met": [0, false]}], [7, cut()]],
            "t2": [
                [3, "begin"], [5, {"met": [0, true]}], [6, {"acquired": 0}], [6, {"released": 0}], [6, completed()]
            ]
        }),
    );
}
