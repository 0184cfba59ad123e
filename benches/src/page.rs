//! The table as part of `docs/performance.md`, between comments that mark its places.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use crate::figures::Row;
use crate::report::{allocated, goal, quartiles, ratio};

/// Writes all rows into the page and says where that is.
pub fn write(rounds: usize, rows: &[Row]) -> Result<PathBuf, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let (with_goal, others): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.goal.is_some());
    let page = fs::read_to_string(&path)?;
    let page = put(&page, "machine", &machine(rounds))?;
    let page = put(&page, "goals", &table(&with_goal))?;
    let page = put(&page, "others", &table(&others))?;
    fs::write(&path, page)?;
    Ok(path)
}

/// Replaces what stands between `<!-- begin place -->` and `<!-- end place -->`.
fn put(page: &str, place: &str, text: &str) -> Result<String, String> {
    let (begin, end) = (
        format!("<!-- begin {place} -->"),
        format!("<!-- end {place} -->"),
    );
    let missing = || format!("the page has no place for {place}");
    let (before, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{text}{end}{after}"))
}

/// A table in Markdown. A line's name stands in its first row only.
fn table(rows: &[&Row]) -> String {
    let mut text = String::from(
        "| work | beside | anyrt | peer | ratio | quartiles | allocations | peer's | goal |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut last = "";
    for row in rows {
        let name = if row.line == last { "" } else { &row.line };
        last = &row.line;
        let unit = row.unit.name();
        let goal = goal(row).replace("MISSED", "**missed**");
        writeln!(
            text,
            "| {name} | {} | {:.1} {unit} | {:.1} {unit} | {} | {} | {} | {} | {goal} |",
            row.peer,
            row.ours.figure,
            row.theirs.figure,
            ratio(row.ratio.median),
            quartiles(row.ratio),
            allocated(row.unit, row.ours.counted),
            allocated(row.unit, row.theirs.counted),
        )
        .expect("a string takes everything");
    }
    text
}

/// Where the figures come from, in a sentence.
fn machine(rounds: usize) -> String {
    let threads = available_parallelism().map_or(1, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "an unknown processor".to_owned());
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler = compiler.map_or_else(
        |_| "an unknown compiler".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    format!("{processor}, {threads} threads; {compiler}; {rounds} rounds.\n")
}
