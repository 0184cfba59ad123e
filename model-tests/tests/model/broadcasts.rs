//! MS: items that go to all who listen.
//!
//! Programs with their traces, which makes the file longer than others.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn ms4_every_item_goes_to_all_who_listened_when_it_was_sent() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 2, json!([]))])),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 1, json!([]))])),
            publish(5, 0, 1),
            publish(6, 0, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [6, {"published": 2}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [5, {"heard": [3, 1]}], [6, {"heard": [3, 2]}], [6, completed()]
            ],
            "t2": [[3, "begin"], [4, {"listens": 4}], [5, {"heard": [4, 1]}], [5, completed()]]
        }),
    );
}

/// The first item is still there for the one who has listened when the other one comes.
#[test]
fn ms4_nobody_who_comes_later_hears_what_was_sent_before() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 2, json!([sleep(6)]))])),
            publish(3, 0, 1),
            spawn(4, 2, 2, json!([listen(5, 0, 4, 1, json!([]))])),
            publish(7, 0, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"spawn": 2}], [7, {"published": 2}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [6, {"slept": 6}], [6, {"heard": [3, 1]}], [7, {"heard": [3, 2]}],
                [7, completed()]
            ],
            "t2": [[4, "begin"], [5, {"listens": 4}], [7, {"heard": [4, 2]}], [7, completed()]]
        }),
    );
}

/// What waits is not sent yet.
#[test]
fn ms4_who_comes_while_a_sender_waits_hears_its_item() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 2, json!([sleep(8)]))])),
            publish(3, 0, 1),
            spawn(4, 2, 2, json!([publish(5, 0, 2)])),
            listen(6, 0, 4, 1, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"spawn": 2}], [6, {"listens": 4}],
                [8, {"heard": [4, 2]}], [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [8, {"slept": 8}], [8, {"heard": [3, 1]}], [8, {"heard": [3, 2]}],
                [8, completed()]
            ],
            "t2": [[4, "begin"], [8, {"published": 2}], [8, completed()]]
        }),
    );
}

#[test]
fn ms4_a_send_waits_for_the_slowest_who_listens() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 2, json!([]))])),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 2, json!([sleep(8)]))])),
            publish(5, 0, 1),
            publish(6, 0, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [8, {"published": 2}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [5, {"heard": [3, 1]}], [8, {"heard": [3, 2]}], [8, completed()]
            ],
            "t2": [
                [3, "begin"], [4, {"listens": 4}], [8, {"slept": 8}], [8, {"heard": [4, 1]}], [8, {"heard": [4, 2]}],
                [8, completed()]
            ]
        }),
    );
}

/// It leaves without having received anything.
#[test]
fn ms4_a_listener_that_leaves_makes_the_room_that_it_took() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 0, json!([sleep(8)]))])),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 2, json!([]))])),
            publish(5, 0, 1),
            publish(6, 0, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [8, {"published": 2}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"listens": 3}], [8, {"slept": 8}], [8, completed()]],
            "t2": [
                [3, "begin"], [4, {"listens": 4}], [5, {"heard": [4, 1]}], [8, {"heard": [4, 2]}], [8, completed()]
            ]
        }),
    );
}

/// Its cleanup holds it, and it takes room for as long.
#[test]
fn ms4_a_listener_that_is_cancelled_makes_room_when_its_cleanup_has_ended() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([listen(
                    2,
                    0,
                    3,
                    2,
                    json!([finally(4, json!([forever()]), json!([sleep(9)]))])
                )])
            ),
            spawn(3, 2, 2, json!([listen(4, 0, 5, 2, json!([]))])),
            publish(5, 0, 1),
            spawn(6, 2, 3, json!([publish(7, 0, 2)])),
            cancel_task(8, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [6, {"spawn": 3}],
                [8, {"cancel_task": 1}], [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [8, because("cleanup", 4, "explicit")], [9, {"slept": 9}],
                [9, {"cleaned": 4}], [9, cut()]
            ],
            "t2": [
                [3, "begin"], [4, {"listens": 5}], [5, {"heard": [5, 1]}], [9, {"heard": [5, 2]}], [9, completed()]
            ],
            "t3": [[6, "begin"], [9, {"published": 2}], [9, completed()]]
        }),
    );
}

