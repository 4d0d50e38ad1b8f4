//! Whole responses, kept as bytes: what answers everybody alike is answered again without being executed, until the catalog changes.
//!
//! A response is known by the operation's document, its name and its variables, and is right for as long as nothing changes that it was
//! made of: some icons and facts of sets, or the catalog and the search index as a whole. So nobody has to be told of a change: who asks
//! finds that it is not right any more, and has it made anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::cache::{Counts, Layer, LayerFigures, Memory, MemoryBudget, Outcome, Weigh};

use crate::{documents::TextHash, validity::Validity};

/// Memory for a response, without its bytes.
const OTHER_BYTES: usize = 150;

/// Responses by operation. Clones share them.
#[derive(Clone)]
pub(crate) struct ResponseMemory {
    responses: Memory<TextHash, Arc<Kept>>,
    counts: Arc<Counts>,
    budget: MemoryBudget,
    max_age: Duration,
}

struct Kept {
    response: NewResponse,
    made: Instant,
    /// Nobody has asked for it yet.
    is_foreseen: AtomicBool,
}

/// A response to be kept.
pub(crate) struct NewResponse {
    pub(crate) validity: Validity,
    pub(crate) body: Bytes,
    /// What it took to work it out.
    pub(crate) cost: Duration,
    /// The cursor of the page after it.
    pub(crate) next: Option<String>,
}

/// A response that was kept.
pub(crate) struct KeptResponse {
    pub(crate) body: Bytes,
    pub(crate) validity: Validity,
    pub(crate) age: Duration,
    /// Of one that was worked out before it was asked for now.
    pub(crate) foreseen: Option<Foreseen>,
}

/// A response that was worked out before it was asked for.
pub(crate) struct Foreseen {
    /// The cursor of the page after it.
    pub(crate) next: Option<String>,
}

impl Weigh for Kept {
    fn bytes(&self) -> usize {
        let NewResponse {
            validity, body, next, ..
        } = &self.response;
        body.len() + validity.bytes() + next.as_ref().map_or(0, String::len) + OTHER_BYTES
    }
}

impl ResponseMemory {
    /// Keeps responses in their part of `budget`, each for `max_age`.
    pub(crate) fn new(budget: &MemoryBudget, max_age: Duration) -> Self {
        Self {
            responses: budget.memory_of(Layer::Response),
            counts: Arc::default(),
            budget: budget.clone(),
            max_age,
        }
    }

    /// What is kept here, and what was done with it.
    pub(crate) fn figures(&self) -> LayerFigures {
        LayerFigures {
            extent: self.budget.extent(Layer::Response),
            ..LayerFigures::of(Layer::Response, &self.counts)
        }
    }

    /// The response to an operation, where `is_right` says that it is.
    pub(crate) fn get(&self, operation: &TextHash, is_right: impl Fn(&Validity) -> bool) -> Option<KeptResponse> {
        let asked = Instant::now();
        let found = self.responses.get(operation);
        let was_there = found.is_some();
        let kept = found.filter(|kept| kept.made.elapsed() < self.max_age && is_right(&kept.response.validity));
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
            body: kept.response.body.clone(),
            validity: kept.response.validity.clone(),
            age: kept.made.elapsed(),
            foreseen: kept.is_foreseen.swap(false, Ordering::Relaxed).then(|| Foreseen {
                next: kept.response.next.clone(),
            }),
        })
    }

    /// Whether there is a response to an operation, and `is_right`.
    pub(crate) fn has(&self, operation: &TextHash, is_right: impl Fn(&Validity) -> bool) -> bool {
        self.responses
            .get(operation)
            .is_some_and(|kept| is_right(&kept.response.validity))
    }

    /// Drops all of them. How many they were.
    pub(crate) fn clear(&self) -> usize {
        self.responses.clear()
    }

    /// Keeps a response, which somebody has asked for unless it `is_foreseen`, if it is likely to be asked for again.
    pub(crate) fn keep(&self, operation: TextHash, response: NewResponse, is_foreseen: bool) {
        self.counts.add(Outcome::Done, 1);
        self.responses.note_cost(response.cost, 1);
        let kept = Kept {
            response,
            made: Instant::now(),
            is_foreseen: is_foreseen.into(),
        };
        let kept = Arc::new(kept);
        if is_foreseen {
            self.responses.insert(operation, kept);
        } else {
            self.responses.offer(operation, kept);
        }
    }
}
