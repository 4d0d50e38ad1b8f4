//! The roll-up: from events that are recorded to what is known of hours and days.
//!
//! Whatever is recorded lies in `usage_pending` as well, by the same transaction. A step takes some of that out and adds it to the cells
//! that it belongs to, by one transaction again: whenever it is killed, each event is in one of both places. So an event that comes late
//! is added to its hour and day as any other. One server does it at a time.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{Value, sea_query::ArrayType};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    cell::{Cell, Use},
    occurrence::Occurrence,
    target::Target,
};
use crate::{
    database::{Columns, Database, DatabaseError, Dialect, Writing},
    giving_way,
};

/// Events of a step. On SQLite whoever records waits for it; on PostgreSQL what many events have in common is written once.
const MOST_ON_SQLITE: i64 = 10_000;
const MOST_ON_POSTGRES: i64 = 400_000;

/// What is left of a step that fails and fails again.
const LEAST: i64 = 100;

/// Rows of what is pending that are looked at for a step.
const MOST_PENDING_ROWS: i64 = 20_000;

/// Cells, and bytes of cells, that are read or written by one statement.
const CELLS_AT_ONCE: usize = 5_000;
const BYTES_AT_ONCE: usize = 4 << 20;

/// By which servers know that one of them is at it: "iconql" as a number, and this.
const LOCK: i64 = 0x6963_6f6e_716c_0001;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Of a window of an hour, its 24th part is five of them.
const HALF_MINUTE_MS: i64 = 30_000;

/// Rolls up what is recorded. Cheap to clone.
#[derive(Clone)]
pub(super) struct RollUp {
    database: Database,
    /// Events of the next step: fewer after one that failed, for it may have been too large.
    most: Arc<AtomicI64>,
}

/// A table of cells: of hours or of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Hour,
    Day,
}

impl Tier {
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Hour => "usage_hour",
            Self::Day => "usage_day",
        }
    }

    /// How long each of its cells is.
    pub(crate) fn length_ms(self) -> i64 {
        match self {
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// Which of its cells an instant falls on, since 1970.
    pub(crate) fn bucket(self, unix_ms: i64) -> i32 {
        i32::try_from(unix_ms.div_euclid(self.length_ms())).unwrap_or(i32::MAX)
    }

    /// How long the parts of a cell are that are told apart: half a minute of an hour, an hour of a day.
    pub(crate) fn step_ms(self) -> i64 {
        match self {
            Self::Hour => HALF_MINUTE_MS,
            Self::Day => HOUR_MS,
        }
    }

    /// Which of these an instant falls on.
    pub(crate) fn step(self, unix_ms: i64) -> u8 {
        u8::try_from(unix_ms.rem_euclid(self.length_ms()) / self.step_ms()).unwrap_or(0)
    }
}

/// An hour or a day, and what a cell is of.
type Key = (i32, Target);

/// Cells by what they are of.
type Cells = HashMap<Key, Cell, foldhash::fast::RandomState>;

impl RollUp {
    pub(super) fn new(database: Database) -> Self {
        let most = most_of(database.dialect());
        Self {
            database,
            most: Arc::new(AtomicI64::new(most)),
        }
    }

    /// Rolls up every `pause` what is there, for as long as it is polled.
    pub(super) async fn keep(&self, pause: Duration) {
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.run(|_| {}).await {
                metrics::counter!("usage_rollup_failures_total").increment(1);
                tracing::error!(%error, "usage cannot be rolled up");
            }
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
            let step = giving_way::run("usage-rollup", async move { rollup.step().await }).await;
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
        self.add(&writing, Tier::Hour, hours).await?;
        self.add(&writing, Tier::Day, days).await?;
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
                postcard::from_bytes(&packed).map_err(|error| broken("usage_pending", &error))?;
            occurrences.append(&mut unpacked);
        }
        Ok(occurrences)
    }

    /// Adds cells to those that are there.
    async fn add(&self, writing: &Writing, tier: Tier, cells: Cells) -> Result<(), DatabaseError> {
        let mut cells: Vec<(Key, Cell)> = cells.into_iter().collect();
        // As they lie in the table.
        cells.sort_unstable_by_key(|(key, _)| *key);
        for cells in cells.chunks_mut(CELLS_AT_ONCE) {
            self.merge_known(writing, tier, cells).await?;
            self.write(writing, tier, cells).await?;
        }
        Ok(())
    }

    async fn merge_known(&self, writing: &Writing, tier: Tier, cells: &mut [(Key, Cell)]) -> Result<(), DatabaseError> {
        let table = tier.table();
        let (sought, values) = match self.database.dialect() {
            Dialect::Sqlite => {
                let keys: Vec<_> = cells
                    .iter()
                    .map(|((bucket, target), _)| (bucket, target.number()))
                    .collect();
                let sought = "(SELECT value ->> 0 AS bucket, value ->> 1 AS target FROM json_each($1)) sought";
                (sought, vec![json(&keys)?])
            }
            Dialect::Postgres => (
                "unnest($1, $2) AS sought (bucket, target)",
                key_arrays(cells.iter().map(|(key, _)| *key)),
            ),
        };
        let sql = format!(
            "SELECT known.bucket, known.target, known.cell, known.steps FROM {sought} \
             JOIN {table} known ON known.bucket = sought.bucket AND known.target = sought.target"
        );
        for row in writing.query("read_usage_cells", &sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            let key = (columns.next()?, Target::of_number(columns.next()?));
            let (packed, steps): (&[u8], &[u8]) = (columns.next()?, columns.next()?);
            let known = Cell::unpack(packed, steps).map_err(|error| broken(table, &error))?;
            if let Ok(place) = cells.binary_search_by_key(&key, |(key, _)| *key) {
                let cell = &mut cells[place].1;
                let added = std::mem::replace(cell, known);
                cell.merge(added);
            }
        }
        Ok(())
    }

    async fn write(&self, writing: &Writing, tier: Tier, cells: &[(Key, Cell)]) -> Result<(), DatabaseError> {
        let (mut rows, mut bytes) = (Vec::with_capacity(cells.len()), 0);
        for (key, cell) in cells {
            let (packed, steps) = cell.pack().map_err(|error| broken(tier.table(), &error))?;
            bytes += packed.len() + steps.len();
            let count = i64::try_from(cell.count()).unwrap_or(i64::MAX);
            rows.push(Row {
                key: *key,
                count,
                packed,
                steps,
            });
            if bytes >= BYTES_AT_ONCE {
                self.write_rows(writing, tier, std::mem::take(&mut rows)).await?;
                bytes = 0;
            }
        }
        self.write_rows(writing, tier, rows).await
    }

    async fn write_rows(&self, writing: &Writing, tier: Tier, rows: Vec<Row>) -> Result<(), DatabaseError> {
        if rows.is_empty() {
            return Ok(());
        }
        let (from, values) = match self.database.dialect() {
            Dialect::Sqlite => {
                let row = |row: &Row| {
                    (
                        row.key.0,
                        row.key.1.number(),
                        row.count,
                        hex(&row.packed),
                        hex(&row.steps),
                    )
                };
                let rows: Vec<_> = rows.iter().map(row).collect();
                let from = "SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), unhex(value ->> 4) \
                            FROM json_each($1) WHERE TRUE";
                (from, vec![json(&rows)?])
            }
            Dialect::Postgres => {
                let mut values = key_arrays(rows.iter().map(|row| row.key));
                values.push(array(ArrayType::BigInt, rows.iter().map(|row| row.count.into())));
                let (packed, steps): (Vec<Value>, Vec<Value>) = rows
                    .into_iter()
                    .map(|row| (row.packed.into(), row.steps.into()))
                    .unzip();
                values.push(array(ArrayType::Bytes, packed.into_iter()));
                values.push(array(ArrayType::Bytes, steps.into_iter()));
                ("SELECT * FROM unnest($1, $2, $3, $4, $5)", values)
            }
        };
        let table = tier.table();
        let sql = format!(
            "INSERT INTO {table} (bucket, target, count, cell, steps) {from} \
             ON CONFLICT (bucket, target) DO UPDATE SET count = excluded.count, cell = excluded.cell, steps = excluded.steps"
        );
        writing.query("write_usage_cells", &sql, values).await.map(|_| ())
    }
}

