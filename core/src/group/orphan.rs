//! What foreign code leaves behind when it drops or forgets a running group (SC13).
//!
//! The group is cancelled, and what is left of it, children and hooks, is adopted: a shielded child of
//! the nearest enclosing group, else of the root, waits for the children and then runs the hooks. So
//! structure holds one level up, and `run` returns only when no orphan is left.

use std::future::poll_fn;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;

use anyrt_backend::Task;
use futures_util::FutureExt;

use super::Group;
use super::handle::spawn_own;
use super::hooks::run_hooks;
use super::host::HooksRun;
use crate::outcome::{Exit, quietly};
use crate::report::Report;
use crate::runtime::Rt;
use crate::scope::reason::{Cause, Reason};
use crate::scope::region::Region;
use crate::scope::tree::{self, Kind, Node};
use crate::shield::shield;

/// Cancels the daemons of a group that has nobody else left (TG10).
pub(crate) fn stop_daemons(group: &Group) {
    let reason = Reason::here(Cause::Shutdown);
    tree::cancel_daemons(&group.node, &reason);
}

/// How foreign code left a group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// It dropped the host. `at_work` says whether tasks were alive then, however fast they are gone.
    Dropped {
        at_work: bool,
    },
    Forgotten,
}

/// Hands what is left of a cancelled group on. The region of the host goes with it.
pub(crate) fn adopt(
    group: &Arc<Group>,
    region: &mut Region,
    hooks: Option<HooksRun>,
    escape: Escape,
) {
    group.orphan();
    group.ledger.drain();
    group.drop_cancelled_waiting();
    let nothing_left = group.try_close() && hooks.is_none() && group.seal_hooks();
    if escape != (Escape::Dropped { at_work: false }) || !nothing_left {
        group.rt.report(Report::Escaped {
            region: group.node.kind().name(),
            place: group.place,
        });
    }
    if nothing_left {
        region.leave();
        return;
    }
    // Nobody is there any more to wait with: the region around is not held by what is left.
    group.node.loosen();
    let region = mem::replace(region, Region::new(Kind::Group, group.place));
    let from = group.node.parent();
    // The children of a local group that was forgotten are nobody's to poll or to drop.
    let waits = !(group.is_local && escape == Escape::Forgotten);
    let task = reap(group.clone(), region, hooks, waits);
    adopt_task(from.as_ref(), Some(group), &group.rt, task);
}

/// Waits for the children of an orphaned group, then runs its hooks.
async fn reap(group: Arc<Group>, mut region: Region, hooks: Option<HooksRun>, waits: bool) {
    shield(async {
        poll_fn(|cx| {
            let mut registered = false;
            loop {
                group.drop_cancelled_waiting();
                if group.ledger.stop_daemons() {
                    stop_daemons(&group);
                }
                if group.try_close() || !waits {
                    return Poll::Ready(());
                }
                if registered && !group.ledger.has_daemons_to_stop() {
                    return Poll::Pending;
                }
                group.node.listen(cx);
                registered = true;
            }
        })
        .await;
        let exit = if group.has_panicked() {
            Exit::Panicked
        } else {
            Exit::Cancelled(region.visible_reason())
        };
        // Those that were being run first: the last hook that was deferred is among them.
        if let Some(hooks) = hooks {
            hooks.await;
        }
        run_hooks(group.clone(), exit, false).await;
        region.leave();
    })
    .await;
}

/// Runs a future as a child of the nearest group around `from`, else of the runtime's root, else by
/// itself, where the host's own runtime is all there is.
pub(crate) fn adopt_task(
    from: Option<&Arc<Node>>,
    orphan: Option<&Arc<Group>>,
    rt: &Arc<Rt>,
    task: impl Future<Output = ()> + Send + 'static,
) {
    let around = from.into_iter().flat_map(tree::outward);
    let groups = around.filter_map(|node| node.group());
    let others = |group: &Arc<Group>| orphan.is_none_or(|orphan| !Arc::ptr_eq(group, orphan));
    let mut adopters = groups.chain(rt.adopters()).filter(others);
    let mut task = Some(task);
    while let (Some(next), Some(adopter)) = (task.take(), adopters.next()) {
        task = spawn_own(&adopter, next).err();
        if task.is_none() {
            return;
        }
    }
    if let Some(task) = task {
        let confined = AssertUnwindSafe(task).catch_unwind().map(drop);
        rt.backend().spawn(Task::new(Box::pin(confined)));
    }
}

/// Adopts the groups that foreign code forgot (`mem::forget`) instead of dropping them. When nobody of
/// a root is left alive, a group that is still in its tree has no host that will be polled. What is
/// below such a group may have one as long as one of its tasks is alive: it waits until these are gone.
pub(crate) fn take_in_forgotten(root: &Arc<Group>) {
    let mut nodes = vec![root.node.clone()];
    while let Some(node) = nodes.pop() {
        // A guest has its host on a thread.
        let is_root = Arc::ptr_eq(&node, &root.node);
        let is_guest = |kid: &Arc<Node>| match kid.kind() {
            Kind::FromThread => true,
            // Of a call that was left behind: the root's own daemons are gone.
            Kind::Daemon => is_root,
            _ => false,
        };
        let kids = tree::kids_of(&node).filter(|kid| !is_guest(kid));
        let forgotten = node.group().filter(|group| !Arc::ptr_eq(group, root));
        if let Some(group) = forgotten {
            group.cancel(Reason::here(Cause::Shutdown));
            let mut region = Region::with_node(group.node.clone());
            quietly(|| adopt(&group, &mut region, None, Escape::Forgotten));
            if !node.has_left() {
                // Its tasks are waited for, and hand on what is below when they are gone.
                continue;
            }
        }
        nodes.extend(kids);
    }
}
