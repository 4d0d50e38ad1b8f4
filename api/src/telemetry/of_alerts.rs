//! The figures of alerts, and what of all figures alerts go by.

use std::time::Instant;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

use super::{metrics::registry, recent::Counted};
use crate::alerts::RULES;

pub(super) fn describe() {
    describe_counter!(
        "operations_total",
        Unit::Count,
        "Operations and REST requests that the service is judged by, by outcome"
    );
    describe_histogram!(
        "operation_duration_seconds",
        Unit::Seconds,
        "How long their answers took, without what clients were waited for"
    );
    for outcome in ["answered", "fault"] {
        counter!("operations_total", "outcome" => outcome).increment(0);
    }
    describe_gauge!(
        "alerts_firing",
        Unit::Count,
        "Alerts that fire, of all instances, by rule"
    );
    describe_counter!(
        "alert_store_failures_total",
        Unit::Count,
        "Times that alerts could not be stored"
    );
    describe_counter!(
        "alert_deliveries_total",
        Unit::Count,
        "Attempts to send an alert, by what became of them"
    );
    describe_gauge!(
        "usage_rollup_behind_seconds",
        Unit::Seconds,
        "How long the oldest event that is not rolled up has waited"
    );
    for rule in RULES {
        gauge!("alerts_firing", "rule" => rule).increment(0);
    }
    counter!("alert_store_failures_total").increment(0);
    for outcome in ["delivered", "failed", "given_up"] {
        counter!("alert_deliveries_total", "outcome" => outcome).increment(0);
    }
    gauge!("usage_rollup_behind_seconds").increment(0);
}

/// What operations and requests that the service is judged by came to since the start, and their times since this was asked last. One asks.
pub(crate) fn take_counted() -> Counted {
    registry().recent.take_counted()
}

/// The replica that is furthest behind, or was not fit to be asked for longest, and for how many seconds; none where there is none.
pub(crate) fn most_behind(now: Instant) -> Option<(String, f64)> {
    registry().recent.replicas.most_behind(now)
}
