//! The handshake that makes a connection a WebSocket.
//!
//! Source: RFC 6455, sections 4.2 and 4.4.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::SUBPROTOCOL;
use crate::routes::Refused;

/// A connection that has become a WebSocket.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The version of the protocol, the only one there ever was.
const VERSION: &str = "13";

/// What a key is made of, written in base64.
const KEY_BYTES: usize = 16;

/// Bytes that are gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Bytes that are read at once.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// A request for a socket that can be granted.
pub(super) struct Handshake {
    accept_key: String,
    /// Whether the client names the protocol that is spoken here.
    speaks: bool,
    connection: OnUpgrade,
}

/// What a request for a socket lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Says which version is spoken, in the header that the protocol has for it.
    Version,
    Request(&'static str),
}

impl Handshake {
    /// Reads the request.
    pub(super) fn read(parts: &mut Parts) -> Result<Self, Unfit> {
        let headers = &parts.headers;
        if parts.version < Version::HTTP_11 || !names(headers, &header::CONNECTION, "upgrade") {
            return Err(Unfit::Request(
                "A socket is asked for over HTTP/1.1, with `Connection: Upgrade`.",
            ));
        }
        if headers
            .get(header::SEC_WEBSOCKET_VERSION)
            .is_none_or(|version| version != VERSION)
        {
            return Err(Unfit::Version);
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
        let key = key.ok_or(Unfit::Request("`Sec-WebSocket-Key` is 16 bytes in base64."))?;
        let connection = parts.extensions.remove::<OnUpgrade>();
        Ok(Self {
            accept_key: derive_accept_key(key.as_bytes()),
            speaks: names(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL),
            connection: connection.ok_or(Unfit::Request("This connection cannot become a socket."))?,
        })
    }

    /// Grants the request and hands the socket over, and whether the client speaks what is spoken here. A message may have
    /// `max_message_bytes`. Compression is not offered: it would let a client say much with few bytes.
    pub(super) fn grant<F>(
        self,
        max_message_bytes: usize,
        talk: impl FnOnce(Socket, bool) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let Self {
            accept_key,
            speaks,
            connection,
        } = self;
        let config = WebSocketConfig::default()
            .max_message_size(Some(max_message_bytes))
            .max_frame_size(Some(max_message_bytes))
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES);
        tokio::spawn(async move {
            match connection.await {
                Ok(upgraded) => {
                    let stream = TokioIo::new(upgraded);
                    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
                    talk(socket, speaks).await;
                }
                Err(error) => tracing::debug!(%error, "a socket was asked for and not taken"),
            }
        });
        let mut headers = HeaderMap::new();
        let accept_key = HeaderValue::from_str(&accept_key).expect("base64 fits into a header");
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key);
        if speaks {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

/// Whether a header's list has `token`, however it is written.
pub(super) fn names(headers: &HeaderMap, header: &HeaderName, token: &str) -> bool {
    let lists = headers.get_all(header).iter().filter_map(|list| list.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .any(|named| named.trim().eq_ignore_ascii_case(token))
}

fn is_key(key: &HeaderValue) -> bool {
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES)
}

impl IntoResponse for Unfit {
    fn into_response(self) -> Response {
        match self {
            Self::Request(message) => Refused::bad(message).into_response(),
            Self::Version => {
                let refused = Refused::bad("Sockets are of version 13 here.").with_status(StatusCode::UPGRADE_REQUIRED);
                let headers = [
                    (header::SEC_WEBSOCKET_VERSION, VERSION),
                    (header::UPGRADE, "websocket"),
                    (header::CONNECTION, "upgrade"),
                ];
                (headers, refused).into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::Request, response::IntoResponse as _};

    use super::Handshake;

    const LAWFUL: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn a_request_is_whole_or_is_told_what_it_lacks() {
        for (header, value, status) in [
            ("connection", "keep-alive", 400),
            ("sec-websocket-version", "8", 426),
            ("sec-websocket-version", "", 426),
            ("sec-websocket-key", "", 400),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25j", 400),
            ("sec-websocket-key", "not base64 at all !!", 400),
        ] {
            let mut request = Request::get("/graphql");
            for (name, lawful) in LAWFUL {
                request = request.header(name, if name == header { value } else { lawful });
            }
            let (mut parts, ()) = request.body(()).expect("a request").into_parts();
            let refused = Handshake::read(&mut parts)
                .err()
                .expect("it is refused")
                .into_response();
            assert_eq!(refused.status(), status, "{header}: {value}");
            let version = refused.headers().get("sec-websocket-version");
            assert_eq!(version.is_some_and(|version| version == "13"), status == 426);
        }
    }
}
