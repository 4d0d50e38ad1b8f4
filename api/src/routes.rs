//! One file a group of routes, and the form that errors outside GraphQL have.

pub(crate) mod graphql;
pub(crate) mod health;
pub(crate) mod icons;
pub(crate) mod metrics;
pub(crate) mod pages;
mod refused;
pub(crate) mod search;

use std::any::Any;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

pub(crate) use refused::{Refused, status_of};

/// An error in the same form as GraphQL's, so that clients need one way to read them.
pub(crate) fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    (
        status,
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({ "errors": [{ "message": message, "extensions": { "code": code } }] })),
    )
        .into_response()
}

pub(crate) async fn not_found() -> Response {
    error_response(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "There is nothing at this address. GraphQL is at /graphql.",
    )
}

pub(crate) async fn method_not_allowed() -> Response {
    error_response(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "This address does not take that method.",
    )
}

/// What a client sees of a panic: its id, which the log has too.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    let error_id = uuid::Uuid::new_v4().to_string();
    tracing::error!(error_id, panic = text.unwrap_or("unknown"), "request panicked");
    let error = json!({ "errors": [{
        "message": "Something went wrong on the server.",
        "extensions": { "code": "INTERNAL", "errorId": error_id },
    }] });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response()
}
