//! From a request to a response's bytes: the document stage, execution, and what it all took.

mod answering;
mod config;
mod next_page;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{
    Request, Response, SDLExportOptions, Schema, SchemaBuilder, ValidationMode, Variables, parser::types::OperationType,
};
use domain::{
    access::Client,
    cache::{LayerFigures, Lookups, MadeOf},
    database::StatementCount,
    operations::{Answered, Operations},
    rate_limit::{Budget, Exceeded, RateLimiter},
    switches::{Switch, Switches},
};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use crate::{
    documents::{Documents, Label, Prepared, StopAfterValidation, TrustReport, TrustedDocument, Validator},
    foresight::Foresight,
    kept_answers::{InFront, KeptAnswers},
    limits::{self, Limits, MAX_NESTED_SETS},
    loaders::Loaders,
    mutation::Mutation,
    public_url::PublicUrl,
    query::Query,
    refusal::Refusal,
    request::{Answers, Executed, Opened, OperationRequest},
    response::{finish, to_bytes},
    responses::ResponseMemory,
    serialized::{Keeping, SerializedMemory, Serializing},
    subscription::Subscription,
    types::cache_layer::{self, CacheLayer},
    validity::{Epoch, UsageEpoch, Validity},
    vitals::Vitals,
};

pub(crate) use config::ServiceFacts;
pub use config::{KeepingConfig, SchemaConfig, Stores};

pub(crate) type ApiSchema = Schema<Query, Mutation, Subscription>;

/// Answers GraphQL requests. Cheap to clone.
#[derive(Clone)]
pub struct GraphqlService {
    schema: ApiSchema,
    facts: ServiceFacts,
    stores: Stores,
    limits: Limits,
    documents: Documents,
    switches: Switches,
    rate_limiter: Option<RateLimiter>,
    kept: KeptAnswers,
    foresight: Foresight,
    vitals: Arc<dyn Vitals>,
    operations: Operations,
}

/// Events of a subscription that cost no more are paid for with it: figures, and the names of what was used or has changed.
const LIGHT_EVENT: u32 = 50;

/// A subscription that goes on.
struct Following {
    responses: BoxStream<'static, Response>,
    loaders: Arc<Loaders>,
    /// Whose budget each event takes how much of; none where it takes nothing.
    share: Option<(RateLimiter, Client, u32)>,
    /// Whether the next event is paid for, as the first is with the subscription.
    is_paid: bool,
}

/// What a request costs that was not worth more.
const LEAST_COST: u32 = 1;

/// A request that may be executed, or why not; and what its client has left, where that is counted.
type Admitted = Result<(Prepared, Option<Budget>), (Refusal, Option<Budget>)>;

impl GraphqlService {
    /// Builds the schema over `stores`.
    pub fn new(stores: Stores, config: SchemaConfig) -> Self {
        let validating = builder(&config).extension(StopAfterValidation).finish();
        let validator = Validator::new(validating, &config.limits);
        let keeping = config.keeping.as_ref();
        let kept = KeptAnswers {
            responses: keeping.map(|keeping| ResponseMemory::new(&keeping.memory, keeping.max_age)),
            serialized: keeping.map(|keeping| SerializedMemory::new(&keeping.memory, keeping.max_age)),
            in_front: Arc::default(),
        };
        let facts = ServiceFacts {
            version: config.version,
            started_at_ms: config.started_at_ms,
            started: Instant::now(),
            vitals: Arc::clone(&config.vitals),
        };
        let executing = builder(&config)
            .validation_mode(ValidationMode::Fast)
            .data(config.limits)
            .data(facts.clone())
            .data(PublicUrl::new(config.public_url))
            .data(config.administration.clone())
            .data(config.usage.clone())
            .data(config.health)
            .data(config.objectives)
            .data(config.operations.clone())
            .data(kept.clone());
        let responses = kept.clone();
        config.operations.look_at_responses(move || responses.responses(true));
        Self {
            schema: executing.finish(),
            facts,
            stores,
            limits: config.limits,
            switches: config.administration.switches.switches().clone(),
            rate_limiter: config.rate_limiter,
            documents: Documents::new(config.limits, config.documents, validator),
            kept,
            foresight: Foresight::new(next_page::cores()),
            vitals: config.vitals,
            operations: config.operations,
        }
    }

    /// Trusts these documents instead of those of before.
    pub fn trust(&self, documents: Vec<TrustedDocument>) -> TrustReport {
        self.documents.trust(documents)
    }

