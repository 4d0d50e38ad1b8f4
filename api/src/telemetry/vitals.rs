//! How this instance does: what the registry was told in the last seconds, the process, the pool, the cache. And all that share a Redis.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::{Duration, Instant},
};

use domain::{
    cache::LayerFigures,
    catalog::Catalog,
    live::{Following, Reach},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use metrics_process::collector;
use schema::VitalSigns;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    fleet::Fleet,
    metrics::registry,
    recent::{MAX_SLOTS, Recent, SLOT},
    report::{Report, Second, cores, float},
};

/// Tells what the layers of the cache hold and did.
type TellCaches = Box<dyn Fn() -> Vec<LayerFigures> + Send + Sync>;

/// What this instance tells of itself. Everyone who asks for the same window within a slot is given the same figures.
pub(crate) struct Vitals {
    recent: Arc<Recent>,
    catalog: Catalog,
    instance: String,
    caches: OnceLock<TellCaches>,
    fleet: Fleet,
    last: Mutex<Last>,
}

/// What was found at the end of the last slot.
#[derive(Default)]
struct Last {
    resident_bytes: u64,
    /// By slots.
    signs: HashMap<usize, Arc<VitalSigns>>,
    /// Of all instances, by seconds.
    of_fleet: HashMap<usize, Arc<VitalSigns>>,
}

/// Somebody who follows all instances, over the last seconds.
struct FleetWatch {
    vitals: Arc<Vitals>,
    seconds: usize,
    reach: Reach,
    _following: Following,
}

impl Vitals {
    /// Starts to look at the process, four times a second, until nobody holds the result.
    pub(crate) fn start(catalog: Catalog, instance: String) -> Arc<Self> {
        let vitals = Arc::new(Self {
            recent: Arc::clone(&registry().recent),
            fleet: Fleet::new(&catalog),
            catalog,
            instance,
            caches: OnceLock::new(),
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

    /// What tells it from others.
    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    /// Has snapshots say what the layers of the cache hold and did, as `tell` does.
    pub(crate) fn learn_caches(&self, tell: impl Fn() -> Vec<LayerFigures> + Send + Sync + 'static) {
        let _ = self.caches.set(Box::new(tell));
    }

    /// Tells other instances how this one does, and hears how they do, while anybody follows all of them; for as long as it is polled.
    pub(crate) async fn keep_fleet(&self) {
        self.fleet.keep(|reach| self.report(reach.seconds())).await;
    }

    fn look(&self) {
        let process = collector::collect();
        self.recent
            .close_slot(Instant::now(), process.cpu_seconds_total.unwrap_or_default());
        let mut last = self.last();
        last.resident_bytes = process.resident_memory_bytes.unwrap_or_default();
        last.signs.clear();
        last.of_fleet.clear();
    }

    fn signs(&self, slots: usize, resident_bytes: u64) -> VitalSigns {
        let sum = self.recent.newest(slots);
        let seconds = sum.elapsed.as_secs_f64();
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        VitalSigns {
            instance: Some(self.instance.clone()),
            requests: sum.requests,
            failed: sum.failed,
            requests_per_second: share(float(sum.requests), seconds),
            usage_events_per_second: share(float(sum.usage_events), seconds),
            error_rate: share(float(sum.failed), float(sum.requests)),
            p50_ms: sum.duration_ms(0.50),
            p95_ms: sum.duration_ms(0.95),
            p99_ms: sum.duration_ms(0.99),
            in_flight: self.recent.in_flight.get(),
            caches: self.caches(),
            pool: self.catalog.pool_state(),
            acquire_p99_ms: sum.acquire_ms(0.99),
            subscribers: self.recent.subscribers.get(),
            cpu_share: share(sum.cpu_seconds, seconds * f64::from(cores())).min(1.0),
            resident_bytes: float(resident_bytes),
        }
    }

    fn report(&self, seconds: usize) -> Report {
        let resident_bytes = self.last().resident_bytes;
        self.report_with(seconds, resident_bytes)
    }

    fn report_with(&self, seconds: usize, resident_bytes: u64) -> Report {
        Report {
            seconds: self.recent.seconds(seconds).into_iter().map(Second::from).collect(),
            in_flight: self.recent.in_flight.get(),
            subscribers: self.recent.subscribers.get(),
            pool: self.catalog.pool_state(),
            cores: cores(),
            resident_bytes,
            caches: self.caches(),
        }
    }

    /// All instances in their last `seconds`. Everyone who asks for the same within a slot is given the same figures.
    fn of_fleet(&self, seconds: usize) -> Arc<VitalSigns> {
        let mut last = self.last();
        let resident_bytes = last.resident_bytes;
        let signs = last.of_fleet.entry(seconds);
        Arc::clone(signs.or_insert_with(|| {
            let own = self.report_with(seconds, resident_bytes);
            Arc::new(self.fleet.signs(&own, seconds))
        }))
    }

    fn caches(&self) -> Vec<LayerFigures> {
        self.caches.get().map(|tell| tell()).unwrap_or_default()
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        // Nothing panics while it is held.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl schema::Vitals for Vitals {
    fn in_flight(&self) -> u32 {
        self.recent.in_flight.get()
    }

    fn over(&self, window: Duration) -> Arc<VitalSigns> {
        let slots = window.as_millis().div_ceil(SLOT.as_millis());
        let slots = usize::try_from(slots).unwrap_or(MAX_SLOTS).clamp(1, MAX_SLOTS);
        let mut last = self.last();
        let resident_bytes = last.resident_bytes;
        let signs = last.signs.entry(slots);
        Arc::clone(signs.or_insert_with(|| Arc::new(self.signs(slots, resident_bytes))))
    }

    fn watch_fleet(self: Arc<Self>, window: Duration) -> Box<dyn schema::FleetWatch> {
        let seconds = window.as_millis().div_ceil(1000);
        let most = Reach::Minute.seconds();
        let seconds = usize::try_from(seconds).unwrap_or(most).clamp(1, most);
        let reach = Reach::of_seconds(seconds);
        Box::new(FleetWatch {
            _following: self.fleet.follow(reach),
            vitals: self,
            seconds,
            reach,
        })
    }
}

impl schema::FleetWatch for FleetWatch {
    fn signs(&self) -> BoxFuture<'_, Arc<VitalSigns>> {
        async {
            self.vitals.fleet.gather(self.reach).await;
            self.vitals.of_fleet(self.seconds)
        }
        .boxed()
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
