//! A whole backend in one page: threads and channels of std.
//!
//! Read this first when you write a backend of your own. It is slow and complete: it keeps every
//! point of the contract in `anyrt::backend`, and the conformance suite passes on it. All that a
//! scope, a group or a deadline means is in anyrt's core; what is left for a backend is here.
//!
//! - [`Toy`], the options, starts the threads and gives their owner ([`Launch`]).
//! - [`RunningToy`], the owner, stays in the frame of `run`. It polls the main future on the caller's
//!   thread, and stops and joins the workers when it is dropped ([`Running`]).
//! - [`ToyBackend`], the handle, is what tasks and users keep ([`Backend`]). It owns no thread: the
//!   last handle may be dropped on a worker, and a worker cannot join itself.
//!
//! Each task stays on one worker for life, and that worker alone owns it. So no task is ever polled
//! by two threads, nothing needs a lock, and a worker that stops drops its tasks with its locals.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Builder, JoinHandle, spawn};
use std::time::{Duration, Instant};
use std::{io, pin::Pin, sync::Arc};

use anyrt::backend::{Backend, Job, Launch, Running, RuntimeId, Task, Timer};

/// A fresh number for a runtime, a task or a timer.
fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, SeqCst)
}

/// The options: how many threads run tasks, one or more.
#[derive(Debug)]
pub(crate) struct Toy(pub(crate) usize);

impl Launch for Toy {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        let (mut workers, mut threads) = (Vec::new(), Vec::new());
        for _ in 0..self.0 {
            let (worker, inbox) = channel();
            threads.push(Builder::new().spawn(|| work(inbox))?);
            workers.push(worker);
        }
        // The timer thread is not joined: it ends when the last handle and the last timer are gone.
        let (timers, alarms) = channel();
        Builder::new().spawn(|| keep_time(alarms))?;
        let id = RuntimeId::new("toy", number() as u64);
        let handle = ToyBackend(id, workers, timers);
        Ok(Box::new(RunningToy(Arc::new(handle), threads)))
    }
}

/// The owner of the workers, and the handle it gives out.
#[derive(Debug)]
struct RunningToy(Arc<ToyBackend>, Vec<JoinHandle<()>>);

impl Running for RunningToy {
    fn backend(&self) -> Arc<dyn Backend> {
        self.0.clone()
    }

    fn block_on(&self, mut main: Pin<&mut dyn Future<Output = ()>>) {
        // Woken as a task is, through an inbox of its own.
        let (worker, inbox) = channel();
        let waker = Arc::new(TaskWaker(0, AtomicBool::new(false), worker));
        while !waker.poll(main.as_mut()) {
            let _ = inbox.recv();
        }
    }

    // Each blocking job has a thread of its own that nobody joins: dropping waits for none.
    fn abandon(self: Box<Self>) {}
}

impl Drop for RunningToy {
    fn drop(&mut self) {
        for worker in &self.0.1 {
            let _ = worker.send(Message::Stop);
        }
        for thread in self.1.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The handle of the runtime: its id, the inboxes of its workers, that of its timer thread.
#[derive(Debug)]
struct ToyBackend(RuntimeId, Vec<Sender<Message>>, Sender<Alarm>);

impl Backend for ToyBackend {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn id(&self) -> RuntimeId {
        self.0
    }

    // The task is only sent: no child runs before `spawn` has returned to its parent. When the
    // worker has stopped, the error that comes back drops the task, as the contract asks.
    fn spawn(&self, task: Task) {
        let number = number();
        let worker = &self.1[number % self.1.len()];
        let _ = worker.send(Message::Spawn(number, task, worker.clone()));
    }

    // No pool and no bound: the limiter in the core has let the job through.
    fn spawn_blocking(&self, job: Job) {
        spawn(|| job.run());
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        Box::pin(ToyTimer((at, number()), self.2.clone()))
    }
}

/// What a worker is told.
enum Message {
    Spawn(usize, Task, Sender<Message>),
    Wake(usize),
    Stop,
}

/// A worker: polls a task when it is new and whenever it was woken.
fn work(inbox: Receiver<Message>) {
    let mut tasks = HashMap::new();
    for message in inbox {
        let number = match message {
            Message::Spawn(number, task, worker) => {
                let waker = TaskWaker(number, AtomicBool::new(false), worker);
                tasks.insert(number, (task, Arc::new(waker)));
                number
            }
            Message::Wake(number) => number,
            Message::Stop => break,
        };
        // A waker may outlive its task.
        let task = tasks.get_mut(&number);
        if task.is_some_and(|(task, waker)| waker.poll(Pin::new(task))) {
            tasks.remove(&number);
        }
    }
}

/// A task's number, whether it has been woken, and its worker. It does not own the task, so a waker
/// that somebody kept keeps nothing alive.
struct TaskWaker(usize, AtomicBool, Sender<Message>);

impl TaskWaker {
    /// Polls the future that this wakes; tells whether it has finished.
    fn poll<F: Future + ?Sized>(self: &Arc<Self>, future: Pin<&mut F>) -> bool {
        // Before the poll: a wake that comes during it must lead to another one. A swap, so that the poll sees what came
        // before a wake that found it listed.
        self.1.swap(false, SeqCst);
        let waker = Waker::from(self.clone());
        future.poll(&mut Context::from_waker(&waker)).is_ready()
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.1.swap(true, SeqCst) {
            let _ = self.2.send(Message::Wake(self.0));
        }
    }
}

/// Sets an alarm, or takes it back. The number tells timers for the same instant apart.
type Alarm = ((Instant, usize), Option<Waker>);

/// The timer thread: sleeps until the next alarm and wakes all that are due.
fn keep_time(inbox: Receiver<Alarm>) {
    let mut alarms: BTreeMap<(Instant, usize), Waker> = BTreeMap::new();
    loop {
        let now = Instant::now();
        let later = alarms.split_off(&(now, usize::MAX));
        let due = std::mem::replace(&mut alarms, later);
        due.into_values().for_each(Waker::wake);
        let next = alarms.keys().next();
        let period = next.map_or(Duration::MAX, |next| next.0.saturating_duration_since(now));
        match inbox.recv_timeout(period) {
            Ok((key, Some(waker))) => drop(alarms.insert(key, waker)),
            Ok((key, None)) => drop(alarms.remove(&key)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A timer. The thread knows of it only while somebody waits for it.
struct ToyTimer((Instant, usize), Sender<Alarm>);

impl Timer for ToyTimer {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.0.0 {
            return Poll::Ready(());
        }
        let _ = self.1.send((self.0, Some(cx.waker().clone())));
        Poll::Pending
    }

    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        *self = ToyTimer((at, number()), self.1.clone());
    }
}

impl Drop for ToyTimer {
    fn drop(&mut self) {
        let _ = self.1.send((self.0, None));
    }
}
