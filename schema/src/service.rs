//! From a request to a response's bytes: the document stage, execution, and what it all took.

mod config;
mod next_page;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{
    Request, Response, SDLExportOptions, Schema, SchemaBuilder, ServerError, ValidationMode, Value, Variables,
    parser::types::OperationType,
};
use bytes::Bytes;
use domain::{
    cache::{Lookups, MadeOf},
    database::StatementCount,
    rate_limit::{Budget, Exceeded, RateLimiter},
    switches::{Switch, Switches},
};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use tracing::Instrument as _;

use crate::{
    documents::{Documents, Prepared, StopAfterValidation, TrustReport, TrustedDocument, Validator},
    errors::Code,
    foresight::Foresight,
    kept_answers::{InFront, KeptAnswers},
    limits::{self, Limits, MAX_NESTED_SETS},
    loaders::Loaders,
    mutation::Mutation,
    public_url::PublicUrl,
    query::Query,
    refusal::Refusal,
    request::{Answers, Executed, Opened, OperationRequest, Outcome},
    response::{finish, kind_name, objects, refused, to_bytes},
    responses::{NewResponse, ResponseMemory},
    serialized::{SerializedMemory, Serializing},
    subscription::Subscription,
    validity::{Epoch, Validity},
    vitals::Vitals,
};

pub(crate) use config::ServiceFacts;
pub use config::{KeepingConfig, SchemaConfig, Stores};

pub(crate) type ApiSchema = Schema<Query, Mutation, Subscription>;

