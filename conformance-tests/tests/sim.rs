//! The suite on the simulated runtime.
#![cfg(feature = "test-util")]

use anyrt::testing::Sim;
use anyrt_conformance::harness::threads_started;
use anyrt_conformance::{Flavour, chapters};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

anyrt_conformance::suite!(with_threads, || Sim::new(1).with_threads());

/// Under how many orders each test is run.
const SEEDS: u64 = 10;

/// Every chapter whose rules need no threads, strictly one thing at a time and decided by the seed alone.
#[test]
fn every_order_keeps_the_rules() {
    let failed: Vec<_> = thread::scope(|scope| {
        let runs = (0..SEEDS).map(|seed| scope.spawn(move || failures(seed)));
        let runs: Vec<_> = runs.collect();
        let failed = runs.into_iter().map(|run| run.join().expect("it catches"));
        failed.flatten().collect()
    });
    assert!(failed.is_empty(), "{failed:#?}");
}

/// The tests that fail in the order of this seed.
fn failures(seed: u64) -> Vec<(&'static str, u64)> {
    let flavour = Flavour::new("sim", move || Sim::new(seed));
    let chapters = chapters::ALL
        .iter()
        .filter(|(chapter, _)| !matches!(*chapter, "th" | "rt"));
    let tests = chapters.flat_map(|(_, tests)| tests.iter());
    tests
        .filter(|(name, _)| {
            !HAS_THREADS.contains(name) && !LARGE.iter().any(|part| name.contains(part))
        })
        .filter(|(name, test)| {
            let threads = threads_started();
            let result = catch_unwind(AssertUnwindSafe(|| test(&flavour)));
            let has_threads = threads_started() > threads;
            if has_threads {
                eprintln!("{name} starts a thread, and belongs into `HAS_THREADS`");
            }
            result.is_err() || has_threads
        })
        .map(|(name, _)| (*name, seed))
        .collect()
}

/// Parts of the names of tests that are long by size; they run once above.
const LARGE: &[&str] = &[
    "a_million",
    "thousand",
    "a_long_queue",
    "short_children_among",
    "for_ever",
    "storm",
];

/// Tests with threads of their own: what a simulation takes for a deadlock is a wait for one of them.
const HAS_THREADS: &[&str] = &[
    "fi2_forty_bodies_in_join_all",
    "fi2_forty_children_of_a_group",
    "fi2_three_levels_clean_up_innermost_first",
    "st2_a_cancel_of_the_caller_from_a_thread",
    "dl4_a_deadline_is_set_while_the_body_waits",
    "dl4_a_move_that_races_with_a_poll_is_not_lost",
    "dl5_a_blocking_call_outlives_the_deadline",
    "dl5_an_expired_region_that_is_held_is_idle",
    "fi1_a_cancelled_body_is_gone_before_its_cleanup",
    "fi1_a_cleanup_after_a_cancel_from_a_thread",
    "fi1_a_race_of_value_and_cancel_cleans_up_once",
    "fi2_a_waiting_cleanup_is_idle",
    "fi2_forty_bodies_in_a_child_of_a_nested_group",
    "fi2_forty_bodies_in_futures_unordered",
    "fi3_a_blocking_hook_may_wait_for_a_task",
    "ha1_a_handle_is_awaited_on_a_plain_thread",
    "ha1_a_handle_is_awaited_on_another_runtime",
    "pr1_a_race_of_releases_and_cancels_loses_no_permit",
    "pr2_a_lock_is_used_before_and_between_runtimes",
    "pr2_an_event_is_set_by_a_thread",
    "sc13_run_waits_for_a_dropped_blocking_call",
    "sc15_foreign_code_cancels_into_the_runtime",
    "sc15_foreign_code_has_no_context",
    "sc15_no_cancel_reaches_foreign_code_but_by_handle",
    "sc15_scopes_work_in_foreign_code",
    "sc1_a_handle_cancels_from_another_thread",
    "sc8_cancels_on_two_levels_at_the_same_time_agree",
    "sc9_a_cancel_that_races_with_the_end_of_a_hold_is_seen",
    "sc9_a_cancel_that_races_with_the_end_of_children_loses_none",
    "sc9_a_cancel_that_races_with_spawns_reaches_every_child",
    "sc9_a_cancel_that_races_with_the_first_poll_is_seen",
    "sc9_cancel_from_a_thread_reaches_every_region_in_a_big_join_all",
    "sc9_ten_thousand_nested_groups_are_cancelled_without_recursion",
    "sh1_a_held_region_is_idle",
    "sh1_a_race_of_the_cancel_and_the_end_of_a_shield",
    "sh2_a_race_of_the_cancel_and_the_entry_of_a_shield",
    "sh3_a_race_of_the_value_and_the_end_of_the_grace",
    "sh3_forty_graces_in_one_task_all_end",
    "sh3_the_grace_period_is_idle",
    "sh4_a_cancel_from_a_thread_reaches_the_restored_part",
    "sh4_a_race_of_the_cancel_and_the_end_of_the_restored_part",
    "sh4_outside_cancelled_is_the_waiting_form",
    "sh4_the_wait_for_the_outside_is_idle",
    "st1_a_thread_may_set",
    "st2_a_race_of_set_and_a_cancel_of_the_caller",
    "st2_a_race_of_set_and_a_cancel_of_the_group",
    "st2_a_race_of_set_and_cancels_of_both",
    "st2_a_sleeping_child_handed_into_a_cancelled_group_is_ended",
    "st3_a_race_of_the_end_of_the_child_and_a_cancel",
    "tg11_a_cancel_races_with_the_last_look_at_the_queue",
    "tg11_local_a_cancel_races_with_the_last_look_at_the_queue",
    "tg12_a_child_is_woken_from_another_thread",
    "tg1_local_no_child_is_left_whatever_ends_the_group",
    "tg1_no_child_is_left_whatever_ends_the_group",
    "tg2_a_spawn_that_races_with_the_close_is_run_or_refused",
    "tg7_a_host_that_waits_for_a_held_child_is_idle",
    "sc14_a_region_on_a_plain_thread_knows_its_runtime",
    "sh4_a_restore_in_a_blocking_call_undoes_the_shield_of_its_caller",
    "tg7_local_a_host_that_waits_for_a_held_child_is_idle",
];
