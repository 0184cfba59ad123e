//! TG4 to TG7: what a group makes of how its body and its tasks have ended.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn tg4_tg5_the_first_error_cancels_and_none_is_lost() {
    let sibling = json!([finally(
        3,
        json!([shield(4, json!([fail(4, 1)]))]),
        json!([])
    )]);
    check(
        json!([try_group(
            1,
            json!([
                spawn(1, 1, 1, json!([fail(3, 5)])),
                spawn(2, 1, 2, sibling),
                finally(5, json!([forever()]), json!([]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, because("cleanup", 5, "sibling")],
                [3, {"cleaned": 5}], [4, {"group": [1, {"failed": [1, 5]}]}], [4, completed()]
            ],
            "t1": [[1, "begin"], [3, {"end": {"failed": [5]}}]],
            "t2": [[2, "begin"], [4, ok("cleanup", 3)], [4, {"cleaned": 3}], [4, {"end": {"failed": [1]}}]]
        }),
    );
}

#[test]
fn tg4_an_error_of_the_body_cancels_the_children_and_passes_on_flattened() {
    check(
        json!([try_group(
            1,
            json!([
                scope(
                    3,
                    json!([passing_group(
                        2,
                        json!([spawn(1, 2, 1, json!([forever()])), fail(2, 5)])
                    )])
                ),
                sleep(4)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"group": [2, {"failed": [5]}]}],
                [2, {"group": [1, {"failed": [5]}]}], [2, completed()]
            ],
            "t1": [[1, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn tg5_own_cancel_with_the_body_cut_short_is_cancelled() {
    check(
        json!([group(1, json!([cancel(1, 1), forever()])), sleep(2)]),
        json!({ "t0": [
            [0, "begin"], [1, {"cancel": 1}], [1, because("group", 1, "explicit")], [2, {"slept": 2}], [2, completed()]
        ]}),
    );
}

#[test]
fn tg5_the_bodys_value_stands_when_its_own_cancel_ended_children() {
    check(
        json!([group(
            1,
            json!([spawn(1, 1, 1, json!([forever()])), cancel(2, 1)])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [2, {"cancel": 1}], [2, ok("group", 1)], [2, completed()]],
            "t1": [[1, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn tg5_the_value_stands_when_every_child_ended_by_itself() {
    check(
        json!([until(
            3,
            1,
            json!([
                group(
                    2,
                    json!([spawn(1, 2, 1, json!([shield(3, json!([sleep(4)]))]))])
                ),
                scope(4, json!([])),
                sleep(5)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, ok("group", 2)], [4, ok("scope", 4)],
                [4, because("scope", 1, "deadline")], [4, completed()]
            ],
            "t1": [[1, "begin"], [4, {"slept": 4}], [4, ok("shield", 3)], [4, completed()]]
        }),
    );
}

#[test]
fn tg5_the_value_stands_when_a_child_was_ended_by_its_own_handle() {
    check(
        json!([until(
            4,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([forever()])),
                    spawn(2, 2, 2, json!([shield(3, json!([sleep(5)]))])),
                    cancel_task(3, 1)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, {"cancel_task": 1}], [5, ok("group", 2)],
                [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[1, "begin"], [3, cut()]],
            "t2": [[2, "begin"], [5, {"slept": 5}], [5, ok("shield", 3)], [5, completed()]]
        }),
    );
}

#[test]
fn tg6_a_panic_beats_errors_and_is_resumed_when_the_group_has_drained() {
    check(
        json!([try_group(
            1,
            json!([
                spawn(1, 1, 1, json!([panic(3, 7)])),
                spawn(2, 1, 2, json!([shield(2, json!([fail(4, 1)]))])),
                forever()
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [4, {"group": [1, {"panicked": 7}]}],
                [4, completed()]
            ],
            "t1": [[1, "begin"], [3, {"end": {"panicked": 7}}]],
            "t2": [[2, "begin"], [4, {"end": {"failed": [1]}}]]
        }),
    );
}

#[test]
fn tg6_an_uncaught_panic_ends_the_run() {
    check(
        json!([
            scope(
                2,
                json!([group(
                    1,
                    json!([spawn(1, 1, 1, json!([forever()])), panic(2, 7)])
                )])
            ),
            sleep(3)
        ]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"group": [1, {"panicked": 7}]}], [2, {"end": {"panicked": 7}}]
            ],
            "t1": [[1, "begin"], [2, cut()]]
        }),
    );
}

#[test]
fn tg7_an_error_in_a_group_cancelled_from_outside_is_reported_by_it() {
    check(
        json!([until(
            2,
            1,
            json!([
                try_group(
                    2,
                    json!([
                        spawn(1, 2, 1, json!([shield(3, json!([fail(3, 4)]))])),
                        forever()
                    ])
                ),
                scope(4, json!([])),
                sleep(5)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"group": [2, {"failed": [4]}]}], [3, ok("scope", 4)],
                [3, because("scope", 1, "deadline")], [3, completed()]
            ],
            "t1": [[1, "begin"], [3, {"end": {"failed": [4]}}]]
        }),
    );
}

#[test]
fn tg5_a_daemon_that_is_ended_by_a_region_around_counts() {
    // The restore lets the body end at the very instant of the cancel, so the group closes as well.
    check(
        json!([until(
            3,
            1,
            json!([group(
                2,
                json!([
                    daemon(1, 2, 1, json!([forever()])),
                    shield(3, json!([restore(4, json!([forever()]))]))
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, because("restore", 4, "deadline")], [3, ok("shield", 3)],
                [3, because("scope", 1, "deadline")], [3, completed()]
            ],
            "t1": [[1, "begin"], [3, cut()]]
        }),
    );
}

#[test]
fn tg5_what_reached_a_child_first_has_ended_it() {
    let held = || json!([shield(3, json!([sleep(5)])), forever()]);
    // First its own handle, then the time-out.
    check(
        json!([until(
            4,
            1,
            json!([group(2, json!([spawn(1, 2, 1, held()), cancel_task(2, 1)]))])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"cancel_task": 1}], [5, ok("group", 2)], [5, ok("scope", 1)],
                [5, completed()]
            ],
            "t1": [[1, "begin"], [5, {"slept": 5}], [5, ok("shield", 3)], [5, cut()]]
        }),
    );
    // First the time-out, then its own handle.
    let late = shield(4, json!([cancel_task(3, 1)]));
    check(
        json!([until(
            2,
            1,
            json!([group(2, json!([spawn(1, 2, 1, held()), late]))])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"cancel_task": 1}], [3, ok("shield", 4)],
                [5, because("scope", 1, "deadline")], [5, completed()]
            ],
            "t1": [[1, "begin"], [5, {"slept": 5}], [5, ok("shield", 3)], [5, cut()]]
        }),
    );
}

#[test]
fn tg5_own_cancel_and_then_one_around_passes_on() {
    let held = json!([shield(3, json!([sleep(5)]))]);
    check(
        json!([until(
            3,
            1,
            json!([
                group(2, json!([spawn(1, 2, 1, held), cancel(2, 2), forever()])),
                sleep(6)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"cancel": 2}], [5, because("scope", 1, "deadline")],
                [5, completed()]
            ],
            "t1": [[1, "begin"], [5, {"slept": 5}], [5, ok("shield", 3)], [5, completed()]]
        }),
    );
}
