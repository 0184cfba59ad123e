//! What is known of each runtime of the process, by its identity.
//!
//! A runtime that `run` owns is listed while it runs, so that foreign tasks on it find it. One that
//! was only detected is kept while something uses it or its limiter was asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use anyrt_backend::{Backend, RuntimeId};

use super::{Rt, detect};

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

enum Known {
    Owned(RuntimeId, Weak<Rt>),
    Detected(RuntimeId, Arc<Rt>),
}

impl Known {
    fn get(&self, wanted: RuntimeId) -> Option<Arc<Rt>> {
        match self {
            Known::Owned(id, rt) if *id == wanted => rt.upgrade(),
            Known::Detected(id, rt) if *id == wanted => Some(rt.clone()),
            _ => None,
        }
    }

    fn is_of_use(&self) -> bool {
        match self {
            Known::Owned(_, rt) => rt.strong_count() > 0,
            Known::Detected(_, rt) => Arc::strong_count(rt) > 1 || !rt.is_untouched(),
        }
    }
}

fn known() -> MutexGuard<'static, Vec<Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime that is current on this thread, if one is.
pub(super) fn detected() -> Option<Arc<Rt>> {
    let found = detect::current()?;
    lookup(found.id).or_else(|| Some(of_backend((found.backend)()?)))
}

fn lookup(id: RuntimeId) -> Option<Arc<Rt>> {
    known().iter().rev().find_map(|known| known.get(id))
}

/// What is known of this backend's runtime, from now on if nothing was.
pub(crate) fn of_backend(backend: Arc<dyn Backend>) -> Arc<Rt> {
    let id = backend.id();
    let rt = Rt::foreign(backend);
    let mut known = known();
    if let Some(rt) = known.iter().rev().find_map(|known| known.get(id)) {
        return rt;
    }
    let forgotten = take_useless(&mut known);
    known.push(Known::Detected(id, rt.clone()));
    drop(known);
    drop(forgotten);
    rt
}

/// Takes what nobody needs any more, to be dropped without the lock.
fn take_useless(known: &mut Vec<Known>) -> Vec<Known> {
    let (kept, useless) = known.drain(..).partition(Known::is_of_use);
    *known = kept;
    useless
}

/// A runtime that `run` owns, listed until this is dropped.
#[derive(Debug)]
pub(crate) struct Registered(Arc<Rt>);

impl Registered {
    pub(crate) fn new(rt: Arc<Rt>) -> Self {
        known().push(Known::Owned(rt.backend.id(), Arc::downgrade(&rt)));
        Self(rt)
    }

    pub(crate) fn rt(&self) -> &Arc<Rt> {
        &self.0
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let this = Arc::downgrade(&self.0);
        known().retain(|known| !matches!(known, Known::Owned(_, rt) if rt.ptr_eq(&this)));
    }
}