#[test]
fn ms4_a_sender_that_is_cancelled_has_sent_nothing_and_the_next_has_its_turn() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 2, json!([sleep(10)]))])),
            publish(3, 0, 1),
            spawn(4, 2, 2, json!([until(8, 4, json!([publish(5, 0, 2)]))])),
            spawn(6, 2, 3, json!([publish(7, 0, 3)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"spawn": 2}], [6, {"spawn": 3}],
                [10, ok("group", 2)], [10, ok("scope", 1)], [10, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [10, {"slept": 10}], [10, {"heard": [3, 1]}],
                [10, {"heard": [3, 3]}], [10, completed()]
            ],
            "t2": [[4, "begin"], [8, because("scope", 4, "deadline")], [8, completed()]],
            "t3": [[6, "begin"], [10, {"published": 3}], [10, completed()]]
        }),
    );
}

/// Who takes the room and who waits for it are cancelled together: the one behind them has it.
#[test]
fn pr1_room_passes_over_a_sender_that_is_cancelled_with_the_listener() {
    check(
        in_group(json!([
            spawn(1, 2, 8, json!([listen(2, 0, 5, 2, json!([]))])),
            scope(
                3,
                json!([group(
                    4,
                    json!([
                        spawn(3, 4, 1, json!([listen(4, 0, 6, 0, json!([forever()]))])),
                        spawn(5, 4, 2, json!([publish(7, 0, 2)])),
                        publish(6, 0, 1),
                        spawn(8, 2, 9, json!([publish(9, 0, 3)])),
                        cancel(10, 3),
                        forever()
                    ])
                )])
            )
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 8}], [3, {"spawn": 1}], [5, {"spawn": 2}], [6, {"published": 1}],
                [8, {"spawn": 9}], [10, {"cancel": 3}], [10, because("scope", 3, "explicit")],
                [10, ok("group", 2)], [10, ok("scope", 1)], [10, completed()]
            ],
            "t1": [[3, "begin"], [4, {"listens": 6}], [10, cut()]],
            "t2": [[5, "begin"], [10, cut()]],
            "t8": [
                [1, "begin"], [2, {"listens": 5}], [6, {"heard": [5, 1]}], [10, {"heard": [5, 3]}], [10, completed()]
            ],
            "t9": [[8, "begin"], [10, {"published": 3}], [10, completed()]]
        }),
    );
}

/// Nobody listens yet, then somebody does, and then nobody does any more.
#[test]
fn ms4_where_nobody_listens_nothing_is_sent() {
    check(
        in_group(json!([
            publish(1, 0, 1),
            spawn(2, 2, 1, json!([listen(3, 0, 3, 1, json!([]))])),
            publish(4, 0, 2),
            publish(5, 0, 3)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"unheard": 1}], [2, {"spawn": 1}], [4, {"published": 2}], [5, {"unheard": 3}],
                [5, ok("group", 2)], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[2, "begin"], [3, {"listens": 3}], [4, {"heard": [3, 2]}], [4, completed()]]
        }),
    );
}

#[test]
fn ms4_a_send_that_waits_is_told_when_the_last_listener_leaves() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 0, json!([sleep(5)]))])),
            publish(3, 0, 1),
            publish(4, 0, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [5, {"unheard": 2}],
                [5, ok("group", 2)], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[1, "begin"], [2, {"listens": 3}], [5, {"slept": 5}], [5, completed()]]
        }),
    );
}

#[test]
fn ms4_what_was_sent_before_the_hush_is_heard_and_then_the_end() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 3, json!([sleep(6)]))])),
            publish(3, 0, 1),
            hush(4, 0),
            publish(5, 0, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"hush": 0}], [5, {"unheard": 2}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [6, {"slept": 6}], [6, {"heard": [3, 1]}], [6, {"silent": 3}],
                [6, completed()]
            ]
        }),
    );
}

