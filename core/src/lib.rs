//! The rules of anyrt: scopes, groups, shields, finalizers and deadlines, on any runtime.
//!
//! This is the engine behind the crate `anyrt`, which applications and libraries use. Everything that
//! has a meaning is here, once; a backend ([`anyrt_backend`]) lends tasks, timers and threads.
//!
//! The modules in the order in which they are best read: `outcome`, `scope` (and in it `tree`, the
//! cancel tree, and `region`, the order of one poll), `shield`, `finally`, `group` (and in it `ledger`
//! and `host`), `task`, `time`, `checkpoint`, `thread`, `runtime`, `entry`, `sync`, `stream`, `together`.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod checkpoint;
mod context;
mod entry;
mod error;
mod finally;
mod group;
mod loom;
mod outcome;
mod portal;
mod renewal;
mod report;
mod runtime;
mod scope;
mod shield;
pub mod stream;
pub mod sync;
mod task;
mod task_tree;
#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod testing;
mod thread;
mod time;
pub mod together;

#[cfg(all(test, anyrt_loom))]
mod models;

pub use anyrt_backend as backend;

pub use checkpoint::{
    CancelledWait, Checkpoint, cancel_reason, cancelled, checkpoint, checkpoint_if_cancelled,
    current_effective_deadline, current_task, is_cancelled, shielded_checkpoint, yield_now,
};
pub use context::{ContextLocal, ContextScope};
pub use entry::{Runner, attach, run};
pub use error::{
    AlreadyBorrowed, Cancelled, Errors, GroupError, NoRuntime, RunError, RuntimeEnded, SpawnError,
    StartError, TaskError, TimedOut,
};
pub use finally::{Finally, finally, finally_with};
pub use group::handle::{TaskBuilder, TaskGroup, TryTaskGroup, task_group, try_task_group};
pub use group::hooks::{ExitStack, HookOutput, exit_stack};
pub use group::local::{
    LocalTaskGroup, LocalTaskHandle, TryLocalTaskGroup, local_task_group, try_local_task_group,
};
pub use group::start::Started;
pub use outcome::Exit;
pub use portal::call_async::CallAsync;
pub use portal::owner::{BlockingPortal, PortalBuilder, Remaining};
pub use portal::provider::{PortalLease, PortalProvider};
pub use portal::task::PortalTask;
pub use portal::{Portal, PortalError, PortalTaskBuilder};
pub use report::Report;
pub use runtime::{Runtime, Statistics};
pub use scope::deadline::{FailAfter, MoveOn, fail_after, fail_at, move_on_after, move_on_at};
pub use scope::reason::{Cause, Reason};
pub use scope::{CancelScope, ScopeHandle, ScopeRun};
pub use shield::{
    Outside, OutsideCancelled, Restore, Shield, ShieldFor, ShieldWith, restore, shield, shield_for,
    shield_with,
};
pub use stream::object_stream;
pub use task::{Place, TaskHandle, TaskId, TaskInfo, TaskStatus, Wait};
pub use task_tree::{RegionInfo, TaskTree, WaitsFor, task_tree};
pub use thread::adapt::{
    AsyncFnOf, BlockingFn, SyncifyError, asyncify, runnify, syncify, syncify_or_run,
};
pub use thread::borrower::Borrower;
pub use thread::from_thread::FromThreadError;
pub use thread::iterate::{IterateInThreadpool, iterate_in_threadpool};
pub use thread::limiter::{
    Acquire, AcquireOnBehalf, CapacityLimiter, LimiterStatistics, Token, default_thread_limiter,
};
pub use thread::pool::{Offload, run_in_threadpool};
pub use time::{Instant, Sleep, sleep, sleep_forever, sleep_until};
pub use together::{
    amap, as_completed, gather, race, race_ok, select, spawned, stream_from, try_amap, try_gather,
};

/// From a blocking call back into async code (TH6).
pub mod from_thread {
    pub use crate::thread::from_thread::{FromThreadError, check_cancelled, is_cancelled, run};
}
