//! Comparing traces, and finding the smallest program whose traces differ.

use crate::confluence::{is_possible, only_trace};
use crate::program::Program;
use crate::runner::Runner;
use crate::shrink::shrink;
use crate::trace::{Entry, How, Note, Trace};

/// A program that somebody runs otherwise than the model.
#[derive(Debug)]
pub struct Difference {
    /// The program, as small as it was found.
    pub program: Program,
    /// The model's trace.
    pub expected: Trace,
    /// The other's, or why there is none.
    pub found: Result<Trace, String>,
}

/// What comes of comparing.
#[derive(Debug)]
pub enum Verdict {
    /// The program has more than one trace by itself, and says nothing.
    Racy,
    /// The trace is the model's.
    Same,
    /// It is another one.
    Differs(Box<Difference>),
}

impl Verdict {
    /// The difference, if there is one.
    pub fn difference(self) -> Option<Difference> {
        match self {
            Self::Differs(difference) => Some(*difference),
            Self::Racy | Self::Same => None,
        }
    }
}

/// Orders among which a trace that differs is looked for.
const ORDERS: u64 = 3000;

/// The same for each of the many programs on the way to a smaller one.
const FEW_ORDERS: u64 = 100;

/// Runs a program, and tells whether its trace is the model's.
pub fn compare(runner: Runner, program: &Program, seed: u64) -> Verdict {
    compare_among(ORDERS, runner, program, seed)
}

fn compare_among(orders: u64, runner: Runner, program: &Program, seed: u64) -> Verdict {
    let Some(expected) = only_trace(program) else {
        return Verdict::Racy;
    };
    let found = runner.run(program, seed).map_err(|error| error.to_string());
    if found.as_ref() == Ok(&expected) {
        return Verdict::Same;
    }
    if found
        .as_ref()
        .is_ok_and(|found| is_possible(program, found, orders))
    {
        return Verdict::Racy;
    }
    let program = program.clone();
    Verdict::Differs(Box::new(Difference {
        program,
        expected,
        found,
    }))
}

/// As [`compare`]; a program that differs is made as small as can be.
pub fn compare_smallest(runner: Runner, program: &Program, seed: u64) -> Verdict {
    let verdict = compare(runner, program, seed);
    let Verdict::Differs(found) = verdict else {
        return verdict;
    };
    let small = shrink(program.clone(), |smaller| {
        let verdict = compare_among(FEW_ORDERS, runner, smaller, seed);
        verdict.difference().is_some()
    });
    // One that depends on the order of threads may be gone, and one that looked different may have more traces.
    let smallest = compare(runner, &small, seed).difference();
    Verdict::Differs(smallest.map_or(found, Box::new))
}

/// A trace without what AnyIO cannot tell: why something was cancelled.
pub fn without_causes(trace: &Trace) -> Trace {
    let mut trace = trace.clone();
    let entries = trace.values_mut().flatten();
    for Entry(_, note) in entries {
        if let Note::Scope(_, how)
        | Note::Group(_, how)
        | Note::Shield(_, how)
        | Note::Cleanup(_, how) = note
            && let How::Cancelled(cause) = how
        {
            *cause = None;
        }
    }
    trace
}
