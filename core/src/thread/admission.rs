//! How a blocking call is let through: a checkpoint, a token, and its place in the tree (TH1).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::borrower::Borrower;
use super::caller::Call;
use super::limiter::{Acquire, CapacityLimiter, Token};
use crate::checkpoint::{Gate, spend_budget};
use crate::loom::Mutex;
use crate::runtime::Rt;
use crate::scope::current;
use crate::scope::tree::{CallSeat, Kind, Node};
use crate::task::{Place, TaskInfo};

/// What a blocking call needs before its thread, whatever its closure.
pub(super) struct Admission {
    /// The one that was named.
    pub(super) limiter: Option<CapacityLimiter>,
    pub(super) abandon: bool,
    pub(super) place: Place,
    /// Of the code that polled it first.
    rt: Option<Arc<Rt>>,
    /// The wait for a token that was not free; in a box, since every future of a call has room for it.
    acquire: Option<Box<Acquire>>,
}

impl Admission {
    pub(super) fn new(place: Place) -> Self {
        Self {
            limiter: None,
            abandon: false,
            place,
            rt: None,
            acquire: None,
        }
    }

    /// Lets a cancel leave the closure behind, unless the call has begun.
    pub(super) fn make_abandonable(&mut self) {
        self.abandon |= self.rt.is_none();
    }

    /// Ready once, with what goes to the thread.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Call> {
        let (token, task) = match &mut self.acquire {
            Some(acquire) => {
                let token = ready!(Pin::new(acquire).poll(cx));
                self.acquire = None;
                (token, current::task_info())
            }
            None => ready!(self.first_poll(cx)),
        };
        Poll::Ready(Call {
            rt: self.rt().clone(),
            place: self.place,
            seat: self.seat(),
            abandonable: self.abandon,
            task,
            token: Mutex::new(Some(token)),
        })
    }

    /// A place in the tree. One that may be left is woken by a cancel, so it has a node.
    fn seat(&self) -> CallSeat {
        let kind = if self.abandon {
            Kind::Abandonable
        } else {
            Kind::Blocking
        };
        match current::node() {
            Some(around) if !self.abandon => CallSeat::inside(around, self.place),
            around => CallSeat::solid(Node::new(kind, self.place).placed(around)),
        }
    }

    fn rt(&mut self) -> &Arc<Rt> {
        self.rt.get_or_insert_with(Rt::here)
    }

    fn first_poll(&mut self, cx: &Context<'_>) -> Poll<(Token, Option<TaskInfo>)> {
        ready!(Gate::new().pass());
        let rt = self.rt.get_or_insert_with(Rt::here);
        ready!(spend_budget(cx));
        let limiter = self.limiter.as_ref().unwrap_or_else(|| rt.limiter());
        let task = current::task_info();
        let mut borrower = Some(Borrower::made_by(task.clone(), self.place));
        let loans = match limiter.take(&mut borrower) {
            Ok(token) => return Poll::Ready((token, task)),
            Err(loans) => loans,
        };
        let acquire = Box::new(limiter.acquire_for(borrower));
        let acquire = self.acquire.insert(acquire);
        let token = ready!(acquire.wait(loans, cx));
        self.acquire = None;
        Poll::Ready((token, task))
    }
}
