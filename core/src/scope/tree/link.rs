//! Who is told when the outside of a shield is cancelled.

use std::mem;
use std::sync::Arc;
use std::task::Waker;

use super::{LEFT, Node};

/// One that is told: a `restore` is cancelled, a waiter is woken.
pub(crate) enum Link {
    Restore(Arc<Node>),
    Waker(Waker),
}

impl Link {
    /// The waker of one that waits.
    pub(super) fn into_waker(self) -> Option<Waker> {
        match self {
            Link::Waker(waker) => Some(waker),
            Link::Restore(_) => None,
        }
    }
}

impl Node {
    /// Ties a `restore` to this shield. Says `false` if the outside is already cancelled.
    pub(crate) fn link(&self, restore: &Arc<Node>) -> Option<usize> {
        let mut inner = self.inner.lock();
        if self.outside_cancelled() {
            return None;
        }
        Some(inner.rare().links.insert(Link::Restore(restore.clone())))
    }

    /// Registers who waits for the outside's cancel. `None` if it has come, or if the shield has ended.
    pub(crate) fn link_waker(&self, key: Option<usize>, waker: Waker) -> Option<usize> {
        let mut inner = self.inner.lock();
        if self.outside_cancelled() || self.has(LEFT) {
            drop(inner);
            drop(waker);
            return None;
        }
        let links = &mut inner.rare().links;
        match key.filter(|key| links.contains(*key)) {
            Some(key) => {
                let old = mem::replace(&mut links[key], Link::Waker(waker));
                drop(inner);
                drop(old);
                Some(key)
            }
            None => Some(links.insert(Link::Waker(waker))),
        }
    }

    pub(crate) fn unlink(&self, key: usize) {
        let link = {
            let mut inner = self.inner.lock();
            if self.outside_cancelled() {
                return;
            }
            inner
                .rare
                .as_mut()
                .and_then(|rare| rare.links.try_remove(key))
        };
        drop(link);
    }
}
