//! Wiring: the router on a socket, and its orderly end.

use std::{net::SocketAddr, time::Duration};

use domain::access::Access;
use schema::{GraphqlService, SchemaConfig, Stores};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    config::{Config, Mode},
    router,
    telemetry::Vitals,
    trusted_documents::{self, TrustError},
};

/// Why the server is not, or no longer, there.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: {reason}; free the port or set LISTEN to another")]
    Listen { address: SocketAddr, reason: String },
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("the server stopped: {0}")]
    Stopped(String),
}

/// A server that answers.
pub struct RunningServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    draining: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
    /// What goes on beside requests, and ends with the server.
    _background: JoinSet<()>,
}

/// Whether the server is on its way out. An orderly end waits for whoever has one.
#[derive(Clone)]
pub(crate) struct Draining(watch::Receiver<bool>);

impl Draining {
    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    #[cfg(test)]
    pub(crate) fn told_by(draining: watch::Receiver<bool>) -> Self {
        Self(draining)
    }

    /// Waits for it.
    pub(crate) async fn begun(&self) {
        // Without a server there is nothing to wait for.
        let _ = self.0.clone().wait_for(|begun| *begun).await;
    }
}

/// Starts to answer on the configured address.
pub async fn start(
    config: &Config,
    stores: Stores,
    access: Access,
    started_at_ms: i64,
) -> Result<RunningServer, ServeError> {
    let unusable = |error: std::io::Error| ServeError::Listen {
        address: config.listen,
        reason: error.to_string(),
    };
    let listener = TcpListener::bind(config.listen).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let vitals = Vitals::start(stores.catalog.clone(), instance(address));
    let graphql = GraphqlService::new(
        stores.clone(),
        SchemaConfig {
            limits: config.limits(),
            documents: config.documents(),
            public_url: config.public_url.clone(),
            version: env!("CARGO_PKG_VERSION"),
            started_at_ms,
            vitals,
        },
    );
    let manifests = config.documents.documents_manifest.clone();
    let mut background = JoinSet::new();
    if !manifests.is_empty() {
        trusted_documents::load(&graphql, &manifests)?;
        background.spawn(trusted_documents::keep(graphql.clone(), manifests));
    } else if config.documents.documents_mode == Mode::TrustedOnly {
        return Err(TrustError::None.into());
    }
    let (draining, is_draining) = watch::channel(false);
    let (stop, mut stopped) = watch::channel(false);
    let router = router::build(config, graphql, (stores, access), Draining(is_draining));
    let task = tokio::spawn(async move {
        axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            })
            .await
    });
    Ok(RunningServer {
        address,
        stop,
        draining,
        task,
        _background: background,
    })
}

/// What tells this instance from others of the same catalog: where it listens, by its machine's name where that is known.
fn instance(address: SocketAddr) -> String {
    match std::fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) if !host.trim().is_empty() => format!("{}:{}", host.trim(), address.port()),
        _ => address.to_string(),
    }
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends when the server does by itself, which it never should.
    pub(crate) async fn stopped(&mut self) -> ServeError {
        match (&mut self.task).await {
            Ok(Ok(())) => ServeError::Stopped("its listener ended".to_owned()),
            Ok(Err(error)) => ServeError::Stopped(error.to_string()),
            Err(error) => ServeError::Stopped(error.to_string()),
        }
    }

    /// Takes no more connections, lets running requests end for `grace`, then cuts what is left.
    pub async fn shut_down(mut self, grace: Duration) {
        let _ = self.draining.send(true);
        let _ = self.stop.send(true);
        let ended = async {
            let _ = (&mut self.task).await;
            // Sockets have left the server; each holds a receiver until it is closed.
            self.draining.closed().await;
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut");
            self.task.abort();
        }
    }
}

/// Ends on SIGTERM or Ctrl-C.
pub(crate) async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}
