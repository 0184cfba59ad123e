//! Runs lines: every round measures all cases of a line in shuffled order.
//!
//! A machine changes speed while it measures: other programs, clock rates, the
//! layout of the heap. Cases that are measured seconds apart see different
//! machines. Here all cases of a line are measured close together and in a new
//! random order every round, so that no case always pays for what another one
//! left behind, and each round gives a ratio of its own; the table shows the
//! median of these ratios and how far they spread.

use std::fmt::{Debug, Formatter};

use crate::figures::{Census, Cost, Counted, Row, Spread};
use crate::goal::{Goal, Unit};
use crate::watch::Sample;

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

/// A case to compare with, and what the comparison should come to.
struct Peer {
    name: &'static str,
    case: Case,
    goal: Option<Goal>,
}

/// The same work done by this library and by its peers.
pub struct Line {
    name: String,
    unit: Unit,
    load: Load,
    ours: Case,
    peers: Vec<Peer>,
}

impl Line {
    /// A line of times.
    pub fn new(name: impl Into<String>, batch: usize, repeat: usize, ours: Case) -> Self {
        Self {
            name: name.into(),
            unit: Unit::Nanos,
            load: Load { batch, repeat },
            ours,
            peers: Vec::new(),
        }
    }

    /// A line of bytes held. A case measures once, while `batch` things are there; what it does `repeat` times
    /// before is its own business.
    pub fn held(name: impl Into<String>, batch: usize, repeat: usize, ours: Case) -> Self {
        Self {
            unit: Unit::Bytes,
            ..Self::new(name, batch, repeat, ours)
        }
    }

    /// Adds a case to compare with.
    pub fn peer(mut self, name: &'static str, case: Case) -> Self {
        self.peers.push(Peer {
            name,
            case,
            goal: None,
        });
        self
    }

    /// At most so many times what the last peer takes. `None` sets no goal.
    pub fn goal(self, ratio: impl Into<Option<f64>>) -> Self {
        self.set(ratio.into().map(Goal::Ratio))
    }

    /// At most so much, in the line's unit; shown beside the last peer.
    pub fn goal_at_most(self, bound: impl Into<Option<f64>>) -> Self {
        self.set(bound.into().map(Goal::AtMost))
    }

    /// At most so much more than the last peer takes, in the line's unit.
    pub fn goal_over(self, bound: impl Into<Option<f64>>) -> Self {
        self.set(bound.into().map(Goal::Over))
    }

    fn set(mut self, goal: Option<Goal>) -> Self {
        self.peers.last_mut().expect("a goal follows a peer").goal = goal;
        self
    }

    /// What is done, and where.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All cases by name, this library first.
    pub fn cases(&self) -> Vec<(&'static str, &Case)> {
        let peers = self.peers.iter().map(|peer| (peer.name, &peer.case));
        std::iter::once(("anyrt", &self.ours))
            .chain(peers)
            .collect()
    }

    /// Runs so many batches of a case after the one that warms it up.
    pub fn batches(&self, case: &Case, repeat: usize) {
        case(Load {
            repeat,
            ..self.load
        });
    }

    /// The number of operations of one batch.
    pub fn batch(&self) -> usize {
        self.load.batch
    }

    /// Runs every case once and gives what one operation allocates.
    pub fn count(&self) -> Vec<(&'static str, Counted)> {
        let operations = match self.unit {
            Unit::Nanos => self.load.operations(),
            Unit::Bytes => self.load.batch,
        };
        let count = |(name, case): (_, &Case)| {
            let counts = case(self.load).counts;
            (name, Counted::share(counts, operations))
        };
        self.cases().into_iter().map(count).collect()
    }

    /// Runs every case once with next to no load, to see that it runs.
    pub fn try_out(&self) {
        let load = Load {
            batch: self.load.batch.min(50),
            repeat: 1,
        };
        for (_, case) in self.cases() {
            case(load);
        }
    }

    /// Measures all cases for so many rounds. Bytes have been counted already and do not change with the round.
    pub fn measure(&self, rounds: usize, census: &Census) -> Vec<Row> {
        let counted: Vec<_> = self
            .cases()
            .iter()
            .map(|(case, _)| census.get(&self.name, case))
            .collect();
        let figures = match self.unit {
            Unit::Nanos => self.time(rounds),
            Unit::Bytes => counted.iter().map(|counted| vec![counted.held]).collect(),
        };
        let cost = |case: usize| Cost {
            figure: Spread::of(figures[case].iter().copied()).median,
            counted: counted[case],
        };
        let against = |case: usize, compare: fn(f64, f64) -> f64| {
            let pairs = figures[0].iter().zip(&figures[case]);
            Spread::of(pairs.map(|(ours, theirs)| compare(*ours, *theirs)))
        };
        let row = |(place, peer): (usize, &Peer)| Row {
            line: self.name.clone(),
            unit: self.unit,
            peer: peer.name,
            ours: cost(0),
            theirs: cost(place + 1),
            ratio: against(place + 1, |ours, theirs| ours / theirs),
            over: against(place + 1, |ours, theirs| ours - theirs),
            goal: peer.goal,
        };
        self.peers.iter().enumerate().map(row).collect()
    }

    /// Nanoseconds of one operation, by case and round.
    fn time(&self, rounds: usize) -> Vec<Vec<f64>> {
        let cases = self.cases();
        let mut times = vec![Vec::with_capacity(rounds); cases.len()];
        let mut order: Vec<usize> = (0..cases.len()).collect();
        for _ in 0..rounds {
            fastrand::shuffle(&mut order);
            for &place in &order {
                let sample = cases[place].1(self.load);
                let nanos = sample.time.as_secs_f64() * 1e9;
                times[place].push(nanos / self.load.operations() as f64);
            }
        }
        times
    }
}

impl Debug for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let cases: Vec<_> = self.cases().iter().map(|(name, _)| *name).collect();
        f.debug_struct("Line")
            .field("name", &self.name)
            .field("load", &self.load)
            .field("cases", &cases)
            .finish_non_exhaustive()
    }
}
