//! What one measurement takes: time, and allocations where they are counted.

use std::ops::{Add, Sub};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Allocations made by the whole process so far, on all threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Calls of `alloc`, `alloc_zeroed` and `realloc`.
    pub allocations: u64,
    /// Bytes asked for; a `realloc` counts what it adds.
    pub bytes: u64,
    /// Bytes asked for and not given back.
    pub held: i64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            allocations: self.allocations + other.allocations,
            bytes: self.bytes + other.bytes,
            held: self.held + other.held,
        }
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            allocations: self.allocations - other.allocations,
            bytes: self.bytes - other.bytes,
            held: self.held - other.held,
        }
    }
}

static PROBE: OnceLock<fn() -> Counts> = OnceLock::new();

/// Names the function that reads the counters of this process's allocator.
/// Without one every count is zero and the clock runs undisturbed.
pub fn count_with(probe: fn() -> Counts) {
    PROBE.set(probe).expect("one allocator has one probe");
}

fn counts() -> Counts {
    PROBE.get().map_or_else(Counts::default, |probe| probe())
}

/// The outcome of one measurement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Wall-clock time.
    pub time: Duration,
    /// Allocations, if this process counts them.
    pub counts: Counts,
}

impl Add for Sample {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            time: self.time + other.time,
            counts: self.counts + other.counts,
        }
    }
}

/// A running measurement.
#[derive(Debug)]
pub struct Watch {
    before: Counts,
    since: Instant,
}

impl Watch {
    /// Starts to measure.
    pub fn start() -> Self {
        Self {
            before: counts(),
            since: Instant::now(),
        }
    }

    /// What has passed since the start.
    pub fn stop(self) -> Sample {
        let time = self.since.elapsed();
        Sample {
            time,
            counts: counts() - self.before,
        }
    }
}
