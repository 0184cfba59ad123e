//! Whose blocking call a thread runs, and what comes with it: the runtime, the region, the token, the name
//! of the task, its values and its span.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use super::limiter::{CapacityLimiter, Token};
use crate::context::Context;
#[cfg(feature = "tracing")]
use crate::outcome::quietly;
use crate::outcome::{Payload, confine};
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::tree::Node;
use crate::task::TaskInfo;

crate::loom::thread_local! {
    static CALLER: RefCell<Option<Caller>> = const { RefCell::new(None) };
}

/// Who a blocking call is made for. It travels with the closure.
pub(crate) struct Caller {
    pub(super) rt: Arc<Rt>,
    /// The region of the call.
    pub(super) node: Arc<Node>,
    /// Whether the call may be left behind.
    abandonable: bool,
    task: Option<TaskInfo>,
    /// Of the limiter that let the closure through.
    token: Option<Token>,
    context: Context,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// The part of it that code on the thread asks for.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) rt: Arc<Rt>,
    pub(super) node: Arc<Node>,
    pub(super) abandonable: bool,
    pub(super) task: Option<TaskInfo>,
    pub(super) limiter: Option<CapacityLimiter>,
}

impl Caller {
    /// The code that runs now, for a call whose region is `node`.
    pub(super) fn new(rt: Arc<Rt>, node: Arc<Node>) -> Self {
        Self {
            rt,
            node,
            abandonable: false,
            task: current::task_info(),
            token: None,
            context: Context::current(),
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }

    /// The code that runs now, as this task, which has been let through.
    pub(super) fn admitted(
        rt: Arc<Rt>,
        node: Arc<Node>,
        task: Option<TaskInfo>,
        token: Token,
        abandonable: bool,
    ) -> Self {
        Self {
            rt,
            node,
            abandonable,
            task,
            token: Some(token),
            context: Context::current(),
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }

    pub(super) fn with_token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    pub(super) fn abandonable(mut self, abandonable: bool) -> Self {
        self.abandonable = abandonable;
        self
    }

    /// Runs a closure on this thread in the caller's name.
    pub(super) fn run<T>(self, f: impl FnOnce() -> T) -> (Self, Result<T, Payload>) {
        let context = self.context.clone();
        #[cfg(feature = "tracing")]
        let span = self.span.clone();
        let mut caller = Some(self);
        let result = instead(&mut caller, || {
            #[cfg(feature = "tracing")]
            let f = || span.in_scope(f);
            let _entered = context.enter();
            confine(f)
        });
        let Some(caller) = caller else {
            unreachable!("it is given back")
        };
        (caller, result)
    }

    /// Lets go of what came with the closure: the token first.
    pub(super) fn let_go(&mut self) {
        drop(self.token.take());
        self.context.clear();
        #[cfg(feature = "tracing")]
        quietly(|| self.span = tracing::Span::none());
    }
}

/// Runs `f` with another caller in the place of this thread's.
fn instead<R>(caller: &mut Option<Caller>, f: impl FnOnce() -> R) -> R {
    struct Exchanged<'a>(&'a mut Option<Caller>);

    impl Exchanged<'_> {
        fn exchange(&mut self) {
            // While the thread is being torn down there is no caller to replace.
            let _ = CALLER.try_with(|current| mem::swap(&mut *current.borrow_mut(), self.0));
        }
    }

    impl Drop for Exchanged<'_> {
        fn drop(&mut self) {
            self.exchange();
        }
    }

    let mut exchanged = Exchanged(caller);
    exchanged.exchange();
    f()
}

/// Runs `f` as a part of no blocking call: a runtime that is started inside of one has tasks on this
/// thread.
pub(crate) fn outside_of_workers<R>(f: impl FnOnce() -> R) -> R {
    instead(&mut None, f)
}

/// Whether this thread runs a blocking call of ours, so that it may block.
pub(crate) fn is_worker() -> bool {
    with(|_| ()).is_some()
}

/// The runtime whose blocking call this thread runs.
pub(crate) fn runtime() -> Option<Arc<Rt>> {
    with(|caller| caller.rt.clone())
}

/// The task whose blocking call this thread runs.
pub(crate) fn task() -> Option<TaskInfo> {
    with(|caller| caller.task.clone())?
}

/// The blocking call that this thread runs.
pub(super) fn call() -> Option<Call> {
    with(|caller| Call {
        rt: caller.rt.clone(),
        node: caller.node.clone(),
        abandonable: caller.abandonable,
        task: caller.task.clone(),
        limiter: caller.token.as_ref().map(Token::limiter),
    })
}

/// Whether the blocking call that this thread runs is cancelled.
pub(super) fn is_cancelled() -> Option<bool> {
    with(|caller| caller.node.is_cancelled())
}

fn with<R>(f: impl FnOnce(&Caller) -> R) -> Option<R> {
    CALLER
        .try_with(|caller| caller.borrow().as_ref().map(f))
        .ok()?
}
