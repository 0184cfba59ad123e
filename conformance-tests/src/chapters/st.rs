//! Chapter ST: starting a child and waiting until it is ready.
//!
//! Until the child calls `set` it lives in the caller's region, afterwards in the group. Most tests keep the two apart:
//! the group's host waits in one branch of a task while the caller works in another, outside the group's region.

mod after;
mod before;
mod cancelled;
mod dropped;
mod errors;
mod limit;
mod local;
mod moves;
mod open;
mod panics;
mod race;
mod value;

pub use after::*;
pub use before::*;
pub use cancelled::*;
pub use dropped::*;
pub use errors::*;
pub use limit::*;
pub use local::*;
pub use moves::*;
pub use open::*;
pub use panics::*;
pub use race::*;
pub use value::*;

use std::cell::RefCell;

use crate::harness::*;

/// Runs `caller` beside the host of an open group, outside its region, and notes when the group has been left. The
/// group's body ends when the event is set, at the latest when `caller` is done.
async fn beside<T>(
    trace: &Trace,
    caller: impl AsyncFnOnce(TaskGroup, Event) -> T,
) -> (Result<(), Cancelled>, T) {
    let (slot, open, close) = (RefCell::new(None), Event::new(), Event::new());
    let host = async {
        let result = task_group(async |g| {
            slot.replace(Some(g.clone()));
            open.set();
            close.wait().await;
        })
        .await;
        trace.push("group left");
        result
    };
    let caller = async {
        open.wait().await;
        let group = slot.take().expect("the host has opened the group");
        let value = caller(group, close.clone()).await;
        // A cancel of the group comes to the host before the event does.
        yield_once().await;
        close.set();
        value
    };
    futures_util::join!(host, caller)
}

type Fallible = TryTaskGroup<&'static str>;

/// As [`beside`], with a group whose children may fail.
async fn beside_fallible<T>(
    trace: &Trace,
    caller: impl AsyncFnOnce(Fallible) -> T,
) -> (Result<(), GroupError<&'static str>>, T) {
    let (slot, open, close) = (RefCell::new(None), Event::new(), Event::new());
    let host = async {
        let result = try_task_group(async |g: Fallible| {
            slot.replace(Some(g.clone()));
            open.set();
            close.wait().await;
            Ok(())
        })
        .await;
        trace.push("group left");
        result
    };
    let caller = async {
        open.wait().await;
        let group = slot.take().expect("the host has opened the group");
        let value = caller(group).await;
        yield_once().await;
        close.set();
        value
    };
    futures_util::join!(host, caller)
}

/// Where a child leaves its `Started` for others.
struct Slot<V> {
    started: Arc<Mutex<Option<Started<V>>>>,
    filled: Event,
}

impl<V> Slot<V> {
    fn new() -> Self {
        Self {
            started: Arc::new(Mutex::new(None)),
            filled: Event::new(),
        }
    }

    fn put(&self, started: Started<V>) {
        *self.started.lock().unwrap() = Some(started);
        self.filled.set();
    }

    async fn take(&self) -> Started<V> {
        self.filled.wait().await;
        self.started.lock().unwrap().take().expect("taken once")
    }
}

impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        Self {
            started: self.started.clone(),
            filled: self.filled.clone(),
        }
    }
}

/// A cleanup that waits and then notes the text of the cancel, or how else the body ended.
fn noting(trace: &Trace) -> impl FnOnce(Exit) -> Cleanup + Send + use<> {
    let trace = trace.clone();
    move |exit| {
        Box::pin(async move {
            yields(3).await;
            trace.push(match exit {
                Exit::Cancelled(reason) => cause_of(&reason),
                other => format!("{other:?}"),
            });
        })
    }
}

type Cleanup = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Panics with `text`, as a function that seems to return.
fn fail(text: &'static str) {
    std::panic::panic_any(text);
}

