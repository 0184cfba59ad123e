//! SC13: what is told of a foreign drop, and what is lost by it.

use super::held::{Held, drop_when};
use crate::harness::*;

/// What the hook was told, as far as these tests are concerned.
#[derive(Clone, Default)]
struct Told {
    escaped: Arc<Mutex<Vec<(String, u32)>>>,
    lost: Arc<Mutex<Vec<(String, u32)>>>,
    failed: Arc<Mutex<Vec<(String, String)>>>,
    panicked: Arc<Mutex<Vec<String>>>,
}

impl Told {
    /// Runs `main` and notes the reports of the run.
    fn run<T>(&self, on: &Flavour, main: impl Future<Output = T>) -> T {
        fn push<T>(list: &Mutex<Vec<T>>, entry: T) {
            list.lock().expect("no panic").push(entry);
        }
        let told = self.clone();
        on.run_with_hook(main, move |report| match report {
            Report::Escaped { place, .. } => {
                push(&told.escaped, (place.file().to_owned(), place.line()));
            }
            Report::FinalizerLost { place, .. } => {
                push(&told.lost, (place.file().to_owned(), place.line()));
            }
            Report::OrphanFailed { task, error, .. } => {
                let task = task.map_or_else(String::new, |task| task.name());
                let error = error.downcast_ref::<&str>().copied().unwrap_or("not text");
                push(&told.failed, (task, error.to_owned()));
            }
            Report::Panicked { message, .. } => push(&told.panicked, message),
            _ => {}
        })
    }

    /// How many escapes, lost finalizers and orphans' errors were told.
    fn counts(&self) -> (usize, usize, usize) {
        (
            self.escaped.lock().expect("no panic").len(),
            self.lost.lock().expect("no panic").len(),
            self.failed.lock().expect("no panic").len(),
        )
    }
}

fn statistics() -> (u64, u64) {
    let runtime = Runtime::current().expect("inside a runtime");
    let statistics = runtime.statistics();
    (statistics.foreign_drops, statistics.lost_finalizers)
}

/// SC13: an escape is counted and reported once, with the place of the group.
pub fn sc13_an_escape_is_counted_and_reported(on: &Flavour) {
    let told = Told::default();
    let line = told.run(on, async {
        assert_eq!(statistics(), (0, 0));
        let held = Held::new();
        let _end = held.let_go_at_end();
        let line = line!() + 1;
        let group = task_group(async |g: TaskGroup| {
            g.spawn(held.child());
            pending::<()>().await;
        });
        drop_when(group, &held.entered).await;
        assert_eq!(statistics(), (1, 0));
        line
    });
    assert_eq!(told.counts(), (1, 0, 0));
    let escaped = told.escaped.lock().expect("no panic").clone();
    assert_eq!(escaped, [(file!().to_owned(), line)]);
}

/// SC13: it is one however fast the children end: they were running when the group was dropped.
pub fn sc13_an_escape_is_counted_although_the_children_end_at_once(on: &Flavour) {
    for _ in 0..20 {
        let told = Told::default();
        told.run(on, async {
            let polled = Event::new();
            let group = task_group(async |g: TaskGroup| {
                let told = polled.clone();
                g.spawn(async move {
                    told.set();
                    pending::<()>().await;
                });
                pending::<()>().await;
            });
            drop_when(group, &polled).await;
            assert_eq!(statistics(), (1, 0));
        });
        assert_eq!(told.counts(), (1, 0, 0));
    }
}

/// SC13: ends that are not foreign drops are not reported: a normal end, a cancel, a group never polled or long over.
pub fn sc13_an_ordinary_end_is_no_escape(on: &Flavour) {
    let told = Told::default();
    told.run(on, async {
        let ended = task_group(async |g: TaskGroup| {
            g.spawn(yields(3));
        });
        assert!(ended.await.is_ok());

        let scope = CancelScope::new();
        let handle = scope.handle();
        let cancelled = scope.run(async {
            let _ = task_group(async |g: TaskGroup| {
                g.spawn(pending::<()>());
                g.spawn(shield(yields(5)));
                handle.cancel();
            })
            .await;
        });
        assert!(cancelled.await.is_err());

        drop(task_group(async |_: TaskGroup| ()));
        drop(finally(async {}, async |_| unreachable!("never polled")));
        let mut over = Box::pin(task_group(async |_: TaskGroup| ()));
        while poll_once(&mut over).await.is_pending() {
            yield_once().await;
        }
        drop(over);
        assert_eq!(statistics(), (0, 0));
    });
    assert_eq!(told.counts(), (0, 0, 0));
}

