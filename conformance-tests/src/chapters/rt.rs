//! Chapter RT: runtimes.
//!
//! What `run` owns and when it returns, where it refuses to start, whose clock is read, and what the task tree shows.
//! What needs a second runtime in the process, or a host that is not anyrt's own, is tested outside this suite, with
//! each backend's own entry points.

mod clock;
mod find;
mod names;
mod nested;
mod owns;
mod poll;
mod tree;
mod tree_states;
mod tree_waits;

pub use clock::*;
pub use find::*;
pub use names::*;
pub use nested::*;
pub use owns::*;
pub use poll::*;
pub use tree::*;
pub use tree_states::*;
pub use tree_waits::*;

use crate::harness::*;

crate::chapter! { ($) rt;
    rt1_main_stays_on_the_calling_thread_and_may_borrow,
    rt1_run_returns_after_the_last_orphan_and_its_hooks,
    rt1_a_panic_of_main_is_resumed_after_the_last_orphan,
    rt1_two_runs_end_independently,
    rt1_runs_follow_each_other,
    rt1_run_inside_a_run_is_an_error_that_names_the_remedy,
    rt1_run_inside_a_child_is_an_error,
    rt1_the_refused_main_is_dropped_unpolled,
    rt1_a_refused_run_leaves_the_task_as_it_was,
    rt2_every_part_of_a_run_finds_its_runtime,
    rt2_a_handle_of_the_runtime_works_on_a_plain_thread,
    rt2_what_needs_no_runtime_runs_on_a_plain_thread,
    rt3_no_task_is_polled_inside_the_poll_of_another,
    rt3_a_body_that_always_wakes_itself_does_not_hold_up_a_deadline,
    rt3_a_body_of_ready_operations_does_not_hold_up_a_deadline,
    rt3_a_busy_task_does_not_hold_up_its_neighbours,
    rt4_the_clock_does_not_go_back_from_task_to_task,
    rt4_a_sleep_ends_at_its_instant_or_later,
    rt4_a_sleep_wakes_whoever_polled_it_last,
    rt4_a_deadline_is_told_on_the_same_clock,
    rt5_a_plain_task_that_waits_is_shown,
    rt5_a_task_has_the_name_it_was_given,
    rt5_without_a_name_a_task_is_called_after_its_spawn,
    rt5_the_name_is_seen_in_every_region_of_the_task,
    rt5_a_task_knows_its_place_and_its_id,
    rt5_the_tree_shows_name_place_and_age_of_who_waits,
    rt5_the_tree_nests_regions_as_they_are_entered,
    rt5_the_tree_forgets_who_has_ended,
    rt5_what_is_not_waited_for_any_more_is_not_kept,
    rt5_the_tree_is_seen_from_any_thread,
    rt5_the_tree_tells_why_and_by_whom_a_region_was_cancelled,
    rt5_the_tree_shows_shields_finalizers_and_blocking_calls,
    rt5_the_tree_shows_a_blocking_call_that_a_cancel_waits_for,
    rt5_the_tree_shows_deadlines_on_the_runtimes_clock,
    rt5_the_tree_shows_tasks_that_wait_for_their_place,
    rt5_the_tree_shows_an_orphan,
    rt5_the_tree_tells_which_lock_a_task_waits_for_and_who_holds_it,
    rt5_the_tree_tells_who_holds_a_lock_now,
    rt5_the_tree_tells_what_each_primitive_is_that_is_waited_for,
    rt5_the_tree_tells_who_has_the_tokens_that_are_waited_for,
    rt5_the_tree_does_not_tell_of_a_wait_that_was_given_up,
    rt5_the_tree_tells_what_a_shield_waits_for_in_its_grace,
    rt5_the_tree_tells_what_a_region_waits_for_of_that_region_alone,
}

/// Sets an event when it is dropped: what waits for the event outlives neither a test's body nor its failure.
struct SetOnDrop(Event);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
