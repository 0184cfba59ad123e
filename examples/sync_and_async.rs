//! Two libraries that know nothing of each other: a synchronous one used by async code, and an async one
//! used by the synchronous code inside of that.

use std::time::Duration;

use anyrt::{CancelScope, Cause, asyncify, sleep, syncify};

/// A synchronous library: it wants a callback that looks up prices, and returns when it is done.
mod ledger {
    pub(crate) fn total<E>(
        goods: &[&str],
        price_of: impl Fn(String) -> Result<u32, E>,
    ) -> Result<u32, E> {
        goods.iter().map(|good| price_of((*good).to_owned())).sum()
    }
}

/// An async library: it asks somebody far away.
async fn price(good: String) -> u32 {
    sleep(Duration::from_millis(5)).await;
    good.len() as u32
}

/// Prices that never come.
async fn no_price(_: String) -> u32 {
    std::future::pending().await
}

#[anyrt::main]
async fn main() {
    let goods = ["bread", "salt", "wine"];
    // The synchronous call runs on a thread; each price is awaited from there, in between.
    let total = asyncify(move || ledger::total(&goods, syncify(price)));
    println!("the total is {}", total().await.expect("nobody cancels it"));

    // A cancel goes all the way in: the price that is waited for is given up, the synchronous library
    // returns the error as any other, and the scope ends when its thread is free.
    let scope = CancelScope::new().deadline_after(Duration::from_millis(20));
    let hanging = asyncify(move || ledger::total(&goods, syncify(no_price)));
    let outcome = scope
        .run(async {
            let answer = hanging().await;
            println!("the library returned {}", answer.unwrap_err());
            anyrt::checkpoint().await;
            println!("never printed: the scope has been cancelled");
        })
        .await;
    assert_eq!(outcome.unwrap_err().reason().cause(), &Cause::Deadline);
    println!("the deadline ended the wait");
}
