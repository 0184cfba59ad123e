//! Which code can be cancelled: SC4 for every public asynchronous function.

use anyrt::testing::{
    Sequencer, Sim, assert_checkpoints, assert_no_checkpoints, wait_all_tasks_blocked,
};
use anyrt::{
    CancelScope, CapacityLimiter, checkpoint, checkpoint_if_cancelled, exit_stack, fail_after,
    finally, iterate_in_threadpool, local_task_group, move_on_after, restore, run_in_threadpool,
    shield, shielded_checkpoint, sleep, sleep_until, task_group, try_task_group,
};
use futures_util::StreamExt;
use std::convert::Infallible;
use std::time::Duration;

#[anyrt::test(sim, backends = "tokio, smol, async-std")]
async fn operations_are_checkpoints() {
    let limiter = CapacityLimiter::new(1);
    assert_checkpoints(checkpoint).await;
    assert_checkpoints(checkpoint_if_cancelled).await;
    assert_checkpoints(|| sleep(Duration::ZERO)).await;
    assert_checkpoints(|| sleep_until(anyrt::Instant::now())).await;
    assert_checkpoints(|| run_in_threadpool(|| ())).await;
    assert_checkpoints(wait_all_tasks_blocked).await;
    drop(assert_checkpoints(|| limiter.acquire()).await);
    drop(assert_checkpoints(|| limiter.acquire_on_behalf_of("somebody")).await);
    assert_checkpoints(|| async {
        let mut stream = iterate_in_threadpool(0..3);
        stream.next().await
    })
    .await;
    drop(assert_checkpoints(|| async { Sequencer::new().turn(0).await }).await);
    let group = task_group(async |g| {
        let done = g.spawn(async {});
        done.wait().await;
        assert_checkpoints(|| done.wait()).await;
        assert_checkpoints(|| {
            let g = g.clone();
            async move { g.start(async |started| started.set(7)).await.map(|_| ()) }
        })
        .await
        .expect("it starts");
    });
    group.await.expect("nobody cancels");
}

/// What only puts other code together is as much of a checkpoint as that code.
#[anyrt::test(sim, backends = "tokio, smol, async-std")]
async fn structures_are_no_checkpoints() {
    assert_no_checkpoints(async { task_group(async |_| ()).await })
        .await
        .unwrap();
    assert_no_checkpoints(async { local_task_group(async |_| ()).await })
        .await
        .unwrap();
    let group = try_task_group(async |_| Ok::<_, Infallible>(()));
    assert_no_checkpoints(group).await.unwrap();
    assert_no_checkpoints(exit_stack(async |_| ())).await;
    assert_no_checkpoints(CancelScope::new().run(async {}))
        .await
        .unwrap();
    assert_no_checkpoints(move_on_after(Duration::MAX, async {}))
        .await
        .unwrap();
    assert_no_checkpoints(fail_after(Duration::MAX, async {}))
        .await
        .unwrap();
    assert_no_checkpoints(shield(async {})).await;
    assert_no_checkpoints(shield(checkpoint())).await;
    assert_no_checkpoints(restore(async {})).await.unwrap();
    assert_no_checkpoints(finally(async {}, async |_| ())).await;
    assert_no_checkpoints(shielded_checkpoint()).await;
}

#[test]
#[should_panic(expected = "it is no checkpoint")]
fn code_that_completes_when_cancelled_is_no_checkpoint() {
    let _ = anyrt::run(Sim::new(0), assert_checkpoints(|| async {}));
}

#[test]
#[should_panic(expected = "has waited")]
fn code_that_waits_is_found() {
    let _ = anyrt::run(Sim::new(0), assert_no_checkpoints(checkpoint()));
}
