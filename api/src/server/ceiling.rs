//! How many connections are open, and how many may be.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The places that connections have.
#[derive(Clone)]
pub(super) struct Ceiling {
    places: Arc<Semaphore>,
    max: u32,
    left: Arc<Notify>,
}

/// One connection's place, free again when this is dropped.
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    left: Arc<Notify>,
}

impl Ceiling {
    pub(super) fn new(max: u32) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max as usize)),
            max,
            left: Arc::new(Notify::new()),
        }
    }

    /// A place, while there is one.
    pub(super) fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        metrics::gauge!("http_connections_open").increment(1);
        Some(Place {
            permit: Some(permit),
            left: Arc::clone(&self.left),
        })
    }

    /// Ends when the next connection does.
    pub(super) async fn one_left(&self) {
        self.left.notified().await;
    }

    /// Ends once no connection is open.
    pub(super) async fn all_left(&self) {
        let _ = self.places.acquire_many(self.max).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.permit.take();
        metrics::gauge!("http_connections_open").decrement(1);
        self.left.notify_waiters();
    }
}
