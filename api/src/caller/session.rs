//! The session of the binary's own pages: the cookie that comes with a page, and the requests that it is good for.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::Authority};
use domain::access::{Origin, SESSION_LIFE, Sessions};

const COOKIE: &str = "iconql_session";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Gives pages their session, and knows which requests come from them.
#[derive(Clone)]
pub(crate) struct PageSessions {
    sessions: Sessions,
    /// `https://icons.example.com`, where it is configured; its path is no part of an origin.
    public_origin: Option<Origin>,
}

impl PageSessions {
    pub(crate) fn new(sessions: Sessions, public_url: Option<&str>) -> Self {
        Self {
            sessions,
            public_origin: public_url.and_then(origin_of),
        }
    }

    /// The cookie of a page that is about to be sent.
    pub(crate) fn cookie(&self) -> HeaderValue {
        let session = self.sessions.issue();
        let seconds = SESSION_LIFE.as_secs();
        // Over plain HTTP, as on one's own machine, browsers would not take a cookie that says so.
        let is_https = self
            .public_origin
            .as_ref()
            .is_some_and(|origin| origin.as_str().starts_with("https:"));
        let secure = if is_https { "; Secure" } else { "" };
        let cookie = format!("{COOKIE}={session}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&cookie).expect("a session is made of letters, digits, dots and hyphens")
    }

    /// Whether the request comes from a page of ours whose session is good.
    pub(super) fn is_of_page(&self, address: &Uri, headers: &HeaderMap) -> bool {
        is_same_origin(self.public_origin.as_ref(), address, headers)
            && session(headers).is_some_and(|session| self.sessions.is_good(session))
    }
}

/// As the browser says it. One that says nothing of its pages is no browser that keeps others away from them.
fn is_same_origin(public: Option<&Origin>, address: &Uri, headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter().peekable();
    if sites.peek().is_some() {
        return sites.all(|site| site == "same-origin");
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return false;
    };
    let is_public = public.is_some_and(|public| origin == public.as_str());
    is_public || origin.to_str().is_ok_and(|origin| is_of_host(origin, address, headers))
}

/// Whether an origin is that of the host which the request was sent to.
fn is_of_host(origin: &str, address: &Uri, headers: &HeaderMap) -> bool {
    let Some(("http" | "https", of_page)) = origin.split_once("://") else {
        return false;
    };
    // HTTP/2 has the host in the address.
    let host = address.authority().map(Authority::as_str);
    let host = host.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()));
    host.is_some_and(|host| !host.is_empty() && host.eq_ignore_ascii_case(of_page))
}

/// The origin of an address; none where its host is none that browsers know.
fn origin_of(url: &str) -> Option<Origin> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{authority}").parse().ok()
}

/// The session that the request brings. A browser has one of ours.
fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
    named.find_map(|(name, value)| (name == COOKIE).then_some(value))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

    use super::{is_same_origin, origin_of, session};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        })
    }

    #[test]
    fn pages_of_ours_are_told_from_others() {
        let public = origin_of("https://Icons.example.com:443/all");
        for (given, expected) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "")], false),
            (
                &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://icons.example.com"),
                ],
                false,
            ),
            (&[("host", "icons.lan:8080")], false),
            (&[("host", "icons.lan:8080"), ("origin", "http://icons.lan:8080")], true),
            (
                &[("host", "icons.lan:8080"), ("origin", "https://icons.lan:8080")],
                true,
            ),
            (&[("host", "icons.lan:8080"), ("origin", "http://icons.lan")], false),
            (
                &[("host", "icons.lan:8080"), ("origin", "http://other.lan:8080")],
                false,
            ),
            (&[("host", "icons.lan:8080"), ("origin", "null")], false),
            (&[("host", "icons.lan:8080"), ("origin", "")], false),
            (&[("host", ""), ("origin", "http://")], false),
            (&[("host", "null"), ("origin", "file://null")], false),
            // A proxy may put its own name for the host in the place of the one that the browser knows.
            (&[("host", "10.0.0.7"), ("origin", "https://icons.example.com")], true),
            (&[("host", "10.0.0.7"), ("origin", "http://icons.example.com")], false),
            (
                &[
                    ("host", "a.lan"),
                    ("origin", "http://a.lan"),
                    ("origin", "http://b.lan"),
                ],
                false,
            ),
        ] {
            let found = is_same_origin(public.as_ref(), &Uri::from_static("/graphql"), &headers(given));
            assert_eq!(found, expected, "{given:?}");
        }
        let given = headers(&[("origin", "http://icons.lan")]);
        assert!(is_same_origin(
            None,
            &Uri::from_static("http://icons.lan/graphql"),
            &given
        ));
    }

    #[test]
    fn a_session_is_found_among_other_cookies() {
        for (given, expected) in [
            (&[][..], None),
            (&[("cookie", "iconql_session=1.a")], Some("1.a")),
            (&[("cookie", "a=b; iconql_session=1.a; c=d")], Some("1.a")),
            (&[("cookie", "a=b"), ("cookie", "iconql_session=1.a")], Some("1.a")),
            (&[("cookie", "iconql_session=1.a;iconql_session=2.b")], Some("1.a")),
            (&[("cookie", "xiconql_session=1.a; iconql_session")], None),
            (&[("cookie", "a=iconql_session=1.a")], None),
        ] {
            assert_eq!(session(&headers(given)), expected, "{given:?}");
        }
    }
}
