//! CO1: a combinator may borrow, and is `Send` where its futures are, whatever their errors are made of.

use anyrt::{TaskGroup, amap, as_completed, gather, race_ok, select, spawned, try_amap, try_gather};
use std::error::Error;

type BoxError = Box<dyn Error + Send + Sync>;

async fn number(word: &str) -> Result<u8, BoxError> {
    Ok(word.parse()?)
}

async fn fails() -> Result<u8, BoxError> {
    Err("no number".into())
}

fn spawn_all(g: &TaskGroup) {
    g.spawn(async {
        let word = String::from("7");
        let both = try_gather((number(&word), async { Err::<(), BoxError>("none".into()) })).await;
        let first = race_ok((number(&word), async { fails().await })).await;
        let all = try_amap(["1", "2"], |word| number(word)).limit(1).await;
        let one = select((number(&word), fails(), anyrt::sleep_forever())).await;
        let sum = as_completed([number(&word), number("8")], async |mut results| {
            let mut sum = 0;
            while let Some(Ok(number)) = results.next().await {
                sum += number;
            }
            sum
        });
        let sum = sum.await;
        drop((both, first.is_ok(), all, one));
        sum
    });
    g.spawn(async { amap(0..9_u8, |n| spawned(async move { gather([async { n }]).await })).await });
}

fn main() {
    let _ = spawn_all;
}
