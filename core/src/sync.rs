//! Primitives between tasks, safe under level cancellation (PR1, PR2).
//!
//! All of them are fair: what becomes free goes to the one who has waited longest, directly, and nobody who comes
//! later gets it first. A wait that is cut short has taken nothing; one that was granted just before it was dropped
//! passes the grant on. They can be made and used before any runtime runs, and from several at once. Taking what is
//! free does not yield, but for the budget that every operation spends (SC12).

mod barrier;
mod condition;
mod event;
mod holder;
pub(crate) mod label;
mod lock;
mod once_cell;
mod permits;
pub(crate) mod queue;
mod resource_guard;
mod semaphore;
mod shared;
mod single_flight;

pub use self::barrier::{Barrier, BarrierStatistics, BarrierWait};
pub use self::condition::{Condition, ConditionStatistics, ConditionWait};
pub use self::event::{Event, EventStatistics, EventWait};
pub use self::lock::{Lock, LockFuture, LockGuard, LockStatistics};
pub use self::once_cell::OnceCell;
pub use self::resource_guard::{BusyResource, InUse, ResourceGuard};
pub use self::semaphore::{
    Acquire, AcquireArc, Semaphore, SemaphorePermit, SemaphorePermitArc, SemaphoreStatistics,
};
pub use self::shared::{BrokenPromise, Promise, Shared, SharedWait, promise};
pub use self::single_flight::{SingleFlight, SingleFlightStatistics};
pub use crate::thread::limiter::CapacityLimiter;
