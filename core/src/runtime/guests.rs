//! Futures that blocking calls wait for on their threads. The root knows them, so that none outlives its runtime.
//!
//! A blocking call is no task: `run` waits for who awaits it. The call may have lost that one, left behind, carried
//! out of `run`, or made by a foreign task, and then the end of `run` is all that can end what it waits for.
//!
//! | the call                          | the end of `run`                                                |
//! |-----------------------------------|-----------------------------------------------------------------|
//! | is in a task below the root       | waits for the task, or cancels it as a daemon: no matter of this |
//! | has nobody whom the root waits for | cancels what it waits for, waits, and admits nothing more       |
//!
//! # Always true
//!
//! 1. A root closes only while it has no guests, under their lock, and none is admitted afterwards.
//! 2. Once nobody but daemons is left below the root, a guest that no task is around is cancelled: those that are
//!    here by [`stop_guests`](Rt::stop_guests), and no other one is admitted.
//!
//! # Lock order
//!
//! The guests' lock before any node's.

use std::sync::Arc;

use slab::Slab;

use super::Rt;
use crate::error::RuntimeEnded;
use crate::group::Group;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Node, outward};

#[derive(Default)]
pub(super) struct Guests {
    here: Slab<Entry>,
    /// Nobody but daemons is left below the root.
    ending: bool,
}

struct Entry {
    /// The region of the future.
    node: Arc<Node>,
    /// The region of the call, unless it is left behind.
    call: Option<Arc<Node>>,
    root: Arc<Group>,
}

impl Entry {
    /// Whether somebody whom the root waits for has the call.
    fn is_waited_for(&self) -> bool {
        let Some(call) = &self.call else { return false };
        let mut in_task = false;
        for node in outward(call) {
            in_task |= node.kind().is_task() && !node.has_left();
            if Arc::ptr_eq(&node, &self.root.node) {
                return in_task;
            }
        }
        false
    }
}

/// What a root knows, until it is dropped.
pub(crate) struct Guest {
    root: Arc<Group>,
    key: usize,
}

impl Guest {
    /// The region of the root.
    pub(crate) fn root(&self) -> &Arc<Node> {
        &self.root.node
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let gone = self.root.rt.guests.lock().here.remove(self.key);
        drop(gone);
        if self.root.ledger.is_draining() {
            self.root.node.wake();
        }
    }
}

impl Rt {
    /// Makes a future known to the root, by its region, which takes its place in the tree afterwards. `call` is that
    /// of its call, unless this is left behind. None where the runtime belongs to somebody else and ends when that
    /// one likes.
    pub(crate) fn admit_guest(
        &self,
        node: &Arc<Node>,
        call: Option<&Arc<Node>>,
    ) -> Result<Option<Guest>, RuntimeEnded> {
        let Some(root) = self.adopters().into_iter().next() else {
            return if self.owned {
                Err(RuntimeEnded)
            } else {
                Ok(None)
            };
        };
        let entry = Entry {
            node: node.clone(),
            call: call.cloned(),
            root: root.clone(),
        };
        let mut guests = self.guests.lock();
        if root.ledger.is_closed() || (guests.ending && !entry.is_waited_for()) {
            drop(guests);
            return Err(RuntimeEnded);
        }
        let key = guests.here.insert(entry);
        Ok(Some(Guest { root, key }))
    }

    /// Cancels the guests that nobody waits for, now that nobody but daemons is left below the root (invariant 2). A
    /// root that was attached has none: it may end long before the runtime does.
    pub(crate) fn stop_guests(&self, root: &Arc<Group>) {
        if !self.adopters().iter().any(|owner| Arc::ptr_eq(owner, root)) {
            return;
        }
        let stopped: Vec<_> = {
            let mut guests = self.guests.lock();
            guests.ending = true;
            let left = guests.here.iter().map(|(_, entry)| entry);
            let left = left.filter(|entry| !entry.is_waited_for());
            left.map(|entry| entry.node.clone()).collect()
        };
        for node in stopped {
            tree::cancel(&node, Reason::here(Cause::Shutdown));
        }
    }

    /// Closes a root, if nobody is alive below it and it has no guests.
    pub(crate) fn close_root(&self, root: &Group) -> bool {
        let guests = self.guests.lock();
        let mut here = guests.here.iter();
        !here.any(|(_, entry)| Arc::ptr_eq(&entry.root.node, &root.node)) && root.ledger.try_close()
    }
}
