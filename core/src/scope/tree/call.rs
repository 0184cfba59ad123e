//! Blocking calls: regions that hold the one around, and are listed there as what they are until something inside needs a
//! node.
//!
//! # Always true
//!
//! 1. A seat changes only under the lock of the node around it.
//! 2. A call that is listed has not left, and holds the node that lists it, unless that one had left before. A cancel of that
//!    one takes no call off the list: there is nobody to be woken, for it comes back when its thread has ended.
//! 3. A region that leaves makes nodes of the calls that it lists, to hand them on.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::kids::Kid;
use super::{ATTACHED, Inner, Kind, LEFT, Node, SnapshotKid};
use crate::loom::{AtomicUsize, Ordering::Relaxed};
use crate::task::Place;

/// The key of a call that has left. No list takes it for a key: it is looked at before.
const GONE: usize = usize::MAX;

/// A blocking call's place in the tree.
pub(crate) struct CallSeat {
    node: OnceLock<Arc<Node>>,
    /// Where it is listed until it has a node.
    listed: Option<Listing>,
}

struct Listing {
    around: Arc<Node>,
    /// In the list of the node around; GONE once it is off it.
    key: AtomicUsize,
    place: Place,
    since: Instant,
}

/// What has a seat, and is listed.
pub(crate) trait Seated: Send + Sync {
    fn seat(&self) -> &CallSeat;
}

impl CallSeat {
    /// A seat that has a node from the start.
    pub(crate) fn solid(node: Arc<Node>) -> Self {
        Self {
            node: OnceLock::from(node),
            listed: None,
        }
    }

    /// A seat inside of this region, to be [taken](Self::take) before anybody asks for it.
    pub(crate) fn inside(around: Arc<Node>, place: Place) -> Self {
        let listed = Listing {
            around,
            key: AtomicUsize::new(GONE),
            place,
            since: Instant::now(),
        };
        Self {
            node: OnceLock::new(),
            listed: Some(listed),
        }
    }

    /// Lists the call. From now on it holds the region around.
    pub(crate) fn take<S: Seated + 'static>(call: &Arc<S>) {
        let Some(listing) = &call.seat().listed else {
            return;
        };
        let around = &listing.around;
        let mut inner = around.inner.lock();
        let key = inner.kids.add_call(call.clone());
        listing.key.store(key, Relaxed);
        let next = around.count_hold(&mut inner);
        drop(inner);
        if let Some(next) = next {
            next.hold();
        }
    }

    /// Takes the call off the list.
    pub(crate) fn leave(&self) {
        if let Some(listing) = &self.listed {
            let inner = listing.around.inner.lock();
            if self.node.get().is_none() {
                let key = listing.key.swap(GONE, Relaxed);
                if key != GONE {
                    listing.around.lose_kid_locked(inner, key, true);
                }
                return;
            }
            drop(inner);
        }
        if let Some(node) = self.node.get() {
            node.detach();
        }
    }

    /// Whether the region of the call is effectively cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        match (self.node.get(), &self.listed) {
            (Some(node), _) => node.is_cancelled(),
            (None, Some(listing)) => listing.around.is_cancelled(),
            (None, None) => false,
        }
    }

    /// The call's node, made if it has none yet.
    pub(crate) fn node(&self) -> &Arc<Node> {
        if let (None, Some(listing)) = (self.node.get(), &self.listed) {
            let mut above = listing.around.inner.lock();
            let call = self.solidify(listing, &mut above);
            drop(above);
            drop(call);
        }
        let Some(node) = self.node.get() else {
            unreachable!("it is listed, or has a node from the start")
        };
        node
    }

    /// What the task tree is told of a call that has no node. `cancelled` says whether the region around is.
    pub(super) fn snapshot(&self, cancelled: bool) -> Option<SnapshotKid> {
        let listing = self.listed.as_ref()?;
        Some(SnapshotKid::Leaf {
            kind: Kind::Blocking.name(),
            place: listing.place,
            since: Some(listing.since),
            cancelled,
        })
    }

    /// Makes a node of a call that has none; `above` is of the region around.
    fn solidify(&self, listing: &Listing, above: &mut Inner) -> Option<Kid> {
        if self.node.get().is_some() {
            return None;
        }
        let mut node = Node::new(Kind::Blocking, listing.place);
        let inner = node.inner.get_mut();
        inner.since = Some(listing.since);
        let key = listing.key.load(Relaxed);
        if key == GONE {
            // Its thread has ended, and asks for nothing; a node that is in no tree says so to whoever else does.
            node.raise(ATTACHED + LEFT);
            self.node.get_or_init(|| Arc::new(node));
            return None;
        }
        inner.key = key;
        inner.parent = Some(listing.around.clone());
        inner.cause = listing.around.cause(above);
        let cancelled = inner.cause.is_some();
        node.take_place(cancelled);
        let node = self.node.get_or_init(|| Arc::new(node));
        above.kids.solidify_call(key, node)
    }
}

impl Inner {
    /// Makes nodes of the calls that a node lists which leaves. They come back to be dropped with no lock held.
    pub(super) fn solidify_calls(&mut self) -> Vec<Arc<dyn Seated>> {
        let calls = self.kids.calls();
        for call in &calls {
            let seat = call.seat();
            if let Some(listing) = &seat.listed {
                drop(seat.solidify(listing, self));
            }
        }
        calls
    }
}
