//! Whom a node lists.
//!
//! Most nodes have one kid at a time, a region: a scope in a task, or in another scope. That one is kept apart and
//! needs no list.
//!
//! # Always true
//!
//! 1. A key is good until its kid is taken out. That of a leaf fits into a seat, since only regions are kept apart.
//! 2. A list that was long does not keep its room once it is empty (TG13).

use std::mem;
use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

use super::{Leaf, Node, Seated, SnapshotKid};

/// The key of the region that is kept apart.
const APART: usize = usize::MAX;
/// How many kids an empty list has room for at most.
const ROOM: usize = 64;

/// The kids of a node.
#[derive(Default)]
pub(super) struct Kids {
    apart: Option<Arc<Node>>,
    listed: Option<Box<Slab<Kid>>>,
}

pub(super) enum Kid {
    Leaf(Leaf),
    Region(Arc<Node>),
    /// A blocking call that has no node.
    Call(Arc<dyn Seated>),
}

impl Kids {
    pub(super) fn add_region(&mut self, node: Arc<Node>) -> usize {
        if self.apart.is_none() {
            self.apart = Some(node);
            return APART;
        }
        self.list(Kid::Region(node))
    }

    /// The key that the next region gets.
    pub(super) fn next_key(&self) -> usize {
        if self.apart.is_none() {
            return APART;
        }
        let listed = self.listed.as_ref();
        listed.map_or(0, |listed| listed.vacant_key())
    }

    #[inline]
    pub(super) fn add_leaf(&mut self, leaf: Leaf) -> usize {
        self.list(Kid::Leaf(leaf))
    }

    #[inline]
    pub(super) fn add_call(&mut self, call: Arc<dyn Seated>) -> usize {
        self.list(Kid::Call(call))
    }

    #[inline]
    fn list(&mut self, kid: Kid) -> usize {
        self.listed.get_or_insert_default().insert(kid)
    }

    pub(super) fn leaf_mut(&mut self, key: usize) -> Option<&mut Leaf> {
        match self.listed.as_mut()?.get_mut(key)? {
            Kid::Leaf(leaf) => Some(leaf),
            Kid::Region(_) | Kid::Call(_) => None,
        }
    }

    /// Puts a node in the place of a call, under the same key.
    pub(super) fn solidify_call(&mut self, key: usize, node: &Arc<Node>) -> Option<Kid> {
        let kid = self.listed.as_mut()?.get_mut(key)?;
        Some(mem::replace(kid, Kid::Region(node.clone())))
    }

    /// The calls that have no node.
    pub(super) fn calls(&self) -> Vec<Arc<dyn Seated>> {
        let listed = self.listed.iter().flat_map(|listed| listed.iter());
        let calls = listed.filter_map(|(_, kid)| match kid {
            Kid::Call(call) => Some(call.clone()),
            Kid::Leaf(_) | Kid::Region(_) => None,
        });
        calls.collect()
    }

    /// Puts a node in the place of a leaf, under the same key.
    pub(super) fn solidify(&mut self, key: usize, node: &Arc<Node>) -> Option<Leaf> {
        self.leaf_mut(key)?;
        let kid = self.listed.as_mut()?.get_mut(key)?;
        match mem::replace(kid, Kid::Region(node.clone())) {
            Kid::Leaf(leaf) => Some(leaf),
            Kid::Region(_) | Kid::Call(_) => None,
        }
    }

    /// Takes a kid out, for the caller to drop once the lock is released.
    pub(super) fn remove(&mut self, key: usize) -> Option<Kid> {
        if key == APART {
            return self.apart.take().map(Kid::Region);
        }
        let kid = self.listed.as_mut()?.try_remove(key);
        self.shrink();
        kid
    }

    fn shrink(&mut self) {
        self.listed
            .take_if(|listed| listed.is_empty() && listed.capacity() > ROOM);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.apart.is_none() && self.listed.as_ref().is_none_or(|listed| listed.is_empty())
    }

    /// Takes all leaves out, and of each its waker.
    pub(super) fn take_leaves(&mut self, wakers: &mut Vec<Waker>) {
        let Some(listed) = &mut self.listed else {
            return;
        };
        listed.retain(|_, kid| match kid {
            Kid::Leaf(leaf) => {
                wakers.push(mem::replace(&mut leaf.waker, Waker::noop().clone()));
                false
            }
            Kid::Region(_) | Kid::Call(_) => true,
        });
        self.shrink();
    }

    pub(super) fn regions(&self) -> impl Iterator<Item = &Arc<Node>> {
        let listed = self.listed.iter().flat_map(|listed| listed.iter());
        let regions = listed.filter_map(|(_, kid)| match kid {
            Kid::Region(node) => Some(node),
            Kid::Leaf(_) | Kid::Call(_) => None,
        });
        self.apart.iter().chain(regions)
    }

    /// What the task tree is told of them. `cancelled` says whether the node is that lists them.
    pub(super) fn snapshot(&self, cancelled: bool) -> Vec<SnapshotKid> {
        let apart = self.apart.iter().cloned().map(SnapshotKid::Region);
        let listed = self.listed.iter().flat_map(|listed| listed.iter());
        let listed = listed.filter_map(|(_, kid)| match kid {
            Kid::Region(node) => Some(SnapshotKid::Region(node.clone())),
            Kid::Leaf(leaf) => Some(SnapshotKid::Leaf {
                kind: leaf.kind,
                place: leaf.place,
                since: leaf.since,
                cancelled: false,
            }),
            Kid::Call(call) => call.seat().snapshot(cancelled),
        });
        apart.chain(listed).collect()
    }
}
