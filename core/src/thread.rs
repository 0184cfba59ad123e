//! Blocking code: on threads that may block, under a limiter.

pub(crate) mod adapt;
pub(crate) mod admission;
pub(crate) mod borrower;
pub(crate) mod caller;
pub(crate) mod from_thread;
pub(crate) mod hop;
pub(crate) mod iterate;
pub(crate) mod limiter;
pub(crate) mod park;
pub(crate) mod pool;
