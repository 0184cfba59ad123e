//! Which region and which task are being polled on this thread right now.
//!
//! Every region pushes itself onto a thread-local stack for the span of a poll and takes itself back
//! afterwards, also when the poll unwinds (SC10). Its own reference moves in and out, so a poll costs
//! no reference count.
//!
//! # Always true
//!
//! 1. A region without a node is *bare*. Bare entries are above all others of their task: making a
//!    node for one makes nodes for all below it first.
//! 2. An entry of a task cuts the stack: what is below it belongs to whoever polls the task.
//! 3. The stack is never borrowed while user code runs.

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::awaited;
use super::reason::{Cause, Reason};
use super::tree::{self, Kind, Node};
use crate::runtime::Rt;
use crate::task::{Member, Place, TaskInfo};
use crate::thread::caller;

/// How many operations that are ready at once a task may make in one poll (SC12).
const BUDGET: u16 = 128;
/// Outside of tasks nothing is counted.
const UNLIMITED: u16 = u16::MAX;

crate::loom::thread_local! {
    static STACK: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static BUDGET_LEFT: Cell<u16> = const { Cell::new(UNLIMITED) };
}

/// A region that is being polled.
pub(crate) enum Entry {
    /// A region in the tree, or one that has a handle and will be.
    Node(Arc<Node>),
    /// A task.
    Task(Arc<dyn Member>),
    /// A region that needs no node yet.
    Bare {
        kind: Kind,
        place: Place,
        deadline: Option<Instant>,
    },
}

impl Entry {
    fn kind(&self) -> Kind {
        match self {
            Entry::Node(node) => node.kind(),
            Entry::Task(_) => Kind::Task,
            Entry::Bare { kind, .. } => *kind,
        }
    }
}

/// Where the reference of an entry is kept between two polls.
pub(crate) enum Home<'a> {
    Region(&'a mut Option<Arc<Node>>),
    Task(&'a mut Option<Arc<dyn Member>>),
}

impl Home<'_> {
    fn take_back(&mut self, entry: Option<Entry>) {
        match (self, entry) {
            (Home::Region(home), Some(Entry::Node(node))) => **home = Some(node),
            (Home::Task(home), Some(Entry::Task(member))) => **home = Some(member),
            _ => {}
        }
    }
}

/// The time that an entry is on the stack, to which this drop puts an end, also an unwinding one.
///
/// A guard and no function around a closure: that would be compiled anew for each body.
#[must_use = "the region is left when this is dropped"]
pub(crate) struct Entered<'a>(Home<'a>);

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        awaited::moved();
        let entry = STACK.try_with(|stack| stack.borrow_mut().pop());
        self.0.take_back(entry.unwrap_or_default());
    }
}

/// Puts an entry on the stack, for a poll. It goes back home afterwards, as a node if one was made for it.
#[inline]
pub(crate) fn enter(entry: Entry, home: Home<'_>) -> Entered<'_> {
    let entered = push(entry, home);
    awaited::begin();
    entered
}

/// Puts an entry on the stack beside its poll: what it waits for stays said.
#[inline]
pub(crate) fn enter_again(entry: Entry, home: Home<'_>) -> Entered<'_> {
    awaited::moved();
    push(entry, home)
}

#[inline]
fn push<'a>(entry: Entry, mut home: Home<'a>) -> Entered<'a> {
    // While the thread is being torn down there is no stack: the code runs without a context.
    let mut entry = Some(entry);
    let pushed = STACK.try_with(|stack| stack.borrow_mut().extend(entry.take()));
    if pushed.is_err() {
        home.take_back(entry);
    }
    Entered(home)
}

/// How many regions are being polled on this thread, one inside the other.
pub(super) fn depth() -> usize {
    peek(<[Entry]>::len)
}

/// Runs `f` as if nothing of ours were being polled on this thread: code that blocks it has no region, and no
/// budget to spend.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Vec<Entry>, u16);

    impl Drop for Restore {
        fn drop(&mut self) {
            let stack = mem::take(&mut self.0);
            BUDGET_LEFT.with(|left| left.set(self.1));
            let emptied = STACK.try_with(|current| current.replace(stack));
            drop(emptied);
        }
    }

    let stack = STACK.try_with(RefCell::take).unwrap_or_default();
    let _aside = awaited::aside();
    let _restore = Restore(stack, BUDGET_LEFT.with(|left| left.replace(UNLIMITED)));
    f()
}

/// The time that one poll of a task has a budget of its own.
#[must_use = "the budget before is back when this is dropped"]
pub(crate) struct Budget {
    before: u16,
}

impl Drop for Budget {
    #[inline]
    fn drop(&mut self) {
        BUDGET_LEFT.with(|left| left.set(self.before));
    }
}

/// Begins a poll of a task, with a fresh budget.
#[inline]
pub(crate) fn fresh_budget() -> Budget {
    let before = BUDGET_LEFT.with(|left| left.replace(BUDGET));
    Budget { before }
}

/// As [`fresh_budget`], unless a task's budget is running already.
pub(crate) fn budget_if_none() -> Option<Budget> {
    (BUDGET_LEFT.with(Cell::get) == UNLIMITED).then(fresh_budget)
}

