//! Questions about usage, and about how the service does.

mod arguments;
mod caching;
mod database;
mod forecast;
mod operations;
mod series;
mod shares;
mod slos;
mod top;
mod users;

use async_graphql::{Context, Error, Object};
use domain::{
    analytics::{Analytics as Answers, AnalyticsError},
    catalog::IconId,
    operations::{History, Operations},
    search::compute,
};
use foldhash::HashSet;

pub(crate) use arguments::{Dimension, Interval, TimeRange, TrendDirection, UsageTarget};
use caching::CachePoint;
use database::DatabaseInsights;
use forecast::Forecast;
use operations::{ErrorPattern, LatencyPoint, OperationStats};
use series::UsageSeries;
use shares::DistributionBucket;
use slos::SloStatus;
pub(crate) use top::IconCount;
use top::{IconPair, Trend};
use users::UserBehavior;

use super::icon_filter::IconFilter;
use crate::{
    errors::{Failure, bad_user_input, search_failed},
    limits::cost_of,
    loaders::loaders,
    paging::{cost_of_page, first_or_default},
};

const DAY_MS: i64 = 24 * 3_600_000;

/// What usage comes to, and how the service does. Ranges are in UTC and widened to whole hours, by the minute to whole minutes; figures are as new
/// as the last roll-up, a minute ago at most. How the service did is known by the minute for 3 days, by the hour for 92 and by the day for 1,100:
/// older ranges are widened to these.
pub(crate) struct Analytics;

#[Object]
impl Analytics {
    /// How often something was used over time, zero-filled, at most 1,000 buckets; by a dimension, the 20 keys that were used most. A range
    /// has at most 1,096 days.
    #[graphql(complexity = "20 + range.cells(interval) / if by.is_some() { 2 } else { 20 } + child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "the arguments that the contract has")]
    async fn usage_series(
        &self,
        context: &Context<'_>,
        target: Option<UsageTarget>,
        range: TimeRange,
        interval: Interval,
        by: Option<Dimension>,
    ) -> Option<Result<Vec<UsageSeries>, Error>> {
        Some(series::read(context, target, range, (interval, by)).await)
    }

    /// The icons that were used most, of those that pass the filter.
    #[graphql(complexity = "20 + range.days() / 5 + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn top_icons(
        &self,
        context: &Context<'_>,
        range: TimeRange,
        filter: Option<IconFilter>,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<IconCount>, Error>> {
        Some(top::icons(context, range, filter, first).await)
    }

