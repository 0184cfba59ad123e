//! PR: locks.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn pr1_a_lock_goes_on_in_order_also_from_a_block_that_is_cut() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([lock(2, json!([forever()]))])),
            spawn(3, 2, 2, json!([lock(5, json!([sleep(9)]))])),
            spawn(4, 2, 3, json!([lock(6, json!([]))])),
            cancel_task(7, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}], [7, {"cancel_task": 1}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [7, cut()]],
            "t2": [[3, "begin"], [7, {"locked": 0}], [9, {"slept": 9}], [9, {"unlocked": 0}], [9, completed()]],
            "t3": [[4, "begin"], [9, {"locked": 0}], [9, {"unlocked": 0}], [9, completed()]]
        }),
    );
}

#[test]
fn pr1_who_waits_for_a_lock_and_is_cancelled_is_passed_over() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([lock(2, json!([sleep(9)]))])),
            spawn(
                3,
                2,
                2,
                json!([until(7, 3, json!([lock(5, json!([]))])), sleep(8)])
            ),
            spawn(4, 2, 3, json!([lock(6, json!([]))]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [9, {"slept": 9}], [9, {"unlocked": 0}], [9, completed()]],
            "t2": [[3, "begin"], [7, because("scope", 3, "deadline")], [8, {"slept": 8}], [8, completed()]],
            "t3": [[4, "begin"], [9, {"locked": 0}], [9, {"unlocked": 0}], [9, completed()]]
        }),
    );
}

/// Who holds and who waits are cancelled together: nobody of them is given what the others leave.
#[test]
fn pr1_a_lock_passes_over_all_who_are_cancelled_with_its_holder() {
    check(
        in_group(json!([
            spawn(1, 2, 9, json!([lock(8, json!([]))])),
            scope(
                3,
                json!([group(
                    4,
                    json!([
                        spawn(2, 4, 1, json!([lock(3, json!([forever()]))])),
                        spawn(4, 4, 2, json!([lock(5, json!([]))])),
                        cancel(9, 3),
                        forever()
                    ])
                )])
            )
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 9}], [2, {"spawn": 1}], [4, {"spawn": 2}], [9, {"cancel": 3}],
                [9, because("scope", 3, "explicit")], [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[2, "begin"], [3, {"locked": 0}], [9, cut()]],
            "t2": [[4, "begin"], [9, cut()]],
            "t9": [[1, "begin"], [9, {"locked": 0}], [9, {"unlocked": 0}], [9, completed()]]
        }),
    );
}

/// The cleanup of a block that has the lock runs with it, whatever is cancelled.
#[test]
fn pr1_a_lock_is_held_until_the_cleanup_in_its_block_has_ended() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([lock(
                    2,
                    json!([finally(3, json!([forever()]), json!([sleep(8)]))])
                )])
            ),
            spawn(3, 2, 2, json!([lock(4, json!([]))])),
            cancel_task(5, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"cancel_task": 1}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"locked": 0}], [5, because("cleanup", 3, "explicit")], [8, {"slept": 8}],
                [8, {"cleaned": 3}], [8, cut()]
            ],
            "t2": [[3, "begin"], [8, {"locked": 0}], [8, {"unlocked": 0}], [8, completed()]]
        }),
    );
}

/// The holder sets the event and gives the lock back at one instant: what the first in the queue was granted it does not
/// want any more, and the next one has it.
#[test]
fn pr1_a_lock_that_was_granted_to_one_who_gives_up_goes_on() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([lock(2, json!([set(7, 1)]))])),
            spawn(3, 2, 2, json!([lock_unless(5, 1, json!([])), sleep(8)])),
            spawn(4, 2, 3, json!([lock(6, json!([]))]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [7, {"set": 1}], [7, {"unlocked": 0}], [7, completed()]],
            "t2": [[3, "begin"], [7, {"gave_up": 0}], [8, {"slept": 8}], [8, completed()]],
            "t3": [[4, "begin"], [7, {"locked": 0}], [7, {"unlocked": 0}], [7, completed()]]
        }),
    );
}

