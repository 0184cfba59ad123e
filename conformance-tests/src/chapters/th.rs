//! Chapter TH: threads.
//!
//! Blocking calls are put under control by a `Gate`: the closure tells that it has started and returns when it is let
//! go, so that a cancel, a release or a new total comes at a known moment of the call. No test touches the total of the
//! default limiter, which belongs to a runtime that other tests may share.

mod abandon;
mod before;
mod default_limiter;
mod dropped;
mod hold;
mod limiter;
mod panics;
mod queue;
mod resize;
mod worker;

pub use abandon::*;
pub use before::*;
pub use default_limiter::*;
pub use dropped::*;
pub use hold::*;
pub use limiter::*;
pub use panics::*;
pub use queue::*;
pub use resize::*;
pub use worker::*;

use crate::harness::*;

crate::chapter! { ($) th;
    th1_a_call_that_is_never_polled_never_runs,
    th1_a_deadline_ends_the_wait_for_the_token,
    th1_a_run_inside_a_closure_is_a_run_like_any_other,
    th1_after_a_past_deadline_the_closure_never_runs,
    th1_an_uncancelled_call_in_a_shield_runs_inside_a_cancelled_scope,
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
    th3_an_abandoned_panic_gives_the_token_back,
    th3_an_abandoned_panic_is_told,
    th3_an_abandoning_call_leaves_the_queue_without_running,
    th3_an_unclaimed_value_is_dropped_on_the_worker,
    th3_run_returns_while_an_abandoned_closure_is_at_work,
    th3_the_caller_leaves_a_region_that_something_else_holds,
    th3_the_caller_leaves_at_once_and_the_token_stays_with_the_closure,
    th3_the_next_call_waits_for_an_abandoned_closure,
    th3_without_a_cancel_the_value_comes_back,
    th4_a_blocking_hook_finds_the_runtime_of_its_group,
    th4_a_call_borrows_from_the_default_limiter,
    th4_a_call_dropped_by_foreign_code_keeps_its_token_until_the_closure_returns,
    th4_a_cancelled_waiter_is_passed_over,
    th4_a_closure_finds_the_runtime_of_its_caller,
    th4_a_cut_takes_no_token_back_and_holds_the_queue,
    th4_a_free_token_does_not_pass_the_queue,
    th4_a_grant_to_a_dropped_call_goes_to_the_next,
    th4_a_limiter_is_usable_before_any_runtime_runs,
    th4_a_limiter_of_zero_lets_nobody_through_until_it_is_raised,
    th4_a_raise_lets_waiting_calls_through,
    th4_a_token_taken_by_a_task_counts,
    th4_a_total_changed_many_times_is_never_exceeded,
    th4_another_limiter_leaves_the_default_one_alone,
    th4_as_many_closures_run_at_once_as_there_are_tokens,
    th4_calls_get_their_tokens_in_the_order_of_arrival,
    th4_never_more_closures_than_tokens,
    th4_the_default_limiter_has_forty_tokens,
    th4_two_runs_have_two_limiters,
    th4_two_runs_share_a_limiter,
    th5_a_panic_comes_back_despite_a_cancel,
    th5_a_panic_gives_the_token_back,
    th5_a_panic_in_a_call_of_a_child_resumes_in_the_host,
    th5_a_panic_is_resumed_in_the_caller_with_its_payload,
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
