//! PR, MS: permits and items that go from hand to hand.
//!
//! Programs with their traces, which makes the file longer than others.

use serde_json::json;

use super::check;
use super::ops::*;

#[test]
fn pr1_permits_go_on_in_order_also_from_a_block_that_is_cut() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([hold(2, json!([forever()]))])),
                    spawn(3, 2, 2, json!([hold(5, json!([sleep(9)]))])),
                    spawn(4, 2, 3, json!([hold(6, json!([]))])),
                    cancel_task(7, 1)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}], [7, {"cancel_task": 1}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [2, {"acquired": 0}], [7, cut()]],
            "t2": [
                [3, "begin"], [7, {"acquired": 0}], [9, {"slept": 9}], [9, {"released": 0}], [9, completed()]
            ],
            "t3": [[4, "begin"], [9, {"acquired": 0}], [9, {"released": 0}], [9, completed()]]
        }),
    );
}

#[test]
fn pr1_who_is_cancelled_is_passed_over() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([hold(2, json!([sleep(9)]))])),
                    spawn(
                        3,
                        2,
                        2,
                        json!([until(7, 3, json!([hold(5, json!([]))])), sleep(8)])
                    ),
                    spawn(4, 2, 3, json!([hold(6, json!([]))]))
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [4, {"spawn": 3}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"acquired": 0}], [9, {"slept": 9}], [9, {"released": 0}], [9, completed()]
            ],
            "t2": [[3, "begin"], [7, because("scope", 3, "deadline")], [8, {"slept": 8}], [8, completed()]],
            "t3": [[4, "begin"], [9, {"acquired": 0}], [9, {"released": 0}], [9, completed()]]
        }),
    );
}

/// Who holds and who waits are cancelled together: nobody of them is given what the others leave.
#[test]
fn pr1_a_permit_passes_over_all_who_are_cancelled_with_its_holder() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 9, json!([hold(8, json!([]))])),
                    scope(
                        3,
                        json!([group(
                            4,
                            json!([
                                spawn(2, 4, 1, json!([hold(3, json!([forever()]))])),
                                spawn(4, 4, 2, json!([hold(5, json!([]))])),
                                cancel(9, 3),
                                forever()
                            ])
                        )])
                    )
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 9}], [2, {"spawn": 1}], [4, {"spawn": 2}], [9, {"cancel": 3}],
                [9, because("scope", 3, "explicit")], [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[2, "begin"], [3, {"acquired": 0}], [9, cut()]],
            "t2": [[4, "begin"], [9, cut()]],
            "t9": [[1, "begin"], [9, {"acquired": 0}], [9, {"released": 0}], [9, completed()]]
        }),
    );
}

#[test]
fn ms1_items_are_handed_over_in_order() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([send(3, 0, 1)])),
                    spawn(2, 2, 2, json!([send(4, 0, 2)])),
                    receive(5, 0),
                    receive(6, 0)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [5, {"received": [0, 1]}],
                [6, {"received": [0, 2]}], [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [5, {"sent": 1}], [5, completed()]],
            "t2": [[2, "begin"], [6, {"sent": 2}], [6, completed()]]
        }),
    );
}

#[test]
fn ms1_a_receive_makes_room_for_who_waits_to_send() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    send(1, 1, 1),
                    spawn(2, 2, 1, json!([send(3, 1, 2)])),
                    receive(4, 1),
                    receive(5, 1)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"sent": 1}], [2, {"spawn": 1}], [4, {"received": [1, 1]}],
                [5, {"received": [1, 2]}], [5, ok("group", 2)], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[2, "begin"], [4, {"sent": 2}], [4, completed()]]
        }),
    );
}

#[test]
fn ms2_a_cancelled_send_has_sent_nothing() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([until(5, 3, json!([send(3, 0, 1)]))])),
                    spawn(2, 2, 2, json!([send(4, 0, 2)])),
                    receive(6, 0)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [6, {"received": [0, 2]}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [5, because("scope", 3, "deadline")], [5, completed()]],
            "t2": [[2, "begin"], [6, {"sent": 2}], [6, completed()]]
        }),
    );
}

#[test]
fn ms2_a_cancelled_receive_has_taken_nothing() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([until(5, 3, json!([receive(3, 0)]))])),
                    spawn(2, 2, 2, json!([receive(4, 0)])),
                    send(6, 0, 1)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"spawn": 2}], [6, {"sent": 1}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [5, because("scope", 3, "deadline")], [5, completed()]],
            "t2": [[2, "begin"], [6, {"received": [0, 1]}], [6, completed()]]
        }),
    );
}

