//! Makes a program smaller while it still fails.
//!
//! An `Edit` changes one spot and cares for nothing else; then `repair` takes away whatever has
//! become invalid by that: what refers to something that is gone, a `fail` that has nowhere to go, a
//! wait that nothing ends. So every candidate is valid.
//!
//! Shrinking ends: each candidate has fewer operations; or as many, and fewer or plainer fields; or
//! differs in its numbers alone and has them in their final order.

use crate::program::{Op, Program};
use crate::validate::validate;

mod compact;
mod edit;
mod plain;

pub use compact::{compact_ids, compact_slots};

use edit::{Edit, edits};

/// The programs that a program may be made into by one step, those with the fewest operations first.
#[must_use]
pub fn candidates(program: &Program) -> Candidates {
    let mut edits = edits(program);
    edits.reverse();
    Candidates {
        program: program.clone(),
        edits,
    }
}

/// The candidates of one program, made when they are asked for.
#[derive(Clone, Debug)]
pub struct Candidates {
    program: Program,
    // Still to be tried; the next one is the last.
    edits: Vec<Edit>,
}

impl Iterator for Candidates {
    type Item = Program;

    fn next(&mut self) -> Option<Program> {
        while let Some(edit) = self.edits.pop() {
            let mut made = self.program.clone();
            if edit.apply(&mut made) && repair(&mut made) && made != self.program {
                return Some(made);
            }
        }
        None
    }
}

/// Takes operations away until a program is valid, but leaves the body of a `restore` that has lost its
/// shield. Says whether it could be done.
pub fn repair(program: &mut Program) -> bool {
    while let Err(invalid) = validate(program) {
        // Main's own scope has to stay.
        if invalid.spot.0.len() < 2 {
            return false;
        }
        let Some((block, index)) = invalid.spot.find(program) else {
            return false;
        };
        if let Op::Restore { body, .. } = block.remove(index) {
            block.splice(index..index, body);
        }
    }
    true
}

/// Makes a program that fails as small as single steps can make it. What is returned fails, if the
/// program does, and none of its candidates fails.
pub fn shrink(program: Program, mut fails: impl FnMut(&Program) -> bool) -> Program {
    let mut best = program;
    while let Some(smaller) = candidates(&best).find(|candidate| fails(candidate)) {
        best = smaller;
    }
    best
}

#[cfg(test)]
mod tests;