    /// The icons whose use rises or falls most surely over the range's whole days or, where these are fewer than four, its hours; the surest
    /// first. They are looked for among the 2,000 that were used most on each day.
    #[graphql(complexity = "30 + range.days() / 5 + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn trends(
        &self,
        context: &Context<'_>,
        range: TimeRange,
        #[graphql(default_with = "TrendDirection::Rising")] direction: TrendDirection,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<Trend>, Error>> {
        Some(top::trends(context, range, direction, first).await)
    }

    /// How often something is to be expected to be used in the intervals to come, of which the first is the one that goes on: 1 to 366 of
    /// them, not by the minute. The truth is to lie between the bounds as often as `confidence` says, 0.5 to 0.999. Null where history is too
    /// short to say anything: fewer than ten intervals since the first use.
    #[graphql(complexity = "60 + child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "the arguments that the contract has")]
    async fn forecast(
        &self,
        context: &Context<'_>,
        target: Option<UsageTarget>,
        #[graphql(default_with = "Interval::Day")] interval: Interval,
        #[graphql(default = 14)] horizon: i32,
        #[graphql(default = 0.95)] confidence: f64,
    ) -> Option<Result<Forecast, Error>> {
        forecast::read(context, target, (interval, horizon, confidence))
            .await
            .transpose()
    }

    /// What falls on each key of a dimension, most first. Hours of the day and days of the week are all there, in their order, whatever
    /// `first` is.
    #[graphql(complexity = "20 + range.days() / 2 + cost_of(cost_of_page(Some(first), None), child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "the arguments that the contract has")]
    async fn distribution(
        &self,
        context: &Context<'_>,
        target: Option<UsageTarget>,
        range: TimeRange,
        dimension: Dimension,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<DistributionBucket>, Error>> {
        Some(shares::read(context, (target, range), dimension, first).await)
    }

    /// Who used icons, as far as events say. Users and sessions are told apart to about 2 %; few are counted exactly.
    #[graphql(complexity = "40 + range.days() / 5 + child_complexity")]
    async fn users(&self, context: &Context<'_>, range: TimeRange) -> Option<Result<UserBehavior, Error>> {
        Some(users::read(context, range).await)
    }

    /// What was looked for in each layer of the cache over time, zero-filled, at most 1,000 steps; of layers in which anything was.
    #[graphql(complexity = "20 + range.steps(interval) / 10 + child_complexity")]
    async fn cache_effectiveness(
        &self,
        context: &Context<'_>,
        range: TimeRange,
        interval: Interval,
    ) -> Option<Result<Vec<CachePoint>, Error>> {
        Some(caching::effectiveness(context, range, interval).await)
    }

    /// How operations did, those first that took most time in all. Of names that clients give, 200 are told apart in a minute, an hour or a day.
    #[graphql(complexity = "20 + range.days() / 2 + cost_of(cost_of_page(Some(first), None), child_complexity)")]
    async fn operations(
        &self,
        context: &Context<'_>,
        range: TimeRange,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<OperationStats>, Error>> {
        Some(operations::operations(context, range, first).await)
    }

    /// Response times of one operation, or of all, over time, zero-filled, at most 1,000 steps.
    #[graphql(complexity = "20 + range.steps(interval) / if operation.is_some() { 5 } else { 10 } + child_complexity")]
    async fn latency(
        &self,
        context: &Context<'_>,
        operation: Option<String>,
        range: TimeRange,
        interval: Interval,
    ) -> Option<Result<Vec<LatencyPoint>, Error>> {
        Some(operations::latency(context, operation, range, interval).await)
    }

    /// Errors that answers had, by code and operation, the most frequent first. An answer has 10 at most.
    #[graphql(complexity = "20 + range.days() / 5 + cost_of(cost_of_page(Some(first), None), child_complexity)")]
    async fn errors(
        &self,
        context: &Context<'_>,
        range: TimeRange,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<ErrorPattern>, Error>> {
        Some(operations::errors(context, range, first).await)
    }

    /// How the database does; without a range, statements that were slow are those of the last day.
    #[graphql(complexity = "range.map_or(1, TimeRange::days) / 10 + child_complexity")]
    async fn database(
        &self,
        context: &Context<'_>,
        range: Option<TimeRange>,
    ) -> Option<Result<DatabaseInsights, Error>> {
        let range = range.map_or_else(|| last_day(context), TimeRange::into_domain);
        Some(range.map(|range| DatabaseInsights { range }))
    }

    /// How much of what is promised (`SLO_*`) was kept.
    #[graphql(complexity = "20 + range.days() / 10 + 4 * child_complexity")]
    async fn slos(&self, context: &Context<'_>, range: TimeRange) -> Option<Result<Vec<SloStatus>, Error>> {
        Some(slos::read(context, range).await)
    }

    /// Icons used together most, by session, in the days that the range touches: first those with most sessions beyond what chance would have.
    #[graphql(complexity = "40 + range.days() / 2 + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn co_usage(
        &self,
        context: &Context<'_>,
        range: TimeRange,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<IconPair>, Error>> {
        Some(top::together(context, range, first).await)
    }

    /// How far the replica that answers is behind, to about a second; null on the primary. What answers beside this is waited for: a replica that
    /// fails meanwhile leaves the rest to the primary.
    #[graphql(complexity = 1)]
    async fn replica_lag_ms(&self, context: &Context<'_>) -> Option<f64> {
        let lag = Answers::replica_lag(loaders(context).catalog()).await;
        lag.map(|lag| lag.as_secs_f64() * 1_000.0)
    }
}

/// Whoever answers, with statements that count as the request's.
fn answers(context: &Context<'_>) -> Answers {
    Answers::new(loaders(context).catalog())
}

/// Whoever knows how servers did, with statements that count as the request's.
fn history(context: &Context<'_>) -> History {
    History::new(loaders(context).catalog(), now_ms(context))
}

/// By the clock that things are noted by: one that is set is not what the service has counted from its start.
fn now_ms(context: &Context<'_>) -> i64 {
    context.data_unchecked::<Operations>().now_ms()
}

fn last_day(context: &Context<'_>) -> Result<domain::analytics::TimeRange, Error> {
    // With what happens at this very moment.
    let end_ms = now_ms(context) + 1;
    domain::analytics::TimeRange::new(end_ms - DAY_MS, end_ms).map_err(|error| bad_user_input(error.to_string()))
}

/// A count as GraphQL's `Int` holds it.
fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn failed(error: AnalyticsError) -> Error {
    match error {
        AnalyticsError::Range(error) => bad_user_input(error.to_string()),
        AnalyticsError::Unanswerable(message) => bad_user_input(message),
        AnalyticsError::Database(error) => Failure::log(&error).into(),
    }
}

fn page_size(context: &Context<'_>, first: i32) -> Result<usize, Error> {
    Ok(first_or_default(context, first)? as usize)
}

/// The icons that a filter lets pass; none where all do.
async fn wanted(context: &Context<'_>, filter: Option<IconFilter>) -> Result<Option<HashSet<IconId>>, Error> {
    let Some(filter) = filter else { return Ok(None) };
    let filter = filter.into_domain(context)?;
    let search = loaders(context).search();
    let ids = compute(|| search.icons_passing(filter)).await;
    ids.map(Some).map_err(|error| search_failed(&error))
}