#[test]
fn ms3_what_has_room_is_received_before_the_end() {
    check(
        json!([until(
            14,
            1,
            json!([
                send(1, 1, 7),
                close(2, 1, "sender"),
                receive(3, 1),
                receive(4, 1)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"sent": 7}], [2, {"close": [1, "sender"]}], [3, {"received": [1, 7]}],
                [4, {"stream_end": 1}], [4, ok("scope", 1)], [4, completed()]
            ]
        }),
    );
}

#[test]
fn ms3_who_waits_is_told_when_the_other_side_is_gone() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(1, 2, 1, json!([send(2, 0, 1)])),
                    close(3, 0, "receiver"),
                    spawn(4, 2, 2, json!([receive(5, 1)])),
                    close(6, 1, "sender")
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"close": [0, "receiver"]}], [4, {"spawn": 2}],
                [6, {"close": [1, "sender"]}], [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [3, {"unsent": 1}], [3, completed()]],
            "t2": [[4, "begin"], [6, {"stream_end": 1}], [6, completed()]]
        }),
    );
}

/// A receive that is under way has a receiver of its own, until it is cut.
#[test]
fn ms3_the_last_receiver_that_leaves_breaks_the_stream() {
    check(
        json!([until(
            14,
            1,
            json!([group(
                2,
                json!([
                    spawn(
                        1,
                        2,
                        1,
                        json!([until(6, 3, json!([receive(3, 1), receive(5, 1)]))])
                    ),
                    send(2, 1, 1),
                    close(4, 1, "receiver"),
                    send(7, 1, 2)
                ])
            )])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [2, {"sent": 1}], [4, {"close": [1, "receiver"]}], [7, {"unsent": 2}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [
                [1, "begin"], [3, {"received": [1, 1]}], [5, {"stream_end": 1}], [5, ok("scope", 3)],
                [5, completed()]
            ]
        }),
    );
}

#[test]
fn ms2_reserved_room_counts_as_used_until_its_item_is_received() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 1, 1, json!([sleep(6)]))])),
            spawn(3, 2, 2, json!([send(4, 1, 2)])),
            receive(7, 1),
            receive(8, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [7, {"received": [1, 1]}],
                [8, {"received": [1, 2]}], [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [[1, "begin"], [2, {"reserved": 1}], [6, {"slept": 6}], [6, {"sent": 1}], [6, completed()]],
            "t2": [[3, "begin"], [7, {"sent": 2}], [7, completed()]]
        }),
    );
}

#[test]
fn ms3_the_end_comes_when_the_last_room_that_was_reserved_is_given_back() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 1, 1, json!([forever()]))])),
            close(3, 1, "sender"),
            spawn(4, 2, 2, json!([receive(5, 1)])),
            cancel_task(6, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"close": [1, "sender"]}], [4, {"spawn": 2}],
                [6, {"cancel_task": 1}], [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [2, {"reserved": 1}], [6, cut()]],
            "t2": [[4, "begin"], [6, {"stream_end": 1}], [6, completed()]]
        }),
    );
}

#[test]
fn ms2_reserved_room_is_given_back_when_the_block_is_cut() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([reserve(
                    2,
                    1,
                    1,
                    json!([finally(3, json!([forever()]), json!([sleep(7)]))])
                )])
            ),
            spawn(3, 2, 2, json!([send(4, 1, 2)])),
            cancel_task(5, 1),
            receive(8, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"cancel_task": 1}],
                [8, {"received": [1, 2]}], [8, ok("group", 2)], [8, ok("scope", 1)], [8, completed()]
            ],
            "t1": [
                [1, "begin"], [2, {"reserved": 1}], [5, because("cleanup", 3, "explicit")], [7, {"slept": 7}],
                [7, {"cleaned": 3}], [7, cut()]
            ],
            "t2": [[3, "begin"], [7, {"sent": 2}], [7, completed()]]
        }),
    );
}

