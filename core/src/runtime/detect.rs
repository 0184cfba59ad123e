//! Which foreign runtime is current on this thread.
//!
//! What is asked, and how sure the answer is:
//!
//! | runtime   | the question                   | true elsewhere                                    |
//! |-----------|--------------------------------|---------------------------------------------------|
//! | async-std | is one of its tasks polled     | under another runtime's `block_on` in such a task |
//! | tokio     | is there a current handle      | under `enter`, in another runtime below one       |
//! | smol, `run` | does the thread work for one | in another runtime below one                      |
//! | smol, global | none can be asked           | its executor works from any thread: taken last    |

use std::sync::Arc;

use anyrt_backend::{Backend, RuntimeId};

/// A runtime that is current, with the means to make its backend.
pub(super) struct Detected {
    pub(super) id: RuntimeId,
    pub(super) backend: fn() -> Option<Arc<dyn Backend>>,
}

#[cfg(feature = "async-std")]
fn async_std() -> Option<Detected> {
    let id = anyrt_async_std::AsyncStd::current()?.id();
    Some(Detected {
        id,
        backend: anyrt_async_std::AsyncStd::current,
    })
}

#[cfg(feature = "tokio")]
fn tokio() -> Option<Detected> {
    Some(Detected {
        id: anyrt_tokio::current_id()?,
        backend: anyrt_tokio::Tokio::current,
    })
}

#[cfg(feature = "smol")]
fn smol() -> Option<Detected> {
    Some(Detected {
        id: anyrt_smol::current_id()?,
        backend: anyrt_smol::Smol::current,
    })
}

/// The runtime that certainly runs the code on this thread.
fn certain() -> Option<Detected> {
    let found = None;
    #[cfg(feature = "async-std")]
    let found = found.or_else(async_std);
    #[cfg(feature = "tokio")]
    let found = found.or_else(tokio);
    #[cfg(feature = "smol")]
    let found = found.or_else(smol);
    found
}

/// The runtime to use on this thread.
pub(super) fn current() -> Option<Detected> {
    let found = certain();
    #[cfg(feature = "smol")]
    let found = found.or_else(|| {
        let backend = || Some(anyrt_smol::Smol::global());
        Some(Detected {
            id: backend()?.id(),
            backend,
        })
    });
    found
}

/// Whether this is certainly a thread of that runtime.
pub(super) fn is_certainly(id: RuntimeId) -> bool {
    certain().is_some_and(|found| found.id == id)
}

/// The name of the runtime whose thread this is, where blocking would stop its tasks.
pub(crate) fn blocking_would_stop() -> Option<&'static str> {
    certain().and_then(|found| Some((found.backend)()?.name()))
}
