//! An answer as it is kept, and as it is sent again.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::cache::Weigh;
use metrics::{Counter, Histogram};
use schema::{Label, Validity};

use crate::{
    middleware::request::{self, REQUEST_ID},
    routes::caching::is_known,
};

/// Said with an answer that everybody gets alike, by whoever worked it out.
#[derive(Clone)]
pub(crate) struct Keepable {
    /// What it depends on, as that was before it was worked out.
    pub(crate) validity: Validity,
    /// What it costs a client.
    pub(crate) cost: u32,
    /// How long ago it was worked out.
    pub(crate) age: Duration,
    pub(crate) operation: Option<OperationFigures>,
    /// The route, as figures have it.
    pub(crate) endpoint: &'static str,
}

/// How often an operation was answered, and how long that took.
#[derive(Clone)]
pub(crate) struct OperationFigures {
    pub(crate) label: Label,
    pub(crate) count: Counter,
    pub(crate) duration: Histogram,
}

/// What of an answer is of one request.
const OF_ONE_REQUEST: [HeaderName; 6] = [
    REQUEST_ID,
    header::AGE,
    header::CONNECTION,
    header::DATE,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
];

/// Who gets one of these is told something that others are not.
const OF_ONE_CALLER: [HeaderName; 3] = [
    header::SET_COOKIE,
    HeaderName::from_static("server-timing"),
    HeaderName::from_static("traceparent"),
];

/// What is said of a body, which an answer without one leaves out.
const OF_BODIES: [HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LENGTH];

/// Memory for an answer, without its bytes and those of its headers.
const OTHER_BYTES: usize = 1_900;

/// An answer.
pub(super) struct Kept {
    keepable: Keepable,
    /// Of what it is kept under.
    key_bytes: usize,
    made: Instant,
    headers: HeaderMap,
    body: Bytes,
    etag: Option<String>,
    figures: Figures,
}

/// What is counted each time, as it is for those that are worked out.
struct Figures {
    ok: Counter,
    not_modified: Counter,
    duration: Histogram,
    sent_bytes: Counter,
    hits: Counter,
}

impl Kept {
    /// None where the answer tells one caller something.
    pub(super) fn new(key_bytes: usize, keepable: Keepable, headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        if OF_ONE_CALLER.iter().any(|name| headers.contains_key(name)) {
            return None;
        }
        let mut headers = headers.clone();
        for name in OF_ONE_REQUEST {
            headers.remove(name);
        }
        let made = Instant::now();
        Some(Self {
            made: made.checked_sub(keepable.age).unwrap_or(made),
            etag: headers
                .get(header::ETAG)
                .and_then(|tag| tag.to_str().ok())
                .map(str::to_owned),
            figures: Figures::of(keepable.endpoint, &headers),
            keepable,
            key_bytes,
            headers,
            // Whoever compressed it may have made room for more.
            body: Bytes::copy_from_slice(body),
        })
    }

    pub(super) fn validity(&self) -> &Validity {
        &self.keepable.validity
    }

    /// How long ago it was worked out.
    pub(super) fn age(&self) -> Duration {
        self.made.elapsed()
    }

    pub(super) fn cost(&self) -> u32 {
        self.keepable.cost
    }

    /// What figures call the operation that it answers, where it answers one.
    pub(super) fn label(&self) -> Option<&Label> {
        self.keepable.operation.as_ref().map(|operation| &operation.label)
    }

    /// The answer to a request with `asked`; without the body to whoever has it.
    pub(super) fn replay(&self, asked: &HeaderMap) -> Response {
        let mut headers = self.headers.clone();
        headers.insert(header::AGE, HeaderValue::from(self.age().as_secs()));
        headers.insert(REQUEST_ID, request::id(asked));
        let is_known = self.etag.as_ref().is_some_and(|etag| is_known(asked, etag));
        let mut response = Response::new(Body::empty());
        if is_known {
            for name in OF_BODIES {
                headers.remove(name);
            }
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = Body::from(self.body.clone());
        }
        *response.headers_mut() = headers;
        response
    }

    /// Counts that it was sent, which took so long.
    pub(super) fn count(&self, response: &Response, elapsed: Duration) {
        let figures = &self.figures;
        if response.status() == StatusCode::OK {
            figures.ok.increment(1);
            figures.sent_bytes.increment(self.body.len() as u64);
        } else {
            figures.not_modified.increment(1);
        }
        figures.duration.record(elapsed);
        figures.hits.increment(1);
        if let Some(operation) = &self.keepable.operation {
            operation.count.increment(1);
            operation.duration.record(elapsed);
        }
        tracing::debug!(
            status = response.status().as_u16(),
            elapsed_us = elapsed.as_micros(),
            "answered from what is kept"
        );
    }
}

impl Weigh for Kept {
    fn bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len()).sum();
        OTHER_BYTES + self.key_bytes + self.keepable.validity.bytes() + headers + self.body.len()
    }
}

impl Figures {
    fn of(endpoint: &'static str, headers: &HeaderMap) -> Self {
        let requests = |status: &'static str| request::count_of("GET", endpoint.into(), status.into());
        Self {
            ok: requests("200"),
            not_modified: requests("304"),
            duration: request::duration_of("GET", endpoint.into()),
            sent_bytes: request::sent_bytes_of(headers),
            hits: metrics::counter!("cache_operations_total", "layer" => "http", "operation" => "get", "status" => "hit"),
        }
    }
}
