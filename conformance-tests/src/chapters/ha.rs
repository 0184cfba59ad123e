//! Chapter HA: handles.
//!
//! A handle tells of a task and can end it, but does not own it: that is the group's. The tests take every way a task
//! can end, wait in several places at once, drop handles and waits at bad moments, and use handles far from the group:
//! after it was left, after its runtime is gone, on plain threads and on another runtime.

mod cancel;
mod drops;
mod elsewhere;
mod identity;
mod result;
mod wait;

pub use cancel::*;
pub use drops::*;
pub use elsewhere::*;
pub use identity::*;
pub use result::*;
pub use wait::*;

use super::tg::{asked_to_stop, both_kinds};
use crate::harness::*;

crate::chapter! { ($) ha;
    ha1_a_cancelled_task_finishes_its_shield,
    ha1_a_cancelled_task_may_still_complete,
    ha1_a_cancelled_task_tells_an_outer_cause,
    ha1_a_cancelled_task_tells_the_reason,
    ha1_a_dropped_wait_takes_nothing_from_another,
    ha1_a_failed_task_leaves_its_error_in_the_group,
    ha1_a_given_name_is_kept,
    ha1_a_group_outlives_its_runtime,
    ha1_a_handle_gives_the_value,
    ha1_a_handle_is_awaited_on_a_plain_thread,
    ha1_a_handle_is_awaited_on_another_runtime,
    ha1_a_handle_is_debug,
    ha1_a_handle_is_woken_through_its_latest_waker,
    ha1_a_handle_of_a_gone_runtime_is_awaited_on_another,
    ha1_a_handle_of_a_try_group_gives_the_plain_value,
    ha1_a_handle_outlives_its_runtime,
    ha1_a_panic_is_told_on_a_plain_thread,
    ha1_a_panicked_task_leaves_its_panic_to_the_host,
    ha1_a_sibling_cancels_by_handle_and_is_named,
    ha1_a_task_is_over_when_its_future_is_gone,
    ha1_a_task_knows_its_name_and_id,
    ha1_a_task_without_a_name_has_its_place,
    ha1_a_value_is_taken_once,
    ha1_a_wait_is_idle,
    ha1_a_wait_is_woken_through_its_latest_waker,
    ha1_a_wait_on_a_finished_task_is_ready,
    ha1_cancel_does_not_reach_siblings_the_task_spawned,
    ha1_cancel_reaches_what_runs_inside_the_task,
    ha1_cancel_touches_only_that_task,
    ha1_children_await_one_another,
    ha1_ids_are_unique,
    ha1_local_a_cancelled_task_finishes_its_shield,
    ha1_local_a_cancelled_task_may_still_complete,
    ha1_local_a_cancelled_task_tells_an_outer_cause,
    ha1_local_a_cancelled_task_tells_the_reason,
    ha1_local_a_dropped_wait_takes_nothing_from_another,
    ha1_local_a_failed_task_leaves_its_error_in_the_group,
    ha1_local_a_given_name_is_kept,
    ha1_local_a_group_outlives_its_runtime,
    ha1_local_a_handle_gives_the_value,
    ha1_local_a_handle_is_debug,
    ha1_local_a_handle_is_woken_through_its_latest_waker,
    ha1_local_a_handle_of_a_gone_runtime_is_awaited_on_another,
    ha1_local_a_handle_of_a_try_group_gives_the_plain_value,
    ha1_local_a_handle_outlives_its_runtime,
    ha1_local_a_panicked_task_leaves_its_panic_to_the_host,
    ha1_local_a_sibling_cancels_by_handle_and_is_named,
    ha1_local_a_task_is_over_when_its_future_is_gone,
    ha1_local_a_task_without_a_name_has_its_place,
    ha1_local_a_value_is_taken_once,
    ha1_local_a_wait_is_idle,
    ha1_local_a_wait_is_woken_through_its_latest_waker,
    ha1_local_a_wait_on_a_finished_task_is_ready,
    ha1_local_cancel_does_not_reach_siblings_the_task_spawned,
    ha1_local_cancel_reaches_what_runs_inside_the_task,
    ha1_local_cancel_touches_only_that_task,
    ha1_local_children_await_one_another,
    ha1_local_ids_are_unique,
    ha1_local_many_wait_and_one_takes,
    ha1_local_only_the_first_cancel_counts,
    ha1_local_status_follows_the_task,
    ha1_local_task_errors_have_texts,
    ha1_local_the_name_stands_in_the_reason,
    ha1_local_waits_race_with_the_end_of_the_task,
    ha1_many_wait_and_one_takes,
    ha1_only_the_first_cancel_counts,
    ha1_status_follows_the_task,
    ha1_task_errors_have_texts,
    ha1_the_name_stands_in_the_reason,
    ha1_waits_race_with_the_end_of_the_task,
    ha2_dropping_a_handle_does_nothing,
    ha2_dropping_a_polled_handle_does_nothing,
    ha2_local_dropping_a_handle_does_nothing,
    ha2_local_dropping_a_polled_handle_does_nothing,
    ha2_local_the_group_keeps_the_error_of_a_dropped_handle,
    ha2_the_group_keeps_the_error_of_a_dropped_handle,
    ha3_a_body_that_awaits_a_failing_child,
    ha3_a_cancelled_waiter_leaves_the_value,
    ha3_a_foreign_drop_of_a_wait_leaves_the_task_alone,
    ha3_a_handle_in_a_cancelled_region_takes_nothing,
    ha3_a_shielded_body_sees_a_failing_child,
    ha3_a_shielded_waiter_gets_the_value,
    ha3_a_timeout_around_a_wait_leaves_the_task_alone,
    ha3_a_wait_that_was_given_up_is_not_woken,
    ha3_local_a_body_that_awaits_a_failing_child,
    ha3_local_a_cancelled_waiter_leaves_the_value,
    ha3_local_a_foreign_drop_of_a_wait_leaves_the_task_alone,
    ha3_local_a_handle_in_a_cancelled_region_takes_nothing,
    ha3_local_a_shielded_body_sees_a_failing_child,
    ha3_local_a_shielded_waiter_gets_the_value,
    ha3_local_a_timeout_around_a_wait_leaves_the_task_alone,
    ha3_local_a_wait_that_was_given_up_is_not_woken,
}
