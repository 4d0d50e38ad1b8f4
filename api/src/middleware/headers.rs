//! How much a request may say before its body.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::json;

/// Headers of one request. HTTP/1.1 refuses more before anybody sees them.
pub(crate) const MAX_HEADERS: u32 = 100;

/// What a line of the request has beside its name and value: `: ` and its end.
const LINE_BYTES: usize = 4;

/// What the first line has beside the method and the address: ` `, ` HTTP/1.1` and its end; and the empty line.
const FRAME_BYTES: usize = 14;

/// Refuses more than `max_bytes` of headers.
pub(crate) async fn enforce(State(max_bytes): State<usize>, request: Request, next: Next) -> Response {
    let bytes = size(&request);
    if bytes > max_bytes {
        return refused("maxHeaderBytes", max_bytes, bytes, "bytes in its address and headers");
    }
    let (max, count) = (MAX_HEADERS as usize, request.headers().len());
    if count > max {
        return refused("maxHeaders", max, count, "headers");
    }
    next.run(request).await
}

/// Bytes of the request up to its body, as HTTP/1.1 writes it.
fn size(request: &Request) -> usize {
    let address = request.uri();
    let length = |part: Option<&str>| part.map_or(0, str::len);
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + LINE_BYTES)
        .sum();
    request.method().as_str().len()
        + length(address.authority().map(axum::http::uri::Authority::as_str))
        + length(address.path_and_query().map(axum::http::uri::PathAndQuery::as_str))
        + FRAME_BYTES
        + headers
}

fn refused(limit: &str, max: usize, actual: usize, what: &str) -> Response {
    let message = format!("A request may have {max} {what}, and this one has {actual}.");
    let extensions = json!({ "code": "LIMIT_EXCEEDED", "limit": limit, "max": max, "actual": actual });
    let error = json!({ "errors": [{ "message": message, "extensions": extensions }] });
    (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Json(error)).into_response()
}
