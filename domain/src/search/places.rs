//! Requests that search at once: each that waits for its turn to compute does so with a thread of its own, and a thread keeps some
//! megabytes of what it used. The others wait for a place, without one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::computing::cores;

/// Places for each core: enough that some wait for their turn while others wait for the database.
const PER_CORE: usize = 16;

/// The places of an index.
pub(super) struct Places(Arc<Semaphore>);

/// A place among those who search at once, until it is dropped.
#[derive(Debug)]
pub struct SearchPlace(
    #[expect(dead_code, reason = "it is given back when it is dropped")] Option<OwnedSemaphorePermit>,
);

impl Places {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(PER_CORE * cores())))
    }

    /// Waits for a place; in the order of those who ask.
    pub(super) async fn take(&self) -> SearchPlace {
        // It is never closed.
        SearchPlace(Arc::clone(&self.0).acquire_owned().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::{PER_CORE, Places, cores};

    #[test]
    fn one_more_waits_until_a_place_is_given_back() {
        let places = Places::new();
        let taken = (0..PER_CORE * cores()).map(|_| places.take().now_or_never().expect("there is a place"));
        let mut taken: Vec<_> = taken.collect();
        assert!(places.take().now_or_never().is_none());
        drop(taken.pop());
        assert!(places.take().now_or_never().is_some());
    }
}
