use async_graphql::{Context, Error, SimpleObject};
use domain::analytics::Share;

use super::{
    answers,
    arguments::{Dimension, TimeRange, UsageTarget, target},
    failed, page_size,
};
use crate::scalars::Long;

/// What falls on one key.
#[derive(SimpleObject)]
pub(crate) struct DistributionBucket {
    /// `(unknown)` where events do not say.
    #[graphql(complexity = 0)]
    key: String,
    #[graphql(complexity = 0)]
    count: Long,
    /// Of everything in the range, 0 to 1.
    #[graphql(complexity = 0)]
    share: f64,
}

pub(super) async fn read(
    context: &Context<'_>,
    (of, range): (Option<UsageTarget>, TimeRange),
    dimension: Dimension,
    first: i32,
) -> Result<Vec<DistributionBucket>, Error> {
    let (of, range, first) = (target(of)?, range.into_domain()?, page_size(context, first)?);
    let shares = answers(context)
        .distribution(&of, range, (dimension.into(), first))
        .await;
    Ok(shares
        .map_err(failed)?
        .into_iter()
        .map(DistributionBucket::from)
        .collect())
}

impl From<Share> for DistributionBucket {
    fn from(Share { key, count, share }: Share) -> Self {
        Self {
            key,
            count: count.into(),
            share,
        }
    }
}
