//! TG: task groups.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn tg1_a_group_returns_when_every_child_has_ended() {
    check(
        json!([group(
            1,
            json!([spawn(1, 1, 1, json!([sleep(4)])), sleep(2)])
        )]),
        json!({
            "t0": [[0, "begin"], [1, {"spawn": 1}], [2, {"slept": 2}], [4, ok("group", 1)], [4, completed()]],
            "t1": [[1, "begin"], [4, {"slept": 4}], [4, completed()]]
        }),
    );
}

#[test]
fn tg2_children_spawn_while_the_host_waits_and_are_refused_after() {
    let late = json!([
        spawn(3, 2, 2, json!([sleep(4)])),
        spawn(5, 2, 3, json!([])),
        join(3, 6)
    ]);
    check(
        json!([group(
            1,
            json!([
                group(
                    2,
                    json!([
                        spawn(1, 1, 1, late),
                        spawn(2, 2, 4, json!([set(7, 0), sleep(3)]))
                    ])
                ),
                sleep(8)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 4}], [19, ok("group", 2)], [24, {"slept": 8}],
                [24, ok("group", 1)], [24, completed()]
            ],
            "t1": [
                [1, "begin"], [3, {"spawn": 2}], [5, {"spawn": 3}], [6, {"joined": [3, "completed"]}], [6, completed()]
            ],
            "t2": [[3, "begin"], [4, {"slept": 4}], [4, completed()]],
            "t3": [[5, "begin"], [5, completed()]],
            "t4": [[2, "begin"], [7, {"set": 0}], [19, {"slept": 3}], [19, completed()]]
        }),
    );
    check(
        json!([group(
            1,
            json!([
                group(
                    2,
                    json!([
                        spawn(1, 1, 1, json!([spawn(3, 2, 2, json!([])), join(2, 6)])),
                        sleep(2)
                    ])
                ),
                sleep(8)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"slept": 2}], [2, ok("group", 2)], [8, {"slept": 8}],
                [8, ok("group", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [3, {"refused": 2}], [6, {"joined": [2, "unknown"]}], [6, completed()]]
        }),
    );
}

#[test]
fn tg3_a_child_spawned_into_a_cancelled_group_runs_up_to_its_first_wait() {
    let child = json!([scope(9, json!([])), forever()]);
    check(
        json!([group(
            1,
            json!([
                spawn(1, 1, 1, json!([shield(2, json!([spawn(3, 1, 2, child)]))])),
                cancel(2, 1),
                forever()
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"cancel": 1}], [3, because("group", 1, "explicit")],
                [3, completed()]
            ],
            "t1": [[1, "begin"], [3, {"spawn": 2}], [3, ok("shield", 2)], [3, completed()]],
            "t2": [[3, "begin"], [3, ok("scope", 9)], [3, cut()]]
        }),
    );
}

#[test]
fn tg9_an_empty_group_in_a_cancelled_region() {
    check(
        json!([too_late(1, 1, json!([group(2, json!([])), forever()]))]),
        json!({ "t0": [[0, "begin"], [0, ok("group", 2)], [0, because("scope", 1, "deadline")], [0, completed()]] }),
    );
}

#[test]
fn tg10_daemons_are_cancelled_when_only_they_are_left_and_may_still_spawn() {
    let helper = json!([finally(
        2,
        json!([shield(3, json!([spawn(5, 1, 3, json!([]))])), forever()]),
        json!([])
    )]);
    check(
        json!([group(
            1,
            json!([
                daemon(1, 1, 1, helper),
                spawn(2, 1, 2, json!([sleep(4)])),
                sleep(3)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, {"slept": 3}], [5, ok("group", 1)],
                [5, completed()]
            ],
            "t1": [
                [1, "begin"], [5, {"spawn": 3}], [5, ok("shield", 3)], [5, because("cleanup", 2, "shutdown")],
                [5, {"cleaned": 2}], [5, cut()]
            ],
            "t2": [[2, "begin"], [4, {"slept": 4}], [4, completed()]],
            "t3": [[5, "begin"], [5, completed()]]
        }),
    );
}

#[test]
fn tg11_further_children_wait_in_order_and_end_unpolled_when_cancelled() {
    check(
        json!([limited(
            1,
            1,
            json!([
                spawn(1, 1, 1, json!([sleep(9)])),
                spawn(2, 1, 2, json!([])),
                spawn(3, 1, 3, json!([sleep(10)])),
                daemon(4, 1, 4, json!([sleep(11)])),
                cancel_task(5, 2),
                join(2, 6)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, {"spawn": 3}], [4, {"spawn": 4}],
                [5, {"cancel_task": 2}], [6, {"joined": [2, "cancelled"]}], [10, ok("group", 1)], [10, completed()]
            ],
            "t1": [[1, "begin"], [9, {"slept": 9}], [9, completed()]],
            "t3": [[9, "begin"], [10, {"slept": 10}], [10, completed()]],
            "t4": [[4, "begin"], [10, cut()]]
        }),
    );
}

#[test]
fn tg11_a_failure_cancels_the_waiting_ones_before_a_place_is_free() {
    check(
        json!([{ "op": "group", "id": 1, "failing": true, "catch": true, "limit": 1, "body": [
            spawn(1, 1, 1, json!([fail(3, 7)])), spawn(2, 1, 2, json!([])), sleep(4)
        ]}]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, {"group": [1, {"failed": [7]}]}],
                [3, completed()]
            ],
            "t1": [[1, "begin"], [3, {"end": {"failed": [7]}}]]
        }),
    );
}

#[test]
fn tg11_zero_starts_nobody() {
    check(
        json!([until(
            3,
            1,
            json!([limited(
                0,
                2,
                json!([
                    spawn(1, 2, 1, json!([])),
                    daemon(2, 2, 2, json!([forever()]))
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [3, because("scope", 1, "deadline")],
                [3, completed()]
            ],
            "t2": [[2, "begin"], [3, cut()]]
        }),
    );
}

#[test]
fn tg12_a_local_group_follows_the_same_rules() {
    check(
        json!([{ "op": "group", "id": 1, "failing": true, "local": true, "catch": true, "body": [
            spawn(1, 1, 1, json!([finally(2, json!([forever()]), json!([sleep(5)]))])),
            spawn(2, 1, 2, json!([fail(3, 9)])),
            shield(3, json!([sleep(4)])),
            forever()
        ]}]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [4, {"slept": 4}], [4, ok("shield", 3)],
                [5, {"group": [1, {"failed": [9]}]}], [5, completed()]
            ],
            "t1": [
                [1, "begin"], [3, because("cleanup", 2, "sibling")], [5, {"slept": 5}], [5, {"cleaned": 2}], [5, cut()]
            ],
            "t2": [[2, "begin"], [3, {"end": {"failed": [9]}}]]
        }),
    );
}
