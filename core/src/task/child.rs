//! A spawned task, from its first poll to its end.
//!
//! ```text
//!   poll      the future, inside the task's region
//!   ~         value | panic | the region is cancelled and nothing inside holds | dropped by the runtime
//!   >> end    1 the future is dropped, its panic kept
//!             2 the value goes to the handle, or the reason why there is none is found
//!             3 the task leaves the tree
//!             4 an error or a panic goes to `start` or to the group, which is cancelled
//!             5 the handle is told
//!             6 the group's next child that waits for a place gets this one's
//!             7 the group counts the task out
//! ```
//!
//! # Always true
//!
//! 1. Every child goes through `end` exactly once, also one that was never polled.
//! 2. Neither a poll nor a drop of a child unwinds.
//! 3. A child is counted out after its future is gone.
//! 4. A child that is ready at its first poll takes no lock of its group.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::cell::{Cell, Member, TaskCore};
use super::{TaskInfo, TaskStatus};
use crate::error::Cancelled;
use crate::group::Group;
use crate::group::start::Business;
use crate::loom::Mutex;
use crate::outcome::{Payload, confine, quietly};
use crate::scope::current::{self, Entry};
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{Park, WakerId};

/// Where a child's output goes.
pub(crate) trait Deliver<O> {
    /// Hands the value to the handle, or keeps the error. Says whether there is a value.
    fn accept(&mut self, output: O, member: &Arc<dyn Member>) -> bool;

    /// Hands the error that was kept to the group.
    fn fail_group(&mut self, group: &Group, task: &TaskInfo);

    /// Hands the error that was kept to `start`, from where the two others take it back.
    fn fail_start(&mut self);

    /// Hands the error that was kept to the hook: nobody else is left.
    fn fail_nobody(&mut self, group: &Group, task: &TaskInfo);
}

/// Delivery to handles and groups that any thread may hold.
pub(crate) struct ToGroup<O, T, E> {
    split: fn(O) -> Result<T, E>,
    error: Option<E>,
    start: Option<Arc<Mutex<Option<E>>>>,
}

impl<O, T, E> ToGroup<O, T, E> {
    pub(crate) fn new(split: fn(O) -> Result<T, E>, start: Option<Arc<Mutex<Option<E>>>>) -> Self {
        Self {
            split,
            error: None,
            start,
        }
    }
}

impl<O, T: Send + 'static, E: Send + 'static> Deliver<O> for ToGroup<O, T, E> {
    fn accept(&mut self, output: O, member: &Arc<dyn Member>) -> bool {
        match (self.split)(output) {
            Ok(value) => {
                let cell = member.as_any().downcast_ref::<Cell<T>>();
                match cell.filter(|_| has_handle(member)) {
                    Some(cell) => cell.complete(value),
                    // Nobody can ask any more.
                    None => drop(value),
                }
                true
            }
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }

    fn fail_group(&mut self, group: &Group, task: &TaskInfo) {
        if let Some(error) = take_back(&mut self.error, &self.start) {
            group.fail(Box::new(error), task);
        }
    }

    fn fail_start(&mut self) {
        if let Some(start) = &self.start {
            *start.lock() = self.error.take();
        }
    }

    fn fail_nobody(&mut self, group: &Group, task: &TaskInfo) {
        if let Some(error) = take_back(&mut self.error, &self.start) {
            group.lose_error(Box::new(error), task);
        }
    }
}

/// An error that was kept, or that `start` did not take.
pub(crate) fn take_back<E>(
    kept: &mut Option<E>,
    start: &Option<Arc<Mutex<Option<E>>>>,
) -> Option<E> {
    kept.take().or_else(|| start.as_ref()?.lock().take())
}

/// Whether the task's handle is still there. It cannot come back.
pub(crate) fn has_handle(member: &Arc<dyn Member>) -> bool {
    Arc::strong_count(member) > 1
}

pin_project! {
    /// A spawned task.
    pub(crate) struct Child<F, D>
    where
        F: Future,
        D: Deliver<F::Output>,
    {
        #[pin]
        future: Option<F>,
        // Gone once the child has ended.
        member: Option<Arc<dyn Member>>,
        deliver: D,
        // The waker that the task is listed with while it is a leaf.
        listed: Option<WakerId>,
    }

    impl<F, D> PinnedDrop for Child<F, D>
    where
        F: Future,
        D: Deliver<F::Output>,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(member) = this.member.take() {
                let (member, dropped) = inside(member, || this.future.set(None));
                let ended = dropped.map_or_else(Ended::Panicked, |()| Ended::Cancelled);
                end(member, this.deliver, ended);
            }
        }
    }
}

impl<F, D> Child<F, D>
where
    F: Future,
    D: Deliver<F::Output>,
{
    pub(crate) fn new(future: F, member: Arc<dyn Member>, deliver: D) -> Self {
        Self {
            future: Some(future),
            member: Some(member),
            deliver,
            listed: None,
        }
    }
}

