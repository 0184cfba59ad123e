//! PR: values that are made once or given once, and what one at a time may use.
//!
//! Programs with their traces, which makes the file longer than others.

use serde_json::{Value, json};

use super::check;
use super::ops::*;

/// A group whose panic ends with it.
fn catching(id: u32, body: Value) -> Value {
    json!({ "op": "group", "id": id, "catch": true, "body": body })
}

#[test]
fn pr2_who_asks_while_a_value_is_made_has_the_same() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([fill(2, 3, json!([sleep(6)]))])),
            spawn(3, 2, 2, json!([fill(4, 4, json!([sleep(8)]))])),
            spawn(5, 2, 3, json!([fill(7, 5, json!([]))]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 3}], [6, {"slept": 6}], [6, {"got": [3, 3]}], [6, completed()]],
            "t2": [[3, "begin"], [6, {"got": [4, 3]}], [6, completed()]],
            "t3": [[5, "begin"], [7, {"got": [5, 3]}], [7, completed()]]
        }),
    );
}

/// One after the other: the second one that waits has what the first one makes.
#[test]
fn pr2_where_the_maker_fails_the_next_one_makes_the_value() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([try_group(3, json!([fill(2, 4, json!([fail(7, 1)]))]))])
            ),
            spawn(3, 2, 2, json!([fill(4, 5, json!([sleep(8)]))])),
            spawn(5, 2, 3, json!([fill(6, 6, json!([sleep(9)]))]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 4}], [7, {"group": [3, {"failed": [1]}]}], [7, completed()]],
            "t2": [[3, "begin"], [7, {"making": 5}], [8, {"slept": 8}], [8, {"got": [5, 5]}], [8, completed()]],
            "t3": [[5, "begin"], [8, {"got": [6, 5]}], [8, completed()]]
        }),
    );
}

#[test]
fn pr2_where_the_maker_is_cancelled_the_next_one_begins_after_its_cleanup() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([fill(
                    2,
                    3,
                    json!([finally(4, json!([forever()]), json!([sleep(8)]))])
                )])
            ),
            spawn(3, 2, 2, json!([fill(5, 5, json!([sleep(9)]))])),
            cancel_task(6, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [6, {"cancel_task": 1}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"making": 3}], [6, because("cleanup", 4, "explicit")], [8, {"slept": 8}],
                [8, {"cleaned": 4}], [8, cut()]
            ],
            "t2": [[3, "begin"], [8, {"making": 5}], [9, {"slept": 9}], [9, {"got": [5, 5]}], [9, completed()]]
        }),
    );
}

#[test]
fn pr2_where_the_maker_panics_the_next_one_makes_the_value() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([catching(3, json!([fill(2, 4, json!([panic(6, 1)]))]))])
            ),
            spawn(3, 2, 2, json!([fill(4, 5, json!([]))])),
            fill(7, 6, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [7, {"got": [6, 5]}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 4}], [6, {"group": [3, {"panicked": 1}]}], [6, completed()]],
            "t2": [[3, "begin"], [6, {"making": 5}], [6, {"got": [5, 5]}], [6, completed()]]
        }),
    );
}

/// Who makes and who waits are cancelled together: the one behind them makes it.
#[test]
fn pr1_a_value_passes_over_all_who_are_cancelled_with_its_maker() {
    check(
        in_group(json!([
            spawn(1, 2, 9, json!([fill(8, 3, json!([]))])),
            scope(
                4,
                json!([group(
                    5,
                    json!([
                        spawn(2, 5, 1, json!([fill(3, 6, json!([forever()]))])),
                        spawn(4, 5, 2, json!([fill(5, 7, json!([]))])),
                        cancel(9, 4),
                        forever()
                    ])
                )])
            )
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 9}], [2, {"spawn": 1}], [4, {"spawn": 2}], [9, {"cancel": 4}],
                [9, because("scope", 4, "explicit")], [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[2, "begin"], [3, {"making": 6}], [9, cut()]],
            "t2": [[4, "begin"], [9, cut()]],
            "t9": [[1, "begin"], [9, {"making": 3}], [9, {"got": [3, 3]}], [9, completed()]]
        }),
    );
}

