//! What the tests are written with: foreign primitives and one backend to run on.
//!
//! Everything that waits here is built from `std` and wakers alone. To anyrt it is foreign code: never a checkpoint,
//! never an operation, so a test says exactly where the library's own checkpoints are.

mod event;
mod flavour;
mod future;
mod panics;
mod probe;
mod reports;
mod thread;
mod told;
mod waker;
mod watchdog;

pub use event::{Event, EventWait, SetOnDrop, after};
pub use flavour::Flavour;
pub use future::{Yields, poll_once, sequences, until, while_time_passes, yield_once, yields};
pub use panics::{PanicsOnDrop, catch, catch_async, quiet_panic};
pub use probe::{Counted, Counter, DropProbe, Trace, counted, pending_counted};
pub use reports::{escapes, reports_of};
pub use thread::{
    block_on, on_thread, on_thread_with_stack, start_thread, stay_until_past, take_time,
    threads_started,
};
pub use told::{cause_of, told};
pub use waker::WakeCounter;

pub use anyrt::together::{AllFailed, Completed};
pub use anyrt::*;
pub use std::{
    future::{Future, pending, poll_fn, ready},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
