use std::{sync::Arc, time::Duration};

use async_graphql::{Context, Error, Object};
use futures_util::{Stream, stream};
use tokio::time::{MissedTickBehavior, interval};

use super::pool_stats::PoolStats;
use crate::{errors::bad_user_input, scalars::DateTime, service::ServiceFacts, vitals::VitalSigns};

/// Milliseconds between two snapshots.
const INTERVALS_MS: std::ops::RangeInclusive<i32> = 250..=60_000;

pub(crate) struct MetricsSnapshot {
    at_ms: i64,
    signs: Arc<VitalSigns>,
}

/// A snapshot at once, then one per interval. One that nobody came to read in time is never taken.
pub(crate) fn live(
    context: &Context<'_>,
    interval_ms: i32,
) -> Result<impl Stream<Item = MetricsSnapshot> + use<>, Error> {
    let window_ms = u64::try_from(interval_ms).ok();
    let Some(window_ms) = window_ms.filter(|_| INTERVALS_MS.contains(&interval_ms)) else {
        return Err(bad_user_input(format!(
            "`intervalMs` is from {} to {}",
            INTERVALS_MS.start(),
            INTERVALS_MS.end()
        )));
    };
    let window = Duration::from_millis(window_ms);
    let mut ticks = interval(window);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let facts = context.data_unchecked::<ServiceFacts>();
    let from = (ticks, facts.clone());
    Ok(stream::unfold(from, move |(mut ticks, facts)| async move {
        ticks.tick().await;
        let snapshot = MetricsSnapshot {
            at_ms: facts.now_ms(),
            signs: facts.vitals.over(window),
        };
        Some((snapshot, (ticks, facts)))
    }))
}

/// How one instance does. Rates, shares and times are of the last interval, counted in quarters of a second.
#[Object]
impl MetricsSnapshot {
    #[graphql(complexity = 0)]
    async fn at(&self) -> DateTime {
        DateTime::from_unix_ms(self.at_ms)
    }

    /// The instance that answers: its host and port.
    #[graphql(complexity = 0)]
    async fn instance(&self) -> Option<&str> {
        Some(&self.signs.instance)
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

    #[graphql(complexity = 1)]
    async fn pool(&self) -> PoolStats {
        PoolStats::from(&*self.signs)
    }

    /// Running subscriptions.
    #[graphql(complexity = 0)]
    async fn subscribers(&self) -> i32 {
        int(self.signs.subscribers)
    }

    /// Processor time of the process, as a share of what all cores have, 0 to 1.
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
