//! GraphQL over WebSocket, as graphql-transport-ws has it: who may open a socket.
//!
//! Source: PROTOCOL.md of the npm package `graphql-ws`.

mod close;
mod connection;
mod message;
mod origins;
#[cfg(test)]
mod tests;

use std::sync::Mutex;

use axum::{
    extract::{FromRequestParts as _, Request, State, WebSocketUpgrade},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use schema::{Caller, Code};

use super::streaming::open_with;
use crate::{router::AppState, routes::Refused};
use connection::Connection;
pub(crate) use origins::Origins;

/// The one subprotocol that is spoken.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// What a message may be longer than it is allowed, to be read to its end and refused with a code: who is cut off while
/// sending never gets to see it.
const MARGIN: usize = 2;

/// Bytes that are gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Bytes that are read at once.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// Takes requests for a socket out of the way of the others.
pub(crate) async fn intercept(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if asks_for_socket(request.method(), request.headers()) {
        open(&state, request).await
    } else {
        next.run(request).await
    }
}

/// Whether a request is for a socket. Over HTTP/2 none is: browsers open a connection of their own for it.
fn asks_for_socket(method: &Method, headers: &HeaderMap) -> bool {
    let is_websocket = |upgrade: &str| {
        upgrade
            .split(',')
            .any(|name| name.trim().eq_ignore_ascii_case("websocket"))
    };
    method == Method::GET
        && headers
            .get_all(header::UPGRADE)
            .iter()
            .any(|upgrade| upgrade.to_str().is_ok_and(is_websocket))
}

async fn open(state: &AppState, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if !state.streaming.origins.allow(&parts.uri, &parts.headers) {
        let message = "Pages of this origin may not open a socket. Add it to CORS_ORIGINS.";
        return Refused::new(Code::Forbidden, message).into_response();
    }
    let caller = match Caller::from_request_parts(&mut parts, state).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, state).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Refused::new(Code::BadUserInput, rejection.body_text()).into_response(),
    };
    // It has been looked at, and is not kept for as long as the socket.
    parts.headers.remove(header::AUTHORIZATION);
    let place = match state.streaming.connections.enter(caller.client) {
        Ok(place) => place,
        Err(full) => return full.into_response(),
    };
    let connection = Connection {
        terms: state.streaming.clone(),
        open: open_with(&state.graphql),
        keys: state.keys.clone(),
        draining: state.draining.clone(),
        caller,
        headers: parts.headers,
        place: Mutex::new(place),
    };
    prepare(upgrade, connection.terms.max_message_bytes).on_upgrade(|socket| connection.serve(socket))
}

/// Bounds what a socket holds by itself. Compression is not offered: it would let a client say much with few bytes.
fn prepare(upgrade: WebSocketUpgrade, max_message_bytes: usize) -> WebSocketUpgrade {
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(max_message_bytes * MARGIN)
        .max_frame_size(max_message_bytes * MARGIN)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
}
