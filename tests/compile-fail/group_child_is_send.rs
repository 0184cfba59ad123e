//! A child that any thread may run is `Send`.

async fn count() {
    let _ = anyrt::task_group(async |g| {
        let shared = std::rc::Rc::new(1);
        g.spawn(async move {
            anyrt::checkpoint().await;
            *shared
        });
    })
    .await;
}

fn main() {
    let _ = count;
}
