//! Starting work that has its token, without recursion.
//!
//! On a runtime that has ended, work gives its token back at once, to the next of the queue, which is started by that
//! very call. So what comes while a thread starts something waits until this has returned.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::Token;
use super::queue::Start;
use crate::outcome::quietly;

crate::loom::thread_local! {
    /// What waits, while this thread starts something.
    static WAITING: RefCell<Option<VecDeque<(Start, Token)>>> = const { RefCell::new(None) };
}

/// Starts work with its token, now or after what this thread is starting.
pub(super) fn start(start: Start, token: Token) {
    let mut next = Some((start, token));
    let nested = WAITING.try_with(|waiting| match &mut *waiting.borrow_mut() {
        Some(waiting) => waiting.extend(next.take()),
        none => *none = Some(VecDeque::new()),
    });
    while let Some((start, token)) = next {
        quietly(|| start(token));
        next = match nested {
            Ok(()) => WAITING.with(|waiting| waiting.borrow_mut().as_mut()?.pop_front()),
            // While the thread is being torn down, each by itself.
            Err(_) => return,
        };
        if next.is_none() {
            WAITING.with(|waiting| *waiting.borrow_mut() = None);
        }
    }
}
