//! The figures of the cache, which counts by itself: looking something up must not cost a look into the registry.

use domain::cache::{Layer, LayerFigures, MemoryBudget, Outcome, PopularLookups};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

pub(super) fn describe() {
    describe_counter!(
        "cache_operations_total",
        Unit::Count,
        "What was done with things that are kept, by layer"
    );
    describe_counter!(
        "cache_evictions_total",
        Unit::Count,
        "Things that had to go for others, by layer"
    );
    describe_gauge!("cache_bytes", Unit::Bytes, "What is kept, by layer");
    describe_gauge!(
        "cache_capacity_bytes",
        Unit::Bytes,
        "What there is room for, by layer: it moves to where it saves most"
    );
    describe_gauge!("cache_entries", Unit::Count, "Things that are kept, by layer");
    describe_gauge!(
        "cache_following",
        Unit::Count,
        "Whether the catalog's changes are heard of: 1 or 0"
    );
    describe_counter!(
        "cache_popular_lookups_total",
        Unit::Count,
        "Lookups of the icons that are used most, without the database and with it"
    );
    for status in ["hit", "miss"] {
        counter!("cache_popular_lookups_total", "status" => status).increment(0);
    }
    describe_counter!(
        "cache_foreseen_pages_total",
        Unit::Count,
        "Pages that were worked out before anybody asked for them, made and used"
    );
    for status in ["made", "used"] {
        counter!("cache_foreseen_pages_total", "status" => status).increment(0);
    }
    describe_histogram!(
        "cache_load_duration_seconds",
        Unit::Seconds,
        "Reading from the database what was not kept, by kind"
    );
}

/// Tells the registry what the cache has counted.
pub(crate) fn refresh_cache(layers: &[LayerFigures], is_following: bool) {
    gauge!("cache_following").set(u8::from(is_following));
    for figures in layers {
        let layer = figures.layer.name();
        for outcome in Outcome::ALL {
            // The database is not looked into, but read.
            if figures.layer == Layer::Database && !matches!(outcome, Outcome::Done | Outcome::Failed) {
                continue;
            }
            let (operation, status) = outcome.names();
            counter!("cache_operations_total", "layer" => layer, "operation" => operation, "status" => status)
                .absolute(figures.count(outcome));
        }
    }
}

/// Tells the registry how well popular icons are kept.
pub(crate) fn refresh_popular(lookups: PopularLookups) {
    counter!("cache_popular_lookups_total", "status" => "hit").absolute(lookups.kept());
    counter!("cache_popular_lookups_total", "status" => "miss").absolute(lookups.loaded);
}

/// Tells the registry how full this process's memory is.
pub(crate) fn refresh_memory(memory: &MemoryBudget) {
    for (layer, extent) in memory.extents() {
        let layer = layer.name();
        gauge!("cache_bytes", "layer" => layer).set(as_float(extent.bytes));
        gauge!("cache_capacity_bytes", "layer" => layer).set(as_float(extent.capacity_bytes));
        gauge!("cache_entries", "layer" => layer).set(as_float(extent.entries));
        counter!("cache_evictions_total", "layer" => layer).absolute(extent.evictions);
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes are below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}
