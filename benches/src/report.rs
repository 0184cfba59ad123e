//! The table on the terminal and the same figures as CSV.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::runner::Row;

/// Prints the head of the table.
pub fn print_head() {
    println!(
        "{:<42} {:<24} {:>9} {:>9} {:>6} {:>13} {:>13} {:>13}",
        "line", "peer", "anyrt ns", "peer ns", "ratio", "quartiles", "anyrt allocs", "peer allocs"
    );
}

/// Prints the rows of one line.
pub fn print_rows(rows: &[Row]) {
    for row in rows {
        let allocations = |(number, bytes): (f64, f64)| format!("{number:.1}, {bytes:.0} B");
        println!(
            "{:<42} {:<24} {:>9.1} {:>9.1} {:>6.2} {:>6.2}..{:<5.2} {:>13} {:>13}",
            row.line,
            row.peer,
            row.ours.nanos,
            row.theirs.nanos,
            row.ratio.median,
            row.ratio.low,
            row.ratio.high,
            allocations(row.ours.allocations),
            allocations(row.theirs.allocations),
        );
    }
}

/// Writes all rows to `path`.
pub fn write_csv(path: &Path, rows: &[Row]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        "line,peer,anyrt_ns,peer_ns,ratio,ratio_q1,ratio_q3,\
         anyrt_allocations,anyrt_bytes,peer_allocations,peer_bytes"
    )?;
    for row in rows {
        let (ours, theirs) = (row.ours.allocations, row.theirs.allocations);
        writeln!(
            out,
            "\"{}\",\"{}\",{:.2},{:.2},{:.4},{:.4},{:.4},{:.3},{:.1},{:.3},{:.1}",
            row.line,
            row.peer,
            row.ours.nanos,
            row.theirs.nanos,
            row.ratio.median,
            row.ratio.low,
            row.ratio.high,
            ours.0,
            ours.1,
            theirs.0,
            theirs.1,
        )?;
    }
    out.flush()
}
