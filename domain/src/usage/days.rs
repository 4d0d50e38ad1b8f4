//! The days of events: on PostgreSQL each has a part of the table, which is made before anything falls on it and dropped as a whole.

use std::collections::HashSet;

use crate::database::{Columns, Database, DatabaseError, Dialect};

/// How many days ahead are made, so that no event has to wait for its own.
const AHEAD: i32 = 2;

/// How long an event's id is remembered: a day longer than an event may be late.
const IDS_KEPT_DAYS: i32 = 31;

/// Rows deleted by one statement, for which others wait.
const DELETED_AT_ONCE: i64 = 5_000;

const DAY_MS: i64 = 24 * 3_600_000;

/// Makes days, and knows those that are there.
pub(super) struct Days {
    database: Database,
    made: HashSet<i32>,
}

impl Days {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            made: HashSet::new(),
        }
    }

    /// Has a place for whatever happened at these instants.
    pub(super) async fn prepare(&mut self, instants_ms: impl Iterator<Item = i64>) -> Result<(), DatabaseError> {
        if self.database.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let missing: HashSet<i32> = instants_ms.map(day_of).filter(|day| !self.made.contains(day)).collect();
        for day in missing {
            make(&self.database, day).await?;
            self.made.insert(day);
        }
        Ok(())
    }

    /// Somebody dropped days: which of them are there has to be found out anew.
    pub(super) fn forget(&mut self) {
        self.made.clear();
    }

    /// Makes the days to come, and drops what is older than `retention_days`.
    pub(super) async fn keep(&mut self, now_ms: i64, retention_days: u32) -> Result<(), DatabaseError> {
        let today = day_of(now_ms);
        self.prepare((0..=AHEAD).map(|ahead| i64::from(today + ahead) * DAY_MS))
            .await?;
        let first = today.saturating_sub(i32::try_from(retention_days).unwrap_or(i32::MAX));
        let (ids_sql, row) = match self.database.dialect() {
            Dialect::Sqlite => {
                let sql = "DELETE FROM usage_event WHERE rowid IN \
                           (SELECT rowid FROM usage_event WHERE occurred_ms < $1 LIMIT $2) RETURNING 1";
                self.delete(("forget_usage_events", sql), (i64::from(first) * DAY_MS).into())
                    .await?;
                ("SELECT id FROM usage_event_id WHERE day < $1 LIMIT $2", "id IN")
            }
            Dialect::Postgres => {
                self.drop_before(first).await?;
                (
                    "ARRAY(SELECT ctid FROM usage_event_id WHERE day < $1 LIMIT $2)",
                    "ctid = ANY",
                )
            }
        };
        let sql = format!("DELETE FROM usage_event_id WHERE {row} ({ids_sql}) RETURNING 1");
        self.delete(("forget_usage_ids", &sql), (today - IDS_KEPT_DAYS).into())
            .await
    }

    /// Deletes what is before something, some rows at a time.
    async fn delete(
        &self,
        (query_type, sql): (&'static str, &str),
        before: sea_orm::Value,
    ) -> Result<(), DatabaseError> {
        loop {
            let writing = self.database.write().await?;
            let values = vec![before.clone(), DELETED_AT_ONCE.into()];
            let rows = writing.query(query_type, sql, values).await?;
            writing.commit().await?;
            if i64::try_from(rows.len()).is_ok_and(|rows| rows < DELETED_AT_ONCE) {
                return Ok(());
            }
        }
    }

    async fn drop_before(&mut self, first: i32) -> Result<(), DatabaseError> {
        let sql = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'usage_event'::regclass";
        for row in self.database.query("usage_days", sql, vec![]).await? {
            let table: String = Columns::of(&row)?.next()?;
            // By its own name, whatever stands before it.
            let Some(day) = day_of_table(&table).filter(|day| *day < first) else {
                continue;
            };
            // Taken out first, for which nobody has to stop.
            let detached = self
                .database
                .run(&format!(
                    "ALTER TABLE usage_event DETACH PARTITION {table} CONCURRENTLY"
                ))
                .await;
            if is_there(&self.database, &table).await? {
                tracing::info!(
                    table,
                    ?detached,
                    "an earlier attempt to take out a day is brought to its end"
                );
                let finish = format!("ALTER TABLE usage_event DETACH PARTITION {table} FINALIZE");
                self.database.run(&finish).await?;
            }
            self.database.run(&format!("DROP TABLE IF EXISTS {table}")).await?;
            self.made.remove(&day);
            tracing::info!(table, "the usage of a day has been kept long enough");
        }
        Ok(())
    }
}

