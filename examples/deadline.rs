//! Deadlines: put around any future, from outside; what is inside need not know about them.

use std::time::Duration;

use anyrt::{CancelScope, Cause, Instant, fail_after, move_on_after, sleep};

const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(60);

async fn answer_after(time: Duration) -> u32 {
    sleep(time).await;
    42
}

#[anyrt::main]
async fn main() {
    // Too late is an error, or it is nothing much.
    println!(
        "fail_after: {:?}",
        fail_after(LONG, answer_after(SHORT)).await.ok()
    );
    println!(
        "fail_after: {}",
        fail_after(SHORT, answer_after(LONG)).await.unwrap_err()
    );
    println!(
        "move_on_after: {:?}",
        move_on_after(SHORT, answer_after(LONG)).await
    );

    // The earliest deadline around counts, and whoever set it gets the answer.
    let outer = fail_after(SHORT, async {
        let inner = fail_after(LONG, answer_after(LONG)).await;
        println!("never printed: {inner:?}");
    });
    println!("nested: {}", outer.await.unwrap_err());

    // A deadline can be moved while its scope runs, from any task or thread.
    let scope = CancelScope::new().deadline_after(LONG);
    let handle = scope.handle();
    let hurried = scope.run(async {
        handle.set_deadline(Instant::now() + SHORT);
        answer_after(LONG).await
    });
    let cancelled = hurried.await.unwrap_err();
    assert_eq!(cancelled.reason().cause(), &Cause::Deadline);
    println!("moved: {cancelled}");
}
