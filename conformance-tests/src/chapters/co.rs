//! Chapter CO: combinators.
//!
//! Most futures here are polled by hand until they ask for no more polls, so that a test says between which two polls
//! something happened. What has to be gone when a combinator returns notes its end in a trace, and so does the return.

mod all;
mod completed;
mod deadlock;
mod first;
mod leftovers;
mod limit;
mod outside;
mod own_task;
mod panics;
mod run;
mod stream_from;
mod take;
mod unwind;

pub use all::*;
pub use completed::*;
pub use deadlock::*;
pub use first::*;
pub use leftovers::*;
pub use limit::*;
pub use outside::*;
pub use own_task::*;
pub use panics::*;
pub use run::*;
pub use stream_from::*;
pub use take::*;
pub use unwind::*;

use crate::harness::*;

/// A period that no test sees the end of.
const FAR: Duration = Duration::from_secs(3600);

/// A period that a test waits for.
const SHORT: Duration = Duration::from_millis(3);

/// A boxed future that may borrow and need not be `Send`.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A future that is polled by hand.
struct ByHand<'a, T> {
    future: Boxed<'a, T>,
    wakes: WakeCounter,
}

impl<'a, T> ByHand<'a, T> {
    fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self {
            future: Box::pin(future),
            wakes: WakeCounter::new(),
        }
    }

    /// Polls until the future is ready or asks for no more polls. Each is a poll of the task too, for its budget.
    async fn go(&mut self) -> Poll<T> {
        loop {
            yield_once().await;
            let before = self.wakes.wakes();
            let poll = self.wakes.poll(self.future.as_mut());
            if poll.is_ready() || self.wakes.wakes() == before {
                return poll;
            }
        }
    }
}

/// Runs until it waits, is cancelled from outside and waits on, behind shields, until the gate is open. What it gives.
async fn opened_after_a_cancel<T>(
    run: &mut ByHand<'_, Result<T, Cancelled>>,
    cancel: &ScopeHandle,
    gate: &Event,
) -> Result<T, Cancelled> {
    assert!(run.go().await.is_pending());
    cancel.cancel();
    assert!(run.go().await.is_pending());
    gate.set();
    match run.go().await {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("all have ended"),
    }
}

/// As many events as are asked for.
fn gates<const N: usize>() -> [Event; N] {
    std::array::from_fn(|_| Event::new())
}

/// Never ready. Its cleanup takes some turns and then notes what it was told.
async fn loser<T>(trace: &Trace) -> T {
    finally(pending::<T>(), async |exit| {
        yields(5).await;
        trace.push(format!("loser {}", told(&exit)));
    })
    .await
}

/// Never ready. Its cleanup takes some turns and then notes that it was there.
async fn cleans_up<T>(trace: &Trace) -> T {
    finally(pending::<T>(), async |_| {
        yields(5).await;
        trace.push("cleaned up");
    })
    .await
}

/// Each combinator by name, over the futures that `make` makes. What it gives is dropped.
fn each_kind<'a, T: 'a>(
    make: &'a dyn Fn() -> Vec<Boxed<'a, Result<T, &'static str>>>,
) -> Vec<(&'static str, Boxed<'a, ()>)> {
    vec![
        ("gather", Box::pin(async { drop(gather(make()).await) })),
        (
            "try_gather",
            Box::pin(async { drop(try_gather(make()).await) }),
        ),
        ("race", Box::pin(async { drop(race(make()).await) })),
        ("race_ok", Box::pin(async { drop(race_ok(make()).await) })),
        ("select", Box::pin(async { drop(select(make()).await) })),
        (
            "amap",
            Box::pin(async { drop(amap(make(), |future| future).await) }),
        ),
        (
            "try_amap",
            Box::pin(async { drop(try_amap(make(), |future| future).await) }),
        ),
        (
            "as_completed",
            Box::pin(async {
                as_completed(
                    make(),
                    async |mut results: Completed<_>| {
                        while results.next().await.is_some() {}
                    },
                )
                .await
            }),
        ),
    ]
}

