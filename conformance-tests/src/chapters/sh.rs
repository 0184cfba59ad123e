//! Chapter SH: shields.
//!
//! A shield holds every region around it until its body is done. The tests cancel the outside at the worst moments,
//! from within and from other threads, and check what runs on, what is cut, and where the cancel lands afterwards.

mod complete;
mod grace;
mod grace_limits;
mod hold;
mod lexical;
mod outside;
mod race;
mod restore;
mod restore_nested;

pub use complete::*;
pub use grace::*;
pub use grace_limits::*;
pub use hold::*;
pub use lexical::*;
pub use outside::*;
pub use race::*;
pub use restore::*;
pub use restore_nested::*;

use crate::harness::*;

crate::chapter! { ($) sh;
    sh1_a_cancel_from_a_thread_leaves_a_sleeping_shield_alone,
    sh1_a_group_inside_a_shield_fails_as_usual,
    sh1_a_group_waits_for_the_shield_of_its_child,
    sh1_a_held_region_is_idle,
    sh1_a_panic_passes_through_a_shield_and_ends_its_hold,
    sh1_a_race_of_the_cancel_and_the_end_of_a_shield,
    sh1_a_scope_inside_a_shield_absorbs_its_own_cancel,
    sh1_a_shield_entered_after_the_cancel_runs,
    sh1_a_shield_left_aside_still_holds,
    sh1_a_shield_outlives_the_failure_of_a_sibling,
    sh1_a_shielded_body_runs_to_its_end_after_the_cancel,
    sh1_deadlines_inside_a_shield_fire,
    sh1_forty_shields_in_one_task_all_finish,
    sh1_operations_work_in_a_shield_of_a_cancelled_region,
    sh1_values_of_forty_shields_come_back,
    sh2_a_deadline_around_a_shield_yields_its_value,
    sh2_a_race_of_the_cancel_and_the_entry_of_a_shield,
    sh2_a_region_that_ends_with_its_shield_completes,
    sh2_a_second_shield_right_behind_the_first_runs,
    sh2_an_operation_after_the_shield_does_nothing,
    sh2_the_cancel_lands_at_the_next_wait,
    sh3_a_body_that_finishes_in_its_grace_gives_its_value,
    sh3_a_cancel_beyond_an_outer_shield_starts_no_grace,
    sh3_a_cancel_further_out_starts_the_grace_period,
    sh3_a_deadline_outside_starts_the_grace_period,
    sh3_a_drop_in_the_grace_period_ends_the_hold,
    sh3_a_finalizer_inside_is_finished_first,
    sh3_a_grace_does_not_outlive_its_shield,
    sh3_a_group_inside_is_drained_first,
    sh3_a_panic_in_the_grace_period_passes,
    sh3_a_race_of_the_value_and_the_end_of_the_grace,
    sh3_a_ready_body_beats_the_end_of_its_grace,
    sh3_a_shield_inside_outlasts_the_grace_period,
    sh3_ask_grace_drop,
    sh3_forty_graces_in_one_task_all_end,
    sh3_grace_max_never_ends,
    sh3_grace_zero_in_a_cancelled_region_runs_to_the_first_wait,
    sh3_graces_in_each_other_end_one_after_the_other,
    sh3_no_grace_period_without_a_cancel,
    sh3_the_cancel_of_a_group_starts_the_grace_in_its_children,
    sh3_the_end_of_the_grace_period_cuts_the_body,
    sh3_the_grace_period_is_idle,
    sh3_the_grace_period_starts_at_the_cancel,
    sh4_a_cancel_from_a_thread_reaches_the_restored_part,
    sh4_a_cancelled_scope_around_the_restored_part_absorbs,
    sh4_a_child_cannot_undo_the_shield_of_its_host,
    sh4_a_child_undoes_a_shield_of_its_own,
    sh4_a_clone_of_the_outside_tells_a_child,
    sh4_a_deadline_outside_is_told,
    sh4_a_deadline_outside_reaches_the_restored_part,
    sh4_a_finalizer_in_the_restored_part_runs_before_it_returns,
    sh4_a_group_in_the_restored_part_is_drained_first,
    sh4_a_race_of_the_cancel_and_the_end_of_the_restored_part,
    sh4_a_ready_value_beats_the_cancel_in_the_restored_part,
    sh4_a_restore_in_a_blocking_call_undoes_the_shield_of_its_caller,
    sh4_a_restore_sees_the_deadlines_outside_of_its_own_shield_alone,
    sh4_a_scope_around_the_restored_part_is_left_alone,
    sh4_a_scope_between_the_shields_is_the_outside_of_the_inner,
    sh4_a_scope_inside_ends_the_wait_for_the_outside,
    sh4_a_shield_in_the_restored_part_is_finished_first,
    sh4_a_wait_for_the_outside_that_was_given_up_is_not_woken,
    sh4_of_two_restores_the_outer_one_absorbs,
    sh4_operations_in_a_cancelled_restored_part_do_nothing,
    sh4_outside_cancelled_is_ready_after_the_cancel,
    sh4_outside_cancelled_is_the_waiting_form,
    sh4_restore_absorbs_and_the_shielded_body_goes_on,
    sh4_restore_after_the_cancel_runs_to_the_first_wait,
    sh4_restore_gives_the_value,
    sh4_restore_outside_a_shield_absorbs_nothing,
    sh4_restore_outside_a_shield_gives_the_value,
    sh4_restore_undoes_only_its_own_shield,
    sh4_restores_and_shields_in_turn_unwind_inwards_out,
    sh4_the_deadline_of_the_outside_is_seen_in_the_restored_part,
    sh4_the_outside_of_an_ended_shield_is_shut_down,
    sh4_the_outside_of_an_inner_shield_is_the_outer_shield,
    sh4_the_wait_for_the_outside_is_idle,
    sh4_work_can_be_raced_against_the_outside,
    sh5_a_dropped_shield_holds_nothing,
    sh5_a_finished_shield_holds_nothing,
    sh5_a_shield_in_a_shield_keeps_the_outer_protection,
    sh5_an_unpolled_shield_holds_nothing,
    sh5_deadlines_outside_a_shield_are_not_seen_inside,
    sh5_dropping_the_shield_after_the_cancel_lets_it_land,
    sh5_nested_shields_unwind_one_by_one,
    sh5_protection_begins_and_ends_with_the_shield,
    sh6_a_child_spawned_into_an_outer_group_is_not_protected,
    sh6_a_group_opened_inside_the_shield_is_protected,
    sh6_an_outer_cancel_passes_the_shield_of_the_spawner,
}
