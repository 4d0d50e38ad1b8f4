//! Who sends a request: whoever holds its key, a page of the binary's own, whoever sits at this machine, or anybody.
//!
//! A key speaks for itself: who brings one that is not good is refused whole, and not taken for somebody without.
//!
//! In development, whoever sits at the server's own machine may do everything. A page that their browser shows may not: one
//! of another site says so in `Origin`, and one that gave its own name this machine's address says that name in `Host`.
//! Nor may those for whom a proxy on this machine speaks, which says so in the headers of proxies.

pub(crate) mod key;
mod session;

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderName, Uri, header, request::Parts, uri::Authority},
};
use domain::access::{Client, Scope, Scopes};
use schema::Caller;

use crate::{client_address::ClientAddress, router::AppState};
pub(crate) use key::Refusal;
pub(crate) use session::PageSessions;

/// A request that has one of these was sent on.
const OF_PROXIES: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

impl FromRequestParts<AppState> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let address = parts.extensions.get::<ClientAddress>();
        let client = address.map_or_else(Client::default, |address| Client::at(address.0));
        if let Some(caller) = key::caller(&state.keys, &parts.headers, client)? {
            return Ok(caller);
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|peer| peer.0.ip());
        let scopes = if !state.is_production && is_of_this_machine(peer, parts) {
            Scopes::all()
        } else if state.sessions.is_of_page(&parts.uri, &parts.headers) {
            [Scope::UsageWrite].into_iter().collect()
        } else {
            Scopes::NONE
        };
        Ok(Self { client, scopes })
    }
}

fn is_of_this_machine(peer: Option<IpAddr>, parts: &Parts) -> bool {
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
        && !OF_PROXIES.iter().any(|name| parts.headers.contains_key(name))
        && parts
            .headers
            .get_all("sec-fetch-site")
            .iter()
            .all(|site| site != "cross-site")
        && names_this_machine(&parts.uri, &parts.headers)
}

/// Whether the request was addressed to this machine, by a page of this machine if by a page.
fn names_this_machine(address: &Uri, headers: &HeaderMap) -> bool {
    let texts = |name| {
        headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
    };
    // HTTP/2 has the host in the address.
    let mut hosts = address
        .authority()
        .map(Authority::as_str)
        .into_iter()
        .chain(texts(header::HOST))
        .peekable();
    hosts.peek().is_some()
        && hosts.all(is_this_machine)
        && texts(header::ORIGIN).all(|origin| origin.split_once("://").is_some_and(|(_, host)| is_this_machine(host)))
}

/// Whether `localhost`, `127.0.0.1:8080` or the like.
fn is_this_machine(host_and_port: &str) -> bool {
    let Some(authority) = host_and_port
        .parse::<Authority>()
        .ok()
        .filter(|_| !host_and_port.contains('@'))
    else {
        return false;
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_name = host.eq_ignore_ascii_case("localhost");
    is_name || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

    use super::names_this_machine;

    #[test]
    fn a_request_names_this_machine_and_no_other() {
        for (headers, expected) in [
            (&[("host", "localhost")][..], true),
            (&[("host", "LOCALHOST:8080")], true),
            (&[("host", "127.0.0.1:8080")], true),
            (&[("host", "[::1]:8080")], true),
            (&[], false),
            (&[("host", "")], false),
            (&[("host", "icons.example.com")], false),
            (&[("host", "localhost.example.com")], false),
            (&[("host", "127.0.0.1.example.com:8080")], false),
            (&[("host", "localhost@example.com")], false),
            (&[("host", "example.com@localhost")], false),
            (&[("host", "192.168.0.7:8080")], false),
            (&[("host", "localhost"), ("host", "example.com")], false),
            (&[("host", "localhost"), ("origin", "http://localhost:5173")], true),
            (&[("host", "localhost"), ("origin", "http://127.0.0.1:8080")], true),
            (&[("host", "localhost"), ("origin", "https://example.com")], false),
            (&[("host", "localhost"), ("origin", "null")], false),
            (&[("host", "localhost"), ("origin", "")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(
                names_this_machine(&Uri::from_static("/graphql"), &map),
                expected,
                "{headers:?}"
            );
        }
        for (address, expected) in [
            ("http://localhost:8080/graphql", true),
            ("http://example.com/graphql", false),
        ] {
            assert_eq!(
                names_this_machine(&Uri::from_static(address), &HeaderMap::new()),
                expected,
                "{address}"
            );
        }
    }
}