crate::chapter! { ($) st;
    st1_a_child_that_never_waits,
    st1_a_named_daemon_is_started,
    st1_a_started_child_starts_the_next,
    st1_a_thread_may_set,
    st1_an_unpolled_start_spawns_nothing,
    st1_another_task_may_set,
    st1_many_starts_at_once,
    st1_start_gives_the_value_and_the_handle,
    st1_start_in_a_group_that_may_fail,
    st1_start_in_a_local_group,
    st1_start_returns_while_the_child_goes_on,
    st1_start_waits_for_a_place_in_the_group,
    st1_the_value_is_moved,
    st2_a_caller_ended_by_its_sibling_takes_the_child_along,
    st2_a_cancel_of_the_caller_does_not_touch_a_started_child,
    st2_a_cancel_of_the_caller_ends_a_child_without_a_place,
    st2_a_cancel_of_the_caller_ends_the_child_and_not_the_group,
    st2_a_cancel_of_the_caller_from_a_thread,
    st2_a_cancel_of_the_caller_in_a_local_group,
    st2_a_cancel_of_the_group_does_not_touch_the_child_before_set,
    st2_a_cancel_of_the_group_ends_a_started_child,
    st2_a_cancel_right_behind_set_comes_too_late,
    st2_a_cancelled_start_lets_the_group_close,
    st2_a_cancelled_start_waits_without_spinning,
    st2_a_start_dropped_after_set_leaves_the_error_to_the_group,
    st2_an_end_before_the_cancel_of_the_caller_is_told,
    st2_a_child_sets_from_within_its_shield,
    st2_a_deadline_of_the_caller_ends_the_child,
    st2_a_race_of_set_and_a_cancel_of_the_caller,
    st2_a_race_of_set_and_a_cancel_of_the_group,
    st2_a_race_of_set_and_cancels_of_both,
    st2_a_shield_around_the_caller_protects_the_child,
    st2_a_sleeping_child_handed_into_a_cancelled_group_is_ended,
    st2_a_start_dropped_after_set_leaves_the_child_in_the_group,
    st2_a_started_child_outlives_its_handle,
    st2_a_started_local_child_lives_in_the_group,
    st2_a_thread_that_sets_after_the_cancel_does_nothing,
    st2_a_wait_for_the_outside_moves_along,
    st2_grandchildren_are_ended_with_the_caller_before_set,
    st2_grandchildren_move_along,
    st2_set_after_the_cancel_of_the_caller_does_nothing,
    st2_set_after_the_end_of_the_child_drops_the_value,
    st2_set_in_a_shield_after_the_cancel_does_nothing,
    st2_start_in_a_cancelled_region_never_completes,
    st2_start_in_a_cancelled_region_runs_to_the_first_wait,
    st2_start_in_a_local_group_from_a_cancelled_region,
    st2_start_into_a_cancelled_group_that_is_open,
    st2_the_child_sees_the_deadline_of_where_it_lives,
    st2_the_deadline_of_the_caller_stays_behind,
    st2_the_group_stays_open_while_start_waits,
    st2_the_group_waits_for_a_started_child,
    st2_the_handle_ends_a_started_child_alone,
    st2_the_regions_of_the_child_move_along,
    st3_a_body_may_handle_the_error_of_start,
    st3_a_child_that_cannot_set_any_more_is_waited_for,
    st3_a_child_that_does_not_start_gives_its_place_back,
    st3_a_closed_group_cannot_be_started_into,
    st3_a_finished_start_is_not_an_escape,
    st3_a_panic_after_set_is_resumed_in_the_host,
    st3_a_panic_at_once_is_resumed_in_the_caller,
    st3_a_panic_before_set_is_resumed_in_the_caller_alone,
    st3_a_panic_of_a_cancelled_start_is_resumed_in_the_caller,
    st3_a_panic_right_behind_set_is_resumed_in_the_host,
    st3_a_panicked_child_is_gone_before_start_panics,
    st3_a_race_of_start_and_the_end_of_the_group,
    st3_a_race_of_the_end_of_the_child_and_a_cancel,
    st3_a_shielded_child_of_a_cancelled_start_finishes_first,
    st3_a_started_that_outlives_its_child_is_worth_nothing,
    st3_an_error_after_set_belongs_to_the_group,
    st3_an_error_before_set_is_returned_by_start_alone,
    st3_an_error_dropped_with_its_start_is_told,
    st3_an_error_of_a_cancelled_start_does_not_fail_the_group,
    st3_an_error_right_behind_set_belongs_to_the_group,
    st3_ending_without_set_is_not_started,
    st3_errors_of_many_starts_stay_apart,
    st3_errors_of_started_local_children,
    st3_panics_of_started_local_children,
    st3_set_after_the_drop_of_start_does_nothing,
    st3_the_child_of_a_dropped_start_is_adopted,
    st3_the_error_of_a_local_child_is_told_after_a_drop_of_its_start,
    st3_the_error_of_an_adopted_child_is_told,
    st3_the_root_adopts_the_child_of_a_dropped_start,
}