/// Who makes it ends with it; who waits has it when it is cancelled for that.
#[test]
fn sc4_who_has_a_value_when_it_is_cancelled_keeps_it() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "select",
                2,
                [
                    (1, json!([fill(2, 3, json!([sleep(6)]))])),
                    (2, json!([fill(4, 4, json!([]))]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [6, {"came": [1, 2]}], [6, ok("together", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[0, "begin"], [2, {"making": 3}], [6, {"slept": 6}], [6, {"got": [3, 3]}], [6, completed()]],
            "t2": [[0, "begin"], [6, {"got": [4, 3]}], [6, completed()]]
        }),
    );
}

/// The error makes the second one the maker, and then cancels it: it goes on to its first wait.
#[test]
fn sc4_who_is_to_make_the_value_when_it_is_cancelled_begins_and_passes_it_on() {
    check(
        in_group(json!([
            spawn(1, 2, 3, json!([fill(6, 3, json!([]))])),
            together(
                "try_gather",
                4,
                [
                    (1, json!([fill(2, 5, json!([fail(7, 1)]))])),
                    (2, json!([fill(4, 6, json!([forever()]))]))
                ]
            )
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 3}], [7, {"together": [4, {"failed": [1]}]}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 5}], [7, {"end": {"failed": [1]}}]],
            "t2": [[1, "begin"], [7, {"making": 6}], [7, cut()]],
            "t3": [[1, "begin"], [7, {"making": 3}], [7, {"got": [3, 3]}], [7, completed()]]
        }),
    );
}

/// Who makes the value cancels the one who waits and is ready at one instant, in this order.
#[test]
fn sc4_who_is_cancelled_before_there_is_a_value_has_none() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([fill(2, 3, json!([cancel_task(7, 2)]))])),
            spawn(3, 2, 2, json!([fill(4, 4, json!([]))])),
            spawn(5, 2, 3, json!([fill(6, 5, json!([]))]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"making": 3}], [7, {"cancel_task": 2}], [7, {"got": [3, 3]}], [7, completed()]
            ],
            "t2": [[3, "begin"], [7, cut()]],
            "t3": [[5, "begin"], [7, {"got": [5, 3]}], [7, completed()]]
        }),
    );
}

/// Who takes the value that it makes itself waits for itself, until something ends that.
#[test]
fn pr2_a_value_has_one_maker_at_a_time() {
    check(
        json!([until(
            14,
            1,
            json!([
                fill(
                    1,
                    3,
                    json!([until(4, 4, json!([fill(2, 5, json!([]))])), sleep(5)])
                ),
                fill(6, 6, json!([]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"making": 3}], [4, because("scope", 4, "deadline")], [5, {"slept": 5}],
                [5, {"got": [3, 3]}], [6, {"got": [6, 3]}], [6, ok("scope", 1)], [6, completed()]
            ]
        }),
    );
}

#[test]
fn pr2_a_flight_that_keeps_nothing_shares_only_what_is_being_made() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([get(2, 0, 1, 3, json!([sleep(6)]))])),
            spawn(3, 2, 2, json!([get(4, 0, 1, 4, json!([]))])),
            get(7, 0, 1, 5, json!([sleep(8)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [7, {"making": 5}], [8, {"slept": 8}],
                [8, {"got": [5, 5]}], [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 3}], [6, {"slept": 6}], [6, {"got": [3, 3]}], [6, completed()]],
            "t2": [[3, "begin"], [6, {"got": [4, 3]}], [6, completed()]]
        }),
    );
}

