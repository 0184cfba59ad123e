//! A spawned task, from its first poll to its end: one protocol, and a file longer than others for it.
//!
//! ```text
//!   poll      the future, inside the task's region
//!   ~         value | panic | the region is cancelled and nothing inside holds | dropped by the runtime
//!   >> end    1 the future is dropped, its panic kept
//!             2 the value goes to the handle, or the reason why there is none is found
//!             3 the task leaves the tree
//!             4 an error or a panic goes to `start` or to the group, which is cancelled; the group
//!               learns of a cancel from outside of it
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
use std::sync::atomic::{Ordering, fence};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::cell::{Cell, End, Member, TaskCore};
use super::{TaskInfo, TaskStatus};
use crate::context;
use crate::error::Cancelled;
use crate::group::Group;
use crate::group::start::{Business, Link};
use crate::loom::Mutex;
use crate::outcome::{Payload, confine, quietly, wake};
use crate::renewal::WakerId;
use crate::scope::current::{self, Home};
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::Park;

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
pub(crate) struct ToGroup<S, E> {
    split: S,
    error: Option<E>,
    start: Option<Arc<Mutex<Option<E>>>>,
}

impl<S, E> ToGroup<S, E> {
    /// `split` tells a value from an error.
    pub(crate) fn new(split: S, start: Option<Arc<Mutex<Option<E>>>>) -> Self {
        Self {
            split,
            error: None,
            start,
        }
    }
}

impl<O, T, E, S> Deliver<O> for ToGroup<S, E>
where
    S: Fn(O) -> Result<T, E>,
    T: Send + 'static,
    E: Send + 'static,
{
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

/// Whether somebody else can still reach the task, such as its handle. Nobody can come back.
pub(crate) fn has_handle(member: &Arc<dyn Member>) -> bool {
    let others = Arc::strong_count(member) > 1;
    // What the last of them did is seen from here on.
    fence(Ordering::Acquire);
    others
}

pin_project! {
    /// A spawned task.
    ///
    /// The type relates future and delivery in no way, as that of a host (`group/host.rs`): the children of some groups
    /// live in one.
    pub(crate) struct Child<F, D> {
        #[pin]
        future: Option<F>,
        // Gone once the child has ended.
        member: Option<Arc<dyn Member>>,
        deliver: D,
        // The spawner's values; gone with the future.
        context: context::Context,
        // The waker that the task is listed with while it is a leaf.
        listed: Option<WakerId>,
        // What a drop does when the future is gone.
        end_unready: EndUnready<D>,
    }

    impl<F, D> PinnedDrop for Child<F, D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.member.is_some() {
                let dropped = inside(this.member, this.context, || this.future.set(None));
                this.context.clear();
                (this.end_unready)(this.member, this.deliver, dropped);
            }
        }
    }
}

/// Ends a child whose future was dropped before it was ready.
type EndUnready<D> = fn(&mut Option<Arc<dyn Member>>, &mut D, Result<(), Payload>);

fn end_unready<O, D: Deliver<O>>(
    member: &mut Option<Arc<dyn Member>>,
    deliver: &mut D,
    dropped: Result<(), Payload>,
) {
    let ended = match dropped {
        Ok(()) => Ended::Cancelled,
        Err(payload) => Ended::Panicked(payload),
    };
    end(member, deliver, ended);
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
            context: context::Context::current(),
            listed: None,
            end_unready: end_unready::<F::Output, D>,
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
        if this.member.is_none() {
            return Poll::Ready(());
        }
        let polled = inside(this.member, this.context, || {
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                unreachable!("a child that has not ended has its future")
            };
            let polled = future.poll(cx);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        });
        let ended = match polled {
            Ok(Poll::Ready(output)) => Ended::Output(output),
            Ok(Poll::Pending) => {
                if park(this.member, this.listed, cx) == Park::Wait {
                    return Poll::Pending;
                }
                let dropped = inside(this.member, this.context, || this.future.set(None));
                this.context.clear();
                end_unready(this.member, this.deliver, dropped);
                return Poll::Ready(());
            }
            Err(payload) => {
                // A second panic, of the future's drop, has nowhere to go but the panic hook.
                if let Err(second) = inside(this.member, this.context, || this.future.set(None)) {
                    quietly(|| drop(second));
                }
                Ended::Panicked(payload)
            }
        };
        this.context.clear();
        end(this.member, this.deliver, ended);
        Poll::Ready(())
    }
}

/// Parks a task in its seat, or says that its future must be dropped.
fn park(member: &Option<Arc<dyn Member>>, listed: &mut Option<WakerId>, cx: &Context<'_>) -> Park {
    let Some(core) = member.as_ref().map(|member| member.core()) else {
        unreachable!("a task that waits has not ended")
    };
    core.group
        .node
        .park_task(&core.seat, listed, core.place, cx)
}