#[test]
fn ms2_reserved_room_is_given_back_by_an_error() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([try_group(3, json!([reserve(2, 1, 1, json!([fail(5, 1)]))]))])
            ),
            spawn(3, 2, 2, json!([reserve(4, 1, 2, json!([]))])),
            receive(6, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [6, {"received": [1, 2]}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [2, {"reserved": 1}], [5, {"group": [3, {"failed": [1]}]}], [5, completed()]],
            "t2": [[3, "begin"], [5, {"reserved": 1}], [5, {"sent": 2}], [5, completed()]]
        }),
    );
}

#[test]
fn pr1_who_waits_to_reserve_has_its_turn_unless_it_is_cancelled() {
    check(
        in_group(json!([
            send(1, 1, 9),
            spawn(
                2,
                2,
                1,
                json!([until(6, 3, json!([reserve(3, 1, 1, json!([]))]))])
            ),
            spawn(4, 2, 2, json!([reserve(5, 1, 2, json!([sleep(11)]))])),
            spawn(7, 2, 3, json!([send(8, 1, 3)])),
            receive(10, 1),
            receive(12, 1),
            receive(13, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"sent": 9}], [2, {"spawn": 1}], [4, {"spawn": 2}], [7, {"spawn": 3}],
                [10, {"received": [1, 9]}], [12, {"received": [1, 2]}], [13, {"received": [1, 3]}],
                [13, ok("group", 2)], [13, ok("scope", 1)], [13, completed()]
            ],
            "t1": [[2, "begin"], [6, because("scope", 3, "deadline")], [6, completed()]],
            "t2": [[4, "begin"], [10, {"reserved": 1}], [11, {"slept": 11}], [11, {"sent": 2}], [11, completed()]],
            "t3": [[7, "begin"], [12, {"sent": 3}], [12, completed()]]
        }),
    );
}

/// It is spoken for until then: what another one sends is not for it.
#[test]
fn ms2_a_reserve_on_a_rendezvous_waits_for_a_receiver_and_has_it() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 0, 1, json!([sleep(8)]))])),
            spawn(3, 2, 2, json!([receive(4, 0)])),
            spawn(5, 2, 3, json!([send(6, 0, 2)])),
            receive(9, 0)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}], [9, {"received": [0, 2]}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [4, {"reserved": 0}], [8, {"slept": 8}], [8, {"sent": 1}], [8, completed()]],
            "t2": [[3, "begin"], [8, {"received": [0, 1]}], [8, completed()]],
            "t3": [[5, "begin"], [9, {"sent": 2}], [9, completed()]]
        }),
    );
}

#[test]
fn ms2_a_receiver_that_was_reserved_is_given_back_when_the_block_is_cut() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 0, 1, json!([forever()]))])),
            spawn(3, 2, 2, json!([receive(4, 0)])),
            spawn(5, 2, 3, json!([send(6, 0, 2)])),
            cancel_task(7, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}], [7, {"cancel_task": 1}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [4, {"reserved": 0}], [7, cut()]],
            "t2": [[3, "begin"], [7, {"received": [0, 2]}], [7, completed()]],
            "t3": [[5, "begin"], [7, {"sent": 2}], [7, completed()]]
        }),
    );
}

#[test]
fn ms3_an_item_is_unsent_where_the_receivers_went_while_room_was_reserved() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 1, 1, json!([sleep(6)]))])),
            spawn(3, 2, 2, json!([reserve(4, 1, 2, json!([sleep(7)]))])),
            close(5, 1, "receiver")
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"close": [1, "receiver"]}],
                [6, ok("group", 2)], [6, ok("scope", 1)], [6, completed()]
            ],
            "t1": [[1, "begin"], [2, {"reserved": 1}], [6, {"slept": 6}], [6, {"unsent": 1}], [6, completed()]],
            "t2": [[3, "begin"], [5, {"unsent": 2}], [5, completed()]]
        }),
    );
}

/// Who has reserved is a sender: there is no end as long as its item may come.
#[test]
fn ms3_what_room_was_reserved_for_is_received_before_the_end() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 1, 1, json!([sleep(6)]))])),
            close(3, 1, "sender"),
            receive(4, 1),
            receive(7, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"close": [1, "sender"]}], [6, {"received": [1, 1]}],
                [7, {"stream_end": 1}], [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [2, {"reserved": 1}], [6, {"slept": 6}], [6, {"sent": 1}], [6, completed()]]
        }),
    );
}

