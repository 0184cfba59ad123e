//! RT5: the task tree: states and reasons.

use super::SetOnDrop;
use super::tree::{regions_named, tree, until_waits};
use crate::harness::*;

/// The regions of the current runtime that were made at this line of this file.
fn regions_at(line: u32) -> Vec<RegionInfo> {
    let mut found = tree().regions().to_vec();
    found.retain(|region| {
        region
            .place
            .is_some_and(|place| place.file().ends_with("tree_states.rs") && place.line() == line)
    });
    found
}

/// Waits until the only region made at this line waits.
async fn until_line_waits(line: u32) -> RegionInfo {
    until(|| regions_at(line).iter().any(|region| region.age.is_some())).await;
    let mut found = regions_at(line);
    assert_eq!(found.len(), 1, "regions of line {line} in\n{}", tree());
    found.remove(0)
}

/// RT5: a cancelled region that is held shows the reason and the task that cancelled it.
pub fn rt5_the_tree_tells_why_and_by_whom_a_region_was_cancelled(on: &Flavour) {
    on.run(async {
        let release = Event::new();
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            let scope = CancelScope::new().name("download");
            let handle = scope.handle();
            let held = release.clone();
            g.task().name("worker").spawn(async move {
                let held = scope.run(shield(held.wait()));
                held.await.expect("the shield's value beats the cancel");
            });
            let before = until_waits("download").await;
            assert!(!before.cancel_called && before.reason.is_none());
            let boss = g.task().name("boss").spawn(async move {
                handle.cancel_with("disk full");
            });
            boss.wait().await;
            let after = until_waits("download").await;
            assert!(after.cancel_called && after.held_by > 0, "{after}");
            let reason = after.reason.clone().expect("it was cancelled");
            assert_eq!(
                reason.cause(),
                &Cause::Explicit(Some("disk full".to_owned()))
            );
            assert_eq!(reason.by(), Some("boss"));
            let shown = after.to_string();
            assert!(
                shown.contains("disk full") && shown.contains("boss"),
                "{shown}"
            );
        });
        group.await.expect("nobody cancels the group");
    });
}

/// RT5: whatever can hold a region is in the tree, with its place and its age.
pub fn rt5_the_tree_shows_shields_finalizers_and_blocking_calls(on: &Flavour) {
    on.run(async {
        let (release, started) = (Event::new(), Event::new());
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            let mut lines = vec![line!() + 1];
            let shielded = shield(release.wait());
            let held = release.clone();
            lines.push(line!() + 1);
            let cleaning = finally(async {}, async move |_| held.wait().await);
            let (start, end) = (started.clone(), release.clone());
            lines.push(line!() + 1);
            let blocking = run_in_threadpool(move || {
                start.set();
                end.wait_blocking();
            });
            g.spawn(shielded);
            g.spawn(cleaning);
            g.spawn(blocking);
            started.wait().await;
            for line in lines {
                let region = until_line_waits(line).await;
                assert!(region.to_string().contains("waiting for"), "{region}");
            }
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: a blocking call that a cancel waits for is shown, with the cancel, until it has ended.
pub fn rt5_the_tree_shows_a_blocking_call_that_a_cancel_waits_for(on: &Flavour) {
    on.run(async {
        let (release, started) = (Event::new(), Event::new());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            let (start, end) = (started.clone(), release.clone());
            let line = line!() + 1;
            let blocking = run_in_threadpool(move || {
                start.set();
                end.wait_blocking();
                from_thread::is_cancelled()
            });
            let child = g.spawn(scope.run(blocking));
            started.wait().await;
            let region = until_line_waits(line).await;
            assert!(!region.outside_cancelled, "{region}");
            handle.cancel();
            let region = until_line_waits(line).await;
            assert!(region.outside_cancelled, "{region}");
            release.set();
            let told = child.await.expect("it is not cancelled itself");
            assert!(matches!(told, Ok(Ok(true))), "{told:?}");
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: how long a region has left is told by the clock its deadline is on.
pub fn rt5_the_tree_shows_deadlines_on_the_runtimes_clock(on: &Flavour) {
    on.run(async {
        let minute = Duration::from_secs(60);
        let release = Event::new();
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            let before = Instant::now();
            let line = line!() + 1;
            let bounded = move_on_after(minute, release.wait());
            g.spawn(bounded);
            let region = until_line_waits(line).await;
            let left = region.deadline_in.expect("there is a deadline");
            assert!(left <= minute, "{left:?}");
            assert!(left + before.elapsed() >= minute, "{left:?}");
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: a task that a limit keeps from running is not missing.
pub fn rt5_the_tree_shows_tasks_that_wait_for_their_place(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            g.limit(0);
            let line = line!() + 1;
            g.task().name("queued one").spawn(async {});
            let queued = regions_at(line);
            assert_eq!(queued.len(), 1, "{}", tree());
            assert_eq!(queued[0].name.as_deref(), Some("queued one"));
            g.limit(1);
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: an orphan has lost its group, not its place in the tree.
pub fn rt5_the_tree_shows_an_orphan(on: &Flavour) {
    on.run_reporting(async {
        let release = Event::new();
        let _release = SetOnDrop(release.clone());
        let held = release.clone();
        let mut group = Box::pin(task_group(async move |g| {
            g.task().name("left alone").spawn(shield(held.wait()));
            pending::<()>().await;
        }));
        assert!(poll_once(&mut group).await.is_pending());
        until_waits("left alone").await;
        drop(group);
        let orphan = until_waits("left alone").await;
        assert!(orphan.outside_cancelled || orphan.cancel_called, "{orphan}");
        release.set();
        until(|| regions_named("left alone").is_empty()).await;
    });
}

/// RT5: a task that waits and has nothing inside is there with its kind, its place and its age.
pub fn rt5_a_plain_task_that_waits_is_shown(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let result = task_group(async |g: TaskGroup| {
            let line = line!() + 1;
            g.spawn(gate.wait());
            let shown = || {
                let tree = task_tree().expect("a runtime runs");
                tree.regions().iter().any(|region| {
                    let is_here = region.place.is_some_and(|place| place.line() == line);
                    region.kind == "task" && is_here && region.age.is_some()
                })
            };
            until(shown).await;
            gate.set();
        })
        .await;
        assert!(result.is_ok());
    });
}