    /// Notes an operation that was answered with what is kept in front of this.
    pub fn note_kept(&self, label: &Label, took: Duration) {
        self.operations.note(&Answered {
            operation: label.name(),
            is_trusted: label.is_trusted(),
            took,
            statements: 0,
            lookups: Lookups::default(),
            was_kept: true,
            errors: &[],
        });
    }

    /// Counts something that is no operation and was answered likewise.
    pub fn judge_kept(&self, took: Duration) {
        self.operations.judge(false, Some(took));
    }

    /// Has `service.caches` tell of responses that are kept in front of this, once.
    pub fn keeps_in_front(&self, tell: impl Fn() -> InFront + Send + Sync + 'static) {
        let _ = self.kept.in_front.set(Box::new(tell));
    }

    /// The layers of the cache, as `service.caches` tells of them.
    pub fn cache_layers(&self) -> Vec<CacheLayer> {
        cache_layer::of(&self.tell_caches()())
    }

    /// Tells what the layers of the cache hold and did, for whoever asks without this.
    pub fn tell_caches(&self) -> impl Fn() -> Vec<LayerFigures> + Send + Sync + use<> {
        let (kept, switches, catalog) = (self.kept.clone(), self.switches.clone(), self.stores.catalog.clone());
        move || {
            let responses = kept.responses(switches.is_on(Switch::ResponseCache));
            cache_layer::figures(responses, catalog.cache())
        }
    }

    /// What public answers depend on now; none while none of them is to be kept.
    pub fn epoch(&self) -> Option<Epoch> {
        if !self.switches.is_on(Switch::ResponseCache) {
            return None;
        }
        Some(Epoch {
            catalog: self.stores.catalog.shown()?,
            search: self.stores.search.generation(),
            documents: self.documents.edition(),
            usage: UsageEpoch::at(self.facts.now_ms(), self.stores.search.usage_version()),
        })
    }

    /// Whether nothing has changed of what an answer was made of.
    pub fn is_right(&self, validity: &Validity) -> bool {
        let Validity { begun, made_of, usage } = validity;
        self.epoch().is_some_and(|now| {
            let is_found_as_then = *made_of != MadeOf::Everything || now.search == begun.search;
            now.documents == begun.documents
                && is_found_as_then
                && usage.is_as(begun.usage, now.usage)
                && (self.stores.catalog).is_unchanged(made_of, begun.catalog, now.catalog)
        })
    }

    /// Answers a request of any kind: a subscription as long as it lasts, the others at once.
    pub async fn open(&self, mut request: OperationRequest) -> Opened {
        let started = Instant::now();
        let prepared = self.prepare(&mut request);
        match self.admit(&request, prepared).await {
            Ok((prepared, budget)) if prepared.kind == OperationType::Subscription => {
                Opened::Answers(self.subscribe(request, prepared, budget))
            }
            admitted => Opened::Answered(Box::new(self.answer(request, admitted, started).await)),
        }
    }

    /// Answers one request.
    pub async fn execute(&self, mut request: OperationRequest) -> Executed {
        let started = Instant::now();
        let prepared = self.prepare(&mut request);
        let admitted = self.admit(&request, prepared).await;
        self.answer(request, admitted, started).await
    }

    /// Answers several requests that came as one, in their order. What all cost counts against the limit of one.
    pub async fn execute_batch(&self, mut requests: Vec<OperationRequest>) -> Vec<Executed> {
        let started = Instant::now();
        let mut prepared: Vec<_> = requests.iter_mut().map(|request| self.prepare(request)).collect();
        let cost = prepared.iter().flatten().map(|prepared| prepared.weight.cost).sum();
        if let Err(exceeded) = limits::check_cost(cost, &self.limits) {
            for prepared in &mut prepared {
                *prepared = Err(exceeded.clone().into());
            }
        }
        let mut answers = Vec::with_capacity(requests.len());
        for (request, prepared) in requests.into_iter().zip(prepared) {
            let admitted = self.admit(&request, prepared).await;
            answers.push(self.answer(request, admitted, started).await);
        }
        answers
    }

    fn limiter(&self) -> Option<&RateLimiter> {
        (self.rate_limiter.as_ref()).filter(|_| self.switches.is_on(Switch::RateLimit))
    }

    /// Finds and checks the document, for a client that has anything left.
    fn prepare(&self, request: &mut OperationRequest) -> Result<Prepared, Refusal> {
        if let Some(limiter) = self.limiter() {
            limiter.check(request.caller.client)?;
        }
        self.prepare_for_anybody(request)
    }

    fn prepare_for_anybody(&self, request: &mut OperationRequest) -> Result<Prepared, Refusal> {
        let epoch = self.epoch();
        let mut prepared = self.documents.prepare(request)?;
        prepared.epoch = epoch;
        Ok(prepared)
    }

