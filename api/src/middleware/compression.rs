//! Answers as small as the client can read them.

use axum::{
    body::HttpBody,
    extract::Request,
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

use crate::{config::HttpArgs, routes::pages};

/// From the one that is taken where several are as welcome.
const ENCODINGS: [&str; 4] = ["zstd", "br", "gzip", "deflate"];

/// Where that is to be what files are compressed with already.
const ENCODINGS_OF_FILES: [&str; 4] = ["br", "zstd", "gzip", "deflate"];

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

/// The encoding in which a client gets what is made for it: none while that is switched off.
pub(crate) fn wanted(headers: &HeaderMap, switches: &Switches) -> Option<&'static str> {
    best_for(&ENCODINGS, headers, switches)
}

/// Leaves of the encodings that a client takes the one that it gets.
pub(super) fn negotiate(request: &mut Request, switches: &Switches) {
    let order = if pages::has_files_at(request.uri().path()) {
        &ENCODINGS_OF_FILES
    } else {
        &ENCODINGS
    };
    match best_for(order, request.headers(), switches) {
        Some(encoding) => {
            let encoding = HeaderValue::from_static(encoding);
            request.headers_mut().insert(header::ACCEPT_ENCODING, encoding)
        }
        None => request.headers_mut().remove(header::ACCEPT_ENCODING),
    };
}

/// Whether a client gets Brotli, of a request that was let in.
pub(crate) fn is_brotli(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT_ENCODING).is_some_and(|left| left == "br")
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

type Order = [&'static str; ENCODINGS.len()];

fn best_for(order: &Order, headers: &HeaderMap, switches: &Switches) -> Option<&'static str> {
    if !switches.is_on(Switch::Compression) {
        return None;
    }
    let accepted = headers.get_all(header::ACCEPT_ENCODING);
    best(order, accepted.iter().filter_map(|value| value.to_str().ok()))
}

/// The most welcome encoding; none where the client wants none.
fn best<'a>(order: &Order, accepted: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let mut welcome: [Option<u16>; ENCODINGS.len()] = [None; ENCODINGS.len()];
    let mut any_other = None;
    for part in accepted.flat_map(|line| line.split(',')) {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let Some(quality) = quality(parameters) else { continue };
        match name.trim() {
            "*" => any_other = Some(quality),
            name => {
                let name = name.strip_prefix("x-").unwrap_or(name);
                if let Some(place) = order.iter().position(|known| known.eq_ignore_ascii_case(name)) {
                    welcome[place] = Some(quality);
                }
            }
        }
    }
    let quality_of = |place: usize| welcome[place].or(any_other).unwrap_or(0);
    let best = (0..order.len()).rev().max_by_key(|place| quality_of(*place))?;
    (quality_of(best) > 0).then_some(order[best])
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
    use super::{ENCODINGS, ENCODINGS_OF_FILES, best};

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
            assert_eq!(best(&ENCODINGS, accepted.iter().copied()), expected, "{accepted:?}");
        }
    }

    #[test]
    fn files_come_as_they_are_compressed_already_unless_another_is_more_welcome() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("zstd, gzip", Some("zstd")),
            ("*", Some("br")),
            ("*, br;q=0", Some("zstd")),
            ("br;q=0.5, gzip", Some("gzip")),
            ("identity", None),
        ] {
            let taken = best(&ENCODINGS_OF_FILES, [accepted].into_iter());
            assert_eq!(taken, expected, "{accepted}");
        }
    }
}
