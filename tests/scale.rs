//! What a process looks like from outside: flat memory, an idle processor, a small stack.

#![cfg(target_os = "linux")]

mod common;

use std::time::Duration;

use anyrt::{checkpoint, finally, sleep, sleep_forever, task_group};
use common::on_each_backend;

/// The resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|n| n.parse().ok()).expect("a number")
}

/// The processor time of this process so far, in clock ticks (of 10 ms).
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let after_name = stat.rsplit(')').next().expect("a name in brackets");
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let number = |index: usize| fields[index].parse::<u64>().expect("a number");
    number(11) + number(12)
}

/// One test for both figures, since they are the whole process's.
#[test]
fn tg13_and_sc9_memory_stays_flat_and_the_processor_idle() {
    on_each_backend(|run| {
        run(Box::pin(async {
            a_million_children_leave_no_memory_behind().await;
            waiting_for_a_finalizer_takes_no_processor().await;
        }));
    });
}

async fn a_million_children_leave_no_memory_behind() {
    let batch = 1_000;
    let outcome = task_group(async |g| {
        let mut after_warm_up = 0;
        for round in 0..1_000 {
            for _ in 0..batch {
                g.spawn(checkpoint());
            }
            let last = g.spawn(async {});
            last.await.expect("it ends by itself");
            // The children of this batch may still be on their way out on other threads.
            while anyrt::task_tree().is_some_and(|tree| tree.regions().len() > 64) {
                checkpoint().await;
            }
            if round == 100 {
                after_warm_up = resident();
            }
        }
        (after_warm_up, resident())
    })
    .await;
    let (before, after) = outcome.expect("nobody cancels");
    // 900,000 children that left 64 bytes each would be 56 MiB.
    assert!(
        after < before + 16 * 1024,
        "{before} KiB after 100,000 children, {after} KiB after 1,000,000"
    );
}

async fn waiting_for_a_finalizer_takes_no_processor() {
    let before = ticks();
    let held = Duration::from_millis(600);
    let outcome = task_group(async |g| {
        let group = g.clone();
        g.spawn(finally(sleep_forever(), async move |_| sleep(held).await));
        g.spawn(async move {
            checkpoint().await;
            group.cancel();
        });
        sleep_forever().await;
    })
    .await;
    assert!(outcome.is_err(), "the group was cancelled");
    let spent = ticks() - before;
    // A loop that spins would have spent 60 of them on each thread.
    assert!(
        spent <= 10,
        "{spent} ticks of processor time while nothing was to be done"
    );
}
