//! Two kinds of groups: a failing group's children return results.

async fn fails() {
    let _ = anyrt::try_task_group(async |g: anyrt::TryTaskGroup<String>| {
        g.spawn(async { 7 });
        Ok(())
    })
    .await;
}

fn main() {
    let _ = fails;
}
