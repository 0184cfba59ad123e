//! The host of a group: the future that runs the body and then waits for everybody.
//!
//! Longer than other files, since its stages are one protocol.
//!
//! | stage | leaves it when                                   | what a cancel does                    |
//! |-------|--------------------------------------------------|---------------------------------------|
//! | New   | first polled: takes its place in the tree        | -                                     |
//! | Body  | the body has ended, or was dropped               | drops the body once nothing holds it  |
//! | Drain | nobody is alive: the group has closed            | nothing more: the children unwind     |
//! | Hooks | all hooks have run                               | nothing: they are shielded            |
//! | Done  | never                                            | -                                     |
//!
//! # Always true
//!
//! 1. The group's node is in the tree from the first poll on, since another thread must reach the
//!    children; it holds the region around until the host has left.
//! 2. A host that ends in order has closed its group. One that is dropped earlier hands it on
//!    (`group/orphan.rs`).

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;

use pin_project_lite::pin_project;

use super::hooks::run_hooks;
use super::orphan::Escape;
use super::{Group, orphan};
use crate::error::Cancelled;
use crate::finally::Cleanup;
use crate::outcome::{Exit, Payload, confine, quietly};
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::reason::{Cause, Reason};
use crate::scope::region::Region;
use crate::scope::tree::{Kind, Park};
use crate::task::{Place, TaskId, TaskInfo};

/// What the kinds of groups differ in while they run.
///
/// Apart from [`Shape`], and not tied to the body's output: the type of a host must be `Send` for the
/// compiler also where an error type has a lifetime in it, `'static` included, and it can prove nothing
/// there that relates two types. Else a group inside a spawned task would not compile with
/// `Box<dyn Error>`.
pub(crate) trait Residents {
    /// Whether the children live in the host.
    const IS_LOCAL: bool = false;

    /// Whether the body's value stands for the work of all children, so that it is void where a cancel from outside
    /// ended one of them (TG5).
    const NEEDS_ALL: bool = true;

    /// Drops the children that live in this very task.
    fn drop_children(&mut self) {}

    /// Reports the errors that nobody gets, since the group has no host or resumes a panic.
    fn report_errors(&mut self, group: &Group) {
        group.report_errors();
    }
}

/// What the kinds of groups differ in when they end.
pub(crate) trait Shape<O>: Residents {
    /// What the body gives when it does not fail.
    type Value;
    /// What awaiting the group gives.
    type Output;

    /// Polls the children that live in this very task. Says whether there is something for the body.
    fn poll_children(&mut self, cx: &mut Context<'_>) -> bool {
        let _ = cx;
        false
    }

    /// Takes the body's output: its value, or nothing where it failed and the error was kept.
    fn body(&mut self, output: O, group: &Group) -> Option<Self::Value>;

    /// The output of a group that ended well.
    fn value(&mut self, value: Self::Value) -> Self::Output;

    /// The output of a group whose outcome is settled whatever the body gave: it failed, or its children alone count.
    fn settled(&mut self, group: &Group) -> Option<Self::Output> {
        let _ = group;
        None
    }

    /// The output of a group that was cancelled and absorbs.
    fn cancelled(&mut self, cancelled: Cancelled) -> Option<Self::Output> {
        let _ = cancelled;
        None
    }
}

/// The hooks of a group that are being run.
pub(crate) type HooksRun = Pin<Box<dyn Future<Output = Option<Payload>> + Send>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Body,
    Drain,
    Hooks,
    Done,
}

pin_project! {
    /// The future of every kind of group.
    pub(crate) struct Host<M, F, S, V>
    where
        S: Residents,
    {
        make: Option<M>,
        shape: S,
        stage: Stage,
        region: Region,
        // Of a root; elsewhere the runtime is found at the first poll.
        rt: Option<Arc<Rt>>,
        adopts: bool,
        group: Option<Arc<Group>>,
        #[pin]
        body: Option<F>,
        value: Option<V>,
        hooks: Option<HooksRun>,
    }

    impl<M, F, S, V> PinnedDrop for Host<M, F, S, V>
    where
        S: Residents,
    {
        fn drop(this: Pin<&mut Self>) {
            this.abandon();
        }
    }
}

