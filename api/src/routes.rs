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

/// Whether the service is judged by how it answers at `endpoint`, and then whether by its time too, which where something is sent is the client's.
///
/// GraphQL is judged by its operations. How the server is doing, its pages and addresses that are none are nothing that it is there for: who asks
/// for them often would hide what fails, and a starting server says by a failure that it is not there yet.
pub(crate) fn judged(endpoint: &str) -> Option<bool> {
    match endpoint {
        icons::ROUTE | search::ROUTE => Some(true),
        usage::ROUTE => Some(false),
        _ => None,
    }
}

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

#[cfg(test)]
mod tests {
    use super::{graphql, icons, judged, search, usage};

    #[test]
    fn it_is_judged_by_what_it_is_there_for() {
        for (endpoint, expected) in [
            (icons::ROUTE, Some(true)),
            (search::ROUTE, Some(true)),
            (usage::ROUTE, Some(false)),
            // By its operations.
            (graphql::ROUTE, None),
            ("/api/health", None),
            ("/api/health/ready", None),
            ("/api/status", None),
            ("/metrics", None),
            ("/graphiql", None),
            ("unmatched", None),
        ] {
            assert_eq!(judged(endpoint), expected, "{endpoint}");
        }
    }
}
