//! What comes out of a measurement: rows of a table.

use std::collections::HashMap;

use crate::goal::{Goal, Unit};
use crate::runner::Line;
use crate::watch::Counts;

/// Median and quartiles.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// A quarter of the values lie below.
    pub low: f64,
    /// Half of the values lie below.
    pub median: f64,
    /// A quarter of the values lie above.
    pub high: f64,
}

impl Spread {
    /// The spread of some values, at least one.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let place = part * (sorted.len() - 1) as f64;
            let (below, above) = (
                sorted[place.floor() as usize],
                sorted[place.ceil() as usize],
            );
            below + (above - below) * place.fract()
        };
        Self {
            low: at(0.25),
            median: at(0.5),
            high: at(0.75),
        }
    }
}

/// What one operation of a case costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The median, in the unit of the line.
    pub figure: f64,
    /// What it allocates.
    pub counted: Counted,
}

/// One comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line's name.
    pub line: String,
    /// What the line is measured in.
    pub unit: Unit,
    /// Whom this library is compared with.
    pub peer: &'static str,
    /// What this library costs.
    pub ours: Cost,
    /// What the peer costs.
    pub theirs: Cost,
    /// Ours by theirs, round by round.
    pub ratio: Spread,
    /// Ours less theirs, round by round.
    pub over: Spread,
    /// What this should come to.
    pub goal: Option<Goal>,
}

impl Row {
    /// Whether the goal is met, if there is one.
    pub fn is_met(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::Ratio(bound) => self.ratio.median <= bound,
            Goal::AtMost(bound) => self.ours.figure <= bound,
            Goal::Over(bound) => self.over.median <= bound,
        })
    }
}

/// What one operation of a case allocates.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Number of allocations.
    pub allocations: f64,
    /// Bytes asked for.
    pub bytes: f64,
    /// Bytes not given back while it is measured.
    pub held: f64,
}

impl Counted {
    /// The share of one operation.
    pub fn share(counts: Counts, operations: usize) -> Self {
        let operations = operations as f64;
        Self {
            allocations: counts.allocations as f64 / operations,
            bytes: counts.bytes as f64 / operations,
            held: counts.held as f64 / operations,
        }
    }
}

/// What all cases allocate, by line and case, as the counting program prints it.
#[derive(Debug, Default)]
pub struct Census(HashMap<(String, String), Counted>);

impl Census {
    /// Writes what [`parse`](Self::parse) reads.
    pub fn print(line: &Line) {
        for (case, counted) in line.count() {
            let Counted {
                allocations,
                bytes,
                held,
            } = counted;
            println!("{}\t{case}\t{allocations}\t{bytes}\t{held}", line.name());
        }
    }

    /// Reads the counting program's output.
    pub fn parse(text: &str) -> Option<Self> {
        let entry = |row: &str| {
            let mut fields = row.split('\t');
            let key = (fields.next()?.to_owned(), fields.next()?.to_owned());
            let counted = Counted {
                allocations: fields.next()?.parse().ok()?,
                bytes: fields.next()?.parse().ok()?,
                held: fields.next()?.parse().ok()?,
            };
            Some((key, counted))
        };
        text.lines().map(entry).collect::<Option<_>>().map(Self)
    }

    /// What one operation of a case allocates.
    pub fn get(&self, line: &str, case: &str) -> Counted {
        let key = (line.to_owned(), case.to_owned());
        *self.0.get(&key).expect("every case has been counted")
    }
}
