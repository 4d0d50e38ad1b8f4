//! Listens in on the registry: what it is told of requests, of what the service is judged by, of usage, of waits for connections and of subscriptions is kept by time too.

use std::{sync::Arc, time::Instant};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Label, Metadata, Recorder, SharedString,
    Unit,
};

use super::{
    recent::Recent,
    replicas::{REPLICA_LAG, REPLICA_UP, Replica},
};

/// A registry, and who listens in.
pub(super) struct Tap<R> {
    pub(super) registry: R,
    pub(super) recent: Arc<Recent>,
}

/// What the registry holds under some name, and who is to hear of it.
struct Heard<M> {
    registered: M,
    recent: Arc<Recent>,
    tell: Tell,
}

/// What is told of a replica, as the registry holds it, and for whoever looks at all of them.
struct HeardOfReplica {
    registered: Gauge,
    replica: Arc<Replica>,
    note: fn(&Replica, f64),
}

/// How the listener is told.
#[derive(Clone, Copy)]
enum Tell {
    Requests { failed: bool },
    Judged { failed: bool },
    UsageEvents,
    Duration,
    JudgedDuration,
    Acquire,
    InFlight,
    Subscribers,
}

impl<R: Recorder> Tap<R> {
    fn heard<M>(&self, registered: M, tell: Tell) -> Arc<Heard<M>> {
        Arc::new(Heard {
            registered,
            recent: Arc::clone(&self.recent),
            tell,
        })
    }
}

impl<R: Recorder> Recorder for Tap<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.registry.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.registry.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.registry.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let registered = self.registry.register_counter(key, metadata);
        let has = |name: &str, is: fn(&str) -> bool| key.labels().any(|label| label.key() == name && is(label.value()));
        let tell = match key.name() {
            "http_requests_total" => Tell::Requests {
                failed: has("status", |status| status.starts_with('5')),
            },
            "operations_total" => Tell::Judged {
                failed: has("outcome", |outcome| outcome == "fault"),
            },
            "usage_events_total" if has("outcome", |outcome| outcome == "accepted") => Tell::UsageEvents,
            _ => return registered,
        };
        Counter::from_arc(self.heard(registered, tell))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let registered = self.registry.register_gauge(key, metadata);
        let of_replica = |registered, note| {
            let replica = key.labels().next().map(Label::value).unwrap_or_default();
            let replica = self.recent.replicas.of(replica);
            Gauge::from_arc(Arc::new(HeardOfReplica {
                registered,
                replica,
                note,
            }))
        };
        let tell = match key.name() {
            "http_requests_in_flight" => Tell::InFlight,
            "subscriptions_active" => Tell::Subscribers,
            REPLICA_LAG => return of_replica(registered, Replica::lags),
            REPLICA_UP => return of_replica(registered, |replica, up| replica.is_up(up > 0.0, Instant::now())),
            _ => return registered,
        };
        Gauge::from_arc(self.heard(registered, tell))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let registered = self.registry.register_histogram(key, metadata);
        let tell = match key.name() {
            "http_request_duration_seconds" => Tell::Duration,
            "operation_duration_seconds" => Tell::JudgedDuration,
            "db_acquire_duration_seconds" => Tell::Acquire,
            _ => return registered,
        };
        Histogram::from_arc(self.heard(registered, tell))
    }
}

impl CounterFn for Heard<Counter> {
    fn increment(&self, value: u64) {
        self.registered.increment(value);
        match self.tell {
            Tell::Requests { failed } => self.recent.count_requests(value, failed),
            Tell::Judged { failed } => self.recent.judge(value, failed),
            Tell::UsageEvents => self.recent.count_usage_events(value),
            Tell::Duration | Tell::JudgedDuration | Tell::Acquire | Tell::InFlight | Tell::Subscribers => {}
        }
    }

    fn absolute(&self, value: u64) {
        self.registered.absolute(value);
    }
}

impl GaugeFn for Heard<Gauge> {
    fn increment(&self, value: f64) {
        self.registered.increment(value);
        self.count(value);
    }

    fn decrement(&self, value: f64) {
        self.registered.decrement(value);
        self.count(-value);
    }

    fn set(&self, value: f64) {
        self.registered.set(value);
    }
}

impl Heard<Gauge> {
    fn count(&self, more: f64) {
        match self.tell {
            Tell::InFlight => self.recent.in_flight.add(more),
            Tell::Subscribers => self.recent.subscribers.add(more),
            Tell::Requests { .. }
            | Tell::Judged { .. }
            | Tell::UsageEvents
            | Tell::Duration
            | Tell::JudgedDuration
            | Tell::Acquire => {}
        }
    }
}

impl GaugeFn for HeardOfReplica {
    fn increment(&self, value: f64) {
        self.registered.increment(value);
    }

