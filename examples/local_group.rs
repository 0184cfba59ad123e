//! A local group: its children borrow from their caller, and share without locks.

use std::cell::Cell;
use std::time::Duration;

use anyrt::{local_task_group, sleep};

#[anyrt::main]
async fn main() {
    let mut words = ["one".to_string(), "two".to_string(), "three".to_string()];
    let letters = Cell::new(0);

    // They take turns within the one task of their caller: no `Arc`, no `Send`, no `'static`.
    let done = local_task_group(async |g| {
        for word in &mut words {
            g.spawn(async {
                sleep(Duration::from_millis(10)).await;
                word.make_ascii_uppercase();
                letters.set(letters.get() + word.len());
            });
        }
    });
    done.await.unwrap();

    // The group is over, so the borrows are.
    words.reverse();
    println!("{words:?}, {} letters", letters.get());
}
