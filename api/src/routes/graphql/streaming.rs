//! What sockets and event streams share.

use std::{sync::Arc, time::Duration};

use axum::http::HeaderName;
use domain::{
    access::{Client, Keys},
    operations::Operations,
};
use futures_util::FutureExt as _;
use schema::GraphqlService;

use super::{connections::Connections, operation::Open, outbox::QueueLimits, socket::Origins};
use crate::{
    config::{Config, WebsocketArgs},
    middleware::overload::Gate,
};

/// The terms of answers that last. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Streaming(Arc<Terms>);

pub(crate) struct Terms {
    pub(super) settings: WebsocketArgs,
    /// In which a trusted proxy says where a client is.
    pub(super) country_header: Option<HeaderName>,
    pub(super) connections: Connections,
    /// Whose pages may open a socket.
    pub(super) origins: Origins,
    /// How long a query or a mutation may take.
    pub(super) deadline: Duration,
    /// Bytes of a client's message.
    pub(super) max_message_bytes: usize,
    /// Where every operation waits for its turn among all that are worked on.
    pub(super) gate: Gate,
    /// Where it is noted that a request came to no operation.
    pub(super) operations: Operations,
}

impl Streaming {
    pub(crate) fn new(config: &Config, gate: Gate, operations: Operations) -> Self {
        let settings = config.websocket.clone();
        let connections = Connections::new(
            settings.websocket_max_connections as usize,
            settings.websocket_max_connections_per_client as usize,
        );
        Self(Arc::new(Terms {
            connections,
            origins: Origins::new(&config.http.cors_origins, config.public_url.as_deref()),
            deadline: config.http.request_timeout(),
            max_message_bytes: config.limits.max_body_bytes as usize,
            gate,
            operations,
            settings,
            country_header: config.usage.country_header.clone(),
        }))
    }
}

impl std::ops::Deref for Streaming {
    type Target = Terms;

    fn deref(&self) -> &Terms {
        &self.0
    }
}

impl Terms {
    pub(super) fn queue_limits(&self) -> QueueLimits {
        QueueLimits {
            events: self.settings.websocket_queue_events as usize,
            bytes: self.settings.websocket_queue_bytes as usize,
            operations: self.settings.websocket_max_operations as usize,
        }
    }
}

/// Hands requests to the schema.
pub(super) fn open_with(graphql: &GraphqlService) -> Open {
    let graphql = graphql.clone();
    Arc::new(move |request| {
        let graphql = graphql.clone();
        async move { graphql.open(request).await }.boxed()
    })
}

/// Waits until the key of `client` is no longer good; forever where it has none.
pub(super) async fn key_refused(keys: &Keys, client: Client) {
    match client.key() {
        Some(id) => drop(keys.until_refused(id).await),
        None => std::future::pending().await,
    }
}
