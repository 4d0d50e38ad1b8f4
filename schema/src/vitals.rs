//! How the process does, as whoever runs the schema tells it.

use std::{fmt::Debug, sync::Arc, time::Duration};

use domain::{cache::LayerFigures, database::PoolState};
use futures_util::future::BoxFuture;

/// Knows how the process does.
pub trait Vitals: Debug + Send + Sync {
    /// The figures of the last `window`, of less while the process is younger. Asking often costs no more than asking once.
    fn over(&self, window: Duration) -> Arc<VitalSigns>;

    /// Requests being answered.
    fn in_flight(&self) -> u32;

    /// Has all instances that share a Redis tell how they do, for as long as what is given is held. It speaks of the last `window`, in whole
    /// seconds.
    fn watch_fleet(self: Arc<Self>, window: Duration) -> Box<dyn FleetWatch>;
}

/// Somebody who follows how all instances do.
pub trait FleetWatch: Send + Sync {
    /// The figures of all, once each of the others has told its own; of this instance alone where they cannot be heard.
    fn signs(&self) -> BoxFuture<'_, Arc<VitalSigns>>;
}

/// Figures of a stretch of time, and at its end, of one process or of several together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VitalSigns {
    /// What tells this process from others that serve the same catalog. None of several.
    pub instance: Option<String>,
    /// Requests answered, and those of them that the server failed.
    pub requests: u64,
    pub failed: u64,
    pub requests_per_second: f64,
    /// Usage that was recorded.
    pub usage_events_per_second: f64,
    /// Share of the requests that the server failed, 0 to 1.
    pub error_rate: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// Requests being answered.
    pub in_flight: u32,
    /// What the layers of the cache hold and did, since the start.
    pub caches: Vec<LayerFigures>,
    pub pool: PoolState,
    /// What statements waited for a connection.
    pub acquire_p99_ms: f64,
    /// Running subscriptions.
    pub subscribers: u32,
    /// Processor time, as a share of what all cores have, 0 to 1.
    pub cpu_share: f64,
    pub resident_bytes: f64,
}