/// Makes the table apart and then attaches it, for which nobody who reads or writes others has to stop.
///
/// Two servers may do so at the same moment, and PostgreSQL then fails one of them: the day is there all the same.
async fn make(database: &Database, day: i32) -> Result<(), DatabaseError> {
    let (table, from_ms, to_ms) = (table_of(day), i64::from(day) * DAY_MS, i64::from(day + 1) * DAY_MS);
    let attempts = 3;
    for attempt in 1..=attempts {
        if is_there(database, &table).await? {
            return Ok(());
        }
        let made = database
            .run(&format!(
                "CREATE TABLE IF NOT EXISTS {table} (LIKE usage_event INCLUDING ALL); \
                 ALTER TABLE usage_event ATTACH PARTITION {table} FOR VALUES FROM ({from_ms}) TO ({to_ms})"
            ))
            .await;
        match made {
            Err(DatabaseError::Other(_) | DatabaseError::Deadlock) if attempt < attempts => {}
            made => return made,
        }
    }
    Ok(())
}

/// Makes the table of a day, in a transaction that keeps everybody else out of events anyway.
pub(crate) fn table_in_one_step(day: i32) -> String {
    let (table, from_ms, to_ms) = (table_of(day), i64::from(day) * DAY_MS, i64::from(day + 1) * DAY_MS);
    format!("CREATE TABLE IF NOT EXISTS {table} PARTITION OF usage_event FOR VALUES FROM ({from_ms}) TO ({to_ms})")
}

/// Whether a day's table is part of that of all events.
async fn is_there(database: &Database, table: &str) -> Result<bool, DatabaseError> {
    let sql = "SELECT 1 FROM pg_inherits WHERE inhparent = 'usage_event'::regclass AND inhrelid = to_regclass($1)";
    Ok(!database.query("usage_day", sql, vec![table.into()]).await?.is_empty())
}

/// Days since 1970.
pub(crate) fn day_of(unix_ms: i64) -> i32 {
    i32::try_from(unix_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

/// The table of a day, by its date.
fn table_of(day: i32) -> String {
    let date =
        time::OffsetDateTime::from_unix_timestamp(i64::from(day) * DAY_MS / 1000).map(time::OffsetDateTime::date);
    let date = date.unwrap_or(time::Date::MIN);
    format!(
        "usage_event_{:04}{:02}{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

fn day_of_table(table: &str) -> Option<i32> {
    let date = table.rsplit('.').next()?.strip_prefix("usage_event_")?;
    if date.len() != 8 {
        return None;
    }
    let month: u8 = date.get(4..6)?.parse().ok()?;
    let (year, day) = (date.get(..4)?.parse().ok()?, date.get(6..)?.parse().ok()?);
    let date = time::Date::from_calendar_date(year, time::Month::try_from(month).ok()?, day).ok()?;
    Some(day_of(date.midnight().assume_utc().unix_timestamp() * 1000))
}

#[cfg(test)]
mod tests {
    use super::{day_of_table, table_of};

    #[test]
    fn a_day_has_a_table_of_its_date() {
        for (day, table) in [
            (0, "usage_event_19700101"),
            (20_512, "usage_event_20260228"),
            (20_513, "usage_event_20260301"),
            (20_779, "usage_event_20261122"),
        ] {
            assert_eq!(table_of(day), table);
            assert_eq!(day_of_table(table), Some(day));
            assert_eq!(day_of_table(&format!("other.{table}")), Some(day));
        }
        for other in [
            "usage_event",
            "usage_event_default",
            "usage_event_20261301",
            "usage_event_2026112é",
        ] {
            assert_eq!(day_of_table(other), None, "{other}");
        }
    }
}
