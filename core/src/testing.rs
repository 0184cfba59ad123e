//! Tools for tests of concurrent code, on any backend.
//!
//! - [`Sim`] runs a test on one thread, in an order that a seed chooses, with a clock that jumps: the same seed
//!   gives the same run.
//! - [`MockClock`] puts such a clock under a real runtime, threads and all.
//! - [`wait_all_tasks_blocked`] waits until nothing moves but by the clock or from outside.
//! - [`Sequencer`] orders tasks; [`assert_checkpoints`] and [`assert_no_checkpoints`] tell whether code can be
//!   cancelled.
//! - `#[anyrt::test]` checks that nothing is left at the end of a test ([`leaks`]).
//!
//! In the code: `watch` counts who is at work, `pulse` counts the wakes of one future, `watched` puts both around a
//! backend, and `clock` and `sim` stand on these.

mod blocked;
mod checkpoints;
mod clock;
mod leaks;
mod pulse;
mod sequencer;
mod sim;
mod watch;
mod watched;

pub use blocked::{AllTasksBlocked, wait_all_tasks_blocked};
pub use checkpoints::{assert_checkpoints, assert_no_checkpoints};
pub use clock::MockClock;
pub use leaks::{Leaks, leaks};
pub use sequencer::{Sequencer, Turn};
pub use sim::Sim;
pub use watched::{Watched, watched};
