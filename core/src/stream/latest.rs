//! The latest of several values.
//!
//! Each value has an event of its own, which is set when the next one is there, so a receiver that waits is told of
//! every change and has nothing to lose: whenever it looks, it sees what is latest.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use super::error::ReceiveError;
use crate::checkpoint::spend_budget;
use crate::loom::{AtomicUsize, Mutex, Ordering};
use crate::scope::current;
use crate::sync::Event;
use crate::sync::label::Label;
use crate::task::Place;

/// A value that changes, its sender, and a receiver: of the values between two looks only the latest is seen.
///
/// Both ends can be cloned. Keeps MS5.
///
/// ```
/// use anyrt::stream::latest;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let (sender, mut receiver) = latest("starting");
/// sender.send("connecting");
/// sender.send("connected");
/// assert_eq!(*receiver.receive().await?, "connected");
/// drop(sender);
/// assert!(receiver.receive().await.is_err());
/// # Ok::<(), anyrt::stream::ReceiveError>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn latest<T>(first: T) -> (LatestSender<T>, LatestReceiver<T>) {
    let label = Label::new("latest value", Place::caller());
    let shared = Arc::new(Latest {
        state: Mutex::new(State {
            value: Arc::new(first),
            version: 1,
            changed: Arc::new(Event::of(label.clone())),
            ended: false,
        }),
        label,
        senders: AtomicUsize::new(1),
    });
    let receiver = LatestReceiver {
        shared: shared.clone(),
        seen: 0,
    };
    (LatestSender { shared }, receiver)
}

struct Latest<T> {
    label: Label,
    state: Mutex<State<T>>,
    senders: AtomicUsize,
}

struct State<T> {
    value: Arc<T>,
    version: u64,
    /// Set when this value is not the latest any more, or is the last one.
    changed: Arc<Event>,
    ended: bool,
}

impl<T> Latest<T> {
    fn value(&self) -> Arc<T> {
        self.state.lock().value.clone()
    }
}

/// The sending end of a [`latest`] value. The last clone that is dropped ends it.
pub struct LatestSender<T> {
    shared: Arc<Latest<T>>,
}

impl<T> LatestSender<T> {
    /// Replaces the value, at once. Gives the one that was there.
    pub fn send(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let next = Arc::new(Event::of(self.shared.label.clone()));
        let (old, changed) = {
            let mut state = self.shared.state.lock();
            state.version += 1;
            let old = std::mem::replace(&mut state.value, value);
            (old, std::mem::replace(&mut state.changed, next))
        };
        changed.set();
        old
    }

    /// The value that is there.
    pub fn get(&self) -> Arc<T> {
        self.shared.value()
    }

    /// One more receiver, which has seen nothing.
    pub fn subscribe(&self) -> LatestReceiver<T> {
        LatestReceiver {
            shared: self.shared.clone(),
            seen: 0,
        }
    }
}

impl<T> Clone for LatestSender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<T> Drop for LatestSender<T> {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            let changed = {
                let mut state = self.shared.state.lock();
                state.ended = true;
                state.changed.clone()
            };
            changed.set();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for LatestSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatestSender").field(&self.get()).finish()
    }
}

/// The receiving end of a [`latest`] value. A clone has seen what this one has.
pub struct LatestReceiver<T> {
    shared: Arc<Latest<T>>,
    /// The version that was received last; zero is before the first.
    seen: u64,
}

impl<T> LatestReceiver<T> {
    /// Waits for a value that this receiver has not received, and gives the latest: at first the one that is there.
    ///
    /// # Errors
    ///
    /// [`ReceiveError::EndOfStream`], when all senders are gone and the last value was received.
    ///
    /// # Cancellation
    ///
    /// An operation: in a cancelled region it takes nothing and never completes (SC4).
    pub async fn receive(&mut self) -> Result<Arc<T>, ReceiveError> {
        poll_fn(|cx| match current::is_cancelled() {
            true => Poll::Pending,
            false => spend_budget(cx),
        })
        .await;
        loop {
            let changed = {
                let state = self.shared.state.lock();
                let (version, value) = (state.version, state.value.clone());
                if version != self.seen {
                    drop(state);
                    self.seen = version;
                    return Ok(value);
                }
                if state.ended {
                    return Err(ReceiveError::EndOfStream);
                }
                state.changed.clone()
            };
            changed.wait().await;
        }
    }

    /// The latest value, whether this receiver has received it or not; that stays as it is.
    pub fn get(&self) -> Arc<T> {
        self.shared.value()
    }
}

impl<T> Clone for LatestReceiver<T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            seen: self.seen,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for LatestReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatestReceiver").field(&self.get()).finish()
    }
}
