//! What browsers are told not to do with an answer.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Nothing in an answer is meant to run, or to be framed. Pages, which are, say so themselves.
const NOTHING_RUNS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// An SVG may have styles and embedded images; opened by itself, it runs nothing and belongs to no origin.
const DRAWING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");

/// A year, for this host alone.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds to an answer what its type asks for. `is_https`: browsers reach the service by https.
/// An answer without a body changes what its client has kept, whose type it does not say.
pub(super) fn protect(response: &mut Response, is_https: bool) {
    let is_unchanged = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let is_image = content_type.starts_with(b"image/");
    let policy = if content_type.starts_with(b"image/svg+xml") {
        DRAWING
    } else {
        NOTHING_RUNS
    };
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !is_unchanged {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
    // What pages of others may show says so itself.
    headers
        .entry(RESOURCE_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    if !is_image && !is_unchanged {
        headers
            .entry(header::X_FRAME_OPTIONS)
            .or_insert(HeaderValue::from_static("DENY"));
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    close_to_strangers(headers);
}

/// Tells an origin that may not call nothing at all.
fn close_to_strangers(headers: &mut HeaderMap) {
    const OF_ALLOWED: [HeaderName; 4] = [
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        header::ACCESS_CONTROL_MAX_AGE,
    ];
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        for name in OF_ALLOWED {
            headers.remove(name);
        }
    }
}
