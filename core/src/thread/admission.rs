//! How a blocking call is let through: a checkpoint, a token, and its place in the tree (TH1).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::borrower::Borrower;
use super::caller::Caller;
use super::limiter::{Acquire, CapacityLimiter, Token};
use crate::checkpoint::{Gate, spend_budget};
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::region::Region;
use crate::scope::tree::Kind;
use crate::task::{Place, TaskInfo};

/// What a blocking call needs before its thread, whatever its closure.
pub(super) struct Admission {
    /// The one that was named.
    pub(super) limiter: Option<CapacityLimiter>,
    pub(super) abandon: bool,
    /// The region of the call, which takes its place in the tree with the token.
    pub(super) region: Region,
    /// Of the code that polled it first.
    pub(super) rt: Option<Arc<Rt>>,
    /// The wait for a token that was not free.
    acquire: Option<Acquire>,
}

impl Admission {
    pub(super) fn new(place: Place) -> Self {
        Self {
            limiter: None,
            abandon: false,
            region: Region::new(Kind::Blocking, place),
            rt: None,
            acquire: None,
        }
    }

    /// Lets a cancel leave the closure behind. A call that has begun keeps the region it is in.
    pub(super) fn make_abandonable(&mut self) {
        if self.rt.is_none() {
            self.abandon = true;
            self.region = Region::new(Kind::Abandonable, self.region.place());
        }
    }

    /// Ready once, with what goes to the thread. From then on the region around waits for the closure, unless it may
    /// leave it.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Caller> {
        let (token, task) = match &mut self.acquire {
            Some(acquire) => (ready!(Pin::new(acquire).poll(cx)), current::task_info()),
            None => ready!(self.first_poll(cx)),
        };
        self.acquire = None;
        let node = self.region.settle();
        let rt = self.rt().clone();
        Poll::Ready(Caller::admitted(rt, node, task, token, self.abandon))
    }

    pub(super) fn rt(&mut self) -> &Arc<Rt> {
        self.rt.get_or_insert_with(Rt::here)
    }

    fn first_poll(&mut self, cx: &Context<'_>) -> Poll<(Token, Option<TaskInfo>)> {
        ready!(Gate::new().pass());
        let rt = self.rt.get_or_insert_with(Rt::here);
        ready!(spend_budget(cx));
        let limiter = self.limiter.as_ref().unwrap_or_else(|| rt.limiter());
        let task = current::task_info();
        let mut borrower = Some(Borrower::of(self.region.place(), task.clone()));
        let loans = match limiter.take(&mut borrower) {
            Ok(token) => return Poll::Ready((token, task)),
            Err(loans) => loans,
        };
        let acquire = self.acquire.insert(limiter.acquire_for(borrower));
        acquire.wait(loans, cx).map(|token| (token, task))
    }
}