crate::chapter! { ($) co;
    co1_a_body_gets_the_lock_after_a_future_that_waits_for_it,
    co1_a_body_gets_the_lock_that_a_future_holds,
    co1_many_that_are_ready_at_once_let_others_run,
    co1_of_a_thousand_only_the_woken_are_polled,
    co1_they_are_awaited_in_spawned_tasks,
    co1_they_begin_in_their_order,
    co1_they_borrow_and_need_not_be_send,
    co1_they_run_concurrently,
    co2_a_cancel_that_cuts_one_drops_the_values_of_the_others,
    co2_a_cancel_while_the_losers_unwind_changes_nothing,
    co2_a_deadline_cuts_what_has_not_settled,
    co2_a_deadline_that_passes_after_the_outcome_takes_nothing,
    co2_a_first_value_that_comes_after_the_cancel_settles,
    co2_a_foreign_drop_takes_the_futures_along,
    co2_a_limit_that_is_taken_up_keeps_the_values_after_a_cancel,
    co2_a_loser_that_panics_while_it_unwinds_takes_the_value,
    co2_a_loser_whose_destructor_panics_takes_the_value,
    co2_a_losers_value_whose_destructor_panics_is_a_panic,
    co2_a_map_that_is_cut_short_has_no_outcome,
    co2_a_panic_after_a_cancel_from_outside_is_resumed,
    co2_a_panic_of_one_is_resumed_when_the_others_are_gone,
    co2_a_panic_of_the_body_is_resumed_when_they_are_gone,
    co2_a_panic_of_what_makes_them_is_resumed_when_they_are_gone,
    co2_a_panic_travels_through_nested_combinators,
    co2_a_shielded_loser_finishes_first,
    co2_a_task_of_an_outer_group_outlives_the_loser,
    co2_a_thousand_losers_are_gone_before_it_returns,
    co2_a_value_before_an_error_whose_destructor_panics_is_a_panic,
    co2_a_value_in_the_poll_of_the_cancel_beats_it,
    co2_a_value_not_taken_whose_destructor_panics_is_a_panic,
    co2_after_a_panic_no_other_begins,
    co2_all_that_end_by_themselves_after_a_cancel_have_their_values,
    co2_cancelled_before_the_first_poll_each_is_polled_once,
    co2_cancelled_while_it_runs_it_never_completes,
    co2_each_future_has_its_own_deadline,
    co2_errors_before_a_panic_are_reported,
    co2_further_panics_are_reported,
    co2_losers_are_gone_before_it_returns,
    co2_many_losers_that_have_begun_are_waited_for,
    co2_many_that_end_together_after_a_cancel_are_waited_for,
    co2_many_that_end_together_after_a_panic_are_waited_for,
    co2_many_that_have_not_begun_are_not_needed,
    co2_nested_combinators_unwind_innermost_first,
    co2_the_wait_for_a_loser_is_idle,
    co2_those_that_have_not_begun_are_dropped_unpolled,
    co2_values_that_are_not_returned_are_dropped_first,
    co2_what_never_waits_completes_in_a_cancelled_region,
    co3_amap_gives_the_values_in_the_order_of_the_items,
    co3_errors_after_a_cancel_from_outside_are_returned,
    co3_errors_of_the_unwinding_are_kept,
    co3_futures_stand_in_a_tuple_an_array_or_a_vector,
    co3_gather_gives_the_values_in_the_order_of_the_futures,
    co3_of_no_futures_comes_nothing,
    co3_the_first_error_settles,
    co4_of_no_futures_none_is_first,
    co4_of_several_ready_at_first_the_first_in_order_is_first,
    co4_of_several_that_are_woken_the_first_woken_is_first,
    co4_one_that_yields_does_not_beat_one_that_is_ready,
    co4_race_gives_what_the_first_to_end_gave,
    co4_race_ok_gives_all_errors_in_the_order_of_the_futures,
    co4_race_ok_gives_what_the_first_to_succeed_gave,
    co4_select_gives_the_value_at_its_place,
    co4_select_gives_what_comes_in_the_unwinding,
    co4_select_loses_no_value_of_one_that_wakes_the_other,
    co4_select_loses_no_value_of_two_that_end_at_once,
    co4_the_value_of_a_shielded_loser_is_dropped_first,
    co5_a_body_that_drops_the_results_goes_on,
    co5_a_body_that_returns_at_once_leaves_nothing,
    co5_a_cancelled_map_asks_its_iterator_no_more,
    co5_a_dropped_wait_loses_nothing,
    co5_a_loop_of_ready_results_lets_others_run,
    co5_a_shielded_body_is_told_the_end_after_a_cancel,
    co5_a_slow_consumer_keeps_the_iterator_waiting,
    co5_a_thousand_results_are_each_taken_once,
    co5_an_endless_iterator_gives_as_much_as_is_taken,
    co5_an_endless_iterator_is_asked_no_more_after_an_error,
    co5_an_iterator_that_has_ended_is_not_asked_again,
    co5_another_task_is_told_the_end_when_the_body_returns,
    co5_another_task_takes_the_results,
    co5_another_task_that_takes_a_result_makes_room,
    co5_in_a_cancelled_region_nothing_is_handed_over,
    co5_one_at_work_and_one_not_taken_fill_a_limit_of_two,
    co5_one_that_waits_is_told_the_end_when_the_body_returns,
    co5_one_that_waits_when_the_cancel_comes_is_passed_over,
    co5_results_come_in_the_order_of_their_ends,
    co5_results_feed_another_map,
    co5_results_that_are_carried_out_have_ended,
    co5_results_that_are_there_let_others_run,
    co5_results_wait_until_they_are_taken,
    co5_the_futures_go_on_while_the_body_is_at_work,
    co5_the_iterator_is_asked_only_when_there_is_room,
    co5_the_limit_bounds_how_many_are_at_work,
    co5_the_results_are_a_stream,
    co5_the_return_of_the_body_settles,
    co5_what_comes_after_the_return_of_the_body_is_dropped,
    co5_without_a_limit_all_are_at_work,
    co6_a_cancel_ends_the_task_and_waits_for_it,
    co6_a_dropped_one_is_cancelled_and_waited_for,
    co6_a_panic_is_resumed_in_who_waits,
    co6_a_shielded_value_beats_the_cancel,
    co6_a_spawned_loser_is_gone_before_the_race_returns,
    co6_combinators_and_spawned_futures_nest,
    co6_in_a_cancelled_region_it_runs_to_its_first_wait,
    co6_it_begins_only_when_it_is_awaited,
    co6_it_runs_as_a_task_of_its_own,
    co6_the_task_is_gone_before_it_returns,
    co7_a_body_that_drops_the_receiver_goes_on,
    co7_a_panic_of_either_is_resumed_when_the_other_is_gone,
    co7_a_send_ends_when_its_item_is_taken,
    co7_both_borrow_and_need_not_be_send,
    co7_cancelled_from_outside_it_never_completes,
    co7_it_ends_with_the_last_clone_of_the_sender,
    co7_one_stream_fills_another,
    co7_the_body_goes_on_when_fill_has_ended,
    co7_the_body_receives_what_is_sent_and_then_the_end,
    co7_the_return_of_the_body_settles,
}
