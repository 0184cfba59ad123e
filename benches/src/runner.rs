//! Runs lines: every round measures all cases of a line in shuffled order.
//!
//! A machine changes speed while it measures: other programs, clock rates, the
//! layout of the heap. Cases that are measured seconds apart see different
//! machines. Here all cases of a line are measured close together and in a new
//! random order every round, so that no case always pays for what another one
//! left behind, and each round gives a ratio of its own; the table shows the
//! median of these ratios and how far they spread.

use std::collections::HashMap;
use std::fmt::Debug;
use std::fmt::Formatter;

use crate::watch::{Counts, Sample};

/// How much one measurement of a case does.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Operations that belong together, such as the children of one group.
    pub batch: usize,
    /// How many batches make one measurement.
    pub repeat: usize,
}

impl Load {
    /// The number of operations of one measurement.
    pub fn operations(self) -> usize {
        self.batch * self.repeat
    }
}

/// One way to do the work of a line. Makes its own runtime, warms up, measures.
pub type Case = Box<dyn Fn(Load) -> Sample>;

/// The same work done by several cases; the first one is this library.
pub struct Line {
    name: String,
    load: Load,
    cases: Vec<(&'static str, Case)>,
}

impl Line {
    /// A line whose first case is `ours`.
    pub fn new(name: impl Into<String>, batch: usize, repeat: usize, ours: Case) -> Self {
        Self {
            name: name.into(),
            load: Load { batch, repeat },
            cases: vec![("anyrt", ours)],
        }
    }

    /// Adds a case to compare with.
    pub fn peer(mut self, name: &'static str, case: Case) -> Self {
        self.cases.push((name, case));
        self
    }

    /// What is done, and where.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs every case once and gives the allocations of one operation.
    pub fn count(&self) -> Vec<(&'static str, f64, f64)> {
        let operations = self.load.operations() as f64;
        let per_operation = |(name, case): &(&'static str, Case)| {
            let Counts { allocations, bytes } = case(self.load).counts;
            (
                *name,
                allocations as f64 / operations,
                bytes as f64 / operations,
            )
        };
        self.cases.iter().map(per_operation).collect()
    }

    /// Runs every case once with next to no load, to see that it runs.
    pub fn try_out(&self) {
        let load = Load {
            batch: self.load.batch.min(50),
            repeat: 1,
        };
        for (_, case) in &self.cases {
            case(load);
        }
    }

    /// Measures all cases for so many rounds.
    pub fn measure(&self, rounds: usize, allocations: &Allocations) -> Vec<Row> {
        let mut times = vec![Vec::with_capacity(rounds); self.cases.len()];
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        for _ in 0..rounds {
            fastrand::shuffle(&mut order);
            for &case in &order {
                let sample = (self.cases[case].1)(self.load);
                times[case].push(sample.time.as_secs_f64() * 1e9 / self.load.operations() as f64);
            }
        }
        let cost = |case: usize| Cost {
            nanos: Spread::of(&times[case]).median,
            allocations: allocations.get(&self.name, self.cases[case].0),
        };
        let row = |case: usize| Row {
            line: self.name.clone(),
            peer: self.cases[case].0,
            ours: cost(0),
            theirs: cost(case),
            ratio: Spread::of(&ratios(&times[0], &times[case])),
        };
        (1..self.cases.len()).map(row).collect()
    }
}

impl Debug for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let cases: Vec<_> = self.cases.iter().map(|(name, _)| name).collect();
        f.debug_struct("Line")
            .field("name", &self.name)
            .field("load", &self.load)
            .field("cases", &cases)
            .finish()
    }
}

fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(a, b)| a / b).collect()
}

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
    fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
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
    /// Median time.
    pub nanos: f64,
    /// Number and bytes of allocations.
    pub allocations: (f64, f64),
}

/// One comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line's name.
    pub line: String,
    /// Whom this library is compared with.
    pub peer: &'static str,
    /// What this library costs.
    pub ours: Cost,
    /// What the peer costs.
    pub theirs: Cost,
    /// Ours by theirs, round by round.
    pub ratio: Spread,
}

/// Allocations of one operation by line and case, as the counting program
/// prints them.
#[derive(Debug, Default)]
pub struct Allocations(HashMap<(String, String), (f64, f64)>);

impl Allocations {
    /// Writes what [`parse`](Self::parse) reads.
    pub fn print(line: &Line) {
        for (case, number, bytes) in line.count() {
            println!("{}\t{case}\t{number}\t{bytes}", line.name);
        }
    }

    /// Reads the counting program's output.
    pub fn parse(text: &str) -> Option<Self> {
        let entry = |row: &str| {
            let mut fields = row.split('\t');
            let key = (fields.next()?.to_owned(), fields.next()?.to_owned());
            let number = fields.next()?.parse().ok()?;
            let bytes = fields.next()?.parse().ok()?;
            Some((key, (number, bytes)))
        };
        text.lines().map(entry).collect::<Option<_>>().map(Self)
    }

    fn get(&self, line: &str, case: &str) -> (f64, f64) {
        let key = (line.to_owned(), case.to_owned());
        *self.0.get(&key).expect("every case has been counted")
    }
}
