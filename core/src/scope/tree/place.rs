//! A node's place in the tree: taking it, leaving it, and being moved to another one.
//!
//! A node that leaves hands what it still lists outward, so that nothing that outlives its place is lost
//! from sight.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use slab::Slab;

use super::kids::Kids;
use super::link::Link;
use super::{ATTACHED, Inner, LEFT, LOOSE, Node, OUT, Seated, Sweep};
use crate::loom::MutexGuard;
use crate::outcome::wake;

impl Inner {
    /// What is still listed, if anything is.
    fn take_listed(&mut self) -> Option<Outlived> {
        let links = self.rare.as_mut().map(|rare| &mut rare.links);
        if self.kids.is_empty() && links.as_ref().is_none_or(|links| links.is_empty()) {
            return None;
        }
        let links = links.map(mem::take).unwrap_or_default();
        let _calls = self.solidify_calls();
        Some(Outlived {
            kids: mem::take(&mut self.kids),
            links,
            _calls,
        })
    }
}

/// What outlived the place of a node that lists it.
struct Outlived {
    kids: Kids,
    links: Slab<Link>,
    /// Those that have a node from now on, to be dropped with no lock held.
    _calls: Vec<Arc<dyn Seated>>,
}

impl Node {
    /// As [`attach`](Self::attach), for a node that nobody knows yet: it needs no lock but its parent's.
    pub(crate) fn placed(mut self, parent: Option<Arc<Node>>) -> Arc<Node> {
        let inner = self.inner.get_mut();
        inner.since = Some(Instant::now());
        let Some(parent) = parent else {
            self.take_place(false);
            return Arc::new(self);
        };
        let mut above = parent.inner.lock();
        inner.key = above.kids.next_key();
        inner.cause = parent.cause(&above);
        inner.parent = Some(parent.clone());
        let cancelled = inner.cause.is_some();
        self.take_place(cancelled);
        let node = Arc::new(self);
        above.kids.add_region(node.clone());
        let holds = node.kind.holds();
        let next = holds.then(|| parent.count_hold(&mut above)).flatten();
        drop(above);
        if let Some(next) = next {
            next.hold();
        }
        node
    }

    /// Gives the node its place below `parent`, or makes it a root of its own.
    pub(crate) fn attach(self: &Arc<Self>, parent: Option<Arc<Node>>) {
        let Some(parent) = parent else {
            self.inner.lock().since = Some(Instant::now());
            self.raise(ATTACHED);
            return;
        };
        let next = {
            let mut above = parent.inner.lock();
            let mut inner = self.inner.lock();
            self.attach_locked(&parent, &mut above, &mut inner);
            let holds = self.kind.holds();
            holds.then(|| parent.count_hold(&mut above)).flatten()
        };
        if let Some(next) = next {
            next.hold();
        }
    }

    fn attach_locked(
        self: &Arc<Self>,
        parent: &Arc<Node>,
        above: &mut MutexGuard<'_, Inner>,
        inner: &mut MutexGuard<'_, Inner>,
    ) {
        inner.key = above.kids.add_region(self.clone());
        inner.parent = Some(parent.clone());
        if !self.kind.is_task() {
            inner.since = Some(Instant::now());
        }
        inner.cause = parent.cause(above);
        self.take_place(inner.cause.is_some());
    }

    /// Takes the node out of the tree. What it still lists outlived it (a future that was polled on
    /// elsewhere, or forgotten): nodes go to the region around, and those that wait as a leaf or for
    /// the outside of a shield are woken, to look where they are now.
    pub(crate) fn detach(&self) {
        let (around, key, holding, waker, listed) = {
            let mut inner = self.inner.lock();
            self.raise(LEFT);
            let listed = inner.take_listed();
            let holding = self.holds_parent(&inner);
            let around = (inner.parent.take(), inner.cause.take());
            let waker = self.take_waker(&mut inner);
            (around, inner.key, holding, waker, listed)
        };
        drop(waker);
        let (parent, _cause) = around;
        // The kids first: the region around is held without a gap.
        if let Some(outlived) = listed {
            self.hand_out(parent.as_ref(), outlived);
        }
        if let Some(parent) = parent {
            parent.lose_kid(key, holding);
        }
    }

