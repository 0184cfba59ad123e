//! The ways to write a group, all of which infer their types and stay `Send`.

use anyrt::{GroupError, TaskGroup, task_group, try_task_group};
use std::{future::Future, io, pin::Pin};

async fn io(n: u8) -> io::Result<u8> {
    Ok(n)
}

async fn helper(g: &TaskGroup) {
    g.spawn(async {});
}

async fn bodies() -> Result<(), GroupError<io::Error>> {
    let mut seen = 0;
    let _ = task_group(async |g| {
        seen += 1;
        helper(&g).await;
        task_group(async |inner| {
            g.spawn(async {});
            inner.spawn(async {});
        })
        .await
    })
    .await;
    let _ = task_group(|g| async move { g.spawn(async { 1 }).await }).await;
    let handles = task_group(async |g| (0..3).map(|n| g.spawn(io(n))).collect::<Vec<_>>()).await;
    drop(handles);
    // The error type comes from the first spawn that names one.
    try_task_group(async |g| {
        g.spawn(io(1));
        io(2).await?;
        Ok(())
    })
    .await?;
    assert!(seen <= 1);
    Ok(())
}

/// Recursion goes through a box, since an `async fn` cannot prove its own `Send`.
fn walk(depth: u8) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move {
        if depth == 0 {
            return 1;
        }
        let below = task_group(async |g| {
            let (left, right) = (g.spawn(walk(depth - 1)), g.spawn(walk(depth - 1)));
            left.await.unwrap_or(0) + right.await.unwrap_or(0)
        })
        .await;
        below.unwrap_or(0)
    })
}

fn assert_send<T: Send>(_: T) {}

fn main() {
    assert_send(bodies());
    assert_send(walk(3));
}
