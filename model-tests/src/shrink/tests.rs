use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::*;
use crate::generate::{Profile, from_seed, programs};
use crate::program::Op;
use crate::visit::{each, size};

fn count(program: &Program, wanted: impl Fn(&Op) -> bool) -> usize {
    let mut count = 0;
    each(&program.main, &mut |op| count += usize::from(wanted(op)));
    count
}

#[test]
fn candidates_are_valid_other_and_not_longer() {
    for seed in 0..300 {
        let program = from_seed(seed, Profile::Full);
        let mut seen = 0;
        for candidate in candidates(&program) {
            validate(&candidate).unwrap();
            assert_ne!(candidate, program);
            assert!(size(&candidate.main) <= size(&program.main));
            seen += 1;
        }
        assert!(seen > size(&program.main) / 2);
    }
}

#[test]
fn what_always_fails_becomes_nothing() {
    for seed in 0..200 {
        let least = shrink(from_seed(seed, Profile::Full), |_| true);
        assert_eq!(size(&least.main), 1, "{least:?}");
        assert_eq!(least.slots, 2);
    }
}

#[test]
fn what_matters_is_kept() {
    let both = |program: &Program| {
        let cancels = count(program, |op| matches!(op, Op::Cancel { .. }));
        let joins = count(program, |op| matches!(op, Op::Join { .. }));
        cancels > 0 && joins > 0
    };
    let mut tried = 0;
    for seed in (0..2000)
        .filter(|&seed| both(&from_seed(seed, Profile::Full)))
        .take(50)
    {
        let least = shrink(from_seed(seed, Profile::Full), both);
        // Main's scope, something to be cancelled, and a group with a task to be joined.
        assert!(size(&least.main) <= 6, "{least:?}");
        assert!(candidates(&least).all(|candidate| !both(&candidate)));
        tried += 1;
    }
    assert_eq!(tried, 50);
}

/// Steps that end nowhere would show as a program that comes back.
#[test]
fn single_steps_lead_to_an_end() {
    for seed in 0..40 {
        let mut program = from_seed(seed, Profile::Full);
        let mut steps = 0;
        // The last candidate is the one that takes least away.
        while let Some(next) = candidates(&program).last() {
            program = next;
            steps += 1;
            assert!(steps < 5000, "seed {seed}");
        }
        assert_eq!(size(&program.main), 1);
    }
}

#[test]
fn compacting_is_final() {
    for seed in 0..300 {
        let mut program = from_seed(seed, Profile::Full);
        compact_slots(&mut program);
        compact_ids(&mut program);
        validate(&program).unwrap();
        let mut again = program.clone();
        compact_slots(&mut again);
        compact_ids(&mut again);
        assert_eq!(again, program);
    }
}

#[test]
fn a_strategy_shrinks_programs() {
    let mut runner = TestRunner::deterministic();
    let fails = |program: &Program| count(program, |op| matches!(op, Op::Finally { .. })) > 0;
    let mut tried = 0;
    while tried < 20 {
        let mut tree = programs(Profile::Portable).new_tree(&mut runner).unwrap();
        if !fails(&tree.current()) {
            continue;
        }
        tried += 1;
        let mut failing = true;
        while if failing {
            tree.simplify()
        } else {
            tree.complicate()
        } {
            failing = fails(&tree.current());
        }
        assert!(fails(&tree.current()));
        assert_eq!(size(&tree.current().main), 2);
        assert!(Profile::Portable.allows(&tree.current()));
    }
}
