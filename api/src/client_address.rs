//! The address of the client behind proxies that are trusted, and of nobody else's choosing.
//!
//! Each proxy adds whom it was asked by at the right end of `Forwarded` (RFC 7239) or `X-Forwarded-For`. So the list is
//! walked from the right for as long as those who wrote it are trusted: whatever stands further left, anybody may have
//! written.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, header},
};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who asks, in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Notes the client's address for whatever comes later.
pub(crate) fn note(request: &mut Request, trusted: &[IpNet]) {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = behind(peer.ip(), request.headers(), trusted);
        request.extensions_mut().insert(ClientAddress(address));
    }
}

/// Whether a proxy that is trusted sent the request on.
pub(crate) fn is_of_proxy(request: &Request, trusted: &[IpNet]) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(peer)| is_trusted(peer.ip().to_canonical(), trusted))
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Who asks when `peer` is whose connection it is.
pub(crate) fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| is_trusted(address, trusted);
    if !is_trusted(peer) {
        return peer;
    }
    let walked = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            // Who cannot be made out was named by the one before, who can.
            let Some(address) = hop else { break };
            client = address;
            if !is_trusted(address) {
                break;
            }
        }
        client
    };
    let of_header = |name: &HeaderName, read: fn(&str) -> Vec<Option<IpAddr>>| {
        let lines = headers.get_all(name).iter();
        let hops = lines.flat_map(|line| line.to_str().map_or_else(|_| vec![None], read));
        headers.contains_key(name).then(|| walked(hops.collect()))
    };
    match (
        of_header(&header::FORWARDED, forwarded),
        of_header(&X_FORWARDED_FOR, x_forwarded_for),
    ) {
        (Some(client), None) | (None, Some(client)) => client,
        // A proxy that writes one of them passes the other on as the client wrote it, and nobody can say which it is.
        (Some(client), Some(other)) if client == other => client,
        (None, None) | (Some(_), Some(_)) => peer,
    }
}

fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(|hop| address(hop.trim())).collect()
}

/// The `for` of each element.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    split_outside_quotes(line, ',')
        .map(|element| {
            let mut of_element = split_outside_quotes(element, ';').filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
            });
            let node = of_element.next()?;
            let node = node
                .strip_prefix('"')
                .map_or(Some(node), |rest| rest.strip_suffix('"'))?;
            address(node).filter(|_| of_element.next().is_none())
        })
        .collect()
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |character| {
        is_quoted ^= character == '"';
        character == separator && !is_quoted
    })
}

/// `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text.parse().ok().or_else(bracketed);
    let address = address.or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_client_is_whom_the_last_trusted_proxy_names() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8"]
            .map(|text| text.parse().unwrap())
            .into();
        for (peer, headers, expected) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            // From whom nobody trusts, nothing is believed.
            ("203.0.113.9", &[("x-forwarded-for", "198.51.100.7")], "203.0.113.9"),
            ("203.0.113.9", &[("forwarded", "for=198.51.100.7")], "203.0.113.9"),
            ("192.0.2.2", &[("x-forwarded-for", "198.51.100.7")], "192.0.2.2"),
            // One proxy, several proxies, and what the client claims before them.
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
            ("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
            (
                "::ffff:10.0.0.1",
                &[("x-forwarded-for", "198.51.100.7")],
                "198.51.100.7",
            ),
            ("fd00::1", &[("x-forwarded-for", "2001:db8::1")], "2001:db8::1"),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "198.51.100.7, 10.0.0.2")],
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "1.1.1.1, 198.51.100.7,10.0.0.2")],
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")],
                "198.51.100.7",
            ),
            ("10.0.0.1", &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.7:4711")], "198.51.100.7"),
            ("10.0.0.1", &[("x-forwarded-for", "[2001:db8::1]:4711")], "2001:db8::1"),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "::ffff:198.51.100.7")],
                "198.51.100.7",
            ),
            // What cannot be read ends the walk.
            ("10.0.0.1", &[("x-forwarded-for", "")], "10.0.0.1"),
            ("10.0.0.1", &[("x-forwarded-for", "unknown")], "10.0.0.1"),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "1.1.1.1, junk, 10.0.0.2")],
                "10.0.0.2",
            ),
            ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1,")], "10.0.0.1"),
            // The standard's header.
            ("10.0.0.1", &[("forwarded", "for=198.51.100.7")], "198.51.100.7"),
            (
                "10.0.0.1",
                &[("forwarded", "For=\"198.51.100.7:80\";proto=https; by=10.0.0.1")],
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &[("forwarded", "proto=https; for=\"[2001:db8::1]:4711\"")],
                "2001:db8::1",
            ),
            (
                "10.0.0.1",
                &[("forwarded", "for=1.1.1.1, for=198.51.100.7;proto=http, for=10.0.0.2")],
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &[("forwarded", "by=\"x,for=1.1.1.1\";for=198.51.100.7")],
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &[("forwarded", "for=1.1.1.1, for=_hidden, for=10.0.0.2")],
                "10.0.0.2",
            ),
            ("10.0.0.1", &[("forwarded", "for=unknown")], "10.0.0.1"),
            ("10.0.0.1", &[("forwarded", "for=1.1.1.1;for=2.2.2.2")], "10.0.0.1"),
            ("10.0.0.1", &[("forwarded", "for=\"1.1.1.1")], "10.0.0.1"),
            ("10.0.0.1", &[("forwarded", "proto=https")], "10.0.0.1"),
            // Both, and one of them may be the client's own.
            (
                "10.0.0.1",
                &[("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "1.1.1.1")],
                "1.1.1.1",
            ),
            (
                "10.0.0.1",
                &[("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "198.51.100.7")],
                "10.0.0.1",
            ),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let client = behind(peer.parse().unwrap(), &map, &trusted);
            assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{peer} {headers:?}");
        }
    }
}
