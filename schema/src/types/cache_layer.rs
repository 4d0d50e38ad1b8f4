use async_graphql::{Enum, SimpleObject};
use domain::cache::{Cache, Layer, LayerFigures, Outcome};
use serde::Serialize;

use crate::scalars::Long;

/// Where things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CacheLayerName {
    /// Whole responses, in the instance's own memory.
    Response,
    /// The instance's own memory.
    Memory,
    /// What instances share.
    Redis,
}

/// Whether a layer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BreakerState {
    Closed,
    /// It has failed, and is not asked before it answers again.
    Open,
    /// It is turned off, or there is none.
    Disabled,
}

/// A layer of the cache. Counts are of things, since the instance started.
#[derive(SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheLayer {
    #[graphql(complexity = 0)]
    layer: CacheLayerName,
    /// Things in it; 0 for Redis, where nobody counts them.
    #[graphql(complexity = 0)]
    entries: i32,
    /// Bytes of them, about; 0 for Redis.
    #[graphql(complexity = 0)]
    bytes: f64,
    /// Bytes that there is room for; 0 for Redis.
    #[graphql(complexity = 0)]
    capacity_bytes: f64,
    /// Looked for, and there.
    #[graphql(complexity = 0)]
    hits: Long,
    /// Looked for, and not there, or no longer right.
    #[graphql(complexity = 0)]
    misses: Long,
    /// Shown although its time was over, because the database could not be asked.
    #[graphql(complexity = 0)]
    stale: Long,
    /// Put into it.
    #[graphql(complexity = 0)]
    loads: Long,
    /// Things that had to go for others.
    #[graphql(complexity = 0)]
    evictions: Long,
    /// Half of the questions were answered within so many milliseconds; 0 where there was none.
    #[graphql(complexity = 0)]
    p50_ms: f64,
    /// As `p50Ms`, of 99 of 100.
    #[graphql(complexity = 0)]
    p99_ms: f64,
    /// Share of what was looked for that was there, 0 to 1; 0 where nothing was.
    #[graphql(complexity = 0)]
    hit_rate: f64,
    #[graphql(complexity = 0)]
    breaker: BreakerState,
}

/// All layers: whole responses, where they are kept, and those of the catalog's things.
pub(crate) fn figures(responses: Option<LayerFigures>, cache: &Cache) -> Vec<LayerFigures> {
    responses.into_iter().chain(cache.figures()).collect()
}

/// The layers that clients are told of, in the order in which they are asked.
pub(crate) fn of(figures: &[LayerFigures]) -> Vec<CacheLayer> {
    let done = |layer: Layer, outcome: Outcome| {
        let of_layer = figures.iter().find(|figures| figures.layer == layer);
        of_layer.map_or(0, |figures| figures.count(outcome))
    };
    let from_database = done(Layer::Database, Outcome::Done);
    let layers = figures.iter().filter_map(|figures| match figures.layer {
        Layer::Response => Some(layer(figures, CacheLayerName::Response, figures.count(Outcome::Done))),
        Layer::Memory => {
            let loads = from_database.saturating_add(done(Layer::Redis, Outcome::Hit));
            Some(layer(figures, CacheLayerName::Memory, loads))
        }
        Layer::Redis => Some(layer(figures, CacheLayerName::Redis, figures.count(Outcome::Done))),
        Layer::Database | Layer::Serialized | Layer::Http => None,
    });
    layers.collect()
}

fn layer(figures: &LayerFigures, layer: CacheLayerName, loads: u64) -> CacheLayer {
    let (hits, stale) = (figures.count(Outcome::Hit), figures.count(Outcome::Stale));
    let misses = figures
        .count(Outcome::Miss)
        .saturating_add(figures.count(Outcome::Outdated));
    let asked = hits.saturating_add(stale).saturating_add(misses);
    CacheLayer {
        layer,
        entries: i32::try_from(figures.extent.entries).unwrap_or(i32::MAX),
        bytes: as_float(figures.extent.bytes),
        capacity_bytes: as_float(figures.extent.capacity_bytes),
        hits: hits.into(),
        misses: misses.into(),
        stale: stale.into(),
        loads: loads.into(),
        evictions: figures.extent.evictions.into(),
        p50_ms: figures.quantile_ms(0.5),
        p99_ms: figures.quantile_ms(0.99),
        hit_rate: if asked == 0 {
            0.0
        } else {
            as_float(hits.saturating_add(stale)) / as_float(asked)
        },
        breaker: match (figures.is_on, figures.is_up) {
            (true, true) => BreakerState::Closed,
            (true, false) => BreakerState::Open,
            (false, _) => BreakerState::Disabled,
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes are below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}
