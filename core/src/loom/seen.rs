//! Atomics all of whose steps loom sees.
//!
//! loom 0.7 takes two loads of an atomic for independent of each other, and remembers only the latest step of each. So where
//! a thread looks before it writes, its own look hides the looks of others, and no order is tried in which its write comes
//! before them. Here each step begins with one that writes. It is relaxed, so it puts nothing else in order: what a load
//! may see is as before.

use std::ops::Deref;

use loom::sync::atomic as imp;

use super::Ordering;

/// One of loom's atomics.
#[derive(Debug)]
pub(crate) struct Seen<A> {
    atomic: A,
    steps: imp::AtomicUsize,
}

impl<A> Deref for Seen<A> {
    type Target = A;

    fn deref(&self) -> &A {
        self.steps.fetch_add(1, Ordering::Relaxed);
        &self.atomic
    }
}

macro_rules! seen {
    ($($Atomic:ident $Value:ty,)+) => {$(
        pub(crate) type $Atomic = Seen<imp::$Atomic>;

        impl $Atomic {
            pub(crate) fn new(value: $Value) -> Self {
                Self {
                    atomic: imp::$Atomic::new(value),
                    steps: imp::AtomicUsize::new(0),
                }
            }
        }
    )+};
}

seen! {
    AtomicBool bool,
    AtomicU8 u8,
    AtomicU64 u64,
    AtomicUsize usize,
}

impl Default for AtomicUsize {
    fn default() -> Self {
        Self::new(0)
    }
}
