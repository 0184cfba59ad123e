//! Cleanup that may wait: `finally` runs it when the body is gone, and no cancel cuts it short.

use std::time::Duration;

use anyrt::{Exit, finally, finally_with, move_on_after, shield, sleep};

const TICK: Duration = Duration::from_millis(10);

/// A connection whose goodbye takes a while.
struct Connection;

impl Connection {
    async fn send(&mut self) {
        sleep(TICK).await;
    }

    async fn close(&mut self) {
        sleep(TICK).await;
        println!("closed in good order");
    }
}

#[anyrt::main]
async fn main() {
    // The body and the cleanup use the same connection in turn.
    let chat = finally_with(
        Connection,
        async |connection| {
            loop {
                connection.send().await;
            }
        },
        async |connection, exit| {
            assert!(matches!(exit, Exit::Cancelled(_)));
            connection.close().await;
        },
    );
    let talk: Option<()> = move_on_after(TICK * 5, chat).await;
    println!("talked to the end: {}", talk.is_some());

    // A shield lets a step finish that must not be cut in two: the cancel lands after it.
    let step = async {
        sleep(TICK * 5).await;
        println!("committed");
    };
    let transaction = async {
        shield(step).await;
        sleep(TICK).await;
        println!("never printed");
    };
    let transaction = finally(transaction, async |exit| {
        let cut = matches!(exit, Exit::Cancelled(_));
        println!("cut short after the shield: {cut}");
    });
    move_on_after(TICK, transaction).await;
}
