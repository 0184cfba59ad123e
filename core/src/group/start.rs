//! `start`: spawn a child and wait until it says that it has started (ST1 to ST3).
//!
//! One protocol between three sides, which is longer than other files and not clearer in parts.
//!
//! | event                         | state    | the child                      | `start`                     |
//! |-------------------------------|----------|--------------------------------|-----------------------------|
//! | first poll                    | Waiting  | is below the region of `start` | holds the caller's region   |
//! | `set`, caller not cancelled   | Moved    | is moved to the group          | gives the value             |
//! | `set`, caller cancelled       | Waiting  | stays; its next wait ends it   | waits for the child's end   |
//! | the child ends                | Ended    | is gone                        | gives the error or panic    |
//! | foreign drop of `start`       | Left     | is cancelled, and adopted      | -                           |
//!
//! # Always true
//!
//! 1. The group counts the child from the first poll on, so it stays open while `start` waits.
//! 2. `set` and the child's end settle under one lock which of them came first.
//! 3. Lock order: the limit, the link, the tree.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::{fmt, mem};

use anyrt_backend::Task;
use pin_project_lite::pin_project;

use super::Group;
use super::handle::Spec;
use super::orphan::adopt_task;
use crate::error::StartError;
use crate::loom::Mutex;
use crate::outcome::{Payload, confine, wake};
use crate::report::Report;
use crate::scope::reason::{Cause, Reason};
use crate::scope::region::Region;
use crate::scope::tree::{self, Kind, Node};
use crate::shield::shield;
use crate::task::cell::Cell;
use crate::task::child::{Child, ToGroup};
use crate::task::{Member, TaskCore, TaskHandle, TaskStatus};

/// What a started child, its `Started` and the wait share.
pub(crate) struct Link {
    state: Mutex<State>,
    caller: Arc<Node>,
    group: Arc<Node>,
    child: OnceLock<Arc<Node>>,
}

struct State {
    phase: Phase,
    waker: Option<Waker>,
}

enum Phase {
    Waiting,
    Moved,
    /// How, and whether the caller was cancelled by then: what `start` has been granted before stays its own (SC4).
    Ended(TaskStatus, Option<Payload>, bool),
    /// Foreign code dropped `start`; `gone` says whether the child has ended since.
    Left {
        gone: bool,
    },
}

/// Whose business the end of a child is.
pub(crate) enum Business {
    Group(Option<Payload>),
    /// `start` has been told; its waker is woken when the child is out of the group.
    Start(Option<Waker>),
    /// Nobody's: errors and panics go to the hook.
    Orphan(Option<Payload>),
}

impl Link {
    fn new(caller: Arc<Node>, group: Arc<Node>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                phase: Phase::Waiting,
                waker: None,
            }),
            caller,
            group,
            child: OnceLock::new(),
        })
    }

    /// Moves the child to the group, if it may still start. `publish` runs before the wait can see it.
    fn start(&self, publish: impl FnOnce()) {
        let Some(child) = self.child.get() else {
            return;
        };
        let (sweep, waker) = {
            let mut state = self.state.lock();
            if !matches!(state.phase, Phase::Waiting) {
                return;
            }
            let Some(sweep) = child.move_to(&self.caller, &self.group) else {
                return;
            };
            publish();
            state.phase = Phase::Moved;
            (sweep, state.waker.take())
        };
        sweep.run();
        let daemons_stopped = || Some(self.group.group()?.ledger.daemons_are_stopped());
        if child.kind() == Kind::Daemon && daemons_stopped() == Some(true) {
            tree::cancel(child, Reason::here(Cause::Shutdown));
        }
        wake(waker);
    }

    /// Whether the region that the child lives in at this moment is effectively cancelled.
    pub(crate) fn is_cancelled_around(&self) -> bool {
        let state = self.state.lock();
        match state.phase {
            Phase::Waiting => self.caller.is_cancelled(),
            _ => self.group.is_cancelled(),
        }
    }

    /// Settles whose business the child's end is, and tells `start` if it is that.
    pub(crate) fn end(&self, status: TaskStatus, panic: Option<Payload>) -> Business {
        let mut state = self.state.lock();
        match state.phase {
            Phase::Waiting => {
                state.phase = Phase::Ended(status, panic, self.caller.is_cancelled());
                Business::Start(state.waker.take())
            }
            Phase::Left { .. } => Business::Orphan(panic),
            Phase::Moved | Phase::Ended(..) => Business::Group(panic),
        }
    }

    /// Tells those who adopted the child that it is gone.
    pub(crate) fn gone(&self) {
        let waker = {
            let mut state = self.state.lock();
            state.phase = Phase::Left { gone: true };
            state.waker.take()
        };
        wake(waker);
    }

    /// Ready once the child has started or ended; for those who adopted it, once it is gone.
    fn poll(&self, cx: &Context<'_>) -> Poll<Phase> {
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        match state.phase {
            Phase::Waiting | Phase::Left { gone: false } => {
                let old = state.waker.replace(waker);
                drop(state);
                drop(old);
                Poll::Pending
            }
            Phase::Moved => Poll::Ready(Phase::Moved),
            Phase::Ended(..) | Phase::Left { gone: true } => {
                Poll::Ready(mem::replace(&mut state.phase, Phase::Left { gone: true }))
            }
        }
    }

    /// Gives the wait up. Says in which phase.
    fn leave(&self) -> Phase {
        let mut state = self.state.lock();
        let gone = !matches!(state.phase, Phase::Waiting);
        let phase = match state.phase {
            Phase::Moved => Phase::Moved,
            _ => mem::replace(&mut state.phase, Phase::Left { gone }),
        };
        let waker = state.waker.take();
        drop(state);
        drop(waker);
        phase
    }
}

