//! Turns that tasks take in a given order.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::loom::Mutex;
use crate::outcome::wake;
use crate::scope::current;

/// Makes tasks take turns: turn 0, then turn 1, and so on, wherever they are.
///
/// Each turn is taken once, and lasts until its guard is dropped. A clone is the same sequence.
///
/// ```
/// use anyrt::testing::Sequencer;
///
/// # anyrt::run(anyrt::Tokio::multi_thread(), async {
/// let (sequence, (log, seen)) = (Sequencer::new(), std::sync::mpsc::channel());
/// anyrt::task_group(async |g| {
///     for number in [2, 0, 1] {
///         let (sequence, log) = (sequence.clone(), log.clone());
///         g.spawn(async move {
///             let _turn = sequence.turn(number).await;
///             log.send(number).unwrap();
///         });
///     }
/// })
/// .await?;
/// assert_eq!(seen.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
/// # Ok::<(), anyrt::Cancelled>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sequencer {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Whose turn it is, or is next.
    now: u64,
    /// The turns that somebody has asked for.
    asked: BTreeSet<u64>,
    waiting: BTreeMap<u64, Waker>,
    /// The first turn that was given up: those after it will never come.
    broken: Option<u64>,
}

impl Sequencer {
    /// A sequence that begins with turn 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for a turn; it ends when the guard is dropped.
    ///
    /// # Cancellation
    ///
    /// A checkpoint. A turn that is given up breaks the sequence.
    ///
    /// # Panics
    ///
    /// When the turn has been asked for before, and when an earlier one was given up: it would never come.
    #[track_caller]
    pub fn turn(&self, number: u64) -> impl Future<Output = Turn> + Send + use<> {
        let is_new = self.state.lock().asked.insert(number);
        assert!(is_new, "turn {number} of a sequencer is taken by two");
        WaitForTurn {
            turn: Some(Turn {
                sequence: self.clone(),
                number,
                came: false,
            }),
        }
    }
}

struct WaitForTurn {
    turn: Option<Turn>,
}

impl Future for WaitForTurn {
    type Output = Turn;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turn> {
        let Some(turn) = &mut self.turn else {
            return Poll::Pending;
        };
        if current::is_cancelled() {
            return Poll::Pending;
        }
        let waker = cx.waker().clone();
        let mut state = turn.sequence.state.lock();
        if let Some(broken) = state.broken {
            drop(state);
            panic!(
                "turn {} of a sequencer will never come: turn {broken} was given up",
                turn.number
            );
        }
        if state.now < turn.number {
            let old = state.waiting.insert(turn.number, waker);
            drop(state);
            drop(old);
            return Poll::Pending;
        }
        drop(state);
        turn.came = true;
        match self.turn.take() {
            Some(turn) => Poll::Ready(turn),
            None => Poll::Pending,
        }
    }
}

/// The turn of whoever holds it.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub struct Turn {
    sequence: Sequencer,
    number: u64,
    came: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.sequence.state.lock();
        let woken: Vec<_> = if self.came {
            state.now = self.number + 1;
            let next = state.now;
            state.waiting.remove(&next).into_iter().collect()
        } else {
            state.broken.get_or_insert(self.number);
            std::mem::take(&mut state.waiting).into_values().collect()
        };
        drop(state);
        wake(woken);
    }
}
