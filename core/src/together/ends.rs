//! How futures ended: put down by them, in order, and taken by whoever counts them.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::group::Group;
use crate::loom::Mutex;
use crate::outcome::wake;
use crate::renewal::Renewal;
use crate::task::child::Deliver;
use crate::task::{Member, TaskInfo};

/// What futures gave that have ended, each with its number, and whether more is to come.
pub(crate) struct Ends<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    ended: VecDeque<(usize, T)>,
    /// Those that have begun and not ended.
    running: usize,
    /// Those that ended and gave nothing: they were cancelled, or panicked. Those that will not even begin are one.
    lost: usize,
    /// Whether others may begin.
    more: bool,
    /// Whether there is an outcome.
    settled: bool,
    /// Of who waits for the next end.
    taker: Option<Waker>,
    /// Of the host, while it waits for room.
    host: Option<Waker>,
}

impl<T> Ends<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                ended: VecDeque::new(),
                running: 0,
                lost: 0,
                more: true,
                settled: false,
                taker: None,
                host: None,
            }),
        })
    }

    /// Ready when there is room for one more to begin. One that has ended keeps its own until that is taken, and one that
    /// gave nothing keeps it for good.
    pub(crate) fn poll_room(&self, limit: usize, cx: &Context<'_>) -> Poll<()> {
        if limit == usize::MAX {
            return Poll::Ready(());
        }
        Renewal::poll(cx, |waker| {
            let mut state = self.state.lock();
            if state.has_room(limit) {
                return Poll::Ready(());
            }
            waker.keep(&mut state.host);
            Poll::Pending
        })
    }

    /// Says that some that should have begun will not.
    pub(crate) fn cut(&self) {
        self.state.lock().lost += 1;
    }

    /// Says that no other begins.
    pub(crate) fn no_more(&self) {
        self.change(|state| state.more = false);
    }

    fn change(&self, change: impl FnOnce(&mut State<T>)) {
        let taker = {
            let mut state = self.state.lock();
            change(&mut state);
            state.taker.take()
        };
        wake(taker);
    }

    /// Says that there is an outcome.
    pub(crate) fn settle(&self) {
        self.state.lock().settled = true;
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.state.lock().settled
    }

    /// Whether each has given something.
    pub(crate) fn is_whole(&self) -> bool {
        self.state.lock().lost == 0
    }

    /// Takes the next end, for the host, which looks for room itself: `None` once there will be none.
    pub(crate) fn take(&self) -> Poll<Option<(usize, T)>> {
        self.state.lock().take()
    }

    /// All that are there.
    pub(crate) fn rest(&self) -> impl Iterator<Item = (usize, T)> {
        mem::take(&mut self.state.lock().ended).into_iter()
    }

    /// As [`take`](Self::take), for somebody who is woken, and makes room.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<(usize, T)>> {
        let mut host = None;
        let taken = Renewal::poll(cx, |waker| {
            let mut state = self.state.lock();
            let taken = state.take();
            match &taken {
                Poll::Pending => waker.keep(&mut state.taker),
                Poll::Ready(_) => host = state.host.take(),
            }
            taken
        });
        wake(host);
        taken
    }
}

impl<T> State<T> {
    fn has_room(&self, limit: usize) -> bool {
        self.running + self.lost + self.ended.len() < limit
    }

    fn take(&mut self) -> Poll<Option<(usize, T)>> {
        match self.ended.pop_front() {
            None if self.more || self.running > 0 => Poll::Pending,
            next => Poll::Ready(next),
        }
    }
}

/// Delivery of one future: when this goes, it is known whether the future has given something.
pub(crate) struct ToEnds<T> {
    ends: Arc<Ends<T>>,
    number: usize,
    given: bool,
}

impl<T> ToEnds<T> {
    /// Of one that begins.
    pub(crate) fn new(ends: &Arc<Ends<T>>, number: usize) -> Self {
        ends.state.lock().running += 1;
        Self {
            ends: ends.clone(),
            number,
            given: false,
        }
    }

    pub(crate) fn give(&mut self, end: T) {
        self.given = true;
        self.ends.change(|state| {
            state.running -= 1;
            state.ended.push_back((self.number, end));
        });
    }
}

impl<T> Deliver<T> for ToEnds<T> {
    fn accept(&mut self, end: T, _: &Arc<dyn Member>) -> bool {
        self.give(end);
        true
    }

    // Whatever a future gives is a value here: what is an error is decided by who takes it.

    fn fail_group(&mut self, _: &Group, _: &TaskInfo) {}

    fn fail_start(&mut self) {}

    fn fail_nobody(&mut self, _: &Group, _: &TaskInfo) {}
}

impl<T> Drop for ToEnds<T> {
    fn drop(&mut self) {
        if !self.given {
            self.ends.change(|state| {
                state.running -= 1;
                state.lost += 1;
            });
        }
    }
}
