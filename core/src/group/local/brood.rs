//! The children of a local group: those that run, polled by the host, and those that wait.

use std::cell::{self, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::group::Group;
use crate::group::limit::Limit;
use crate::task::Member;

pub(super) type LocalTask<'env> = Pin<Box<dyn Future<Output = ()> + 'env>>;

/// The children that the host has not taken in yet.
pub(super) struct Nest<'env> {
    pub(super) arrivals: RefCell<Vec<(LocalTask<'env>, bool)>>,
    pub(super) limit: RefCell<Limit<LocalTask<'env>>>,
    /// The host is gone, and nobody will poll a child any more.
    pub(super) gone: cell::Cell<bool>,
}

impl<'env> Nest<'env> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            arrivals: RefCell::default(),
            limit: RefCell::default(),
            gone: cell::Cell::new(false),
        })
    }

    /// Takes a child in, or lists it until it may run.
    pub(super) fn add(&self, group: &Group, child: LocalChild<'env>) {
        if self.gone.get() {
            // It ends as cancelled.
            return drop(child);
        }
        let LocalChild { task, limited } = child;
        let is_limited = limited.is_some();
        let task = match limited {
            Some(member) => self.limit.borrow_mut().admit(member, task),
            None => Some(task),
        };
        let task = task.map(|task| (task, is_limited));
        self.arrivals.borrow_mut().extend(task);
        group.node.wake();
    }
}

/// A child that was just spawned, and who it is if it takes a place of the group.
pub(super) struct LocalChild<'env> {
    pub(super) task: LocalTask<'env>,
    pub(super) limited: Option<Arc<dyn Member>>,
}

/// The children in the host: the part that all local groups share.
pub(super) struct Brood<'env> {
    group: Option<Arc<Group>>,
    nest: Rc<Nest<'env>>,
    running: FuturesUnordered<Counted<'env>>,
}

/// A running child, and whether it has a place to give back.
pub(super) struct Counted<'env> {
    pub(super) task: LocalTask<'env>,
    pub(super) limited: bool,
}

impl Future for Counted<'_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        ready!(self.task.as_mut().poll(cx));
        Poll::Ready(self.limited)
    }
}

impl<'env> Brood<'env> {
    pub(super) fn new() -> Self {
        Self {
            group: None,
            nest: Nest::new(),
            running: FuturesUnordered::new(),
        }
    }

    pub(super) fn open(&mut self, group: &Arc<Group>) -> Rc<Nest<'env>> {
        self.group = Some(group.clone());
        self.nest.clone()
    }

    /// Takes in what was spawned, and who now has a place.
    pub(super) fn take_in(&mut self) {
        for (task, limited) in self.nest.arrivals.take() {
            self.running.push(Counted { task, limited });
        }
        if self.group.as_ref().is_some_and(|group| group.take_stale()) {
            // A child that is dropped unpolled ends as cancelled.
            let cancelled = self.nest.limit.borrow_mut().take_cancelled();
            for waiting in cancelled {
                drop(waiting.into_task());
                self.nest.limit.borrow_mut().give_back();
            }
        }
        let next = || self.nest.limit.borrow_mut().next();
        while let Some(waiting) = next() {
            if waiting.is_cancelled() {
                drop(waiting.into_task());
                self.nest.limit.borrow_mut().give_back();
                continue;
            }
            self.running.push(Counted {
                task: waiting.into_task(),
                limited: true,
            });
        }
    }

    /// Whether a child has changed who may run since that was last settled.
    pub(super) fn has_news(&self) -> bool {
        !self.nest.arrivals.borrow().is_empty()
            || self.nest.limit.borrow().could_start()
            || self.group.as_ref().is_some_and(|group| group.is_stale())
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) {
        loop {
            self.take_in();
            match self.running.poll_next_unpin(cx) {
                Poll::Ready(Some(true)) => self.nest.limit.borrow_mut().give_back(),
                Poll::Ready(Some(false)) => {}
                Poll::Ready(None) | Poll::Pending => {
                    if !self.has_news() {
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.nest.gone.set(true);
        drop(self.nest.arrivals.take());
        drop(self.nest.limit.take());
        self.running = FuturesUnordered::new();
    }
}
