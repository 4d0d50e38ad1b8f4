//! GraphQL over HTTP: a request in, a response out.

mod accept;
mod apart;
mod connections;
mod decode;
mod events;
mod operation;
mod outbox;
mod respond;
pub(crate) mod socket;
mod streaming;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequestParts as _, Query, Request, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use domain::access::Scope;
use schema::{Caller, Code, Executed, OperationRequest, Outcome};

use super::Refused;
use crate::{
    http_cache::{Keepable, OperationFigures},
    router::AppState,
};
pub(crate) use accept::{Form, negotiate};
use apart::apart;
use decode::{Address, Posted};
pub(crate) use decode::{CLIENT_NAME, Sender, WANTS_COST, check_values, is_json};
use respond::ForEverybody;
pub(crate) use streaming::Streaming;

/// Where GraphQL is spoken.
pub(crate) const ROUTE: &str = "/graphql";

pub(crate) async fn post(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let form = form(&headers)?;
    if !is_json(&headers) {
        return Err(Refused::new(
            Code::UnsupportedMediaType,
            "Send the request as JSON in UTF-8, with content-type: application/json.",
        ));
    }
    let body = body.map_err(|rejection| unreadable(&rejection))?;
    let sender = Sender {
        caller,
        headers: &headers,
        country_header: state.country_header.as_ref(),
    };
    match decode::from_body(&body, &sender, state.max_operations)? {
        Posted::One(request) => Ok(answer(&state, request, (form, None)).await),
        Posted::Batch(requests) => {
            let timing = is_told_timing(&state, &caller);
            let answers = apart(async move { state.graphql.execute_batch(requests).await }).await;
            answers.iter().for_each(observe);
            Ok(respond::batch(&answers, form, timing))
        }
    }
}

pub(crate) async fn get(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if socket::is_asked_for(&parts) {
        return socket::open(&state, parts).await;
    }
    match Caller::from_request_parts(&mut parts, &state).await {
        Ok(caller) => by_address(&state, caller, &parts).await.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn by_address(state: &AppState, caller: Caller, parts: &Parts) -> Result<Response, Refused> {
    let headers = &parts.headers;
    let form = form(headers)?;
    let Query(address) = Query::<Address>::try_from_uri(&parts.uri).map_err(|_| {
        let message = "The address has a parameter twice, or one that is no UTF-8.";
        Refused::new(Code::BadUserInput, message)
    })?;
    let sender = Sender {
        caller,
        headers,
        country_header: state.country_header.as_ref(),
    };
    let mut request = decode::from_address(address, &sender)?;
    // What is asked by its hash can be kept by a cache on the way; a document in an address mostly wants to be found out about.
    request.only_persisted = state.is_production;
    Ok(answer(state, request, (form, Some(headers))).await)
}

pub(crate) async fn wrong_method() -> Response {
    let refused = Refused::new(Code::MethodNotAllowed, "GraphQL takes POST, and GET for queries.");
    ([(header::ALLOW, "GET, POST")], refused).into_response()
}

pub(crate) async fn sdl() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], schema::sdl()).into_response()
}

/// Answers as `form` says; to a request by GET, whose headers are given, so that it may be kept.
async fn answer(state: &AppState, request: OperationRequest, (form, by_get): (Form, Option<&HeaderMap>)) -> Response {
    if form == Form::EventStream {
        return events::respond(state, request).await;
    }
    let may_know = is_told_timing(state, &request.caller);
    let executing = {
        let state = state.clone();
        async move { state.graphql.execute(request).await }
    };
    let executed = apart(executing).await;
    observe(&executed);
    let for_everybody = by_get.filter(|_| executed.is_public);
    // What others keep is shown to those who may not know.
    let timing = may_know && (for_everybody.is_none() || !state.is_production);
    let Some(headers) = for_everybody else {
        return respond::one(executed, form, timing);
    };
    let keepable = keepable(&executed);
    let for_everybody = ForEverybody::of(&executed, headers, state.cdn);
    let mut response = for_everybody.tell(respond::one(executed, form, timing));
    if let Some(keepable) = keepable {
        response.extensions_mut().insert(keepable);
    }
    response
}

fn keepable(executed: &Executed) -> Option<Keepable> {
    Some(Keepable {
        validity: executed.validity.clone()?,
        cost: executed.cost,
        age: executed.age.unwrap_or_default(),
        operation: Some(figures(executed)),
        endpoint: ROUTE,
    })
}

/// Whether to tell what took how long, which says something of what others ask for.
fn is_told_timing(state: &AppState, caller: &Caller) -> bool {
    !state.is_production || caller.scopes.contains(Scope::MetricsRead)
}

fn form(headers: &HeaderMap) -> Result<Form, Refused> {
    negotiate(headers).ok_or_else(|| {
        let message = "Accept application/graphql-response+json or application/json.";
        Refused::new(Code::NotAcceptable, message)
    })
}

pub(crate) fn unreadable(rejection: &BytesRejection) -> Refused {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = "The body is larger than MAX_BODY_BYTES. Ask for it in several requests.";
        Refused::new(Code::PayloadTooLarge, message)
    } else {
        Refused::bad(&rejection.body_text())
    }
}

/// Counts an operation that was answered.
fn observe(executed: &Executed) {
    let figures = figures(executed);
    figures.count.increment(1);
    figures
        .duration
        .record(executed.parse_time + executed.validate_time + executed.execute_time);
}

fn figures(executed: &Executed) -> OperationFigures {
    let outcome = match executed.outcome {
        Outcome::Ok => "ok",
        Outcome::Partial => "partial",
        Outcome::NoData => "error",
        Outcome::Refused(_) => "refused",
    };
    let (operation, kind) = (Arc::clone(&executed.operation_name), executed.operation_kind);
    OperationFigures {
        label: executed.label.clone(),
        count: metrics::counter!("graphql_operations_total", "operation" => operation.clone(), "kind" => kind, "outcome" => outcome),
        duration: metrics::histogram!("graphql_operation_duration_seconds", "operation" => operation, "kind" => kind),
    }
}
