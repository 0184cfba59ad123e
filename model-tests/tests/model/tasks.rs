//! ST and HA: starting, and handles.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn st1_start_returns_when_the_child_says_so() {
    check(
        json!([group(
            1,
            json!([
                start(1, 1, 1, json!([sleep(2), started(3), sleep(7)])),
                join(1, 4),
                sleep(5)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, {"started": 1}], [20, {"joined": [1, "completed"]}], [21, {"slept": 5}],
                [21, ok("group", 1)], [21, completed()]
            ],
            "t1": [[1, "begin"], [2, {"slept": 2}], [3, "ready"], [7, {"slept": 7}], [7, completed()]]
        }),
    );
}

#[test]
fn st2_cancelling_the_caller_cancels_and_awaits_the_child_and_leaves_the_group_alone() {
    check(
        json!([group(
            1,
            json!([
                until(
                    3,
                    2,
                    json!([
                        start(1, 1, 1, json!([shield(3, json!([sleep(4)])), started(5)])),
                        sleep(7)
                    ])
                ),
                spawn(6, 1, 2, json!([sleep(8)]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [4, because("scope", 2, "deadline")], [6, {"spawn": 2}], [8, ok("group", 1)],
                [8, completed()]
            ],
            "t1": [[1, "begin"], [4, {"slept": 4}], [4, ok("shield", 3)], [4, cut()]],
            "t2": [[6, "begin"], [8, {"slept": 8}], [8, completed()]]
        }),
    );
}

#[test]
fn st2_cancelling_the_group_touches_the_child_from_set_on() {
    let starter = json!([
        start(2, 2, 2, json!([sleep(4), started(5), sleep(6)])),
        sleep(7)
    ]);
    check(
        json!([group(
            1,
            json!([
                group(2, json!([spawn(1, 1, 1, starter), cancel(3, 2), forever()])),
                sleep(8)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"cancel": 2}], [5, because("group", 2, "explicit")],
                [8, {"slept": 8}], [8, ok("group", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [5, {"started": 2}], [7, {"slept": 7}], [7, completed()]],
            "t2": [[2, "begin"], [4, {"slept": 4}], [5, "ready"], [5, cut()]]
        }),
    );
}

#[test]
fn st2_after_set_the_callers_cancel_does_not_reach_the_child() {
    check(
        json!([group(
            1,
            json!([until(
                4,
                2,
                json!([start(1, 1, 1, json!([started(3), sleep(5)])), forever()])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, {"started": 1}], [4, because("scope", 2, "deadline")], [5, ok("group", 1)],
                [5, completed()]
            ],
            "t1": [[1, "begin"], [3, "ready"], [5, {"slept": 5}], [5, completed()]]
        }),
    );
}

#[test]
fn st2_in_a_cancelled_region_an_error_is_returned_and_an_end_is_not() {
    let fails = start(1, 1, 1, json!([shield(3, json!([fail(3, 9)]))]));
    check(
        json!([try_group(
            1,
            json!([
                until(2, 2, json!([fails, scope(4, json!([])), sleep(5)])),
                sleep(6)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, {"start_failed": [1, [9]]}], [3, ok("scope", 4)],
                [3, because("scope", 2, "deadline")], [6, {"slept": 6}], [6, ok("group", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [3, {"end": {"failed": [9]}}]]
        }),
    );
    let ends = start(1, 1, 1, json!([shield(3, json!([sleep(3)]))]));
    check(
        json!([group(
            1,
            json!([
                until(2, 2, json!([ends, scope(4, json!([])), sleep(5)])),
                sleep(6)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, because("scope", 2, "deadline")], [6, {"slept": 6}], [6, ok("group", 1)],
                [6, completed()]
            ],
            "t1": [[1, "begin"], [3, {"slept": 3}], [3, ok("shield", 3)], [3, completed()]]
        }),
    );
}

#[test]
fn st3_before_set_the_end_is_the_starters_alone() {
    check(
        json!([try_group(
            1,
            json!([
                start(1, 1, 1, json!([fail(2, 9)])),
                join(1, 7),
                start(3, 1, 2, json!([sleep(4)])),
                start(5, 1, 3, json!([started(6), fail(8, 10)])),
                forever()
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [2, {"start_failed": [1, [9]]}], [7, {"joined": [1, "unknown"]}],
                [20, {"not_started": 2}], [22, {"started": 3}], [24, {"group": [1, {"failed": [10]}]}],
                [24, completed()]
            ],
            "t1": [[1, "begin"], [2, {"end": {"failed": [9]}}]],
            "t2": [[19, "begin"], [20, {"slept": 4}], [20, completed()]],
            "t3": [[21, "begin"], [22, "ready"], [24, {"end": {"failed": [10]}}]]
        }),
    );
}

#[test]
fn st3_a_panic_before_set_is_resumed_in_the_caller_alone() {
    let starter = {
        json!([{ "op": "group", "id": 3, "catch": true, "body": [start(2, 1, 2, json!([panic(3, 7)]))] }])
    };
    check(
        json!([group(1, json!([spawn(1, 1, 1, starter), sleep(5)]))]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [5, {"slept": 5}], [5, ok("group", 1)], [5, completed()]],
            "t1": [[1, "begin"], [3, {"group": [3, {"panicked": 7}]}], [3, completed()]],
            "t2": [[2, "begin"], [3, {"end": {"panicked": 7}}]]
        }),
    );
}

#[test]
fn st3_a_closed_group() {
    check(
        json!([group(
            1,
            json!([
                group(
                    2,
                    json!([spawn(1, 1, 1, json!([start(3, 2, 2, json!([])), sleep(4)]))])
                ),
                sleep(5)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [1, ok("group", 2)], [5, {"slept": 5}], [5, ok("group", 1)],
                [5, completed()]
            ],
            "t1": [[1, "begin"], [3, {"closed": 2}], [4, {"slept": 4}], [4, completed()]]
        }),
    );
}

#[test]
fn ha1_a_handle_tells_how_the_task_ended() {
    let watcher = |task, at| json!([join(task, at)]);
    check(
        json!([group(
            1,
            json!([
                join(1, 8),
                try_group(
                    2,
                    json!([
                        spawn(1, 2, 1, json!([fail(7, 5)])),
                        spawn(2, 2, 2, json!([forever()])),
                        spawn(3, 1, 3, watcher(1, 9)),
                        spawn(4, 1, 4, watcher(2, 10)),
                        forever()
                    ])
                )
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [8, {"joined": [1, "unknown"]}], [17, {"spawn": 1}], [18, {"spawn": 2}],
                [19, {"spawn": 3}], [20, {"spawn": 4}], [23, {"group": [2, {"failed": [5]}]}], [26, ok("group", 1)],
                [26, completed()]
            ],
            "t1": [[17, "begin"], [23, {"end": {"failed": [5]}}]],
            "t2": [[18, "begin"], [23, cut()]],
            "t3": [[19, "begin"], [25, {"joined": [1, "failed"]}], [25, completed()]],
            "t4": [[20, "begin"], [26, {"joined": [2, "cancelled"]}], [26, completed()]]
        }),
    );
}

#[test]
fn ha1_cancel_touches_only_that_task() {
    let child = json!([finally(2, json!([forever()]), json!([]))]);
    check(
        json!([group(
            1,
            json!([
                spawn(1, 1, 1, child),
                spawn(2, 1, 2, json!([sleep(5)])),
                cancel_task(3, 1),
                sleep(4)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, {"cancel_task": 1}], [4, {"slept": 4}],
                [5, ok("group", 1)], [5, completed()]
            ],
            "t1": [[1, "begin"], [3, because("cleanup", 2, "explicit")], [3, {"cleaned": 2}], [3, cut()]],
            "t2": [[2, "begin"], [5, {"slept": 5}], [5, completed()]]
        }),
    );
}

#[test]
fn ha3_a_time_out_around_the_wait_does_not_cancel_the_task() {
    check(
        json!([group(
            1,
            json!([
                spawn(1, 1, 1, json!([sleep(5)])),
                until(3, 2, json!([join(1, 9)]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, because("scope", 2, "deadline")], [5, ok("group", 1)],
                [5, completed()]
            ],
            "t1": [[1, "begin"], [5, {"slept": 5}], [5, completed()]]
        }),
    );
}

#[test]
fn st3_an_end_before_the_cancel_is_granted() {
    // The end of task 2 leaves only the daemon, which was given it before that cancels it (SC4).
    check(
        json!([group(
            1,
            json!([
                daemon(
                    1,
                    1,
                    1,
                    json!([start(2, 1, 2, json!([sleep(4)])), sleep(5)])
                ),
                sleep(3)
            ])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [3, {"slept": 3}], [4, ok("group", 1)], [4, completed()]],
            "t1": [[1, "begin"], [4, {"not_started": 2}], [4, cut()]],
            "t2": [[2, "begin"], [4, {"slept": 4}], [4, completed()]]
        }),
    );
}
