//! Locks and atomics: the standard library's, or those of loom or shuttle when a model is checked.
//!
//! loom tries every order of a few steps; shuttle draws orders of whole programs, and its threads need locals of their
//! own. `Arc` stays the standard library's, since loom's cannot hold a trait object.

#[cfg(anyrt_loom)]
use loom::sync as imp;
#[cfg(anyrt_shuttle)]
use shuttle::sync as imp;
#[cfg(not(any(anyrt_loom, anyrt_shuttle)))]
use std::sync as imp;

#[cfg(anyrt_loom)]
mod seen;

#[cfg(anyrt_loom)]
pub(crate) use self::seen::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
pub(crate) use imp::atomic::Ordering;
#[cfg(not(anyrt_loom))]
pub(crate) use imp::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};

#[cfg(anyrt_shuttle)]
pub(crate) use shuttle::thread_local;
#[cfg(not(anyrt_shuttle))]
pub(crate) use std::thread_local;

pub(crate) use imp::MutexGuard;

/// A mutex without poisoning: no user code runs while one of these is held, so no panic can leave
/// the data half changed.
#[derive(Debug)]
pub(crate) struct Mutex<T>(imp::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(imp::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The data of a mutex that nobody else can reach.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
