//! What a node shows of itself to the task tree.

use std::sync::{Arc, Weak};
use std::time::Instant;

use super::{Node, OUT, OWN};
use crate::group::Group;
use crate::loom::Ordering;
use crate::scope::reason::Reason;
use crate::task::{Place, TaskInfo};
use crate::task_tree::Awaited;

impl Node {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let inner = self.inner.lock();
        let mut snapshot = Snapshot {
            kind: self.kind.name(),
            place: Some(self.place),
            flags: self.flags.load(Ordering::Acquire),
            holds: inner.holds,
            deadline: inner.deadline,
            since: inner.since,
            awaited: inner.awaited.clone(),
            group: inner.group.as_ref().and_then(Weak::upgrade),
            kids: inner.kids.snapshot(self.is_cancelled()),
            ..Snapshot::default()
        };
        if let Some(rare) = &inner.rare {
            snapshot.name = rare.name.clone();
            snapshot.task = rare.task.clone();
            snapshot.reason = rare.reason.clone();
        }
        snapshot
    }
}

/// What a node shows of itself at one moment.
#[derive(Default)]
pub(crate) struct Snapshot {
    pub(crate) kind: &'static str,
    pub(crate) place: Option<Place>,
    flags: u8,
    pub(crate) holds: i32,
    pub(crate) deadline: Option<Instant>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) task: Option<TaskInfo>,
    pub(crate) reason: Option<Reason>,
    pub(crate) since: Option<Instant>,
    pub(crate) awaited: Option<Arc<dyn Awaited>>,
    pub(crate) group: Option<Arc<Group>>,
    pub(crate) kids: Vec<SnapshotKid>,
}

impl Snapshot {
    /// What a leaf shows.
    pub(crate) fn leaf(
        kind: &'static str,
        place: Place,
        since: Option<Instant>,
        cancelled: bool,
    ) -> Self {
        Self {
            kind,
            place: Some(place),
            since,
            flags: if cancelled { OUT } else { 0 },
            ..Self::default()
        }
    }

    pub(crate) fn cancel_called(&self) -> bool {
        self.flags & OWN != 0
    }

    pub(crate) fn outside_cancelled(&self) -> bool {
        self.flags & OUT != 0
    }
}

pub(crate) enum SnapshotKid {
    Region(Arc<Node>),
    Leaf {
        kind: &'static str,
        place: Place,
        since: Option<Instant>,
        /// Whether the region around is cancelled, for what stays listed there.
        cancelled: bool,
    },
}
