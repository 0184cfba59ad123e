//! Time: the clock, the instants that a program names, and the agenda of timers.
//!
//! What is always true:
//! 1. No two timers are set for the same instant.
//! 2. Every timer of the agenda is later than now. What would end at once does not get a timer.

use std::collections::BTreeMap;

use super::tree::RegionId;
use crate::program::{Grace, SLOT, When};

/// What happens when a timer fires.
#[derive(Clone, Copy)]
pub(super) enum Timer {
    /// A sleep is over. Who sleeps looks at the clock.
    Wake,
    /// The deadline of a region has passed.
    Deadline(RegionId),
}

pub(super) struct Clock {
    now: u64,
    cycle: u64,
    agenda: BTreeMap<u64, Timer>,
}

impl Clock {
    pub(super) fn new(slots: u32) -> Self {
        Clock {
            now: 0,
            cycle: u64::from(slots) * SLOT,
            agenda: BTreeMap::new(),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// The n-th instant of a slot that is later than now; now for no turns.
    pub(super) fn instant(&self, when: When) -> u64 {
        if when.turns == 0 {
            return self.now;
        }
        let first = u64::from(when.at) * SLOT;
        let passed = if self.now < first {
            0
        } else {
            (self.now - first) / self.cycle + 1
        };
        first + (passed + u64::from(when.turns) - 1) * self.cycle
    }

    /// How long a grace period is.
    pub(super) fn length(&self, grace: Grace) -> u64 {
        u64::from(grace.cycles) * self.cycle + (1 << grace.bit)
    }

    pub(super) fn set(&mut self, instant: u64, timer: Timer) {
        assert!(instant > self.now, "a timer that has passed");
        let other = self.agenda.insert(instant, timer);
        assert!(other.is_none(), "two timers at one instant");
    }

    pub(super) fn clear(&mut self, instant: u64) {
        self.agenda.remove(&instant);
    }

    /// Goes on to the earliest timer.
    pub(super) fn advance(&mut self) -> Option<Timer> {
        let (instant, timer) = self.agenda.pop_first()?;
        self.now = instant;
        Some(timer)
    }
}
