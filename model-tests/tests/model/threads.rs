//! TH: blocking calls.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn th2_th6_a_running_call_holds_and_its_sleeps_are_cut() {
    check(
        json!([until(
            3,
            1,
            json!([
                blocking(1, 2, json!([look(), sleep(2), sleep(4), look(), sleep(5)])),
                scope(3, json!([])),
                sleep(6)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [3, {"returned": 2}], [3, ok("scope", 3)], [3, because("scope", 1, "deadline")],
                [3, completed()]
            ],
            "b2": [
                [1, "begin"], [1, {"check": false}], [2, {"slept": 2}], [3, {"cut": 4}], [3, {"check": true}],
                [3, {"cut": 5}], [3, "ended"]
            ]
        }),
    );
}

#[test]
fn th2_a_call_inside_a_shield_sees_no_cancel() {
    check(
        json!([until(
            2,
            1,
            json!([shield(
                2,
                json!([blocking(1, 3, json!([sleep(4), look()]))])
            )])
        )]),
        json!({
            "t0": [[0, "begin"], [4, {"returned": 3}], [4, ok("shield", 2)], [4, ok("scope", 1)], [4, completed()]],
            "b3": [[1, "begin"], [4, {"slept": 4}], [4, {"check": false}], [4, "ended"]]
        }),
    );
}

#[test]
fn th3_th6_an_abandoned_call_goes_on_until_the_end_of_run_cuts_its_sleeps() {
    check(
        json!([
            until(
                3,
                1,
                json!([abandoned(1, 2, json!([sleep(4), look(), sleep(6), look()]))])
            ),
            sleep(5)
        ]),
        json!({
            "t0": [[0, "begin"], [3, because("scope", 1, "deadline")], [5, {"slept": 5}], [5, completed()]],
            "b2": [
                [1, "begin"], [4, {"slept": 4}], [4, {"check": true}], [5, {"cut": 6}], [5, {"check": true}],
                [5, "ended"]
            ]
        }),
    );
}

#[test]
fn th3_a_call_that_is_not_abandoned_returns() {
    check(
        json!([until(
            9,
            1,
            json!([abandoned(1, 2, json!([sleep(4)])), sleep(5)])
        )]),
        json!({
            "t0": [[0, "begin"], [4, {"returned": 2}], [5, {"slept": 5}], [5, ok("scope", 1)], [5, completed()]],
            "b2": [[1, "begin"], [4, {"slept": 4}], [4, "ended"]]
        }),
    );
}
