//! Chapter TH: threads.
//!
//! Blocking calls are put under control by a `Gate`: the closure tells that it has started and returns when it is let
//! go, so that a cancel, a release or a new total comes at a known moment of the call. No test touches the total of the
//! default limiter, which belongs to a runtime that other tests may share. The whole chapter is one file, longer
//! than others, as most of its tests need the gate.

mod abandon;
mod asyncer;
mod before;
mod borrowers;
mod carried_out;
mod context;
mod context_inherit;
mod default_limiter;
mod dropped;
mod from_thread;
mod from_thread_abandon;
mod from_thread_caller;
mod from_thread_cancel;
mod from_thread_elsewhere;
mod from_thread_regions;
mod hold;
mod iterate;
mod iterate_end;
mod iterate_leaving;
mod iterate_token;
mod lane;
mod left_behind;
mod lending;
mod lending_queue;
mod limiter;
mod panics;
mod pool_shapes;
mod portal;
mod portal_async;
mod portal_async_cancel;
mod portal_group;
mod portal_options;
mod portal_start;
mod portal_stop;
mod portal_tasks;
mod portal_wait;
mod provider;
mod queue;
mod resize;
mod run_soon;
mod runnify;
mod storm;
mod worker;

pub use abandon::*;
pub use asyncer::*;
pub use before::*;
pub use borrowers::*;
pub use carried_out::*;
pub use context::*;
pub use context_inherit::*;
pub use default_limiter::*;
pub use dropped::*;
pub use from_thread::*;
pub use from_thread_abandon::*;
pub use from_thread_caller::*;
pub use from_thread_cancel::*;
pub use from_thread_elsewhere::*;
pub use from_thread_regions::*;
pub use hold::*;
pub use iterate::*;
pub use iterate_end::*;
pub use iterate_leaving::*;
pub use iterate_token::*;
pub use lane::*;
pub use left_behind::*;
pub use lending::*;
pub use lending_queue::*;
pub use limiter::*;
pub use panics::*;
pub use pool_shapes::*;
pub use portal::*;
pub use portal_async::*;
pub use portal_async_cancel::*;
pub use portal_group::*;
pub use portal_options::*;
pub use portal_start::*;
pub use portal_stop::*;
pub use portal_tasks::*;
pub use portal_wait::*;
pub use provider::*;
pub use queue::*;
pub use resize::*;
pub use run_soon::*;
pub use runnify::*;
pub use storm::*;
pub use worker::*;

use crate::harness::*;

