//! Questions about how servers did, all of them together.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use super::{
    figures::{Errors, LayerCounts, Layers, Operations, Part, Statements, Totals},
    objectives::{Objectives, SloStatus, statuses},
    share, store,
    tier::{HOURS_KEPT_DAYS, MINUTES_KEPT_DAYS, Tier, pieces},
    times::Times,
};
use crate::{
    analytics::{AnalyticsError, Interval, TimeRange},
    cache::Layer,
    catalog::Catalog,
    database::{Asking, Database},
};

/// Of how much of a range's end it is told how fast budgets are spent.
const END_MS: i64 = 3_600_000;

/// The layers that are told of, in the order in which they are asked.
const LAYERS: [Layer; 3] = [Layer::Response, Layer::Memory, Layer::Redis];

// What is widened to hours or days is told where each field is documented; what cannot be answered is a message of its own.
const NO_MINUTES: &str = "minutes are kept for three days: take `interval: HOUR`, or a range that begins later";
const NO_HOURS: &str = "hours are kept for 92 days: take `interval: DAY`, or a range that begins later";
const _: () = assert!(MINUTES_KEPT_DAYS == 3 && HOURS_KEPT_DAYS == 92, "the messages say so");

/// What is known of how servers did. Cheap to clone.
#[derive(Clone)]
pub struct History {
    /// Which asks replicas first.
    past: Database,
    /// The one that servers write to, for what only that can tell.
    pub(super) database: Database,
    now_ms: i64,
    _asking: Option<Arc<Asking>>,
}

/// How operations of one name did.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationStats {
    /// Its name; of those without, their kind in brackets.
    pub operation: String,
    pub count: u64,
    /// Share of those with an error, 0 to 1.
    pub error_rate: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// SQL statements, on average.
    pub sql_per_request: f64,
    /// Share of what each wanted of the catalog that was in memory, on average, 0 to 1; 0 where none wanted anything.
    pub cache_hit_rate: f64,
}

/// Response times in one interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyPoint {
    pub at_ms: i64,
    pub count: u64,
    /// Half took at most so many milliseconds; 0 where there was none.
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

/// Errors of one code in one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPattern {
    pub code: String,
    /// None where requests came to no operation.
    pub operation: Option<String>,
    pub count: u64,
    pub first_ms: i64,
    pub last_ms: i64,
    /// The message of the newest.
    pub sample: String,
}

/// What was looked for in a layer of the cache in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePoint {
    pub at_ms: i64,
    pub layer: Layer,
    pub counts: LayerCounts,
}

/// Statements that were slow, of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowStatement {
    /// One of them, as it was prepared: without values.
    pub statement: String,
    pub count: u64,
    pub mean_ms: f64,
    pub max_ms: f64,
    /// How the database went about it; none where it would not say.
    pub plan: Option<String>,
}

impl History {
    /// Of the servers of `catalog`, as of `now_ms`. To be dropped when the answer is there.
    pub fn new(catalog: &Catalog, now_ms: i64) -> Self {
        let database = catalog.database().clone();
        let past = database.reading();
        Self {
            _asking: past.asking().map(Arc::new),
            past,
            database,
            now_ms,
        }
    }

    /// How operations did in `range`, those first that took most time in all.
    pub async fn operations(&self, range: TimeRange, first: usize) -> Result<Vec<OperationStats>, AnalyticsError> {
        let all: Operations = self.all(range).await?;
        let mut stats: Vec<(f64, OperationStats)> = all
            .iter()
            .map(|(name, figures)| {
                let (times, count) = (&figures.times, figures.times.count());
                let stats = OperationStats {
                    operation: name.to_owned(),
                    count,
                    error_rate: share(figures.failed, count),
                    p50_ms: times.quantile_ms(0.5),
                    p95_ms: times.quantile_ms(0.95),
                    p99_ms: times.quantile_ms(0.99),
                    sql_per_request: share(figures.statements, count),
                    cache_hit_rate: figures.found / as_float(figures.looked.max(1)),
                };
                (times.total_ms(), stats)
            })
            .collect();
        stats.sort_by(|(one, stats), (other, others)| {
            other
                .total_cmp(one)
                .then_with(|| stats.operation.cmp(&others.operation))
        });
        Ok(stats.into_iter().take(first).map(|(_, stats)| stats).collect())
    }

    /// Response times of one operation, or of all, in each interval that `range` touches.
    ///
    /// # Errors
    /// Where the intervals are too many, or so fine that they are not kept any more.
    pub async fn latency(
        &self,
        operation: Option<&str>,
        (range, interval): (TimeRange, Interval),
    ) -> Result<Vec<LatencyPoint>, AnalyticsError> {
        let buckets = interval.buckets(range)?;
        let points: BTreeMap<i64, Times> = buckets.into_iter().map(|at_ms| (at_ms, Times::default())).collect();
        let add = move |points: &mut BTreeMap<i64, Times>, at_ms: i64, times: &Times| {
            if let Some(point) = points.get_mut(&interval.begin_ms(at_ms)) {
                point.merge(times);
            }
        };
        let steps = (range, interval);
        let points = match operation.map(str::to_owned) {
            None => {
                let put = move |points: &mut _, at_ms, totals: Totals| add(points, at_ms, &totals.times);
                self.read(steps, (points, put)).await?
            }
            Some(operation) => {
                let put = move |points: &mut _, at_ms, operations: Operations| {
                    if let Some(figures) = operations.get(&operation) {
                        add(points, at_ms, &figures.times);
                    }
                };
                self.read(steps, (points, put)).await?
            }
        };
        let point = |(at_ms, times): (i64, Times)| LatencyPoint {
            at_ms,
            count: times.count(),
            p50_ms: times.quantile_ms(0.5),
            p95_ms: times.quantile_ms(0.95),
            p99_ms: times.quantile_ms(0.99),
        };
        Ok(points.into_iter().map(point).collect())
    }

