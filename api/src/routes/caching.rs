//! What browsers and networks in front are told of keeping answers.

use axum::http::{HeaderMap, header};

/// For how long an answer may be kept whose address does not name its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CachePolicy {
    /// Fresh for so long.
    pub(crate) max_age_seconds: u32,
    /// Then shown for so long while it is asked for anew, or cannot be.
    pub(crate) stale_seconds: u32,
}

impl CachePolicy {
    /// As `Cache-Control` says it.
    pub(crate) fn header(self) -> String {
        let Self {
            max_age_seconds,
            stale_seconds,
        } = self;
        format!(
            "public, max-age={max_age_seconds}, stale-while-revalidate={stale_seconds}, stale-if-error={stale_seconds}"
        )
    }
}

/// Whether `If-None-Match` lists the tag. A cache that compressed the answer may have made its tag weak.
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let etag = etag.trim_start_matches("W/");
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::is_known;

    #[test]
    fn a_tag_is_known_by_its_text() {
        for (given, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(given));
            for etag in ["\"a\"", "W/\"a\""] {
                assert_eq!(is_known(&headers, etag), expected, "{given}");
            }
        }
    }
}
