//! Chapter PR: primitives.
//!
//! What a lock, a semaphore and a limiter have in common is tested once, on each of them (`exclusive.rs`).

mod barrier;
mod condition;
mod dropped;
mod event;
mod exclusive;
mod lock;
mod once_cell;
mod race;
mod shared;
mod single_flight;

pub use barrier::*;
pub use condition::*;
pub use dropped::*;
pub use event::*;
pub use exclusive::*;
pub use lock::*;
pub use once_cell::*;
pub use race::*;
pub use shared::*;
pub use single_flight::*;

crate::chapter! { ($) pr;
    pr1_a_barrier_does_not_count_who_is_cancelled,
    pr1_a_grant_that_came_before_the_cancel_is_kept,
    pr1_a_holder_that_panics_hands_on,
    pr1_a_notice_to_one_who_is_dropped_goes_to_the_next,
    pr1_a_queue_of_cancelled_waiters_blocks_nobody,
    pr1_a_race_of_releases_and_cancels_loses_no_permit,
    pr1_a_try_after_a_release_does_not_barge,
    pr1_a_wait_dropped_at_any_poll_loses_nothing,
    pr1_a_wait_for_a_notice_dropped_at_any_poll_loses_nothing,
    pr1_a_waiter_cancelled_before_the_release_is_passed_over,
    pr1_a_waiter_dropped_after_its_grant_passes_it_on,
    pr1_a_waiter_that_was_passed_over_waits_anew_elsewhere,
    pr1_in_a_cancelled_region_nothing_is_taken,
    pr1_many_tasks_have_it_one_at_a_time,
    pr1_ready_operations_let_others_run,
    pr1_the_oldest_waiter_is_next,
    pr1_what_is_free_is_taken_without_a_yield,
    pr2_a_barrier_lets_its_parties_go_together,
    pr2_a_barrier_of_one_lets_each_go,
    pr2_a_call_that_all_have_left_leaves_nothing,
    pr2_a_call_that_gives_nothing_is_made_by_the_next,
    pr2_a_cell_is_filled_once,
    pr2_a_condition_gives_the_lock_away_while_it_waits,
    pr2_a_condition_in_a_cancelled_region_keeps_the_lock,
    pr2_a_condition_returns_with_the_lock,
    pr2_a_failed_cell_is_filled_by_the_next,
    pr2_a_forgotten_call_leaves_the_next_one_alone,
    pr2_a_lock_guards_its_value_across_waits,
    pr2_a_lock_is_used_before_and_between_runtimes,
    pr2_a_lock_tells_who_holds_it,
    pr2_a_lock_tells_who_holds_it_whoever_takes_it_on_the_same_line,
    pr2_a_notice_between_the_look_and_the_wait_is_not_missed,
    pr2_a_notice_of_a_cancelled_wait_that_is_held_goes_on,
    pr2_a_notified_wait_that_is_cancelled_does_not_return,
    pr2_a_promise_is_kept_for_all_who_wait,
    pr2_a_promise_knows_whether_it_is_wanted,
    pr2_a_promise_that_is_dropped_is_broken,
    pr2_a_value_dropped_at_any_poll_is_made_by_the_next,
    pr2_a_value_is_kept_for_a_period,
    pr2_a_value_that_is_forgotten_is_made_anew,
    pr2_a_value_is_there_for_all_who_wait_at_once,
    pr2_a_value_that_is_set_is_there_for_all_who_wait,
    pr2_a_wait_at_a_barrier_dropped_at_any_poll_counts_or_does_not,
    pr2_a_wait_for_a_promise_in_a_cancelled_region_never_completes,
    pr2_a_wait_that_is_carried_out_of_a_cancelled_region_looks_again,
    pr2_a_wait_to_be_told_dropped_at_any_poll_leaves_the_others,
    pr2_an_event_is_set_by_a_thread,
    pr2_an_event_is_set_once,
    pr2_an_event_that_was_set_before_the_cancel_completes,
    pr2_an_event_wait_in_a_cancelled_region_never_completes,
    pr2_an_event_wakes_all_who_wait,
    pr2_notify_all_tells_all_who_wait,
    pr2_notify_one_tells_the_oldest,
    pr2_one_call_is_made_for_each_key,
    pr2_the_resource_guard_tells_of_two_at_once,
    pr2_the_values_used_last_are_kept,
    pr2_wait_while_looks_again,
}