impl<F, D> Future for Child<F, D>
where
    F: Future,
    D: Deliver<F::Output>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(member) = this.member.take() else {
            return Poll::Ready(());
        };
        let (member, polled) = inside(member, || {
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                unreachable!("a child that has not ended has its future")
            };
            let polled = future.poll(cx);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        });
        let (member, ended) = match polled {
            Ok(Poll::Ready(output)) => (member, Ended::Output(output)),
            Ok(Poll::Pending) => {
                let core = member.core();
                let parked = core
                    .group
                    .node
                    .park_task(&core.seat, this.listed, core.place, cx);
                if parked == Park::Wait {
                    *this.member = Some(member);
                    return Poll::Pending;
                }
                let (member, dropped) = inside(member, || this.future.set(None));
                (
                    member,
                    dropped.map_or_else(Ended::Panicked, |()| Ended::Cancelled),
                )
            }
            Err(payload) => {
                // A second panic, of the future's drop, has nowhere to go but the panic hook.
                let (member, second) = inside(member, || this.future.set(None));
                quietly(|| drop(second));
                (member, Ended::Panicked(payload))
            }
        };
        end(member, this.deliver, ended);
        Poll::Ready(())
    }
}

/// Runs user code inside the task's region, as one poll of it, and keeps its panic.
fn inside<R>(
    member: Arc<dyn Member>,
    f: impl FnOnce() -> R,
) -> (Arc<dyn Member>, Result<R, Payload>) {
    let mut slot = None;
    let result = current::within(Entry::Task(member), &mut slot, || {
        current::with_budget(|| confine(f))
    });
    match slot {
        Some(Entry::Task(member)) => (member, result),
        _ => unreachable!("the entry of a task stays one"),
    }
}

/// How a child's future ended.
enum Ended<O> {
    Output(O),
    Panicked(Payload),
    Cancelled,
}

/// How the task ended, once its output was delivered.
enum Fate {
    Completed,
    Failed,
    Panicked(Payload),
    Cancelled(Option<Cancelled>),
}

/// Ends a child; the future is gone (invariants 1 and 3).
fn end<O, D: Deliver<O>>(member: Arc<dyn Member>, deliver: &mut D, ended: Ended<O>) {
    let core = member.core();
    let group = &core.group;
    let fate = match ended {
        Ended::Output(output) => match confine(|| deliver.accept(output, &member)) {
            Ok(true) => Fate::Completed,
            Ok(false) => Fate::Failed,
            // The value's own destructor.
            Err(payload) => Fate::Panicked(payload),
        },
        Ended::Panicked(payload) => Fate::Panicked(payload),
        Ended::Cancelled => {
            if was_cut(core) {
                group.ledger.cut();
            }
            Fate::Cancelled(has_handle(&member).then(|| cancelled(&member)))
        }
    };
    group.node.leave_seat(&core.seat);

    let status = match &fate {
        Fate::Completed => TaskStatus::Completed,
        Fate::Failed => TaskStatus::Failed,
        Fate::Panicked(_) => TaskStatus::Panicked,
        Fate::Cancelled(_) => TaskStatus::Cancelled,
    };
    let (reason, panic) = match fate {
        Fate::Cancelled(reason) => (reason, None),
        Fate::Panicked(payload) => (None, Some(payload)),
        Fate::Completed | Fate::Failed => (None, None),
    };
    let business = match &core.link {
        Some(link) => {
            deliver.fail_start();
            link.end(status, panic)
        }
        None => Business::Group(panic),
    };
    match &business {
        Business::Group(_) if status == TaskStatus::Failed => {
            quietly(|| deliver.fail_group(group, &core.info()));
        }
        Business::Orphan(_) if status == TaskStatus::Failed => {
            quietly(|| deliver.fail_nobody(group, &core.info()));
        }
        _ => {}
    }
    let orphaned = matches!(business, Business::Orphan(_));
    let mut start = None;
    match business {
        Business::Group(Some(payload)) => quietly(|| group.child_panicked(payload, core.info())),
        Business::Orphan(Some(payload)) => {
            quietly(|| group.orphan_panicked(payload, core.info()));
        }
        Business::Start(waker) => start = waker,
        Business::Group(None) | Business::Orphan(None) => {}
    }
    if status != TaskStatus::Completed {
        quietly(|| member.end(status, reason));
    }
    if core.limited {
        quietly(|| group.place_is_free());
    }
    quietly(|| group.count_out(core.daemon));
    quietly(|| start.into_iter().for_each(Waker::wake));
    if let Some(link) = core.link.as_ref().filter(|_| orphaned) {
        quietly(|| link.gone());
    }
    // The last of group and value may go with it.
    quietly(move || drop(member));
}

/// Whether a cancel from outside of the group ended a task, rather than its own or the group's.
fn was_cut(core: &TaskCore) -> bool {
    let group = &core.group.node;
    let own = core.seat.node().is_some_and(|node| node.cancel_called());
    group.outside_cancelled() && !group.cancel_called() && !own
}

/// Why a task was cancelled: by its handle, by its group or by something around.
fn cancelled(member: &Arc<dyn Member>) -> Cancelled {
    let core = member.core();
    let node = core.seat.node().unwrap_or(&core.group.node);
    Cancelled::new(
        node.visible_reason()
            .unwrap_or_else(|| Reason::here(Cause::Shutdown)),
    )
}
