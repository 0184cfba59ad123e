//! Who waits for a task's end: nearly always nobody, or one handle.

use std::mem;
use std::task::Waker;

use slab::Slab;

/// The wakers of those that wait, by key.
#[derive(Default)]
pub(super) enum Waiters {
    #[default]
    Nobody,
    /// Its key is zero, as in a slab that it moves to when a second one comes.
    One(Waker),
    Many(Box<Slab<Waker>>),
}

impl Waiters {
    pub(super) fn insert(&mut self, waker: Waker) -> usize {
        match mem::take(self) {
            Waiters::Nobody => {
                *self = Waiters::One(waker);
                0
            }
            Waiters::One(first) => {
                let mut all = Box::new(Slab::with_capacity(2));
                all.insert(first);
                let key = all.insert(waker);
                *self = Waiters::Many(all);
                key
            }
            Waiters::Many(mut all) => {
                let key = all.insert(waker);
                *self = Waiters::Many(all);
                key
            }
        }
    }

    pub(super) fn get_mut(&mut self, key: usize) -> Option<&mut Waker> {
        match self {
            Waiters::Nobody => None,
            Waiters::One(waker) => (key == 0).then_some(waker),
            Waiters::Many(all) => all.get_mut(key),
        }
    }

    pub(super) fn remove(&mut self, key: usize) -> Option<Waker> {
        match mem::take(self) {
            Waiters::One(waker) if key == 0 => Some(waker),
            Waiters::Many(mut all) => {
                let waker = all.try_remove(key);
                *self = Waiters::Many(all);
                waker
            }
            others => {
                *self = others;
                None
            }
        }
    }

    /// Wakes all of them, with no lock held.
    pub(super) fn wake(self) {
        match self {
            Waiters::Nobody => {}
            Waiters::One(waker) => crate::outcome::wake([waker]),
            Waiters::Many(all) => crate::outcome::wake(all.into_iter().map(|(_, waker)| waker)),
        }
    }
}

#[cfg(all(test, not(anyrt_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_the_same_when_others_come_and_go() {
        let mut waiters = Waiters::default();
        let keys: Vec<_> = (0..3)
            .map(|_| waiters.insert(Waker::noop().clone()))
            .collect();
        assert_eq!(keys, [0, 1, 2]);
        assert!(waiters.remove(1).is_some());
        assert!(waiters.remove(1).is_none());
        assert!(waiters.get_mut(0).is_some());
        assert_eq!(waiters.insert(Waker::noop().clone()), 1);
    }

    #[test]
    fn the_only_one_leaves_nothing_behind() {
        let mut waiters = Waiters::default();
        let key = waiters.insert(Waker::noop().clone());
        assert!(waiters.remove(key + 1).is_none());
        assert!(waiters.remove(key).is_some());
        assert!(matches!(waiters, Waiters::Nobody));
        assert!(waiters.remove(key).is_none());
    }
}
