//! Answers as small as the client can read them.

use axum::{
    body::HttpBody,
    http::{HeaderMap, HeaderValue, Response, header},
};
use domain::switches::{Switch, Switches};
use tower::{
    ServiceBuilder,
    layer::util::{Identity, Stack},
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{Predicate, SizeAbove},
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

/// Compresses answers in the encoding that [`negotiate`] has left.
pub(crate) fn layers(http: &HttpArgs) -> ServiceBuilder<Stack<Compressing, Stack<Compressing, Identity>>> {
    let predicate = Compressible(SizeAbove::new(http.compression_min_bytes.into()));
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
    ServiceBuilder::new().layer(br).layer(others)
}

type Compressing = CompressionLayer<Compressible>;

/// Which answers are worth compressing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compressible(SizeAbove);

impl Predicate for Compressible {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        is_compressible(response.headers()) && self.0.should_compress(response)
    }
}

/// The encoding that a client gets: none while that is switched off.
pub(crate) fn wanted(headers: &HeaderMap, switches: &Switches) -> Option<&'static str> {
    if !switches.is_on(Switch::Compression) {
        return None;
    }
    let accepted = headers.get_all(header::ACCEPT_ENCODING);
    best(accepted.iter().filter_map(|value| value.to_str().ok()))
}

/// Leaves of the encodings that a client takes the one that it gets.
pub(super) fn negotiate(headers: &mut HeaderMap, switches: &Switches) {
    match wanted(headers, switches) {
        Some(encoding) => headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding)),
        None => headers.remove(header::ACCEPT_ENCODING),
    };
}

/// Marks an answer as one of several.
pub(super) fn mark(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONTENT_ENCODING) {
        weaken_etag(headers);
    }
    if is_compressible(headers) && !varies_already(headers) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
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
