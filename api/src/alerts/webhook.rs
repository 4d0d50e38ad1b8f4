//! Sends alerts to whoever is to hear of them.
//!
//! What fires and what is resolved is sent at least once, each with an id that stays the same, by which a receiver knows what it has had already. What
//! is not taken is sent again after pauses that grow, and given up in the end; other alerts do not wait for it. A redirect is no taking: where alerts
//! go is for the configuration to say, and for nobody else.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    error::Error as _,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{Method, Request, Uri, header},
};
use domain::alerts::{Alert, AlertId, AlertState, Alerts};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinSet};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{config::WebhookUrl, routes::status::time};

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often something is sent that is not taken: over eight minutes.
const MOST_ATTEMPTS: u32 = 10;

/// What comes between the first two attempts, and twice of it between the next.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Why nothing could be sent, which is found out at the start.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("ALERT_WEBHOOK_URL: no certificate authority is known here: name a file of them in SSL_CERT_FILE")]
    NoAuthorities,
    #[error("ALERT_WEBHOOK_URL: TLS cannot be spoken: {0}")]
    Tls(tokio_rustls::rustls::Error),
}

/// Where alerts are sent. Cheap to clone.
#[derive(Clone)]
pub(super) struct Webhook {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
}

impl Webhook {
    /// # Errors
    /// Where TLS is to be spoken and no certificate could be checked.
    pub(super) fn new(url: &WebhookUrl) -> Result<Self, WebhookError> {
        let url = url.0.clone();
        let mut authorities = RootCertStore::empty();
        if url.scheme_str() == Some("https") {
            let found = rustls_native_certs::load_native_certs().certs;
            let (usable, _) = authorities.add_parsable_certificates(found);
            if usable == 0 {
                return Err(WebhookError::NoAuthorities);
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(WebhookError::Tls)?
            .with_root_certificates(authorities)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        // Between two alerts hours go by.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector);
        Ok(Self { client, url })
    }

    /// Sends what it is given, for as long as it is polled: of one alert in its order, of several at once.
    pub(super) async fn run(self, alerts: Alerts, mut to_tell: UnboundedReceiver<Arc<Alert>>) {
        // What waits for what is being sent of the same alert.
        let mut waiting: HashMap<AlertId, VecDeque<Arc<Alert>>> = HashMap::new();
        let mut sending = JoinSet::new();
        loop {
            tokio::select! {
                alert = to_tell.recv() => {
                    let Some(alert) = alert else { return };
                    match waiting.entry(alert.id) {
                        Entry::Occupied(mut queue) => queue.get_mut().push_back(alert),
                        Entry::Vacant(none) => {
                            none.insert(VecDeque::new());
                            sending.spawn(self.clone().send(alert));
                        }
                    }
                }
                Some(sent) = sending.join_next() => {
                    let Ok(sent) = sent else { continue };
                    alerts.has_told(&sent);
                    if let Entry::Occupied(mut queue) = waiting.entry(sent.id) {
                        match queue.get_mut().pop_front() {
                            Some(next) => drop(sending.spawn(self.clone().send(next))),
                            None => drop(queue.remove()),
                        }
                    }
                }
            }
        }
    }

    /// Sends one, until it is taken or given up.
    async fn send(self, alert: Arc<Alert>) -> Arc<Alert> {
        let (event, body) = (event(&alert), body(&alert));
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=MOST_ATTEMPTS {
            match self.post(&event, body.clone()).await {
                Ok(()) => {
                    count("delivered");
                    return alert;
                }
                Err(reason) => {
                    count("failed");
                    tracing::warn!(event, attempt, reason, "an alert was not taken by the webhook");
                }
            }
            if attempt < MOST_ATTEMPTS {
                rest(pause).await;
                pause *= 2;
            }
        }
        count("given_up");
        tracing::error!(
            event,
            "an alert is not sent any more: see whether ALERT_WEBHOOK_URL answers"
        );
        alert
    }

    /// Sends it once. What is said of a failure does not name the address.
    async fn post(&self, event: &str, body: Bytes) -> Result<(), String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("iconql/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", event)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        match answer {
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            Ok(Err(error)) => Err(cause(&error)),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) if answer.status().is_redirection() => Err(format!(
                "it answered {}, and redirects are not followed",
                answer.status()
            )),
            Ok(Ok(answer)) => Err(format!("it answered {}", answer.status())),
        }
    }
}

/// What a receiver knows it by, however often it is sent.
fn event(alert: &Alert) -> String {
    format!("{}:{}", alert.id, alert.state.as_str())
}

fn body(alert: &Alert) -> Bytes {
    let at_ms = match alert.state {
        AlertState::Firing => Some(alert.since_ms),
        AlertState::Resolved => alert.resolved_ms,
    };
    let body = json!({
        "event": event(alert),
        "id": schema::id_of_alert(alert.id),
        "rule": alert.rule,
        "instance": alert.instance,
        "severity": alert.severity.as_str(),
        "state": alert.state.as_str(),
        "value": alert.value,
        "threshold": alert.threshold,
        "message": alert.message,
        "at": at_ms.and_then(time),
        "since": time(alert.since_ms),
        "resolvedAt": alert.resolved_ms.and_then(time),
    });
    body.to_string().into()
}

/// What lies at the bottom of a failure.
fn cause(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause = error.source();
    while let Some(below) = cause.and_then(|cause| cause.source()) {
        cause = Some(below);
    }
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

fn count(outcome: &'static str) {
    metrics::counter!("alert_deliveries_total", "outcome" => outcome).increment(1);
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when a receiver that is away may be back"
)]
async fn rest(pause: Duration) {
    tokio::time::sleep(pause).await;
}

#[cfg(test)]
mod tests {
    use super::{FIRST_PAUSE, MOST_ATTEMPTS};

    #[test]
    fn attempts_are_over_within_nine_minutes() {
        let pauses: u32 = (0..MOST_ATTEMPTS - 1).map(|attempt| 2_u32.pow(attempt)).sum();
        assert!((FIRST_PAUSE * pauses).as_secs() < 9 * 60);
    }
}
