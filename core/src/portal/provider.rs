//! One portal for all who need one at the same time (TH10).

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyrt_backend::Launch;

use super::Portal;
use super::owner::BlockingPortal;
use crate::error::RunError;

/// Starts a portal for the first who asks, shares it with the others, and stops it after the last.
///
/// A start that failed is tried again by the next one. The portal of the last lease is stopped outside of
/// any lock: whoever asks meanwhile is given a new one. Clones share the portal.
///
/// ```
/// use anyrt::{PortalProvider, Tokio};
///
/// let provider = PortalProvider::new(|| Tokio::multi_thread().worker_threads(1));
/// let first = provider.lease()?;
/// let second = provider.lease()?;
/// assert_eq!(first.call(async { 1 }).unwrap() + second.call(async { 2 }).unwrap(), 3);
/// drop(first);
/// // It runs until the last lease is gone.
/// assert_eq!(second.call(async { 3 }).unwrap(), 3);
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[derive(Clone)]
pub struct PortalProvider {
    shared: Arc<Shared>,
}

struct Shared {
    start: Box<dyn Fn() -> Result<BlockingPortal, RunError> + Send + Sync>,
    current: Mutex<Option<Leased>>,
}

struct Leased {
    portal: BlockingPortal,
    leases: usize,
}

impl Shared {
    fn current(&self) -> MutexGuard<'_, Option<Leased>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PortalProvider {
    /// A provider whose portals run on what `launch` makes. It is asked while others wait for the same portal, so it must
    /// not ask for one itself.
    pub fn new<L: Launch + Send + 'static>(launch: impl Fn() -> L + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                start: Box::new(move || BlockingPortal::start(launch())),
                current: Mutex::new(None),
            }),
        }
    }

    /// The portal that is open, or a new one. It runs at least until the lease is dropped.
    ///
    /// # Errors
    ///
    /// As [`BlockingPortal::start`].
    pub fn lease(&self) -> Result<PortalLease, RunError> {
        let mut current = self.shared.current();
        let leased = match current.take() {
            Some(leased) => leased,
            None => Leased {
                portal: (self.shared.start)()?,
                leases: 0,
            },
        };
        let leased = current.insert(leased);
        leased.leases += 1;
        Ok(PortalLease {
            portal: leased.portal.portal().clone(),
            shared: self.shared.clone(),
        })
    }
}

impl fmt::Debug for PortalProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leases = self.shared.current().as_ref().map_or(0, |open| open.leases);
        f.debug_struct("PortalProvider")
            .field("leases", &leases)
            .finish_non_exhaustive()
    }
}

/// A share in the portal of a [`PortalProvider`]. The last one that is dropped stops it and waits.
#[must_use = "a lease that is dropped may stop the portal"]
pub struct PortalLease {
    portal: Portal,
    shared: Arc<Shared>,
}

impl Deref for PortalLease {
    type Target = Portal;

    fn deref(&self) -> &Portal {
        &self.portal
    }
}

impl Drop for PortalLease {
    fn drop(&mut self) {
        let mut current = self.shared.current();
        let mut last = None;
        if let Some(leased) = &mut *current {
            leased.leases -= 1;
            if leased.leases == 0 {
                last = current.take();
            }
        }
        drop(current);
        drop(last);
    }
}

impl fmt::Debug for PortalLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalLease")
            .field("portal", &self.portal)
            .finish_non_exhaustive()
    }
}