/// Answers GraphQL requests. Cheap to clone.
#[derive(Clone)]
pub struct GraphqlService {
    schema: ApiSchema,
    stores: Stores,
    limits: Limits,
    documents: Documents,
    switches: Switches,
    rate_limiter: Option<RateLimiter>,
    kept: KeptAnswers,
    foresight: Foresight,
    vitals: Arc<dyn Vitals>,
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
        let executing = builder(&config)
            .validation_mode(ValidationMode::Fast)
            .data(config.limits)
            .data(ServiceFacts {
                version: config.version,
                started_at_ms: config.started_at_ms,
                started: Instant::now(),
                vitals: Arc::clone(&config.vitals),
            })
            .data(PublicUrl::new(config.public_url))
            .data(config.administration.clone())
            .data(kept.clone());
        Self {
            schema: executing.finish(),
            stores,
            limits: config.limits,
            switches: config.administration.switches.switches().clone(),
            rate_limiter: config.rate_limiter,
            documents: Documents::new(config.limits, config.documents, validator),
            kept,
            foresight: Foresight::new(next_page::cores()),
            vitals: config.vitals,
        }
    }

    /// Trusts these documents instead of those of before.
    pub fn trust(&self, documents: Vec<TrustedDocument>) -> TrustReport {
        self.documents.trust(documents)
    }

    /// Has `service.caches` tell of responses that are kept in front of this, once.
    pub fn keeps_in_front(&self, tell: impl Fn() -> InFront + Send + Sync + 'static) {
        let _ = self.kept.in_front.set(Box::new(tell));
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
        })
    }

    /// Whether nothing has changed of what an answer was made of.
    pub fn is_right(&self, validity: &Validity) -> bool {
        let Validity { begun, made_of } = validity;
        self.epoch().is_some_and(|now| {
            let is_found_as_then = *made_of != MadeOf::Everything || now.search == begun.search;
            now.documents == begun.documents
                && is_found_as_then
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

    async fn answer(&self, request: OperationRequest, admitted: Admitted, started: Instant) -> Executed {
        let budget = match &admitted {
            Ok((_, budget)) | Err((_, budget)) => *budget,
        };
        let prepared = admitted.map(|(prepared, _)| prepared).map_err(|(refusal, _)| refusal);
        let prepare_time = started.elapsed();
        let validate_time = prepared
            .as_ref()
            .map_or(Duration::ZERO, |prepared| prepared.validate_time);
        let mut lookups = Lookups::default();
        let wants_cost = request.wants_cost;
        let statements = Arc::new(StatementCount::default());
        let kind = prepared.as_ref().map_or("unknown", |prepared| kind_name(prepared.kind));
        let name = prepared.as_ref().ok().and_then(Prepared::name);
        let is_public = prepared.as_ref().is_ok_and(is_public);
        let cost = prepared.as_ref().map_or(LEAST_COST, cost_of);
        let mut retry_after = None;
        let mut age = None;
        let mut validity = None;
        let (body, outcome) = match prepared {
            Err(Refusal {
                code,
                errors,
                retry_after: later,
            }) => {
                retry_after = later;
                refusal_bytes(errors, code)
            }
            Ok(Prepared {
                kind: OperationType::Subscription,
                ..
            }) => {
                let message = "Subscriptions are answered over WebSocket, or with `accept: text/event-stream`.";
                let Refusal { code, errors, .. } = Refusal::new(Code::BadUserInput, message);
                refusal_bytes(errors, code)
            }
            Ok(prepared) => {
                let keeper = self.keeper(&request, &prepared);
                let kept = keeper.as_ref().and_then(|keeper| {
                    let is_right = |validity: &Validity| self.is_right(validity);
                    keeper.memory.get(&prepared.hash, is_right)
                });
                if let Some(kept) = kept {
                    age = Some(kept.age);
                    validity = Some(kept.validity);
                    if let Some(foreseen) = kept.foreseen {
                        self.go_on(request, &prepared, foreseen);
                    }
                    (kept.body, Outcome::Ok)
                } else {
                    let span = tracing::info_span!("graphql.execute", graphql.operation.type = kind);
                    let run = self.run(request, (prepared, budget), keeper, &statements);
                    let ran = run.instrument(span).await;
                    (lookups, validity) = (ran.lookups, ran.validity);
                    (ran.body, ran.outcome)
                }
            }
        };
        Executed {
            body,
            outcome,
            operation_kind: kind,
            cost,
            budget,
            retry_after,
            operation_name: name.unwrap_or_else(|| "other".into()),
            parse_time: prepare_time.saturating_sub(validate_time),
            validate_time,
            execute_time: started.elapsed().saturating_sub(prepare_time),
            age,
            is_public: is_public && !wants_cost && outcome == Outcome::Ok,
            validity,
            statements: statements.get(),
            lookups,
        }
    }

    /// None where the response is one caller's, or a moment's.
    fn keeper(&self, request: &OperationRequest, prepared: &Prepared) -> Option<Keeper<'_>> {
        let memory = self.kept.responses.as_ref()?;
        let may_be_kept = is_public(prepared) && !request.wants_cost;
        Some(Keeper {
            memory,
            epoch: prepared.epoch.filter(|_| may_be_kept)?,
            is_foreseen: false,
        })
    }

    /// Executes an operation, and keeps the response where there is a keeper for it.
    async fn run(
        &self,
        request: OperationRequest,
        (prepared, budget): (Prepared, Option<Budget>),
        keeper: Option<Keeper<'_>>,
        statements: &Arc<StatementCount>,
    ) -> Ran {
        let started = Instant::now();
        let shown_cost = request.wants_cost.then_some(prepared.weight.cost);
        let hash = prepared.hash;
        let scroll = keeper.as_ref().and_then(|_| self.scroll(&request, &prepared));
        let (request, loaders) = self.to_library(request, (prepared, budget), statements);
        let response = loaders.run(self.schema.execute(request)).await;
        let (response, outcome) = finish(response);
        let response = match shown_cost {
            Some(requested) => self.with_cost(response, requested, budget),
            None => response,
        };
        let next = scroll.and_then(|(scroll, request)| Some((scroll.next(&response.data)?, scroll, request)));
        let body = Bytes::from(to_bytes(response, outcome));
        let mut validity = None;
        if let Some(keeper) = keeper.filter(|_| outcome == Outcome::Ok) {
            let made = keeper.epoch.made_of(loaders.catalog().made_of());
            validity = Some(made.clone());
            let response = NewResponse {
                validity: made,
                body: body.clone(),
                cost: started.elapsed(),
                next: next.as_ref().map(|(cursor, ..)| cursor.clone()),
            };
            keeper.memory.keep(hash, response, keeper.is_foreseen);
            if let Some((cursor, scroll, request)) = next.filter(|_| !keeper.is_foreseen) {
                self.foresee(request, &scroll, cursor);
            }
        }
        Ran {
            body,
            outcome,
            validity,
            lookups: loaders.catalog().lookups(),
        }
    }

    /// Tells what an operation cost at most, and what by that reckoning it came to.
    fn with_cost(&self, response: Response, requested: usize, budget: Option<Budget>) -> Response {
        let actual = objects(&response.data).saturating_sub(1).min(requested);
        let cost = [
            ("requested", requested),
            ("actual", actual),
            ("limit", self.limits.max_cost),
        ];
        let remaining = budget.map(|budget| ("remaining", budget.remaining as usize));
        let cost = cost.into_iter().chain(remaining);
        let cost = cost.map(|(name, value)| (async_graphql::Name::new(name), Value::from(value)));
        response.extension("cost", Value::Object(cost.collect()))
    }

    fn subscribe(&self, request: OperationRequest, prepared: Prepared, budget: Option<Budget>) -> Answers {
        let statements = Arc::new(StatementCount::default());
        let (request, loaders) = self.to_library(request, (prepared, budget), &statements);
        let responses = self.schema.execute_stream(request);
        let next = async |(mut responses, loaders): (BoxStream<'static, Response>, Arc<Loaders>)| {
            let response = loaders.run(responses.next()).await?;
            // Each event is answered with what is true when it happens.
            loaders.forget();
            let (response, outcome) = finish(response);
            Some((to_bytes(response, outcome), (responses, loaders)))
        };
        stream::unfold((responses, loaders), next).boxed()
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
            .data(request.caller);
        if let Some(budget) = budget {
            library = library.data(budget);
        }
        // Costs are counted in what was resolved.
        if let Some(memory) = self
            .kept
            .serialized
            .clone()
            .filter(|_| self.switches.is_on(Switch::PerformanceOptimization))
            .filter(|_| is_public(&prepared) && !request.wants_cost)
            && let Some(shown) = self.stores.catalog.shown()
        {
            let selections = Arc::clone(prepared.selections());
            library = library.data(Serializing {
                selections,
                memory,
                shown,
                began: Instant::now(),
            });
        }
        if let Some(name) = request.operation_name {
            library = library.operation_name(name);
        }
        library.set_parsed_query(document);
        (library, loaders)
    }
}

/// Where the response to an operation is kept, or to be kept.
struct Keeper<'a> {
    memory: &'a ResponseMemory,
    epoch: Epoch,
    /// Nobody has asked for it yet.
    is_foreseen: bool,
}

/// What became of an operation that was executed.
struct Ran {
    body: Bytes,
    outcome: Outcome,
    /// None of one that nobody may keep.
    validity: Option<Validity>,
    lookups: Lookups,
}

/// Whether an operation answers everybody alike until the catalog changes.
fn is_public(prepared: &Prepared) -> bool {
    prepared.weight.is_public && prepared.kind == OperationType::Query
}

fn cost_of(prepared: &Prepared) -> u32 {
    u32::try_from(prepared.weight.cost).unwrap_or(u32::MAX).max(LEAST_COST)
}

fn refusal_bytes(errors: Vec<ServerError>, code: Code) -> (Bytes, Outcome) {
    let outcome = Outcome::Refused(code);
    (to_bytes(refused(errors), outcome).into(), outcome)
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
