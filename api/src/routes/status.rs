//! What a dashboard shows first: which service this is, how it does, and its figures of the last minute.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::{access::Scope, health::Report};
use schema::{Caller, Vitals as _};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Refused;
use crate::{router::AppState, server::LATELY};

/// Which service this is, how its parts do, and whether anything is wrong.
pub(crate) async fn status(State(state): State<AppState>, caller: Caller) -> Response {
    if let Err(refused) = require_metrics(&caller) {
        return refused.into_response();
    }
    let report = state.observed.health.report().await;
    let components = report.checks.iter();
    let components = components.map(|check| (check.component.to_owned(), check.status.as_str().into()));
    let mut body = about(&state, &report);
    body["status"] = report.status().as_str().into();
    body["components"] = components.collect::<Map<String, Value>>().into();
    body["activeAlerts"] = state.alerts.active().len().into();
    unkept(body)
}

/// The figures of the last minute, with the layers of the cache.
pub(crate) async fn performance(State(state): State<AppState>, caller: Caller) -> Response {
    if let Err(refused) = require_metrics(&caller) {
        return refused.into_response();
    }
    let mut body = figures(&state);
    body["caches"] = json!(state.graphql.cache_layers());
    unkept(body)
}

/// How the service does is told to whoever may know it.
pub(super) fn require_metrics(caller: &Caller) -> Result<(), Refused> {
    if caller.scopes.contains(Scope::MetricsRead) {
        Ok(())
    } else {
        Err(Refused::forbidden(Scope::MetricsRead, caller.scopes))
    }
}

/// Which service this is.
pub(super) fn about(state: &AppState, report: &Report) -> Value {
    let observed = &state.observed;
    let uptime_ms = observed.clock.now_ms().saturating_sub(observed.started_at_ms);
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "environment": if state.is_production { "production" } else { "development" },
        "instance": observed.vitals.over(LATELY).instance,
        "startedAt": time(observed.started_at_ms),
        "uptimeSeconds": uptime_ms / 1000,
        "generation": report.generation,
        "searchGeneration": state.search.generation().unwrap_or(0),
    })
}

/// How this instance did in the last minute, named as in `liveMetrics`.
pub(super) fn figures(state: &AppState) -> Value {
    let signs = state.observed.vitals.over(LATELY);
    json!({
        "at": time(state.observed.clock.now_ms()),
        "instance": signs.instance,
        "windowSeconds": LATELY.as_secs(),
        "requests": signs.requests,
        "requestsPerSecond": signs.requests_per_second,
        "errorRate": signs.error_rate,
        "p50Ms": signs.p50_ms,
        "p95Ms": signs.p95_ms,
        "p99Ms": signs.p99_ms,
        "inFlight": signs.in_flight,
        "subscribers": signs.subscribers,
        "cpuShare": signs.cpu_share,
        "residentBytes": signs.resident_bytes,
        "pool": pool(state),
    })
}

/// The connections to the database now, and what statements waited for one in the last minute.
pub(super) fn pool(state: &AppState) -> Value {
    let signs = state.observed.vitals.over(LATELY);
    let now = state.catalog.pool_state();
    json!({
        "max": now.max,
        "open": now.open,
        "idle": now.idle,
        "waiting": now.waiting,
        "acquireP99Ms": signs.acquire_p99_ms,
    })
}

/// The read replicas as they were found last.
pub(super) fn replicas(state: &AppState) -> Value {
    let replicas = state.catalog.replica_states().into_iter().map(|replica| {
        json!({
            "replica": replica.name,
            "standing": replica.standing.as_str(),
            "lagMs": replica.lag.map(milliseconds),
        })
    });
    replicas.collect()
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Milliseconds since 1970 as RFC 3339; null where no calendar reaches them.
pub(crate) fn time(unix_ms: i64) -> Option<String> {
    let nanoseconds = i128::from(unix_ms) * 1_000_000;
    let instant = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    instant.format(&Rfc3339).ok()
}

/// What is right for a moment only.
fn unkept(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
