//! Whose blocking call a thread runs, and what comes with it: the runtime, the region, the token, the name
//! of the task, its values and its span.
//!
//! A call is a part of what its closure and its caller share ([`Hop`](super::hop::Hop)), so a thread has a reference of
//! it for the time that it runs the closure, and nothing is copied on the way.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use super::limiter::{CapacityLimiter, Token};
use crate::context::Context;
use crate::loom::Mutex;
#[cfg(feature = "tracing")]
use crate::outcome::quietly;
use crate::outcome::{Payload, confine};
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::tree::{CallSeat, Node};
use crate::task::{Place, TaskInfo};

crate::loom::thread_local! {
    static CALLED: RefCell<Option<Arc<dyn Called>>> = const { RefCell::new(None) };
}

/// A blocking call: who it is made for.
pub(crate) struct Call {
    pub(super) rt: Arc<Rt>,
    pub(super) place: Place,
    /// Of the region of the call.
    pub(super) seat: CallSeat,
    /// Whether the call may be left behind.
    pub(super) abandonable: bool,
    pub(super) task: Option<TaskInfo>,
    /// Of the limiter that let the closure through, for as long as that is at work.
    pub(super) token: Mutex<Option<Token>>,
}

/// What has a call.
pub(crate) trait Called: Send + Sync {
    fn call(&self) -> &Call;
}

impl Call {
    /// A call of the code that runs now, whose region is `node`.
    pub(super) fn new(rt: Arc<Rt>, place: Place, node: Arc<Node>) -> Self {
        Self {
            rt,
            place,
            seat: CallSeat::solid(node),
            abandonable: false,
            task: current::task_info(),
            token: Mutex::new(None),
        }
    }

    pub(super) fn abandonable(mut self, abandonable: bool) -> Self {
        self.abandonable = abandonable;
        self
    }

    /// The region of the call.
    pub(super) fn node(&self) -> &Arc<Node> {
        self.seat.node()
    }

    /// The limiter that let the closure through.
    pub(super) fn limiter(&self) -> Option<CapacityLimiter> {
        self.token.lock().as_ref().map(Token::limiter)
    }

    pub(super) fn grant(&self, token: Token) {
        *self.token.lock() = Some(token);
    }

    pub(super) fn give_token_back(&self) {
        let token = self.token.lock().take();
        drop(token);
    }
}

/// What travels with a closure from the code that sends it.
pub(super) struct Luggage {
    context: Context,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Luggage {
    /// That of the code that runs now.
    pub(super) fn here() -> Self {
        Self {
            context: Context::current(),
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }

    /// Lets go of it, whose destructors must not unwind.
    pub(super) fn clear(&mut self) {
        self.context.clear();
        #[cfg(feature = "tracing")]
        quietly(|| self.span = tracing::Span::none());
    }
}

/// Runs a closure on this thread, as that of this call.
pub(super) fn run<T>(
    called: Arc<dyn Called>,
    luggage: &Luggage,
    f: impl FnOnce() -> T,
) -> Result<T, Payload> {
    instead(Some(called), || {
        #[cfg(feature = "tracing")]
        let f = || luggage.span.in_scope(f);
        let _entered = luggage.context.enter();
        confine(f)
    })
}

/// Runs `f` with another call in the place of this thread's.
fn instead<R>(called: Option<Arc<dyn Called>>, f: impl FnOnce() -> R) -> R {
    let _restore = Restore(exchange(called));
    f()
}

/// Puts the call before back in its place.
struct Restore(Option<Arc<dyn Called>>);

impl Drop for Restore {
    fn drop(&mut self) {
        drop(exchange(self.0.take()));
    }
}

fn exchange(mut called: Option<Arc<dyn Called>>) -> Option<Arc<dyn Called>> {
    // While the thread is being torn down there is no call to replace.
    let _ = CALLED.try_with(|current| mem::swap(&mut *current.borrow_mut(), &mut called));
    called
}

/// Runs `f` as a part of no blocking call: a runtime that is started inside of one has tasks on this
/// thread.
pub(crate) fn outside_of_workers<R>(f: impl FnOnce() -> R) -> R {
    instead(None, f)
}

/// Whether this thread runs a blocking call of ours, so that it may block.
pub(crate) fn is_worker() -> bool {
    with(|_| ()).is_some()
}

/// The runtime whose blocking call this thread runs.
pub(crate) fn runtime() -> Option<Arc<Rt>> {
    with(|call| call.rt.clone())
}

/// The task whose blocking call this thread runs.
pub(crate) fn task() -> Option<TaskInfo> {
    with(|call| call.task.clone())?
}

/// The blocking call that this thread runs.
pub(super) fn called() -> Option<Arc<dyn Called>> {
    CALLED
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten()
}

/// Whether the blocking call that this thread runs is cancelled.
pub(super) fn is_cancelled() -> Option<bool> {
    with(|call| call.seat.is_cancelled())
}

fn with<R>(f: impl FnOnce(&Call) -> R) -> Option<R> {
    CALLED
        .try_with(|current| current.borrow().as_deref().map(|called| f(called.call())))
        .ok()?
}
