//! A group inside a spawned task is `Send` whatever its errors are made of.

use anyrt::{GroupError, StartError, TaskGroup, try_task_group};
use std::error::Error;

type BoxError = Box<dyn Error + Send + Sync>;

async fn fetch() -> Result<u8, BoxError> {
    Ok(u8::from_str_radix("7", 10)?)
}

async fn boxed() -> Result<u8, GroupError<BoxError>> {
    try_task_group(async |g| {
        g.spawn(fetch());
        fetch().await
    })
    .await
}

async fn text() -> Result<(), GroupError<&'static str>> {
    try_task_group(async |g| {
        g.spawn(async { Err::<(), _>("no more paper") });
        Ok(())
    })
    .await
}

async fn started() -> Result<(), GroupError<BoxError>> {
    try_task_group(async |g| {
        let started = g.start(async |started| {
            started.set("port 80");
            fetch().await
        });
        match started.await {
            Ok((port, task)) => println!("{port}, {:?}", task.await),
            Err(StartError::Failed(error)) => return Err(error),
            Err(_) => {}
        }
        Ok(())
    })
    .await
}

fn spawn_all(g: &TaskGroup) {
    g.spawn(boxed());
    g.spawn(text());
    g.spawn(started());
    g.spawn(async {
        let nested = try_task_group(async |g| {
            g.spawn(async { boxed().await.map_err(|error| BoxError::from(error.to_string())) });
            Ok::<_, BoxError>(())
        });
        let _ = nested.await;
    });
}

fn main() {
    let _ = spawn_all;
}