    fn decrement(&self, value: f64) {
        self.registered.decrement(value);
    }

    /// What is told of a replica is set, and never counted.
    fn set(&self, value: f64) {
        self.registered.set(value);
        (self.note)(&self.replica, value);
    }
}

impl HistogramFn for Heard<Histogram> {
    fn record(&self, seconds: f64) {
        self.registered.record(seconds);
        match self.tell {
            Tell::Duration => self.recent.note_duration(seconds),
            Tell::Acquire => self.recent.note_acquire(seconds),
            Tell::JudgedDuration => self.recent.judge_duration(seconds),
            Tell::Requests { .. } | Tell::Judged { .. } | Tell::UsageEvents | Tell::InFlight | Tell::Subscribers => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::{super::recent::Recent, Tap};

    #[test]
    fn what_the_registry_is_told_is_heard_and_both_agree() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let renderer = recorder.handle();
        let start = Instant::now();
        let recent = Arc::new(Recent::new(start, 0.0));
        let tap = Tap {
            registry: recorder,
            recent: Arc::clone(&recent),
        };
        metrics::with_local_recorder(&tap, || {
            for (status, count) in [("200", 6), ("404", 2), ("503", 2)] {
                metrics::counter!("http_requests_total", "endpoint" => "/", "status" => status).increment(count);
            }
            for (outcome, count) in [("accepted", 40), ("duplicate", 2), ("rejected", 3)] {
                metrics::counter!("usage_events_total", "outcome" => outcome).increment(count);
            }
            for (outcome, count) in [("answered", 11), ("fault", 4)] {
                metrics::counter!("operations_total", "outcome" => outcome).increment(count);
            }
            metrics::histogram!("operation_duration_seconds").record(0.25);
            // Another counter with a status is none of requests.
            metrics::counter!("cache_operations_total", "status" => "500").increment(7);
            for ms in 1..=10 {
                metrics::histogram!("http_request_duration_seconds", "endpoint" => "/")
                    .record(Duration::from_millis(ms));
                metrics::histogram!("db_acquire_duration_seconds").record(Duration::from_millis(ms * 10));
                metrics::histogram!("db_query_duration_seconds").record(Duration::from_secs(ms));
            }
            metrics::gauge!("http_requests_in_flight").increment(3);
            metrics::gauge!("http_requests_in_flight").decrement(1);
            metrics::gauge!("subscriptions_active").increment(5);
            metrics::gauge!("search_index_generation").set(9);
            for (replica, seconds) in [("a", 2.5), ("b", 40.0), ("a", 1.5)] {
                metrics::gauge!("db_replica_lag_seconds", "replica" => replica).set(seconds);
            }
            metrics::gauge!("db_replica_up", "replica" => "a").set(0);
        });
        let behind = |seconds| {
            recent
                .replicas
                .most_behind(Instant::now() + Duration::from_secs(seconds))
        };
        assert_eq!(behind(0), Some(("b".to_owned(), 40.0)));
        assert_eq!(behind(50).map(|(replica, _)| replica), Some("a".to_owned()));
        recent.close_slot(start + Duration::from_secs(1), 0.5);
        let sum = recent.newest(1);
        // By operations it is judged, and by nothing else.
        let judged = recent.take_counted();
        assert_eq!((judged.requests, judged.failed, judged.durations.len()), (15, 4, 1));
        let text = renderer.render();
        for (line, heard) in [
            (
                r#"http_requests_total{endpoint="/",status="200"} 6"#,
                sum.requests - sum.failed - 2,
            ),
            (r#"http_requests_total{endpoint="/",status="503"} 2"#, sum.failed),
            (r#"http_request_duration_seconds_count{endpoint="/"} 10"#, sum.requests),
            (r#"usage_events_total{outcome="accepted"} 40"#, sum.usage_events),
            ("http_requests_in_flight 2", recent.in_flight.get().into()),
            ("subscriptions_active 5", recent.subscribers.get().into()),
            (r#"cache_operations_total{status="500"} 7"#, 7),
            ("search_index_generation 9", 9),
            (r#"db_replica_lag_seconds{replica="b"} 40"#, 40),
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
            assert!(line.ends_with(&format!(" {heard}")), "{line}, and {heard} was heard");
        }
        // A hundredth off at most.
        for (heard, told) in [
            (sum.duration_ms(0.5), 5.0),
            (sum.duration_ms(0.95), 10.0),
            (sum.acquire_ms(0.99), 100.0),
        ] {
            assert!((heard / told - 1.0).abs() < 0.01, "{heard} and not {told}");
        }
        assert!((sum.cpu_seconds - 0.5).abs() < 1e-9 && sum.elapsed == Duration::from_secs(1));
    }
}
