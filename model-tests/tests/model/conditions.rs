//! PR: conditions.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn pr2_who_waits_to_be_told_gives_the_lock_away_and_has_it_again() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([watch(2, json!([sleep(4)]), json!([sleep(9)]))])
            ),
            spawn(3, 2, 2, json!([lock(5, json!([notify(6), sleep(7)]))])),
            lock(8, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [9, {"locked": 0}], [9, {"unlocked": 0}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"locked": 0}], [4, {"slept": 4}], [7, {"told": 0}], [9, {"slept": 9}],
                [9, {"unlocked": 0}], [9, completed()]
            ],
            "t2": [
                [3, "begin"], [5, {"locked": 0}], [6, {"notify": [0, 1]}], [7, {"slept": 7}], [7, {"unlocked": 0}],
                [7, completed()]
            ]
        }),
    );
}

#[test]
fn pr1_who_has_waited_longest_is_told_first() {
    check(
        in_group(json!([
            notify(1),
            spawn(2, 2, 1, json!([watch(3, json!([]), json!([]))])),
            spawn(4, 2, 2, json!([watch(5, json!([]), json!([]))])),
            notify(6),
            notify_all(7),
            notify_all(8)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"notify": [0, 0]}], [2, {"spawn": 1}], [4, {"spawn": 2}], [6, {"notify": [0, 1]}],
                [7, {"notify": [0, 1]}], [8, {"notify": [0, 0]}], [8, ok("group", 2)], [8, ok("scope", 1)],
                [8, completed()]
            ],
            "t1": [[2, "begin"], [3, {"locked": 0}], [6, {"told": 0}], [6, {"unlocked": 0}], [6, completed()]],
            "t2": [[4, "begin"], [5, {"locked": 0}], [7, {"told": 0}], [7, {"unlocked": 0}], [7, completed()]]
        }),
    );
}

/// It does not wait for the lock to be cancelled.
#[test]
fn pr2_who_is_cancelled_does_not_take_the_lock_again() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([until(
                    7,
                    3,
                    json!([finally(
                        4,
                        json!([watch(2, json!([]), json!([]))]),
                        json!([sleep(8)])
                    )])
                )])
            ),
            lock(3, json!([sleep(9)])),
            notify(10)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"locked": 0}], [9, {"slept": 9}], [9, {"unlocked": 0}],
                [10, {"notify": [0, 0]}], [10, ok("group", 2)], [10, ok("scope", 1)], [10, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"locked": 0}], [7, because("cleanup", 4, "deadline")], [8, {"slept": 8}],
                [8, {"cleaned": 4}], [8, because("scope", 3, "deadline")], [8, completed()]
            ]
        }),
    );
}

/// The first is told, and cancelled while it waits for the lock: the second has the notice.
#[test]
fn pr2_a_notice_of_one_who_is_cancelled_goes_to_the_next() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([watch(2, json!([]), json!([]))])),
            spawn(3, 2, 2, json!([watch(4, json!([]), json!([]))])),
            lock(5, json!([notify(6), cancel_task(8, 1), sleep(9)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"locked": 0}], [6, {"notify": [0, 1]}],
                [8, {"cancel_task": 1}], [9, {"slept": 9}], [9, {"unlocked": 0}], [9, ok("group", 2)],
                [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [8, cut()]],
            "t2": [[3, "begin"], [4, {"locked": 0}], [9, {"told": 0}], [9, {"unlocked": 0}], [9, completed()]]
        }),
    );
}

/// A notice that comes when the first is cancelled already is not for it.
#[test]
fn pr1_who_is_cancelled_is_not_told() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([until(5, 3, json!([watch(2, json!([]), json!([]))]))])
            ),
            spawn(3, 2, 2, json!([watch(4, json!([]), json!([]))])),
            notify(6)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [6, {"notify": [0, 1]}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [5, because("scope", 3, "deadline")], [5, completed()]],
            "t2": [[3, "begin"], [4, {"locked": 0}], [6, {"told": 0}], [6, {"unlocked": 0}], [6, completed()]]
        }),
    );
}

/// It keeps the lock until it is dropped, and is told nothing.
#[test]
fn sc4_in_a_cancelled_region_nobody_waits_to_be_told() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([lock(4, json!([]))])),
            scope(3, json!([watch(2, json!([cancel(5, 3)]), json!([]))])),
            notify(6)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"locked": 0}], [5, {"cancel": 3}],
                [5, because("scope", 3, "explicit")], [6, {"notify": [0, 0]}], [6, ok("group", 2)],
                [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [5, {"locked": 0}], [5, {"unlocked": 0}], [5, completed()]]
        }),
    );
}
