//! RT5: names of tasks.

use crate::harness::*;

fn own_name() -> String {
    current_task().expect("anyrt spawned this task").name()
}

/// RT5: the name given to the builder is the task's, inside and through the handle.
pub fn rt5_a_task_has_the_name_it_was_given(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let handle = g.task().name("poller").spawn(async { own_name() });
            assert_eq!(handle.name(), "poller");
            assert_eq!(handle.await.expect("nobody cancels"), "poller");
            let starting = g.task().name("server").start(async |started: Started<_>| {
                started.set(own_name());
            });
            let (inside, handle) = starting.await.expect("the child sets its value");
            assert_eq!(
                (inside.as_str(), handle.name().as_str()),
                ("server", "server")
            );
        });
        group.await.expect("nobody cancels");
        let group =
            local_task_group(async |g| g.task().name("local").spawn(async { own_name() }).await);
        let name = group
            .await
            .expect("nobody cancels")
            .expect("nobody cancels");
        assert_eq!(name, "local");
    });
}

/// RT5: a task without a name is found in the code.
pub fn rt5_without_a_name_a_task_is_called_after_its_spawn(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let (handle, line) = (g.spawn(async { own_name() }), line!());
            let expected = format!("names.rs:{line}");
            assert!(handle.name().ends_with(&expected), "{}", handle.name());
            let name = handle.await.expect("nobody cancels");
            assert!(name.ends_with(&expected), "{name}");

            let line = line!() + 1;
            let starting = g.start(async |started: Started<_>| started.set(own_name()));
            let (name, _) = starting.await.expect("the child sets its value");
            assert!(name.ends_with(&format!("names.rs:{line}")), "{name}");
        });
        group.await.expect("nobody cancels");
        let group = local_task_group(async |g| {
            let (handle, line) = (g.spawn(async { own_name() }), line!());
            (handle.await.expect("nobody cancels"), line)
        });
        let (name, line) = group.await.expect("nobody cancels");
        assert!(name.ends_with(&format!("names.rs:{line}")), "{name}");
    });
}

/// RT5: whatever region of the task asks, the answer is the task's name.
pub fn rt5_the_name_is_seen_in_every_region_of_the_task(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let handle = g.task().name("outer").spawn(async {
                let scope = CancelScope::new().name("a scope is no task");
                let in_scope = scope.run(async { own_name() }).await;
                let in_shield = shield(async { own_name() }).await;
                let in_group = task_group(async |_| own_name()).await;
                let in_cleanup = Trace::new();
                finally(async {}, async |_| in_cleanup.push(own_name())).await;
                vec![
                    in_scope.expect("nobody cancels"),
                    in_shield,
                    in_group.expect("nobody cancels"),
                    in_cleanup.take().remove(0),
                ]
            });
            handle.await.expect("nobody cancels")
        });
        assert_eq!(group.await.expect("nobody cancels"), ["outer"; 4]);
    });
}

/// RT5: the place is the spawn's, also for a task with a name, and ids tell tasks of one place apart.
pub fn rt5_a_task_knows_its_place_and_its_id(on: &Flavour) {
    on.run(async {
        let main = current_task().expect("main is a task").id();
        let group = task_group(async |g| {
            let mut ids = vec![main];
            for _ in 0..3 {
                let line = line!() + 1;
                let handle = g.task().name("named").spawn(async { current_task() });
                let id = handle.id();
                let info = handle.await.expect("nobody cancels").expect("a task");
                assert_eq!(info.id(), id);
                assert!(
                    info.place().file().ends_with("names.rs"),
                    "{}",
                    info.place()
                );
                assert_eq!(info.place().line(), line);
                assert!(!ids.contains(&id));
                ids.push(id);
            }
        });
        group.await.expect("nobody cancels");
    });
}
