//! The table on the terminal and the same figures as CSV.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::figures::{Counted, Row, Spread};
use crate::goal::Unit;

/// Prints the head of the table.
pub fn print_head() {
    println!(
        "{:<42} {:<24} {:>11} {:>11} {:>6} {:>13} {:>13} {:>13}  goal",
        "line", "peer", "anyrt", "peer", "ratio", "quartiles", "anyrt allocs", "peer allocs"
    );
}

/// Prints the rows of one line.
pub fn print_rows(rows: &[Row]) {
    for row in rows {
        let unit = row.unit.name();
        let figure = |figure: f64| format!("{figure:.1} {unit}");
        println!(
            "{:<42} {:<24} {:>11} {:>11} {:>6} {:>13} {:>13} {:>13}  {}",
            row.line,
            row.peer,
            figure(row.ours.figure),
            figure(row.theirs.figure),
            ratio(row.ratio.median),
            quartiles(row.ratio),
            allocated(row.unit, row.ours.counted),
            allocated(row.unit, row.theirs.counted),
            goal(row),
        );
    }
}

/// A ratio, if there is one: whoever holds nothing has none.
pub(crate) fn ratio(ratio: f64) -> String {
    match ratio.is_finite() {
        true => format!("{ratio:.2}"),
        false => "-".to_owned(),
    }
}

/// The quartiles of a ratio.
pub(crate) fn quartiles(Spread { low, high, .. }: Spread) -> String {
    format!("{}..{}", ratio(low), ratio(high))
}

/// Number and bytes of allocations, beside times. Beside bytes that are held they would say the same again.
pub(crate) fn allocated(unit: Unit, counted: Counted) -> String {
    match unit {
        Unit::Nanos => format!("{:.1}, {:.0} B", counted.allocations, counted.bytes),
        Unit::Bytes => String::new(),
    }
}

/// The goal of a row, and a mark where it is missed.
pub(crate) fn goal(row: &Row) -> String {
    let Some(goal) = row.goal else {
        return String::new();
    };
    match row.is_met() {
        Some(false) => format!("{goal} MISSED"),
        _ => goal.to_string(),
    }
}

/// How many rows have a goal, and how many of them miss it.
pub fn tally(rows: &[Row]) -> (usize, usize) {
    let met: Vec<bool> = rows.iter().filter_map(Row::is_met).collect();
    (met.len(), met.iter().filter(|met| !**met).count())
}

/// Writes all rows to `path`.
pub fn write_csv(path: &Path, rows: &[Row]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        "line,peer,unit,anyrt_figure,peer_figure,ratio,ratio_q1,ratio_q3,\
         anyrt_allocations,anyrt_bytes,peer_allocations,peer_bytes,goal,met"
    )?;
    for row in rows {
        let (ours, theirs) = (row.ours.counted, row.theirs.counted);
        writeln!(
            out,
            "\"{}\",\"{}\",{},{:.2},{:.2},{:.4},{:.4},{:.4},{:.3},{:.1},{:.3},{:.1},{},{}",
            row.line,
            row.peer,
            row.unit.name(),
            row.ours.figure,
            row.theirs.figure,
            row.ratio.median,
            row.ratio.low,
            row.ratio.high,
            ours.allocations,
            ours.bytes,
            theirs.allocations,
            theirs.bytes,
            row.goal.map_or_else(String::new, |goal| goal.to_string()),
            row.is_met()
                .map_or("", |met| if met { "yes" } else { "no" }),
        )?;
    }
    out.flush()
}
