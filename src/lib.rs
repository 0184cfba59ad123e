#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub use anyrt_core::backend;
pub use anyrt_core::backend::{Backend, Launch};
#[doc(inline)]
pub use anyrt_core::{
    Acquire, AcquireOnBehalf, AlreadyBorrowed, AsyncFnOf, BlockingFn, BlockingPortal, Borrower,
    CallAsync, CancelScope, Cancelled, CancelledWait, CapacityLimiter, Cause, Checkpoint,
    ContextLocal, ContextScope, Errors, Exit, ExitStack, FailAfter, Finally, FromThreadError,
    GroupError, HookOutput, Instant, IterateInThreadpool, LimiterStatistics, LocalTaskGroup,
    LocalTaskHandle, MoveOn, NoRuntime, Offload, Outside, OutsideCancelled, Place, Portal,
    PortalBuilder, PortalError, PortalLease, PortalProvider, PortalTask, PortalTaskBuilder, Reason,
    RegionInfo, Remaining, Report, Restore, RunError, Runner, Runtime, RuntimeEnded, ScopeHandle,
    ScopeRun, Shield, ShieldFor, ShieldWith, Sleep, SpawnError, StartError, Started, Statistics,
    SyncifyError, TaskBuilder, TaskError, TaskGroup, TaskHandle, TaskId, TaskInfo, TaskStatus,
    TaskTree, TimedOut, Token, TryLocalTaskGroup, TryTaskGroup, Wait, WaitsFor, amap, as_completed,
    asyncify, attach, cancel_reason, cancelled, checkpoint, checkpoint_if_cancelled,
    current_effective_deadline, current_task, default_thread_limiter, exit_stack, fail_after,
    fail_at, finally, finally_with, from_thread, gather, is_cancelled, iterate_in_threadpool,
    local_task_group, move_on_after, move_on_at, object_stream, race, race_ok, restore, run,
    run_in_threadpool, runnify, select, shield, shield_for, shield_with, shielded_checkpoint,
    sleep, sleep_forever, sleep_until, spawned, stream_from, syncify, syncify_or_run, task_group,
    task_tree, try_amap, try_gather, try_local_task_group, try_task_group, yield_now,
};
pub use anyrt_core::{stream, sync, together};

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub use anyrt_core::testing;

mod any_backend;

pub use any_backend::AnyBackend;
#[cfg(feature = "async-std")]
#[cfg_attr(docsrs, doc(cfg(feature = "async-std")))]
pub use anyrt_async_std::AsyncStd;
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use anyrt_macros::{main, test};
#[cfg(feature = "smol")]
#[cfg_attr(docsrs, doc(cfg(feature = "smol")))]
pub use anyrt_smol::Smol;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use anyrt_tokio::Tokio;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
