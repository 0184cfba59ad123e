//! CO6: a task of its own cannot borrow from the code that waits for it.

async fn count() -> usize {
    let words = vec![String::new()];
    anyrt::spawned(async { words.len() }).await
}

fn main() {
    let _ = count;
}
