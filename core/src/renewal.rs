//! A waker that is kept under a lock, from one poll to the next.
//!
//! A waker is foreign code: it is cloned and dropped with no lock held. Most polls find that theirs is kept already. One
//! that does not clones its own when it has let go of the lock, and looks a second time, since all may have changed.

use std::mem;
use std::ptr;
use std::task::{Context, Poll, RawWakerVTable, Waker};

/// Tells two wakers apart without keeping a clone: the one that is kept elsewhere keeps the addresses from being reused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WakerId(usize, &'static RawWakerVTable);

impl WakerId {
    #[inline]
    pub(crate) fn of(waker: &Waker) -> Self {
        Self(waker.data() as usize, waker.vtable())
    }
}

impl PartialEq for WakerId {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 && ptr::eq(self.1, other.1)
    }
}

impl Eq for WakerId {}

/// The waker of this poll, on its way to where it is to be kept.
pub(crate) struct Renewal<'a> {
    polled_with: &'a Waker,
    is_wanted: bool,
    /// To be kept. Then the one that was kept before, which goes with this.
    clone: Option<Waker>,
    kept: Option<WakerId>,
}

impl<'a> Renewal<'a> {
    /// What `look` finds under its lock. Where it is pending, it [keeps](Self::keep) the waker; it is asked once more where
    /// that is another than before.
    #[inline]
    pub(crate) fn poll<R>(cx: &Context<'a>, mut look: impl FnMut(&mut Self) -> Poll<R>) -> Poll<R> {
        let mut renewal = Self {
            polled_with: cx.waker(),
            is_wanted: false,
            clone: None,
            kept: None,
        };
        let found = look(&mut renewal);
        if !renewal.is_wanted {
            return found;
        }
        renewal.clone = Some(cx.waker().clone());
        look(&mut renewal)
    }

    /// Which waker is kept, where that is another than before.
    pub(crate) fn kept(&self) -> Option<WakerId> {
        self.kept
    }

    /// Keeps the waker here.
    pub(crate) fn keep(&mut self, kept: &mut Option<Waker>) {
        let is_same = |kept: &Waker| kept.will_wake(self.polled_with);
        if kept.as_ref().is_some_and(is_same) {
            return;
        }
        if self.clone.is_some() {
            mem::swap(kept, &mut self.clone);
            self.kept = kept.as_ref().map(WakerId::of);
        } else {
            self.is_wanted = true;
        }
    }
}