/// Rolls up everything that is recorded in `database`, and calls `progress` with the events so far.
pub async fn roll_up_all(database: &Database, mut progress: impl FnMut(u64)) -> Result<u64, DatabaseError> {
    RollUp::new(database.clone()).run(&mut progress).await
}

/// A cell as it is stored.
struct Row {
    key: Key,
    count: i64,
    packed: Vec<u8>,
    steps: Vec<u8>,
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

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The hours that events belong to: of their icon, of its set, and of everything.
fn hours_of(occurrences: &[Occurrence]) -> Cells {
    let (mut cells, mut sets) = (Cells::default(), Cells::default());
    for occurrence in occurrences {
        let hour = Tier::Hour.bucket(occurrence.occurred_ms);
        let step = Tier::Hour.step(occurrence.occurred_ms);
        let used = Use::of(occurrence, step);
        if let Some(session) = occurrence.session {
            let mut note = |target, user| cells.entry((hour, target)).or_default().add(Use::by(step, user), 1);
            note(Target::SESSIONS, session);
            note(Target::SESSION_ICONS, pair(session, occurrence.icon));
        }
        cells.entry((hour, occurrence.icon)).or_default().add(used.clone(), 1);
        sets.entry((hour, occurrence.set)).or_default().add(used, 1);
    }
    for ((hour, _), cell) in &sets {
        cells.entry((*hour, Target::ALL)).or_default().merge(cell.clone());
    }
    cells.extend(sets);
    cells
}

/// The days of hours.
fn days_of(hours: &Cells) -> Cells {
    const HOURS: i32 = 24;
    let mut days = Cells::default();
    for ((hour, target), cell) in hours {
        let step = u8::try_from(hour.rem_euclid(HOURS)).unwrap_or(0);
        let day = days.entry((hour.div_euclid(HOURS), *target)).or_default();
        day.merge(cell.as_step(step));
    }
    days
}

/// A hash of both.
fn pair(session: i64, icon: Target) -> i64 {
    let bytes = [session.to_le_bytes(), icon.number().to_le_bytes()].concat();
    i64::from_le_bytes(xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes())
}

fn key_arrays(keys: impl Iterator<Item = Key> + Clone) -> Vec<Value> {
    vec![
        array(ArrayType::Int, keys.clone().map(|(bucket, _)| bucket.into())),
        array(ArrayType::BigInt, keys.map(|(_, target)| target.number().into())),
    ]
}

fn array(kind: ArrayType, values: impl Iterator<Item = Value>) -> Value {
    Value::Array(kind, Some(Box::new(values.collect())))
}

fn json(rows: &impl serde::Serialize) -> Result<Value, DatabaseError> {
    let text = serde_json::to_string(rows).map_err(|error| DatabaseError::Other(error.to_string()))?;
    Ok(text.into())
}

fn broken(table: &str, error: &postcard::Error) -> DatabaseError {
    DatabaseError::Other(format!("a row of {table} cannot be packed or unpacked: {error}"))
}