    /// Takes what an operation costs from its client's budget; one that is refused costs the least there is.
    async fn admit(&self, request: &OperationRequest, prepared: Result<Prepared, Refusal>) -> Admitted {
        let Some(limiter) = self.limiter() else {
            return prepared
                .map(|prepared| (prepared, None))
                .map_err(|refusal| (refusal, None));
        };
        let client = request.caller.client;
        match prepared {
            Ok(prepared) => {
                let taken = limiter.take(client, cost_of(&prepared)).await;
                let refused = |exceeded: Exceeded| {
                    let budget = exceeded.budget;
                    (Refusal::from(exceeded), Some(budget))
                };
                taken.map(|budget| (prepared, Some(budget))).map_err(refused)
            }
            Err(refusal) => {
                let budget = limiter.take_afterwards(client, LEAST_COST).await;
                Err((refusal, Some(budget)))
            }
        }
    }

    fn subscribe(&self, request: OperationRequest, prepared: Prepared, budget: Option<Budget>) -> Answers {
        let statements = Arc::new(StatementCount::default());
        let (client, cost) = (request.caller.client, cost_of(&prepared));
        let limiter = self.limiter().filter(|_| cost > LIGHT_EVENT);
        let share = limiter.map(|limiter| (limiter.clone(), client, cost));
        let (request, loaders) = self.to_library(request, (prepared, budget), &statements);
        let following = Following {
            responses: self.schema.execute_stream(request),
            loaders,
            share,
            is_paid: true,
        };
        stream::unfold(following, Following::next).boxed()
    }

    /// A request as the library takes it, and the loaders that its fields will ask.
    fn to_library(
        &self,
        request: OperationRequest,
        (prepared, budget): (Prepared, Option<Budget>),
        statements: &Arc<StatementCount>,
    ) -> (Request, Arc<Loaders>) {
        let loaders = Loaders::new(
            self.stores.catalog.counted_by(Arc::clone(statements)),
            self.stores.search.clone(),
        );
        let document = prepared.executable(&request.variables);
        // The text is not looked at where there is a parsed document.
        let mut library = Request::new(String::new())
            .variables(Variables::from_json(serde_json::Value::Object(request.variables)))
            .data(Arc::clone(&loaders))
            .data(request.caller)
            .data(request.agent);
        if let Some(budget) = budget {
            library = library.data(budget);
        }
        let is_optimized = self.switches.is_on(Switch::PerformanceOptimization);
        // Costs are counted in what was resolved.
        if is_optimized && is_public(&prepared) && !request.wants_cost {
            library = library.data(Serializing {
                selections: Arc::clone(prepared.selections()),
                keeping: self.serialized_keeping(),
            });
        }
        if let Some(name) = request.operation_name {
            library = library.operation_name(name);
        }
        library.set_parsed_query(document);
        (library, loaders)
    }

    fn serialized_keeping(&self) -> Option<Keeping> {
        Some(Keeping {
            memory: self.kept.serialized.clone()?,
            shown: self.stores.catalog.shown()?,
            began: Instant::now(),
        })
    }
}

impl Following {
    /// The answer to the next event.
    async fn next(mut self) -> Option<(Vec<u8>, Self)> {
        if let Some((limiter, client, cost)) = self.share.as_ref().filter(|_| !self.is_paid) {
            limiter.take_in_time(*client, *cost).await;
        }
        let response = self.loaders.run(self.responses.next()).await?;
        // Each event is answered with what is true when it happens.
        self.loaders.forget();
        let (response, outcome) = finish(response);
        self.is_paid = false;
        Some((to_bytes(response, outcome), self))
    }
}

/// Whether an operation answers everybody alike until the catalog changes.
fn is_public(prepared: &Prepared) -> bool {
    prepared.weight.is_public && prepared.kind == OperationType::Query
}

fn cost_of(prepared: &Prepared) -> u32 {
    u32::try_from(prepared.weight.cost).unwrap_or(u32::MAX).max(LEAST_COST)
}

/// A schema that follows documents as deep as the guards let them go.
pub(crate) fn schema_builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription).limit_recursive_depth(MAX_NESTED_SETS)
}

/// What both schemas are built from.
fn builder(config: &SchemaConfig) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = schema_builder();
    if config.documents.introspection {
        builder
    } else {
        builder.disable_introspection().disable_suggestions()
    }
}

/// The schema as committed in `schema.graphql`.
pub fn sdl() -> String {
    let schema: ApiSchema = Schema::new(Query, Mutation, Subscription);
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    schema.sdl_with_options(options)
}
