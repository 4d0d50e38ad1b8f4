//! What statements cost: how many a request ran, how long each kind takes, which are too slow.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// How many statements one request, or one process, has sent.
#[derive(Debug, Default)]
pub struct StatementCount(AtomicU32);

impl StatementCount {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Statements so far.
    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) fn record(query_type: &'static str, sql: &str, elapsed: Duration, slow_threshold: Duration) {
    metrics::histogram!("db_query_duration_seconds", "query_type" => query_type).record(elapsed);
    if elapsed >= slow_threshold {
        tracing::warn!(
            query_type,
            elapsed_ms = elapsed.as_millis(),
            statement = first_line(sql),
            "slow statement"
        );
    }
}

/// Enough of a statement to know it by. Its values stay out of the log.
fn first_line(sql: &str) -> &str {
    let end = sql.char_indices().nth(400).map_or(sql.len(), |(index, _)| index);
    &sql[..end]
}
