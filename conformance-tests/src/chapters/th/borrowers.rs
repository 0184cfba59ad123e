//! TH4: who has the tokens of a limiter, and on whose behalf.

use super::{Gate, until_limiter};
use crate::harness::*;

/// TH4: a limiter may have a name, which its clones share.
pub fn th4_a_limiter_may_have_a_name(_: &Flavour) {
    let limiter = CapacityLimiter::named("io", 2);
    assert_eq!(limiter.name(), Some("io"));
    assert_eq!(limiter.clone().name(), Some("io"));
    assert_eq!(limiter.total(), 2);
    assert!(CapacityLimiter::new(2).name().is_none());
}

/// TH4: the statistics list who has a token, by the name of the task and the place in the code, and nobody who waits.
pub fn th4_the_statistics_list_who_has_a_token(on: &Flavour) {
    on.run(async {
        let (limiter, gate) = (CapacityLimiter::new(1), Gate::new());
        let group = task_group(async |g| {
            let _open = gate.open.set_on_drop();
            let call = run_in_threadpool(gate.closure(|| ())).limiter(&limiter);
            g.task().name("reader").spawn(call);
            gate.started.wait().await;
            let call = run_in_threadpool(|| ()).limiter(&limiter);
            g.task().name("waiter").spawn(call);
            until_limiter(&limiter, 1, 1).await;
            let borrowers = limiter.statistics().borrowers;
            assert_eq!(borrowers.len(), 1);
            let reader = &borrowers[0];
            let task = reader.task().map(|task| task.name());
            assert_eq!(task.as_deref(), Some("reader"));
            assert_eq!(reader.key(), None);
            let place = reader.place();
            assert!(place.file().ends_with("borrowers.rs"), "{place}");
            assert!(reader.to_string().contains("reader"), "{reader}");
        });
        group.await.expect("nobody cancels");
        assert!(limiter.statistics().borrowers.is_empty());
    });
}

/// TH4: a token that a task or a thread takes for itself is listed too; a plain thread has no task to name.
pub fn th4_tokens_taken_by_tasks_and_threads_are_listed(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(2);
        let by_thread = on_thread(|| limiter.try_acquire());
        let group = task_group(async |g| {
            let held = limiter.clone();
            let taker = g
                .task()
                .name("taker")
                .spawn(async move { held.acquire().await });
            taker.await.expect("nobody cancels")
        });
        let by_task = group.await.expect("nobody cancels");
        let borrowers = limiter.statistics().borrowers;
        assert_eq!(borrowers.len(), 2);
        let mut names = Vec::new();
        for borrower in &borrowers {
            let place = borrower.place();
            assert!(place.file().ends_with("borrowers.rs"), "{place}");
            names.push(borrower.task().map(|task| task.name()));
        }
        names.sort();
        assert_eq!(names, [None, Some("taker".to_owned())]);
        drop(by_thread);
        assert_eq!(limiter.statistics().borrowers.len(), 1);
        drop(by_task);
        assert!(limiter.statistics().borrowers.is_empty());
    });
}

/// TH4: a token may be taken on behalf of something else than a task; the statistics show for what.
pub fn th4_the_key_of_a_borrower_is_shown(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(2);
        let first = limiter.acquire_on_behalf_of("upload 7").await;
        let second = limiter.try_acquire_on_behalf_of("upload 8");
        let borrowers = limiter.statistics().borrowers;
        let mut keys: Vec<_> = borrowers.iter().map(|borrower| borrower.key()).collect();
        keys.sort_unstable();
        assert_eq!(keys, [Some("upload 7"), Some("upload 8")]);
        for borrower in &borrowers {
            let key = borrower.key().expect("it has one");
            assert!(borrower.to_string().contains(key), "{borrower}");
        }
        drop(first.expect("a fresh key"));
        drop(second.expect("a fresh key").expect("a free token"));
        assert!(limiter.statistics().borrowers.is_empty());
    });
}

