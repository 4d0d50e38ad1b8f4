use async_graphql::{Context, Error, SimpleObject};
use domain::{cache::Layer, operations};

use super::{
    arguments::{Interval, TimeRange},
    failed, history,
};
use crate::{
    scalars::{DateTime, Long},
    types::cache_layer::CacheLayerName,
};

/// What was looked for in a layer of the cache in an interval.
#[derive(SimpleObject)]
pub(crate) struct CachePoint {
    /// When it begins.
    #[graphql(complexity = 0)]
    at: DateTime,
    #[graphql(complexity = 0)]
    layer: CacheLayerName,
    /// Looked for, and there.
    #[graphql(complexity = 0)]
    hits: Long,
    /// Looked for, and not there, or no longer right.
    #[graphql(complexity = 0)]
    misses: Long,
    /// Shown although its time was over, because the database could not be asked.
    #[graphql(complexity = 0)]
    stale: Long,
    /// Things that had to go for others.
    #[graphql(complexity = 0)]
    evictions: Long,
    /// Share of what was looked for that was there, 0 to 1; 0 where nothing was.
    #[graphql(complexity = 0)]
    hit_rate: f64,
}

pub(super) async fn effectiveness(
    context: &Context<'_>,
    range: TimeRange,
    interval: Interval,
) -> Result<Vec<CachePoint>, Error> {
    let (range, interval) = (range.into_domain()?, interval.into());
    let points = history(context).cache_effectiveness(range, interval).await;
    Ok(points.map_err(failed)?.into_iter().map(CachePoint::from).collect())
}

impl From<operations::CachePoint> for CachePoint {
    fn from(operations::CachePoint { at_ms, layer, counts }: operations::CachePoint) -> Self {
        Self {
            at: DateTime::from_unix_ms(at_ms),
            layer: match layer {
                Layer::Response | Layer::Serialized | Layer::Http => CacheLayerName::Response,
                Layer::Redis => CacheLayerName::Redis,
                Layer::Memory | Layer::Database => CacheLayerName::Memory,
            },
            hits: counts.hits.into(),
            misses: counts.misses.into(),
            stale: counts.stale.into(),
            evictions: counts.evictions.into(),
            hit_rate: counts.hit_rate(),
        }
    }
}
