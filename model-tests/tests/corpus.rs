//! AnyIO's traces of two thousand programs, compared without Python: with what the model gives under AnyIO's rules, and
//! anyrt with the model under its own.

use anyrt_model_tests::compare::without_causes;
use anyrt_model_tests::confluence::only_trace;
use anyrt_model_tests::generate::Profile;
use anyrt_model_tests::model::{Dialect, trace, trace_in};
use anyrt_model_tests::program::Program;
use anyrt_model_tests::runner::Runner;
use anyrt_model_tests::trace::Trace;
use anyrt_model_tests::validate::validate;
use std::fs;
use std::path::Path;

/// The programs, and what AnyIO made of them.
fn corpus() -> Vec<(Program, Trace)> {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let (programs, traces) = (read("programs.jsonl"), read("traces.jsonl"));
    assert_eq!(programs.lines().count(), traces.lines().count());
    let lines = programs.lines().zip(traces.lines());
    lines
        .map(|(program, trace)| {
            (
                serde_json::from_str(program).expect("a program"),
                serde_json::from_str(trace).expect("a trace"),
            )
        })
        .collect()
}

#[test]
fn anyio_agrees_but_for_the_differences_that_are_listed() {
    let corpus = corpus();
    assert!(corpus.len() >= 2000, "{} programs", corpus.len());
    for (number, (program, found)) in corpus.iter().enumerate() {
        let expected = trace_in(Dialect::AnyIo, program);
        assert_eq!(
            without_causes(found),
            without_causes(&expected),
            "line {}",
            number + 1
        );
    }
}

/// The corpus is not only of programs in which nothing happens.
#[test]
fn the_corpus_shows_every_difference() {
    let differs =
        |(program, _): &(Program, Trace)| trace_in(Dialect::AnyIo, program) != trace(program);
    assert!(corpus().iter().filter(|entry| differs(entry)).count() >= 5);
}

#[test]
fn anyrt_agrees_on_the_same_programs() {
    for (number, (program, _)) in corpus().iter().enumerate() {
        validate(program).expect("it keeps the rules of programs");
        assert!(Profile::Portable.allows(program));
        let expected = only_trace(program).expect("it has one trace");
        let found = Runner::Sim
            .run(program, number as u64)
            .expect("no deadlock");
        assert_eq!(found, expected, "line {}", number + 1);
    }
}