/// Runs user code inside the task's region, as one poll of it, and keeps its panic.
#[inline]
fn inside<R>(
    member: &mut Option<Arc<dyn Member>>,
    context: &context::Context,
    f: impl FnOnce() -> R,
) -> Result<R, Payload> {
    let _entered = current::enter(Home::Task(member));
    let _context = context.enter();
    let _budget = current::fresh_budget();
    confine(f)
}

/// How a child's future ended.
enum Ended<O> {
    Output(O),
    Panicked(Payload),
    Cancelled,
}

/// Ends a child; the future is gone (invariants 1 and 3).
fn end<O, D: Deliver<O>>(member: &mut Option<Arc<dyn Member>>, deliver: &mut D, ended: Ended<O>) {
    let Some(member) = member.take() else {
        unreachable!("a child ends once")
    };
    let core = member.core();
    let group = &core.group;
    let (status, panic) = match ended {
        Ended::Output(output) => match confine(|| deliver.accept(output, &member)) {
            Ok(true) => (TaskStatus::Completed, None),
            Ok(false) => (TaskStatus::Failed, None),
            // The value's own destructor.
            Err(payload) => (TaskStatus::Panicked, Some(payload)),
        },
        Ended::Panicked(payload) => (TaskStatus::Panicked, Some(payload)),
        Ended::Cancelled => (TaskStatus::Cancelled, None),
    };
    let told = match status {
        // The handle has its value already.
        TaskStatus::Completed | TaskStatus::Running => None,
        _ if !has_handle(&member) => None,
        TaskStatus::Failed => Some(End::Failed),
        TaskStatus::Panicked => Some(End::Panicked),
        TaskStatus::Cancelled => Some(End::Cancelled(cancelled(core))),
    };
    group.node.leave_seat(&core.seat, !has_handle(&member));
    // A plain child that has its value is nobody's business.
    let after = if status == TaskStatus::Completed && core.link.is_none() {
        After::Nothing
    } else {
        report(core, deliver, status, panic)
    };
    if let Some(end) = told {
        quietly(|| member.end(end));
    }
    if core.limited {
        quietly(|| group.place_is_free());
    }
    group.count_out(core.daemon);
    match after {
        After::Nothing => {}
        After::WakeStart(waker) => wake(waker),
        After::TellAdopter(link) => link.gone(),
    }
    // The last of group and value may go with it.
    quietly(move || drop(member));
}

/// What is left to do once a child is counted out.
enum After {
    Nothing,
    WakeStart(Option<Waker>),
    TellAdopter(Arc<Link>),
}

/// Hands an error or a panic to whose business it is: `start`, the group, or the hook.
fn report<O, D: Deliver<O>>(
    core: &TaskCore,
    deliver: &mut D,
    status: TaskStatus,
    panic: Option<Payload>,
) -> After {
    let group = &core.group;
    let business = match &core.link {
        Some(link) => {
            deliver.fail_start();
            link.end(status, panic)
        }
        None => Business::Group(panic),
    };
    match business {
        Business::Start(waker) => return After::WakeStart(waker),
        Business::Group(panic) => {
            if status == TaskStatus::Failed {
                quietly(|| deliver.fail_group(group, &core.info()));
            }
            if status == TaskStatus::Cancelled && was_cut(core) {
                group.ledger.cut();
            }
            if let Some(payload) = panic {
                quietly(|| group.child_panicked(payload, core.info()));
            }
        }
        Business::Orphan(panic) => {
            if status == TaskStatus::Failed {
                quietly(|| deliver.fail_nobody(group, &core.info()));
            }
            if let Some(payload) = panic {
                quietly(|| group.orphan_panicked(payload, core.info()));
            }
            if let Some(link) = &core.link {
                return After::TellAdopter(link.clone());
            }
        }
    }
    After::Nothing
}

/// Whether a cancel from outside of the group ended a task, rather than its own or the group's: what
/// counts is which came first.
fn was_cut(core: &TaskCore) -> bool {
    let group = &core.group.node;
    let own = core
        .seat
        .node()
        .is_some_and(|node| node.was_cancelled_first());
    group.outside_cancelled() && !group.was_cancelled_first() && !own
}

/// Why a task was cancelled: by its handle, by its group or by something around.
fn cancelled(core: &TaskCore) -> Cancelled {
    let group = &core.group.node;
    let own = core.seat.node().and_then(|node| node.visible_reason());
    // A child that waited for its place may end before the cancel has reached its own node.
    let reason = own.or_else(|| group.visible_reason());
    Cancelled::new(reason.unwrap_or_else(|| Reason::here(Cause::Shutdown)))
}
