//! A cleanup that never ends is visible: it is in the task tree, with its place and age.

use super::fail;
use crate::harness::*;

/// Whether the tree has a region that was made on this line of this file, with an age, and prints it.
fn shows(tree: &TaskTree, line: u32) -> bool {
    let region = tree.regions().iter().find(|region| {
        let place = region.place.as_ref();
        place.is_some_and(|place| place.file().ends_with("visible.rs") && place.line() == line)
    });
    let printed = tree.to_string();
    region.is_some_and(|region| {
        assert!(printed.contains(&format!("visible.rs:{line}")), "{tree}");
        assert!(region.age.is_some(), "{tree}");
        true
    })
}

/// Sets `polled` and waits for ever.
fn waiting(polled: &Event) -> impl Future<Output = ()> + Send + use<> {
    let polled = polled.clone();
    async move {
        polled.set();
        pending::<()>().await;
    }
}

fn tree() -> TaskTree {
    task_tree().expect("a task of the runtime asks")
}

/// FI4: after a cancel, a cleanup that waits for ever stands in the tree until it is let go.
pub fn fi4_a_cleanup_that_never_ends_is_in_the_task_tree(on: &Flavour) {
    on.run(async {
        let (cleaning, gate) = (Event::new(), Event::new());
        let scope = CancelScope::new();
        scope.handle().cancel();
        let line = line!() + 1;
        let stuck = finally(pending::<()>(), async |_| {
            cleaning.set();
            gate.wait().await;
        });
        let watch = async {
            cleaning.wait().await;
            let tree = tree();
            gate.set();
            tree
        };
        let (result, seen) = futures_util::join!(scope.run(stuck), watch);
        assert!(result.is_err());
        assert!(shows(&seen, line), "{seen}");
        let left = tree();
        assert!(!shows(&left, line), "{left}");
    });
}

/// FI4: it is found in a task further down, from another task and from the handle of the runtime on any thread.
pub fn fi4_a_stuck_cleanup_of_a_child_is_in_the_task_tree(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let (polled, cleaning, gate) = (Event::new(), Event::new(), Event::new());
            let (started, open) = (cleaning.clone(), gate.clone());
            let body = waiting(&polled);
            let line = line!() + 1;
            let stuck = finally(body, async move |_| {
                started.set();
                open.wait().await;
            });
            let child = g.task().name("stuck child").spawn(stuck);
            polled.wait().await;
            child.cancel();
            cleaning.wait().await;
            // The cleanup has been entered by another thread; it is listed from its first wait on.
            let runtime = Runtime::current().unwrap();
            until(|| shows(&on_thread(|| runtime.task_tree()), line)).await;
            let seen = tree().to_string();
            gate.set();
            assert!(seen.contains("stuck child"), "{seen}");
            child.wait().await;
            let left = tree();
            assert!(!shows(&left, line), "{left}");
        })
        .await;
        assert!(result.is_ok());
    });
}

/// FI4: each of several cleanups in each other is there while it runs, the outer ones after the inner ones.
pub fn fi4_nested_cleanups_are_shown_in_turn(on: &Flavour) {
    on.run(async {
        let trees = Mutex::new(Vec::new());
        let look = || trees.lock().unwrap().push(tree());
        let scope = CancelScope::new();
        scope.handle().cancel();
        let inner_line = line!() + 1;
        let inner = finally(pending::<()>(), async |_| {
            yield_once().await;
            look();
        });
        let outer_line = line!() + 1;
        let outer = finally(inner, async |_| {
            yield_once().await;
            look();
        });
        assert!(scope.run(outer).await.is_err());
        let trees = trees.into_inner().unwrap();
        assert!(shows(&trees[0], inner_line), "{}", trees[0]);
        assert!(!shows(&trees[1], inner_line), "{}", trees[1]);
        assert!(shows(&trees[1], outer_line), "{}", trees[1]);
    });
}

/// FI4: after a panic and after a value the cleanup is there too.
pub fn fi4_a_cleanup_after_a_panic_is_in_the_task_tree(on: &Flavour) {
    on.run(async {
        for panics in [false, true] {
            let seen = Mutex::new(None);
            let line = line!() + 1;
            let body = finally(
                async {
                    if panics {
                        fail("body");
                    }
                },
                async |_| {
                    yield_once().await;
                    *seen.lock().unwrap() = Some(tree());
                },
            );
            let caught = catch_async(body).await;
            assert_eq!(caught.is_err(), panics);
            let seen = seen.into_inner().unwrap().expect("the cleanup ran");
            assert!(shows(&seen, line), "{seen}");
        }
    });
}
