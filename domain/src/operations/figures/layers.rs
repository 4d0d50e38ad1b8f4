//! What was looked for in the layers of the cache.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Part;
use crate::cache::{LayerFigures, Outcome};

/// Things that were looked for in a layer of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerCounts {
    /// There, and right.
    pub hits: u64,
    /// Not there, or not right any more.
    pub misses: u64,
    /// Shown although their time was over, because the database could not be asked.
    pub stale: u64,
    /// Those that had to go for others.
    pub evictions: u64,
}

/// Layers by the names that metrics have for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct Layers(BTreeMap<Box<str>, LayerCounts>);

impl LayerCounts {
    /// What a layer has counted since its process started.
    pub(in crate::operations) fn of(figures: &LayerFigures) -> Self {
        Self {
            hits: figures.count(Outcome::Hit),
            misses: figures.count(Outcome::Miss) + figures.count(Outcome::Outdated),
            stale: figures.count(Outcome::Stale),
            evictions: figures.extent.evictions,
        }
    }

    /// Share of what was looked for that was there, 0 to 1; 0 where nothing was.
    pub fn hit_rate(self) -> f64 {
        let shown = self.hits + self.stale;
        crate::operations::share(shown, shown + self.misses)
    }

    pub(in crate::operations) fn merge(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.stale += other.stale;
        self.evictions += other.evictions;
    }

    /// What was counted since `before`; all of it where counting has begun anew.
    pub(in crate::operations) fn since(self, before: Self) -> Self {
        let since = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        Self {
            hits: since(self.hits, before.hits),
            misses: since(self.misses, before.misses),
            stale: since(self.stale, before.stale),
            evictions: since(self.evictions, before.evictions),
        }
    }
}

impl Layers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::operations) fn iter(&self) -> impl Iterator<Item = (&str, LayerCounts)> {
        self.0.iter().map(|(layer, counts)| (&**layer, *counts))
    }

    pub(in crate::operations) fn add(&mut self, layer: &str, counts: LayerCounts) {
        if counts == LayerCounts::default() {
            return;
        }
        match self.0.get_mut(layer) {
            Some(known) => known.merge(counts),
            None => drop(self.0.insert(layer.into(), counts)),
        }
    }
}

impl Part for Layers {
    const COLUMN: &'static str = "layers";

    fn merge(&mut self, other: &Self) {
        for (layer, counts) in other.iter() {
            self.add(layer, counts);
        }
    }
}
