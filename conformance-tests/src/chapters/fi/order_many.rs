//! The order of cleanups in many futures that one task polls: `join_all`, `FuturesUnordered`, and groups of them.

use futures_util::{
    future::join_all,
    stream::{FuturesUnordered, StreamExt},
};

use super::told;
use crate::harness::*;

const MANY: usize = 40;
const LEVELS: usize = 3;

/// `LEVELS` finalizers around a wait that never ends, with code between them that must not run. `arrived` is called
/// when the innermost body waits.
async fn levels(trace: Trace, name: String, waits: usize, arrived: impl FnOnce() + Send) {
    let cleanup = |level: usize| {
        let (trace, name) = (trace.clone(), name.clone());
        async move |exit: Exit| {
            trace.push(format!("{name}.{level} {}", told(&exit)));
            yields(waits * level).await;
            checkpoint().await;
            trace.push(format!("{name}.{level} done"));
        }
    };
    let body = async {
        arrived();
        pending::<()>().await;
    };
    finally(
        async {
            finally(
                async {
                    finally(body, cleanup(1)).await;
                    trace.push("unreachable");
                },
                cleanup(2),
            )
            .await;
            trace.push("unreachable");
        },
        cleanup(3),
    )
    .await;
    trace.push("unreachable");
}

/// `MANY` bodies of `levels`; when the last one waits, a thread cancels.
fn many(
    trace: &Trace,
    handle: &ScopeHandle,
) -> impl Iterator<Item = impl Future<Output = ()> + Send + use<>> {
    let all = Arrivals::new(MANY, handle);
    let trace = trace.clone();
    (0..MANY).map(move |i| {
        let all = all.clone();
        levels(trace.clone(), i.to_string(), i % 5, move || all.arrive())
    })
}

/// Cancels from a thread when everybody has arrived.
#[derive(Clone)]
struct Arrivals {
    left: Arc<Mutex<usize>>,
    handle: ScopeHandle,
}

impl Arrivals {
    fn new(count: usize, handle: &ScopeHandle) -> Self {
        Self {
            left: Arc::new(Mutex::new(count)),
            handle: handle.clone(),
        }
    }

    fn arrive(&self) {
        let mut left = self.left.lock().unwrap();
        *left -= 1;
        if *left == 0 {
            let handle = self.handle.clone();
            start_thread(move || handle.cancel_with("stop"));
        }
    }
}

/// Takes the entries of the `MANY` bodies out of `entries`, checks each body's order, and gives back the others.
fn check(entries: Vec<String>) -> Vec<String> {
    let (own, others): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| entry.starts_with(|first: char| first.is_ascii_digit()));
    assert_eq!(own.len(), MANY * LEVELS * 2, "each cleanup exactly once");
    for i in 0..MANY {
        let prefix = format!("{i}.");
        let of_one: Vec<_> = own.iter().filter(|e| e.starts_with(&prefix)).collect();
        let expected: Vec<_> = (1..=LEVELS)
            .flat_map(|level| [format!("{i}.{level} stop"), format!("{i}.{level} done")])
            .collect();
        assert_eq!(of_one, expected.iter().collect::<Vec<_>>());
    }
    others
}

/// FI2: forty bodies in `join_all`, three levels each, cancelled from a thread.
pub fn fi2_forty_bodies_in_join_all(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let bodies = join_all(many(&trace, &scope.handle()));
        assert!(scope.run(bodies).await.is_err());
        trace.push("left");
        let entries = trace.take();
        assert_eq!(entries.last().map(String::as_str), Some("left"));
        assert_eq!(check(entries), ["left"]);
    });
}

/// FI2: forty bodies in `FuturesUnordered`.
pub fn fi2_forty_bodies_in_futures_unordered(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let mut bodies: FuturesUnordered<_> = many(&trace, &scope.handle()).collect();
        let result = scope
            .run(async {
                while bodies.next().await.is_some() {
                    trace.push("unreachable");
                }
            })
            .await;
        assert!(result.is_err());
        trace.push("left");
        let entries = trace.take();
        assert_eq!(entries.last().map(String::as_str), Some("left"));
        assert_eq!(check(entries), ["left"]);
    });
}

/// FI2: forty children of one group; the group is left after all their cleanups.
pub fn fi2_forty_children_of_a_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            for body in many(&trace, &g.handle()) {
                g.spawn(body);
            }
        })
        .await;
        assert!(result.is_ok());
        trace.push("left");
        let entries = trace.take();
        assert_eq!(entries.last().map(String::as_str), Some("left"));
        assert_eq!(check(entries), ["left"]);
    });
}

/// FI2: forty bodies in `join_all` in a child of a group in a child of a group, each level with a cleanup of its own.
pub fn fi2_forty_bodies_in_a_child_of_a_nested_group(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let bodies = many(&trace, &scope.handle()).collect::<Vec<_>>();
        let result = scope
            .run(noting(&trace, "host", nested(trace.clone(), bodies)))
            .await;
        assert!(result.is_err());
        trace.push("left");
        let entries = trace.take();
        let first_other = entries.len() - 7;
        assert_eq!(
            entries[first_other..],
            [
                "inner group stop",
                "inner group done",
                "outer group stop",
                "outer group done",
                "host stop",
                "host done",
                "left"
            ]
        );
        assert_eq!(check(entries).len(), 7);
    });
}

async fn nested<F>(trace: Trace, bodies: Vec<F>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let outer = task_group(async |g| {
        let log = trace.clone();
        let inner = async move {
            let inner = task_group(async |h| {
                h.spawn(async move {
                    join_all(bodies).await;
                });
            })
            .await;
            log.push(format!("unreachable {inner:?}"));
        };
        let inner = noting(&trace, "inner group", inner);
        g.spawn(inner);
    });
    let outer = noting(&trace, "outer group", outer).await;
    trace.push(format!("unreachable {outer:?}"));
}

/// `body` with a cleanup that notes its start and its end under `name`.
fn noting<F: Future>(
    trace: &Trace,
    name: &'static str,
    body: F,
) -> impl Future<Output = F::Output> + use<F> {
    let trace = trace.clone();
    finally(body, async move |exit| {
        trace.push(format!("{name} {}", told(&exit)));
        yields(4).await;
        checkpoint().await;
        trace.push(format!("{name} done"));
    })
}

/// FI2: a bundle of finished, waiting and not yet polled finalizers: only those that were polled clean up.
pub fn fi2_a_mixed_bundle_cleans_up_what_was_polled(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let noted = |name: &'static str| {
            let trace = trace.clone();
            async move |exit: Exit| trace.push(format!("{name} {}", told(&exit)))
        };
        let result = scope
            .run(async {
                let finished = finally(async {}, noted("finished"));
                let waiting = finally(pending::<()>(), noted("waiting"));
                let behind_a_wait = async {
                    pending::<()>().await;
                    finally(async {}, noted("unpolled")).await;
                };
                let cancel = async {
                    yield_once().await;
                    handle.cancel_with("stop");
                };
                futures_util::join!(finished, waiting, behind_a_wait, cancel)
            })
            .await;
        assert!(result.is_err());
        assert_eq!(trace.take(), ["finished completed", "waiting stop"]);
    });
}
