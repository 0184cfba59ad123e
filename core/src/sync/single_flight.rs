//! One call for each key, its value shared by all who ask for it.
//!
//! # Always true
//!
//! 1. An entry is listed as long as somebody asks for its key, or its value is kept. Nobody asks for an entry that is not
//!    listed, unless its value was there, or it was forgotten.
//! 2. What is kept is in `by_age` once, with the age of its last use; what is not, is not.
//!
//! Keys are hashed and compared under the lock. No other code of a user runs there; a panic in it leaves a key listed at
//! worst.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::label::Label;
use super::once_cell::OnceCell;
use crate::loom::Mutex;
use crate::task::Place;
use crate::time::Instant;

/// Calls that are shared by all who ask for the same key, and whose values may be kept.
///
/// The first who asks for a key makes the call, and the others wait for its value. Where that one fails, panics or is
/// cancelled, the next one calls: no failure is kept, and nobody is cancelled for somebody else. Keeps PR2.
///
/// ```
/// use anyrt::sync::SingleFlight;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let pages = SingleFlight::new().keep(100);
/// let load = async |path: &str| pages.get(path.to_owned(), async || path.len()).await;
/// assert_eq!(anyrt::gather((load("/home"), load("/home"))).await, (5, 5));
/// assert_eq!(pages.statistics().calls, 1);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub struct SingleFlight<K, V> {
    keep: usize,
    keep_for: Option<Duration>,
    label: Label,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// The keys whose values are kept, the one that was used least recently first.
    by_age: BTreeMap<u64, K>,
    /// Counts uses.
    age: u64,
    asking: usize,
    hits: u64,
    calls: u64,
}

struct Entry<V> {
    cell: Arc<OnceCell<(V, Instant)>>,
    /// How many ask for it.
    asking: usize,
    /// In `by_age`, once its value is kept.
    age: Option<u64>,
}

/// A [`SingleFlight`]'s figures at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SingleFlightStatistics {
    /// How many values are kept.
    pub kept: usize,
    /// How many keys are being asked for whose value is not kept.
    pub flying: usize,
    /// How many ask for a key, and have no value yet.
    pub asking: usize,
    /// How many found a value that was there.
    pub hits: u64,
    /// How many calls were made.
    pub calls: u64,
}

impl<K: Hash + Eq + Clone, V: Clone> SingleFlight<K, V> {
    /// Calls that are shared while they are made. No value is kept.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            keep: 0,
            keep_for: None,
            label: Label::new("single flight", Place::caller()),
            state: Mutex::new(State {
                entries: HashMap::new(),
                by_age: BTreeMap::new(),
                age: 0,
                asking: 0,
                hits: 0,
                calls: 0,
            }),
        }
    }

    /// Keeps the values of this many keys: those that were used most recently.
    pub fn keep(mut self, keys: usize) -> Self {
        self.keep = keys;
        self
    }

    /// Calls anew for a value that was made longer ago than this, on the clock of the runtime.
    pub fn keep_for(mut self, period: Duration) -> Self {
        self.keep_for = Some(period);
        self
    }

    /// Gives it a name, by which the task tree tells those that wait for a value of it from others.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.label = self.label.named(name);
        self
    }

    /// The value of a key: one that is kept, one that somebody else is making, or the one that `call` makes. A `call` that
    /// asks for the same key waits for itself.
    ///
    /// # Cancellation
    ///
    /// As [`OnceCell::get_or_init`]: it cancels the call of the one who makes it, and the next one who waits calls.
    pub async fn get<F: Future<Output = V>>(&self, key: K, call: impl FnOnce() -> F) -> V {
        let call = || async { Ok::<V, Infallible>(call().await) };
        match self.try_get(key, call).await {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// As [`get`](Self::get), with a function that may fail.
    ///
    /// # Errors
    ///
    /// What `call` failed with. It is not kept, and the next one who waits calls.
    ///
    /// # Cancellation
    ///
    /// As [`get`](Self::get).
    pub async fn try_get<E, F: Future<Output = Result<V, E>>>(
        &self,
        key: K,
        call: impl FnOnce() -> F,
    ) -> Result<V, E> {
        let visit = self.visit(key);
        let make = || async {
            self.state.lock().calls += 1;
            let value = call().await?;
            Ok((value, Instant::now()))
        };
        let (value, _) = visit.cell.get_or_try_init(make).await?;
        Ok(value.clone())
    }

    /// Begins to ask for a key.
    fn visit(&self, key: K) -> Visit<'_, K, V> {
        let now = self.keep_for.map(|_| Instant::now());
        // Keys and values are cloned and dropped with no lock held: that is user code.
        let mut listed = Some(key.clone());
        let mut old = None;
        let mut state = self.state.lock();
        if let Some(entry) = state.entries.get(&key) {
            if self.is_stale(&entry.cell, now) {
                old = state.remove(&key);
            }
        }
        let cell = match state.entries.get_mut(&key) {
            Some(entry) => {
                entry.asking += 1;
                entry.cell.clone()
            }
            None => {
                let cell = Arc::new(OnceCell::of(self.label.clone()));
                let entry = Entry {
                    cell: cell.clone(),
                    asking: 1,
                    age: None,
                };
                let listed = listed.take().map(|key| (key, entry));
                state.entries.extend(listed);
                cell
            }
        };
        state.asking += 1;
        if cell.get().is_some() {
            state.hits += 1;
        }
        drop(state);
        drop((old, listed));
        Visit {
            flight: self,
            key,
            cell,
        }
    }

    fn is_stale(&self, cell: &OnceCell<(V, Instant)>, now: Option<Instant>) -> bool {
        let (Some(period), Some(now), Some((_, made))) = (self.keep_for, now, cell.get()) else {
            return false;
        };
        made.checked_add(period).is_some_and(|end| end <= now)
    }

    /// Forgets the value of a key. A call that is being made goes on for those that wait for it, and is not kept.
    pub fn forget<Q: Hash + Eq + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let old = self.state.lock().remove(key);
        drop(old);
    }

    /// Forgets all values, as [`forget`](Self::forget) does.
    pub fn clear(&self) {
        let old = {
            let mut state = self.state.lock();
            (mem::take(&mut state.by_age), mem::take(&mut state.entries))
        };
        drop(old);
    }
}