impl<M, F, S, V> Host<M, F, S, V>
where
    M: FnOnce(&Arc<Group>, &mut S) -> F,
    F: Future,
    S: Shape<F::Output, Value = V>,
{
    pub(crate) fn new(kind: Kind, place: Place, make: M, shape: S) -> Self {
        Self {
            make: Some(make),
            shape,
            stage: Stage::New,
            region: Region::new(kind, place),
            rt: None,
            adopts: false,
            group: None,
            body: None,
            value: None,
            hooks: None,
        }
    }

    /// The root of a runtime, which also adopts what escapes from foreign tasks.
    pub(crate) fn root(rt: Arc<Rt>, place: Place, make: M, shape: S) -> Self {
        let mut host = Self::attached(rt, place, make, shape);
        host.adopts = true;
        host
    }

    /// A root inside a runtime that belongs to somebody else.
    pub(crate) fn attached(rt: Arc<Rt>, place: Place, make: M, shape: S) -> Self {
        let mut host = Self::new(Kind::Root, place, make, shape);
        host.rt = Some(rt);
        host
    }

    /// The shape, before the first poll.
    pub(crate) fn shape(&mut self) -> &mut S {
        &mut self.shape
    }

    /// Takes the group's place in the tree and makes the body (invariant 1).
    fn open(self: Pin<&mut Self>) {
        let mut this = self.project();
        let root = this.rt.take();
        let is_root = root.is_some();
        let rt = root.unwrap_or_else(Rt::here);
        let node = if is_root {
            this.region.settle_as_root()
        } else {
            this.region.settle()
        };
        let group = Group::new(node, rt, S::IS_LOCAL);
        if is_root {
            group.rt.add_root(Arc::downgrade(&group), *this.adopts);
        }
        *this.group = Some(group.clone());
        *this.stage = Stage::Body;
        if let Some(make) = this.make.take() {
            let shape = this.shape;
            match this.region.enter(|| confine(|| make(&group, shape))) {
                Ok(body) => this.body.set(Some(body)),
                Err(payload) => {
                    group.body_panicked(payload, current_task(&group));
                    *this.stage = Stage::Drain;
                }
            }
        }
    }

    /// Polls the body, and the children that live in this task.
    fn poll_body(self: Pin<&mut Self>, group: &Arc<Group>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            let was_cancelled = group.node.is_cancelled();
            match confine(|| this.region.poll_body(this.body.as_mut(), cx)) {
                Ok(Poll::Ready(output)) => *this.value = this.shape.body(output, group),
                Ok(Poll::Pending) => {
                    let has_news = this.region.enter(|| this.shape.poll_children(cx));
                    // A cancel that came from a child of this task: the body has a poll to see it.
                    if has_news || (group.node.is_cancelled() && !was_cancelled) {
                        continue;
                    }
                    if this.region.park(cx) == Park::Wait {
                        group.drop_cancelled_waiting();
                        return Poll::Pending;
                    }
                    if let Err(payload) = confine(|| this.region.drop_body(this.body)) {
                        group.body_panicked(payload, current_task(group));
                    }
                }
                Err(payload) => {
                    group.body_panicked(payload, current_task(group));
                    // A second panic, of the body's drop, has nowhere to go but the panic hook.
                    quietly(|| this.region.drop_body(this.body));
                }
            }
            return Poll::Ready(());
        }
    }

    /// Waits until nobody is alive, and closes the group.
    fn drain(self: Pin<&mut Self>, group: &Arc<Group>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        group.ledger.drain();
        // The second look is after the waker is registered; one more for a daemon that came in between.
        let mut registered = false;
        loop {
            // Until they have nothing more to tell: nobody polls this again for what is there already.
            while this.region.enter(|| this.shape.poll_children(cx)) {}
            group.drop_cancelled_waiting();
            if group.ledger.stop_daemons() {
                orphan::stop_daemons(group);
            }
            if group.node.kind() == Kind::Root {
                if group.ledger.has_no_tasks() {
                    group.rt.stop_guests(group);
                }
                if group.ledger.alive() == 0 {
                    orphan::take_in_forgotten(group);
                }
            }
            if group.try_close() {
                return Poll::Ready(());
            }
            if registered && !group.ledger.has_daemons_to_stop() {
                return Poll::Pending;
            }
            this.region.listen(cx);
            registered = true;
        }
    }

    fn exit(self: Pin<&mut Self>, group: &Arc<Group>) -> Exit {
        let this = self.project();
        if group.has_panicked() {
            Exit::Panicked
        } else if this.value.is_some() && !is_undone::<S>(group) && !group.has_failed() {
            Exit::Completed
        } else {
            Exit::Cancelled(this.region.visible_reason())
        }
    }

    /// What the group gives, now that nobody is alive and no hook is left.
    fn join(self: Pin<&mut Self>, group: &Arc<Group>) -> Poll<S::Output> {
        let this = self.project();
        let absorbed = this.region.absorbs();
        let undone = is_undone::<S>(group);
        this.region.leave();
        if let Some(payload) = group.take_panic() {
            this.shape.report_errors(group);
            resume_unwind(payload);
        }
        let output = match this.shape.settled(group) {
            Some(output) => Some(output),
            None => match this.value.take() {
                Some(value) if !undone => Some(this.shape.value(value)),
                Some(_) => None,
                None => absorbed.and_then(|cancelled| this.shape.cancelled(cancelled)),
            },
        };
        match output {
            Some(output) => Poll::Ready(output),
            // The region around absorbs, and code after this group does not run (SC5).
            None => Poll::Pending,
        }
    }
}