/// SC13: the errors of orphans go to the hook.
pub fn sc13_errors_of_orphans_go_to_the_hook(on: &Flavour) {
    let told = Told::default();
    told.run(on, async {
        let held = Held::new();
        let _end = held.let_go_at_end();
        let group = try_task_group(async |g: TryTaskGroup<&'static str>| {
            let child = held.child();
            g.task().name("orphan").spawn(async move {
                child.await;
                Err::<(), _>("too late for anybody")
            });
            pending::<Result<(), &'static str>>().await
        });
        drop_when(group, &held.entered).await;
    });
    assert_eq!(told.counts(), (1, 0, 1));
    let failed = told.failed.lock().expect("no panic").clone();
    let expected = ("orphan".to_owned(), "too late for anybody".to_owned());
    assert_eq!(failed, [expected]);
}

/// SC13: the panic of an orphan is told to the hook, and its siblings are waited for.
pub fn sc13_panics_of_orphans_go_to_the_hook(on: &Flavour) {
    let told = Told::default();
    let held = Held::new();
    let sibling = Held::new();
    // Whether the panic is resumed anywhere is for the adopter to say; that it is told is not.
    let _ = catch(|| {
        told.run(on, async {
            let (_end, _sibling_end) = (held.let_go_at_end(), sibling.let_go_at_end());
            let both = Event::new();
            let told = both.clone();
            let group = task_group(async |g: TaskGroup| {
                let child = held.child();
                g.spawn(async move {
                    child.await;
                    panic!("an orphan's panic");
                });
                g.spawn(sibling.child());
                held.entered.wait().await;
                sibling.entered.wait().await;
                told.set();
                pending::<()>().await;
            });
            drop_when(group, &both).await;
        });
    });
    let panicked = told.panicked.lock().expect("no panic").clone();
    assert_eq!(panicked, ["an orphan's panic"]);
    assert!(sibling.gone.is_set());
}

/// SC13: the hooks of a dropped group run, last in first out, after its tasks and before the adopting group ends.
pub fn sc13_hooks_of_a_dropped_group_run_after_its_tasks(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let held = Held::new();
        let result = task_group(async |_: TaskGroup| {
            let _end = held.let_go_at_end();
            let inner = task_group(async |g: TaskGroup| {
                let (noted, gone) = (trace.clone(), held.gone.clone());
                g.defer(async move |_: Exit| {
                    yield_once().await;
                    noted.push(format!("first hook, child gone: {}", gone.is_set()));
                });
                let noted = trace.clone();
                g.defer_blocking(move |_: Exit| noted.push("blocking hook"));
                let noted = trace.clone();
                g.defer(async move |_: Exit| {
                    checkpoint().await;
                    noted.push("last hook");
                });
                g.spawn(held.child());
                pending::<()>().await;
            });
            drop_when(inner, &held.entered).await;
            held.noticed.wait().await;
            yields(20).await;
            assert_eq!(trace.snapshot(), Vec::<String>::new());
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(
            trace.take(),
            ["last hook", "blocking hook", "first hook, child gone: true"]
        );
    });
}

/// SC13: hooks of a dropped group that has no children run as well; `run` waits for them.
pub fn sc13_run_waits_for_the_hooks_of_a_dropped_group(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let entered = Event::new();
        let group = task_group(async |g: TaskGroup| {
            let noted = trace.clone();
            g.defer(async move |_: Exit| {
                yields(30).await;
                noted.push("hook");
            });
            entered.set();
            pending::<()>().await;
        });
        drop_when(group, &entered).await;
    });
    assert_eq!(trace.take(), ["hook"]);
}

/// SC13: a dropped `finally` does not run its cleanup; it is counted and reported with its place.
pub fn sc13_a_dropped_finalizer_is_counted_and_reported(on: &Flavour) {
    let told = Told::default();
    let trace = Trace::new();
    let line = told.run(on, async {
        let entered = Event::new();
        let body = async {
            let _probe = DropProbe::new(&trace, "body dropped");
            entered.set();
            pending::<()>().await;
        };
        let line = line!() + 1;
        let finalizer = finally(body, async |_| trace.push("cleanup"));
        drop_when(finalizer, &entered).await;
        assert_eq!(statistics().1, 1);
        line
    });
    assert_eq!(trace.take(), ["body dropped"]);
    assert_eq!(told.counts().1, 1);
    let lost = told.lost.lock().expect("no panic").clone();
    assert_eq!(lost, [(file!().to_owned(), line)]);
}

/// SC13: `finally_with` so dropped is lost and told too; one that has ended is not.
pub fn sc13_a_dropped_finalizer_with_state_is_counted_and_reported(on: &Flavour) {
    let told = Told::default();
    told.run(on, async {
        let ended = finally(async { 1 }, async |_| yield_once().await);
        assert_eq!(ended.await, 1);
        let entered = Event::new();
        let finalizer = finally_with(
            entered.clone(),
            async |state: &mut Event| {
                state.set();
                pending::<()>().await;
            },
            async |_: &mut Event, _: Exit| unreachable!("dropped before its cleanup"),
        );
        drop_when(finalizer, &entered).await;
        assert_eq!(statistics().1, 1);
    });
    assert_eq!(told.counts().1, 1);
}
