//! The time a request may take.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use schema::Code;

use super::body::{self, Reading};
use crate::routes::Refused;

/// Gives a request up after `limit`. A statement that it has sent goes on to its own, shorter limit.
pub(super) async fn enforce(limit: Duration, request: Request, next: Next) -> Response {
    let reading = request.extensions().get::<Arc<Reading>>().cloned();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if reading.is_some_and(|reading| reading.is_under_way()) => body::late(limit),
        Err(_) => {
            let limit = limit.as_millis();
            let message = format!("The request took longer than {limit} ms. Ask for less, or try again.");
            Refused::new(Code::Timeout, message).into_response()
        }
    }
}
