//! Which region and which task are being polled on this thread right now. Longer than other files, since all that is asked of
//! the stack is here, beside the only code that may borrow it.
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
//! 5. The number of the task is zero, or that of the nearest task of the entries below the top. It is looked for when
//!    somebody asks, and forgotten when an entry comes or goes: an operation that asks again in the same poll looks at it
//!    alone.

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::awaited;
use super::reason::{Cause, Reason};
use super::tree::{self, Kind, Node};
use crate::runtime::Rt;
use crate::task::{Member, Place, TaskId, TaskInfo};
use crate::thread::caller;

/// How many operations that are ready at once a task may make in one poll (SC12).
const BUDGET: u16 = 128;
/// Outside of tasks nothing is counted.
const UNLIMITED: u16 = u16::MAX;

crate::loom::thread_local! {
    static STACK: Stack = const { Stack::new() };
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

    /// Its node, if it is in the tree. A task always is, and has a node from now on.
    #[inline]
    fn attached(&self) -> Option<Arc<Node>> {
        match (&self.member, &self.badge.node) {
            (Some(member), _) => Some(member.core().solidify()),
            (_, Some(node)) if node.is_attached() => Some(node.clone()),
            _ => None,
        }
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

/// What is being polled.
struct Stack {
    /// Above the top those that wait to be filled again.
    entries: RefCell<Vec<Entry>>,
    top: Cell<usize>,
    task: Cell<u64>,
}

impl Stack {
    const fn new() -> Self {
        Self {
            entries: RefCell::new(Vec::new()),
            top: Cell::new(0),
            task: Cell::new(0),
        }
    }

    #[inline]
    fn push(&self, home: &mut Home<'_>) {
        let mut entries = self.entries.borrow_mut();
        if self.top.get() >= entries.len() {
            grow(&mut entries);
        }
        if let Some(entry) = entries.get_mut(self.top.get()) {
            entry.badge.bare = match home {
                Home::Region(badge) => badge.bare,
                Home::Task(_) => Bare::TASK,
            };
            entry.swap(home);
            self.set_top(self.top.get() + 1);
        }
    }

    #[inline]
    fn pop(&self, home: &mut Home<'_>) {
        let mut entries = self.entries.borrow_mut();
        let top = self.top.get() - 1;
        self.set_top(top);
        // There is one, as in `push`: a look that may not panic is the shorter one.
        if let Some(entry) = entries.get_mut(top) {
            entry.swap(home);
        }
    }

    #[inline]
    fn set_top(&self, top: usize) {
        self.top.set(top);
        self.task.set(0);
    }

    /// How many entries are around the innermost one, which is so its index. Where there is none, it is one that no
    /// entry has.
    #[inline]
    fn around(&self) -> usize {
        self.top.get().wrapping_sub(1)
    }

    /// What `f` says of the innermost entry of which it says anything.
    #[inline]
    fn nearest<R>(&self, f: impl Fn(&Entry) -> Option<R>) -> Option<R> {
        let entries = self.entries.borrow();
        let around = self.around();
        let said = f(entries.get(around)?);
        if said.is_some() {
            return said;
        }
        further(entries.get(..around)?, f)
    }

    /// Exchanges all of it.
    fn exchange(&self, entries: Vec<Entry>, top: usize) -> (Vec<Entry>, usize) {
        let before = (self.entries.replace(entries), self.top.get());
        self.set_top(top);
        before
    }
}

/// The rest of [`Stack::nearest`]: most often the innermost entry is the one.
#[inline(never)]
fn further<R>(entries: &[Entry], f: impl Fn(&Entry) -> Option<R>) -> Option<R> {
    entries.iter().rev().find_map(f)
}

#[cold]
fn grow(entries: &mut Vec<Entry>) {
    let badge = Badge {
        bare: Bare::TASK,
        node: None,
    };
    let member = None;
    entries.push(Entry { badge, member });
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
    let _ = STACK.try_with(|stack| stack.push(home));
}

fn pop(home: &mut Home<'_>) {
    awaited::left();
    let _ = STACK.try_with(|stack| stack.pop(home));
}

/// How many regions are being polled on this thread, one inside the other.
#[inline]
pub(super) fn depth() -> usize {
    STACK.try_with(|stack| stack.top.get()).unwrap_or_default()
}

/// Runs `f` as if nothing of ours were being polled on this thread: code that blocks it has no region, and no
/// budget to spend.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore {
        entries: Vec<Entry>,
        top: usize,
        budget: u16,
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            let entries = mem::take(&mut self.entries);
            BUDGET_LEFT.with(|left| left.set(self.budget));
            let emptied = STACK.try_with(|stack| stack.exchange(entries, self.top));
            drop(emptied);
        }
    }

    let (entries, top) = STACK
        .try_with(|stack| stack.exchange(Vec::new(), 0))
        .unwrap_or_default();
    let _aside = awaited::aside();
    let _restore = Restore {
        entries,
        top,
        budget: BUDGET_LEFT.with(|left| left.replace(UNLIMITED)),
    };
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
    depth() > 0
}

