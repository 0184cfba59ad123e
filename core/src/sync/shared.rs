//! A value that one piece of code gives, once, and any number wait for.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use super::event::{Event, EventWait};
use super::label::Label;
use crate::task::Place;

/// A value that will be given once, and the ends of it: who gives it, and who waits for it. The second can be cloned.
///
/// Keeps PR2.
///
/// ```
/// use anyrt::sync::promise;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let (promise, shared) = promise();
/// let both = anyrt::gather((shared.wait(), shared.wait()));
/// let (both, ()) = anyrt::gather((both, async { promise.set(7) })).await;
/// assert_eq!(both, (Ok(&7), Ok(&7)));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn promise<T>() -> (Promise<T>, Shared<T>) {
    let state = Arc::new(State {
        value: OnceLock::new(),
        ended: Event::of(Label::new("promise", Place::caller())),
    });
    (Promise(state.clone()), Shared(state))
}

struct State<T> {
    value: OnceLock<T>,
    /// Whether it has been given, or never will be.
    ended: Event,
}

/// The end of a [`promise`] that gives the value. Dropped without one it breaks the promise.
#[must_use = "dropped it breaks the promise"]
pub struct Promise<T>(Arc<State<T>>);

impl<T> Promise<T> {
    /// Gives the value, to all who wait and all who will.
    pub fn set(self, value: T) {
        // It is the first: this is the only one, and it is gone with this call.
        let _ = self.0.value.set(value);
    }

    /// Whether nobody is left who could ask for the value.
    pub fn is_unwanted(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.ended.set();
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise")
            .field("waiting", &self.0.ended.statistics().waiting)
            .finish_non_exhaustive()
    }
}

/// The end of a [`promise`] that waits for the value.
pub struct Shared<T>(Arc<State<T>>);

impl<T> Shared<T> {
    /// Waits for the value.
    ///
    /// # Errors
    ///
    /// [`BrokenPromise`].
    ///
    /// # Cancellation
    ///
    /// As [`Event::wait`].
    pub fn wait(&self) -> SharedWait<'_, T> {
        SharedWait {
            shared: self,
            wait: self.0.ended.wait(),
        }
    }

    /// The value, if it has been given.
    pub fn get(&self) -> Option<&T> {
        self.0.value.get()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("value", &self.get())
            .field("waiting", &self.0.ended.statistics().waiting)
            .finish()
    }
}

/// The future of [`Shared::wait`].
#[must_use = "futures do nothing unless polled"]
pub struct SharedWait<'a, T> {
    shared: &'a Shared<T>,
    wait: EventWait<'a>,
}

impl<'a, T> Future for SharedWait<'a, T> {
    type Output = Result<&'a T, BrokenPromise>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(Pin::new(&mut self.wait).poll(cx));
        Poll::Ready(self.shared.get().ok_or(BrokenPromise))
    }
}

impl<T> fmt::Debug for SharedWait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedWait").finish_non_exhaustive()
    }
}

/// The [`Promise`] was dropped without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenPromise;

impl fmt::Display for BrokenPromise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the promise was dropped without a value")
    }
}

impl Error for BrokenPromise {}
