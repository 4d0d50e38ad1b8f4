//! Whether the process lives, and whether it can do its work.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::database::ReplicaState;
use serde_json::json;

use crate::router::AppState;

/// Answers as long as the process does, whatever becomes of its database.
pub(crate) async fn live() -> Response {
    Json(json!({ "status": "up" })).into_response()
}

/// Whether to send requests here.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    if state.draining.is_announced() {
        return status(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match state.catalog.generation().await {
        Ok(generation) if can_search(&state, generation) => status(StatusCode::OK, "up"),
        Ok(_) => status(StatusCode::SERVICE_UNAVAILABLE, "indexing"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            status(StatusCode::SERVICE_UNAVAILABLE, "down")
        }
    }
}

/// Readiness by its parts, with the version and the generations.
pub(crate) async fn summary(State(state): State<AppState>) -> Response {
    let version = env!("CARGO_PKG_VERSION");
    match state.catalog.generation().await {
        Ok(generation) => {
            let (status, search) = if can_search(&state, generation) {
                ("up", "up")
            } else {
                ("degraded", "indexing")
            };
            // Without Redis each instance goes on by itself.
            let redis = state
                .redis
                .as_ref()
                .map(|redis| if redis.is_up() { "up" } else { "down" });
            let status = if redis == Some("down") { "degraded" } else { status };
            // Without replicas the database does their work.
            let replicas = replicas(&state.catalog.replica_states());
            let status = if matches!(replicas, None | Some("up")) {
                status
            } else {
                "degraded"
            };
            // What is kept of the catalog may be older than a second.
            let is_following = state.catalog.cache().is_following();
            let status = if is_following { status } else { "degraded" };
            let mut body = json!({
                "status": status,
                "version": version,
                "database": "up",
                "search": search,
                "generation": generation,
                "searchGeneration": state.search.generation().unwrap_or(0),
            });
            if let Some(redis) = redis {
                body["redis"] = redis.into();
            }
            if let Some(replicas) = replicas {
                body["replicas"] = replicas.into();
            }
            if !is_following {
                body["cache"] = "behind".into();
            }
            Json(body).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "unhealthy");
            let body = json!({ "status": "down", "version": version, "database": "down" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

/// How replicas are, where there are any. Which of them is what is told by the metrics: here it would be told to everybody.
fn replicas(states: &[ReplicaState]) -> Option<&'static str> {
    let asked = states.iter().filter(|replica| replica.is_asked).count();
    match asked {
        _ if states.is_empty() => None,
        0 => Some("down"),
        _ if asked < states.len() => Some("degraded"),
        _ => Some("up"),
    }
}

/// Whether there is an index to search, of whatever generation; an empty catalog needs none.
fn can_search(state: &AppState, generation: i64) -> bool {
    generation == 0 || state.search.generation().is_some()
}

fn status(code: StatusCode, status: &str) -> Response {
    (code, Json(json!({ "status": status }))).into_response()
}
