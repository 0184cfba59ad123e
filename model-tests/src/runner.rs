//! Who runs programs: the model, and anyrt on each backend with a clock that jumps.

use std::fmt;
use std::time::Duration;

use anyrt::testing::{MockClock, Sim};
use anyrt::{AsyncStd, Launch, RunError, Smol, Tokio};

use crate::interpret;
use crate::model;
use crate::program::Program;
use crate::trace::Trace;

/// How long a tick takes on a clock that jumps.
const TICK: Duration = Duration::from_micros(1);

/// Somebody who runs programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Runner {
    Model,
    Sim,
    TokioCurrentThread,
    Tokio,
    Smol,
    Smol4,
    AsyncStd,
}

impl Runner {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 7] = [
        ("model", Self::Model),
        ("sim", Self::Sim),
        ("tokio-current-thread", Self::TokioCurrentThread),
        ("tokio", Self::Tokio),
        ("smol", Self::Smol),
        ("smol-4", Self::Smol4),
        ("async-std", Self::AsyncStd),
    ];

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(other, runner)| (other == name).then_some(runner))
    }

    /// Runs a program. The seed is the simulation's.
    ///
    /// # Errors
    ///
    /// As `anyrt::run`.
    pub fn run(self, program: &Program, seed: u64) -> Result<Trace, RunError> {
        match self {
            Self::Model => Ok(model::trace(program)),
            Self::Sim => interpret::run(Sim::new(seed), program, TICK),
            Self::TokioCurrentThread => jumping(Tokio::current_thread(), program),
            Self::Tokio => jumping(Tokio::multi_thread().worker_threads(4), program),
            Self::Smol => jumping(Smol::threads(1), program),
            Self::Smol4 => jumping(Smol::threads(4), program),
            Self::AsyncStd => jumping(AsyncStd::new(), program),
        }
    }
}

fn jumping(launch: impl Launch + 'static, program: &Program) -> Result<Trace, RunError> {
    interpret::run(MockClock::new().autojump().on(launch), program, TICK)
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Self::ALL.iter();
        let name = all.find_map(|(name, runner)| (runner == self).then_some(*name));
        f.write_str(name.unwrap_or_default())
    }
}
