//! From an admitted request to a response's bytes: kept, or executed and kept.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{Response, ServerError, Value, parser::types::OperationType};
use bytes::Bytes;
use domain::{
    cache::Lookups,
    database::StatementCount,
    operations::{AnswerError, Answered},
    rate_limit::Budget,
};
use tracing::Instrument as _;

use super::{Admitted, GraphqlService, LEAST_COST, cost_of, is_public};
use crate::{
    documents::{Label, Prepared},
    errors::{Code, noted},
    refusal::Refusal,
    request::{Executed, OperationRequest, Outcome},
    response::{finish, kind_name, objects, refused, to_bytes},
    responses::{NewResponse, ResponseMemory},
    validity::{Epoch, Validity},
};

/// A kept response may take a part of so many of its bytes as room that it does not use.
const MOST_SPARE: usize = 16;

/// Where the response to an operation is kept, or to be kept.
pub(super) struct Keeper<'a> {
    pub(super) memory: &'a ResponseMemory,
    pub(super) epoch: Epoch,
    /// Nobody has asked for it yet.
    pub(super) is_foreseen: bool,
}

/// What became of an operation that was executed.
pub(super) struct Ran {
    body: Bytes,
    outcome: Outcome,
    /// None of one that nobody may keep.
    validity: Option<Validity>,
    lookups: Lookups,
    errors: Vec<AnswerError>,
}

impl GraphqlService {
    /// Answers a request that was admitted or refused, on which work was `started` then.
    pub(super) async fn answer(&self, request: OperationRequest, admitted: Admitted, started: Instant) -> Executed {
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
        let label = prepared.as_ref().map_or_else(
            |_| Label::unknown(),
            |prepared| prepared.label(request.operation_name.as_deref()),
        );
        let mut failures = Vec::new();
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
                failures = noted(&errors);
                refusal_bytes(errors, code)
            }
            Ok(Prepared {
                kind: OperationType::Subscription,
                ..
            }) => {
                let message = "Subscriptions are answered over WebSocket, or with `accept: text/event-stream`.";
                let Refusal { code, errors, .. } = Refusal::new(Code::BadUserInput, message);
                failures = noted(&errors);
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
                        self.go_on(&request, &prepared, foreseen);
                    }
                    (kept.body, Outcome::Ok)
                } else {
                    let span = tracing::info_span!("graphql.execute", graphql.operation.type = kind);
                    let run = self.run(request, (prepared, budget), keeper, &statements);
                    let ran = run.instrument(span).await;
                    (lookups, validity, failures) = (ran.lookups, ran.validity, ran.errors);
                    (ran.body, ran.outcome)
                }
            }
        };
        let executed = Executed {
            body,
            outcome,
            operation_kind: kind,
            cost,
            budget,
            retry_after,
            operation_name: name.unwrap_or_else(|| "other".into()),
            label,
            parse_time: prepare_time.saturating_sub(validate_time),
            validate_time,
            execute_time: started.elapsed().saturating_sub(prepare_time),
            age,
            is_public: is_public && !wants_cost && outcome == Outcome::Ok,
            validity,
            statements: statements.get(),
            lookups,
        };
        self.note(&executed, &failures);
        executed
    }

    fn note(&self, executed: &Executed, errors: &[AnswerError]) {
        self.operations.note(&Answered {
            operation: executed.label.name(),
            is_trusted: executed.label.is_trusted(),
            took: executed.parse_time + executed.validate_time + executed.execute_time,
            statements: executed.statements,
            lookups: executed.lookups,
            was_kept: executed.age.is_some(),
            errors,
        });
    }

    /// None where the response is one caller's, or a moment's.
    pub(super) fn keeper(&self, request: &OperationRequest, prepared: &Prepared) -> Option<Keeper<'_>> {
        let memory = self.kept.responses.as_ref()?;
        let may_be_kept = is_public(prepared) && !request.wants_cost;
        Some(Keeper {
            memory,
            epoch: prepared.epoch.filter(|_| may_be_kept)?,
            is_foreseen: false,
        })
    }

    /// Executes an operation, and keeps the response where there is a keeper for it.
    pub(super) async fn run(
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
        let errors = noted(&response.errors);
        let response = match shown_cost {
            Some(requested) => self.with_cost(response, requested, budget),
            None => response,
        };
        let next = scroll.and_then(|(scroll, request)| Some((scroll.next(&response.data)?, scroll, request)));
        let written = to_bytes(response, outcome);
        let spare = written.capacity() - written.len();
        let body = Bytes::from(written);
        let mut validity = None;
        if let Some(keeper) = keeper.filter(|_| outcome == Outcome::Ok) {
            let made = keeper.epoch.shows(loaders.catalog().made_of(), loaders.shown_usage());
            validity = Some(made.clone());
            let response = NewResponse {
                validity: made,
                // Much room that was made for more would be kept with it.
                body: if spare > body.len() / MOST_SPARE {
                    Bytes::copy_from_slice(&body)
                } else {
                    body.clone()
                },
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
            errors,
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
}

fn refusal_bytes(errors: Vec<ServerError>, code: Code) -> (Bytes, Outcome) {
    let outcome = Outcome::Refused(code);
    (to_bytes(refused(errors), outcome).into(), outcome)
}
