//! Whether the process lives, and whether it can do its work: answered to anybody, and to whoever may read figures with all that is known.
//!
//! All of them tell of the same checks (`domain::health`), which are made once a second at most.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::health::{Check, Report, Status};
use schema::Caller;
use serde_json::{Map, Value, json};

use super::status::{about, figures, milliseconds, pool, replicas, require_metrics, time};
use crate::router::AppState;

/// Answers as long as the process does, whatever becomes of its database.
pub(crate) async fn live() -> Response {
    Json(json!({ "status": "up" })).into_response()
}

/// Whether to send requests here.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let is_ready = if state.draining.is_announced() {
        Err("draining")
    } else {
        let report = state.observed.health.report().await;
        match (report.of("database"), report.of("search")) {
            (Status::Down, _) => Err("down"),
            (_, Status::Down) => Err("indexing"),
            _ => Ok(()),
        }
    };
    match is_ready {
        Ok(()) => Json(json!({ "status": "up" })).into_response(),
        Err(status) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": status }))).into_response(),
    }
}

/// Readiness by its parts, with the version and the generations.
pub(crate) async fn summary(State(state): State<AppState>) -> Response {
    let report = state.observed.health.report().await;
    let version = env!("CARGO_PKG_VERSION");
    if report.of("database") == Status::Down {
        let body = json!({ "status": "down", "version": version, "database": "down" });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    let is_indexing = report.of("search") == Status::Down;
    // Of everything else it is told to whoever may read figures: to anybody, what makes answers other than they should be.
    let is_behind = report.of("cache") == Status::Degraded;
    let redis = report.of("redis");
    let is_degraded = is_indexing || is_behind || redis == Status::Down;
    let mut body = json!({
        "status": if is_degraded { "degraded" } else { "up" },
        "version": version,
        "database": "up",
        "search": if is_indexing { "indexing" } else { "up" },
        "generation": report.generation,
        "searchGeneration": state.search.generation().unwrap_or(0),
    });
    if redis != Status::Disabled {
        body["redis"] = redis.as_str().into();
    }
    if is_behind {
        body["cache"] = "behind".into();
    }
    Json(body).into_response()
}

/// Every check.
pub(crate) async fn detailed(State(state): State<AppState>, caller: Caller) -> Response {
    if let Err(refused) = require_metrics(&caller) {
        return refused.into_response();
    }
    let report = state.observed.health.report().await;
    let mut more = about(&state, &report);
    more["replicas"] = replicas(&state);
    told(&report, more, |_| true)
}

/// What is kept, and where.
pub(crate) async fn cache(State(state): State<AppState>, caller: Caller) -> Response {
    if let Err(refused) = require_metrics(&caller) {
        return refused.into_response();
    }
    let report = state.observed.health.report().await;
    let layers = json!({ "layers": state.graphql.cache_layers() });
    told(&report, layers, |check| ["cache", "redis"].contains(&check.component))
}

/// The database and the connections to it.
pub(crate) async fn database(State(state): State<AppState>, caller: Caller) -> Response {
    if let Err(refused) = require_metrics(&caller) {
        return refused.into_response();
    }
    let report = state.observed.health.report().await;
    let more = json!({
        "engine": state.catalog.engine(),
        "generation": report.generation,
        "pool": pool(&state),
        "replicas": replicas(&state),
    });
    told(&report, more, |check| {
        ["database", "connections", "replicas"].contains(&check.component)
    })
}

/// How requests did in the last minute.
pub(crate) async fn performance(State(state): State<AppState>, caller: Caller) -> Response {
    if let Err(refused) = require_metrics(&caller) {
        return refused.into_response();
    }
    let report = state.observed.health.report().await;
    told(&report, figures(&state), |check| {
        ["requests", "memory"].contains(&check.component)
    })
}

/// The worst of some checks, they themselves, and what there is to say beside them. A part that is down is told by the status as well, for those
/// who look at nothing else.
fn told(report: &Report, more: Value, is_meant: impl Fn(&Check) -> bool) -> Response {
    let checks: Vec<Check> = report.checks.iter().filter(|check| is_meant(check)).cloned().collect();
    let some = Report {
        checks,
        generation: report.generation,
    };
    let status = some.status();
    let mut body = Map::from_iter([("status".to_owned(), status.as_str().into())]);
    if let Value::Object(more) = more {
        body.extend(more);
    }
    body.insert("checks".to_owned(), some.checks.iter().map(as_json).collect());
    let code = match status {
        Status::Down => StatusCode::SERVICE_UNAVAILABLE,
        Status::Up | Status::Degraded | Status::Disabled => StatusCode::OK,
    };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn as_json(check: &Check) -> Value {
    json!({
        "component": check.component,
        "status": check.status.as_str(),
        "latencyMs": check.latency.map(milliseconds),
        "message": check.message,
        "ageMs": milliseconds(check.age),
        "since": time(check.since_ms),
    })
}