/// The room is the one that sends has, whoever it was made for.
#[test]
fn ms2_an_item_for_a_receiver_that_is_gone_is_for_the_next_one() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 0, 1, json!([sleep(8)]))])),
            spawn(3, 2, 2, json!([until(6, 3, json!([receive(4, 0)]))])),
            receive(9, 0)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [9, {"received": [0, 1]}],
                [9, ok("group", 2)], [9, ok("scope", 1)], [9, completed()]
            ],
            "t1": [[1, "begin"], [4, {"reserved": 0}], [8, {"slept": 8}], [8, {"sent": 1}], [8, completed()]],
            "t2": [[3, "begin"], [6, because("scope", 3, "deadline")], [6, completed()]]
        }),
    );
}

/// It is cancelled before there is an item, so it has taken nothing.
#[test]
fn sc4_a_receiver_that_is_cancelled_while_it_is_reserved_is_passed_over() {
    check(
        in_group(json!([
            spawn(
                1,
                2,
                1,
                json!([reserve(2, 0, 1, json!([cancel_task(7, 2)]))])
            ),
            spawn(3, 2, 2, json!([receive(4, 0)])),
            spawn(5, 2, 3, json!([receive(6, 0)]))
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}],
                [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [4, {"reserved": 0}], [7, {"cancel_task": 2}], [7, {"sent": 1}], [7, completed()]],
            "t2": [[3, "begin"], [7, cut()]],
            "t3": [[5, "begin"], [7, {"received": [0, 1]}], [7, completed()]]
        }),
    );
}

/// The one arm makes room and ends; the other one has the room when it is cancelled for that.
#[test]
fn sc4_who_has_room_when_it_is_cancelled_keeps_it() {
    check(
        json!([until(
            14,
            1,
            json!([
                send(1, 1, 9),
                together(
                    "select",
                    2,
                    [
                        (1, json!([receive(4, 1)])),
                        (2, json!([reserve(3, 1, 1, json!([]))]))
                    ]
                ),
                receive(5, 1)
            ])
        )]),
        json!({
            "t0": [
                [0, "begin"], [1, {"sent": 9}], [4, {"came": [1, 2]}], [4, ok("together", 2)],
                [5, {"received": [1, 1]}], [5, ok("scope", 1)], [5, completed()]
            ],
            "t1": [[1, "begin"], [4, {"received": [1, 9]}], [4, completed()]],
            "t2": [[1, "begin"], [4, {"reserved": 1}], [4, {"sent": 1}], [4, completed()]]
        }),
    );
}

/// Room that was given while somebody received is used, whoever comes next.
#[test]
fn ms2_a_receiver_takes_nothing_of_a_sender_behind_reserved_room() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 0, 1, json!([sleep(9)]))])),
            spawn(3, 2, 2, json!([until(6, 3, json!([receive(4, 0)]))])),
            spawn(5, 2, 3, json!([send(7, 0, 2)])),
            receive(8, 0),
            receive(10, 0)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"spawn": 3}], [9, {"received": [0, 1]}],
                [10, {"received": [0, 2]}], [10, ok("group", 2)], [10, ok("scope", 1)], [10, completed()]
            ],
            "t1": [[1, "begin"], [4, {"reserved": 0}], [9, {"slept": 9}], [9, {"sent": 1}], [9, completed()]],
            "t2": [[3, "begin"], [6, because("scope", 3, "deadline")], [6, completed()]],
            "t3": [[5, "begin"], [10, {"sent": 2}], [10, completed()]]
        }),
    );
}

/// Who comes to receive is room for one more, also where all the room is reserved.
#[test]
fn ms2_a_receiver_that_waits_is_room_for_one_more() {
    check(
        in_group(json!([
            spawn(1, 2, 1, json!([reserve(2, 1, 1, json!([sleep(6)]))])),
            spawn(3, 2, 2, json!([send(4, 1, 2)])),
            receive(5, 1),
            receive(7, 1)
        ])),
        json!({
            "t0": [
                [0, "begin"], [1, {"spawn": 1}], [3, {"spawn": 2}], [5, {"received": [1, 2]}],
                [7, {"received": [1, 1]}], [7, ok("group", 2)], [7, ok("scope", 1)], [7, completed()]
            ],
            "t1": [[1, "begin"], [2, {"reserved": 1}], [6, {"slept": 6}], [6, {"sent": 1}], [6, completed()]],
            "t2": [[3, "begin"], [5, {"sent": 2}], [5, completed()]]
        }),
    );
}
