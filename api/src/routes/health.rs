//! Whether the process lives, and whether it can do its work.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use crate::router::AppState;

/// Answers as long as the process does, whatever becomes of its database.
pub(crate) async fn live() -> Response {
    Json(json!({ "status": "up" })).into_response()
}

/// Whether to send requests here.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    if state.draining.has_begun() {
        return status(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match state.catalog.ping().await {
        Ok(()) => status(StatusCode::OK, "up"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            status(StatusCode::SERVICE_UNAVAILABLE, "down")
        }
    }
}

/// Readiness, with the version and the catalog's generation.
pub(crate) async fn summary(State(state): State<AppState>) -> Response {
    let version = env!("CARGO_PKG_VERSION");
    match state.catalog.generation().await {
        Ok(generation) => {
            Json(json!({ "status": "up", "version": version, "database": "up", "generation": generation }))
                .into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "unhealthy");
            let body = json!({ "status": "down", "version": version, "database": "down" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

fn status(code: StatusCode, status: &str) -> Response {
    (code, Json(json!({ "status": status }))).into_response()
}
