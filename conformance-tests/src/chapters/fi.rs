//! Chapter FI: finalizers, exit stacks and deferred hooks.
//!
//! Asynchronous cleanup that runs exactly once, innermost first, and is finished before anything around it counts as
//! ended, however the body came to its end.

mod children;
mod edges;
mod exit;
mod gone;
mod grace;
mod hooks;
mod hooks_blocking;
mod hooks_failing;
mod hooks_group;
mod hooks_order;
mod lost;
mod order;
mod order_many;
mod panics;
mod state;
mod visible;

pub use children::*;
pub use edges::*;
pub use exit::*;
pub use gone::*;
pub use grace::*;
pub use hooks::*;
pub use hooks_blocking::*;
pub use hooks_failing::*;
pub use hooks_group::*;
pub use hooks_order::*;
pub use lost::*;
pub use order::*;
pub use order_many::*;
pub use panics::*;
pub use state::*;
pub use visible::*;

use crate::harness::*;

/// Panics with `text`, as a function that seems to return.
fn fail(text: &'static str) {
    std::panic::panic_any(text);
}

crate::chapter! { ($) fi;
    fi1_a_body_is_not_polled_during_its_cleanup,
    fi1_a_body_that_panics_while_it_is_dropped_is_cleaned_up_after,
    fi1_a_cancel_during_a_cleanup_lands_after_it,
    fi1_a_cancelled_body_is_gone_before_its_cleanup,
    fi1_a_cancelled_finalizer_is_not_lost,
    fi1_a_cleanup_after_a_body_that_never_waits,
    fi1_a_cleanup_after_a_cancel,
    fi1_a_cleanup_after_a_cancel_from_a_thread,
    fi1_a_cleanup_after_a_deadline,
    fi1_a_cleanup_after_a_panic,
    fi1_a_cleanup_after_a_panic_at_the_first_poll,
    fi1_a_cleanup_after_a_value,
    fi1_a_cleanup_after_the_cancel_of_one_task,
    fi1_a_cleanup_after_the_failure_of_a_sibling,
    fi1_a_cleanup_runs_shielded,
    fi1_a_cleanup_within_its_grace_is_finished,
    fi1_a_completed_body_is_gone_before_its_cleanup,
    fi1_a_finalizer_dropped_in_its_body_is_reported,
    fi1_a_finalizer_dropped_in_its_cleanup_is_reported,
    fi1_a_finalizer_entered_in_a_cancelled_region_runs,
    fi1_a_finalizer_needs_no_runtime,
    fi1_a_finalizer_overtaken_by_the_cancel_does_not_clean_up,
    fi1_a_finalizer_with_a_state_can_be_spawned,
    fi1_a_finished_finalizer_is_not_lost,
    fi1_a_lost_finalizer_holds_nothing,
    fi1_a_panic_at_the_start_of_a_cleanup_replaces_the_value,
    fi1_a_panic_in_a_cancelled_region_is_told_as_panic,
    fi1_a_panic_in_a_cleanup_loses_to_the_panic_of_the_body,
    fi1_a_panic_in_a_cleanup_replaces_a_cancel,
    fi1_a_panic_in_a_cleanup_replaces_the_value,
    fi1_a_panic_in_the_cleanup_of_a_child_is_resumed_in_the_host,
    fi1_a_panic_in_the_middle_is_seen_outside_of_it,
    fi1_a_panic_of_a_child_is_resumed_after_the_cleanups,
    fi1_a_panic_of_the_call_of_a_body_with_a_state_runs_the_cleanup,
    fi1_a_panic_of_the_call_of_a_cleanup_with_a_state_is_one_of_the_cleanup,
    fi1_a_panicked_body_is_gone_before_its_cleanup,
    fi1_a_race_of_value_and_cancel_cleans_up_once,
    fi1_a_ready_body_in_a_cancelled_region_has_completed,
    fi1_a_second_cancel_does_not_start_a_second_cleanup,
    fi1_a_shield_in_a_cleanup_outlasts_its_grace,
    fi1_a_value_in_the_poll_of_the_cancel_has_completed,
    fi1_an_error_of_the_body_is_a_completion,
    fi1_an_unpolled_cleanup_is_dropped,
    fi1_an_unpolled_finalizer_does_not_clean_up,
    fi1_each_of_the_nested_finalizers_is_lost,
    fi1_grace_zero_grants_the_part_before_the_first_wait,
    fi1_of_two_panicking_cleanups_the_inner_wins,
    fi1_the_grace_period_bounds_the_cleanup_after_a_panic,
    fi1_the_grace_period_bounds_the_cleanup_after_a_value,
    fi1_the_grace_period_cuts_an_endless_cleanup,
    fi1_the_grace_period_starts_with_the_cleanup,
    fi1_the_next_outer_cleanup_sees_the_panic_of_a_cleanup,
    fi1_the_reason_is_that_of_the_outermost_cancelled_scope,
    fi1_the_reason_names_who_cancelled,
    fi1_the_state_is_dropped_when_its_cleanup_panics,
    fi1_the_state_is_lent_in_turn,
    fi1_the_state_of_a_lost_finalizer_is_dropped,
    fi1_the_state_of_an_unpolled_finalizer_is_dropped,
    fi1_the_state_survives_a_cancel,
    fi1_the_state_survives_a_panic,
    fi1_the_winner_of_a_foreign_select_has_cleaned_up,
    fi2_a_cleanup_around_a_group_comes_after_its_children,
    fi2_a_finalizer_in_a_cleanup_is_finished_within_it,
    fi2_a_hundred_levels_clean_up_innermost_first,
    fi2_a_local_group_waits_for_the_cleanups_of_its_children,
    fi2_a_mixed_bundle_cleans_up_what_was_polled,
    fi2_a_panic_cleans_up_innermost_first,
    fi2_a_running_cleanup_holds_the_region,
    fi2_a_shield_in_the_body_comes_before_the_cleanup,
    fi2_a_task_ends_after_its_cleanup,
    fi2_a_waiting_cleanup_is_idle,
    fi2_an_inner_scope_cleans_up_only_what_is_inside,
    fi2_an_outer_cancel_cleans_up_through_the_inner_scope,
    fi2_chains_beside_each_other_are_independent,
    fi2_directly_nested_finalizers_clean_up_innermost_first,
    fi2_forty_bodies_in_a_child_of_a_nested_group,
    fi2_forty_bodies_in_futures_unordered,
    fi2_forty_bodies_in_join_all,
    fi2_forty_children_of_a_group,
    fi2_hooks_of_nested_stacks_run_innermost_first,
    fi2_three_levels_clean_up_innermost_first,
    fi3_a_blocking_hook_holds_without_spinning,
    fi3_a_blocking_hook_may_wait_for_a_task,
    fi3_a_blocking_hook_of_a_group_runs_after_its_tasks,
    fi3_a_cancel_during_the_hooks_lands_after_them,
    fi3_a_hook_is_gone_before_the_next_starts,
    fi3_a_hook_registered_after_the_cancel_runs,
    fi3_a_panic_of_a_hook_loses_to_the_panic_of_the_body,
    fi3_a_panic_of_a_hook_of_a_dropped_stack_is_told,
    fi3_a_panic_of_a_hook_of_a_group_is_resumed_in_the_host,
    fi3_a_panic_of_a_hook_replaces_a_cancel,
    fi3_a_panic_of_a_hook_that_is_resumed_is_not_reported,
    fi3_a_panicking_blocking_hook_does_not_stop_the_others,
    fi3_a_panicking_hook_does_not_stop_the_others,
    fi3_a_stack_in_a_child_task,
    fi3_a_stack_without_hooks_does_nothing,
    fi3_a_thousand_hooks_run_last_in_first_out,
    fi3_blocking_hooks_after_a_cancel_and_a_panic,
    fi3_blocking_hooks_do_not_wait_for_the_default_limiter,
    fi3_blocking_hooks_keep_their_place_in_the_order,
    fi3_children_register_hooks_of_their_group,
    fi3_daemons_end_before_the_hooks,
    fi3_failing_hooks_after_a_cancel,
    fi3_failing_hooks_are_told_in_one_report,
    fi3_failing_hooks_leave_the_error_of_the_group_alone,
    fi3_failing_hooks_of_a_group_are_told_in_one_report,
    fi3_hooks_after_a_cancel,
    fi3_hooks_after_a_panic,
    fi3_hooks_after_a_value,
    fi3_hooks_of_a_cancelled_group_run_after_its_finalizers,
    fi3_hooks_of_a_failed_group_whose_body_gave_a_value,
    fi3_hooks_of_a_foreign_dropped_group_still_run,
    fi3_hooks_of_a_foreign_dropped_stack_still_run,
    fi3_hooks_of_a_group_run_after_its_tasks,
    fi3_hooks_of_a_group_under_an_outer_cancel,
    fi3_hooks_of_a_group_whose_body_panics,
    fi3_hooks_of_a_local_group_run_after_its_tasks,
    fi3_hooks_of_an_empty_group_run,
    fi3_later_panics_of_hooks_are_told,
    fi3_the_body_is_gone_before_its_hooks,
    fi3_the_error_of_a_group_comes_after_its_hooks,
    fi3_the_panic_of_a_child_comes_after_the_hooks,
    fi4_a_cleanup_after_a_panic_is_in_the_task_tree,
    fi4_a_cleanup_that_never_ends_is_in_the_task_tree,
    fi4_a_stuck_cleanup_of_a_child_is_in_the_task_tree,
    fi4_nested_cleanups_are_shown_in_turn,
}