impl<M, F, S, V> Host<M, F, S, V>
where
    S: Residents,
{
    /// Where the group was made.
    pub(crate) fn place(&self) -> Place {
        self.region.place()
    }

    /// What a drop does: nothing for a host that has not begun or has ended; else foreign code has
    /// dropped it (SC13).
    fn abandon(self: Pin<&mut Self>) {
        let mut this = self.project();
        if matches!(this.stage, Stage::New | Stage::Done) {
            return;
        }
        let Some(group) = this.group.take() else {
            return;
        };
        let at_work = group.ledger.alive() > 0;
        group.cancel(Reason::here(Cause::Shutdown));
        let body = confine(|| this.region.drop_body(this.body.as_mut()));
        this.shape.drop_children();
        this.shape.report_errors(&group);
        let escape = Escape::Dropped { at_work };
        orphan::adopt(&group, this.region, this.hooks.take(), escape);
        // The panic of a destructor goes on, unless it would abort.
        if let Err(payload) = body {
            if !thread::panicking() {
                resume_unwind(payload);
            }
        }
    }
}

impl<M, F, S, V> Future for Host<M, F, S, V>
where
    M: FnOnce(&Arc<Group>, &mut S) -> F,
    F: Future,
    S: Shape<F::Output, Value = V>,
{
    type Output = S::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<S::Output> {
        if self.stage == Stage::New {
            self.as_mut().open();
        }
        let Some(group) = self.group.clone() else {
            return Poll::Pending;
        };
        loop {
            let next = match self.stage {
                Stage::Body => {
                    ready!(self.as_mut().poll_body(&group, cx));
                    Stage::Drain
                }
                Stage::Drain => {
                    ready!(self.as_mut().drain(&group, cx));
                    if group.seal_hooks() {
                        *self.as_mut().project().stage = Stage::Done;
                        return self.join(&group);
                    }
                    let exit = self.as_mut().exit(&group);
                    let hooks = run_hooks(group.clone(), exit, true);
                    *self.as_mut().project().hooks = Some(Box::pin(Cleanup::new(
                        Kind::Hooks,
                        group.place,
                        None,
                        hooks,
                    )));
                    Stage::Hooks
                }
                Stage::Hooks => {
                    let this = self.as_mut().project();
                    if let Some(hooks) = this.hooks {
                        ready!(this.region.enter(|| hooks.as_mut().poll(cx)));
                        *this.hooks = None;
                    }
                    *this.stage = Stage::Done;
                    return self.join(&group);
                }
                Stage::New | Stage::Done => return Poll::Pending,
            };
            *self.as_mut().project().stage = next;
        }
    }
}

/// Whether a cancel from outside ended a child: then the work was not done, whatever the body's value
/// says (TG5).
fn is_undone<S: Residents>(group: &Group) -> bool {
    S::NEEDS_ALL && group.node.outside_cancelled() && group.ledger.was_cut()
}

/// Who runs the body.
pub(crate) fn current_task(group: &Group) -> TaskInfo {
    current::task_info().unwrap_or_else(|| TaskInfo::new(TaskId::next(), None, group.place))
}
