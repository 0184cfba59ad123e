//! TG12: a child of a local group borrows from the caller, even mutably.

async fn count(words: Vec<String>) -> usize {
    let mut total = 0;
    let _ = anyrt::local_task_group(async |g| {
        g.spawn(async { total = words.len() });
    })
    .await;
    total
}

fn main() {
    let _ = count;
}