#[test]
fn pr2_a_flight_that_keeps_one_value_has_it_until_another_key_is_used() {
    check(
        json!([until(
            14,
            1,
            json!([
                get(1, 1, 1, 3, json!([])),
                get(2, 1, 1, 4, json!([])),
                get(3, 1, 2, 5, json!([])),
                get(4, 1, 2, 6, json!([])),
                get(5, 1, 1, 7, json!([]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"making": 3}], [1, {"got": [3, 3]}], [2, {"got": [4, 3]}], [3, {"making": 5}],
                [3, {"got": [5, 5]}], [4, {"got": [6, 5]}], [5, {"making": 7}], [5, {"got": [7, 7]}],
                [5, ok("scope", 1)], [5, completed()]
            ]
        }),
    );
}

#[test]
fn pr2_two_keys_do_not_wait_for_each_other() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([get(2, 0, 1, 3, json!([sleep(6)]))])),
            spawn(3, 2, 2, json!([get(4, 0, 2, 4, json!([]))])),
            get(5, 1, 1, 5, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"making": 5}], [5, {"got": [5, 5]}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 3}], [6, {"slept": 6}], [6, {"got": [3, 3]}], [6, completed()]],
            "t2": [[3, "begin"], [4, {"making": 4}], [4, {"got": [4, 4]}], [4, completed()]]
        }),
    );
}

#[test]
fn pr2_where_the_maker_of_a_key_is_cancelled_the_next_one_makes_it() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([get(2, 0, 1, 3, json!([forever()]))])),
            spawn(3, 2, 2, json!([get(4, 0, 1, 4, json!([sleep(8)]))])),
            spawn(5, 2, 3, json!([get(6, 0, 1, 5, json!([sleep(9)]))])),
            cancel_task(7, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}], [7, {"cancel_task": 1}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 3}], [7, cut()]],
            "t2": [[3, "begin"], [7, {"making": 4}], [8, {"slept": 8}], [8, {"got": [4, 4]}], [8, completed()]],
            "t3": [[5, "begin"], [8, {"got": [5, 4]}], [8, completed()]]
        }),
    );
}

/// An error is not a value: it is neither shared nor kept.
#[test]
fn pr2_a_key_whose_maker_failed_is_made_by_the_next_one_and_kept() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([try_group(3, json!([get(2, 1, 1, 4, json!([fail(6, 1)]))]))])
            ),
            spawn(3, 2, 2, json!([get(4, 1, 1, 5, json!([]))])),
            get(7, 1, 1, 6, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [7, {"got": [6, 5]}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [2, {"making": 4}], [6, {"group": [3, {"failed": [1]}]}], [6, completed()]],
            "t2": [[3, "begin"], [6, {"making": 5}], [6, {"got": [5, 5]}], [6, completed()]]
        }),
    );
}

#[test]
fn pr2_all_who_ask_have_what_was_promised_also_later() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([ask()])),
            spawn(2, 2, 2, json!([ask()])),
            give(3, 5),
            sleep(4),
            ask()
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, {"gave": [0, true]}], [4, {"slept": 4}],
                [4, {"promised": [0, 5]}], [4, ok("group", 2)], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[1, "begin"], [3, {"promised": [0, 5]}], [3, completed()]],
            "t2": [[2, "begin"], [3, {"promised": [0, 5]}], [3, completed()]]
        }),
    );
}

#[test]
fn pr2_a_promise_that_is_broken_is_so_for_all_who_ask() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([ask()])),
            break_promise(3),
            give(4, 5),
            ask()
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"gave": [0, true]}], [4, {"gave": [0, false]}],
                [4, {"promised": [0, null]}], [4, ok("group", 2)], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[1, "begin"], [3, {"promised": [0, null]}], [3, completed()]]
        }),
    );
}

#[test]
fn pr2_only_the_first_who_gives_counts() {
    check(
        json!([until(
            14,
            1,
            json!([give(1, 5), give(2, 6), break_promise(3), ask()])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"gave": [0, true]}], [2, {"gave": [0, false]}], [3, {"gave": [0, false]}],
                [3, {"promised": [0, 5]}], [3, ok("scope", 1)], [3, completed()]
            ]
        }),
    );
}

#[test]
fn pr1_who_is_cancelled_is_not_told_what_was_promised() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([until(3, 3, json!([ask()])), sleep(5)])),
            spawn(2, 2, 2, json!([ask()])),
            give(4, 7)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [4, {"gave": [0, true]}],
                [5, ok("group", 2)], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[1, "begin"], [3, because("scope", 3, "deadline")], [5, {"slept": 5}], [5, completed()]],
            "t2": [[2, "begin"], [4, {"promised": [0, 7]}], [4, completed()]]
        }),
    );
}

