//! The toy backend with a clock of its own: a constant ahead of the one of std.

use crate::toy::Toy;
use anyrt::backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{io, pin::Pin, sync::Arc};

/// How far the backend's clock is from std's.
#[derive(Clone, Copy, Debug)]
struct Shift {
    ahead: Duration,
}

impl Shift {
    fn to_backend(self, at: Instant) -> Instant {
        at + self.ahead
    }

    fn to_std(self, at: Instant) -> Instant {
        at - self.ahead
    }
}

/// The options of a shifted toy.
#[derive(Debug)]
pub(crate) struct Shifted(Shift);

impl Shifted {
    pub(crate) fn ahead(ahead: Duration) -> Self {
        Self(Shift { ahead })
    }
}

impl Launch for Shifted {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        let toy = Box::new(Toy(2)).launch()?;
        Ok(Box::new(RunningShifted(toy, self.0)))
    }
}

#[derive(Debug)]
struct RunningShifted(Box<dyn Running>, Shift);

impl Running for RunningShifted {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(ShiftedBackend(self.0.backend(), self.1))
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        self.0.block_on(main);
    }

    fn abandon(self: Box<Self>) {
        self.0.abandon();
    }
}

#[derive(Debug)]
struct ShiftedBackend(Arc<dyn Backend>, Shift);

impl Backend for ShiftedBackend {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn id(&self) -> RuntimeId {
        self.0.id()
    }

    fn spawn(&self, task: Task) {
        self.0.spawn(task);
    }

    fn spawn_blocking(&self, job: Job) {
        self.0.spawn_blocking(job);
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        Box::pin(ShiftedTimer(self.0.timer(self.1.to_std(at)), self.1))
    }

    fn now(&self) -> Instant {
        self.1.to_backend(self.0.now())
    }
}

struct ShiftedTimer(Pin<Box<dyn Timer>>, Shift);

impl Timer for ShiftedTimer {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }

    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        let at = self.1.to_std(at);
        self.0.as_mut().reset(at);
    }
}