/// Takes one operation off the task's budget. Says `false` when it is used up.
#[inline]
pub(crate) fn spend() -> bool {
    match BUDGET_LEFT.with(Cell::get) {
        0 => false,
        UNLIMITED => true,
        left => {
            BUDGET_LEFT.with(|budget| budget.set(left - 1));
            true
        }
    }
}

/// Whether this thread is polling anything of ours.
pub(crate) fn is_entered() -> bool {
    peek(|stack| !stack.is_empty())
}

/// Whether the current region is effectively cancelled (SC11). Makes no nodes.
pub(crate) fn is_cancelled() -> bool {
    peek(|stack| {
        for entry in stack.iter().rev() {
            match entry {
                Entry::Task(member) => return member.core().is_cancelled(),
                Entry::Node(node) if node.is_attached() => return node.is_cancelled(),
                Entry::Node(node) if node.cancel_called() => return true,
                _ if entry.kind().is_shield() => return false,
                _ => {}
            }
        }
        false
    })
}

/// The current region's node, made if it has none yet.
pub(crate) fn node() -> Option<Arc<Node>> {
    STACK
        .try_with(|stack| {
            let stack = &mut *stack.borrow_mut();
            let (mut parent, bare) = innermost_attached(stack);
            for entry in &mut stack[bare..] {
                let node = match entry {
                    Entry::Node(node) => {
                        node.attach(parent);
                        node.clone()
                    }
                    Entry::Bare {
                        kind,
                        place,
                        deadline,
                    } => Node::with_deadline(*kind, *place, *deadline).placed(parent),
                    Entry::Task(_) => unreachable!("a task is always in the tree"),
                };
                *entry = Entry::Node(node.clone());
                parent = Some(node);
            }
            parent
        })
        .ok()
        .flatten()
}

/// The innermost entry that is in the tree, and where those begin that are not (invariant 1).
fn innermost_attached(stack: &[Entry]) -> (Option<Arc<Node>>, usize) {
    for (index, entry) in stack.iter().enumerate().rev() {
        match entry {
            Entry::Task(member) => return (Some(member.core().solidify()), index + 1),
            Entry::Node(node) if node.is_attached() => return (Some(node.clone()), index + 1),
            _ => {}
        }
    }
    (None, 0)
}

/// The nearest shield around the current region within the same task, unless a restore between the two undoes it already:
/// what is inside of that is cancelled with it, and it is the one that absorbs (SC5).
pub(crate) fn shield_to_undo() -> Option<Arc<Node>> {
    let inside = peek(|stack| {
        stack
            .iter()
            .rev()
            .take_while(|entry| !matches!(entry, Entry::Task(_)))
            // What a blocking call waits for on its thread goes on in the caller's task.
            .any(|entry| entry.kind().is_shield() || entry.kind() == Kind::FromThread)
    });
    // The shield is between this region and its task, so the walk meets it before any task.
    inside.then(node)?.and_then(|node| {
        tree::outward(&node)
            .take_while(|node| !node.kind().is_task())
            .find(|node| node.kind().is_shield() || node.kind() == Kind::Restore)
            .filter(|node| node.kind().is_shield())
    })
}

/// The runtime of the task that is being polled, if that is one of ours.
pub(crate) fn runtime() -> Option<Arc<Rt>> {
    let nearest = peek(|stack| {
        stack.iter().rev().find_map(|entry| match entry {
            Entry::Task(member) => Some(member.core().group.rt.clone()),
            Entry::Node(node) if matches!(node.kind(), Kind::Root | Kind::Group) => {
                Some(node.group()?.rt.clone())
            }
            _ => None,
        })
    });
    // A region that moved to another thread still belongs to where it was first polled (SC14).
    nearest.or_else(|| runtime_of(&innermost_node()?))
}

fn innermost_node() -> Option<Arc<Node>> {
    peek(|stack| {
        stack.iter().rev().find_map(|entry| match entry {
            Entry::Node(node) => Some(node.clone()),
            _ => None,
        })
    })
}

/// The runtime that a region of the tree belongs to.
pub(crate) fn runtime_of(node: &Arc<Node>) -> Option<Arc<Rt>> {
    tree::outward(node).find_map(|node| Some(node.group()?.rt.clone()))
}

/// Who is asking: the task that is polled here, or whose blocking call runs here.
pub(crate) fn task_info() -> Option<TaskInfo> {
    let nearest = peek(|stack| {
        stack.iter().rev().find_map(|entry| match entry {
            Entry::Task(member) => Some(member.core().info()),
            Entry::Node(node) if node.kind() == Kind::Root => Some(TaskInfo::main(node.place())),
            _ => None,
        })
    });
    nearest.or_else(caller::task)
}

/// Why the current region is cancelled, if it is.
pub(crate) fn reason() -> Option<Reason> {
    let node = is_cancelled().then(node)??;
    // A region that outlived what was around it is shut down.
    let reason = node.visible_reason();
    Some(reason.unwrap_or_else(|| Reason::here(Cause::Shutdown)))
}

fn peek<R: Default>(f: impl FnOnce(&[Entry]) -> R) -> R {
    STACK
        .try_with(|stack| f(&stack.borrow()))
        .unwrap_or_default()
}
