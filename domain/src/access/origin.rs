use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Where pages come from, as browsers write it in `Origin`: `https://icons.example.com`, `http://localhost:5173`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// A text that is no origin of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write an origin as browsers do: https://HOST or https://HOST:PORT, without a path")]
pub struct NoOrigin;

impl Origin {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Case and a port that goes without saying are put as browsers put them, so that origins are compared as texts.
impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(NoOrigin)?;
        let default_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(NoOrigin),
        };
        let (host, port) = match authority.rsplit_once(':') {
            // Inside brackets a colon is of the address.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let host = host_as_browsers_write_it(host).ok_or(NoOrigin)?;
        let port = port.map(port_number).transpose()?;
        Ok(Self(match port.filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }
}

fn port_number(text: &str) -> Result<u16, NoOrigin> {
    // A number may be written with a sign, a port not.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| is_number && *port > 0);
    port.ok_or(NoOrigin)
}

fn host_as_browsers_write_it(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let is_label = |label: &str| {
        let of_names = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(of_names)
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_address = last.bytes().all(|byte| byte.is_ascii_digit());
    if is_address && host.parse::<Ipv4Addr>().is_err() {
        return None;
    }
    (host.len() <= 253 && host.split('.').all(is_label)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{NoOrigin, Origin};

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (text, expected) in [
            ("https://example.com", Some("https://example.com")),
            ("HTTPS://Example.COM", Some("https://example.com")),
            ("https://example.com:443", Some("https://example.com")),
            ("http://example.com:80", Some("http://example.com")),
            ("https://example.com:80", Some("https://example.com:80")),
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("http://[0:0:0:0:0:0:0:1]", Some("http://[::1]")),
            ("https://xn--bcher-kva.example", Some("https://xn--bcher-kva.example")),
            ("https://example.com:65535", Some("https://example.com:65535")),
            ("https://example.com:65536", None),
            ("https://example.com:0", None),
            ("https://example.com:", None),
            ("https://example.com:+1", None),
            ("https://example.com/", None),
            ("https://example.com/page", None),
            ("https://example.com?x", None),
            ("https://user@example.com", None),
            ("https://*.example.com", None),
            ("https://bücher.example", None),
            ("https://exa mple.com", None),
            ("https://.example.com", None),
            ("https://example.com.", None),
            ("https://1.2.3", None),
            ("https://256.0.0.1", None),
            ("https://", None),
            ("https://[::1", None),
            ("https://::1", None),
            ("example.com", None),
            ("ftp://example.com", None),
            ("null", None),
            ("*", None),
            ("", None),
        ] {
            let expected = expected.map(str::to_owned).ok_or(NoOrigin);
            let origin = text.parse::<Origin>().map(|origin| origin.to_string());
            assert_eq!(origin, expected, "{text}");
        }
    }
}