/// TH4: one token for each key: who asks again is told so at once, however many are free, and takes none.
pub fn th4_a_key_has_one_token_at_most(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(3);
        let token = limiter.acquire_on_behalf_of("a").await;
        let clone = limiter.clone();
        assert!(clone.acquire_on_behalf_of("a").await.is_err());
        assert!(clone.try_acquire_on_behalf_of("a").is_err());
        assert_eq!(limiter.statistics().borrowed, 1);
        // Neither other keys nor other limiters are concerned.
        let other = limiter.try_acquire_on_behalf_of("b");
        assert!(matches!(other, Ok(Some(_))));
        let elsewhere = CapacityLimiter::new(1);
        assert!(elsewhere.acquire_on_behalf_of("a").await.is_ok());
        drop(token.expect("a fresh key"));
        let again = limiter.acquire_on_behalf_of("a").await;
        assert!(again.is_ok());
        assert_eq!(limiter.statistics().borrowed, 2);
    });
}

/// TH4: whoever waits on behalf of a key has that key: nobody else can wait for it as well.
pub fn th4_a_key_that_waits_is_taken(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let mut first = Box::pin(limiter.acquire_on_behalf_of("a"));
        assert!(poll_once(&mut first).await.is_pending());
        assert!(limiter.acquire_on_behalf_of("a").await.is_err());
        assert!(limiter.try_acquire_on_behalf_of("a").is_err());
        // Another key is only short of a token.
        assert!(matches!(limiter.try_acquire_on_behalf_of("b"), Ok(None)));
        let waiting = limiter.statistics();
        assert_eq!((waiting.borrowed, waiting.waiting), (1, 1));
        drop(token);
        assert!(first.await.is_ok());
        assert!(matches!(limiter.try_acquire_on_behalf_of("a"), Ok(Some(_))));
    });
}

/// TH4: a wait that is given up gives the key up: cancelled, dropped, or begun in a cancelled region.
pub fn th4_a_wait_that_is_given_up_frees_its_key(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut cancelled = Box::pin(scope.run(limiter.acquire_on_behalf_of("a")));
        assert!(poll_once(&mut cancelled).await.is_pending());
        handle.cancel();
        assert!(cancelled.await.is_err());
        assert!(matches!(limiter.try_acquire_on_behalf_of("a"), Ok(None)));

        let mut dropped = Box::pin(limiter.acquire_on_behalf_of("a"));
        assert!(poll_once(&mut dropped).await.is_pending());
        drop(dropped);
        assert!(matches!(limiter.try_acquire_on_behalf_of("a"), Ok(None)));

        let scope = CancelScope::new();
        scope.handle().cancel();
        let never = scope.run(limiter.acquire_on_behalf_of("a"));
        assert!(never.await.is_err());
        assert_eq!(limiter.statistics().waiting, 0);
        drop(token);
        assert!(matches!(limiter.try_acquire_on_behalf_of("a"), Ok(Some(_))));
    });
}

/// TH4, PR1: keys give no precedence: first come, first served, among tasks, calls and keys.
pub fn th4_keyed_waiters_keep_their_place_in_the_queue(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire();
        let group = task_group(async |g| {
            let keys = ["a", "task", "b", "call", "c", "task", "d", "call"];
            for (waiting, key) in keys.into_iter().enumerate() {
                let (queue, noted) = (limiter.clone(), trace.clone());
                g.spawn(async move {
                    let entry = format!("{waiting} {key}");
                    match key {
                        "call" => {
                            let call = run_in_threadpool(move || noted.push(entry));
                            call.limiter(&queue).await;
                        }
                        "task" => {
                            let token = queue.acquire().await;
                            noted.push(entry);
                            drop(token);
                        }
                        _ => {
                            let token = queue.acquire_on_behalf_of(key).await;
                            noted.push(entry);
                            drop(token.expect("a fresh key"));
                        }
                    }
                });
                until_limiter(&limiter, 1, waiting + 1).await;
            }
            drop(token);
        });
        group.await.expect("nobody cancels");
        assert_eq!(limiter.statistics().borrowed, 0);
    });
    assert_eq!(
        trace.take(),
        [
            "0 a", "1 task", "2 b", "3 call", "4 c", "5 task", "6 d", "7 call"
        ]
    );
}
