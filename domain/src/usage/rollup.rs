//! The roll-up: from events that are recorded to what is known of hours and days.
//!
//! Whatever is recorded lies in `usage_pending` as well, by the same transaction. A step takes some of that out and adds it to the cells
//! that it belongs to, by one transaction again: whenever it is killed, each event is in one of both places. So an event that comes late
//! is added to its hour and day as any other. One server does it at a time. What belongs where is in `gathering`, the rows in `cell_table`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use super::{
    cell_table,
    gathering::{days_of, hours_of},
    occurrence::Occurrence,
    tier::Tier,
};
use crate::{
    database::{Columns, Database, DatabaseError, Dialect, Writing},
    giving_way::{self, GivingWay},
};

/// Events of a step. On SQLite whoever records waits for it; on PostgreSQL what many events have in common is written once.
const MOST_ON_SQLITE: i64 = 10_000;
const MOST_ON_POSTGRES: i64 = 400_000;

/// What is left of a step that fails and fails again.
const LEAST: i64 = 100;

/// Rows of what is pending that are looked at for a step.
const MOST_PENDING_ROWS: i64 = 20_000;

/// By which servers know that one of them is at it: "iconql" as a number, and this.
const LOCK: i64 = 0x6963_6f6e_716c_0001;

/// Rolls up what is recorded. Cheap to clone.
#[derive(Clone)]
pub(super) struct RollUp {
    database: Database,
    /// Events of the next step: fewer after one that failed, for it may have been too large.
    most: Arc<AtomicI64>,
}

impl RollUp {
    pub(super) fn new(database: Database) -> Self {
        let most = most_of(database.dialect());
        Self {
            database,
            most: Arc::new(AtomicI64::new(most)),
        }
    }

    /// Rolls up everything that is pending, or leaves it to the server that is at it. How many events that were.
    pub(super) async fn run(&self, mut progress: impl FnMut(u64)) -> Result<u64, DatabaseError> {
        let mut events = 0;
        loop {
            // Most often there is nothing, and then nobody has to wait.
            let sql = "SELECT 1 FROM usage_pending LIMIT 1";
            if self.database.query("look_for_usage", sql, vec![]).await?.is_empty() {
                return Ok(events);
            }
            let started = Instant::now();
            let rollup = self.clone();
            // It computes for long.
            let step = giving_way::run("usage-rollup", GivingWay::Somewhat, async move { rollup.step().await }).await;
            let rolled_up = step.map_err(|error| DatabaseError::Other(format!("no thread can be had: {error}")))??;
            if rolled_up == 0 {
                return Ok(events);
            }
            metrics::counter!("usage_rolled_up_total").increment(rolled_up);
            metrics::histogram!("usage_rollup_duration_seconds").record(started.elapsed());
            events += rolled_up;
            progress(events);
        }
    }

    /// Rolls up some of it; how many events.
    async fn step(&self) -> Result<u64, DatabaseError> {
        let most = self.most.load(Ordering::Relaxed);
        let stepped = self.step_of(most).await;
        let next = match stepped {
            Ok(_) => (most * 2).min(most_of(self.database.dialect())),
            Err(_) => (most / 2).max(LEAST),
        };
        self.most.store(next, Ordering::Relaxed);
        stepped
    }

    async fn step_of(&self, most: i64) -> Result<u64, DatabaseError> {
        let writing = self.database.work().await?;
        if !self.is_alone(&writing).await? {
            return Ok(0);
        }
        let (ids, count) = choose(&writing, most).await?;
        let hours = hours_of(&self.take(&writing, &ids).await?);
        let days = days_of(&hours);
        cell_table::add(&writing, Tier::Hour, hours).await?;
        cell_table::add(&writing, Tier::Day, days).await?;
        writing.commit().await?;
        Ok(count)
    }

    /// On SQLite whoever writes is alone.
    async fn is_alone(&self, writing: &Writing) -> Result<bool, DatabaseError> {
        if self.database.dialect() == Dialect::Sqlite {
            return Ok(true);
        }
        let sql = "SELECT pg_try_advisory_xact_lock($1)";
        let rows = writing.query("lead_rollup", sql, vec![LOCK.into()]).await?;
        rows.first().map_or(Ok(false), |row| Ok(Columns::of(row)?.next()?))
    }

    /// Takes out what is chosen.
    async fn take(&self, writing: &Writing, ids: &[i64]) -> Result<Vec<Occurrence>, DatabaseError> {
        let dialect = self.database.dialect();
        let condition = dialect.is_any("id", 1);
        let sql = format!("DELETE FROM usage_pending WHERE {condition} RETURNING occurrences");
        let values = vec![dialect.long_list(ids.iter().copied())];
        let mut occurrences = Vec::new();
        for row in writing.query("take_usage", &sql, values).await? {
            let packed: Vec<u8> = Columns::of(&row)?.next()?;
            let mut unpacked: Vec<Occurrence> =
                postcard::from_bytes(&packed).map_err(|error| cell_table::broken("usage_pending", &error))?;
            occurrences.append(&mut unpacked);
        }
        Ok(occurrences)
    }
}

/// Rolls up everything that is recorded in `database`, and calls `progress` with the events so far.
pub async fn roll_up_all(database: &Database, mut progress: impl FnMut(u64)) -> Result<u64, DatabaseError> {
    RollUp::new(database.clone()).run(&mut progress).await
}

fn most_of(dialect: Dialect) -> i64 {
    match dialect {
        Dialect::Sqlite => MOST_ON_SQLITE,
        Dialect::Postgres => MOST_ON_POSTGRES,
    }
}

/// The oldest rows of what is pending that have no more than `most` events, one row at least, and how many events they have.
async fn choose(writing: &Writing, most: i64) -> Result<(Vec<i64>, u64), DatabaseError> {
    let sql = "SELECT id, events FROM usage_pending ORDER BY id LIMIT $1";
    let (mut ids, mut count) = (Vec::new(), 0);
    for row in writing
        .query("choose_usage", sql, vec![MOST_PENDING_ROWS.into()])
        .await?
    {
        let columns = &mut Columns::of(&row)?;
        let (id, events): (i64, i64) = (columns.next()?, columns.next()?);
        if count > 0 && count + events > most {
            break;
        }
        count += events;
        ids.push(id);
    }
    Ok((ids, u64::try_from(count).unwrap_or_default()))
}
