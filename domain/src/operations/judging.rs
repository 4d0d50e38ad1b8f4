//! What the service is judged by while it runs: what was answered, what failed for a fault of its own, and how long answers took.

use std::{sync::OnceLock, time::Duration};

use metrics::{Counter, Histogram};

/// Where that is counted, for whoever reads the registry.
#[derive(Default)]
pub(super) struct Judging(OnceLock<Judged>);

/// Looked up once: this is counted for everything that is answered.
struct Judged {
    answered: Counter,
    faults: Counter,
    durations: Histogram,
}

impl Judging {
    /// Counts an answer, and how long it took where that says something of the service.
    pub(super) fn note(&self, is_fault: bool, took: Option<Duration>) {
        let judged = self.0.get_or_init(Judged::of_registry);
        let count = if is_fault { &judged.faults } else { &judged.answered };
        count.increment(1);
        if let Some(took) = took {
            judged.durations.record(took);
        }
    }
}

impl Judged {
    fn of_registry() -> Self {
        let count = |outcome: &'static str| metrics::counter!("operations_total", "outcome" => outcome);
        Self {
            answered: count("answered"),
            faults: count("fault"),
            durations: metrics::histogram!("operation_duration_seconds"),
        }
    }
}
