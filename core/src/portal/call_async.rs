//! A call from one runtime into another: neither blocks (TH10).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::task::PortalTask;
use super::{Portal, PortalError};
use crate::checkpoint::Gate;
use crate::group::handle::Spec;
use crate::scope::current;
use crate::scope::region::Region;
use crate::scope::tree::Kind;

/// The future of [`Portal::call_async`], and its options.
#[must_use = "futures do nothing unless polled"]
pub struct CallAsync<F: Future> {
    portal: Portal,
    spec: Spec,
    /// The wait: a shield, which holds the caller's region and is told of its cancel; one that may be
    /// abandoned holds nothing, and its cancel ends the wait.
    region: Region,
    step: Step<F>,
}

enum Step<F: Future> {
    New(F),
    Waiting(PortalTask<F::Output>),
    Done,
}

impl<F> CallAsync<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    pub(super) fn new(portal: Portal, spec: Spec, future: F) -> Self {
        Self {
            region: Region::new(Kind::Shield, spec.place),
            portal,
            spec,
            step: Step::New(future),
        }
    }

    /// Lets a cancel leave the call behind: the caller goes at once. The call is cancelled, unwinds by
    /// itself, and the portal waits for it.
    pub fn abandon_on_cancel(mut self) -> Self {
        if matches!(self.step, Step::New(_)) {
            self.region = Region::new(Kind::Abandonable, self.spec.place);
        }
        self
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<F::Output, PortalError>> {
        let Step::Waiting(task) = &mut self.step else {
            return Poll::Pending;
        };
        if let Poll::Ready(ended) = self.region.enter(|| task.poll(cx)) {
            // Before a panic is resumed: nothing is held any more.
            self.region.leave();
            return Poll::Ready(task.result(ended));
        }
        // Registered before the outside is looked at: whoever cancels it from now on wakes this.
        self.region.listen(cx);
        let node = self.region.node();
        if node.is_some_and(|node| node.outside_cancelled()) {
            task.cancel();
        }
        Poll::Pending
    }
}

/// The future is handed over, never polled here.
impl<F: Future> Unpin for CallAsync<F> {}

impl<F> Future for CallAsync<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = Result<F::Output, PortalError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if matches!(this.step, Step::New(_)) {
            ready!(Gate::new().pass());
        }
        this.step = match std::mem::replace(&mut this.step, Step::Done) {
            Step::New(future) => match this.portal.start(this.spec.clone(), future) {
                Ok(task) => Step::Waiting(task),
                Err(error) => return Poll::Ready(Err(error)),
            },
            step => step,
        };
        let result = ready!(this.wait(cx));
        this.step = Step::Done;
        match result {
            // Its own cancel comes first: the caller unwinds as well.
            Err(PortalError::Cancelled(_)) if current::is_cancelled() => Poll::Pending,
            result => Poll::Ready(result),
        }
    }
}

impl<F: Future> Drop for CallAsync<F> {
    fn drop(&mut self) {
        if let Step::Waiting(task) = &self.step {
            task.cancel();
        }
    }
}

impl<F: Future> fmt::Debug for CallAsync<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallAsync")
            .field("portal", &self.portal)
            .finish_non_exhaustive()
    }
}
