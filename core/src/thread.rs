//! Blocking code: on threads that may block, under a limiter.

pub(crate) mod hop;
pub(crate) mod limiter;
pub(crate) mod pool;