    /// Errors in `range` by code and operation, the most frequent first.
    pub async fn errors(&self, range: TimeRange, first: usize) -> Result<Vec<ErrorPattern>, AnalyticsError> {
        let all: Errors = self.all(range).await?;
        let pattern =
            |((code, operation), figures): ((Box<str>, Option<Box<str>>), super::figures::ErrorFigures)| ErrorPattern {
                code: code.into(),
                operation: operation.map(Into::into),
                count: figures.count,
                first_ms: figures.first_ms,
                last_ms: figures.last_ms,
                sample: figures.sample.into(),
            };
        let mut patterns: Vec<ErrorPattern> = all.into_iter().map(pattern).collect();
        // Of as many, in the order of their codes and names.
        patterns.sort_by_key(|pattern| Reverse(pattern.count));
        patterns.truncate(first);
        Ok(patterns)
    }

    /// What was looked for in each layer of the cache in each interval that `range` touches, of layers in which anything was.
    ///
    /// # Errors
    /// As of [`Self::latency`].
    pub async fn cache_effectiveness(
        &self,
        range: TimeRange,
        interval: Interval,
    ) -> Result<Vec<CachePoint>, AnalyticsError> {
        let buckets = interval.buckets(range)?;
        let put = move |counted: &mut BTreeMap<i64, Layers>, at_ms, layers: Layers| {
            counted.entry(interval.begin_ms(at_ms)).or_default().merge(&layers);
        };
        let counted = self.read((range, interval), (BTreeMap::new(), put)).await?;
        let count = |at_ms: i64, layer: Layer| {
            let layers = counted.get(&at_ms)?;
            layers
                .iter()
                .find(|(name, _)| *name == layer.name())
                .map(|(_, counts)| counts)
        };
        let is_used = |layer: &Layer| counted.keys().any(|at_ms| count(*at_ms, *layer).is_some());
        let used: Vec<Layer> = LAYERS.into_iter().filter(is_used).collect();
        let points = buckets
            .iter()
            .flat_map(|at_ms| used.iter().map(move |layer| (*at_ms, *layer)));
        let point = |(at_ms, layer)| CachePoint {
            at_ms,
            layer,
            counts: count(at_ms, layer).unwrap_or_default(),
        };
        Ok(points.map(point).collect())
    }

    /// Statements that were slow in `range`, those first that took most time in all.
    pub async fn slow_statements(&self, range: TimeRange, first: usize) -> Result<Vec<SlowStatement>, AnalyticsError> {
        let all: Statements = self.all(range).await?;
        let mut slow: Vec<(f64, SlowStatement)> = all
            .into_values()
            .map(|figures| {
                let statement = SlowStatement {
                    statement: figures.text.into(),
                    count: figures.times.count(),
                    mean_ms: figures.times.mean_ms(),
                    max_ms: figures.times.max_ms(),
                    plan: figures.plan.map(Into::into),
                };
                (figures.times.total_ms(), statement)
            })
            .collect();
        slow.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        Ok(slow.into_iter().take(first).map(|(_, statement)| statement).collect())
    }

    /// How much of what is promised was kept in `range`, and how fast budgets were spent in its last hour.
    pub async fn slos(&self, range: TimeRange, objectives: &Objectives) -> Result<Vec<SloStatus>, AnalyticsError> {
        let all: Totals = self.all(range).await?;
        let end: Totals = self.all(self.end_of(range)).await?;
        Ok(statuses(objectives, &all, &end))
    }

    /// The last hour of a range, of one that goes on the hour up to now.
    fn end_of(&self, range: TimeRange) -> TimeRange {
        let end_ms = range.end_ms().min(self.now_ms + 1);
        TimeRange::new(range.begin_ms().max(end_ms - END_MS), end_ms).unwrap_or(range)
    }

    /// One part of what servers did in all of `range`, widened to what is kept.
    async fn all<P: Part + 'static>(&self, range: TimeRange) -> Result<P, AnalyticsError> {
        let put = |all: &mut P, _, part: P| all.merge(&part);
        let mut all = self.read((range, Interval::Day), (P::default(), put)).await?;
        all.trim();
        Ok(all)
    }

    async fn read<P: Part + 'static, A: Send + 'static>(
        &self,
        (range, interval): (TimeRange, Interval),
        into: (A, impl Fn(&mut A, i64, P) + Send + 'static),
    ) -> Result<A, AnalyticsError> {
        let unanswerable =
            |kept: Tier| AnalyticsError::Unanswerable(if kept == Tier::Hour { NO_MINUTES } else { NO_HOURS });
        let pieces = pieces(range, interval, self.now_ms).map_err(unanswerable)?;
        Ok(store::read(&self.past, &pieces, into).await?)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}