/// What a child says when it has started.
///
/// `set` takes it by value, so it can be said once only. It may be moved to another task or thread.
#[must_use = "a child that drops this unused has not started"]
pub struct Started<V> {
    link: Arc<Link>,
    value: Arc<Mutex<Option<V>>>,
}

impl<V> Started<V> {
    /// Says that the task has started, and hands its first value to the caller of `start`.
    ///
    /// From now on the task lives in its group. Where the caller's region was cancelled before, this
    /// does nothing: the task stays where it is, and its next wait ends it (ST2).
    pub fn set(self, value: V) {
        let mut value = Some(value);
        self.link.start(|| *self.value.lock() = value.take());
    }
}

impl<V> fmt::Debug for Started<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}

/// A child that was made for `start`.
pub(crate) struct Begun<H> {
    pub(crate) handle: H,
    /// What the backend is to run; `None` where the group runs its children itself.
    pub(crate) task: Option<Task>,
    /// The child, if it takes a place of the group.
    pub(crate) limited: Option<Arc<dyn Member>>,
}

pin_project! {
    /// The future of `start`.
    pub(crate) struct StartRun<B, V, E, H> {
        group: Arc<Group>,
        spec: Option<Spec>,
        begin: Option<B>,
        region: Region,
        link: Option<Arc<Link>>,
        value: Arc<Mutex<Option<V>>>,
        error: Arc<Mutex<Option<E>>>,
        // What the hook is given of an error that nobody else gets.
        lose: fn(E) -> Box<dyn Any + Send>,
        handle: Option<H>,
        // Whether the group was told of the caller's cancel.
        told: bool,
    }

    impl<B, V, E, H> PinnedDrop for StartRun<B, V, E, H> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let Some(link) = this.link.take() else { return };
            let task = || link.child.get()?.task();
            match link.leave() {
                Phase::Waiting => {}
                Phase::Ended(_, panic, _) => {
                    // What `start` would have given has nobody to be given to.
                    let error = this.error.lock().take().map(*this.lose);
                    this.group.lose_end(panic, error, task());
                    return;
                }
                Phase::Moved | Phase::Left { .. } => return,
            }
            // The child is cancelled, and the nearest group waits for it (SC13).
            this.group.rt.report(Report::Escaped {
                region: Kind::Start.name(),
                place: this.region.place(),
            });
            if let Some(child) = link.child.get() {
                tree::cancel(child, Reason::here(Cause::Shutdown));
                this.group.child_was_cancelled();
            }
            let from = this.region.node().and_then(|node| node.parent());
            adopt_task(from.as_ref(), None, &this.group.rt, async move {
                shield(poll_fn(|cx| link.poll(cx).map(drop))).await;
            });
        }
    }
}