#[test]
fn ms4_who_waits_is_told_the_end_and_who_comes_later_too() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 1, json!([]))])),
            hush(4, 0),
            listen(5, 0, 4, 1, json!([sleep(6)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"hush": 0}], [5, {"silent": 4}], [5, ok("group", 2)],
                [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[1, "begin"], [2, {"listens": 3}], [4, {"silent": 3}], [4, completed()]]
        }),
    );
}

/// It has a sender of its own, so there is no end before its item.
#[test]
fn ms4_a_sender_that_waits_is_heard_before_the_end() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 3, json!([sleep(8)]))])),
            publish(3, 0, 1),
            spawn(4, 2, 2, json!([publish(5, 0, 2)])),
            hush(6, 0)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"spawn": 2}], [6, {"hush": 0}],
                [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [8, {"slept": 8}], [8, {"heard": [3, 1]}], [8, {"heard": [3, 2]}],
                [8, {"silent": 3}], [8, completed()]
            ],
            "t2": [[4, "begin"], [8, {"published": 2}], [8, completed()]]
        }),
    );
}

/// Two senders wait when the first listener has caught up; the second one holds them both up.
#[test]
fn ms4_room_is_given_in_order_and_all_hear_one_order() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 3, json!([sleep(10)]))])),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 3, json!([sleep(11)]))])),
            publish(5, 0, 1),
            spawn(6, 2, 3, json!([publish(7, 0, 3)])),
            spawn(8, 2, 4, json!([publish(9, 0, 2)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [6, {"spawn": 3}],
                [8, {"spawn": 4}], [11, ok("group", 2)], [11, ok("scope", 1)], [11, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [10, {"slept": 10}], [10, {"heard": [3, 1]}],
                [11, {"heard": [3, 3]}], [11, {"heard": [3, 2]}], [11, completed()]
            ],
            "t2": [
                [3, "begin"], [4, {"listens": 4}], [11, {"slept": 11}], [11, {"heard": [4, 1]}],
                [11, {"heard": [4, 3]}], [11, {"heard": [4, 2]}], [11, completed()]
            ],
            "t3": [[6, "begin"], [11, {"published": 3}], [11, completed()]],
            "t4": [[8, "begin"], [11, {"published": 2}], [11, completed()]]
        }),
    );
}

/// It has made room for the second item by taking the first one, and leaves without the second.
#[test]
fn ms4_a_listener_that_has_enough_takes_no_room_any_more() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 1, json!([sleep(8)]))])),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 3, json!([]))])),
            publish(5, 0, 1),
            publish(6, 0, 2),
            publish(9, 0, 3)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [8, {"published": 2}],
                [9, {"published": 3}], [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"listens": 3}], [8, {"slept": 8}], [8, {"heard": [3, 1]}], [8, completed()]],
            "t2": [
                [3, "begin"], [4, {"listens": 4}], [5, {"heard": [4, 1]}], [8, {"heard": [4, 2]}],
                [9, {"heard": [4, 3]}], [9, completed()]
            ]
        }),
    );
}

/// It was the last sender, and its item is not sent.
#[test]
fn ms4_the_end_comes_when_the_last_sender_is_cancelled() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 0, 3, 3, json!([sleep(11)]))])),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 3, json!([]))])),
            publish(5, 0, 1),
            spawn(6, 2, 3, json!([publish(7, 0, 2)])),
            hush(8, 0),
            cancel_task(9, 3)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [6, {"spawn": 3}],
                [8, {"hush": 0}], [9, {"cancel_task": 3}], [11, ok("group", 2)], [11, ok("scope", 1)],
                [11, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [11, {"slept": 11}], [11, {"heard": [3, 1]}], [11, {"silent": 3}],
                [11, completed()]
            ],
            "t2": [
                [3, "begin"], [4, {"listens": 4}], [5, {"heard": [4, 1]}], [9, {"silent": 4}], [9, completed()]
            ],
            "t3": [[6, "begin"], [9, cut()]]
        }),
    );
}

