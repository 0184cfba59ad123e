//! The toy backend with a pool that takes no job: it unwinds, as tokio's does where no thread can be started.

use crate::toy::Toy;
use anyrt::backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer};
use std::time::Instant;
use std::{io, pin::Pin, sync::Arc};

/// The options of a refusing toy.
#[derive(Debug)]
pub(crate) struct Refusing;

impl Launch for Refusing {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        let toy = Box::new(Toy(1)).launch()?;
        Ok(Box::new(RunningRefusing(toy)))
    }
}

#[derive(Debug)]
struct RunningRefusing(Box<dyn Running>);

impl Running for RunningRefusing {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(RefusingBackend(self.0.backend()))
    }

    fn block_on(&self, main: Pin<&mut dyn Future<Output = ()>>) {
        self.0.block_on(main);
    }

    fn abandon(self: Box<Self>) {
        self.0.abandon();
    }
}

#[derive(Debug)]
struct RefusingBackend(Arc<dyn Backend>);

impl Backend for RefusingBackend {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn id(&self) -> RuntimeId {
        self.0.id()
    }

    fn spawn(&self, task: Task) {
        self.0.spawn(task);
    }

    fn spawn_blocking(&self, _job: Job) {
        std::panic::resume_unwind(Box::new("no thread for the job"));
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        self.0.timer(at)
    }

    fn now(&self) -> Instant {
        self.0.now()
    }
}
