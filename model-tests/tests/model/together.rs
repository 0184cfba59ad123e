//! CO: blocks that are run together.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn co2_a_race_waits_until_those_that_are_not_needed_are_gone() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "race",
                2,
                [
                    (1, json!([sleep(1)])),
                    (
                        2,
                        json!([finally(3, json!([forever()]), json!([sleep(4)]))])
                    )
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [4, {"won": 1}], [4, ok("together", 2)], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [
                [0, "begin"], [1, because("cleanup", 3, "not_needed")], [4, {"slept": 4}], [4, {"cleaned": 3}],
                [4, cut()]
            ]
        }),
    );
}

#[test]
fn co3_the_first_error_settles_and_later_ones_are_kept() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "try_gather",
                2,
                [
                    (1, json!([fail(1, 1)])),
                    (2, json!([shield(3, json!([fail(2, 2)]))])),
                    (3, json!([sleep(5)]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, {"together": [2, {"failed": [1, 2]}]}], [2, ok("scope", 1)], [2, completed()]
            ],
            "t1": [[0, "begin"], [1, {"end": {"failed": [1]}}]],
            "t2": [[0, "begin"], [2, {"end": {"failed": [2]}}]],
            "t3": [[0, "begin"], [1, cut()]]
        }),
    );
}

#[test]
fn co3_errors_are_returned_after_a_cancel_from_outside_too() {
    check(
        json!([until(
            14,
            1,
            json!([
                until(
                    2,
                    3,
                    json!([together(
                        "try_gather",
                        2,
                        [
                            (1, json!([shield(4, json!([fail(5, 1)]))])),
                            (2, json!([forever()]))
                        ]
                    )])
                ),
                sleep(6)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [5, {"together": [2, {"failed": [1]}]}], [5, ok("scope", 3)], [6, {"slept": 6}],
                [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[0, "begin"], [5, {"end": {"failed": [1]}}]],
            "t2": [[0, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn co4_the_first_success_wins_and_failures_before_it_are_dropped() {
    check(
        json!([until(
            14,
            1,
            json!([
                together(
                    "race_ok",
                    2,
                    [
                        (1, json!([fail(1, 1)])),
                        (2, json!([sleep(2)])),
                        (3, json!([forever()]))
                    ]
                ),
                together(
                    "race_ok",
                    3,
                    [(4, json!([fail(4, 2)])), (5, json!([fail(3, 3)]))]
                )
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, {"won": 2}], [2, ok("together", 2)], [4, {"together": [3, {"failed": [2, 3]}]}],
                [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[0, "begin"], [1, {"end": {"failed": [1]}}]],
            "t2": [[0, "begin"], [2, {"slept": 2}], [2, completed()]],
            "t3": [[0, "begin"], [2, cut()]],
            "t4": [[2, "begin"], [4, {"end": {"failed": [2]}}]],
            "t5": [[2, "begin"], [3, {"end": {"failed": [3]}}]]
        }),
    );
}

#[test]
fn co2_an_outcome_beats_a_cancel_from_outside() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([together(
                    "race",
                    2,
                    [
                        (1, json!([shield(4, json!([sleep(5)]))])),
                        (2, json!([forever()]))
                    ]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [5, {"won": 1}], [5, ok("together", 2)], [5, ok("scope", 3)], [5, ok("scope", 1)],
                [5, completed()]
            ],
            "t1": [[0, "begin"], [5, {"slept": 5}], [5, ok("shield", 4)], [5, completed()]],
            "t2": [[0, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn co2_without_an_outcome_the_whole_never_completes() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([together(
                    "gather",
                    2,
                    [(1, json!([sleep(1)])), (2, json!([forever()]))]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, because("scope", 3, "deadline")], [2, ok("scope", 1)], [2, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[0, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn co2_a_panic_cancels_the_others_and_is_resumed_when_they_are_gone() {
    let mut program = together(
        "gather",
        2,
        [
            (1, json!([panic(1, 1)])),
            (
                2,
                json!([finally(3, json!([forever()]), json!([sleep(4)]))]),
            ),
        ],
    );
    program["catch"] = json!(true);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [4, {"together": [2, {"panicked": 1}]}], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[0, "begin"], [1, {"end": {"panicked": 1}}]],
            "t2": [
                [0, "begin"], [1, because("cleanup", 3, "sibling")], [4, {"slept": 4}], [4, {"cleaned": 3}],
                [4, cut()]
            ]
        }),
    );
}

#[test]
fn co2_an_arm_that_has_not_begun_when_there_is_an_outcome_never_does() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "race",
                2,
                [
                    (1, json!([finally(3, json!([]), json!([]))])),
                    (2, json!([sleep(4)]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [0, {"won": 1}], [0, ok("together", 2)], [0, ok("scope", 1)], [0, completed()]
            ],
            "t1": [[0, "begin"], [0, {"cleanup": [3, "completed"]}], [0, {"cleaned": 3}], [0, completed()]]
        }),
    );
}
