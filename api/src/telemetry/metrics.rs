//! The registry of figures, and how Prometheus reads it.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use domain::database::PoolState;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::{recent::Recent, tap::Tap};

/// Upper bounds of durations, in seconds: from an answer out of memory to the longest request.
const SECONDS: [f64; 14] = [
    0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// Upper bounds of counts of events in one transaction.
const COMMIT_SIZES: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0, 10_000.0];

/// Upper bounds of counts of keys.
const BATCH_SIZES: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0];

/// The process's figures.
pub(super) struct Registry {
    pub(super) renderer: PrometheusHandle,
    pub(super) recent: Arc<Recent>,
}

/// The process's own registry, which the first call installs.
pub(super) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full("dataloader_batch_size".to_owned()), &BATCH_SIZES)
            })
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full("usage_commit_events".to_owned()), &COMMIT_SIZES)
            })
            .expect("the buckets are not empty");
        let recorder = builder.build_recorder();
        let renderer = recorder.handle();
        let cpu_seconds = metrics_process::collector::collect().cpu_seconds_total;
        let recent = Arc::new(Recent::new(Instant::now(), cpu_seconds.unwrap_or_default()));
        let _ = ::metrics::set_global_recorder(Tap {
            registry: recorder,
            recent: Arc::clone(&recent),
        });
        describe();
        Registry { renderer, recent }
    })
}

/// The registry as Prometheus reads it.
pub(crate) fn render() -> String {
    registry().renderer.render()
}

/// Sets the gauges that nobody else keeps up to date: the pool's and the process's.
pub(crate) fn refresh_gauges(pool: PoolState) {
    metrics_process::Collector::default().collect();
    ::metrics::gauge!("db_connections_max").set(pool.max);
    ::metrics::gauge!("db_connections_idle").set(pool.idle);
    ::metrics::gauge!("db_connections_waiting").set(pool.waiting);
    ::metrics::gauge!("db_connections_active").set(pool.open.saturating_sub(pool.idle));
}

fn describe_traffic() {
    use ::metrics::{Unit, describe_counter, describe_gauge};
    describe_gauge!(
        "http_requests_admitted",
        Unit::Count,
        "Requests that are worked on; health, metrics and pages aside"
    );
    describe_counter!(
        "requests_shed_total",
        Unit::Count,
        "Requests refused because too many were worked on"
    );
    describe_counter!(
        "rate_limited_total",
        Unit::Count,
        "Requests that cost more than their client had left"
    );
    describe_gauge!("redis_up", Unit::Count, "Whether Redis answers: 1 or 0");
    describe_counter!(
        "redis_failures_total",
        Unit::Count,
        "Commands that Redis did not do, by kind"
    );
    ::metrics::counter!("requests_shed_total").increment(0);
    ::metrics::counter!("rate_limited_total").increment(0);
    for kind in ["timeout", "error"] {
        ::metrics::counter!("redis_failures_total", "kind" => kind).increment(0);
    }
}

fn describe_subscriptions() {
    use ::metrics::{Unit, describe_counter, describe_gauge};
    ::metrics::gauge!("subscriptions_active").set(0);
    describe_counter!(
        "subscription_events_dropped_total",
        Unit::Count,
        "Events that slow clients lost"
    );
    ::metrics::counter!("subscription_events_dropped_total").increment(0);
    describe_gauge!(
        "live_producers",
        Unit::Count,
        "Whether figures are gathered for those who follow them: 1 or 0, by what they are of"
    );
    for of in ["fleet", "usage"] {
        ::metrics::gauge!("live_producers", "of" => of).set(0);
    }
    describe_gauge!("websocket_connections", Unit::Count, "Open sockets");
    describe_gauge!("event_streams", Unit::Count, "Running streams of server-sent events");
    describe_counter!("websocket_closes_total", Unit::Count, "Ends of sockets, by code");
    ::metrics::counter!("websocket_closes_total", "code" => "1000").increment(0);
    for direction in ["in", "out"] {
        ::metrics::counter!("websocket_messages_total", "direction" => direction).increment(0);
    }
    ::metrics::gauge!("websocket_connections").increment(0);
    ::metrics::gauge!("event_streams").increment(0);
    describe_counter!(
        "websocket_messages_total",
        Unit::Count,
        "Messages of sockets, by direction"
    );
}

