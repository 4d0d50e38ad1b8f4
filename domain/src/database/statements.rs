//! What statements cost: how many a request ran, how long each kind takes, which are too slow.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sea_orm::{DatabaseConnection, metric};

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

thread_local! {
    /// How long the database took over the statement that ended last on this thread.
    static EXECUTION: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Has the driver tell how long each statement took by itself.
pub(super) fn time_executions(connection: &mut DatabaseConnection) {
    connection.set_metric_callback(|info: &metric::Info<'_>| EXECUTION.set(info.elapsed));
}

/// Notes a statement that took `elapsed`, of which it waited for a connection what it did not run: so long.
///
/// To be called in the same poll in which the statement ended: until then no other can end on this thread.
pub(super) fn record(query_type: &'static str, sql: &str, elapsed: Duration, slow_threshold: Duration) -> Duration {
    let execution = EXECUTION.take().min(elapsed);
    metrics::histogram!("db_query_duration_seconds", "query_type" => query_type).record(execution);
    if elapsed >= slow_threshold {
        tracing::warn!(
            query_type,
            elapsed_ms = elapsed.as_millis(),
            statement = first_line(sql),
            "slow statement"
        );
    }
    elapsed.saturating_sub(execution)
}

/// Notes how long a statement waited for a connection of the pool.
pub(super) fn record_wait(waited: Duration) {
    metrics::histogram!("db_acquire_duration_seconds").record(waited);
}

/// Enough of a statement to know it by. Its values stay out of the log.
fn first_line(sql: &str) -> &str {
    let end = sql.char_indices().nth(400).map_or(sql.len(), |(index, _)| index);
    &sql[..end]
}
