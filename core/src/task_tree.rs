//! The task tree: every region that waits, with its name, place, state and age, and what it waits for (RT5).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::reason::Reason;
use crate::scope::tree::{Node, Snapshot, SnapshotKid, outward};
use crate::task::Place;
use crate::thread::borrower::Borrower;

/// The task tree of the current runtime, if there is one. See
/// [`Runtime::task_tree`](crate::Runtime::task_tree).
///
/// ```
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// use anyrt::{checkpoint, sleep_forever, task_group, task_tree};
///
/// task_group(async |g| {
///     g.task().name("sleeper").spawn(sleep_forever());
///     checkpoint().await;
///     checkpoint().await;
///     let tree = task_tree().expect("we are inside a runtime").to_string();
///     assert!(tree.contains("sleeper"), "{tree}");
///     g.cancel();
/// })
/// .await
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn task_tree() -> Option<TaskTree> {
    Rt::find().ok().map(|rt| TaskTree::of(&rt))
}

/// Every region that waits, at one moment.
///
/// A region that has not waited yet is not listed: it is being polled, or ready to be. `Display`
/// prints the whole, one line a region, indented by depth.
#[derive(Clone, Debug)]
pub struct TaskTree {
    regions: Vec<RegionInfo>,
}

/// What an operation waits for, as long as the tree may be asked.
pub(crate) trait Awaited: Send + Sync {
    /// What the tree shows of it at this moment. Called with no lock of the tree held.
    fn shown(&self) -> WaitsFor;
}

/// What a region of the [`TaskTree`] waits for: a primitive, or an end of a stream.
///
/// It is what the operation waits for that the region's last poll found pending; where that were several, the last of
/// them, or none where two wait for the same and one of them ends. A region that waits for something that is not anyrt's, for time or for what is inside of it, has none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitsFor {
    /// What it is: `"lock"`, `"event"`, `"item of a stream"` ..
    pub kind: &'static str,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// Where it was made. None for the limiter that each runtime has.
    pub place: Option<Place>,
    /// Who has it at this moment: the holder of a lock, the borrowers of a limiter. Nobody where it was handed on to one
    /// who has not been polled since, and where nobody keeps who has it, as for a semaphore.
    pub holders: Vec<Borrower>,
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " of {place}")?;
        }
        // A limiter may have many.
        let shown = self.holders.iter().take(3);
        for (index, holder) in shown.enumerate() {
            let before = if index == 0 { ", held by" } else { "," };
            write!(f, "{before} {holder}")?;
        }
        match self.holders.len().saturating_sub(3) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A region of the [`TaskTree`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegionInfo {
    /// How many regions are around it.
    pub depth: usize,
    /// What it is: `"task"`, `"scope"`, `"shield"`, `"group"`, `"finally"` ..
    pub kind: &'static str,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// Where it was made.
    pub place: Option<Place>,
    /// Whether this very region was cancelled.
    pub cancel_called: bool,
    /// Whether the region around it is effectively cancelled.
    pub outside_cancelled: bool,
    /// Why this very region was cancelled.
    pub reason: Option<Reason>,
    /// How many parts inside must end before it can.
    pub held_by: u32,
    /// For a group, how many of its tasks are alive.
    pub alive: Option<u64>,
    /// How long ago it first waited.
    pub age: Option<Duration>,
    /// What it waits for, if that is one of anyrt's primitives or streams.
    pub waits_for: Option<WaitsFor>,
    /// How long it has until its deadline, zero if that has passed.
    pub deadline_in: Option<Duration>,
}

impl TaskTree {
    pub(crate) fn of(rt: &Arc<Rt>) -> Self {
        let mut tops: Vec<Arc<Node>> = rt.roots().iter().map(|root| root.node.clone()).collect();
        // Without a root, as in a foreign runtime: what is around the code that asks.
        let here = current::node().and_then(|node| outward(&node).last());
        if let Some(here) = here.filter(|here| !tops.iter().any(|top| Arc::ptr_eq(top, here))) {
            tops.push(here);
        }
        let now = (Instant::now(), rt.now());
        let mut regions = Vec::new();
        let mut to_do: Vec<(SnapshotKid, usize)> = tops
            .into_iter()
            .map(|top| (SnapshotKid::Region(top), 0))
            .collect();
        while let Some((kid, depth)) = to_do.pop() {
            match kid {
                SnapshotKid::Leaf {
                    kind,
                    place,
                    since,
                    cancelled,
                } => {
                    let snapshot = Snapshot::leaf(kind, place, since, cancelled);
                    regions.push(RegionInfo::of(depth, snapshot, now));
                }
                SnapshotKid::Region(node) => {
                    let mut snapshot = node.snapshot();
                    let kids = std::mem::take(&mut snapshot.kids);
                    regions.push(RegionInfo::of(depth, snapshot, now));
                    to_do.extend(kids.into_iter().rev().map(|kid| (kid, depth + 1)));
                }
            }
        }
        Self { regions }
    }

    /// The regions, each before those inside it.
    pub fn regions(&self) -> &[RegionInfo] {
        &self.regions
    }
}

impl RegionInfo {
    fn of(depth: usize, snapshot: Snapshot, (now, clock): (Instant, Instant)) -> Self {
        let task_name = snapshot.task.as_ref().map(|task| task.name());
        Self {
            depth,
            kind: snapshot.kind,
            place: snapshot.place,
            cancel_called: snapshot.cancel_called(),
            outside_cancelled: snapshot.outside_cancelled(),
            held_by: u32::try_from(snapshot.holds).unwrap_or(0),
            alive: snapshot.group.as_ref().map(|group| group.ledger.alive()),
            age: snapshot.since.map(|since| now - since),
            waits_for: snapshot.awaited.map(|awaited| awaited.shown()),
            deadline_in: snapshot
                .deadline
                .map(|deadline| deadline.saturating_duration_since(clock)),
            name: snapshot.name.map(|name| name.to_string()).or(task_name),
            reason: snapshot.reason,
        }
    }
}

impl fmt::Display for RegionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A tree can be deeper than a line is long.
        let indent = (self.depth * 2).min(100);
        write!(f, "{:indent$}{}", "", self.kind)?;
        if self.depth * 2 > indent {
            write!(f, " (depth {})", self.depth)?;
        }
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " at {place}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ", cancelled: {reason}")?,
            None if self.outside_cancelled => f.write_str(", cancelled from outside")?,
            None => {}
        }
        if self.held_by > 0 {
            write!(f, ", held by {}", self.held_by)?;
        }
        if let Some(alive) = self.alive {
            write!(f, ", {alive} alive")?;
        }
        if let Some(deadline) = self.deadline_in {
            write!(f, ", {deadline:.1?} left")?;
        }
        if let Some(age) = self.age {
            write!(f, ", waiting for {age:.1?}")?;
        }
        match &self.waits_for {
            Some(waits_for) => write!(f, ", now for {waits_for}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for TaskTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for region in &self.regions {
            writeln!(f, "{region}")?;
        }
        Ok(())
    }
}
