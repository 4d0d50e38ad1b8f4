//! What a request says before its body: how much of it, and for which host it is.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, Version, header},
};

use crate::routes::Refused;

/// Headers of one request. HTTP/1.1 refuses more before anybody sees them.
pub(crate) const MAX_HEADERS: u32 = 100;

/// What a line of the request has beside its name and value: `: ` and its end.
const LINE_BYTES: usize = 4;

/// What the first line has beside the method and the address: ` `, ` HTTP/1.1` and its end; and the empty line.
const FRAME_BYTES: usize = 14;

/// Refuses more than `max_bytes` of headers, and a request of which nobody can say which host it is for.
pub(crate) fn check(request: &Request, max_bytes: usize) -> Result<(), Refused> {
    let (bytes, count) = (size(request), request.headers().len());
    if bytes > max_bytes {
        return Err(too_much("maxHeaderBytes", max_bytes, bytes));
    }
    if count > MAX_HEADERS as usize {
        return Err(too_much("maxHeaders", MAX_HEADERS as usize, count));
    }
    if !names_its_host(request.version(), request.headers()) {
        return Err(Refused::bad("Send one `Host` header."));
    }
    Ok(())
}

fn too_much(limit: &'static str, max: usize, actual: usize) -> Refused {
    Refused::limit(limit, max, actual).with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

/// Proxies that read one host and servers that read another send one client's answer to the next.
/// Source: RFC 9112, section 3.2.
fn names_its_host(version: Version, headers: &HeaderMap) -> bool {
    let hosts = headers.get_all(header::HOST).iter().count();
    match version {
        Version::HTTP_11 => hosts == 1,
        // Before, there was no such header; after, the address has it.
        _ => hosts <= 1,
    }
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
