//! What is made of the ends: counted by the group, until it has what it was made for.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::crowd::Crowd;
use super::ends::Ends;
use crate::checkpoint::spend_budget;
use crate::group::Group;
use crate::group::host::{Residents, Shape, current_task};
use crate::group::local::report_local_errors;
use crate::outcome::{confine, quietly};
use crate::scope::reason::{Cause, Reason};

/// What a combinator makes of the ends of its futures.
pub trait Tally<T> {
    /// What it gives.
    type Output;

    /// Takes one in. Says whether the others are not needed any more.
    fn add(&mut self, number: usize, end: T) -> bool;

    /// Whether there is an outcome when all have ended.
    fn has_outcome(&self) -> bool {
        true
    }

    /// The outcome.
    fn output(self) -> Self::Output;

    /// How many errors it has that must not vanish where there is no outcome.
    fn errors(&self) -> usize {
        0
    }
}

/// Futures, and what is made of their ends.
pub(super) struct Tallied<S, F, T, K> {
    pub(super) crowd: Crowd<S, F, T>,
    /// Until it is asked.
    tally: Option<K>,
    errors: fn(&K) -> usize,
}

impl<S, F, T, K> Tallied<S, F, T, K> {
    pub(super) fn new(crowd: Crowd<S, F, T>, tally: K) -> Self
    where
        K: Tally<T>,
    {
        Self {
            crowd,
            tally: Some(tally),
            errors: K::errors,
        }
    }

    pub(super) fn open(group: &Arc<Group>, tallied: &mut Self) -> Settled<T> {
        tallied.crowd.open(group);
        Settled {
            ends: tallied.crowd.ends.clone(),
            group: group.clone(),
        }
    }
}

impl<S, F, T, K: Tally<T>> Tallied<S, F, T, K> {
    /// Takes in what there is. Says whether that settles the outcome.
    fn count(&mut self) -> bool {
        loop {
            let (number, end) = match self.crowd.ends.take() {
                Poll::Ready(Some(next)) => next,
                Poll::Ready(None) => {
                    let has_outcome = self.tally.as_ref().is_some_and(K::has_outcome);
                    return has_outcome && self.crowd.ends.is_whole();
                }
                Poll::Pending => return false,
            };
            // What is not kept is dropped here.
            match confine(|| {
                self.tally
                    .as_mut()
                    .is_some_and(|tally| tally.add(number, end))
            }) {
                Ok(true) => return true,
                Ok(false) => {}
                Err(payload) => {
                    if let Some(group) = self.crowd.group() {
                        group.body_panicked(payload, current_task(group));
                    }
                }
            }
        }
    }
}

impl<S, F, T, K> Residents for Tallied<S, F, T, K> {
    const IS_LOCAL: bool = true;

    fn drop_children(&mut self) {
        self.crowd.drop_children();
    }

    fn report_errors(&mut self, group: &Group) {
        let tally = self.tally.take();
        report_local_errors(group, tally.as_ref().map_or(0, self.errors));
        // With values in it, whose destructors must not keep the group from being handed on.
        quietly(|| drop(tally));
    }
}

impl<S, F, T, K> Shape<()> for Tallied<S, F, T, K>
where
    S: Iterator<Item = F>,
    F: Future<Output = T>,
    K: Tally<T>,
{
    // The outcome is asked for when nobody is left, and stands whether the body was there to see it or had been dropped by
    // a cancel: value beats cancellation (SC3).
    type Value = Infallible;
    type Output = K::Output;

    fn poll_children(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            let has_news = self.crowd.poll(cx);
            if self.count() && !self.crowd.ends.is_settled() {
                self.crowd.ends.settle();
                return true;
            }
            if !has_news || spend_budget(cx).is_pending() {
                return false;
            }
        }
    }

    fn body(&mut self, (): (), _: &Group) -> Option<Infallible> {
        None
    }

    fn value(&mut self, none: Infallible) -> K::Output {
        match none {}
    }

    fn settled(&mut self, _: &Group) -> Option<K::Output> {
        let tally = self.tally.take_if(|_| self.crowd.ends.is_settled());
        tally.map(K::output)
    }
}

/// The body: it waits for the outcome, and cancels those that are not needed any more.
pub(super) struct Settled<T> {
    ends: Arc<Ends<T>>,
    group: Arc<Group>,
}

impl<T> Future for Settled<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if !self.ends.is_settled() {
            // The host polls this again as soon as it is.
            return Poll::Pending;
        }
        not_needed(&self.group);
        Poll::Ready(())
    }
}

/// Cancels those that are still at work.
pub(super) fn not_needed(group: &Group) {
    if !group.ledger.has_no_tasks() {
        group.cancel(Reason::here(Cause::NotNeeded));
    }
}