/// The one arm keeps the promise and ends; the other one has been told when it is cancelled for that.
#[test]
fn sc4_who_has_been_told_when_it_is_cancelled_goes_on() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "select",
                2,
                [
                    (1, json!([give(3, 7)])),
                    (2, json!([ask()])),
                    (3, json!([ask(), sleep(4)]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, {"came": [1, 2]}], [3, ok("together", 2)], [3, ok("scope", 1)], [3, completed()]
            ],
            "t1": [[0, "begin"], [3, {"gave": [0, true]}], [3, completed()]],
            "t2": [[0, "begin"], [3, {"promised": [0, 7]}], [3, completed()]],
            "t3": [[0, "begin"], [3, {"promised": [0, 7]}], [3, cut()]]
        }),
    );
}

/// The promise has been kept, and is not told in a cancelled region all the same.
#[test]
fn sc4_in_a_cancelled_region_nobody_is_told() {
    check(
        in_group(json!([
            give(1, 7),
            scope(3, json!([cancel(2, 3), ask()])),
            ask()
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"gave": [0, true]}], [2, {"cancel": 3}], [2, because("scope", 3, "explicit")],
                [2, {"promised": [0, 7]}], [2, ok("group", 2)], [2, ok("scope", 1)], [2, completed()]
            ]
        }),
    );
}

#[test]
fn pr2_a_resource_is_busy_while_somebody_uses_it() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([exclusively(2, json!([sleep(6)]))])),
            exclusively(3, json!([sleep(5)])),
            exclusively(7, json!([sleep(8)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"busy": 0}], [7, {"using": 0}], [8, {"slept": 8}],
                [8, {"used": 0}], [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"using": 0}], [6, {"slept": 6}], [6, {"used": 0}], [6, completed()]]
        }),
    );
}

#[test]
fn pr2_a_resource_is_free_when_the_block_that_used_it_is_gone() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([exclusively(
                    2,
                    json!([finally(3, json!([forever()]), json!([sleep(6)]))])
                )])
            ),
            cancel_task(4, 1),
            exclusively(5, json!([])),
            exclusively(7, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"cancel_task": 1}], [5, {"busy": 0}], [7, {"using": 0}],
                [7, {"used": 0}], [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"using": 0}], [4, because("cleanup", 3, "explicit")], [6, {"slept": 6}],
                [6, {"cleaned": 3}], [6, cut()]
            ]
        }),
    );
}

#[test]
fn pr2_a_resource_is_free_after_an_error_and_a_panic() {
    check(
        json!([until(
            14,
            1,
            json!([
                try_group(2, json!([exclusively(1, json!([fail(2, 1)]))])),
                catching(3, json!([exclusively(3, json!([panic(4, 1)]))])),
                exclusively(5, json!([]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"using": 0}], [2, {"group": [2, {"failed": [1]}]}], [3, {"using": 0}],
                [4, {"group": [3, {"panicked": 1}]}], [5, {"using": 0}], [5, {"used": 0}], [5, ok("scope", 1)],
                [5, completed()]
            ]
        }),
    );
}

#[test]
fn pr2_a_resource_is_busy_for_the_task_that_uses_it_too() {
    check(
        json!([until(
            14,
            1,
            json!([exclusively(1, json!([exclusively(2, json!([])), sleep(3)]))])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"using": 0}], [2, {"busy": 0}], [3, {"slept": 3}], [3, {"used": 0}],
                [3, ok("scope", 1)], [3, completed()]
            ]
        }),
    );
}

/// The first to have the value cancels the others, which had it as soon.
#[test]
fn sc4_a_value_is_there_for_all_who_wait_at_once() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "select",
                2,
                [
                    (1, json!([fill(2, 3, json!([sleep(6)]))])),
                    (2, json!([fill(4, 4, json!([]))])),
                    (3, json!([fill(5, 5, json!([]))]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [6, {"came": [1, 2, 3]}], [6, ok("together", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[0, "begin"], [2, {"making": 3}], [6, {"slept": 6}], [6, {"got": [3, 3]}], [6, completed()]],
            "t2": [[0, "begin"], [6, {"got": [4, 3]}], [6, completed()]],
            "t3": [[0, "begin"], [6, {"got": [5, 3]}], [6, completed()]]
        }),
    );
}
