//! The test kit: simulated runtimes, mock clocks on real ones, rest, turns, leaks.
#![cfg(all(
    feature = "test-util",
    feature = "tokio",
    feature = "smol",
    feature = "async-std"
))]

#[path = "testing/blocked.rs"]
mod blocked;
#[path = "testing/checkpoints.rs"]
mod checkpoints;
#[path = "testing/clock.rs"]
mod clock;
#[path = "testing/leaks.rs"]
mod leaks;
#[path = "testing/sequencer.rs"]
mod sequencer;
#[path = "testing/sim.rs"]
mod sim;

use anyrt::testing::MockClock;
use anyrt::{AsyncStd, Launch, Smol, Tokio};

/// Real runtimes of all kinds under a clock, and its handle.
fn on_each_runtime(mut test: impl FnMut(&MockClock, Box<dyn Launch>)) {
    let launches: [Box<dyn Launch>; 5] = [
        Box::new(Tokio::current_thread()),
        Box::new(Tokio::multi_thread().worker_threads(4)),
        Box::new(Smol::threads(1)),
        Box::new(Smol::threads(4)),
        Box::new(AsyncStd::new()),
    ];
    for launch in launches {
        let clock = MockClock::new();
        test(&clock, Box::new(clock.on(launch)));
    }
}
