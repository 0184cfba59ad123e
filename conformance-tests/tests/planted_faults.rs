//! The suite notices what is wrong with a backend: each planted fault is caught by the tests named for it, which pass
//! on the same backend without the fault.
//!
//! Each pair of a test and a fault runs in a child process, this test binary once more: some faults hang a test for
//! ever, and only a process can be ended from outside.
// A backend has threads of its own.
#![allow(clippy::disallowed_methods)]

#[path = "toy/faulty.rs"]
mod faulty;
mod toy;

use anyrt_conformance::{Flavour, chapters::*};
use faulty::{Fault, Faulty};
use std::env;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Tells a child which fault to plant.
const FAULT: &str = "ANYRT_PLANTED_FAULT";
/// Tells a child which test to run.
const TEST: &str = "ANYRT_PLANTED_TEST";
/// How long a child that ought to hang is watched. Without the fault the same tests take milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// The exit code of a test binary in which a test has failed.
const TEST_FAILED: i32 = 101;

/// How a test shows that it has found the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Passes,
    Fails,
    Hangs,
}
use Finding::{Fails, Hangs, Passes};

/// A test of the suite, with its name.
type Test = (&'static str, fn(&Flavour));

macro_rules! test {
    ($chapter:ident :: $test:ident) => {
        (stringify!($test), $chapter::$test as fn(&Flavour))
    };
}

/// The parent's part of a test of this file: sees that each of `tests` passes without the fault and finds it otherwise.
/// The child's part: runs one of them.
fn caught(fault: Fault, tests: &[(Test, Finding)]) {
    if let Ok(name) = env::var(TEST) {
        let ((_, test), _) = tests
            .iter()
            .find(|((test, _), _)| *test == name)
            .expect("the parent names a test of the same list");
        return test(&Flavour::new("faulty", || Faulty(planted())));
    }
    let children: Vec<_> = tests
        .iter()
        .map(|((test, _), _)| (start(test, Fault::None), start(test, fault)))
        .collect();
    let end = Instant::now() + PATIENCE;
    for (((test, _), expected), (good, bad)) in tests.iter().zip(children) {
        let end = (*expected == Hangs).then_some(end);
        let (good, bad) = (watch(good, None), watch(bad, end));
        assert_eq!(good, Passes, "{test} without a fault");
        assert_eq!(bad, *expected, "{test} with {fault:?}");
    }
}

/// The fault that the parent has asked for.
fn planted() -> Fault {
    let name = env::var(FAULT).expect("the parent names the fault");
    Fault::ALL
        .into_iter()
        .find(|fault| format!("{fault:?}") == name)
        .expect("the parent names one of the faults")
}

/// Starts this binary with the current test alone, as a child.
fn start(test: &str, fault: Fault) -> Child {
    let this = thread::current()
        .name()
        .expect("tests have names")
        .to_owned();
    Command::new(env::current_exe().expect("a test binary knows its path"))
        .args(["--exact", &this])
        .env(TEST, test)
        .env(FAULT, format!("{fault:?}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a test binary can be started again")
}

/// Waits for a child until it ends, or for one that ought to hang until then.
fn watch(mut child: Child, end: Option<Instant>) -> Finding {
    loop {
        let status = child.try_wait().expect("the child is ours");
        match status.map(|status| status.code()) {
            Some(Some(0)) => return Finding::Passes,
            Some(Some(TEST_FAILED)) => return Finding::Fails,
            Some(code) => panic!("the child ended with {code:?}"),
            None => {}
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            child.kill().expect("the child is ours");
            child.wait().expect("the child is ours");
            return Finding::Hangs;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_spawn_that_polls_is_caught() {
    caught(
        Fault::InlineSpawn,
        &[
            (test!(tg::tg3_the_child_never_runs_inside_spawn), Fails),
            (
                test!(rt::rt3_no_task_is_polled_inside_the_poll_of_another),
                Fails,
            ),
        ],
    );
}

#[test]
fn a_lost_task_is_caught() {
    caught(
        Fault::LostTask,
        &[
            (test!(tg::tg1_the_group_waits_for_its_last_child), Hangs),
            (test!(ha::ha1_a_handle_gives_the_value), Hangs),
            (test!(rt::rt1_runs_follow_each_other), Hangs),
        ],
    );
}

#[test]
fn a_dropped_task_is_caught() {
    caught(
        Fault::DroppedTask,
        &[
            (test!(ha::ha1_a_handle_gives_the_value), Fails),
            (test!(rt::rt1_runs_follow_each_other), Fails),
            (test!(rt::rt5_a_task_has_the_name_it_was_given), Fails),
        ],
    );
}

#[test]
fn a_lost_wake_is_caught() {
    caught(
        Fault::LostWake,
        &[
            (test!(tg::tg1_every_one_of_many_children_has_ended), Hangs),
            (
                test!(rt::rt3_a_busy_task_does_not_hold_up_its_neighbours),
                Hangs,
            ),
            (test!(th::th2_a_cancelled_call_waits_without_polling), Hangs),
        ],
    );
}

#[test]
fn a_worker_that_dies_is_caught() {
    caught(
        Fault::DyingWorker,
        &[
            (test!(ha::ha1_a_handle_gives_the_value), Fails),
            (
                test!(th::th1_the_runtime_goes_on_while_a_closure_blocks),
                Fails,
            ),
        ],
    );
}

/// Not caught, because there is nothing to catch: before a task is ready, the core has let go of all that is the user's,
/// and has counted the child out. What such a backend keeps is an empty shell.
#[test]
fn a_finished_task_that_is_kept_breaks_no_rule() {
    caught(
        Fault::KeptTask,
        &[
            (
                test!(tg::tg1_a_child_that_returned_is_dropped_before_it_is_counted_out),
                Passes,
            ),
            (
                test!(tg::tg13_the_future_of_a_finished_child_is_dropped_at_once),
                Passes,
            ),
            (test!(tg::tg13_a_value_lives_as_long_as_its_handle), Passes),
            (test!(rt::rt1_runs_follow_each_other), Passes),
        ],
    );
}

#[test]
fn an_early_timer_is_caught() {
    caught(
        Fault::EarlyTimer,
        &[
            (test!(dl::dl4_a_deadline_is_never_early), Fails),
            (test!(dl::dl4_a_sleep_is_never_early), Fails),
            (test!(rt::rt4_a_sleep_ends_at_its_instant_or_later), Fails),
        ],
    );
}

#[test]
fn a_timer_that_wakes_an_old_waker_is_caught() {
    caught(
        Fault::DeafTimer,
        &[(test!(rt::rt4_a_sleep_wakes_whoever_polled_it_last), Hangs)],
    );
}

#[test]
fn a_timer_that_cannot_be_moved_is_caught() {
    caught(
        Fault::StuckTimer,
        &[
            (test!(dl::dl4_a_deadline_is_moved_later), Fails),
            (test!(dl::dl4_a_deadline_is_moved_earlier), Hangs),
        ],
    );
}

#[test]
fn timers_on_another_clock_are_caught() {
    caught(
        Fault::TwoClocks,
        &[
            (test!(dl::dl4_a_sleep_is_never_early), Hangs),
            (test!(rt::rt4_a_sleep_ends_at_its_instant_or_later), Hangs),
            (test!(th::th1_a_deadline_ends_the_wait_for_the_token), Hangs),
        ],
    );
}

#[test]
fn a_job_on_the_asking_thread_is_caught() {
    caught(
        Fault::InlineJob,
        &[
            (
                test!(th::th1_the_closure_runs_on_another_thread_and_its_value_comes_back),
                Fails,
            ),
            (
                test!(th::th1_the_runtime_goes_on_while_a_closure_blocks),
                Hangs,
            ),
            (
                test!(th::th3_the_caller_leaves_at_once_and_the_token_stays_with_the_closure),
                Hangs,
            ),
        ],
    );
}

#[test]
fn a_lost_job_is_caught() {
    caught(
        Fault::LostJob,
        &[
            (
                test!(th::th1_the_closure_runs_on_another_thread_and_its_value_comes_back),
                Hangs,
            ),
            (test!(th::th5_a_panic_gives_the_token_back), Hangs),
        ],
    );
}
