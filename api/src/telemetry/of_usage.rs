//! The figures of usage that is recorded and rolled up.

use metrics::{Unit, counter, describe_counter, describe_histogram};

pub(super) fn describe() {
    describe_counter!(
        "usage_events_total",
        Unit::Count,
        "Events of usage that were sent, by what became of them"
    );
    describe_histogram!("usage_commit_events", Unit::Count, "Events that are recorded together");
    describe_counter!("usage_rolled_up_total", Unit::Count, "Events that were summed up");
    describe_histogram!(
        "usage_rollup_duration_seconds",
        Unit::Seconds,
        "Summing up some of what was recorded"
    );
    describe_histogram!(
        "usage_standings_duration_seconds",
        Unit::Seconds,
        "Reading how everything stands by usage in one window"
    );
    describe_counter!(
        "usage_rollup_failures_total",
        Unit::Count,
        "Times that usage could not be summed up"
    );
    describe_histogram!(
        "usage_pairs_duration_seconds",
        Unit::Seconds,
        "Counting what was used together on a day"
    );
    describe_counter!(
        "usage_pairs_failures_total",
        Unit::Count,
        "Times that what was used together could not be counted"
    );
    for outcome in ["accepted", "duplicate", "rejected"] {
        counter!("usage_events_total", "outcome" => outcome).increment(0);
    }
    counter!("usage_rolled_up_total").increment(0);
    counter!("usage_rollup_failures_total").increment(0);
    counter!("usage_pairs_failures_total").increment(0);
}
