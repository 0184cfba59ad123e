//! Chapter SC: scopes.
//!
//! Cancellation itself: which regions a cancel reaches, when it lands, who absorbs it, what it may cost, and what happens
//! when code that knows nothing of anyrt drops a region.

mod absorb;
mod before;
mod checkpoints;
mod context;
mod escape;
mod escape_report;
mod foreign;
mod forgotten;
mod held;
mod left;
mod level;
mod moved;
mod outlived;
mod races;
mod reach;
mod reason;
mod region;
mod scale;
mod scope;
mod state;
mod value;

pub use {
    absorb::*, before::*, checkpoints::*, context::*, escape::*, escape_report::*, foreign::*,
    forgotten::*, left::*, level::*, moved::*, outlived::*, races::*, reach::*, reason::*,
    region::*, scale::*, scope::*, state::*, value::*,
};

use crate::harness::*;

/// The cause of `cancel_with(message)`.
fn explicit(message: &str) -> Cause {
    Cause::Explicit(Some(message.to_owned()))
}

/// A deadline that no test reaches; those of more hours are later.
fn far(hours: u64) -> Instant {
    Instant::now() + Duration::from_secs(3600 * hours)
}

crate::chapter! { ($) sc;
    sc1_a_body_cancels_its_own_scope,
    sc1_a_handle_cancels_from_another_task,
    sc1_a_handle_cancels_from_another_thread,
    sc1_a_handle_is_shared_and_outlives_its_scope,
    sc1_a_running_scope_moves_with_its_task,
    sc1_an_uncancelled_scope_returns_its_value,
    sc1_dropping_the_handle_does_not_cancel,
    sc2_a_cancel_reaches_inward_and_not_outward,
    sc2_a_child_does_not_inherit_its_spawners_deadline,
    sc2_a_child_does_not_inherit_its_spawners_scope,
    sc2_a_child_inherits_what_is_around_its_group,
    sc2_a_neighbour_scope_is_not_cancelled,
    sc2_a_shield_around_a_group_ends_the_walk_of_its_children,
    sc2_the_walk_outward_ends_at_the_nearest_shield,
    sc3_a_child_in_a_shield_does_not_hold_the_body,
    sc3_a_group_beside_a_hold_ends_its_children,
    sc3_a_held_body_may_still_return_its_value,
    sc3_a_hold_deep_below_keeps_every_region_above,
    sc3_a_hold_keeps_the_body,
    sc3_a_nested_region_without_a_hold_is_dropped_beside_one,
    sc3_a_pending_body_is_dropped_there_and_then,
    sc3_a_value_that_comes_after_the_poll_is_dropped_with_the_body,
    sc3_a_waiting_operation_beside_a_hold_does_not_complete,
    sc3_beside_a_hold_foreign_futures_go_on_and_operations_do_not,
    sc3_value_beats_cancellation,
    sc3_value_beats_cancellation_in_a_running_task,
    sc4_a_blocking_call_is_not_made,
    sc4_a_free_token_is_not_taken,
    sc4_a_grant_goes_back_when_its_waiter_is_dropped,
    sc4_a_handle_of_a_finished_task_is_not_read,
    sc4_a_region_entered_under_a_cancel_is_cancelled,
    sc4_a_sleep_in_a_sub_executor_never_ends_after_the_cancel,
    sc4_a_waiting_operation_is_passed_over_after_the_cancel,
    sc4_a_waiting_operation_keeps_what_it_was_granted_before_the_cancel,
    sc4_checkpoints_and_sleeps_never_complete,
    sc4_every_later_operation_is_cancelled_too,
    sc4_the_level_ends_with_the_region,
    sc5_a_deadline_absorbs_like_a_cancel,
    sc5_a_ready_inner_body_returns_through_a_cancelled_outer_scope,
    sc5_an_outer_cancel_after_the_inner_absorbed_lands_at_the_next_wait,
    sc5_an_outer_cancel_during_the_inner_unwinding_takes_over,
    sc5_finalizers_and_shields_run_while_an_outer_scope_absorbs,
    sc5_the_inner_scope_absorbs_and_its_caller_goes_on,
    sc5_the_outermost_visible_cancelled_scope_absorbs,
    sc6_a_body_that_never_waits_again_completes,
    sc6_a_body_that_only_waits_in_a_shield_completes,
    sc6_the_caller_of_a_completed_cancelled_scope_goes_on,
    sc7_a_busy_body_that_does_not_pend_keeps_its_value,
    sc7_a_cancel_before_run_is_honoured_at_the_first_wait,
    sc7_a_cancel_before_run_leaves_a_body_without_waits_alone,
    sc7_a_cancel_before_run_stops_at_the_first_checkpoint,
    sc7_a_deadline_that_passes_in_a_busy_body_is_noticed_when_it_pends,
    sc7_a_past_deadline_cancels_before_the_body_is_polled,
    sc7_a_past_deadline_is_the_reason,
    sc8_a_cancel_without_a_message_is_explicit,
    sc8_a_closed_group_is_a_cause,
    sc8_a_failed_sibling_is_a_cause,
    sc8_a_reason_names_the_task_that_cancelled,
    sc8_cancel_and_deadline_do_not_replace_each_other,
    sc8_cancels_on_two_levels_at_the_same_time_agree,
    sc8_inside_the_reason_is_that_of_the_outermost_visible_region,
    sc8_no_lock_is_held_while_a_body_is_dropped,
    sc8_no_lock_is_held_while_wakers_are_woken,
    sc8_one_of_many_concurrent_cancels_wins,
    sc8_the_first_reason_is_kept,
    sc8_the_name_is_that_of_the_calling_task,
    sc9_a_cancel_that_races_with_spawns_reaches_every_child,
    sc9_a_cancel_that_races_with_the_end_of_a_hold_is_seen,
    sc9_a_cancel_that_races_with_the_end_of_children_loses_none,
    sc9_a_cancel_that_races_with_the_first_poll_is_seen,
    sc9_a_held_region_does_not_spin,
    sc9_a_held_region_is_woken_once,
    sc9_a_host_that_waits_for_a_held_child_does_not_spin,
    sc9_a_hundred_thousand_regions_below_are_cancelled,
    sc9_a_region_is_woken_once,
    sc9_cancel_from_a_thread_reaches_every_region_in_a_big_join_all,
    sc9_cancel_reaches_a_branch_of_a_select,
    sc9_cancel_reaches_every_region_in_a_big_join_all,
    sc9_cancel_reaches_groups_in_a_big_join_all,
    sc9_cancel_reaches_through_nested_sub_executors,
    sc9_cancel_wakes_every_wait_for_it,
    sc9_one_cancelled_scope_of_many_ends_alone,
    sc9_ten_thousand_nested_groups_are_cancelled_without_recursion,
    sc9_ten_thousand_regions_in_one_task_are_cancelled,
    sc10_a_body_is_dropped_in_its_own_context,
    sc10_a_spawned_task_installs_its_own_context,
    sc10_no_context_is_left_behind_on_a_worker,
    sc10_regions_polled_in_turn_do_not_mix,
    sc10_the_context_does_not_travel_in_the_waker,
    sc10_the_context_is_restored_on_unwind,
    sc10_the_context_is_restored_when_a_dropped_body_panics,
    sc10_the_context_is_restored_when_a_shield_unwinds,
    sc11_a_shields_argument_tells_the_outside,
    sc11_a_shields_argument_wakes_whoever_waits_for_it,
    sc11_a_wait_for_the_cancel_that_was_given_up_is_not_woken,
    sc11_a_wait_that_is_dropped_after_the_cancel_hides_nothing,
    sc11_an_uncancelled_region_says_so,
    sc11_cancelled_completes_with_the_reason,
    sc11_cancelled_is_ready_in_a_cancelled_region,
    sc11_cancelled_sees_every_region_around,
    sc11_current_task_names_the_task_that_asks,
    sc11_inside_a_shield_the_state_is_the_shields_own,
    sc11_nested_shields_tell_their_own_outside,
    sc11_the_deadline_of_a_cancelled_region_is_past,
    sc11_the_effective_deadline_is_the_earliest_around,
    sc12_a_loop_of_ready_operations_can_be_cancelled,
    sc12_a_loop_of_ready_operations_lets_a_neighbour_run,
    sc12_a_loop_of_ready_operations_lets_another_task_run,
    sc12_checkpoint_checks,
    sc12_checkpoint_if_cancelled_checks,
    sc12_checkpoint_if_cancelled_never_yields,
    sc12_checkpoint_lets_a_neighbour_run,
    sc12_checkpoint_yields_once,
    sc12_ready_operations_yield_after_the_budget,
    sc12_shielded_checkpoint_never_checks,
    sc12_shielded_checkpoint_yields_once,
    sc13_a_dropped_finalizer_is_counted_and_reported,
    sc13_a_dropped_finalizer_with_state_is_counted_and_reported,
    sc13_a_dropped_group_without_children_is_no_escape,
    sc13_a_dropped_local_group_with_a_child_at_work_is_an_escape,
    sc13_a_forgotten_group_holds_until_the_region_around_ends_by_itself,
    sc13_a_forgotten_group_is_counted_as_an_escape,
    sc13_a_group_dropped_while_it_unwinds_is_adopted,
    sc13_a_group_inside_a_forgotten_one_without_tasks_is_found,
    sc13_a_group_may_be_dropped_on_a_foreign_thread,
    sc13_a_panic_beside_a_running_group_is_an_escape,
    sc13_a_panic_in_a_dropped_body_goes_on,
    sc13_a_shield_holds_the_scope_that_a_group_was_dropped_in,
    sc13_adopted_children_stay_cancelled,
    sc13_an_escape_is_counted_although_the_children_end_at_once,
    sc13_an_escape_is_counted_and_reported,
    sc13_an_ordinary_end_is_no_escape,
    sc13_errors_of_before_a_foreign_drop_go_to_the_hook,
    sc13_errors_of_orphans_go_to_the_hook,
    sc13_every_kind_of_child_of_a_dropped_group_ends,
    sc13_finalizers_of_the_children_run,
    sc13_groups_inside_the_children_unwind_first,
    sc13_hooks_of_a_dropped_group_run_after_its_tasks,
    sc13_panics_of_orphans_go_to_the_hook,
    sc13_run_does_not_wait_for_a_forgotten_local_group,
    sc13_run_waits_for_a_dropped_blocking_call,
    sc13_run_waits_for_the_children_of_a_dropped_group,
    sc13_run_waits_for_the_hooks_of_a_dropped_group,
    sc13_the_children_of_a_dropped_local_group_go_with_it,
    sc13_the_children_of_a_forgotten_group_end_with_the_run,
    sc13_the_group_of_a_child_adopts_what_the_child_dropped,
    sc13_the_nearest_enclosing_group_adopts_the_children,
    sc13_what_a_dropped_group_left_does_not_hold_the_scope_around,
    sc13_what_is_inside_a_forgotten_group_unwinds_in_order,
    sc14_a_hold_that_outlives_a_dropped_group_holds_the_region_around,
    sc14_a_hold_that_outlives_its_place_holds_the_region_around,
    sc14_a_moved_region_is_cancelled_from_where_it_was_entered,
    sc14_a_moved_region_is_woken_in_the_task_that_polls_it,
    sc14_a_moved_region_stays_cancelled_outside_the_scope_it_was_entered_in,
    sc14_a_region_belongs_to_the_context_of_its_first_poll,
    sc14_a_region_moved_before_its_first_poll_belongs_to_its_new_place,
    sc14_a_region_on_a_plain_thread_knows_its_runtime,
    sc14_a_region_that_outlives_its_place_goes_on_in_the_region_around,
    sc14_a_region_that_outlives_its_task_does_not_hold_its_group,
    sc14_a_region_that_stays_cancelled_has_a_reason,
    sc14_a_shield_that_outlives_a_cancelled_scope_knows_the_reason,
    sc14_a_wait_for_the_cancel_goes_on_in_the_region_around,
    sc14_a_wait_for_the_outside_is_woken_by_the_end_of_its_shield,
    sc14_a_wait_is_woken_when_its_region_ends,
    sc14_the_polling_region_keeps_its_own_context,
    sc15_foreign_code_cancels_into_the_runtime,
    sc15_foreign_code_has_no_context,
    sc15_no_cancel_reaches_foreign_code_but_by_handle,
    sc15_scopes_work_in_foreign_code,
}
