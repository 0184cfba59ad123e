//! SH: shields.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn sh1_sh2_a_shield_runs_to_completion_and_leaving_it_is_no_checkpoint() {
    check(
        json!([until(
            2,
            1,
            json!([shield(2, json!([sleep(4)])), scope(3, json!([])), sleep(5)])
        )]),
        json!({ "t0": [
            [0, "begin"], [4, {"slept": 4}], [4, ok("shield", 2)], [4, ok("scope", 3)],
            [4, because("scope", 1, "deadline")], [4, completed()]
        ]}),
    );
}

#[test]
fn sh1_scopes_inside_a_shield_work_as_usual() {
    check(
        json!([until(
            2,
            1,
            json!([shield(
                2,
                json!([until(3, 3, json!([forever()])), sleep(4)])
            )])
        )]),
        json!({ "t0": [
            [0, "begin"], [3, because("scope", 3, "deadline")], [4, {"slept": 4}], [4, ok("shield", 2)],
            [4, ok("scope", 1)], [4, completed()]
        ]}),
    );
}

#[test]
fn sh3_the_grace_period_starts_with_the_cancel() {
    check(
        json!([until(
            2,
            1,
            json!([
                shield_for(0, 3, 2, json!([forever()])),
                scope(3, json!([])),
                sleep(5)
            ])
        )]),
        json!({ "t0": [
            [0, "begin"], ["2+8", because("shield", 2, "deadline")], ["2+8", ok("scope", 3)],
            ["2+8", because("scope", 1, "deadline")], ["2+8", completed()]
        ]}),
    );
}

#[test]
fn sh3_in_a_cancelled_region_the_grace_period_starts_at_once() {
    check(
        json!([scope(
            1,
            json!([
                cancel(1, 1),
                shield_for(1, 0, 2, json!([state(2), sleep(1)]))
            ])
        )]),
        json!({ "t0": [
            [0, "begin"], [1, {"cancel": 1}], [2, {"state": [false, "17+1"]}], [17, {"slept": 1}],
            [17, ok("shield", 2)], [17, ok("scope", 1)], [17, completed()]
        ]}),
    );
}

#[test]
fn sh3_without_a_cancel_there_is_no_grace_period() {
    check(
        json!([until(
            9,
            1,
            json!([shield_for(0, 3, 2, json!([sleep(4), state(5)]))])
        )]),
        json!({ "t0": [
            [0, "begin"], [4, {"slept": 4}], [5, {"state": [false, null]}], [5, ok("shield", 2)], [5, ok("scope", 1)],
            [5, completed()]
        ]}),
    );
}

#[test]
fn sh4_restore_absorbs_and_the_shielded_body_goes_on() {
    check(
        json!([until(
            2,
            1,
            json!([
                shield(
                    2,
                    json!([restore(3, json!([state(1), forever()])), sleep(4)])
                ),
                sleep(5)
            ])
        )]),
        json!({ "t0": [
            [0, "begin"], [1, {"state": [false, 2]}], [2, because("restore", 3, "deadline")], [4, {"slept": 4}],
            [4, ok("shield", 2)], [4, because("scope", 1, "deadline")], [4, completed()]
        ]}),
    );
}

#[test]
fn sh4_restore_undoes_only_its_own_shield() {
    check(
        json!([until(
            2,
            1,
            json!([shield(
                2,
                json!([shield(3, json!([restore(4, json!([sleep(4)]))]))])
            )])
        )]),
        json!({ "t0": [
            [0, "begin"], [4, {"slept": 4}], [4, ok("restore", 4)], [4, ok("shield", 3)], [4, ok("shield", 2)],
            [4, ok("scope", 1)], [4, completed()]
        ]}),
    );
}

#[test]
fn sh4_restore_entered_when_the_outside_is_cancelled() {
    check(
        json!([until(
            2,
            1,
            json!([shield(
                2,
                json!([sleep(3), restore(4, json!([scope(5, json!([])), sleep(4)]))])
            )])
        )]),
        json!({ "t0": [
            [0, "begin"], [3, {"slept": 3}], [3, ok("scope", 5)], [3, because("restore", 4, "deadline")],
            [3, ok("shield", 2)], [3, ok("scope", 1)], [3, completed()]
        ]}),
    );
}

#[test]
fn sh4_a_scope_around_the_restore_absorbs_when_both_are_cancelled() {
    let body = json!([
        cancel(1, 3),
        restore(
            4,
            json!([finally(5, json!([forever()]), json!([sleep(6)]))])
        ),
        sleep(7)
    ]);
    check(
        json!([until(
            2,
            1,
            json!([shield(2, json!([scope(3, body), sleep(8)]))])
        )]),
        json!({ "t0": [
            [0, "begin"], [1, {"cancel": 3}], [1, because("cleanup", 5, "explicit")], [6, {"slept": 6}],
            [6, {"cleaned": 5}], [6, because("scope", 3, "explicit")], [8, {"slept": 8}], [8, ok("shield", 2)],
            [8, ok("scope", 1)], [8, completed()]
        ]}),
    );
}

#[test]
fn sh6_tg8_tg5_a_shield_does_not_protect_what_its_body_spawns_outside() {
    // The body has a value, but the time-out around the group has killed the work: the value is dropped.
    check(
        json!([until(
            3,
            1,
            json!([
                group(
                    2,
                    json!([shield(
                        3,
                        json!([spawn(1, 2, 1, json!([forever()])), sleep(4)])
                    )])
                ),
                scope(5, json!([]))
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"slept": 4}], [4, ok("shield", 3)],
                [4, because("scope", 1, "deadline")], [4, completed()]
            ],
            "t1": [[1, "begin"], [3, cut()]]
        }),
    );
}

#[test]
fn sh4_in_a_cleanup_the_outside_is_that_of_the_cleanup() {
    let cleanup = json!([restore(4, json!([sleep(3)])), sleep(4)]);
    check(
        json!([until(
            9,
            1,
            json!([shield(
                2,
                json!([until(
                    2,
                    5,
                    json!([finally(3, json!([forever()]), cleanup)])
                )])
            )])
        )]),
        json!({ "t0": [
            [0, "begin"], [2, because("cleanup", 3, "deadline")], [2, because("restore", 4, "deadline")],
            [4, {"slept": 4}], [4, {"cleaned": 3}], [4, because("scope", 5, "deadline")], [4, ok("shield", 2)],
            [4, ok("scope", 1)], [4, completed()]
        ]}),
    );
}
