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
//! 3. Nothing is looked for while nothing is kept: work that does not wait pays for a look at two numbers, and for
//!    forgetting one address.
//! 4. While code of a region runs, LAST is null, or the address of what is kept at its depth, so that no other has that
//!    address; it is null while nothing is kept. Where one poll finds many pending that wait for the same, most pay for a
//!    look at it alone.
//! 5. What is taken back is kept, and marked, since most often another operation that waits for the same says it again in
//!    the same poll. TAKEN_BACK is the depth of what is marked, zero where nothing is. Nobody is told of it, and it is
//!    forgotten when a region is left.

use std::cell::{Cell, RefCell};
use std::mem;
use std::ptr;
use std::sync::Arc;

use super::current;
use crate::task_tree::Awaited;

crate::loom::thread_local! {
    /// By depth.
    static SAID: RefCell<Vec<Option<Arc<dyn Awaited>>>> = const { RefCell::new(Vec::new()) };
    /// How many are kept.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// See invariant 4.
    static LAST: Cell<*const ()> = const { Cell::new(ptr::null()) };
    /// The depth at which something was said last.
    static LAST_DEPTH: Cell<usize> = const { Cell::new(0) };
    /// See invariant 5.
    static TAKEN_BACK: Cell<usize> = const { Cell::new(0) };
}

/// Says what the operation waits for that is pending in the innermost region.
#[inline]
pub(crate) fn say<A: Awaited + 'static>(awaited: &Arc<A>) {
    if is_last(address(awaited)) {
        unmark(LAST_DEPTH.with(Cell::get));
    } else {
        say_anew(awaited.clone());
    }
}

fn say_anew(awaited: Arc<dyn Awaited>) {
    let depth = current::depth();
    if depth > 0 {
        keep(depth, awaited);
    }
}

/// Takes back what was said, for an operation that does not wait any more.
#[inline]
pub(crate) fn take_back<A: Awaited + 'static>(awaited: &Arc<A>) {
    let address = address(awaited);
    if is_last(address) {
        mark(LAST_DEPTH.with(Cell::get));
    } else if !is_silent() {
        take_back_before(address);
    }
}

/// For what was said before another region was the innermost for a while. What was said since is in its place.
fn take_back_before(address: *const ()) {
    if LAST.with(Cell::get).is_null() {
        let depth = current::depth();
        if is_kept(depth, address) {
            mark(depth);
        }
    }
}

/// Another region is the innermost from now on, and its poll does not begin.
#[inline]
pub(super) fn moved() {
    LAST.with(|last| last.set(ptr::null()));
}

/// The innermost region is left, and nobody says again in its poll what was taken back (invariant 5).
#[inline]
pub(super) fn left() {
    moved();
    let marked = TAKEN_BACK.with(Cell::get);
    if marked != 0 {
        unmark(marked);
        let _said = forget(marked);
    }
}

/// Begins a poll of the region that has just been entered (invariant 2).
#[inline]
pub(super) fn begin() {
    if !is_silent() {
        moved();
        let _stale = forget(current::depth());
    }
}

/// What was said last in the region that parks, after it was left.
#[inline]
pub(super) fn take() -> Option<Arc<dyn Awaited>> {
    if is_silent() {
        return None;
    }
    forget(current::depth() + 1)
}

/// The time that all that was said is put aside.
#[must_use = "it is back when this is dropped"]
pub(super) struct Aside {
    said: Vec<Option<Arc<dyn Awaited>>>,
    count: usize,
    taken_back: usize,
}

impl Drop for Aside {
    fn drop(&mut self) {
        let said = mem::take(&mut self.said);
        COUNT.with(|count| count.set(self.count));
        TAKEN_BACK.with(|depth| depth.set(self.taken_back));
        moved();
        let said = SAID.try_with(|current| current.replace(said));
        drop(said);
    }
}

/// Puts all that was said aside.
pub(super) fn aside() -> Aside {
    moved();
    Aside {
        said: SAID.try_with(RefCell::take).unwrap_or_default(),
        count: COUNT.with(Cell::take),
        taken_back: TAKEN_BACK.with(Cell::take),
    }
}

/// Whether nobody on this thread says what it waits for.
#[inline]
pub(super) fn is_silent() -> bool {
    COUNT.with(Cell::get) == 0
}

#[inline]
fn is_last(address: *const ()) -> bool {
    LAST.with(Cell::get) == address
}

/// Marks what is kept at a depth. What is marked at another depth is forgotten.
#[inline]
fn mark(depth: usize) {
    let before = TAKEN_BACK.with(|marked| marked.replace(depth));
    if before != 0 && before != depth {
        let _said = forget(before);
    }
}

/// What is kept at a depth is not marked from now on.
#[inline]
fn unmark(depth: usize) {
    TAKEN_BACK.with(|marked| {
        if marked.get() == depth {
            marked.set(0);
        }
    });
}

#[inline]
fn address<A: ?Sized>(awaited: &Arc<A>) -> *const () {
    Arc::as_ptr(awaited).cast()
}

fn is_kept(depth: usize, awaited: *const ()) -> bool {
    let is_kept = SAID.try_with(|said| {
        let said = said.borrow();
        let said = said.get(depth).and_then(Option::as_ref);
        said.is_some_and(|said| address(said) == awaited)
    });
    is_kept.unwrap_or_default()
}

/// Keeps what is said in the innermost region, in the place of what was said before.
fn keep(depth: usize, awaited: Arc<dyn Awaited>) {
    let address = address(&awaited);
    let before = SAID.try_with(|said| {
        let said = &mut *said.borrow_mut();
        if said.len() <= depth {
            said.resize(depth + 1, None);
        }
        said[depth].replace(awaited)
    });
    // While the thread is being torn down nothing is kept.
    let Ok(before) = before else { return };
    unmark(depth);
    LAST.with(|last| last.set(address));
    LAST_DEPTH.with(|last| last.set(depth));
    if before.is_none() {
        COUNT.with(|count| count.set(count.get() + 1));
    }
}

/// Forgets what is kept at a depth, which is neither LAST nor marked, and gives it back.
fn forget(depth: usize) -> Option<Arc<dyn Awaited>> {
    let said = SAID.try_with(|said| said.borrow_mut().get_mut(depth)?.take());
    let said = said.ok().flatten()?;
    COUNT.with(|count| count.set(count.get() - 1));
    Some(said)
}
