//! What anyrt costs beside the runtimes' own means.
//!
//! ```text
//! cargo bench -p anyrt-benches                        # everything, 11 rounds, about six minutes
//! cargo bench -p anyrt-benches -- --rounds 31 scope   # lines whose name contains "scope"
//! cargo bench -p anyrt-benches -- --quick             # only see that every case runs
//! cargo bench -p anyrt-benches -- --page              # and write the page anew
//! ```
//!
//! # How to read the table
//!
//! A line is one piece of work on one flavour of runtime (`tokio mt`: two worker threads, `tokio ct`:
//! the current thread, `smol`: two threads), a row compares this library with one peer that does the
//! same work. **The figure that counts is the ratio**: below 1 this library is faster. It is the
//! median of the ratios of single rounds; the quartiles beside it tell how far rounds differ. Two
//! ratios whose quartiles overlap are not known to differ, and a machine that does other work makes
//! them wide. Nanoseconds are those of one operation (one child of a group, one pass of a loop),
//! also medians; they belong to this machine and this day, and do not divide to the ratio exactly.
//!
//! Allocations and bytes are those of one operation on all threads, with the group's own share,
//! counted by a program that runs the same cases once with a counting allocator. On threads a few
//! depend on who comes first, so the last digit moves.
//!
//! Some lines are of bytes, not of time: what is held while a child waits or a scope is open, counted by
//! the same program. They name their unit, and have no spread.
//!
//! A row may have a goal: at most so many times what the peer takes (`≤ 1.10`), at most so much
//! (`≤ 150`), or at most so much more than the peer (`≤ +10`), the latter two in the unit of the line.
//! `MISSED` stands beside it where the median misses it. A goal in nanoseconds is one of a machine like
//! that of `docs/performance.md`.
//!
//! Peers differ in what they promise: a bare `spawn` with a counter knows neither results, panics nor
//! cancellation and is the floor; a `TaskTracker` with a token cancels children that ask for it;
//! a `JoinSet` aborts. None of them waits for its children when it is dropped.
//!
//! # How it is measured
//!
//! [`runner`] says why every round measures all cases of a line in shuffled order, [`hosts`] where
//! they run. The same table goes to `target/benches.csv`, and with `--page` into `docs/performance.md`.
//! The system allocator keeps the memory it has been given (`MALLOC_TRIM_THRESHOLD_`,
//! `MALLOC_MMAP_THRESHOLD_` and `MALLOC_TOP_PAD_` of glibc, set by starting itself anew), so that no case
//! pays for memory that another one handed back. `scripts/instructions` counts the instructions of the
//! same cases, which no other program disturbs.

#![forbid(unsafe_code)]

pub mod cancel;
pub mod deadlines;
pub mod figures;
pub mod futures;
pub mod goal;
pub mod hosts;
pub mod local;
pub mod looped;
pub mod memory;
pub mod page;
pub mod regions;
pub mod report;
pub mod runner;
pub mod scopes;
pub mod spawn;
pub mod streams;
pub mod sync;
pub mod threads;
pub mod together;
pub mod watch;

use runner::Line;

/// All lines whose name contains `filter`, in the order of the table.
pub fn lines(filter: &str) -> Vec<Line> {
    let themes = [
        spawn::lines(),
        cancel::lines(),
        scopes::lines(),
        deadlines::lines(),
        regions::lines(),
        local::lines(),
        threads::lines(),
        sync::lines(),
        streams::lines(),
        together::lines(),
        memory::lines(),
    ];
    let mut lines: Vec<Line> = themes.into_iter().flatten().collect();
    lines.retain(|line| line.name().contains(filter));
    lines
}
