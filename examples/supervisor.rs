//! Daemons: children that serve the others, and that their group does not wait for.

use std::time::Duration;

use anyrt::{sleep, task_group};
use async_channel::{Receiver, RecvError, Sender, bounded};

/// Prints pages until the tray is empty.
async fn print(pages: &Receiver<u32>, printed: &Sender<u32>) -> Result<(), RecvError> {
    for _sheet in 0..2 {
        let page = pages.recv().await?;
        sleep(Duration::from_millis(10)).await;
        let _ = printed.send(page).await;
    }
    Ok(())
}

/// Starts the printer again whenever it stops.
async fn supervise(pages: Receiver<u32>, printed: Sender<u32>) {
    let restart = async {
        while print(&pages, &printed).await.is_ok() {
            println!("out of paper: starting the printer again");
        }
    };
    anyrt::finally(restart, async |_| println!("the printer is switched off")).await;
}

#[anyrt::main]
async fn main() {
    let (to_print, pages) = bounded(1);
    let (printed, receipts) = bounded(1);

    let done = task_group(async |g| {
        let daemon = g.task().name("printer").daemon();
        daemon.spawn(supervise(pages, printed));

        let author = to_print.clone();
        g.spawn(async move {
            for page in 1..=5 {
                author.send(page).await.expect("the printer is there");
            }
        });
        for _ in 1..=5 {
            println!("page {} is printed", receipts.recv().await.unwrap());
        }
    });
    // When only the daemon is left, the group cancels it, waits for its cleanup, and is over.
    done.await.unwrap();
    println!("done");
}
