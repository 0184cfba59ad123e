//! What became of a portal's task that panicked: the payload waits for whoever asks.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::group::Group;
use crate::group::host::current_task;
use crate::loom::Ordering::{Acquire, Release};
use crate::loom::{AtomicBool, Mutex};
use crate::outcome::{Payload, confine, quietly};
use crate::task::TaskInfo;

/// Whether a task panicked, and with what. When nobody can ask any more, the hook is told.
pub(super) struct Fate {
    group: Arc<Group>,
    panicked: AtomicBool,
    payload: Mutex<Option<Payload>>,
    task: OnceLock<TaskInfo>,
}

impl Fate {
    pub(super) fn new(group: Arc<Group>) -> Arc<Self> {
        Arc::new(Self {
            group,
            panicked: AtomicBool::new(false),
            payload: Mutex::new(None),
            task: OnceLock::new(),
        })
    }

    pub(super) fn has_panicked(&self) -> bool {
        self.panicked.load(Acquire)
    }

    /// Resumes the panic, if there was one and nobody has had it.
    pub(super) fn resume(&self) {
        let payload = self.payload.lock().take();
        if let Some(payload) = payload {
            resume_unwind(payload);
        }
    }

    fn panicked(&self, payload: Payload) {
        self.task.get_or_init(|| current_task(&self.group));
        let second = self.payload.lock().replace(payload);
        self.panicked.store(true, Release);
        // Of a destructor, after the future itself had panicked.
        quietly(|| drop(second));
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        if let (Some(payload), Some(task)) = (self.payload.lock().take(), self.task.take()) {
            self.group.orphan_panicked(payload, task);
        }
    }
}

/// What a task gave, if it did not panic. Where nobody takes the value, a panic of its destructor is one of
/// the task, and not of whoever drops it.
pub(super) struct Given<T> {
    value: Option<T>,
    fate: Arc<Fate>,
}

impl<T> Given<T> {
    fn new(fate: &Arc<Fate>) -> Self {
        Self {
            value: None,
            fate: fate.clone(),
        }
    }

    pub(super) fn take(mut self) -> Option<T> {
        self.value.take()
    }
}

impl<T> Drop for Given<T> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            if let Err(payload) = confine(|| drop(value)) {
                self.fate.panicked(payload);
            }
        }
    }
}

pin_project! {
    /// A future whose panics, those of its destructor included, end here.
    pub(super) struct Caught<F> {
        #[pin]
        future: Option<F>,
        fate: Arc<Fate>,
    }

    impl<F> PinnedDrop for Caught<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            drop_future(this.future, this.fate);
        }
    }
}

fn drop_future<F>(mut future: Pin<&mut Option<F>>, fate: &Fate) {
    if future.is_some() {
        if let Err(payload) = confine(|| future.set(None)) {
            fate.panicked(payload);
        }
    }
}

impl<F> Caught<F> {
    pub(super) fn new(future: F, fate: Arc<Fate>) -> Self {
        Self {
            future: Some(future),
            fate,
        }
    }
}

impl<F: Future> Future for Caught<F> {
    type Output = Given<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        match confine(|| future.poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => {
                drop_future(this.future, this.fate);
                let mut given = Given::new(this.fate);
                given.value = Some(value);
                Poll::Ready(given)
            }
            Err(payload) => {
                this.fate.panicked(payload);
                // A second panic, of the future's drop, has nowhere to go but the panic hook.
                quietly(|| this.future.set(None));
                Poll::Ready(Given::new(this.fate))
            }
        }
    }
}
