//! HA1: names and ids.

use super::both_kinds;
use crate::harness::*;

both_kinds! {
    /// HA1: a given name is kept, also after the task has ended.
    #[local(ha1_local_a_given_name_is_kept)]
    pub fn ha1_a_given_name_is_kept(on: &Flavour) {
        on.run(async {
            let handle = task_group(async |g| g.task().name("poller").spawn(async {}))
                .await
                .unwrap();
            assert_eq!(handle.name(), "poller");
            handle.wait().await;
            assert_eq!(handle.name(), "poller");
        });
    }

    /// HA1: a task without a name has that of the file and line of its spawn.
    #[local(ha1_local_a_task_without_a_name_has_its_place)]
    pub fn ha1_a_task_without_a_name_has_its_place(on: &Flavour) {
        on.run(async {
            let (names, line) = task_group(async |g| {
                let plain = g.spawn(async {}).name();
                let line = line!() - 1;
                let built = g.task().spawn(async {}).name();
                let tried = g.try_spawn(async {}).unwrap().name();
                ([plain, built, tried], line)
            })
            .await
            .unwrap();
            assert!(
                names.iter().all(|name| name.contains("identity.rs")),
                "{names:?}"
            );
            for (name, line) in names.iter().zip([line, line + 2, line + 3]) {
                assert!(
                    name.ends_with(&format!(":{line}")),
                    "{names:?}, line {line}"
                );
            }
        });
    }

    /// HA1: every task has an id of its own.
    #[local(ha1_local_ids_are_unique)]
    pub fn ha1_ids_are_unique(on: &Flavour) {
        on.run(async {
            let handles = task_group(async |g| {
                let handles: Vec<_> = (0..100)
                    .map(|_| g.task().name("same").spawn(async {}))
                    .collect();
                handles
            })
            .await
            .unwrap();
            for (n, handle) in handles.iter().enumerate() {
                assert!(
                    handles[n + 1..]
                        .iter()
                        .all(|other| other.id() != handle.id())
                );
            }
        });
    }

    /// HA1: the handle's name is the one by which a task that cancels is told, its own included.
    #[local(ha1_local_the_name_stands_in_the_reason)]
    pub fn ha1_the_name_stands_in_the_reason(on: &Flavour) {
        on.run(async {
            let reason = task_group(async |g| {
                let group = g.clone();
                let unnamed = g.spawn(async move { group.cancel() });
                let name = unnamed.name();
                shield(unnamed.wait()).await;
                assert_eq!(g.reason().unwrap().by(), Some(&*name));
                g.reason()
            })
            .await
            .unwrap();
            assert!(reason.is_some());
        });
    }

    /// HA1: the text of a handle for debugging names the task.
    #[local(ha1_local_a_handle_is_debug)]
    pub fn ha1_a_handle_is_debug(on: &Flavour) {
        on.run(async {
            let handle = task_group(async |g| g.task().name("poller").spawn(async {}))
                .await
                .unwrap();
            assert!(format!("{handle:?}").contains("poller"), "{handle:?}");
        });
    }
}

/// HA1: inside the task `current_task` tells the same name and id as the handle outside.
pub fn ha1_a_task_knows_its_name_and_id(on: &Flavour) {
    on.run(async {
        task_group(async |g| {
            let handle = g.task().name("poller").spawn(async {
                let me = current_task().expect("a task of this library");
                yield_once().await;
                let later = current_task().expect("still the same");
                assert_eq!(me.id(), later.id());
                (me.name().to_owned(), me.id())
            });
            let (name, id) = (handle.name(), handle.id());
            let (inside_name, inside_id) = handle.await.unwrap();
            assert_eq!(name, inside_name);
            assert_eq!(id, inside_id);
        })
        .await
        .unwrap();
    });
}
