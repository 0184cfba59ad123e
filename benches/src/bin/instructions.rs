//! Runs one case, for who counts the instructions that it takes.
//!
//! ```text
//! anyrt-instructions                         # names the cases: line, case, operations of one batch
//! anyrt-instructions <line> <case> <batches> # runs so many batches after a first one
//! ```
//!
//! `scripts/instructions` runs every case twice under valgrind, with more and with fewer batches: the
//! difference is what the batches took, without the start of the process and the first growth of anything.

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;

use anyrt_benches::lines;
use anyrt_benches::runner::Line;

/// Where one thread does everything, so that a figure is the same every time.
const HOST: &str = ", tokio ct";

/// The lines that are counted. What hops to a thread and back runs beside it, and is never twice the same.
const PATHS: [&str; 33] = [
    "spawn and join 2000",
    "spawn, yield once, join",
    "await handles",
    "cancel a group of 1000",
    "cancel a group of 10000",
    "scope around ready",
    "fail_after around ready",
    "move_on_after around ready",
    "scope around one yield",
    "fail_after around one yield",
    "move_on_after around one yield",
    "checkpoint",
    "checkpoint_if_cancelled",
    "is_cancelled",
    "yield below five scopes",
    "yield in a child",
    "child with one fail_after",
    "empty group",
    "shield around ready",
    "finally around ready",
    "local group of 10000",
    "local group, yield once",
    "lock, free",
    "lock, wanted by 8",
    "semaphore, free",
    "semaphore of 2, wanted by 8",
    "stream, one to one",
    "stream, many to many",
    "stream, rendezvous",
    "amap of 1000, 16 at once",
    "gather of 1000",
    "gather of two",
    "race of two",
];

/// A case that looks at the clock: async-lock lets the woken go first when they have waited for long.
const LOOKS_AT_THE_CLOCK: (&str, &str) = ("lock, wanted by 8", "async-lock");

fn line(path: &str) -> Result<Line, String> {
    let name = format!("{path}{HOST}");
    let mut lines = lines(&name);
    lines.retain(|line| line.name() == name);
    lines
        .pop()
        .ok_or_else(|| format!("there is no line {name:?}"))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            for path in PATHS {
                let line = line(path)?;
                for (case, _) in line.cases() {
                    if (path, case) != LOOKS_AT_THE_CLOCK {
                        println!("{path}\t{case}\t{}", line.batch());
                    }
                }
            }
        }
        [path, case, batches] => {
            let line = line(path)?;
            let cases = line.cases();
            let found = cases.iter().find(|(name, _)| name == case);
            let (_, case) = found.ok_or_else(|| format!("there is no case {case:?}"))?;
            line.batches(case, batches.parse()?);
        }
        _ => return Err("neither three arguments nor none".into()),
    }
    Ok(())
}
