//! One file a group of routes, and the form that errors outside GraphQL have.

pub(crate) mod caching;
pub(crate) mod graphql;
pub(crate) mod health;
pub(crate) mod icons;
pub(crate) mod metrics;
pub(crate) mod pages;
mod refused;
pub(crate) mod search;
pub(crate) mod status;
pub(crate) mod usage;

use std::any::Any;

use axum::response::{IntoResponse as _, Response};
use schema::Code;

pub(crate) use refused::{Refused, Unanswered, status_of};

pub(crate) async fn not_found() -> Refused {
    Refused::new(
        Code::NotFound,
        "There is nothing at this address. GraphQL is at /graphql.",
    )
}

pub(crate) async fn method_not_allowed() -> Refused {
    Refused::new(Code::MethodNotAllowed, "This address does not take that method.")
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
    Refused::internal(&error_id).into_response()
}
