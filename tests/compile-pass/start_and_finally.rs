//! `start` and `finally` infer their types and stay `Send`.

use anyrt::{Started, finally, finally_with, task_group};
use std::io;

async fn serve(started: Started<u16>) -> io::Result<()> {
    started.set(80);
    Ok(())
}

async fn all() {
    let name = String::from("server");
    let _ = task_group(async |g| {
        let (port, _server) = g.start(serve).await.map_err(io::Error::other)?;
        let owned = name.clone();
        let _ = g
            .start(async move |started: Started<usize>| started.set(owned.len()))
            .await;
        Ok::<_, io::Error>(port)
    })
    .await;
    finally(async { name.len() }, async |_exit| {}).await;
    finally_with(
        vec![1],
        async |list: &mut Vec<i32>| list.push(2),
        async |list: &mut Vec<i32>, _exit| list.clear(),
    )
    .await;
}

fn assert_send<T: Send>(_: T) {}

fn main() {
    assert_send(all());
}
