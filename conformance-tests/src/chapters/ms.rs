//! Chapter MS: object streams.

mod broadcast;
mod close;
mod dropped;
mod given_up;
mod hand_over;
mod latest;
mod order;
mod sink;

pub use broadcast::*;
pub use close::*;
pub use dropped::*;
pub use given_up::*;
pub use hand_over::*;
pub use latest::*;
pub use order::*;
pub use sink::*;

/// As much room as there can be.
const UNBOUNDED: usize = usize::MAX;

crate::chapter! { ($) ms;
    ms1_a_clone_of_a_closed_end_is_closed,
    ms1_a_closed_clone_leaves_the_others_open,
    ms1_a_rendezvous_waits_for_its_receiver,
    ms1_an_unbounded_send_never_waits,
    ms1_close_wakes_what_waits_on_that_clone,
    ms1_items_come_out_in_the_order_in_which_they_went_in,
    ms1_no_more_items_wait_than_there_is_room_for,
    ms1_the_figures_tell_what_goes_on,
    ms2_a_cancelled_receive_has_taken_nothing,
    ms2_a_cancelled_send_has_sent_nothing,
    ms2_a_newcomer_does_not_pass_one_who_was_promised_an_item,
    ms2_a_receive_dropped_after_its_grant_gives_the_item_on,
    ms2_a_receiver_whose_region_is_cancelled_is_passed_over,
    ms2_a_send_that_is_given_up_lets_the_one_behind_have_room,
    ms2_a_sender_whose_region_is_cancelled_is_passed_over,
    ms2_a_sink_that_nobody_polls_keeps_no_room,
    ms2_a_stream_is_woken_when_the_way_to_an_item_is_free,
    ms2_a_stream_that_nobody_polls_keeps_nothing,
    ms2_a_try_does_not_pass_those_who_wait,
    ms2_a_wait_for_room_that_is_given_up_lets_a_stream_see_the_item_behind,
    ms2_an_item_granted_before_the_cancel_is_received,
    ms2_each_item_goes_to_one_receiver,
    ms2_items_of_dropped_receives_keep_their_order,
    ms2_operations_dropped_at_any_poll_lose_nothing,
    ms2_reserved_room_is_kept_from_senders_whoever_comes_first,
    ms2_room_that_is_used_lets_others_see_what_is_behind,
    ms2_room_that_is_not_used_goes_to_the_next,
    ms2_the_item_of_a_send_that_is_given_up_comes_back,
    ms3_a_receive_that_waits_ends_with_the_last_sender,
    ms3_a_send_that_waits_gives_its_item_back_when_the_receivers_are_gone,
    ms3_a_sink_and_a_stream_are_two_ends_too,
    ms3_a_sink_keeps_to_the_room_there_is,
    ms3_nothing_can_be_sent_when_the_receivers_are_gone,
    ms3_the_end_waits_for_what_may_come_back,
    ms3_what_comes_back_to_no_receiver_is_dropped,
    ms3_what_is_buffered_is_received_before_the_end,
    ms3_what_nobody_received_is_dropped,
    ms4_a_cancel_sends_and_takes_nothing,
    ms4_a_receiver_that_is_dropped_makes_room,
    ms4_a_subscriber_gets_what_is_sent_from_then_on,
    ms4_operations_dropped_at_any_poll_lose_nothing,
    ms4_every_receiver_gets_every_item_in_one_order,
    ms4_the_end_comes_after_what_was_sent,
    ms4_the_slowest_receiver_holds_the_senders_up,
    ms5_a_cancelled_receive_has_seen_nothing,
    ms5_a_receive_gives_the_latest_value_once,
    ms5_a_receive_that_is_carried_out_of_a_cancelled_region_looks_again,
    ms5_a_receive_dropped_at_any_poll_has_seen_nothing,
    ms5_every_receiver_is_told,
    ms5_ready_receives_let_others_run,
    ms5_the_end_comes_after_the_last_value,
}
