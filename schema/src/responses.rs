//! Whole responses, kept as bytes: what answers everybody alike is answered again without being executed, until the catalog changes.
//!
//! A response is known by the operation's document, its name and its variables, and is good in the generation that the catalog
//! and the search index were known to be of when it began. So nobody has to be told of a change: what is kept is of another
//! generation then, and made anew.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::cache::Shown;
use foldhash::fast::RandomState;
use moka::sync::Cache;

use crate::documents::TextHash;

/// Memory for a response, without its bytes.
const OTHER_BYTES: usize = 240;

/// Responses by operation. Clones share them.
#[derive(Clone)]
pub(crate) struct ResponseMemory(Cache<TextHash, Arc<Kept>, RandomState>);

/// All that public answers depend on, at a moment: one that was begun in an epoch is right for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    pub(crate) catalog: Shown,
    /// None before there is an index.
    pub(crate) search: Option<i64>,
    /// How often the list of trusted documents was replaced.
    pub(crate) documents: u64,
}

struct Kept {
    epoch: Epoch,
    body: Bytes,
    made: Instant,
}

/// A response that was kept.
pub(crate) struct KeptResponse {
    pub(crate) body: Bytes,
    pub(crate) age: Duration,
}

impl ResponseMemory {
    /// Keeps responses of `max_bytes` together, each for `max_age`.
    pub(crate) fn new(max_bytes: u64, max_age: Duration) -> Self {
        let weigh = |_: &TextHash, kept: &Arc<Kept>| u32::try_from(kept.body.len() + OTHER_BYTES).unwrap_or(u32::MAX);
        let memory = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(weigh)
            .time_to_live(max_age);
        Self(memory.build_with_hasher(RandomState::default()))
    }

    /// The response to an operation, as it is in `epoch`.
    pub(crate) fn get(&self, operation: &TextHash, epoch: Epoch) -> Option<KeptResponse> {
        let kept = self.0.get(operation).filter(|kept| kept.epoch == epoch);
        let status = if kept.is_some() { "hit" } else { "miss" };
        metrics::counter!("cache_operations_total", "layer" => "response", "operation" => "get", "status" => status)
            .increment(1);
        kept.map(|kept| KeptResponse {
            body: kept.body.clone(),
            age: kept.made.elapsed(),
        })
    }

    /// Drops all of them. How many they were.
    pub(crate) fn clear(&self) -> usize {
        self.0
            .iter()
            .map(|(operation, _)| self.0.invalidate(&*operation))
            .count()
    }

    /// Keeps a response that was begun in `epoch`.
    pub(crate) fn keep(&self, operation: TextHash, epoch: Epoch, body: Bytes) {
        let made = Instant::now();
        self.0.insert(operation, Arc::new(Kept { epoch, body, made }));
    }
}
