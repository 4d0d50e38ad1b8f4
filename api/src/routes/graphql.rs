//! GraphQL over HTTP: one request in, one response out.

mod connections;
mod events;
mod operation;
mod outbox;
pub(crate) mod socket;
mod streaming;

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{Query, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use schema::{Caller, Executed, OperationRequest, Outcome};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error_response;
use crate::router::AppState;
pub(crate) use streaming::Streaming;

const RESPONSE_JSON: &str = "application/graphql-response+json";

/// A request as it stands in a body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
}

/// A request as it stands in an address.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !is_json(&headers) {
        return error_response(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the request as JSON, with content-type: application/json.",
        );
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return error_response(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                "The body is larger than MAX_BODY_BYTES. Ask for it in several requests.",
            );
        }
        Err(rejection) => return bad_request(&rejection.body_text()),
    };
    match serde_json::from_slice::<Body>(&body) {
        Ok(Body {
            query,
            operation_name,
            variables,
        }) => {
            let variables = variables.unwrap_or_default();
            run(
                &state,
                &headers,
                OperationRequest {
                    query,
                    operation_name,
                    variables,
                    only_queries: false,
                    caller,
                },
            )
            .await
        }
        Err(error) => bad_request(&format!("The body is no GraphQL request: {error}.")),
    }
}

pub(crate) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    address: Result<Query<Address>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(Address {
        query: Some(query),
        operation_name,
        variables,
    })) = address
    else {
        return bad_request("Give the document in the `query` parameter, or send it by POST.");
    };
    if state.is_production {
        return bad_request("Documents are not taken by GET here. Send them by POST.");
    }
    let variables = match variables
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(serde_json::from_str)
    {
        None => Map::new(),
        Some(Ok(variables)) => variables,
        Some(Err(_)) => return bad_request("`variables` must be a JSON object."),
    };
    run(
        &state,
        &headers,
        OperationRequest {
            query,
            operation_name,
            variables,
            only_queries: true,
            caller,
        },
    )
    .await
}

pub(crate) async fn wrong_method() -> Response {
    let response = error_response(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "GraphQL takes POST, and GET for queries.",
    );
    ([(header::ALLOW, "GET, POST")], response).into_response()
}

pub(crate) async fn sdl() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], schema::sdl()).into_response()
}

async fn run(state: &AppState, headers: &HeaderMap, request: OperationRequest) -> Response {
    if events::are_asked_for(headers) {
        return events::respond(state, request).await;
    }
    let executed = state.graphql.execute(request).await;
    observe(&executed);
    let takes_response_json = headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|accept| accept.to_str().is_ok_and(|accept| accept.contains(RESPONSE_JSON)));
    let content_type = if takes_response_json {
        RESPONSE_JSON
    } else {
        "application/json"
    };
    let status = match executed.outcome {
        Outcome::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        // Under plain JSON a client may take anything but 200 for the work of a proxy.
        Outcome::Refused if takes_response_json => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let timing = server_timing(&executed);
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, format!("{content_type}; charset=utf-8")),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        executed.body,
    )
        .into_response();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if !state.is_production
        && let Ok(value) = HeaderValue::from_str(&timing)
    {
        response.headers_mut().insert("server-timing", value);
    }
    response
}

fn observe(executed: &Executed) {
    let outcome = match executed.outcome {
        Outcome::Ok => "ok",
        Outcome::Partial => "partial",
        Outcome::NoData => "error",
        Outcome::Refused | Outcome::MethodNotAllowed => "refused",
    };
    // No document is registered yet, so no name of an operation is known to be ours.
    metrics::counter!("graphql_operations_total", "operation" => "other", "kind" => executed.operation_kind, "outcome" => outcome)
        .increment(1);
    metrics::histogram!("graphql_operation_duration_seconds", "operation" => "other", "kind" => executed.operation_kind)
        .record(executed.parse_time + executed.execute_time);
}

fn server_timing(executed: &Executed) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let plural = if executed.statements == 1 { "" } else { "s" };
    format!(
        "parse;dur={:.3}, execute;dur={:.3}, db;desc=\"{} statement{plural}\"",
        ms(executed.parse_time),
        ms(executed.execute_time),
        executed.statements
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case(RESPONSE_JSON)
}

fn bad_request(message: &str) -> Response {
    error_response(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
}
