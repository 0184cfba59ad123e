//! CO: blocks that are run together.
//!
//! Programs with their traces, which makes the file longer than others.

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

/// The second is first; the first is shielded and goes on to its end, while the third is cut.
#[test]
fn co4_select_gives_also_what_came_while_the_others_unwound() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "select",
                2,
                [
                    (1, json!([shield(3, json!([sleep(4)]))])),
                    (2, json!([sleep(1)])),
                    (3, json!([forever()]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [4, {"came": [1, 2]}], [4, ok("together", 2)], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[0, "begin"], [4, {"slept": 4}], [4, ok("shield", 3)], [4, completed()]],
            "t2": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t3": [[0, "begin"], [1, cut()]]
        }),
    );
}

#[test]
fn co4_of_several_that_are_ready_when_they_begin_the_first_in_order_is_first() {
    check(
        json!([until(
            14,
            1,
            json!([together(
                "select",
                2,
                [
                    (1, json!([forever()])),
                    (2, json!([scope(3, json!([]))])),
                    (3, json!([scope(4, json!([]))]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [0, {"came": [2]}], [0, ok("together", 2)], [0, ok("scope", 1)], [0, completed()]
            ],
            "t1": [[0, "begin"], [0, cut()]],
            "t2": [[0, "begin"], [0, ok("scope", 3)], [0, completed()]]
        }),
    );
}

#[test]
fn co4_select_that_is_cancelled_from_outside_gives_what_came_all_the_same() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([together(
                    "select",
                    2,
                    [
                        (1, json!([forever()])),
                        (2, json!([shield(4, json!([sleep(6)]))])),
                        (3, json!([shield(5, json!([sleep(5)]))]))
                    ]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [6, {"came": [2, 3]}], [6, ok("together", 2)], [6, ok("scope", 3)],
                [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[0, "begin"], [2, cut()]],
            "t2": [[0, "begin"], [6, {"slept": 6}], [6, ok("shield", 4)], [6, completed()]],
            "t3": [[0, "begin"], [5, {"slept": 5}], [5, ok("shield", 5)], [5, completed()]]
        }),
    );
}

#[test]
fn co3_no_more_than_the_limit_are_at_work_and_they_begin_in_order() {
    check(
        json!([until(
            14,
            1,
            json!([some_together(
                "amap",
                2,
                2,
                [
                    (1, json!([sleep(3)])),
                    (2, json!([sleep(1)])),
                    (3, json!([sleep(2)])),
                    (4, json!([sleep(4)]))
                ]
            )])
        )]),
        json!({
            "t0": [[0, "begin"], [4, ok("together", 2)], [4, ok("scope", 1)], [4, completed()]],
            "t1": [[0, "begin"], [3, {"slept": 3}], [3, completed()]],
            "t2": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t3": [[1, "begin"], [2, {"slept": 2}], [2, completed()]],
            "t4": [[2, "begin"], [4, {"slept": 4}], [4, completed()]]
        }),
    );
}

/// The place of the one that failed is free at once, but nobody begins there.
#[test]
fn co2_the_first_error_keeps_those_that_have_not_begun_from_beginning() {
    check(
        json!([until(
            14,
            1,
            json!([some_together(
                "try_amap",
                2,
                2,
                [
                    (1, json!([shield(3, json!([fail(3, 2)]))])),
                    (2, json!([fail(1, 1)])),
                    (3, json!([sleep(2)]))
                ]
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, {"together": [2, {"failed": [1, 2]}]}], [3, ok("scope", 1)], [3, completed()]
            ],
            "t1": [[0, "begin"], [3, {"end": {"failed": [2]}}]],
            "t2": [[0, "begin"], [1, {"end": {"failed": [1]}}]]
        }),
    );
}

#[test]
fn co2_after_a_cancel_from_outside_no_other_begins_and_the_whole_never_completes() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([some_together(
                    "amap",
                    2,
                    1,
                    [
                        (1, json!([shield(4, json!([sleep(5)]))])),
                        (2, json!([sleep(6)]))
                    ]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [5, because("scope", 3, "deadline")], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[0, "begin"], [5, {"slept": 5}], [5, ok("shield", 4)], [5, completed()]]
        }),
    );
}

#[test]
fn co3_an_error_after_a_cancel_from_outside_is_returned_though_others_have_not_begun() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([some_together(
                    "try_amap",
                    2,
                    1,
                    [
                        (1, json!([shield(4, json!([fail(5, 1)]))])),
                        (2, json!([sleep(6)]))
                    ]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [5, {"together": [2, {"failed": [1]}]}], [5, ok("scope", 3)], [5, ok("scope", 1)],
                [5, completed()]
            ],
            "t1": [[0, "begin"], [5, {"end": {"failed": [1]}}]]
        }),
    );
}

/// Each runs up to its first wait; none of them waits.
#[test]
fn co2_a_cancel_before_the_first_keeps_nobody_from_beginning() {
    check(
        json!([too_late(
            1,
            1,
            json!([
                together(
                    "gather",
                    2,
                    [
                        (1, json!([scope(3, json!([]))])),
                        (2, json!([scope(4, json!([]))]))
                    ]
                ),
                forever()
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [0, ok("together", 2)], [0, because("scope", 1, "deadline")], [0, completed()]
            ],
            "t1": [[0, "begin"], [0, ok("scope", 3)], [0, completed()]],
            "t2": [[0, "begin"], [0, ok("scope", 4)], [0, completed()]]
        }),
    );
}

#[test]
fn co2_a_cancel_before_the_first_lets_those_begin_whose_place_is_free_at_once() {
    check(
        json!([too_late(
            1,
            1,
            json!([
                some_together(
                    "amap",
                    2,
                    1,
                    [
                        (1, json!([scope(3, json!([]))])),
                        (2, json!([scope(4, json!([]))]))
                    ]
                ),
                forever()
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [0, ok("together", 2)], [0, because("scope", 1, "deadline")], [0, completed()]
            ],
            "t1": [[0, "begin"], [0, ok("scope", 3)], [0, completed()]],
            "t2": [[0, "begin"], [0, ok("scope", 4)], [0, completed()]]
        }),
    );
}

#[test]
fn co5_ends_are_taken_in_the_order_they_come() {
    check(
        json!([until(
            14,
            1,
            json!([as_completed(
                2,
                [
                    (1, json!([sleep(3)])),
                    (2, json!([sleep(1)])),
                    (3, json!([sleep(2)]))
                ],
                json!([])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"came": [2]}], [2, {"came": [3]}], [3, {"came": [1]}], [3, ok("together", 2)],
                [3, ok("scope", 1)], [3, completed()]
            ],
            "t1": [[0, "begin"], [3, {"slept": 3}], [3, completed()]],
            "t2": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t3": [[0, "begin"], [2, {"slept": 2}], [2, completed()]]
        }),
    );
}

#[test]
fn co5_arms_go_on_while_the_block_of_the_body_runs() {
    check(
        json!([until(
            14,
            1,
            json!([as_completed(
                2,
                [
                    (1, json!([sleep(3)])),
                    (2, json!([sleep(1)])),
                    (3, json!([sleep(5)]))
                ],
                json!([sleep(4)])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [4, {"slept": 4}], [4, {"came": [2]}], [4, {"came": [1]}], [5, {"came": [3]}],
                [5, ok("together", 2)], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[0, "begin"], [3, {"slept": 3}], [3, completed()]],
            "t2": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t3": [[0, "begin"], [5, {"slept": 5}], [5, completed()]]
        }),
    );
}

#[test]
fn co5_when_enough_are_taken_the_rest_are_cancelled_and_waited_for() {
    let mut program = as_completed(
        2,
        [
            (1, json!([sleep(1)])),
            (
                2,
                json!([finally(3, json!([forever()]), json!([sleep(4)]))]),
            ),
            (3, json!([shield(4, json!([sleep(3)]))])),
        ],
        json!([]),
    );
    program["take"] = json!(1);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [1, {"came": [1]}], [4, ok("together", 2)], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [
                [0, "begin"], [1, because("cleanup", 3, "not_needed")], [4, {"slept": 4}], [4, {"cleaned": 3}],
                [4, cut()]
            ],
            "t3": [[0, "begin"], [3, {"slept": 3}], [3, ok("shield", 4)], [3, completed()]]
        }),
    );
}

#[test]
fn co5_an_end_that_is_not_taken_keeps_its_room() {
    let mut program = as_completed(
        2,
        [(1, json!([sleep(1)])), (2, json!([sleep(5)]))],
        json!([sleep(4)]),
    );
    program["limit"] = json!(1);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [4, {"slept": 4}], [4, {"came": [1]}], [5, {"came": [2]}], [5, ok("together", 2)],
                [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[4, "begin"], [5, {"slept": 5}], [5, completed()]]
        }),
    );
}

/// The first has ended and was not taken, the second ends after the cancel.
#[test]
fn co5_a_body_that_is_cut_is_handed_nothing() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([as_completed(
                    2,
                    [
                        (1, json!([sleep(1)])),
                        (2, json!([shield(4, json!([sleep(5)]))]))
                    ],
                    json!([finally(5, json!([forever()]), json!([sleep(6)]))])
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, because("cleanup", 5, "deadline")], [6, {"slept": 6}], [6, {"cleaned": 5}],
                [6, because("scope", 3, "deadline")], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[0, "begin"], [5, {"slept": 5}], [5, ok("shield", 4)], [5, completed()]]
        }),
    );
}

/// The block of the body is shielded and ends; the ends that are there are not handed over any more.
#[test]
fn co5_in_a_cancelled_region_nothing_is_handed_over() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                2,
                3,
                json!([as_completed(
                    2,
                    [(1, json!([sleep(1)])), (2, json!([forever()]))],
                    json!([shield(4, json!([sleep(5)]))])
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [5, {"slept": 5}], [5, ok("shield", 4)], [5, because("scope", 3, "deadline")],
                [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[0, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn co2_a_panic_of_an_arm_cuts_the_body_that_takes_the_ends() {
    let mut program = as_completed(
        2,
        [
            (1, json!([sleep(1)])),
            (2, json!([panic(2, 1)])),
            (
                3,
                json!([finally(3, json!([forever()]), json!([sleep(4)]))]),
            ),
        ],
        json!([]),
    );
    program["catch"] = json!(true);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [1, {"came": [1]}], [4, {"together": [2, {"panicked": 1}]}], [4, ok("scope", 1)],
                [4, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[0, "begin"], [2, {"end": {"panicked": 1}}]],
            "t3": [
                [0, "begin"], [2, because("cleanup", 3, "sibling")], [4, {"slept": 4}], [4, {"cleaned": 3}],
                [4, cut()]
            ]
        }),
    );
}

/// Their places are free when the body has taken them, after its block.
#[test]
fn co5_those_for_whom_there_is_no_room_begin_when_ends_are_taken() {
    let mut program = as_completed(
        2,
        [
            (1, json!([sleep(1)])),
            (2, json!([sleep(5)])),
            (3, json!([sleep(6)])),
            (4, json!([sleep(7)])),
        ],
        json!([sleep(3)]),
    );
    program["limit"] = json!(2);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [3, {"slept": 3}], [3, {"came": [1]}], [5, {"came": [2]}], [6, {"came": [3]}],
                [7, {"came": [4]}], [7, ok("together", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[0, "begin"], [5, {"slept": 5}], [5, completed()]],
            "t3": [[3, "begin"], [6, {"slept": 6}], [6, completed()]],
            "t4": [[5, "begin"], [7, {"slept": 7}], [7, completed()]]
        }),
    );
}

/// What has ended by then is dropped.
#[test]
fn co5_a_body_that_takes_nothing_settles_when_its_block_ends() {
    let mut program = as_completed(
        2,
        [(1, json!([sleep(1)])), (2, json!([forever()]))],
        json!([sleep(2)]),
    );
    program["take"] = json!(0);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [2, {"slept": 2}], [2, ok("together", 2)], [2, ok("scope", 1)], [2, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [[0, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn co2_a_panic_keeps_those_that_have_not_begun_from_beginning() {
    let mut program = some_together(
        "amap",
        2,
        2,
        [
            (
                1,
                json!([finally(3, json!([forever()]), json!([sleep(4)]))]),
            ),
            (2, json!([panic(1, 1)])),
            (3, json!([sleep(2)])),
        ],
    );
    program["catch"] = json!(true);
    check(
        json!([until(14, 1, json!([program]))]),
        json!({
            "t0": [
                [0, "begin"], [4, {"together": [2, {"panicked": 1}]}], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [
                [0, "begin"], [1, because("cleanup", 3, "sibling")], [4, {"slept": 4}], [4, {"cleaned": 3}],
                [4, cut()]
            ],
            "t2": [[0, "begin"], [1, {"end": {"panicked": 1}}]]
        }),
    );
}

/// Seen from inside it is the cancel from outside that counts, as soon as there is one.
#[test]
fn sc8_those_that_are_not_needed_are_told_of_the_cancel_around_them() {
    check(
        json!([until(
            14,
            1,
            json!([until(
                3,
                2,
                json!([together(
                    "race",
                    4,
                    [
                        (1, json!([sleep(1)])),
                        (
                            2,
                            json!([finally(
                                5,
                                json!([shield(6, json!([sleep(4)])), forever()]),
                                json!([])
                            )])
                        ),
                        (3, json!([finally(7, json!([forever()]), json!([]))]))
                    ]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [4, {"won": 1}], [4, ok("together", 4)], [4, ok("scope", 2)], [4, ok("scope", 1)],
                [4, completed()]
            ],
            "t1": [[0, "begin"], [1, {"slept": 1}], [1, completed()]],
            "t2": [
                [0, "begin"], [4, {"slept": 4}], [4, ok("shield", 6)], [4, because("cleanup", 5, "deadline")],
                [4, {"cleaned": 5}], [4, cut()]
            ],
            "t3": [[0, "begin"], [1, because("cleanup", 7, "not_needed")], [1, {"cleaned": 7}], [1, cut()]]
        }),
    );
}

/// The last one at work cancels what is around and ends: a value beats that.
#[test]
fn co2_a_cancel_is_too_late_when_all_end_with_it() {
    check(
        json!([until(
            14,
            1,
            json!([scope(
                3,
                json!([together(
                    "gather",
                    2,
                    [(1, json!([cancel(2, 3)])), (2, json!([sleep(1)]))]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, ok("together", 2)], [2, ok("scope", 3)], [2, ok("scope", 1)], [2, completed()]
            ],
            "t1": [[0, "begin"], [2, {"cancel": 3}], [2, completed()]],
            "t2": [[0, "begin"], [1, {"slept": 1}], [1, completed()]]
        }),
    );
}

#[test]
fn co2_who_cancels_what_is_around_keeps_the_next_one_from_beginning() {
    check(
        json!([until(
            14,
            1,
            json!([scope(
                3,
                json!([some_together(
                    "amap",
                    2,
                    1,
                    [(1, json!([cancel(2, 3)])), (2, json!([sleep(1)]))]
                )])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, because("scope", 3, "explicit")], [2, ok("scope", 1)], [2, completed()]
            ],
            "t1": [[0, "begin"], [2, {"cancel": 3}], [2, completed()]]
        }),
    );
}
