//! How this instance does: what the registry was told in the last seconds, the process, the pool.

use std::{
    collections::HashMap,
    fmt,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use domain::catalog::Catalog;
use metrics_process::collector;
use schema::VitalSigns;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    metrics::registry,
    recent::{MAX_SLOTS, Recent, SLOT},
};

/// What this instance tells of itself. Everyone who asks for the same window within a slot is given the same figures.
pub(crate) struct Vitals {
    recent: Arc<Recent>,
    catalog: Catalog,
    instance: String,
    last: Mutex<Last>,
}

/// What was found at the end of the last slot.
#[derive(Default)]
struct Last {
    resident_bytes: f64,
    /// By slots.
    signs: HashMap<usize, Arc<VitalSigns>>,
}

impl Vitals {
    /// Starts to look at the process, four times a second, until nobody holds the result.
    pub(crate) fn start(catalog: Catalog, instance: String) -> Arc<Self> {
        let vitals = Arc::new(Self {
            recent: Arc::clone(&registry().recent),
            catalog,
            instance,
            last: Mutex::default(),
        });
        vitals.look();
        tokio::spawn(Self::keep_looking(Arc::downgrade(&vitals)));
        vitals
    }

    async fn keep_looking(vitals: Weak<Self>) {
        let mut ticks = interval(SLOT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(vitals) = vitals.upgrade() else { break };
            vitals.look();
            // What histograms were told piles up until somebody reads them, and it may be that nobody does.
            registry().renderer.run_upkeep();
        }
    }

    fn look(&self) {
        let process = collector::collect();
        self.recent
            .close_slot(Instant::now(), process.cpu_seconds_total.unwrap_or_default());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.resident_bytes = as_float(process.resident_memory_bytes.unwrap_or_default());
        last.signs.clear();
    }

    fn signs(&self, slots: usize, resident_bytes: f64) -> VitalSigns {
        let sum = self.recent.newest(slots);
        let seconds = sum.elapsed.as_secs_f64();
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        VitalSigns {
            instance: self.instance.clone(),
            requests: sum.requests,
            failed: sum.failed,
            requests_per_second: share(as_float(sum.requests), seconds),
            error_rate: share(as_float(sum.failed), as_float(sum.requests)),
            p50_ms: sum.duration_ms(0.50),
            p95_ms: sum.duration_ms(0.95),
            p99_ms: sum.duration_ms(0.99),
            in_flight: self.recent.in_flight.get(),
            pool: self.catalog.pool_state(),
            acquire_p99_ms: sum.acquire_ms(0.99),
            subscribers: self.recent.subscribers.get(),
            cpu_share: share(sum.cpu_seconds, seconds * cores()).min(1.0),
            resident_bytes,
        }
    }
}

impl schema::Vitals for Vitals {
    fn in_flight(&self) -> u32 {
        self.recent.in_flight.get()
    }

    fn over(&self, window: Duration) -> Arc<VitalSigns> {
        let slots = window.as_millis().div_ceil(SLOT.as_millis());
        let slots = usize::try_from(slots).unwrap_or(MAX_SLOTS).clamp(1, MAX_SLOTS);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let resident_bytes = last.resident_bytes;
        let signs = last.signs.entry(slots);
        Arc::clone(signs.or_insert_with(|| Arc::new(self.signs(slots, resident_bytes))))
    }
}

impl fmt::Debug for Vitals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Vitals")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes are below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 cores")]
fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1, NonZero::get) as f64
}