/// Whether the current region is effectively cancelled (SC11). Makes no nodes.
pub(crate) fn is_cancelled() -> bool {
    let is_cancelled = nearest(|entry| match (&entry.member, &entry.badge.node) {
        (Some(member), _) => Some(member.core().is_cancelled()),
        (_, Some(node)) if node.is_attached() => Some(node.is_cancelled()),
        (_, Some(node)) if node.cancel_called() => Some(true),
        _ => entry.kind().is_shield().then_some(false),
    });
    is_cancelled == Some(true)
}

/// The current region's node, made if it has none yet.
pub(crate) fn node() -> Option<Arc<Node>> {
    let placed = STACK.try_with(|stack| {
        let mut entries = stack.entries.borrow_mut();
        match entries.get(stack.around())?.attached() {
            None => place(entries.get_mut(..stack.top.get())?),
            attached => attached,
        }
    });
    placed.ok().flatten()
}

/// Gives those that are bare a node, from the outermost on, and says which one the innermost has.
#[inline(never)]
fn place(stack: &mut [Entry]) -> Option<Arc<Node>> {
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
}

/// The innermost entry that is in the tree, and where those begin that are not (invariant 1).
fn innermost_attached(stack: &[Entry]) -> (Option<Arc<Node>>, usize) {
    for (index, entry) in stack.iter().enumerate().rev() {
        if let Some(node) = entry.attached() {
            return (Some(node), index + 1);
        }
    }
    (None, 0)
}

/// The nearest shield around the current region within the same task, unless a restore between the two undoes it already:
/// what is inside of that is cancelled with it, and it is the one that absorbs (SC5).
pub(crate) fn shield_to_undo() -> Option<Arc<Node>> {
    let inside = nearest(|entry| match entry.kind() {
        _ if entry.member.is_some() => Some(false),
        // What a blocking call waits for on its thread goes on in the caller's task.
        Kind::FromThread => Some(true),
        kind => kind.is_shield().then_some(true),
    });
    let inside = inside == Some(true);
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
    let nearest = nearest(|entry| match &entry.member {
        Some(member) => Some(member.core().group.rt.clone()),
        None if matches!(entry.kind(), Kind::Root | Kind::Group) => {
            Some(entry.badge.node.as_ref()?.group()?.rt.clone())
        }
        None => None,
    });
    // A region that moved to another thread still belongs to where it was first polled (SC14).
    nearest.or_else(|| runtime_of(&innermost_node()?))
}

fn innermost_node() -> Option<Arc<Node>> {
    nearest(|entry| entry.badge.node.clone())
}

/// The runtime that a region of the tree belongs to.
pub(crate) fn runtime_of(node: &Arc<Node>) -> Option<Arc<Rt>> {
    tree::outward(node).find_map(|node| Some(node.group()?.rt.clone()))
}

/// Who is asking: the task that is polled here, or whose blocking call runs here.
pub(crate) fn task_info() -> Option<TaskInfo> {
    let nearest = nearest(|entry| match &entry.member {
        Some(member) => Some(member.core().info()),
        None if entry.kind() == Kind::Root => Some(TaskInfo::main(entry.badge.bare.place)),
        None => None,
    });
    nearest.or_else(caller::task)
}

/// The number of [`task_info`], which costs less. Zero for a main future, and where there is no task.
#[inline]
pub(crate) fn task_number() -> u64 {
    let known = STACK.try_with(|stack| stack.task.get());
    match known.unwrap_or_default() {
        0 => look_for_task(),
        number => number,
    }
}

#[inline(never)]
fn look_for_task() -> u64 {
    let nearest = STACK.try_with(|stack| {
        let id = stack.nearest(|entry| match &entry.member {
            Some(member) => Some(member.core().id()),
            None => (entry.kind() == Kind::Root).then_some(TaskId::MAIN),
        })?;
        stack.task.set(id.number());
        Some(id)
    });
    let nearest = nearest.ok().flatten();
    let id = nearest.or_else(|| Some(caller::task()?.id()));
    id.map_or(0, TaskId::number)
}

/// Why the current region is cancelled, if it is.
pub(crate) fn reason() -> Option<Reason> {
    let node = is_cancelled().then(node)??;
    // A region that outlived what was around it is shut down.
    let reason = node.visible_reason();
    Some(reason.unwrap_or_else(|| Reason::here(Cause::Shutdown)))
}

/// As [`Stack::nearest`], of this thread.
#[inline]
fn nearest<R>(f: impl Fn(&Entry) -> Option<R>) -> Option<R> {
    STACK.try_with(|stack| stack.nearest(f)).ok().flatten()
}