/// The listener cancels the one who waits and leaves at one instant, in this order.
#[test]
fn sc4_a_sender_that_is_cancelled_before_there_is_room_has_sent_nothing() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([listen(2, 0, 3, 0, json!([cancel_task(9, 3)]))])
            ),
            spawn(3, 2, 2, json!([listen(4, 0, 4, 2, json!([]))])),
            publish(5, 0, 1),
            spawn(6, 2, 3, json!([publish(7, 0, 2)])),
            publish(8, 0, 3)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 1}], [6, {"spawn": 3}],
                [9, {"published": 3}], [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"listens": 3}], [9, {"cancel_task": 3}], [9, completed()]],
            "t2": [
                [3, "begin"], [4, {"listens": 4}], [5, {"heard": [4, 1]}], [9, {"heard": [4, 3]}], [9, completed()]
            ],
            "t3": [[6, "begin"], [9, cut()]]
        }),
    );
}

/// The one arm leaves and ends; the other one has its room when it is cancelled for that.
#[test]
fn sc4_a_sender_that_has_room_when_it_is_cancelled_has_sent() {
    check(
        in_group(json!([
            spawn(1, 2, 3, json!([listen(2, 0, 3, 2, json!([]))])),
            together(
                "select",
                4,
                [
                    (1, json!([listen(3, 0, 5, 0, json!([sleep(7)]))])),
                    (2, json!([publish(4, 0, 1), publish(5, 0, 2)]))
                ]
            )
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 3}], [7, {"came": [1, 2]}], [7, ok("together", 4)],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [3, {"listens": 5}], [7, {"slept": 7}], [7, completed()]],
            "t2": [[1, "begin"], [4, {"published": 1}], [7, {"published": 2}], [7, completed()]],
            "t3": [
                [1, "begin"], [2, {"listens": 3}], [4, {"heard": [3, 1]}], [7, {"heard": [3, 2]}], [7, completed()]
            ]
        }),
    );
}

#[test]
fn ms5_the_first_value_is_there_for_each_who_listens() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 1, 3, 2, json!([]))])),
            spawn(3, 2, 2, json!([listen(4, 1, 4, 1, json!([]))])),
            publish(5, 1, 7)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"published": 7}],
                [5, ok("group", 2)], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [2, {"heard": [3, 0]}], [5, {"heard": [3, 7]}], [5, completed()]
            ],
            "t2": [[3, "begin"], [4, {"listens": 4}], [4, {"heard": [4, 0]}], [4, completed()]]
        }),
    );
}

#[test]
fn ms5_a_send_never_waits_and_between_two_looks_only_the_latest_is_heard() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 1, 3, 2, json!([sleep(8)]))])),
            publish(3, 1, 1),
            publish(4, 1, 2),
            publish(9, 1, 3)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"published": 2}], [9, {"published": 3}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [8, {"slept": 8}], [8, {"heard": [3, 2]}], [9, {"heard": [3, 3]}],
                [9, completed()]
            ]
        }),
    );
}

#[test]
fn ms5_who_comes_later_hears_the_latest_at_once() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 1, 3, 2, json!([]))])),
            publish(4, 1, 5),
            listen(6, 1, 4, 1, json!([]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"published": 5}], [6, {"listens": 4}], [6, {"heard": [4, 5]}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [2, {"heard": [3, 0]}], [4, {"heard": [3, 5]}], [4, completed()]
            ]
        }),
    );
}

#[test]
fn ms5_the_last_is_heard_after_the_hush() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 1, 3, 3, json!([sleep(6)]))])),
            publish(3, 1, 1),
            hush(4, 1),
            publish(5, 1, 2)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"published": 1}], [4, {"hush": 1}], [5, {"unheard": 2}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [6, {"slept": 6}], [6, {"heard": [3, 1]}], [6, {"silent": 3}],
                [6, completed()]
            ]
        }),
    );
}

#[test]
fn ms5_what_was_heard_before_the_hush_is_not_heard_again() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([listen(2, 1, 3, 2, json!([]))])),
            hush(4, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [4, {"hush": 1}],
                [4, ok("group", 2)], [4, ok("scope", 1)], [4, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"listens": 3}], [2, {"heard": [3, 0]}], [4, {"silent": 3}], [4, completed()]
            ]
        }),
    );
}
