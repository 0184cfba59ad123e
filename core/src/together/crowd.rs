//! The futures of a combinator while they run: children of its group that live in the host.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pin_project_lite::pin_project;

use super::ends::{Ends, ToEnds};
use crate::group::Group;
use crate::group::handle::Spec;
use crate::group::host::{Residents, current_task};
use crate::outcome::{confine, quietly};
use crate::task::Member;
use crate::task::cell::Cell;
use crate::task::child::Child;

/// Futures that run, and where further ones come from.
///
/// The type relates source, futures and ends in no way: see [`Residents`].
pub(super) struct Crowd<S, F, T> {
    /// Gone when it has no more to give, or nobody needs more.
    source: Option<S>,
    /// How many may be at work, or ended and not taken, at once.
    pub(super) limit: usize,
    running: FuturesUnordered<Branch<F, T>>,
    pub(super) ends: Arc<Ends<T>>,
    group: Option<Arc<Group>>,
    begun: usize,
    /// Whether all that could begin or go on have done so once.
    has_waited: bool,
    /// Whether the source has ended since that was last told.
    has_news: bool,
}

impl<S, F, T> Crowd<S, F, T>
where
    S: Iterator<Item = F>,
    F: Future<Output = T>,
{
    pub(super) fn new(source: S) -> Self {
        Self::of(Some(source), usize::MAX)
    }

    fn of(source: Option<S>, limit: usize) -> Self {
        Self {
            source,
            limit,
            running: FuturesUnordered::new(),
            ends: Ends::new(),
            group: None,
            begun: 0,
            has_waited: false,
            has_news: false,
        }
    }

    /// Leaves nothing of a crowd that has not begun, and gives it on.
    pub(super) fn take(&mut self) -> Self {
        Self::of(self.source.take(), self.limit)
    }

    /// Lets the next one begin, if it may. Says whether one has.
    fn begin_one(&mut self, cx: &Context<'_>) -> bool {
        let (Some(source), Some(group)) = (&mut self.source, &self.group) else {
            return false;
        };
        // In a region that was cancelled from the start each runs up to its first wait (TG3).
        if group.ledger.is_draining() || (self.has_waited && group.node.is_cancelled()) {
            // One that is known to have no more has begun as a whole.
            if !matches!(confine(|| source.size_hint().1), Ok(Some(0))) {
                self.ends.cut();
            }
            self.end_source();
            return false;
        }
        if self.ends.poll_room(self.limit, cx).is_pending() {
            return false;
        }
        match confine(|| source.next()) {
            Ok(Some(future)) if group.ledger.admit(false) => {
                let cell = Cell::<()>::new(Spec::own(group.place, false).core(group));
                let member: Arc<dyn Member> = Arc::new(cell);
                let deliver = ToEnds::new(&self.ends, self.begun);
                self.begun += 1;
                self.running.push(Branch {
                    child: Some(Child::new(future, member, deliver)),
                    unbegun: Some(self.ends.clone()),
                });
                return true;
            }
            Ok(_) => {}
            Err(payload) => group.body_panicked(payload, current_task(group)),
        }
        self.end_source();
        false
    }

    fn end_source(&mut self) {
        let Some(source) = self.source.take() else {
            return;
        };
        if let (Err(payload), Some(group)) = (confine(|| drop(source)), &self.group) {
            group.body_panicked(payload, current_task(group));
        }
        self.ends.no_more();
        self.has_news = true;
    }

    /// Polls those that run, and lets others begin. Says whether there is something for the body, which looks after each
    /// end: once it has what it needs, no other begins or goes on.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        // All of them before any goes on, so that one which yields lets the others begin.
        while self.begin_one(cx) {}
        if let Poll::Ready(Some(())) = self.running.poll_next_unpin(cx) {
            return true;
        }
        self.has_waited = true;
        mem::take(&mut self.has_news)
    }
}

pin_project! {
    /// One of the futures.
    struct Branch<F, T> {
        #[pin]
        child: Option<Child<F, ToEnds<T>>>,
        // Until it is first polled.
        unbegun: Option<Arc<Ends<T>>>,
    }
}

impl<F: Future<Output = T>, T> Future for Branch<F, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if this.unbegun.take().is_some_and(|ends| ends.is_settled()) {
            // It is not needed any more, and has nothing to clean up.
            this.child.set(None);
        }
        match this.child.as_pin_mut() {
            Some(child) => child.poll(cx),
            None => Poll::Ready(()),
        }
    }
}

impl<S, F, T> Crowd<S, F, T> {
    pub(super) fn open(&mut self, group: &Arc<Group>) {
        self.group = Some(group.clone());
    }

    pub(super) fn group(&self) -> Option<&Arc<Group>> {
        self.group.as_ref()
    }
}

impl<S, F, T> Residents for Crowd<S, F, T> {
    const IS_LOCAL: bool = true;
    const NEEDS_ALL: bool = false;

    fn drop_children(&mut self) {
        let source = self.source.take();
        quietly(|| drop(source));
        self.running = FuturesUnordered::new();
        self.ends.no_more();
    }
}
