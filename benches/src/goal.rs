//! What a comparison should come to.

use std::fmt::{Display, Formatter};

/// What a line is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wall-clock nanoseconds of one operation.
    Nanos,
    /// Bytes that are held meanwhile, of one operation.
    Bytes,
}

impl Unit {
    /// How a table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Nanos => "ns",
            Unit::Bytes => "B",
        }
    }
}

/// A bound that a comparison should keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// At most so many times what the peer takes.
    Ratio(f64),
    /// At most so much, whatever the peer takes.
    AtMost(f64),
    /// At most so much more than the peer takes.
    Over(f64),
}

impl Display for Goal {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Goal::Ratio(bound) => write!(f, "≤ {bound:.2}"),
            Goal::AtMost(bound) => write!(f, "≤ {bound}"),
            Goal::Over(bound) => write!(f, "≤ +{bound}"),
        }
    }
}
