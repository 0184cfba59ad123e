//! Which region and which task are being polled on this thread right now.
//!
//! Every region pushes itself onto a thread-local stack for the span of a poll and takes itself back
//! afterwards, also when the poll unwinds (SC10). Its own reference moves in and out, by changing places with none, so
//! a poll costs no reference count, and no look at what there is to drop.
//!
//! # Always true
//!
//! 1. A region without a node is *bare*. Bare entries are above all others of their task: making a
//!    node for one makes nodes for all below it first.
//! 2. An entry of a task cuts the stack: what is below it belongs to whoever polls the task.
//! 3. The stack is never borrowed while user code runs.
//! 4. An entry above the top has no reference, and waits to be filled again. One below it has that of its home, which
//!    has none meanwhile.

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
    static STACK: RefCell<Stack> = const { RefCell::new(Stack::new()) };
    static BUDGET_LEFT: Cell<u16> = const { Cell::new(UNLIMITED) };
}

/// What of a region is on the stack while it is polled.
pub(crate) struct Badge {
    pub(crate) bare: Bare,
    /// None while it needs none. One that has a handle has a node that is not in the tree yet.
    pub(crate) node: Option<Arc<Node>>,
}

/// What a region is before it has a node.
#[derive(Clone, Copy)]
pub(crate) struct Bare {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) deadline: Option<Instant>,
}

impl Bare {
    /// In the entry of a task, whose member knows the rest.
    const TASK: Self = Self {
        kind: Kind::Task,
        place: Place::caller(),
        deadline: None,
    };

    /// A node of its own, with no place in the tree yet.
    pub(crate) fn to_node(self) -> Node {
        Node::with_deadline(self.kind, self.place, self.deadline)
    }
}

/// What is being polled: a region or, where there is a member, a task.
struct Entry {
    badge: Badge,
    member: Option<Arc<dyn Member>>,
}

impl Entry {
    fn kind(&self) -> Kind {
        self.badge.bare.kind
    }

    /// Lets the reference at home and the one here change places. One of the two is none (invariant 4).
    #[inline]
    fn swap(&mut self, home: &mut Home<'_>) {
        match home {
            Home::Region(badge) => mem::swap(&mut self.badge.node, &mut badge.node),
            Home::Task(member) => mem::swap(&mut self.member, *member),
        }
    }
}

/// The entries of what is being polled, and above the top those that wait to be filled again.
#[derive(Default)]
struct Stack {
    entries: Vec<Entry>,
    top: usize,
}

impl Stack {
    const fn new() -> Self {
        Self {
            entries: Vec::new(),
            top: 0,
        }
    }

    #[inline]
    fn push(&mut self, home: &mut Home<'_>) {
        if self.top >= self.entries.len() {
            self.grow();
        }
        if let Some(entry) = self.entries.get_mut(self.top) {
            entry.badge.bare = match home {
                Home::Region(badge) => badge.bare,
                Home::Task(_) => Bare::TASK,
            };
            entry.swap(home);
            self.top += 1;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let badge = Badge {
            bare: Bare::TASK,
            node: None,
        };
        let member = None;
        self.entries.push(Entry { badge, member });
    }

    #[inline]
    fn pop(&mut self, home: &mut Home<'_>) {
        self.top -= 1;
        // There is one, as in `push`: a look that may not panic is the shorter one.
        if let Some(entry) = self.entries.get_mut(self.top) {
            entry.swap(home);
        }
    }

    fn entries(&self) -> &[Entry] {
        &self.entries[..self.top]
    }

    fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries[..self.top]
    }
}

/// Where the reference of an entry is kept between two polls.
pub(crate) enum Home<'a> {
    Region(&'a mut Badge),
    Task(&'a mut Option<Arc<dyn Member>>),
}

/// The time that an entry is on the stack, to which this drop puts an end, also an unwinding one.
///
/// A guard and no function around a closure: that would be compiled anew for each body.
#[must_use = "the region is left when this is dropped"]
pub(crate) struct Entered<'a>(Home<'a>);

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        pop(&mut self.0);
    }
}

/// Puts an entry on the stack, for a poll. It goes back home afterwards, with a node if one was made for it.
#[inline]
pub(crate) fn enter(mut home: Home<'_>) -> Entered<'_> {
    push(&mut home);
    awaited::begin();
    Entered(home)
}

/// Puts an entry on the stack beside its poll: what it waits for stays said.
#[inline]
pub(crate) fn enter_again(mut home: Home<'_>) -> Entered<'_> {
    awaited::moved();
    push(&mut home);
    Entered(home)
}

fn push(home: &mut Home<'_>) {
    // While the thread is being torn down there is no stack: the code runs without a context.
    let _ = STACK.try_with(|stack| stack.borrow_mut().push(home));
}

fn pop(home: &mut Home<'_>) {
    awaited::moved();
    let _ = STACK.try_with(|stack| stack.borrow_mut().pop(home));
}

/// How many regions are being polled on this thread, one inside the other.
pub(super) fn depth() -> usize {
    peek(<[Entry]>::len)
}

/// Runs `f` as if nothing of ours were being polled on this thread: code that blocks it has no region, and no
/// budget to spend.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Stack, u16);

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
            match (&entry.member, &entry.badge.node) {
                (Some(member), _) => return member.core().is_cancelled(),
                (_, Some(node)) if node.is_attached() => return node.is_cancelled(),
                (_, Some(node)) if node.cancel_called() => return true,
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
            let mut stack = stack.borrow_mut();
            let stack = stack.entries_mut();
            let (mut parent, bare) = innermost_attached(stack);
            for entry in &mut stack[bare..] {
                let badge = &mut entry.badge;
                let node = match &badge.node {
                    Some(node) => {
                        node.attach(parent);
                        node.clone()
                    }
                    None => badge.bare.to_node().placed(parent),
                };
                badge.node = Some(node.clone());
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
        match (&entry.member, &entry.badge.node) {
            (Some(member), _) => return (Some(member.core().solidify()), index + 1),
            (_, Some(node)) if node.is_attached() => return (Some(node.clone()), index + 1),
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
            .take_while(|entry| entry.member.is_none())
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
        stack.iter().rev().find_map(|entry| match &entry.member {
            Some(member) => Some(member.core().group.rt.clone()),
            None if matches!(entry.kind(), Kind::Root | Kind::Group) => {
                Some(entry.badge.node.as_ref()?.group()?.rt.clone())
            }
            None => None,
        })
    });
    // A region that moved to another thread still belongs to where it was first polled (SC14).
    nearest.or_else(|| runtime_of(&innermost_node()?))
}

fn innermost_node() -> Option<Arc<Node>> {
    peek(|stack| {
        stack
            .iter()
            .rev()
            .find_map(|entry| entry.badge.node.clone())
    })
}

/// The runtime that a region of the tree belongs to.
pub(crate) fn runtime_of(node: &Arc<Node>) -> Option<Arc<Rt>> {
    tree::outward(node).find_map(|node| Some(node.group()?.rt.clone()))
}

/// Who is asking: the task that is polled here, or whose blocking call runs here.
pub(crate) fn task_info() -> Option<TaskInfo> {
    let nearest = peek(|stack| {
        stack.iter().rev().find_map(|entry| match &entry.member {
            Some(member) => Some(member.core().info()),
            None if entry.kind() == Kind::Root => Some(TaskInfo::main(entry.badge.bare.place)),
            None => None,
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
        .try_with(|stack| f(stack.borrow().entries()))
        .unwrap_or_default()
}
