//! How many children of a group run at once (TG11).
//!
//! Children beyond the limit wait in order and are not polled. A place is given back when its child
//! has ended.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use crate::task::Member;

/// The places of a group, and who waits for one.
pub(crate) struct Limit<T> {
    places: Option<usize>,
    taken: usize,
    /// Somebody is giving places to those that wait.
    filling: bool,
    waiting: VecDeque<Waiting<T>>,
}

/// A child that waits for its place.
pub(crate) struct Waiting<T> {
    member: Arc<dyn Member>,
    task: T,
}

impl<T> Waiting<T> {
    /// Whether the child was cancelled, alone or from around: the cancel may still be on its way to the
    /// child's own node, and the host does not look again when it arrives there.
    pub(crate) fn is_cancelled(&self) -> bool {
        let core = self.member.core();
        core.is_cancelled() || core.is_cancelled_around()
    }

    /// The task to be run, or to be dropped unpolled.
    pub(crate) fn into_task(self) -> T {
        self.task
    }
}

impl<T> Default for Limit<T> {
    fn default() -> Self {
        Self {
            places: None,
            taken: 0,
            filling: false,
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
    pub(crate) fn admit(&mut self, member: Arc<dyn Member>, task: T) -> Option<T> {
        if self.waiting.is_empty() && self.has_place() {
            self.taken += 1;
            return Some(task);
        }
        self.waiting.push_back(Waiting { member, task });
        None
    }

    pub(crate) fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// Begins to give places to those that wait. Says `false` if somebody is at it.
    pub(crate) fn begin_filling(&mut self) -> bool {
        !mem::replace(&mut self.filling, true)
    }

    /// The next task that has a place. Its end gives the place back. Where there is none, the filling
    /// has ended.
    pub(crate) fn next(&mut self) -> Option<Waiting<T>> {
        let next = if self.has_place() {
            self.waiting.pop_front()
        } else {
            None
        };
        match next {
            Some(_) => self.taken += 1,
            None => self.filling = false,
        }
        self.shrink();
        next
    }

    /// Whether somebody waits who may run.
    pub(crate) fn could_start(&self) -> bool {
        !self.waiting.is_empty() && self.has_place()
    }

    /// A burst of children must not keep its peak for as long as the group lives (TG13).
    fn shrink(&mut self) {
        if self.waiting.is_empty() && self.waiting.capacity() > 64 {
            self.waiting = VecDeque::new();
        }
    }

    /// Those that were cancelled while they waited. Each of them gives a place back when it ends, so
    /// each takes one.
    pub(crate) fn take_cancelled(&mut self) -> VecDeque<Waiting<T>> {
        let all = mem::take(&mut self.waiting);
        let (cancelled, waiting): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(Waiting::is_cancelled);
        self.waiting = waiting;
        self.taken += cancelled.len();
        cancelled
    }
}
