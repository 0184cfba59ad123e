//! Locks and atomics: the standard library's, or loom's when a model is checked.
//!
//! `Arc` stays the standard library's, since loom's cannot hold a trait object.

#[cfg(not(anyrt_loom))]
pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

#[cfg(anyrt_loom)]
pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering};

#[cfg(anyrt_loom)]
use loom::sync as imp;
#[cfg(not(anyrt_loom))]
use std::sync as imp;

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
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
