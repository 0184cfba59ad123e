//! How a part of a program ended, and how a panic is carried.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

use crate::scope::reason::Reason;

/// What a panic was called with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// How a body ended, as its cleanup is told (FI1).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// It returned.
    Completed,
    /// It was dropped at a wait, for this reason.
    Cancelled(Reason),
    /// It panicked.
    Panicked,
}

/// How a body ended, with what it left.
#[derive(Debug)]
pub(crate) enum Ending<T> {
    Value(T),
    Cancelled(Reason),
    Panicked(Payload),
}

impl<T> Ending<T> {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Ending::Value(_) => Exit::Completed,
            Ending::Cancelled(reason) => Exit::Cancelled(reason.clone()),
            Ending::Panicked(_) => Exit::Panicked,
        }
    }
}

/// Runs user code and keeps its panic.
///
/// What the code leaves half done is never looked at again: it is dropped, or its region unwinds.
pub(crate) fn confine<R>(f: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Runs code of wakers, hooks and destructors, whose panic has nowhere to go but the panic hook.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = confine(f) {
        // What a panic is called with may panic in its own destructor.
        if let Err(payload) = confine(|| drop(payload)) {
            mem::forget(payload);
        }
    }
}

/// Wakes, with no lock held. A panic of one waker keeps no other from being woken.
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        quietly(|| waker.wake());
    }
}

/// What a panic said, as the standard library's hook would print it.
pub(crate) fn message_of(payload: &Payload) -> String {
    if let Some(message) = payload.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else {
        "a payload that is no text".to_owned()
    }
}
