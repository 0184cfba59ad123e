//! The model and anyrt on every backend give the same trace to every program.
//!
//! The ordinary run takes some thousand programs, the same ones every time; `ANYRT_PROGRAMS` says how many instead, and
//! `ANYRT_FIRST` which seed is the first.

use anyrt_model_tests::compare::{Difference, Verdict, compare, compare_smallest};
use anyrt_model_tests::generate::{Profile, from_seed, programs};
use anyrt_model_tests::runner::Runner;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn agree(runner: Runner, ordinary: u64) {
    let first = number("ANYRT_FIRST").unwrap_or(0);
    let count = number("ANYRT_PROGRAMS").unwrap_or(ordinary);
    let mut racy = 0;
    for seed in first..first + count {
        let program = from_seed(seed, Profile::Full);
        match compare_smallest(runner, &program, seed) {
            Verdict::Same => {}
            Verdict::Racy => racy += 1,
            Verdict::Differs(found) => panic!("{}", shown(runner, seed, &found)),
        }
    }
    // Programs that are not compared prove nothing.
    assert!(
        racy * 100 <= count,
        "{racy} of {count} programs have more than one trace"
    );
}

fn shown(runner: Runner, seed: u64, found: &Difference) -> String {
    let program = serde_json::to_string(&found.program).expect("a program is plain data");
    let Difference {
        expected, found, ..
    } = found;
    format!("seed {seed}: {program}\nthe model: {expected:?}\n{runner}: {found:?}")
}

#[test]
fn the_simulation_agrees() {
    agree(Runner::Sim, 2000);
}

#[test]
fn tokio_on_one_thread_agrees() {
    agree(Runner::TokioCurrentThread, 600);
}

#[test]
fn tokio_on_four_threads_agrees() {
    agree(Runner::Tokio, 600);
}

#[test]
fn smol_on_one_thread_agrees() {
    agree(Runner::Smol, 600);
}

#[test]
fn smol_on_four_threads_agrees() {
    agree(Runner::Smol4, 600);
}

#[test]
fn async_std_agrees() {
    agree(Runner::AsyncStd, 600);
}

/// Whatever order the simulation's seed chooses, a program has the same trace.
#[test]
fn the_simulation_agrees_under_every_seed() {
    for seed in 0..100 {
        let program = from_seed(seed, Profile::Full);
        for order in 0..20 {
            if let Some(found) = compare(Runner::Sim, &program, order).difference() {
                panic!("{}", shown(Runner::Sim, order, &found));
            }
        }
    }
}

/// The same through proptest, which chooses and shrinks for itself.
#[test]
fn generated_programs_agree() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::with_cases(200), rng);
    let result = runner.run(&programs(Profile::Full), |program| {
        match compare(Runner::Sim, &program, 0).difference() {
            None => Ok(()),
            Some(found) => Err(TestCaseError::fail(shown(Runner::Sim, 0, &found))),
        }
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
