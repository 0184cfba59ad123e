//! A child that any thread may run cannot borrow from the caller.

async fn count(words: Vec<String>) {
    let _ = anyrt::task_group(async |g| {
        g.spawn(async { words.len() });
    })
    .await;
}

fn main() {
    let _ = count;
}
