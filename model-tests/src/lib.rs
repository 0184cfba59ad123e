//! Random programs of structured concurrency, and who runs them: the reference model, and anyrt on each backend.
//!
//! `FORMAT.md` says what a program and a trace are.

#![forbid(unsafe_code)]

pub mod compare;
pub mod confluence;
pub mod generate;
pub mod interpret;
pub mod model;
pub mod oracle;
mod place;
pub mod program;
pub mod rng;
pub mod runner;
pub mod shrink;
pub mod trace;
pub mod validate;
pub mod visit;
