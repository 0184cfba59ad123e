//! How many children of a group run at once (TG11).
//!
//! Children beyond the limit wait in order and are not polled. A place is given back when its child
//! has ended.

use std::collections::VecDeque;
use std::mem;

/// The places of a group, and who waits for one.
pub(crate) struct Limit<T> {
    places: Option<usize>,
    taken: usize,
    waiting: VecDeque<T>,
}

impl<T> Default for Limit<T> {
    fn default() -> Self {
        Self {
            places: None,
            taken: 0,
            waiting: VecDeque::new(),
        }
    }
}

impl<T> Limit<T> {
    pub(crate) fn is_set(&self) -> bool {
        self.places.is_some()
    }

    pub(crate) fn set(&mut self, places: usize) {
        self.places = Some(places);
    }

    fn has_place(&self) -> bool {
        self.places.is_none_or(|places| self.taken < places)
    }

    /// Takes a place for a task and gives it back to be run, or lists it.
    pub(crate) fn admit(&mut self, task: T) -> Option<T> {
        if self.waiting.is_empty() && self.has_place() {
            self.taken += 1;
            return Some(task);
        }
        self.waiting.push_back(task);
        None
    }

    pub(crate) fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// The next task that may run.
    pub(crate) fn next(&mut self) -> Option<T> {
        if !self.has_place() {
            return None;
        }
        let task = self.waiting.pop_front()?;
        self.taken += 1;
        Some(task)
    }

    /// All that wait. Each of them gives a place back when it ends, so each takes one.
    pub(crate) fn take_waiting(&mut self) -> VecDeque<T> {
        self.taken += self.waiting.len();
        mem::take(&mut self.waiting)
    }
}
