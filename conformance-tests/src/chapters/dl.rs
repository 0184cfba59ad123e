//! Chapter DL: deadlines.
//!
//! No test here measures how late a deadline is: that depends on the machine. What is asserted is that it is never
//! early, whom it is charged to, what it waits for, and what it does not touch. Either the deadline is the only thing
//! that can end a wait, or it is too far away to matter.

mod charged;
mod effective;
mod forms;
mod held;
mod moved;
mod never;
mod periods;
mod timed_out;

pub use charged::*;
pub use effective::*;
pub use forms::*;
pub use held::*;
pub use moved::*;
pub use never::*;
pub use periods::*;
pub use timed_out::*;

use crate::harness::*;

/// A period that no test sees the end of.
const FAR: Duration = Duration::from_secs(3600);

/// A period that a test waits for.
const SHORT: Duration = Duration::from_millis(3);

/// Runs `attempt` with a longer and longer lead until it was fast enough to say something.
///
/// Some tests set two deadlines before the first is past. A machine that stops in between proves nothing, and the
/// attempt is made again.
async fn with_lead<T>(mut attempt: impl AsyncFnMut(Duration) -> Option<T>) -> T {
    let mut lead = Duration::from_millis(10);
    loop {
        match attempt(lead).await {
            Some(value) => return value,
            None => lead *= 2,
        }
    }
}

crate::chapter! { ($) dl;
    dl1_a_deadline_is_noticed_at_the_next_wait,
    dl1_a_deadline_may_be_made_anywhere,
    dl1_a_handle_tells_its_deadline,
    dl1_a_large_instant_means_never,
    dl1_a_large_period_does_not_panic,
    dl1_a_large_period_is_never_over,
    dl1_a_large_sleep_is_never_over,
    dl1_a_past_instant_means_at_once,
    dl1_a_period_starts_at_the_first_poll,
    dl1_a_ready_body_beats_a_past_deadline,
    dl1_a_scope_has_a_deadline,
    dl1_a_thousand_deadlines_all_pass,
    dl1_fail_after_gives_the_value_or_an_error,
    dl1_instants_are_checked,
    dl1_move_on_after_gives_the_value_or_nothing,
    dl1_never_takes_no_part_in_the_effective_deadline,
    dl1_the_at_forms_take_an_instant,
    dl1_the_period_of_a_scope_starts_at_its_first_poll,
    dl1_the_period_of_a_sleep_starts_at_its_first_poll,
    dl1_zero_means_at_once,
    dl2_a_body_that_returns_a_time_out_has_not_timed_out,
    dl2_a_deadline_that_passes_after_an_outer_cancel_is_not_a_time_out,
    dl2_a_scope_tells_which_came_first,
    dl2_an_inner_time_out_is_a_value_to_the_outer,
    dl2_an_outer_cancel_during_the_unwinding_absorbs,
    dl2_an_outer_cancel_is_not_a_time_out,
    dl2_no_time_in_a_cancelled_region_is_not_a_time_out,
    dl2_timed_out_is_an_error_of_its_own,
    dl3_a_cancelled_inner_scope_absorbs_before_an_outer_deadline,
    dl3_a_child_has_the_deadline_of_its_group,
    dl3_a_child_outlives_the_deadline_of_its_spawners_scope,
    dl3_a_childs_own_earlier_deadline_is_its_own,
    dl3_a_deadline_around_a_group_reaches_all_below,
    dl3_a_late_look_in_a_child_charges_the_earlier_outer_deadline,
    dl3_a_region_beyond_a_shield_is_not_charged,
    dl3_a_shield_hides_the_deadlines_outside,
    dl3_a_sibling_does_not_inherit_its_spawners_deadline,
    dl3_an_earlier_inner_deadline_is_charged_though_both_are_past,
    dl3_an_earlier_outer_deadline_is_charged_though_both_are_past,
    dl3_an_expiry_in_a_child_is_charged_to_the_region_around_its_group,
    dl3_an_expiry_stops_at_a_shield,
    dl3_an_outer_deadline_moved_to_the_same_instant_is_charged,
    dl3_neighbours_have_their_own_deadlines,
    dl3_of_equal_deadlines_the_outer_one_is_charged,
    dl3_the_deadline_of_a_cancelled_region_is_past,
    dl3_the_earliest_deadline_is_effective,
    dl3_the_middle_one_of_three_is_charged,
    dl4_a_child_is_never_cut_early,
    dl4_a_deadline_is_moved_before_the_run,
    dl4_a_deadline_is_moved_earlier,
    dl4_a_deadline_moved_to_the_past_cancels_at_once,
    dl4_a_deadline_is_moved_later,
    dl4_a_deadline_is_never_early,
    dl4_a_deadline_is_set_while_the_body_waits,
    dl4_a_deadline_is_taken_away,
    dl4_a_group_is_given_a_deadline,
    dl4_a_move_after_a_cancel_has_no_effect,
    dl4_a_move_after_the_end_does_nothing,
    dl4_a_move_after_the_end_has_no_effect,
    dl4_a_move_after_the_expiry_has_no_effect,
    dl4_a_move_reaches_the_children_of_a_group,
    dl4_a_move_that_races_with_a_poll_is_not_lost,
    dl4_a_sleep_is_never_early,
    dl4_only_the_last_of_many_moves_counts,
    dl4_the_effective_deadline_follows_a_move,
    dl5_a_blocking_call_outlives_the_deadline,
    dl5_a_finalizer_under_a_past_deadline_runs,
    dl5_a_shielded_value_outlives_the_deadline,
    dl5_an_expired_region_that_is_held_is_idle,
    dl5_an_expiry_unwinds_from_the_inside_out,
    dl5_an_expiry_waits_for_a_finalizer,
    dl5_an_expiry_waits_for_the_children_of_a_group,
    dl5_code_after_a_shield_runs_to_its_next_wait,
}
