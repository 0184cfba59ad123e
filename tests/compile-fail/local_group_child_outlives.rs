//! TG12: a child of a local group cannot borrow what ends before the group does.

async fn count() {
    let _ = anyrt::local_task_group(async |g| {
        let words = vec![String::new()];
        g.spawn(async { words.len() });
    })
    .await;
}

fn main() {
    let _ = count;
}
