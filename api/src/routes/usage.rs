//! Usage for those who speak no GraphQL.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    access::Scope,
    usage::{RecordError, Recorded, SentEvent},
};
use schema::{Caller, Code, usage_refused};
use serde::Deserialize;
use serde_json::json;

use super::{
    Refused,
    graphql::{Sender, check_values, is_json, unreadable},
};
use crate::{
    middleware::rate_limit::{charge, tell},
    router::AppState,
};

/// Where usage is recorded.
pub(crate) const ROUTE: &str = "/api/v1/analytics/usage/batch";

/// Events, as `recordUsage` takes them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    events: Vec<SentEvent>,
}

/// Records events. Each costs 1.
pub(crate) async fn record(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let events = match read(&state, &caller, &headers, body) {
        Ok(events) => events,
        Err(refused) => return refused.into_response(),
    };
    let cost = u32::try_from(events.len()).unwrap_or(u32::MAX).saturating_add(1);
    match charge(&state, &caller, cost).await {
        Ok(budget) => {
            let sender = Sender {
                caller,
                headers: &headers,
                country_header: state.country_header.as_ref(),
            };
            let catalog = state.catalog.counted_by(std::sync::Arc::default());
            let recorded = state.usage.record(&catalog, events, &sender.agent()).await;
            let response = match recorded {
                Ok(recorded) => answer(&recorded),
                Err(error) => refused(&error),
            };
            tell(response, budget)
        }
        Err(refusal) => *refusal,
    }
}

fn read(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Vec<SentEvent>, Refused> {
    if !caller.scopes.contains(Scope::UsageWrite) {
        return Err(Refused::forbidden(Scope::UsageWrite, caller.scopes));
    }
    if !is_json(headers) {
        let message = "Send the events as JSON in UTF-8, with content-type: application/json.";
        return Err(Refused::new(Code::UnsupportedMediaType, message));
    }
    let body = body.map_err(|rejection| unreadable(&rejection))?;
    check_values(&body)?;
    let batch: Batch = serde_json::from_slice(&body)
        .map_err(|error| Refused::bad(&format!("The body is no batch of events: {error}.")))?;
    match batch.events.len() {
        0 => Err(Refused::bad(&format!("`events` has 1 to {} events", state.max_batch))),
        count if count > state.max_batch => Err(Refused::limit("maxBatch", state.max_batch, count)),
        _ => Ok(batch.events),
    }
}

fn refused(error: &RecordError) -> Response {
    let (code, message, error_id) = usage_refused(error);
    let refused = Refused::new(code, message).with("errorId", error_id.into());
    ([(header::RETRY_AFTER, "1")], refused).into_response()
}

fn answer(recorded: &Recorded) -> Response {
    let rejected: Vec<_> = (recorded.rejected.iter())
        .map(|rejection| json!({ "index": rejection.index, "code": rejection.code.as_str(), "message": rejection.message }))
        .collect();
    let body = Json(json!({ "accepted": recorded.accepted, "duplicates": recorded.duplicates, "rejected": rejected }));
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}
