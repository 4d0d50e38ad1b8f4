//! How long the parts of a search take, for those who run the service.

use std::time::Instant;

/// A part of a search that is running, noted when it ends.
pub(super) struct Timed {
    kind: &'static str,
    started: Instant,
}

impl Timed {
    /// `kind` is its label, of a fixed list.
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            started: Instant::now(),
        }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        metrics::histogram!("search_duration_seconds", "kind" => self.kind).record(self.started.elapsed());
    }
}
