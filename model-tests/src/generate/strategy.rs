//! Programs for proptest. What is made smaller is the program, not the random numbers behind it.
//!
//! Always true: `current` is a candidate of `best`, or `best` itself, and every program that was given
//! up is behind us in the list of candidates; so shrinking ends.

use proptest::prelude::any;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{Profile, from_seed};
use crate::program::Program;
use crate::shrink::{Candidates, candidates};

/// Random programs of a profile, each from a seed of its own (see [`from_seed`]).
#[must_use]
pub const fn programs(profile: Profile) -> Programs {
    Programs { profile }
}

/// The strategy of [`programs`].
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    profile: Profile,
}

impl Strategy for Programs {
    type Tree = ProgramTree;
    type Value = Program;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = any::<u64>().new_tree(runner)?.current();
        let best = from_seed(seed, self.profile);
        Ok(ProgramTree {
            current: best.clone(),
            rest: candidates(&best),
            best,
        })
    }
}

/// A program and what it may be made into.
#[derive(Clone, Debug)]
pub struct ProgramTree {
    // The smallest one that is known to fail.
    best: Program,
    current: Program,
    rest: Candidates,
}

impl ProgramTree {
    fn next(&mut self) -> bool {
        let next = self.rest.next();
        let found = next.is_some();
        self.current = next.unwrap_or_else(|| self.best.clone());
        found
    }
}

impl ValueTree for ProgramTree {
    type Value = Program;

    fn current(&self) -> Program {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.current.clone();
        self.rest = candidates(&self.best);
        self.next()
    }

    fn complicate(&mut self) -> bool {
        self.next()
    }
}