crate::chapter! { ($) th;
    th1_a_call_that_is_never_polled_never_runs,
    th1_a_deadline_ends_the_wait_for_the_token,
    th1_a_run_inside_a_closure_is_a_run_like_any_other,
    th1_after_a_past_deadline_the_closure_never_runs,
    th1_an_uncancelled_call_in_a_shield_runs_inside_a_cancelled_scope,
    th1_asyncify_runs_nothing_before_it_is_polled,
    th1_asyncify_takes_closures_of_any_arity,
    th1_asyncify_takes_functions_of_any_arity,
    th1_cancelled_before_the_closure_never_runs,
    th1_the_closure_runs_on_another_thread_and_its_value_comes_back,
    th1_the_runtime_goes_on_while_a_closure_blocks,
    th1_waiting_for_the_token_is_cancelled_and_takes_none,
    th2_a_body_that_does_not_wait_again_completes,
    th2_a_cancelled_call_waits_without_polling,
    th2_a_deadline_that_passes_during_the_call_leaves_the_value,
    th2_a_group_waits_for_the_closure_of_a_cancelled_child,
    th2_the_body_is_dropped_after_the_closure_has_returned,
    th2_the_value_comes_back_despite_a_cancel_that_lands_at_the_next_wait,
    th3_a_cancelled_scope_around_a_call_that_began_outside_leaves_it,
    th3_a_panic_of_an_abandoned_value_is_told,
    th3_an_abandoned_panic_gives_the_token_back,
    th3_an_abandoned_panic_is_told,
    th3_an_abandoning_call_leaves_the_queue_without_running,
    th3_an_unclaimed_value_is_dropped_on_the_worker,
    th3_asyncify_may_be_abandoned,
    th3_run_returns_while_an_abandoned_closure_is_at_work,
    th3_run_returns_while_an_abandoned_value_is_being_dropped,
    th3_the_caller_leaves_a_region_that_something_else_holds,
    th3_the_caller_leaves_at_once_and_the_token_stays_with_the_closure,
    th3_the_next_call_waits_for_an_abandoned_closure,
    th3_without_a_cancel_the_value_comes_back,
    th4_a_blocking_hook_finds_the_runtime_of_its_group,
    th4_a_call_borrows_from_the_default_limiter,
    th4_a_call_dropped_by_foreign_code_keeps_its_token_until_the_closure_returns,
    th4_a_call_into_a_group_does_not_inherit_from_its_host,
    th4_a_call_of_a_plain_thread_inherits_nothing,
    th4_a_cancelled_waiter_is_passed_over,
    th4_a_child_inherits_the_context_of_its_spawn,
    th4_a_cleanup_sees_the_context_of_its_scope,
    th4_a_closure_finds_the_runtime_of_its_caller,
    th4_a_closure_inherits_the_context_of_its_caller,
    th4_a_context_value_is_dropped_at_the_end_of_its_scope,
    th4_a_context_value_is_dropped_with_its_last_holder,
    th4_a_context_value_is_seen_inside_its_scope,
    th4_a_cut_takes_no_token_back_and_holds_the_queue,
    th4_a_free_token_does_not_pass_the_queue,
    th4_a_grandchild_inherits_the_context_of_its_parent,
    th4_a_grant_to_a_dropped_call_goes_to_the_next,
    th4_a_key_has_one_token_at_most,
    th4_a_key_that_waits_is_taken,
    th4_a_limiter_is_usable_before_any_runtime_runs,
    th4_a_limiter_may_have_a_name,
    th4_a_limiter_of_zero_lets_nobody_through_until_it_is_raised,
    th4_a_nested_context_scope_hides_and_restores,
    th4_a_panic_restores_the_context,
    th4_a_pool_behind_its_own_limiter_serves_all,
    th4_a_pool_used_in_one_closure_serves_all,
    th4_a_pool_used_in_the_background_serves_all,
    th4_a_raise_lets_waiting_calls_through,
    th4_a_task_spawned_before_the_scope_inherits_nothing,
    th4_a_token_taken_by_a_task_counts,
    th4_a_total_changed_many_times_is_never_exceeded,
    th4_a_wait_that_is_given_up_frees_its_key,
    th4_a_waiting_context_scope_shows_its_value_to_nobody_else,
    th4_an_iterator_inherits_the_context_of_its_consumer,
    th4_another_limiter_leaves_the_default_one_alone,
    th4_as_many_closures_run_at_once_as_there_are_tokens,
    th4_asyncify_takes_a_limiter,
    th4_calls_get_their_tokens_in_the_order_of_arrival,
    th4_four_hundred_calls_that_block_leave_the_runtime_alone,
    th4_four_hundred_short_calls_never_exceed_the_total,
    th4_hooks_have_the_context_of_their_host,
    th4_keyed_waiters_keep_their_place_in_the_queue,
    th4_never_more_closures_than_tokens,
    th4_no_token_is_lost_or_doubled_in_a_storm,
    th4_started_and_local_children_inherit_the_context,
    th4_the_context_is_that_of_the_spawner_and_not_of_the_group,
    th4_the_context_values_of_many_tasks_do_not_mix,
    th4_the_default_limiter_has_forty_tokens,
    th4_the_key_of_a_borrower_is_shown,
    th4_the_statistics_list_who_has_a_token,
    th4_tokens_taken_by_tasks_and_threads_are_listed,
    th4_two_context_keys_are_independent,
    th4_two_runs_have_two_limiters,
    th4_two_runs_share_a_limiter,
    th5_a_panic_comes_back_despite_a_cancel,
    th5_a_panic_gives_the_token_back,
    th5_a_panic_in_a_call_of_a_child_resumes_in_the_host,
    th5_a_panic_is_resumed_in_the_caller_with_its_payload,
    th5_asyncify_resumes_a_panic,
    th6_a_blocking_hook_of_a_cancelled_group_may_wait,
    th6_a_call_dropped_by_foreign_code_ends_its_future,
    th6_a_call_that_is_carried_out_cannot_wait_afterwards,
    th6_a_cancel_at_any_moment_ends_the_future,
    th6_a_cancel_ends_the_future_of_an_iterator,
    th6_a_cancelled_closure_is_told_so_as_often_as_it_asks,
    th6_a_child_of_a_group_inside_is_cancelled_with_the_caller,
    th6_a_cleanup_of_a_stopped_daemon_may_wait_on_a_thread,
    th6_a_closure_inside_a_future_is_in_a_worker,
    th6_a_closure_may_catch_the_panic_of_its_future,
    th6_a_finalizer_inside_ends_before_the_error_comes_back,
    th6_a_future_that_never_waits_completes_in_a_cancelled_call,
    th6_a_group_of_an_abandoned_future_is_not_taken_for_a_forgotten_one,
    th6_a_panic_of_the_future_comes_out_of_the_call,
    th6_a_plain_thread_is_not_in_a_worker,
    th6_a_runtime_that_does_not_start_is_an_error,
    th6_a_shield_around_the_call_protects_the_future,
    th6_a_shield_inside_is_waited_for,
    th6_a_task_is_not_in_a_worker,
    th6_a_task_spawned_into_a_group_outside_stays_there,
    th6_a_waiting_future_is_polled_when_it_is_woken,
    th6_abandoned_closures_that_ask_for_ever_do_not_keep_run,
    th6_an_abandoned_closure_is_told_that_it_is_cancelled,
    th6_an_abandoning_call_that_nobody_cancels_runs_its_future,
    th6_an_iterator_may_wait_for_a_future,
    th6_an_uncancelled_closure_is_told_so,
    th6_every_future_that_waits_in_a_cancelled_call_is_ended,
    th6_groups_work_inside,
    th6_inside_a_future_a_second_run_is_refused,
    th6_one_closure_runs_many_futures,
    th6_run_waits_for_the_finalizers_of_an_abandoned_future,
    th6_runnify_inside_a_runtime_is_an_error,
    th6_runnify_runs_an_asynchronous_function,
    th6_runnify_stays_on_its_thread,
    th6_scopes_shields_and_finalizers_work_inside,
    th6_syncify_awaits_in_a_worker,
    th6_syncify_is_cancelled_with_the_caller,
    th6_syncify_or_run_is_cancelled_with_the_caller,
    th6_syncify_or_run_on_a_runtimes_own_thread_is_an_error,
    th6_syncify_or_run_starts_a_runtime_outside_of_a_worker,
    th6_syncify_or_run_uses_the_callers_runtime_in_a_worker,
    th6_syncify_outside_of_a_worker_is_an_error,
    th6_the_cancel_of_the_callers_task_ends_the_future,
    th6_the_deadline_of_the_caller_ends_the_future,
    th6_the_destructor_of_an_abandoned_value_may_wait_for_a_future,
    th6_the_end_of_run_cancels_what_a_call_waits_for,
    th6_the_end_of_run_cancels_what_an_iterator_waits_for,
    th6_the_error_of_a_function_made_synchronous_has_a_source,
    th6_the_failure_of_a_sibling_ends_the_future,
    th6_the_first_of_two_panics_is_resumed,
    th6_the_future_belongs_to_the_callers_task,
    th6_the_future_has_the_callers_deadline,
    th6_the_future_is_cancelled_with_its_caller,
    th6_the_future_is_polled_on_the_thread_of_the_closure,
    th6_the_future_may_borrow_and_need_not_be_send,
    th6_the_future_may_cancel_its_own_caller,
    th6_the_future_of_an_abandoned_call_ends_with_the_runtime,
    th6_the_future_of_an_abandoned_call_runs_to_its_own_end,
    th6_the_future_of_an_abandoned_stream_ends_with_the_runtime,
    th6_the_reason_is_that_of_the_outermost_cancelled_region,
    th6_the_tasks_of_a_run_inside_a_closure_are_not_in_a_worker,
    th6_the_value_of_the_future_comes_back,
    th6_timers_work_inside,
    th6_what_waits_below_a_forgotten_group_ends_with_run,
    th7_a_call_on_another_limiter_in_between_passes_the_token_on,
    th7_a_cancel_of_the_caller_ends_the_wait_for_the_lent_token,
    th7_a_lent_token_of_another_limiter_is_not_taken,
    th7_a_nested_call_borrows_no_further_token,
    th7_a_nested_call_that_gives_up_its_wait_loses_nothing,
    th7_a_nested_panic_gives_the_lent_token_back,
    th7_a_second_nested_call_does_not_pass_the_queue,
    th7_a_second_nested_call_takes_a_free_token,
    th7_a_task_spawned_into_a_group_outside_is_lent_nothing,
    th7_a_token_that_is_lent_is_there_to_be_tried_for,
    th7_after_the_future_the_closure_still_holds_its_token,
    th7_an_abandoned_nested_closure_keeps_the_lent_token,
    th7_an_abandoned_nested_closure_that_outlives_the_future_is_counted,
    th7_calls_nest_on_a_limiter_of_one,
    th7_nested_calls_of_many_callers_share_one_token,
    th7_never_two_closures_with_one_lent_token,
    th7_the_children_of_a_group_inside_use_the_lent_token,
    th7_the_default_limiter_lends_as_well,
    th7_two_nested_calls_use_the_lent_token_in_turn,
    th7_who_waits_outside_is_not_given_the_lent_token,
    th8_a_cancel_ends_the_iterator_after_the_item_at_hand,
    th8_a_cancel_of_an_idle_stream_drops_the_iterator_on_a_worker,
    th8_a_child_may_consume_the_stream,
    th8_a_drained_buffer_is_filled_again,
    th8_a_full_buffer_gives_thread_and_token_back,
    th8_a_panic_after_an_item_was_made_loses_no_item,
    th8_a_panic_comes_after_the_items_before_it,
    th8_a_panic_of_a_parked_iterator_s_destructor_is_told,
    th8_a_stream_in_a_hook_of_a_cancelled_root_works,
    th8_a_stream_that_leaves_the_queue_begins_nothing,
    th8_a_stream_under_timeouts_keeps_its_place,
    th8_a_timeout_around_one_item_loses_nothing,
    th8_a_token_granted_to_a_stream_is_at_work,
    th8_all_items_come_in_order,
    th8_an_abandoned_iterator_does_not_hold_the_region,
    th8_an_abandoned_stream_is_not_waited_for,
    th8_an_item_does_not_wait_for_the_next_one,
    th8_an_item_does_not_wait_for_the_size_hint,
    th8_an_iterator_that_was_left_is_dropped_on_a_worker,
    th8_in_a_cancelled_region_no_item_is_taken,
    th8_in_a_cancelled_region_the_iterator_is_never_asked,
    th8_nothing_runs_before_the_first_poll,
    th8_the_end_is_told_again,
    th8_the_iterator_is_used_and_dropped_on_workers,
    th8_the_nearest_group_waits_for_a_stream_dropped_in_a_blocking_call,
    th8_the_nearest_group_waits_for_an_iterator_at_work,
    th8_the_nearest_group_waits_for_the_destructor,
    th8_the_nearest_group_waits_for_the_thread_of_an_earlier_batch,
    th8_the_size_hint_counts_what_is_buffered,
    th8_the_wait_for_a_token_is_cancellable,
    th8_two_streams_on_one_token_take_turns,
    th9_a_hook_holds_no_token_and_its_calls_do,
    th9_a_pool_given_back_to_in_a_hook_serves_all,
    th9_blocking_hooks_run_on_workers_in_their_order,
    th9_blocking_hooks_run_while_every_token_is_taken,
    th9_the_call_of_a_hook_waits_for_a_token,
    th9_the_hook_of_a_group_runs_while_its_closures_keep_the_tokens,
    th9_the_hooks_of_many_regions_run_while_every_token_is_taken,
    th10_a_call_after_many_ready_operations_ends,
    th10_a_call_dropped_by_foreign_code_cancels_the_called_task,
    th10_a_call_from_a_cancelled_region_of_another_runtime_ends,
    th10_a_call_from_a_task_of_its_own_runtime_is_an_error,
    th10_a_call_gives_the_value,
    th10_a_call_in_a_cancelled_scope_never_runs,
    th10_a_call_runs_on_the_portals_runtime,
    th10_a_call_that_is_never_polled_never_runs,
    th10_a_call_that_waits_blocks_no_other_task,
    th10_a_cancel_goes_through_nested_calls,
    th10_a_cancel_of_the_caller_unwinds_the_called_task_first,
    th10_a_cancel_of_the_group_reaches_the_tasks_of_its_portal,
    th10_a_cancel_touches_only_its_task,
    th10_a_cancelled_call_waits_without_polling,
    th10_a_cancelled_task_has_cleaned_up_when_the_wait_returns,
    th10_a_cancelled_task_may_still_complete,
    th10_a_closure_of_another_run_calls_in,
    th10_a_closure_of_the_portals_own_runtime_calls_in,
    th10_a_deadline_of_the_caller_ends_the_called_task,
    th10_a_destructor_of_a_value_that_panics_ends_nothing_else,
    th10_a_dropped_handle_leaves_its_task_alone,
    th10_a_dropped_portal_waits_for_the_tasks,
    th10_a_failed_start_can_be_tried_again,
    th10_a_foreign_executor_waits_for_a_call,
    th10_a_group_waits_for_the_tasks_of_its_portal,
    th10_a_hundred_tasks_call_at_once,
    th10_a_launcher_that_fails_is_an_error,
    th10_a_lease_after_the_last_drop_starts_anew,
    th10_a_lease_dropped_by_a_panic_is_given_back,
    th10_a_lease_that_meets_the_last_drop_works,
    th10_a_panic_after_the_value_is_resumed_in_the_waiter,
    th10_a_panic_before_the_value_is_resumed_in_the_caller,
    th10_a_panic_ends_neither_siblings_nor_the_portal,
    th10_a_panic_of_a_call_is_resumed_in_the_calling_thread,
    th10_a_panic_of_a_task_is_resumed_in_the_waiter,
    th10_a_panic_of_the_called_task_is_resumed_in_the_caller,
    th10_a_panic_of_what_runs_soon_goes_to_the_hook,
    th10_a_panic_that_nobody_can_wait_for_is_reported,
    th10_a_panic_that_nobody_has_asked_for_is_reported,
    th10_a_portal_dropped_by_a_panic_cancels_the_tasks,
    th10_a_portal_dropped_on_its_own_runtime_does_not_wait,
    th10_a_portal_stopped_by_its_own_closure_does_not_wait,
    th10_a_portal_that_is_never_called_is_dropped,
    th10_a_shielded_call_is_not_cancelled,
    th10_a_spawned_task_is_waited_for,
    th10_a_start_in_a_limited_group_takes_one_place,
    th10_a_started_task_is_cancelled_from_a_thread,
    th10_a_stop_ends_the_calls_at_work,
    th10_a_stop_in_a_run_inside_its_own_closure_is_an_error,
    th10_a_stop_is_told_to_the_task_that_waits,
    th10_a_stop_that_cancels_hurries_one_that_waits,
    th10_a_stop_that_cancels_waits_for_the_cleanups,
    th10_a_stop_that_finishes_waits_for_the_tasks,
    th10_a_task_beside_the_group_cannot_block_on_its_portal,
    th10_a_task_calls_into_another_runtime,
    th10_a_task_calls_into_its_own_runtime,
    th10_a_task_has_the_name_it_was_given,
    th10_a_task_is_cancelled_from_a_thread,
    th10_a_task_is_waited_for_by_another_thread,
    th10_a_task_of_its_own_runtime_may_spawn_but_not_wait,
    th10_a_task_that_ends_unstarted_is_an_error,
    th10_a_value_that_comes_despite_the_cancel_is_returned,
    th10_a_wait_of_any_length_ends_with_the_task,
    th10_a_wait_that_elapses_leaves_the_value,
    th10_after_the_run_nothing_runs_soon,
    th10_after_the_stop_every_call_says_so,
    th10_an_abandoning_call_gives_the_value,
    th10_an_abandoning_caller_leaves_while_the_called_task_unwinds,
    th10_calls_of_several_threads_are_concurrent,
    th10_calls_that_race_with_a_stop_work_or_say_so,
    th10_closures_of_another_run_start_and_stop_a_portal,
    th10_every_stop_waits,
    th10_many_threads_call_at_once,
    th10_many_threads_call_into_a_group,
    th10_many_threads_run_soon_at_once,
    th10_many_threads_start_at_once,
    th10_overlapping_leases_share_one_runtime,
    th10_start_gives_the_value_and_the_task,
    th10_the_called_task_calls_back,
    th10_the_first_lease_starts_and_the_last_one_stops,
    th10_the_hook_of_the_portal_is_told,
    th10_the_last_lease_waits_for_the_tasks,
    th10_the_portal_of_a_closed_group_is_stopped,
    th10_the_portal_of_a_group_outlives_its_runtime,
    th10_the_thread_of_a_portal_has_the_name_it_was_given,
    th10_threads_call_into_a_group,
    th10_threads_that_lease_at_once_start_one_runtime,
    th10_two_portals_call_each_other,
    th10_two_portals_stop_independently,
    th10_what_a_task_runs_soon_does_not_run_inside_the_call,
    th10_what_a_thread_runs_soon_runs_on_the_runtime,
    th10_what_is_run_soon_keeps_its_order,
    th10_what_was_taken_has_run_when_the_run_returns,
    th10_without_a_name_a_task_is_called_after_its_spawn,
}

/// Controls one blocking closure: tells when it has started, lets it return. A gate that is dropped opens, so that a
/// test that fails does not leave its closure behind.
#[derive(Debug, Default)]
struct Gate {
    started: Event,
    open: Event,
}

impl Gate {
    fn new() -> Self {
        Self::default()
    }

    /// A closure that waits at this gate and then returns what `end` returns.
    fn closure<T>(
        &self,
        end: impl FnOnce() -> T + Send + 'static,
    ) -> impl FnOnce() -> T + Send + 'static {
        let (started, open) = (self.started.clone(), self.open.clone());
        move || {
            started.set();
            open.wait_blocking();
            end()
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open.set();
    }
}

/// Waits until `limiter` has lent `borrowed` tokens and `waiting` calls are in its queue.
async fn until_limiter(limiter: &CapacityLimiter, borrowed: usize, waiting: usize) {
    until(|| {
        let now = limiter.statistics();
        (now.borrowed, now.waiting) == (borrowed, waiting)
    })
    .await;
}
