//! HA1: handles far from their group: after `run`, on plain threads, on another runtime.

use super::{both_kinds, quiet_panic};
use crate::harness::*;

both_kinds! {
    /// HA1: a handle that is kept after `run` has ended still tells how its task ended, and gives the value.
    #[local(ha1_local_a_handle_outlives_its_runtime)]
    pub fn ha1_a_handle_outlives_its_runtime(on: &Flavour) {
        let (done, stuck) = on
            .run(task_group(async |g| {
                let done = g.task().name("done").spawn(async { 7 });
                let stuck = g.spawn(pending::<()>());
                stuck.cancel();
                (done, stuck)
            }))
            .unwrap();
        assert_eq!(done.name(), "done");
        assert_eq!(done.status(), TaskStatus::Completed);
        assert_eq!(stuck.status(), TaskStatus::Cancelled);
        assert!(!stuck.cancel());
        assert_eq!(block_on(done.wait()), TaskStatus::Completed);
        assert_eq!(block_on(done).unwrap(), 7);
        assert!(matches!(block_on(stuck), Err(TaskError::Cancelled(_))));
    }

    /// HA1: a group that is kept after `run` has ended is closed and refuses.
    #[local(ha1_local_a_group_outlives_its_runtime)]
    pub fn ha1_a_group_outlives_its_runtime(on: &Flavour) {
        let g = on.run(task_group(async |g| g)).unwrap();
        assert!(g.is_closed());
        let handle = g.spawn(async { 7 });
        assert_eq!(handle.status(), TaskStatus::Cancelled);
        assert!(matches!(block_on(handle), Err(TaskError::Cancelled(_))));
        assert!(g.try_spawn(async { 7 }).is_err());
        assert!(!g.cancel_called());
    }

    /// HA1: the handle of a task that ended with its runtime is awaited on another runtime.
    #[local(ha1_local_a_handle_of_a_gone_runtime_is_awaited_on_another)]
    pub fn ha1_a_handle_of_a_gone_runtime_is_awaited_on_another(on: &Flavour) {
        let handle = on.run(task_group(async |g| g.spawn(async { 7 }))).unwrap();
        assert_eq!(on.run(handle).unwrap(), 7);
    }
}

/// HA1: a plain thread awaits a task that is still running.
pub fn ha1_a_handle_is_awaited_on_a_plain_thread(on: &Flavour) {
    on.run(async {
        let seen = task_group(async |g| {
            let gate = Event::new();
            let (waiting, opened) = (gate.clone(), gate.wait());
            let handle = g.spawn(async move {
                opened.await;
                7
            });
            let (reply, ready) = (Arc::new(Mutex::new(None)), Event::new());
            let (replying, done) = (reply.clone(), ready.clone());
            let waiter = start_thread(move || {
                let mut handle = handle;
                let stale = WakeCounter::new();
                assert!(stale.poll(Pin::new(&mut handle)).is_pending());
                waiting.set();
                *replying.lock().unwrap() = Some(block_on(handle));
                done.set();
            });
            ready.wait().await;
            waiter.join().unwrap();
            reply.lock().unwrap().take()
        })
        .await
        .unwrap();
        assert_eq!(seen.expect("the thread replied").unwrap(), 7);
    });
}

/// HA1: a second runtime awaits a task of the first one, and cancels another.
pub fn ha1_a_handle_is_awaited_on_another_runtime(on: &Flavour) {
    let handed: Mutex<Option<(TaskHandle<u8>, TaskHandle<()>)>> = Mutex::new(None);
    let (given, gate) = (Event::new(), Event::new());
    std::thread::scope(|threads| {
        threads.spawn(|| {
            given.wait_blocking();
            let (mut handle, stuck) = handed.lock().unwrap().take().expect("handed over");
            on.run(async {
                assert!(poll_once(&mut handle).await.is_pending());
                gate.set();
                assert_eq!(handle.await.unwrap(), 7);
                assert_eq!(stuck.status(), TaskStatus::Running);
                assert!(stuck.cancel());
                assert_eq!(stuck.wait().await, TaskStatus::Cancelled);
            });
        });
        let opened = gate.wait();
        let result = on.run(task_group(async |g| {
            let handle = g.spawn(async move {
                opened.await;
                7
            });
            *handed.lock().unwrap() = Some((handle, g.spawn(pending::<()>())));
            given.set();
        }));
        result.unwrap();
    });
}

/// HA1: a panicked task is told on another thread like on its own.
pub fn ha1_a_panic_is_told_on_a_plain_thread(on: &Flavour) {
    let kept = Mutex::new(None);
    let caught = catch(|| {
        on.run(task_group(async |g| {
            *kept.lock().unwrap() = Some(g.spawn(async { quiet_panic("child") }));
        }))
    });
    assert_eq!(caught.unwrap_err(), "child");
    let handle = kept.into_inner().unwrap().expect("the body ran");
    assert_eq!(on_thread(|| handle.status()), TaskStatus::Panicked);
    let seen = on_thread(move || block_on(handle));
    assert!(matches!(seen, Err(TaskError::Panicked)));
}
