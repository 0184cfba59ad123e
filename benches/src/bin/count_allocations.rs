//! Runs every case once and prints what one operation allocates.
//!
//! The bench starts this program: counters that all threads share would slow down the cases that
//! allocate, so the clock and the counters never run in one process.

use std::alloc::System;
use std::env;

use anyrt_benches::figures::Census;
use anyrt_benches::watch::{self, Counts};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    watch::count_with(|| {
        let stats = ALLOCATOR.stats();
        Counts {
            allocations: (stats.allocations + stats.reallocations) as u64,
            bytes: stats.bytes_allocated as u64,
            held: stats.bytes_allocated as i64 - stats.bytes_deallocated as i64,
        }
    });
    let filter = env::args().nth(1).unwrap_or_default();
    for line in anyrt_benches::lines(&filter) {
        Census::print(&line);
    }
}
