//! TH10: how a portal is started: its thread, its hook, and a launcher that fails.

use super::portal::{PATIENCE, on_plain_thread, open, told};
use crate::harness::*;
use anyrt::{BlockingPortal, Launch, Remaining, backend::Running};
use std::{io, panic::resume_unwind, thread};

/// A launcher that has bad news.
#[derive(Debug)]
pub(super) struct Fails;

impl Launch for Fails {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        Err(io::Error::other("no thread is to be had"))
    }
}

/// A launcher that notes the name of the thread it is used on.
#[derive(Debug)]
struct Notes(Flavour, Trace);

impl Launch for Notes {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        self.1.push(thread::current().name().unwrap_or("no name"));
        self.0.launcher().launch()
    }
}

/// Starts a portal whose reports are noted.
fn open_reporting(on: &Flavour, reports: &Trace) -> BlockingPortal {
    let reports = reports.clone();
    BlockingPortal::builder(on.launcher())
        .on_report(move |report: Report| reports.push(report.to_string()))
        .start()
        .expect("the runtime starts")
}

/// TH10: what keeps the runtime from starting is told to whoever wants the portal, and is in nobody's way later.
pub fn th10_a_launcher_that_fails_is_an_error(on: &Flavour) {
    on_plain_thread(on, || {
        for builder in [false, true] {
            let started = if builder {
                BlockingPortal::builder(Fails).start()
            } else {
                BlockingPortal::start(Fails)
            };
            let error = started.expect_err("nothing was launched");
            let text = format!("{error} {error:?}");
            assert!(text.contains("no thread is to be had"), "{text}");
            assert!(!matches!(error, RunError::InsideRuntime { .. }), "{text}");
        }
        assert_eq!(told(open(on).call(async { 7 })), "7");
    });
}

/// TH10: the thread in which the runtime runs can be named; it is not the one that asks for it.
pub fn th10_the_thread_of_a_portal_has_the_name_it_was_given(on: &Flavour) {
    on_plain_thread(on, || {
        let trace = Trace::new();
        let launcher = Notes(on.clone(), trace.clone());
        let portal = BlockingPortal::builder(launcher)
            .thread_name("gateway")
            .start()
            .expect("the runtime starts");
        assert_eq!(told(portal.call(async { 7 })), "7");
        assert_eq!(trace.take(), ["gateway"]);
    });
}

/// TH10: a portal is open when `start` returns, also one that nobody ever calls.
pub fn th10_a_portal_that_is_never_called_is_dropped(on: &Flavour) {
    on_plain_thread(on, || {
        for _ in 0..5 {
            drop(open(on));
        }
        open(on).stop(Remaining::Cancel).expect("not inside of it");
    });
}

/// TH10: two portals are two runtimes: what one of them stops is not in the other.
pub fn th10_two_portals_stop_independently(on: &Flavour) {
    on_plain_thread(on, || {
        let (first, second) = (open(on), open(on));
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let task = first.spawn(async move {
            held.await;
            7
        });
        let task = task.expect("the portal is open");
        second.stop(Remaining::Cancel).expect("not inside of it");
        assert_eq!(told(second.call(async { 8 })), "Stopped");
        assert_eq!(told(first.call(async { 9 })), "9");
        assert_eq!(task.status(), TaskStatus::Running);
        release.set();
        assert_eq!(told(task.wait()), "7");
    });
}

/// TH10: the hook of the builder is that of the runtime: an escape in a task of the portal is told to it.
pub fn th10_the_hook_of_the_portal_is_told(on: &Flavour) {
    on_plain_thread(on, || {
        let reports = Trace::new();
        let portal = open_reporting(on, &reports);
        let call = portal.call(async {
            let mut dropped = Box::pin(task_group(async |g| {
                g.spawn(pending::<()>());
                pending::<()>().await;
            }));
            assert!(poll_once(&mut dropped).await.is_pending());
        });
        call.expect("the portal is open");
        portal.stop(Remaining::Finish).expect("not inside of it");
        assert_eq!(reports.take().len(), 1);
    });
}

/// TH10: a panic of a task whose handle is gone has nobody to be resumed in: the hook is told. The portal goes on.
pub fn th10_a_panic_that_nobody_can_wait_for_is_reported(on: &Flavour) {
    on_plain_thread(on, || {
        let reports = Trace::new();
        let portal = open_reporting(on, &reports);
        let release = Event::new();
        let _release = release.set_on_drop();
        let held = release.wait();
        let task = portal.spawn(async move {
            held.await;
            seems_to_return("nobody waits for this");
        });
        drop(task.expect("the portal is open"));
        release.set();
        assert_eq!(told(portal.call(async { 7 })), "7");
        portal.stop(Remaining::Finish).expect("not inside of it");
        let told = reports.take();
        assert!(
            told.iter().any(|text| text.contains("nobody waits")),
            "{told:?}"
        );
    });
}

/// TH10: the same when the handle is dropped after the panic, without having been asked.
pub fn th10_a_panic_that_nobody_has_asked_for_is_reported(on: &Flavour) {
    on_plain_thread(on, || {
        let reports = Trace::new();
        let portal = open_reporting(on, &reports);
        let task = portal.spawn(async { seems_to_return("nobody asked for this") });
        let task = task.expect("the portal is open");
        let end = std::time::Instant::now() + PATIENCE;
        while !task.is_finished() {
            assert!(std::time::Instant::now() < end, "the task does not end");
            thread::yield_now();
        }
        assert_eq!(task.status(), TaskStatus::Panicked);
        drop(task);
        portal.stop(Remaining::Finish).expect("not inside of it");
        let told = reports.take();
        assert!(
            told.iter().any(|text| text.contains("nobody asked")),
            "{told:?}"
        );
    });
}

/// Unwinds past the panic hook, as a function that seems to return.
fn seems_to_return(text: &'static str) {
    resume_unwind(Box::new(text))
}
