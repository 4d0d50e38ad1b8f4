use async_graphql::{Context, Error, SimpleObject};
use domain::analytics;

use super::{
    answers,
    arguments::{Dimension, Interval, TimeRange, UsageTarget, target},
    failed,
};
use crate::{scalars::Long, types::usage::UsagePoint};

/// Usage over time.
#[derive(SimpleObject)]
pub(crate) struct UsageSeries {
    /// What falls on this key of the dimension; `(unknown)` where events do not say. Null where nothing is told apart.
    #[graphql(complexity = 0)]
    key: Option<String>,
    /// One for each interval that the range touches, the oldest first.
    #[graphql(complexity = "child_complexity")]
    points: Vec<UsagePoint>,
    #[graphql(complexity = 0)]
    total: Long,
}

pub(super) async fn read(
    context: &Context<'_>,
    of: Option<UsageTarget>,
    range: TimeRange,
    (interval, by): (Interval, Option<Dimension>),
) -> Result<Vec<UsageSeries>, Error> {
    let (of, range, steps) = (target(of)?, range.into_domain()?, (interval.into(), by.map(Into::into)));
    let series = answers(context).usage_series(&of, range, steps).await.map_err(failed)?;
    Ok(series.into_iter().map(UsageSeries::from).collect())
}

impl From<analytics::Series> for UsageSeries {
    fn from(series: analytics::Series) -> Self {
        Self {
            key: series.key,
            points: series.points.iter().map(UsagePoint::from).collect(),
            total: series.total.into(),
        }
    }
}
