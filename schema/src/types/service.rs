use std::{sync::Arc, time::Duration};

use async_graphql::{Context, Error, Object, SimpleObject};
use domain::{
    access::Scope,
    health::Health,
    search::{MAX_CONCEPTS, MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS},
    switches::Switch,
};

use super::{
    alert::{self, Alert},
    cache_layer::{self, CacheLayer},
    change::generation,
    health_check::HealthCheck,
    pool_stats::PoolStats,
    search_page::MAX_PAGES,
    switch::{self, SwitchState},
};
use crate::{
    administration::administration, authority, errors::Failure, kept_answers::KeptAnswers, limits, loaders::loaders,
    scalars::DateTime, vitals::Vitals,
};

/// Of what times `pool` speaks.
const LATELY: Duration = Duration::from_mins(1);

pub(crate) struct Service {
    pub(crate) version: &'static str,
    pub(crate) started_at_ms: i64,
    pub(crate) limits: limits::Limits,
    pub(crate) vitals: Arc<dyn Vitals>,
}

/// The service describing itself. Without scope metrics:read, everything after `limits` is null with `FORBIDDEN`.
#[Object]
impl Service {
    #[graphql(complexity = 0)]
    async fn version(&self) -> &str {
        self.version
    }

    /// When this instance started.
    #[graphql(complexity = 0)]
    async fn started_at(&self) -> DateTime {
        DateTime::from_unix_ms(self.started_at_ms)
    }

    /// The catalog's newest generation; 0 while it is empty.
    #[graphql(complexity = 1)]
    async fn generation(&self, context: &Context<'_>) -> Result<i32, Error> {
        let newest = loaders(context)
            .catalog()
            .generation()
            .await
            .map_err(|error| Failure::log(&error))?;
        Ok(generation(newest))
    }

    /// What one request may ask for.
    #[graphql(complexity = 0)]
    async fn limits(&self) -> Limits {
        Limits::from(&self.limits)
    }

    /// How the parts of the service do, as they were found a second ago at most, the database first. Needs scope `metrics:read`.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    async fn health(&self, context: &Context<'_>) -> Option<Result<Vec<HealthCheck>, Error>> {
        if let Err(error) = authority::require(context, Scope::MetricsRead) {
            return Some(Err(error));
        }
        let report = context.data_unchecked::<Health>().report().await;
        Some(Ok(report.checks.into_iter().map(HealthCheck::from).collect()))
    }

    /// What the layers of the cache hold, and did since this instance started. Needs scope `metrics:read`.
    #[graphql(complexity = "1 + 3 * child_complexity")]
    async fn caches(&self, context: &Context<'_>) -> Option<Result<Vec<CacheLayer>, Error>> {
        let allowed = authority::require(context, Scope::MetricsRead);
        Some(allowed.map(|()| {
            let is_on = administration(context).switches.switches().is_on(Switch::ResponseCache);
            let responses = context.data_unchecked::<KeptAnswers>().responses(is_on);
            cache_layer::of(&cache_layer::figures(responses, loaders(context).catalog().cache()))
        }))
    }

    /// The database's connections now, and what statements waited for one in the last minute. Needs scope `metrics:read`.
    async fn pool(&self, context: &Context<'_>) -> Option<Result<PoolStats, Error>> {
        let allowed = authority::require(context, Scope::MetricsRead);
        Some(allowed.map(|()| PoolStats::from(&*self.vitals.over(LATELY))))
    }

    /// What is wrong with the service, on whatever instance: the most severe first, then what is so for longest. Needs scope `metrics:read`.
    #[graphql(complexity = "1 + 10 * child_complexity")]
    async fn active_alerts(&self, context: &Context<'_>) -> Option<Result<Vec<Alert>, Error>> {
        let allowed = authority::require(context, Scope::MetricsRead);
        Some(allowed.map(|()| alert::active(context)))
    }

    /// What can be turned off, as it stands on the instance that answers. Needs scope `metrics:read`.
    #[graphql(complexity = "1 + 7 * child_complexity")]
    async fn switches(&self, context: &Context<'_>) -> Option<Result<Vec<SwitchState>, Error>> {
        let allowed = authority::require(context, Scope::MetricsRead);
        Some(allowed.map(|()| switch::states(administration(context).switches.switches())))
    }
}

/// Maxima of one request. An error that names a limit names it as here.
#[derive(SimpleObject)]
pub(crate) struct Limits {
    /// Names or ids in one batch.
    #[graphql(complexity = 0)]
    max_batch: i32,
    /// `first` or `last`.
    #[graphql(complexity = 0)]
    max_page_size: i32,
    /// Fields inside each other.
    #[graphql(complexity = 0)]
    max_depth: i32,
    /// Cost: an object counts 1, and a list as many times as it has items.
    #[graphql(complexity = 0)]
    max_cost: i32,
    /// Names, numbers, texts and marks of a document.
    #[graphql(complexity = 0)]
    max_tokens: i32,
    /// Aliased fields of an operation.
    #[graphql(complexity = 0)]
    max_aliases: i32,
    /// Bytes of a request's body.
    #[graphql(complexity = 0)]
    max_body_bytes: i32,
    /// Bytes of a document.
    #[graphql(complexity = 0)]
    max_document_bytes: i32,
    /// Brackets inside each other.
    #[graphql(complexity = 0)]
    max_nesting: i32,
    /// Fragments of a document.
    #[graphql(complexity = 0)]
    max_fragments: i32,
    /// Selections of an operation once its fragments are written out.
    #[graphql(complexity = 0)]
    max_selections: i32,
    /// Fields at the top of an operation.
    #[graphql(complexity = 0)]
    max_root_fields: i32,
    /// Directives of an operation.
    #[graphql(complexity = 0)]
    max_directives: i32,
    /// Directives of one field, fragment, variable or operation.
    #[graphql(complexity = 0)]
    max_directives_per_field: i32,
    /// Characters of a search's query.
    #[graphql(complexity = 0)]
    max_query_characters: i32,
    /// Words of a search's query.
    #[graphql(complexity = 0)]
    max_query_words: i32,
    /// Pages of `searchPages`.
    #[graphql(complexity = 0)]
    max_pages: i32,
    /// Concepts of `setsCovering`.
    #[graphql(complexity = 0)]
    max_concepts: i32,
    /// Milliseconds until a request is given up.
    #[graphql(complexity = 0)]
    deadline_ms: i32,
}

impl From<&limits::Limits> for Limits {
    fn from(limits: &limits::Limits) -> Self {
        let int = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
        Self {
            max_batch: int(limits.max_batch),
            max_page_size: int(limits.max_page_size as usize),
            max_depth: int(limits.max_depth),
            max_cost: int(limits.max_cost),
            max_tokens: int(limits.max_tokens),
            max_aliases: int(limits.max_aliases),
            max_body_bytes: int(limits.max_body_bytes),
            max_document_bytes: int(limits.max_document_bytes),
            max_nesting: int(limits.max_nesting),
            max_fragments: int(limits.max_fragments),
            max_selections: int(limits.max_selections),
            max_root_fields: int(limits.max_root_fields),
            max_directives: int(limits.max_directives),
            max_directives_per_field: int(limits.max_directives_per_field),
            max_query_characters: int(MAX_QUERY_CHARACTERS),
            max_query_words: int(MAX_QUERY_WORDS),
            max_pages: int(MAX_PAGES),
            max_concepts: int(MAX_CONCEPTS),
            deadline_ms: i32::try_from(limits.deadline_ms).unwrap_or(i32::MAX),
        }
    }
}
