use async_graphql::{Context, Error, SimpleObject};
use domain::operations::{self, Objectives};

use super::{arguments::TimeRange, failed, history};

/// How much of what is promised was kept.
#[derive(SimpleObject)]
pub(crate) struct SloStatus {
    /// `latency_p95`, `latency_p99`, `errors` or `popular_hit_rate`.
    #[graphql(complexity = 0)]
    name: String,
    /// Share that is to be good, as 0.95 of the operations within `SLO_LATENCY_P95_MS`.
    #[graphql(complexity = 0)]
    objective: f64,
    /// Share that was; 1 where there was nothing.
    #[graphql(complexity = 0)]
    attained: f64,
    /// Share of the error budget left: of what may be bad in the range. Below 0 where more was.
    #[graphql(complexity = 0)]
    budget_left: f64,
    /// How fast the budget was spent in the range's last hour: 1 where exactly as much was bad as may be.
    #[graphql(complexity = 0)]
    burn_rate: f64,
}

pub(super) async fn read(context: &Context<'_>, range: TimeRange) -> Result<Vec<SloStatus>, Error> {
    let objectives = context.data_unchecked::<Objectives>();
    let statuses = history(context).slos(range.into_domain()?, objectives).await;
    Ok(statuses.map_err(failed)?.into_iter().map(SloStatus::from).collect())
}

impl From<operations::SloStatus> for SloStatus {
    fn from(status: operations::SloStatus) -> Self {
        Self {
            name: status.promise.name().to_owned(),
            objective: status.objective,
            attained: status.attained,
            budget_left: status.budget_left,
            burn_rate: status.burn_rate,
        }
    }
}
