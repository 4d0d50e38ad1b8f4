//! What the service is told at the start, and what it says of itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    cache::MemoryBudget,
    catalog::Catalog,
    health::Health,
    operations::{Objectives, Operations},
    rate_limit::RateLimiter,
    search::Search,
    usage::Usage,
};

use crate::{administration::Administration, documents::DocumentsConfig, limits::Limits, vitals::Vitals};

/// What the schema has to be told at the start.
#[derive(Clone)]
pub struct SchemaConfig {
    pub limits: Limits,
    /// Documents that ask for the schema are answered only with its `introspection`, and clients helped with names they
    /// misspell.
    pub documents: DocumentsConfig,
    /// Takes what operations cost from their clients' budgets, while that is switched on.
    pub rate_limiter: Option<RateLimiter>,
    /// The address that the outside knows this service by, without a slash at the end; paths are given without one.
    pub public_url: Option<String>,
    pub version: &'static str,
    pub started_at_ms: i64,
    /// How the process does.
    pub vitals: Arc<dyn Vitals>,
    /// How its parts do.
    pub health: Health,
    /// None where no answers are kept.
    pub keeping: Option<KeepingConfig>,
    pub administration: Administration,
    pub usage: Usage,
    /// Where it is noted what was answered.
    pub operations: Operations,
    /// What is promised of that.
    pub objectives: Objectives,
}

/// Where answers are kept, and for how long.
#[derive(Clone)]
pub struct KeepingConfig {
    pub memory: MemoryBudget,
    pub max_age: Duration,
}

/// What the service says of itself.
#[derive(Clone)]
pub(crate) struct ServiceFacts {
    pub(crate) version: &'static str,
    pub(crate) started_at_ms: i64,
    /// The same moment, by a clock that is never set.
    pub(super) started: Instant,
    pub(crate) vitals: Arc<dyn Vitals>,
}

impl ServiceFacts {
    /// Milliseconds since 1970: the start, and what has gone by since.
    pub(crate) fn now_ms(&self) -> i64 {
        let running_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.started_at_ms.saturating_add(running_ms)
    }
}

/// What is asked for answers.
#[derive(Clone)]
pub struct Stores {
    pub catalog: Catalog,
    pub search: Search,
}
