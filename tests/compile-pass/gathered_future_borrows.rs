//! CO1: a future that is gathered may borrow from the code that waits for it.

async fn count() -> (usize, usize) {
    let words = vec![String::new()];
    anyrt::gather((async { words.len() }, async { words.capacity() })).await
}

fn main() {
    let _ = count;
}