impl<K, V> SingleFlight<K, V> {
    /// The figures at this moment.
    pub fn statistics(&self) -> SingleFlightStatistics {
        let state = self.state.lock();
        SingleFlightStatistics {
            kept: state.by_age.len(),
            flying: state.entries.len() - state.by_age.len(),
            asking: state.asking,
            hits: state.hits,
            calls: state.calls,
        }
    }
}

impl<K: Hash + Eq + Clone, V> State<K, V> {
    /// Takes an entry out of both lists. What it gives is dropped with no lock held.
    fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<Removed<K, V>>
    where
        K: Borrow<Q>,
    {
        let listed = self.entries.remove_entry(key)?;
        let aged = listed.1.age.and_then(|age| self.by_age.remove(&age));
        Some((listed, aged))
    }
}

type Removed<K, V> = ((K, Entry<V>), Option<K>);

/// One who asks for a key.
struct Visit<'a, K: Hash + Eq + Clone, V> {
    flight: &'a SingleFlight<K, V>,
    key: K,
    cell: Arc<OnceCell<(V, Instant)>>,
}

impl<K: Hash + Eq + Clone, V> Drop for Visit<'_, K, V> {
    fn drop(&mut self) {
        // Keys and values are cloned and dropped with no lock held: that is user code.
        let is_kept = self.flight.keep > 0 && self.cell.get().is_some();
        let mut used = is_kept.then(|| self.key.clone());
        let mut old = Vec::new();
        let mut _old_key = None;
        let mut state = self.flight.state.lock();
        let state = &mut *state;
        state.asking -= 1;
        let Some(entry) = state.entries.get_mut(&self.key) else {
            return;
        };
        if !Arc::ptr_eq(&entry.cell, &self.cell) {
            // It was forgotten, and asked for anew.
            return;
        }
        entry.asking -= 1;
        if let Some(key) = used.take() {
            state.age += 1;
            if let Some(last) = entry.age.replace(state.age) {
                _old_key = state.by_age.remove(&last);
            }
            state.by_age.insert(state.age, key);
            while state.by_age.len() > self.flight.keep {
                let Some((_, eldest)) = state.by_age.pop_first() else {
                    break;
                };
                let listed = state.entries.remove_entry(&eldest);
                old.extend(listed.map(|listed| (listed, Some(eldest))));
            }
            return;
        }
        // A value that has come since is kept by the one who made it.
        let is_over = match self.cell.get() {
            Some(_) => self.flight.keep == 0,
            None => entry.asking == 0,
        };
        if is_over {
            old.extend(state.remove(&self.key));
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Default for SingleFlight<K, V> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight")
            .field("keep", &self.keep)
            .field("keep_for", &self.keep_for)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
