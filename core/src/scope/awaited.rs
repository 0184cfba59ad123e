//! What the regions that are being polled on this thread wait for (RT5).
//!
//! An operation of ours that is pending says what it waits for, and the region that it is polled in keeps that when it
//! parks. So nothing is taken out of the tree when a wait ends: the next poll says anew.
//!
//! # Always true
//!
//! 1. What is said is kept by the depth of the region, beyond the end of its poll: there it is found by the region that
//!    was polled at that depth, when it parks. What others say that are polled in between is deeper.
//! 2. A poll begins with nothing said at its depth, and only a region that was polled takes what was said there.
//! 3. Nothing is looked for while nothing is said: work that does not wait pays for a look at one number, and for
//!    forgetting one address.
//! 4. While code of a region runs, LAST is null, or the address of what is said at its depth, which is kept there, so that
//!    no other has that address; it is null while nothing is said. Where one poll finds many pending that wait for the
//!    same, most pay for a look at it alone.

use std::cell::{Cell, RefCell};
use std::mem;
use std::ptr;
use std::sync::Arc;

use super::current;
use crate::task_tree::Awaited;

crate::loom::thread_local! {
    /// By depth.
    static SAID: RefCell<Vec<Option<Arc<dyn Awaited>>>> = const { RefCell::new(Vec::new()) };
    /// How many of them there are.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// See invariant 4.
    static LAST: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Says what the operation waits for that is pending in the innermost region.
#[inline]
pub(crate) fn say<A: Awaited + 'static>(awaited: &Arc<A>) {
    if !is_last(address(awaited)) {
        say_anew(awaited.clone());
    }
}

fn say_anew(awaited: Arc<dyn Awaited>) {
    let depth = current::depth();
    if depth > 0 {
        let _before = replace(depth, Some(awaited));
    }
}

/// Takes back what was said, for an operation that does not wait any more.
#[inline]
pub(crate) fn take_back<A: Awaited + 'static>(awaited: &Arc<A>) {
    if !is_silent() {
        take_back_at(address(awaited));
    }
}

fn take_back_at(address: *const ()) {
    let depth = current::depth();
    if is_last(address) || is_said(depth, address) {
        let _said = replace(depth, None);
    }
}

/// Another region is the innermost from now on, and its poll does not begin.
#[inline]
pub(super) fn moved() {
    LAST.with(|last| last.set(ptr::null()));
}

/// Begins a poll of the region that has just been entered (invariant 2).
#[inline]
pub(super) fn begin() {
    if !is_silent() {
        let _stale = replace(current::depth(), None);
    }
}

/// What was said last in the region that parks, after it was left.
#[inline]
pub(super) fn take() -> Option<Arc<dyn Awaited>> {
    if is_silent() {
        return None;
    }
    replace(current::depth() + 1, None)
}

/// The time that all that was said is put aside.
#[must_use = "it is back when this is dropped"]
pub(super) struct Aside(Vec<Option<Arc<dyn Awaited>>>, usize);

impl Drop for Aside {
    fn drop(&mut self) {
        let said = mem::take(&mut self.0);
        COUNT.with(|count| count.set(self.1));
        moved();
        let said = SAID.try_with(|current| current.replace(said));
        drop(said);
    }
}

/// Puts all that was said aside.
pub(super) fn aside() -> Aside {
    moved();
    let said = SAID.try_with(RefCell::take).unwrap_or_default();
    Aside(said, COUNT.with(|count| count.replace(0)))
}

#[inline]
fn is_silent() -> bool {
    COUNT.with(Cell::get) == 0
}

#[inline]
fn is_last(address: *const ()) -> bool {
    LAST.with(Cell::get) == address
}

#[inline]
fn address<A: ?Sized>(awaited: &Arc<A>) -> *const () {
    Arc::as_ptr(awaited).cast()
}

fn is_said(depth: usize, awaited: *const ()) -> bool {
    let is_said = SAID.try_with(|said| {
        let said = said.borrow();
        let said = said.get(depth).and_then(Option::as_ref);
        said.is_some_and(|said| address(said) == awaited)
    });
    is_said.unwrap_or_default()
}

/// Sets what is said at a depth, that of the innermost region where it is something. Gives back what was said before.
fn replace(depth: usize, mut awaited: Option<Arc<dyn Awaited>>) -> Option<Arc<dyn Awaited>> {
    let replaced = SAID.try_with(|said| swap(&mut said.borrow_mut(), depth, &mut awaited));
    // While the thread is being torn down nothing is kept.
    replaced.ok().and(awaited)
}

fn swap(
    said: &mut Vec<Option<Arc<dyn Awaited>>>,
    depth: usize,
    awaited: &mut Option<Arc<dyn Awaited>>,
) {
    LAST.with(|last| last.set(awaited.as_ref().map_or(ptr::null(), address)));
    if said.len() <= depth {
        // There is nothing to forget.
        if awaited.is_none() {
            return;
        }
        said.resize(depth + 1, None);
    }
    let more = usize::from(awaited.is_some());
    mem::swap(&mut said[depth], awaited);
    let less = usize::from(awaited.is_some());
    COUNT.with(|count| count.set(count.get() + more - less));
}
