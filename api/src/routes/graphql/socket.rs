//! GraphQL over WebSocket, as graphql-transport-ws has it: who may open a socket.
//!
//! Source: PROTOCOL.md of the npm package `graphql-ws`.

mod close;
mod connection;
mod end;
mod handshake;
mod message;
mod origins;
#[cfg(test)]
mod tests;
mod writing;

use std::sync::Mutex;

use axum::{
    extract::FromRequestParts as _,
    http::{Method, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use schema::{Caller, Code};

use super::streaming::open_with;
use crate::{router::AppState, routes::Refused};
use connection::Connection;
use handshake::Handshake;
pub(crate) use origins::Origins;

/// The one subprotocol that is spoken.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Whether a request by GET is for a socket. Over HTTP/2 none is: browsers open a connection of their own for it.
pub(super) fn is_asked_for(parts: &Parts) -> bool {
    parts.method == Method::GET && handshake::names(&parts.headers, &header::UPGRADE, "websocket")
}

/// Opens the socket that is asked for.
pub(super) async fn open(state: &AppState, mut parts: Parts) -> Response {
    if !state.streaming.origins.allow(&parts.uri, &parts.headers) {
        let message = "Pages of this origin may not open a socket. Add it to CORS_ORIGINS.";
        return Refused::new(Code::Forbidden, message).into_response();
    }
    let caller = match Caller::from_request_parts(&mut parts, state).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let handshake = match Handshake::read(&mut parts) {
        Ok(handshake) => handshake,
        Err(unfit) => return unfit.into_response(),
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
    handshake.grant(connection.terms.max_message_bytes, |socket, speaks| {
        connection.serve(socket, speaks)
    })
}
