//! The toy backend with one planted fault.

use crate::toy::Toy;
use anyrt::backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use std::{io, mem, pin::Pin, sync::Arc};

/// What is wrong with the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// `spawn` polls the task before it queues it.
    InlineSpawn,
    /// A task is neither polled nor dropped.
    LostTask,
    /// A task is dropped by `spawn`, as if its native handle had owned it.
    DroppedTask,
    /// A wake that comes while the task is polled is lost.
    LostWake,
    /// A finished task is not dropped.
    KeptTask,
    /// The worker dies after the first poll that is pending, and takes its tasks with it.
    DyingWorker,
    /// A timer is ready before its instant.
    EarlyTimer,
    /// A timer wakes the waker of its first poll.
    DeafTimer,
    /// A timer stays at its first instant.
    StuckTimer,
    /// Timers run on another clock than `now`.
    TwoClocks,
    /// A blocking job runs on the thread that asks for it.
    InlineJob,
    /// A blocking job is neither run nor dropped.
    LostJob,
}

impl Fault {
    pub(crate) const ALL: [Self; 13] = [
        Self::None,
        Self::InlineSpawn,
        Self::LostTask,
        Self::DroppedTask,
        Self::LostWake,
        Self::KeptTask,
        Self::DyingWorker,
        Self::EarlyTimer,
        Self::DeafTimer,
        Self::StuckTimer,
        Self::TwoClocks,
        Self::InlineJob,
        Self::LostJob,
    ];
}

/// The options of a faulty toy.
#[derive(Debug)]
pub(crate) struct Faulty(pub(crate) Fault);

impl Launch for Faulty {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        let toy = Box::new(Toy(1)).launch()?;
        Ok(Box::new(RunningFaulty(toy, self.0)))
    }
}

#[derive(Debug)]
struct RunningFaulty(Box<dyn Running>, Fault);

impl Running for RunningFaulty {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(FaultyBackend(self.0.backend(), self.1))
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        self.0.block_on(main);
    }

    fn abandon(self: Box<Self>) {
        self.0.abandon();
    }
}

#[derive(Debug)]
struct FaultyBackend(Arc<dyn Backend>, Fault);

impl Backend for FaultyBackend {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn id(&self) -> RuntimeId {
        self.0.id()
    }

    fn spawn(&self, mut task: Task) {
        match self.1 {
            Fault::InlineSpawn => {
                let mut cx = Context::from_waker(Waker::noop());
                if Pin::new(&mut task).poll(&mut cx).is_pending() {
                    self.0.spawn(task);
                }
            }
            Fault::LostTask => mem::forget(task),
            Fault::DroppedTask => drop(task),
            Fault::LostWake | Fault::KeptTask | Fault::DyingWorker => {
                let task = FaultyTask(Some(task), self.1);
                self.0.spawn(Task::new(Box::pin(task)));
            }
            _ => self.0.spawn(task),
        }
    }

    fn spawn_blocking(&self, job: Job) {
        match self.1 {
            Fault::InlineJob => job.run(),
            Fault::LostJob => mem::forget(job),
            _ => self.0.spawn_blocking(job),
        }
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        let timer = self.0.timer(shifted(at, self.1));
        Box::pin(FaultyTimer(timer, self.1, None))
    }
}

struct FaultyTask(Option<Task>, Fault);

impl Future for FaultyTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let fault = self.1;
        let Some(task) = self.0.as_mut() else {
            return Poll::Ready(());
        };
        let polling = Arc::new(DeafWaker(cx.waker().clone(), AtomicBool::new(true)));
        let waker = match fault {
            Fault::LostWake => Waker::from(polling.clone()),
            _ => cx.waker().clone(),
        };
        let result = Pin::new(task).poll(&mut Context::from_waker(&waker));
        polling.1.store(false, SeqCst);
        match fault {
            Fault::KeptTask if result.is_ready() => mem::forget(self.0.take()),
            Fault::DyingWorker if result.is_pending() => panic!("a worker dies"),
            _ => {}
        }
        result
    }
}

/// A waker that hears nothing while its flag is set.
struct DeafWaker(Waker, AtomicBool);

impl Wake for DeafWaker {
    fn wake(self: Arc<Self>) {
        if !self.1.load(SeqCst) {
            self.0.wake_by_ref();
        }
    }
}

struct FaultyTimer(Pin<Box<dyn Timer>>, Fault, Option<Waker>);

impl Timer for FaultyTimer {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waker = cx.waker().clone();
        if self.1 == Fault::DeafTimer {
            waker = self.2.get_or_insert(waker).clone();
        }
        self.0.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        let at = shifted(at, self.1);
        if self.1 != Fault::StuckTimer {
            self.0.as_mut().reset(at);
        }
    }
}

fn shifted(at: Instant, fault: Fault) -> Instant {
    match fault {
        Fault::EarlyTimer => at - Duration::from_millis(20),
        Fault::TwoClocks => at + Duration::from_secs(3600),
        _ => at,
    }
}
