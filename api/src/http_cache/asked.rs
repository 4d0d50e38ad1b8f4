//! Which requests can be answered by what others were answered, and by which of it.

use std::sync::Arc;

use axum::{
    body::HttpBody as _,
    extract::Request,
    http::{HeaderMap, HeaderName, Method, header},
};
use domain::switches::Switches;

use crate::{
    middleware::compression,
    routes::graphql::{CLIENT_NAME, Form, WANTS_COST, negotiate},
};

/// Who sends one of these is somebody, comes from somewhere, or wants to be told what others do not: they are answered for
/// themselves.
const OF_ONE_CALLER: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::EXPECT,
    header::ORIGIN,
    header::UPGRADE,
    HeaderName::from_static("traceparent"),
    WANTS_COST,
];

/// What is asked for: the address, and what of the headers makes a difference to the answer.
pub(super) struct Asked(Vec<u8>);

impl Asked {
    /// None of a request that is to be answered for itself.
    pub(super) fn of(request: &Request, switches: &Switches) -> Option<Self> {
        let headers = request.headers();
        if request.method() != Method::GET
            || !request.body().is_end_stream()
            || headers.keys().any(|name| OF_ONE_CALLER.contains(name))
        {
            return None;
        }
        let address = request.uri().path_and_query()?.as_str();
        let program = program(headers);
        let form = match negotiate(headers)? {
            Form::Json => b'j',
            Form::GraphqlJson => b'g',
            Form::EventStream => return None,
        };
        let encoding = compression::wanted(headers, switches).map_or(b'-', |encoding| encoding.as_bytes()[0]);
        let mut key = Vec::with_capacity(3 + program.len() + address.len());
        key.extend([form, encoding]);
        key.extend(program);
        // No header has one.
        key.push(0);
        key.extend(address.as_bytes());
        Some(Self(key))
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_key(self) -> Arc<[u8]> {
        self.0.into()
    }
}

/// What the client's program calls itself: a document may be there for one program alone.
fn program(headers: &HeaderMap) -> &[u8] {
    headers.get(CLIENT_NAME).map_or(b"", |name| name.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};
    use domain::switches::Switches;

    use super::Asked;

    fn key(method: &str, address: &str, headers: &[(&str, &str)]) -> Option<Vec<u8>> {
        let request = Request::builder().method(method).uri(address);
        let request = (headers.iter()).fold(request, |request, (name, value)| request.header(*name, *value));
        Asked::of(&request.body(Body::empty()).unwrap(), &Switches::default()).map(|asked| asked.0)
    }

    #[test]
    fn only_requests_of_anybody_are_looked_for() {
        assert!(key("GET", "/graphql?id=a", &[("cookie", "a=b"), ("x-forwarded-for", "::1")]).is_some());
        for method in ["POST", "HEAD", "OPTIONS"] {
            assert!(key(method, "/graphql?id=a", &[]).is_none(), "{method}");
        }
        for header in [
            ("authorization", "Bearer a"),
            ("origin", "https://example.com"),
            ("upgrade", "websocket"),
            ("expect", "100-continue"),
            ("traceparent", "00-1-2-01"),
            ("x-iconql-cost", "1"),
            ("accept", "text/event-stream"),
            ("accept", "text/html"),
        ] {
            assert!(key("GET", "/graphql?id=a", &[header]).is_none(), "{header:?}");
        }
        let request = Request::get("/graphql?id=a").body(Body::from("a")).unwrap();
        assert!(Asked::of(&request, &Switches::default()).is_none());
    }

    #[test]
    fn what_makes_a_difference_to_the_answer_is_in_the_key() {
        let different = [
            key("GET", "/graphql?id=a", &[]),
            key("GET", "/graphql?id=b", &[]),
            key("GET", "/graphql", &[]),
            key(
                "GET",
                "/graphql?id=a",
                &[("accept", "application/graphql-response+json")],
            ),
            key("GET", "/graphql?id=a", &[("accept-encoding", "gzip")]),
            key("GET", "/graphql?id=a", &[("accept-encoding", "br")]),
            key("GET", "/graphql?id=a", &[("accept-encoding", "zstd")]),
            key("GET", "/graphql?id=a", &[("accept-encoding", "deflate")]),
            key("GET", "/graphql?id=a", &[("apollographql-client-name", "web")]),
        ];
        for (place, one) in different.iter().enumerate() {
            assert!(one.is_some());
            assert!(different[place + 1..].iter().all(|other| other != one), "{place}");
        }
        for same in [
            &[("accept", "application/json")][..],
            &[("accept", "*/*"), ("user-agent", "curl")],
            &[("accept-encoding", "identity")],
            &[("accept-encoding", "gzip;q=0")],
        ] {
            assert_eq!(key("GET", "/graphql?id=a", same), different[0], "{same:?}");
        }
    }
}