#[test]
fn pr1_who_gives_up_before_has_no_place_in_the_queue() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([lock(2, json!([sleep(9)]))])),
            spawn(3, 2, 2, json!([lock_unless(5, 1, json!([]))])),
            spawn(4, 2, 3, json!([lock(6, json!([]))])),
            set(7, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}], [7, {"set": 1}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [9, {"slept": 9}], [9, {"unlocked": 0}], [9, completed()]],
            "t2": [[3, "begin"], [7, {"gave_up": 0}], [7, completed()]],
            "t3": [[4, "begin"], [9, {"locked": 0}], [9, {"unlocked": 0}], [9, completed()]]
        }),
    );
}

/// The event of one is set before it asks: it does not take a lock that is free either.
#[test]
fn pr1_who_has_given_up_before_takes_nothing() {
    check(
        in_group(json!([
            set(1, 1),
            lock_unless(2, 1, json!([])),
            lock(3, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"set": 1}], [2, {"gave_up": 0}], [3, {"locked": 0}], [3, {"unlocked": 0}],
                [3, ok("group", 2)], [3, ok("scope", 1)], [3, completed()]
            ]
        }),
    );
}

#[test]
fn sc4_a_lock_is_not_taken_in_a_cancelled_region() {
    check(
        in_group(json!([
            scope(3, json!([cancel(1, 3), lock_now(json!([sleep(9)]))])),
            lock(2, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"cancel": 3}], [1, because("scope", 3, "explicit")], [2, {"locked": 0}],
                [2, {"unlocked": 0}], [2, ok("group", 2)], [2, ok("scope", 1)], [2, completed()]
            ]
        }),
    );
}

/// Its holder cancels the one who waits and gives the lock back at one instant, in this order: it is passed over.
#[test]
fn sc4_who_is_cancelled_before_the_grant_is_not_given_the_lock() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([lock(2, json!([cancel_task(7, 2)]))])),
            spawn(3, 2, 2, json!([lock(5, json!([]))])),
            spawn(4, 2, 3, json!([lock(6, json!([]))]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"locked": 0}], [7, {"cancel_task": 2}], [7, {"unlocked": 0}], [7, completed()]
            ],
            "t2": [[3, "begin"], [7, cut()]],
            "t3": [[4, "begin"], [7, {"locked": 0}], [7, {"unlocked": 0}], [7, completed()]]
        }),
    );
}

/// A task that locks again waits for itself, until something ends that.
#[test]
fn pr2_a_lock_is_not_given_twice_to_one_task() {
    check(
        in_group(json!([
            lock(
                1,
                json!([until(3, 3, json!([lock(2, json!([]))])), sleep(4)])
            ),
            lock(5, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"locked": 0}], [3, because("scope", 3, "deadline")], [4, {"slept": 4}],
                [4, {"unlocked": 0}], [5, {"locked": 0}], [5, {"unlocked": 0}], [5, ok("group", 2)],
                [5, ok("scope", 1)], [5, completed()]
            ]
        }),
    );
}

/// An error and a panic give the lock back on their way.
#[test]
fn pr2_a_lock_is_given_back_by_an_error() {
    check(
        json!([until(
            14,
            1,
            json!([try_group(
                2,
                json!([
                    spawn(1, 2, 1, json!([lock(2, json!([fail(4, 1)]))])),
                    shield(3, json!([until(8, 4, json!([lock(3, json!([]))]))]))
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"locked": 0}], [4, {"unlocked": 0}], [4, ok("scope", 4)],
                [4, ok("shield", 3)], [4, {"group": [2, {"failed": [1]}]}], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [[1, "begin"], [2, {"locked": 0}], [4, {"end": {"failed": [1]}}]]
        }),
    );
}
