use async_graphql::{Context, Error, SimpleObject};
use domain::operations;

use super::{
    arguments::{Interval, TimeRange},
    failed, history, page_size, whole,
};
use crate::{
    documents::cut_name,
    scalars::{DateTime, Long},
};

/// How operations of one name did. Times are known to a hundredth.
#[derive(SimpleObject)]
pub(crate) struct OperationStats {
    /// Its name; of those without one, their kind, as `(query)`; `(unknown)` of what was refused before that; `(other)` of what is not told apart.
    #[graphql(complexity = 0)]
    operation: String,
    #[graphql(complexity = 0)]
    count: i32,
    /// Share of those that were answered with an error, whoever is to blame, 0 to 1.
    #[graphql(complexity = 0)]
    error_rate: f64,
    /// Half of them took at most so many milliseconds.
    #[graphql(complexity = 0)]
    p50_ms: f64,
    /// As `p50Ms`, 95 of 100.
    #[graphql(complexity = 0)]
    p95_ms: f64,
    /// As `p50Ms`, 99 of 100.
    #[graphql(complexity = 0)]
    p99_ms: f64,
    /// SQL statements, on average.
    #[graphql(complexity = 0)]
    sql_per_request: f64,
    /// Share of what each wanted of the catalog that was in memory, on average, 0 to 1; a whole answer that was kept is 1. 0 where none wanted
    /// anything.
    #[graphql(complexity = 0)]
    cache_hit_rate: f64,
}

/// Response times in an interval.
#[derive(SimpleObject)]
pub(crate) struct LatencyPoint {
    /// When it begins.
    #[graphql(complexity = 0)]
    at: DateTime,
    #[graphql(complexity = 0)]
    count: Long,
    /// Half took at most so many milliseconds; 0 where there was none.
    #[graphql(complexity = 0)]
    p50_ms: f64,
    /// As `p50Ms`, 95 of 100.
    #[graphql(complexity = 0)]
    p95_ms: f64,
    /// As `p50Ms`, 99 of 100.
    #[graphql(complexity = 0)]
    p99_ms: f64,
}

/// Errors of one code in one operation.
#[derive(SimpleObject)]
pub(crate) struct ErrorPattern {
    #[graphql(complexity = 0)]
    code: String,
    /// As `OperationStats.operation`; null where requests came to no operation.
    #[graphql(complexity = 0)]
    operation: Option<String>,
    #[graphql(complexity = 0)]
    count: i32,
    #[graphql(complexity = 0)]
    first_at: DateTime,
    #[graphql(complexity = 0)]
    last_at: DateTime,
    /// The newest message, as the client was told.
    #[graphql(complexity = 0)]
    sample: String,
}

pub(super) async fn operations(
    context: &Context<'_>,
    range: TimeRange,
    first: i32,
) -> Result<Vec<OperationStats>, Error> {
    let (range, first) = (range.into_domain()?, page_size(context, first)?);
    let stats = history(context).operations(range, first).await.map_err(failed)?;
    Ok(stats.into_iter().map(OperationStats::from).collect())
}

pub(super) async fn latency(
    context: &Context<'_>,
    operation: Option<String>,
    range: TimeRange,
    interval: Interval,
) -> Result<Vec<LatencyPoint>, Error> {
    let steps = (range.into_domain()?, interval.into());
    let operation = operation.as_deref().map(cut_name);
    let points = history(context).latency(operation, steps).await.map_err(failed)?;
    Ok(points.into_iter().map(LatencyPoint::from).collect())
}

pub(super) async fn errors(context: &Context<'_>, range: TimeRange, first: i32) -> Result<Vec<ErrorPattern>, Error> {
    let (range, first) = (range.into_domain()?, page_size(context, first)?);
    let patterns = history(context).errors(range, first).await.map_err(failed)?;
    Ok(patterns.into_iter().map(ErrorPattern::from).collect())
}

impl From<operations::OperationStats> for OperationStats {
    fn from(stats: operations::OperationStats) -> Self {
        Self {
            operation: stats.operation,
            count: whole(stats.count),
            error_rate: stats.error_rate,
            p50_ms: stats.p50_ms,
            p95_ms: stats.p95_ms,
            p99_ms: stats.p99_ms,
            sql_per_request: stats.sql_per_request,
            cache_hit_rate: stats.cache_hit_rate,
        }
    }
}

impl From<operations::LatencyPoint> for LatencyPoint {
    fn from(point: operations::LatencyPoint) -> Self {
        Self {
            at: DateTime::from_unix_ms(point.at_ms),
            count: point.count.into(),
            p50_ms: point.p50_ms,
            p95_ms: point.p95_ms,
            p99_ms: point.p99_ms,
        }
    }
}

impl From<operations::ErrorPattern> for ErrorPattern {
    fn from(pattern: operations::ErrorPattern) -> Self {
        Self {
            code: pattern.code,
            operation: pattern.operation,
            count: whole(pattern.count),
            first_at: DateTime::from_unix_ms(pattern.first_ms),
            last_at: DateTime::from_unix_ms(pattern.last_ms),
            sample: pattern.sample,
        }
    }
}
