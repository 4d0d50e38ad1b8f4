//! A request's id, its span, its line in the log and its figures; and what is true of every answer.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    body::{Body, HttpBody as _},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use domain::operations::Operations;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use metrics::{Counter, Histogram, SharedString};
use tracing::Instrument as _;

use super::protection::protect;
use crate::{
    routes::{self, Unanswered, graphql},
    telemetry::{adopt_parent, current_traceparent},
};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// How requests are watched.
#[derive(Clone)]
pub(crate) struct Watching {
    /// Browsers reach the service by https.
    pub(crate) is_https: bool,
    /// Where it is noted that a request for GraphQL came to no operation, and how others were answered that the service is judged by.
    pub(crate) operations: Operations,
}

/// Watches one request from its headers to its answer's headers, which it always gets.
pub(crate) async fn observe(State(watching): State<Watching>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    hide_secrets(request.headers_mut());
    let method = method_label(request.method().as_str());
    let endpoint = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let id = id(request.headers());
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
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answered = answered.instrument(span.clone()).await;
    drop(in_flight);
    let _entered = span.enter();
    let mut response = answered.unwrap_or_else(routes::panicked);
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    tracing::debug!(status, elapsed_us = elapsed.as_micros(), "answered");
    if let Some(value) =
        current_traceparent(&span, traced_by_client).and_then(|value| HeaderValue::from_str(&value).ok())
    {
        response.headers_mut().insert("traceparent", value);
    }
    response.headers_mut().insert(REQUEST_ID, id);
    protect(&mut response, watching.is_https);
    if let Some(Unanswered(error)) = response.extensions_mut().remove()
        && endpoint == graphql::ROUTE
    {
        watching.operations.note_unanswered(&error);
    }
    if let Some(is_timed) = routes::judged(&endpoint) {
        let took = is_timed.then_some(elapsed);
        watching.operations.judge(response.status().is_server_error(), took);
    }
    let response = count_bytes(response);
    count_of(method, endpoint.clone().into(), status.to_string().into()).increment(1);
    duration_of(method, endpoint.into()).record(elapsed);
    response
}

/// Where requests of a route that ended with a status are counted.
pub(crate) fn count_of(method: &'static str, endpoint: SharedString, status: SharedString) -> Counter {
    metrics::counter!("http_requests_total", "method" => method, "endpoint" => endpoint, "status" => status)
}

/// Where it is noted how long requests of a route took.
pub(crate) fn duration_of(method: &'static str, endpoint: SharedString) -> Histogram {
    metrics::histogram!("http_request_duration_seconds", "method" => method, "endpoint" => endpoint)
}

/// Gives an answer that nothing else was done for what every answer has.
pub(crate) fn dress(mut response: Response, asked: &HeaderMap) -> Response {
    response.headers_mut().insert(REQUEST_ID, id(asked));
    protect(&mut response, false);
    response
}

/// Whoever prints headers, for whatever reason, prints these without their values.
fn hide_secrets(headers: &mut HeaderMap) {
    for name in [header::AUTHORIZATION, header::COOKIE] {
        if let header::Entry::Occupied(mut values) = headers.entry(name) {
            values.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
}

/// Counts what is really sent, which only the encoder knows.
fn count_bytes(response: Response) -> Response {
    let bytes = sent_bytes_of(response.headers());
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

/// Where the bytes of an answer with these headers are counted.
pub(crate) fn sent_bytes_of(headers: &HeaderMap) -> Counter {
    let encoding = match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None => "identity",
        Some(b"zstd") => "zstd",
        Some(b"br") => "br",
        Some(b"gzip") => "gzip",
        Some(b"deflate") => "deflate",
        Some(_) => "other",
    };
    metrics::counter!("http_response_bytes_total", "encoding" => encoding)
}

/// The caller's id where it is fit to be logged, else a new one.
pub(crate) fn id(headers: &HeaderMap) -> HeaderValue {
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
