//! Random programs that are valid, and in which much goes on at once.
//!
//! ```text
//!   maker     makes the operations, with `build`, `hold` and `leaf`: `step` picks single ones, `recipe` whole
//!             situations; a cancel, a deadline or a join may leave open what it is aimed at
//!   clock     tells about when each operation would run if nothing were cancelled
//!   aim       aims what was left open at what is likely to be at work then
//!   slots     follow the clock, so that tasks that run at once interleave within a cycle or a few
//! ```
//!
//! Always true: a program passes [`validate`](crate::validate::validate()), and follows from its seed
//! alone. The random numbers are those of [`Rng`], a `SplitMix64`; no map with a random order is used.

use crate::program::{Op, Program};
use crate::rng::Rng;
use crate::visit::{each, size};

mod aim;
mod build;
mod clock;
mod hold;
mod leaf;
mod maker;
mod recipe;
mod step;
mod strategy;

pub use strategy::{ProgramTree, Programs, programs};

use maker::Maker;

/// The fewest operations of a generated program.
pub const LEAST: usize = 5;
/// The most operations of a generated program.
pub const MOST: usize = 60;

/// What a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everything.
    Full,
    /// What `AnyIO` has as well: no panic, restore, grace, local, limit, daemon, defer, blocking, together,
    /// condition, barrier, reserved room, broadcast, cell, flight, promise, guarded resource, and no lock that is given up.
    Portable,
}

impl Profile {
    /// Whether a program uses only what it may.
    #[must_use]
    pub fn allows(self, program: &Program) -> bool {
        let mut portable = true;
        each(&program.main, &mut |op| portable &= is_portable(op));
        portable || self == Self::Full
    }
}

fn is_portable(op: &Op) -> bool {
    match op {
        Op::Panic { .. }
        | Op::Reserve { .. }
        | Op::Publish { .. }
        | Op::Listen { .. }
        | Op::Hush { .. }
        | Op::Fill { .. }
        | Op::Get { .. }
        | Op::Give { .. }
        | Op::Ask { .. }
        | Op::Use { .. }
        | Op::Restore { .. }
        | Op::Together { .. }
        | Op::Watch { .. }
        | Op::Notify { .. }
        | Op::Meet { .. }
        | Op::Defer { .. }
        | Op::Blocking { .. } => false,
        Op::Shield { grace, .. } | Op::Finally { grace, .. } => grace.is_none(),
        Op::Group { local, limit, .. } => !local && limit.is_none(),
        Op::Spawn { daemon, .. } => !daemon,
        Op::Lock { unless, .. } => unless.is_none(),
        _ => true,
    }
}

/// A random program of about so many operations; [`LEAST`] to [`MOST`] in any case.
pub fn program(rng: &mut Rng, profile: Profile, operations: usize) -> Program {
    let wanted = operations.clamp(LEAST, MOST);
    loop {
        // What is begun is brought to an end, so there is a third more in the end.
        let program = attempt(rng, profile, wanted * 3 / 4);
        if (LEAST..=MOST).contains(&size(&program.main)) {
            return program;
        }
    }
}

/// The program of a seed: its size is random too.
#[must_use]
pub fn from_seed(seed: u64, profile: Profile) -> Program {
    let rng = &mut Rng::new(seed);
    let operations = LEAST + rng.index(MOST - LEAST + 1);
    program(rng, profile, operations)
}

fn attempt(rng: &mut Rng, profile: Profile, wanted: usize) -> Program {
    let mut maker = Maker::new(rng, profile, wanted);
    let mut main = vec![maker.main()];
    let (movable, listed) = (maker.movable, maker.listed);
    let mut timeline = clock::wind(rng, &mut main);
    aim::aim(rng, &mut timeline, &movable, &mut main);
    let slots = clock::settle(rng, &timeline, &mut main);
    Program {
        slots,
        main,
        ..listed
    }
}

#[cfg(test)]
mod tests;