fn describe_keys() {
    use ::metrics::{Unit, describe_counter, describe_gauge};
    describe_gauge!("api_keys", Unit::Count, "API keys that are not revoked");
    describe_counter!(
        "api_key_refusals_total",
        Unit::Count,
        "Requests refused for the key that they brought, by reason"
    );
    describe_counter!(
        "api_key_look_failures_total",
        Unit::Count,
        "Times that the API keys could not be looked at"
    );
    ::metrics::counter!("api_key_look_failures_total").increment(0);
    ::metrics::gauge!("api_keys").increment(0);
    for reason in ["no_bearer", "unknown", "expired", "origin", "unavailable"] {
        ::metrics::counter!("api_key_refusals_total", "reason" => reason).increment(0);
    }
}

fn describe() {
    use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        "http_requests_total",
        Unit::Count,
        "Requests by method, route and status"
    );
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "From the request's headers to the answer's"
    );
    describe_gauge!("http_requests_in_flight", Unit::Count, "Requests being answered");
    describe_gauge!("subscriptions_active", Unit::Count, "Running subscriptions");
    describe_counter!(
        "graphql_operations_total",
        Unit::Count,
        "Operations by name, kind and outcome"
    );
    describe_histogram!(
        "graphql_operation_duration_seconds",
        Unit::Seconds,
        "Parsing, validation and execution"
    );
    describe_histogram!("dataloader_batch_size", Unit::Count, "Keys of one batch, by loader");
    describe_histogram!(
        "db_query_duration_seconds",
        Unit::Seconds,
        "Statements of requests, by type"
    );
    describe_histogram!(
        "db_acquire_duration_seconds",
        Unit::Seconds,
        "What statements wait for a connection"
    );
    describe_counter!(
        "http_response_bytes_total",
        Unit::Bytes,
        "Bytes of answers as sent, by encoding"
    );
    describe_traffic();
    describe_counter!(
        "searches_total",
        Unit::Count,
        "First pages of searches, by whether anything was found"
    );
    describe_histogram!("search_duration_seconds", Unit::Seconds, "Parts of searches, by kind");
    describe_gauge!(
        "search_index_generation",
        Unit::Count,
        "The catalog's generation that is searched"
    );
    describe_histogram!(
        "search_index_build_duration_seconds",
        Unit::Seconds,
        "Bringing the search index up to date"
    );
    describe_counter!(
        "search_index_failures_total",
        Unit::Count,
        "Times that the search index could not be brought up to date"
    );
    ::metrics::counter!("search_index_failures_total").increment(0);
    describe_subscriptions();
    describe_keys();
    describe_connections();
    describe_replicas();
    super::of_alerts::describe();
    super::of_cache::describe();
    super::of_usage::describe();
    metrics_process::Collector::default().describe();
    describe_gauge!("db_connections_max", Unit::Count, "Connections that the pool may open");
    describe_gauge!("db_connections_idle", Unit::Count, "Open connections that nobody uses");
    describe_gauge!(
        "db_connections_waiting",
        Unit::Count,
        "Statements and transactions that have no connection yet"
    );
    describe_gauge!("db_connections_active", Unit::Count, "Connections in use");
}

fn describe_replicas() {
    use ::metrics::{Unit, describe_counter, describe_gauge};
    describe_gauge!("db_replica_up", Unit::Count, "Whether a read replica is asked: 1 or 0");
    describe_gauge!(
        "db_replica_lag_seconds",
        Unit::Seconds,
        "How far a read replica was behind when that was known last"
    );
    describe_counter!(
        "db_replica_fallbacks_total",
        Unit::Count,
        "Statements that failed on a read replica and were run on the primary"
    );
    ::metrics::counter!("db_replica_fallbacks_total").increment(0);
}

fn describe_connections() {
    use ::metrics::{Unit, describe_counter, describe_gauge};
    describe_gauge!(
        "http_connections_open",
        Unit::Count,
        "Connections that are open, sockets too"
    );
    ::metrics::gauge!("http_connections_open").increment(0);
    describe_counter!(
        "http_connections_refused_total",
        Unit::Count,
        "Connections that were not taken, by reason"
    );
    for reason in ["ceiling", "descriptors", "tls"] {
        ::metrics::counter!("http_connections_refused_total", "reason" => reason).increment(0);
    }
    describe_counter!(
        "http_connections_given_up_total",
        Unit::Count,
        "Connections whose client was waited for in vain, by what it was late with"
    );
    for reason in ["headers", "idle", "answer"] {
        ::metrics::counter!("http_connections_given_up_total", "reason" => reason).increment(0);
    }
    ::metrics::gauge!("http_requests_in_flight").increment(0);
}