    /// Hands outward what a node still lists that leaves.
    #[cold]
    fn hand_out(&self, parent: Option<&Arc<Node>>, outlived: Outlived) {
        let Outlived {
            mut kids, links, ..
        } = outlived;
        let same_task = !self.kind.is_task() && !self.has(LOOSE);
        for kid in kids.regions() {
            kid.hand_to(parent, same_task);
        }
        let mut left = Vec::new();
        kids.take_leaves(&mut left);
        left.extend(links.into_iter().filter_map(|(_, link)| link.into_waker()));
        wake(left);
    }

    /// Takes a kid that has left off the list, and counts its hold out.
    fn lose_kid(&self, key: usize, holding: bool) {
        self.lose_kid_locked(self.inner.lock(), key, holding);
    }

    /// As [`lose_kid`](Self::lose_kid), under the lock that is given.
    pub(super) fn lose_kid_locked(
        &self,
        mut inner: MutexGuard<'_, Inner>,
        key: usize,
        holding: bool,
    ) {
        let kid = inner.kids.remove(key);
        let (waker, next) = match holding {
            true => self.count_hold_out(&mut inner),
            false => (None, None),
        };
        drop(inner);
        drop(kid);
        wake(waker);
        if let Some(next) = next {
            next.unhold();
        }
    }

    /// Moves a region that outlived its parent outward. In the same task it goes on to hold; in
    /// another one, or in none, it holds nobody any more.
    fn hand_to(self: &Arc<Self>, parent: Option<&Arc<Node>>, same_task: bool) {
        let Some(parent) = parent else {
            self.cut_off();
            return;
        };
        let (cause, holding) = {
            let mut above = parent.inner.lock();
            if parent.has(LEFT) {
                // It left meanwhile, on another thread.
                drop(above);
                self.cut_off();
                return;
            }
            let mut inner = self.inner.lock();
            if self.has(LEFT) {
                return;
            }
            if !same_task {
                self.raise(LOOSE);
            }
            inner.key = above.kids.add_region(self.clone());
            inner.parent = Some(parent.clone());
            let cause = parent.cause(&above);
            if self.has(OUT) && cause.is_some() {
                // The one that made it so has left: from here on it is the one that will absorb.
                inner.cause.clone_from(&cause);
            }
            (cause, self.holds_parent(&inner))
        };
        if holding {
            parent.hold();
        }
        if let Some(cause) = cause {
            Sweep::below(self, cause).run();
        }
    }

    /// Makes a region that outlived all that was around it a root of its own.
    fn cut_off(&self) {
        let parent = {
            let mut inner = self.inner.lock();
            self.raise(LOOSE);
            inner.parent.take()
        };
        drop(parent);
    }

    /// Moves a started child from the region of `start` to its group, unless `from` was cancelled
    /// first (invariant 6). The sweep that comes back is run with no lock held.
    pub(crate) fn move_to(self: &Arc<Self>, from: &Arc<Node>, to: &Arc<Node>) -> Option<Sweep> {
        let kid = {
            let mut above = from.inner.lock();
            let mut inner = self.inner.lock();
            if from.is_cancelled() || self.has(LEFT) {
                return None;
            }
            inner.parent = None;
            above.kids.remove(inner.key)
        };
        drop(kid);
        let mut above = to.inner.lock();
        let mut inner = self.inner.lock();
        if !self.has(LEFT) {
            inner.key = above.kids.add_region(self.clone());
            inner.parent = Some(to.clone());
        }
        Some(match to.cause(&above) {
            Some(cause) => Sweep::below(self, cause),
            None => Sweep::default(),
        })
    }
}
