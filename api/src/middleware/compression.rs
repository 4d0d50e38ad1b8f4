//! Answers as small as the client can read them.

use axum::{
    Router,
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use domain::switches::{Switch, Switches};
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{Predicate as _, SizeAbove},
    },
};

use crate::config::HttpArgs;

/// From the one that is taken where several are as welcome.
const ENCODINGS: [&str; 4] = ["zstd", "br", "gzip", "deflate"];

/// What is small already, by the beginning of its type.
const COMPRESSED_TYPES: [&str; 8] = [
    "application/gzip",
    "application/zip",
    "application/zstd",
    "audio/",
    "font/woff",
    "image/",
    "text/event-stream",
    "video/",
];

/// Compresses the answers of `router`, while that is switched on.
pub(crate) fn around(router: Router, http: &HttpArgs, switches: Switches) -> Router {
    let predicate = SizeAbove::new(http.compression_min_bytes.into())
        .and(|_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| is_compressible(headers));
    // The levels of br are not those of the others.
    let others = CompressionLayer::new()
        .br(false)
        .quality(CompressionLevel::Precise(http.compression_level))
        .compress_when(predicate);
    let br = CompressionLayer::new()
        .deflate(false)
        .gzip(false)
        .zstd(false)
        .quality(CompressionLevel::Precise(http.brotli_quality))
        .compress_when(predicate);
    router.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(switches, negotiate))
            .layer(br)
            .layer(others),
    )
}

/// Picks the one encoding, and marks the answer as one of several.
async fn negotiate(State(switches): State<Switches>, mut request: Request, next: Next) -> Response {
    if !switches.is_on(Switch::Compression) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
        return next.run(request).await;
    }
    let accepted = request.headers().get_all(header::ACCEPT_ENCODING);
    let encoding = best(accepted.iter().filter_map(|value| value.to_str().ok()));
    match encoding {
        Some(encoding) => request
            .headers_mut()
            .insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding)),
        None => request.headers_mut().remove(header::ACCEPT_ENCODING),
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING) {
        weaken_etag(headers);
    }
    if is_compressible(headers) && !varies_already(headers) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// The most welcome encoding; none where the client wants none.
fn best<'a>(accepted: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let mut welcome: [Option<u16>; ENCODINGS.len()] = [None; 4];
    let mut any_other = None;
    for part in accepted.flat_map(|line| line.split(',')) {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let Some(quality) = quality(parameters) else { continue };
        match name.trim() {
            "*" => any_other = Some(quality),
            name => {
                let name = name.strip_prefix("x-").unwrap_or(name);
                if let Some(place) = ENCODINGS.iter().position(|known| known.eq_ignore_ascii_case(name)) {
                    welcome[place] = Some(quality);
                }
            }
        }
    }
    let quality_of = |place: usize| welcome[place].or(any_other).unwrap_or(0);
    let best = (0..ENCODINGS.len()).rev().max_by_key(|place| quality_of(*place))?;
    (quality_of(best) > 0).then_some(ENCODINGS[best])
}

/// Thousandths, of `q=0.5`; none where that cannot be read.
fn quality(parameters: &str) -> Option<u16> {
    let weight = parameters
        .split(';')
        .map(str::trim)
        .find(|parameter| !parameter.is_empty());
    let Some(weight) = weight else {
        return Some(1000);
    };
    let number = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn is_compressible(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    content_type.starts_with("image/svg+xml") || !COMPRESSED_TYPES.iter().any(|known| content_type.starts_with(known))
}

fn varies_already(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::VARY)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut names = values.flat_map(|value| value.split(','));
    names.any(|name| name.trim().eq_ignore_ascii_case("accept-encoding"))
}

/// A strong tag promises the same bytes, and they are others now. Weak ones are equal for `If-None-Match` all the same.
fn weaken_etag(headers: &mut HeaderMap) {
    let strong = headers
        .get(header::ETAG)
        .filter(|tag| tag.as_bytes().starts_with(b"\""));
    let weak = strong.and_then(|tag| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok());
    if let Some(weak) = weak {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn the_most_welcome_encoding_is_taken() {
        for (accepted, expected) in [
            (&[][..], None),
            (&[""], None),
            (&["identity"], None),
            (&["gzip"], Some("gzip")),
            (&["x-gzip"], Some("gzip")),
            (&["GZIP"], Some("gzip")),
            (&["gzip, deflate, br, zstd"], Some("zstd")),
            (&["gzip, deflate, br"], Some("br")),
            (&["gzip, deflate", "br"], Some("br")),
            (&["deflate, gzip"], Some("gzip")),
            (&["gzip;q=1.0, br;q=0.9, zstd;q=0.8"], Some("gzip")),
            (&["br;q=0.5,gzip;q=0.501"], Some("gzip")),
            (&["gzip;q=0"], None),
            (&["gzip;q=0.000, br;q=0.001"], Some("br")),
            (&["*"], Some("zstd")),
            (&["*;q=0.1, gzip"], Some("gzip")),
            (&["*, zstd;q=0"], Some("br")),
            (&["*;q=0"], None),
            (&["identity;q=0"], None),
            (&["gzip;q=2"], None),
            (&["gzip;q=1.5"], None),
            (&["gzip;q=0.1234"], None),
            (&["gzip;q=-1"], None),
            (&["gzip;q="], None),
            (&["gzip;level=9"], None),
            (&["gzip ; q=0.5 , br ; q=0.4"], Some("gzip")),
            (&["unknown"], None),
        ] {
            assert_eq!(best(accepted.iter().copied()), expected, "{accepted:?}");
        }
    }
}
