//! Whose pages may open a socket. A browser sends any page's, without asking first.

use axum::http::{HeaderMap, Uri, header, uri::Authority};

/// The origins that are known by name.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    any: bool,
    /// `SCHEME://HOST[:PORT]`, in lower case.
    named: Vec<String>,
}

impl Origins {
    /// `allowed` as in `CORS_ORIGINS`, and the service's own address from outside.
    pub(crate) fn new(allowed: &[String], public_url: Option<&str>) -> Self {
        let public_url = public_url.and_then(|url| {
            let url: Uri = url.parse().ok()?;
            Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
        });
        let named = allowed.iter().cloned().chain(public_url);
        Self {
            any: allowed.iter().any(|origin| origin == "*"),
            named: named.map(|origin| origin.to_lowercase()).collect(),
        }
    }

    /// Whether the request is of no page, of one of this host, or of an allowed one.
    pub(super) fn allow(&self, address: &Uri, headers: &HeaderMap) -> bool {
        let origins = headers.get_all(header::ORIGIN);
        origins.iter().all(|origin| {
            self.any
                || origin.to_str().is_ok_and(|origin| {
                    let origin = origin.to_lowercase();
                    self.named.contains(&origin) || is_of_host(&origin, address, headers)
                })
        })
    }
}

/// Whether the page came from the host that the request is sent to, at the same port.
fn is_of_host(origin: &str, address: &Uri, headers: &HeaderMap) -> bool {
    let Some((scheme, page)) = origin.split_once("://") else {
        return false;
    };
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let place = |authority: &Authority| {
        let port = authority.port_u16().unwrap_or(default_port);
        (authority.host().to_lowercase(), port)
    };
    let Ok(page) = page.parse::<Authority>() else {
        return false;
    };
    // HTTP/2 has the host in the address.
    let host = match address.authority() {
        Some(authority) => Some(authority.clone()),
        None => headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok()?.parse::<Authority>().ok()),
    };
    host.is_some_and(|host| place(&host) == place(&page))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Uri, header};

    use super::Origins;

    #[test]
    fn pages_of_this_host_and_of_named_origins_are_let_in() {
        let origins = Origins::new(&["https://app.example".to_owned()], Some("https://icons.example/api"));
        for (host, origin, expected) in [
            ("localhost:8080", None, true),
            ("localhost:8080", Some("http://localhost:8080"), true),
            ("LocalHost:8080", Some("http://LOCALHOST:8080"), true),
            ("localhost:8080", Some("http://localhost:5173"), false),
            ("localhost:8080", Some("http://127.0.0.1:8080"), false),
            ("internal", Some("http://internal:80"), true),
            ("internal:443", Some("https://internal"), true),
            ("internal:443", Some("http://internal"), false),
            ("internal", Some("https://app.example"), true),
            ("internal", Some("http://app.example"), false),
            ("internal", Some("https://app.example.evil"), false),
            ("internal", Some("https://icons.example"), true),
            ("internal", Some("https://icons.example/api"), false),
            ("internal", Some("null"), false),
            ("internal", Some(""), false),
            ("internal", Some("file://internal"), false),
            ("", Some("http://internal"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(
                origins.allow(&Uri::from_static("/graphql"), &headers),
                expected,
                "{host} {origin:?}"
            );
        }
        let mut evil = HeaderMap::new();
        evil.insert(header::HOST, HeaderValue::from_static("internal"));
        evil.append(header::ORIGIN, HeaderValue::from_static("http://internal"));
        evil.append(header::ORIGIN, HeaderValue::from_static("http://evil.example"));
        assert!(!origins.allow(&Uri::from_static("/graphql"), &evil));
        let any = Origins::new(&["*".to_owned()], None);
        assert!(any.allow(&Uri::from_static("/graphql"), &evil));
    }
}
