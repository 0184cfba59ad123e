//! RT5: the task tree: who waits, where, for how long.

use super::SetOnDrop;
use crate::harness::*;

/// The current runtime's tree.
pub(super) fn tree() -> TaskTree {
    task_tree().expect("a runtime is running")
}

/// The regions of this name that are in the tree.
pub(super) fn regions_named(name: &str) -> Vec<RegionInfo> {
    let mut found = tree().regions().to_vec();
    found.retain(|region| region.name.as_deref() == Some(name));
    found
}

/// Waits until the only region of this name waits. Its body may have told so a moment earlier: a region waits when its
/// poll has ended, which another thread does not see at once.
pub(super) async fn until_waits(name: &str) -> RegionInfo {
    until(|| {
        regions_named(name)
            .iter()
            .any(|region| region.age.is_some())
    })
    .await;
    let mut found = regions_named(name);
    assert_eq!(found.len(), 1, "regions named {name} in\n{}", tree());
    found.remove(0)
}

/// RT5: each waiting task is there with its name, its place and its age, as data and as a line of text.
pub fn rt5_the_tree_shows_name_place_and_age_of_who_waits(on: &Flavour) {
    on.run(async {
        let before = std::time::Instant::now();
        let release = Event::new();
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            let line = line!() + 1;
            g.task().name("reader").spawn(release.wait());
            let reader = until_waits("reader").await;
            assert_eq!(reader.kind, "task");
            let place = reader.place.expect("a task has a place");
            assert!(place.file().ends_with("tree.rs"), "{place}");
            assert_eq!(place.line(), line);
            assert!(reader.age.expect("it waits") <= before.elapsed());
            assert!(!reader.cancel_called && !reader.outside_cancelled);
            let text = tree().to_string();
            let shown = text.lines().find(|line| line.contains("reader"));
            let shown = shown.expect("a line for the task");
            assert!(shown.contains(&format!("tree.rs:{line}")), "{shown}");
            assert!(shown.contains("waiting for"), "{shown}");
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: the tree has the shape of the program: task, scope, group, task.
pub fn rt5_the_tree_nests_regions_as_they_are_entered(on: &Flavour) {
    on.run(async {
        let release = Event::new();
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            let inner = release.clone();
            g.task().name("outer task").spawn(async move {
                let scope = CancelScope::new().name("upload scope");
                let result = scope
                    .run(task_group(async |g| {
                        g.task().name("inner task").spawn(inner.wait());
                    }))
                    .await;
                result.expect("nobody cancels").expect("nobody cancels");
            });
            let mut depths = Vec::new();
            for name in ["outer task", "upload scope", "inner task"] {
                depths.push(until_waits(name).await.depth);
            }
            let sorted = depths.is_sorted_by(|outer, inner| outer < inner);
            assert!(sorted, "{depths:?} in\n{}", tree());
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: what has ended is gone from the tree, whoever keeps its handle.
pub fn rt5_the_tree_forgets_who_has_ended(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let scope = CancelScope::new().name("ended scope");
            let kept = scope.handle();
            scope.run(checkpoint()).await.expect("nobody cancels");
            assert!(regions_named("ended scope").is_empty(), "{}", tree());
            let handle = g.task().name("ended task").spawn(checkpoint());
            handle.wait().await;
            // The handle may be told a moment before the thread of the task has taken it out of the tree.
            until(|| regions_named("ended task").is_empty()).await;
            assert!(handle.is_finished() && !kept.cancel_called());
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: the tree is there when it is needed most: asked for by a thread, while every task waits.
pub fn rt5_the_tree_is_seen_from_any_thread(on: &Flavour) {
    on.run(async {
        let release = Event::new();
        let runtime = Runtime::current().expect("a runtime is running");
        let group = task_group(async |g| {
            let _release = SetOnDrop(release.clone());
            g.task().name("stuck").spawn(release.wait());
            until_waits("stuck").await;
            let seen = on_thread(|| runtime.task_tree().to_string());
            assert!(seen.contains("stuck"), "{seen}");
        });
        group.await.expect("nobody cancels");
    });
}
