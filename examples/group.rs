//! A task group: children run side by side, and the block ends when all of them have ended.

use std::time::Duration;

use anyrt::sleep;

async fn brew(what: &'static str, millis: u64) -> usize {
    sleep(Duration::from_millis(millis)).await;
    println!("{what} is ready");
    what.len()
}

async fn burn(what: &'static str) -> Result<(), String> {
    sleep(Duration::from_millis(20)).await;
    Err(format!("{what} is burnt"))
}

#[anyrt::main]
async fn main() {
    // The value of the block is the value of its body.
    let letters = anyrt::task_group(async |g| {
        let tea = g.spawn(brew("tea", 40));
        let coffee = g.spawn(brew("coffee", 20));
        g.spawn(brew("water", 60)); // nobody waits for this one, but the group does
        tea.await.unwrap() + coffee.await.unwrap()
    });
    println!("{} letters", letters.await.unwrap());

    // The first error cancels the siblings; it comes out when they are gone.
    let breakfast = anyrt::try_task_group(async |g| {
        g.spawn(burn("toast"));
        g.spawn(async {
            let watch_the_pot = anyrt::sleep_forever();
            anyrt::finally(watch_the_pot, async |_| println!("the pot is off")).await;
            Ok(())
        });
        Ok("breakfast is ready")
    });
    println!("{}", breakfast.await.unwrap_err());
}
