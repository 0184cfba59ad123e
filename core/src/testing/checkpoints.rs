//! Whether code can be cancelled.

use std::future::Future;
use std::panic::Location;

use crate::scope::CancelScope;

/// Runs an operation and sees that it is a checkpoint: a first one, in a cancelled scope, must never complete (SC4). The
/// second gives its value.
///
/// # Cancellation
///
/// As the operation.
///
/// # Panics
///
/// When the operation completes in a cancelled scope.
///
/// ```
/// use anyrt::{checkpoint, testing::assert_checkpoints};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let value = assert_checkpoints(|| async {
///     checkpoint().await;
///     7
/// });
/// assert_eq!(value.await, 7);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn assert_checkpoints<F: Future>(
    operation: impl FnMut() -> F,
) -> impl Future<Output = F::Output> {
    checked(operation, Location::caller())
}

async fn checked<F: Future>(
    mut operation: impl FnMut() -> F,
    place: &'static Location<'static>,
) -> F::Output {
    if cancelled(operation()).await.is_some() {
        panic!("an operation has completed in a cancelled scope: it is no checkpoint ({place})");
    }
    operation().await
}

/// Runs code and sees that it never waits: in a cancelled scope it completes all the same (SC6).
///
/// # Cancellation
///
/// None.
///
/// # Panics
///
/// When the code waits.
///
/// ```
/// use anyrt::testing::assert_no_checkpoints;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// # anyrt::task_group(async |g| {
/// assert_no_checkpoints(async { drop(g.spawn(async {})) }).await;
/// # }).await.unwrap();
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn assert_no_checkpoints<F: Future>(code: F) -> impl Future<Output = F::Output> {
    unchecked(code, Location::caller())
}

async fn unchecked<F: Future>(code: F, place: &'static Location<'static>) -> F::Output {
    match cancelled(code).await {
        Some(value) => value,
        None => panic!("code that should have no checkpoint has waited ({place})"),
    }
}

/// Runs code in a scope that is cancelled from the start.
async fn cancelled<F: Future>(code: F) -> Option<F::Output> {
    let scope = CancelScope::new();
    scope.handle().cancel();
    scope.run(code).await.ok()
}