impl<B, V, E, H> StartRun<B, V, E, H>
where
    B: FnOnce(TaskCore, Started<V>, Arc<Mutex<Option<E>>>) -> Begun<H>,
{
    /// `begin` makes the child's future and its handle.
    pub(crate) fn new(
        group: Arc<Group>,
        spec: Spec,
        begin: B,
        lose: fn(E) -> Box<dyn Any + Send>,
    ) -> Self {
        Self {
            region: Region::new(Kind::Start, spec.place),
            group,
            spec: Some(spec),
            begin: Some(begin),
            link: None,
            value: Arc::default(),
            error: Arc::default(),
            lose,
            handle: None,
            told: false,
        }
    }

    /// Takes the child into the caller's region. Says `false` if the group has closed.
    fn begin(self: Pin<&mut Self>, spec: Spec) -> bool {
        let this = self.project();
        let group = &*this.group;
        if !group.ledger.admit(spec.daemon) {
            return false;
        }
        let caller = this.region.settle();
        let link = Link::new(caller.clone(), group.node.clone());
        let limited = !spec.daemon && group.is_limited();
        let daemon = spec.daemon;
        let mut core = TaskCore::new(group.clone(), spec.place, daemon, limited);
        core.make_solid(spec.name, &caller);
        core.link = Some(link.clone());
        let child = core.solidify();
        link.child.get_or_init(|| child.clone());
        let started = Started {
            link: link.clone(),
            value: this.value.clone(),
        };
        let Some(begin) = this.begin.take() else {
            unreachable!("a start begins once")
        };
        match confine(|| begin(core, started, this.error.clone())) {
            Ok(begun) => {
                *this.handle = Some(begun.handle);
                *this.link = Some(link);
                if let Some(task) = begun.task {
                    group.launch(task, begun.limited);
                }
            }
            Err(payload) => {
                // There is no child: the closure that was to make it panicked.
                child.detach();
                group.count_out(daemon);
                this.region.leave();
                resume_unwind(payload);
            }
        }
        true
    }
}

impl<B, V, E, H> Future for StartRun<B, V, E, H>
where
    B: FnOnce(TaskCore, Started<V>, Arc<Mutex<Option<E>>>) -> Begun<H>,
{
    type Output = Result<(V, H), StartError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(spec) = self.as_mut().project().spec.take() {
            if !self.as_mut().begin(spec) {
                return Poll::Ready(Err(StartError::Closed));
            }
        }
        let this = self.project();
        let Some(link) = this.link.as_ref() else {
            return Poll::Pending;
        };
        let Poll::Ready(phase) = link.poll(cx) else {
            // A child that waits for its place has to be told of the caller's cancel, once.
            this.region.listen(cx);
            if !*this.told && this.region.node().is_some_and(|node| node.is_cancelled()) {
                *this.told = true;
                this.group.child_was_cancelled();
            }
            return Poll::Pending;
        };
        *this.link = None;
        this.region.leave();
        match phase {
            Phase::Moved => match (this.value.lock().take(), this.handle.take()) {
                (Some(value), Some(handle)) => Poll::Ready(Ok((value, handle))),
                _ => Poll::Pending,
            },
            Phase::Ended(_, Some(payload), _) => resume_unwind(payload),
            Phase::Ended(TaskStatus::Failed, None, _) => match this.error.lock().take() {
                Some(error) => Poll::Ready(Err(StartError::Failed(error))),
                None => Poll::Ready(Err(StartError::NotStarted)),
            },
            // The region around absorbs, and code after this start does not run.
            Phase::Ended(_, None, true) => Poll::Pending,
            _ => Poll::Ready(Err(StartError::NotStarted)),
        }
    }
}

/// `start` for groups whose children any thread may run.
pub(crate) fn start<V, M, F, S, T, E>(
    group: Arc<Group>,
    spec: Spec,
    make: M,
    split: S,
) -> impl Future<Output = Result<(V, TaskHandle<T>), StartError<E>>> + use<V, M, F, S, T, E>
where
    V: Send + 'static,
    M: FnOnce(Started<V>) -> F,
    F: Future<Output: 'static> + Send + 'static,
    S: Fn(F::Output) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let begin = move |core: TaskCore, started, error| {
        let future = make(started);
        let cell = Arc::new(Cell::new(core));
        let member: Arc<dyn Member> = cell.clone();
        let limited = cell.core().limited.then(|| member.clone());
        let child = Child::new(future, member, ToGroup::new(split, Some(error)));
        Begun {
            handle: TaskHandle::new(cell),
            task: Some(Task::new(Box::pin(child))),
            limited,
        }
    };
    StartRun::new(group, spec, begin, |error| Box::new(error))
}
