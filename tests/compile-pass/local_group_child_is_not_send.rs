//! TG12: a child of a local group need not be `Send`.

async fn count() {
    let _ = anyrt::local_task_group(async |g| {
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
