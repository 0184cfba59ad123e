//! Generated programs under random schedules: each has one trace, the model's.
#![cfg(anyrt_shuttle)]

use anyrt_model_tests::confluence::only_trace;
use anyrt_model_tests::generate::{Profile, from_seed};
use anyrt_model_tests::interpret;
use anyrt_model_tests::program::Op;
use anyrt_model_tests::visit::each;
use anyrt_shuttle_tests::launch;
use std::time::Duration;

#[test]
fn programs_have_one_trace_under_every_schedule() {
    let programs = std::env::var("ANYRT_PROGRAMS").ok();
    let programs: u64 = programs.and_then(|count| count.parse().ok()).unwrap_or(150);
    for seed in 0..programs {
        let program = from_seed(seed, Profile::Full);
        let mut blocks = false;
        each(&program.main, &mut |op| {
            blocks |= matches!(op, Op::Blocking { .. })
        });
        // What is noted of a call that outlives its run is waited for on a thread that is none of shuttle's.
        let Some(expected) = only_trace(&program).filter(|_| !blocks) else {
            continue;
        };
        let run = move || {
            let found = interpret::run(launch(), &program, Duration::from_micros(1));
            let found = found.expect("no deadlock");
            assert!(
                found == expected,
                "seed {seed}: {program:?}\nthe model: {expected:?}\nfound: {found:?}"
            );
        };
        shuttle::check_random(run, 20);
    }
}
