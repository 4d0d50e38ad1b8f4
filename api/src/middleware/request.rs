//! A request's id, its span, its line in the log and its figures.

use std::time::Instant;

use axum::{
    body::{Body, HttpBody as _},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt as _;
use tracing::Instrument as _;

use crate::telemetry::{adopt_parent, current_traceparent};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken over from a client.
const MAX_ID_BYTES: usize = 128;

/// A request that is being answered, counted until it is answered or given up.
struct InFlight;

impl InFlight {
    fn new() -> Self {
        metrics::gauge!("http_requests_in_flight").increment(1);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("http_requests_in_flight").decrement(1);
    }
}

/// Watches one request from its headers to its answer's headers.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method().as_str());
    let endpoint = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let id = request_id(request.headers());
    let span = tracing::info_span!(
        "http.request",
        otel.kind = "server",
        otel.name = format!("{method} {endpoint}"),
        http.request.method = method,
        http.route = endpoint,
        request_id = id.to_str().unwrap_or_default(),
    );
    let traced_by_client = adopt_parent(&span, request.headers());
    let in_flight = InFlight::new();
    let mut response = next.run(request).instrument(span.clone()).await;
    drop(in_flight);
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    let _entered = span.enter();
    tracing::debug!(status, elapsed_us = elapsed.as_micros(), "answered");
    if let Some(value) =
        current_traceparent(&span, traced_by_client).and_then(|value| HeaderValue::from_str(&value).ok())
    {
        response.headers_mut().insert("traceparent", value);
    }
    response.headers_mut().insert(REQUEST_ID, id);
    let response = count_bytes(response);
    metrics::counter!("http_requests_total", "method" => method, "endpoint" => endpoint.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "endpoint" => endpoint).record(elapsed);
    response
}

/// Counts what is really sent, which only the encoder knows.
fn count_bytes(response: Response) -> Response {
    let encoding = match response
        .headers()
        .get(header::CONTENT_ENCODING)
        .map(HeaderValue::as_bytes)
    {
        None => "identity",
        Some(b"zstd") => "zstd",
        Some(b"br") => "br",
        Some(b"gzip") => "gzip",
        Some(b"deflate") => "deflate",
        Some(_) => "other",
    };
    let bytes = metrics::counter!("http_response_bytes_total", "encoding" => encoding);
    // A body of known length keeps it, so that the answer has a content-length.
    if let Some(length) = response.body().size_hint().exact() {
        bytes.increment(length);
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            bytes.increment(frame.data_ref().map_or(0, |data| data.len() as u64));
            frame
        }))
    })
}

/// The caller's id where it is fit to be logged, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|id| {
        (1..=MAX_ID_BYTES).contains(&id.len())
            && id
                .as_bytes()
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
    });
    given.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()).expect("a UUID is made of hex digits and hyphens")
    })
}

/// A method as a label: clients can invent methods, and must not invent labels.
fn method_label(method: &str) -> &'static str {
    ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}
