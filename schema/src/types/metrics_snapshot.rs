use std::{sync::Arc, time::Duration};

use async_graphql::{Context, Enum, Error, Object};
use futures_util::{Stream, stream};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    cache_layer::{self, CacheLayer},
    pool_stats::PoolStats,
};
use crate::{
    scalars::DateTime,
    service::ServiceFacts,
    subscription::interval_of,
    vitals::{FleetWatch, VitalSigns, Vitals},
};

/// Of whom figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum MetricsScope {
    /// The instance that answers.
    Instance,
    /// All instances that share a Redis, together; without one, and while it is away, the instance that answers alone.
    Fleet,
}

pub(crate) struct MetricsSnapshot {
    at_ms: i64,
    signs: Arc<VitalSigns>,
}

/// Where figures come from.
enum Source {
    Instance(Arc<dyn Vitals>, Duration),
    Fleet(Box<dyn FleetWatch>),
}

impl Source {
    async fn signs(&self) -> Arc<VitalSigns> {
        match self {
            Self::Instance(vitals, window) => vitals.over(*window),
            Self::Fleet(watch) => watch.signs().await,
        }
    }
}

/// A snapshot at once, then one per interval. One that nobody came to read in time is never taken.
pub(crate) fn live(
    context: &Context<'_>,
    interval_ms: i32,
    scope: MetricsScope,
) -> Result<impl Stream<Item = MetricsSnapshot> + use<>, Error> {
    let window = interval_of(interval_ms)?;
    let mut ticks = interval(window);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let facts = context.data_unchecked::<ServiceFacts>();
    let vitals = Arc::clone(&facts.vitals);
    let source = match scope {
        MetricsScope::Instance => Source::Instance(vitals, window),
        MetricsScope::Fleet => Source::Fleet(vitals.watch_fleet(window)),
    };
    let from = (ticks, source, facts.clone());
    Ok(stream::unfold(from, async |(mut ticks, source, facts)| {
        ticks.tick().await;
        let signs = source.signs().await;
        let at_ms = facts.now_ms();
        Some((MetricsSnapshot { at_ms, signs }, (ticks, source, facts)))
    }))
}

/// How one instance does, or all of them together. Rates, shares and times are of the last interval, counted in quarters of a second, of
/// several instances in whole seconds.
#[Object]
impl MetricsSnapshot {
    #[graphql(complexity = 0)]
    async fn at(&self) -> DateTime {
        DateTime::from_unix_ms(self.at_ms)
    }

    /// The instance that answers: its host and port. Null for `FLEET`.
    #[graphql(complexity = 0)]
    async fn instance(&self) -> Option<&str> {
        self.signs.instance.as_deref()
    }

    /// HTTP requests answered.
    #[graphql(complexity = 0)]
    async fn requests_per_second(&self) -> f64 {
        self.signs.requests_per_second
    }

    /// Share of the requests that were answered with a status of 500 or more, 0 to 1.
    #[graphql(complexity = 0)]
    async fn error_rate(&self) -> f64 {
        self.signs.error_rate
    }

    /// Half of the requests were answered within so many milliseconds; 0 where there was none.
    #[graphql(complexity = 0)]
    async fn p50_ms(&self) -> f64 {
        self.signs.p50_ms
    }

    /// As `p50Ms`, of 95 of 100.
    #[graphql(complexity = 0)]
    async fn p95_ms(&self) -> f64 {
        self.signs.p95_ms
    }

    /// As `p50Ms`, of 99 of 100.
    #[graphql(complexity = 0)]
    async fn p99_ms(&self) -> f64 {
        self.signs.p99_ms
    }

    /// HTTP requests being answered.
    #[graphql(complexity = 0)]
    async fn in_flight(&self) -> i32 {
        int(self.signs.in_flight)
    }

    /// What the layers of the cache hold, and did since the start.
    #[graphql(complexity = "1 + 3 * child_complexity")]
    async fn caches(&self) -> Vec<CacheLayer> {
        cache_layer::of(&self.signs.caches)
    }

    #[graphql(complexity = 1)]
    async fn pool(&self) -> PoolStats {
        PoolStats::from(&*self.signs)
    }

    /// Events of usage that were recorded.
    #[graphql(complexity = 0)]
    async fn usage_events_per_second(&self) -> f64 {
        self.signs.usage_events_per_second
    }

    /// Running subscriptions.
    #[graphql(complexity = 0)]
    async fn subscribers(&self) -> i32 {
        int(self.signs.subscribers)
    }

    /// Processor time, as a share of what all cores have that the process may use, 0 to 1.
    #[graphql(complexity = 0)]
    async fn cpu_share(&self) -> f64 {
        self.signs.cpu_share
    }

    /// Memory that the process holds.
    #[graphql(complexity = 0)]
    async fn resident_bytes(&self) -> f64 {
        self.signs.resident_bytes
    }
}

fn int(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
