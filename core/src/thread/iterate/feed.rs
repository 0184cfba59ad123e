//! What a stream's thread and its consumer share: the items that are made, and the iterator while it is on no
//! thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::loom::Mutex;
use crate::outcome::wake;

/// Why a batch has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// The buffer is full, and the iterator parked.
    Full,
    /// There are no more items, or nobody wants them.
    Over,
}

/// The buffer between the thread and the consumer, and the iterator's place while it is on no thread.
pub(crate) struct Feed<I: Iterator> {
    room: usize,
    state: Mutex<State<I>>,
}

struct State<I: Iterator> {
    items: VecDeque<I::Item>,
    waker: Option<Waker>,
    parked: Option<I>,
    /// What the iterator says it still has.
    hint: (usize, Option<usize>),
    /// The consumer is gone.
    closed: bool,
}

impl<I: Iterator> State<I> {
    fn has_room(&self, room: usize) -> bool {
        self.items.len() < room
    }
}

impl<I: Iterator> Feed<I> {
    pub(crate) fn new(room: usize, iter: I) -> Arc<Self> {
        let hint = iter.size_hint();
        Arc::new(Self {
            room,
            state: Mutex::new(State {
                items: VecDeque::new(),
                waker: None,
                parked: Some(iter),
                hint,
                closed: false,
            }),
        })
    }

    /// Runs an iterator until the buffer is full, and parks it then.
    pub(super) fn fill(&self, mut iter: I) -> Batch {
        while !self.state.lock().closed {
            let Some(item) = iter.next() else {
                self.state.lock().hint = (0, Some(0));
                break;
            };
            let has_room = self.push(item);
            let hint = iter.size_hint();
            self.state.lock().hint = hint;
            if !has_room {
                match self.park(iter) {
                    Ok(()) => return Batch::Full,
                    Err(back) => iter = back,
                }
            }
        }
        Batch::Over
    }

    /// Hands an item over (invariant 2). Says whether there is room for another one.
    pub(crate) fn push(&self, item: I::Item) -> bool {
        let (waker, has_room) = {
            let mut state = self.state.lock();
            state.items.push_back(item);
            // Until the iterator says so itself.
            let (least, most) = state.hint;
            state.hint = (
                least.saturating_sub(1),
                most.map(|most| most.saturating_sub(1)),
            );
            (state.waker.take(), state.has_room(self.room))
        };
        wake(waker);
        has_room
    }

    /// Parks the iterator, or gives it back: there is room again, or nobody to fill it for.
    pub(crate) fn park(&self, iter: I) -> Result<(), I> {
        let mut state = self.state.lock();
        if state.closed || state.has_room(self.room) {
            return Err(iter);
        }
        state.parked = Some(iter);
        Ok(())
    }

    /// Takes the iterator up, if it is parked.
    pub(crate) fn unpark(&self) -> Option<I> {
        self.state.lock().parked.take()
    }

    /// The consumer goes. Gives it the iterator that is parked; none will be from now on.
    pub(super) fn close(&self) -> Option<I> {
        let mut state = self.state.lock();
        state.closed = true;
        state.parked.take()
    }

    /// The next item, and whether the buffer runs low.
    pub(crate) fn pop(&self) -> Option<(I::Item, bool)> {
        let mut state = self.state.lock();
        let item = state.items.pop_front()?;
        Some((item, state.items.len() <= self.room / 2))
    }

    /// Registers the consumer, unless there is an item.
    pub(crate) fn listen(&self, cx: &Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        if !state.items.is_empty() {
            drop(state);
            return false;
        }
        let old = state.waker.replace(waker);
        drop(state);
        drop(old);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().items.is_empty()
    }

    /// What is buffered and what is to come.
    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        let state = self.state.lock();
        let here = state.items.len();
        let (least, most) = state.hint;
        let most = most.and_then(|most| most.checked_add(here));
        (least.saturating_add(here), most)
    }
}
