//! Whole responses, kept as bytes: what answers everybody alike is answered again without being executed, until the catalog changes.
//!
//! A response is known by the operation's document, its name and its variables, and is good in the generation that the catalog
//! and the search index were known to be of when it began. So nobody has to be told of a change: what is kept is of another
//! generation then, and made anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::cache::{Counts, Layer, LayerFigures, Outcome, Shown};
use foldhash::fast::RandomState;
use moka::{notification::RemovalCause, sync::Cache};

use crate::documents::TextHash;

/// Memory for a response, without its bytes.
const OTHER_BYTES: usize = 240;

/// Responses by operation. Clones share them.
#[derive(Clone)]
pub(crate) struct ResponseMemory {
    responses: Cache<TextHash, Arc<Kept>, RandomState>,
    counts: Arc<Counts>,
    evictions: Arc<AtomicU64>,
    max_bytes: u64,
}

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
        let evictions = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&evictions);
        let responses = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(weigh)
            .time_to_live(max_age)
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        Self {
            responses: responses.build_with_hasher(RandomState::default()),
            counts: Arc::default(),
            evictions,
            max_bytes,
        }
    }

    /// What is kept here, and what was done with it.
    pub(crate) fn figures(&self) -> LayerFigures {
        // What was put in and taken out lately is not yet counted.
        self.responses.run_pending_tasks();
        LayerFigures {
            entries: Some(self.responses.entry_count()),
            bytes: Some(self.responses.weighted_size()),
            capacity_bytes: Some(self.max_bytes),
            evictions: self.evictions.load(Ordering::Relaxed),
            ..LayerFigures::of(Layer::Response, &self.counts)
        }
    }

    /// The response to an operation, as it is in `epoch`.
    pub(crate) fn get(&self, operation: &TextHash, epoch: Epoch) -> Option<KeptResponse> {
        let asked = Instant::now();
        let found = self.responses.get(operation);
        let was_there = found.is_some();
        let kept = found.filter(|kept| kept.epoch == epoch);
        let outcome = match &kept {
            Some(_) => Outcome::Hit,
            None if was_there => Outcome::Outdated,
            None => Outcome::Miss,
        };
        self.counts.add(outcome, 1);
        self.counts.took(asked.elapsed());
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
        let all = self.responses.iter();
        all.map(|(operation, _)| self.responses.invalidate(&*operation)).count()
    }

    /// Keeps a response that was begun in `epoch`.
    pub(crate) fn keep(&self, operation: TextHash, epoch: Epoch, body: Bytes) {
        let made = Instant::now();
        self.counts.add(Outcome::Done, 1);
        self.responses.insert(operation, Arc::new(Kept { epoch, body, made }));
    }
}
