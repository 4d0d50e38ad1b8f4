//! Restoring a backup: all of it in one transaction, into a database that has none of it.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, QueryResult, Statement, Value};

use super::{
    BackupError,
    file::{Backup, FileTable, unreadable},
    row::{self, Cell, Row},
    table::{Column, Table, chosen, copied},
};
use crate::{
    catalog::import::{OwnSetError, OwnSets},
    database::{Columns, Database, DatabaseError, Dialect, PoolUser},
    usage::{day_of, table_in_one_step, usage_key_mark},
};

/// What a restore has to know.
#[derive(Debug, Clone)]
pub struct RestoreTerms {
    /// The migrations that this program knows, all of which the database has.
    pub migrations: Vec<String>,
    /// The key that is configured for hashes of users and sessions; none where it is the database's.
    pub hash_key: Option<String>,
    /// Milliseconds since 1970.
    pub now_ms: i64,
}

/// What came of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Users and sessions that come again count anew: they were hashed with another key than the one that is in force now.
    pub has_other_usage_key: bool,
}

impl Backup {
    /// Brings it into `database`, and says to `progress` how many rows of how many are written. Servers that run meanwhile find all of it, but
    /// for the key that they hash users with: that they read when they start.
    ///
    /// # Errors
    /// Where it is of a newer program, where the database has some of what it holds, and where one of both fails. Nothing is restored then.
    pub async fn restore(
        self,
        database: &Database,
        terms: &RestoreTerms,
        mut progress: impl FnMut(i64, i64),
    ) -> Result<Restored, BackupError> {
        if !terms.migrations.contains(&self.origin.migration) {
            return Err(self.newer());
        }
        let (mut done, total) = (0, self.contents().rows);
        let sets = OwnSets::read(&self.snapshot).await;
        let sets = sets.map_err(|error| self.own_set_error(error))?;
        let restoring = Restoring::begin(database).await?;
        restoring.hold().await?;
        restoring.ensure_empty(&sets).await?;
        for FileTable { table, sum } in &self.tables {
            restoring
                .copy(table, &self, |rows| progress(done + rows, total))
                .await?;
            done += sum.rows;
        }
        let generation = sets
            .write(&restoring.transaction, restoring.dialect(), terms.now_ms)
            .await;
        let generation = generation.map_err(|error| self.own_set_error(error))?;
        restoring.have_usage_ranked().await?;
        restoring.tell_servers(generation + 1, terms.now_ms).await?;
        restoring.commit().await?;
        let usage_key = usage_key_mark(database, terms.hash_key.as_deref()).await?;
        Ok(Restored {
            has_other_usage_key: usage_key != self.origin.usage_key,
        })
    }

    fn own_set_error(&self, error: OwnSetError) -> BackupError {
        match error {
            OwnSetError::Unreadable(error) => unreadable(&self.path, error),
            OwnSetError::Database(error) => error.into(),
            OwnSetError::Unsafe { name, fault } => BackupError::UnsafeIcon { name, fault },
            OwnSetError::RowIdTaken { name } => BackupError::RowIdTaken { name },
        }
    }
}

/// The transaction that restores.
struct Restoring {
    transaction: DatabaseTransaction,
    database: Database,
    _user: PoolUser,
}

impl Restoring {
    async fn begin(database: &Database) -> Result<Self, DatabaseError> {
        Ok(Self {
            _user: database.pool_user(),
            transaction: database.begin().await?,
            database: database.clone(),
        })
    }

    fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    async fn query(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DatabaseError> {
        let statement = Statement::from_sql_and_values(self.dialect().backend(), sql, values);
        Ok(self.transaction.query_all_raw(statement).await?)
    }

    async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<(), DatabaseError> {
        let statement = Statement::from_sql_and_values(self.dialect().backend(), sql, values);
        self.transaction.execute_raw(statement).await?;
        Ok(())
    }

    /// Keeps servers from writing beside it, in the order in which they come to these rows and tables.
    async fn hold(&self) -> Result<(), DatabaseError> {
        for state in ["access_state", "catalog_state"] {
            self.execute(&format!("UPDATE {state} SET id = id"), vec![]).await?;
        }
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let names: Vec<String> = copied().into_iter().map(|table| table.name).collect();
        let sql = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", "));
        self.execute(&sql, vec![]).await
    }

    async fn ensure_empty(&self, sets: &OwnSets) -> Result<(), BackupError> {
        for table in copied() {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
            if !self.query(&sql, vec![]).await?.is_empty() {
                let what = match table.name.as_str() {
                    "api_key" => "API keys".to_owned(),
                    "synonym_group" => "synonyms".to_owned(),
                    _ => "usage".to_owned(),
                };
                return Err(BackupError::NotEmpty { what });
            }
        }
        let sql = format!(
            "SELECT prefix FROM icon_set WHERE length(source_hash) = 0 AND {}",
            self.dialect().is_any("prefix", 1)
        );
        let prefixes = self.dialect().name_list(sets.prefixes());
        match self.query(&sql, vec![prefixes]).await?.first() {
            None => Ok(()),
            Some(row) => {
                let prefix: String = Columns::of(row)
                    .map_err(DatabaseError::from)?
                    .next()
                    .map_err(DatabaseError::from)?;
                let what = format!("icons of its own in the set {prefix}");
                Err(BackupError::NotEmpty { what })
            }
        }
    }

    /// Copies a table of `backup`, unless its rows need more than that.
    async fn copy(&self, table: &Table, backup: &Backup, mut progress: impl FnMut(i64)) -> Result<(), BackupError> {
        let is_this = |known: &Table| known.name == table.name;
        let known = copied().into_iter().find(is_this);
        if known.is_none() && !chosen().iter().any(is_this) {
            return Err(backup.newer());
        }
        let places = known.map(|known| Places::of(known, table));
        let (mut days, mut done) = (Days::of(table), 0);
        table
            .read(&backup.snapshot, async |rows| {
                done += row::count(&rows);
                if let Some(places) = &places {
                    days.prepare(self, &rows).await?;
                    let (sql, values) = places.table.insert(self.dialect(), places.arrange(rows));
                    self.execute(&sql, values).await?;
                } else if table.name == "server_secret" {
                    self.set_secrets(table, rows).await?;
                }
                progress(done);
                Ok::<_, BackupError>(())
            })
            .await
    }

    /// Every database is made with secrets, so that these take the place of those.
    async fn set_secrets(&self, table: &Table, rows: Vec<Row>) -> Result<(), DatabaseError> {
        let (Some(name), Some(secret)) = (table.place_of("name"), table.place_of("secret")) else {
            return Ok(());
        };
        for row in rows {
            if let (Some(Cell::Text(name)), Some(Cell::Bytes(secret))) = (row.get(name), row.get(secret)) {
                let sql = "UPDATE server_secret SET secret = $1 WHERE name = $2";
                let values = vec![secret.clone().into(), name.as_str().into()];
                self.execute(sql, values).await?;
            }
        }
        Ok(())
    }

    /// Rankings are no part of a backup, and may have been made meanwhile where there was nothing.
    async fn have_usage_ranked(&self) -> Result<(), DatabaseError> {
        for tier in ["hour", "day"] {
            let sql = format!(
                "INSERT INTO usage_{tier}_ranking (bucket) SELECT DISTINCT bucket FROM usage_{tier} WHERE TRUE ORDER BY bucket \
                 ON CONFLICT (bucket) DO UPDATE SET icons = NULL, sets = NULL"
            );
            self.execute(&sql, vec![]).await?;
        }
        Ok(())
    }

    /// Has servers that run find what is new.
    async fn tell_servers(&self, generation: i64, now_ms: i64) -> Result<(), DatabaseError> {
        // Each id of a key is a revision, and none is used again.
        let sql = "UPDATE access_state SET revision = 1 + \
                   (CASE WHEN newest.id > revision THEN newest.id ELSE revision END) \
                   FROM (SELECT COALESCE(MAX(id), 0) AS id FROM api_key) newest";
        self.execute(sql, vec![]).await?;
        // By synonyms something else is found than before.
        let sql = "UPDATE catalog_state SET generation = $1";
        self.execute(sql, vec![generation.into()]).await?;
        let sql = "INSERT INTO synonym_change (generation, at_ms) VALUES ($1, $2)";
        self.execute(sql, vec![generation.into(), now_ms.into()]).await
    }

    async fn commit(self) -> Result<(), DatabaseError> {
        self.transaction.commit().await?;
        let refresh = match self.database.dialect() {
            Dialect::Sqlite => "PRAGMA analysis_limit = 1000; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)",
            Dialect::Postgres => "ANALYZE",
        };
        self.database.run(refresh).await
    }
}

/// Which columns of a backup's table go where: one of an older program may lack some, which then are what the table makes them.
struct Places {
    table: Table,
    places: Vec<usize>,
}

impl Places {
    fn of(mut known: Table, in_file: &Table) -> Self {
        known.columns.retain(|column| in_file.place_of(&column.name).is_some());
        let place = |column: &Column| in_file.place_of(&column.name);
        Self {
            places: known.columns.iter().filter_map(place).collect(),
            table: known,
        }
    }

    fn arrange(&self, rows: Vec<Row>) -> Vec<Row> {
        let arrange = |mut row: Row| {
            let cells = self
                .places
                .iter()
                .map(|place| std::mem::replace(&mut row[*place], Cell::Null));
            cells.collect()
        };
        rows.into_iter().map(arrange).collect()
    }
}

/// The days of events, of which each has to have a table on PostgreSQL.
struct Days {
    /// Where a row has its instant; none of other tables.
    place: Option<usize>,
    made: HashSet<i32>,
}

impl Days {
    fn of(table: &Table) -> Self {
        Self {
            place: (table.name == "usage_event")
                .then(|| table.place_of("occurred_ms"))
                .flatten(),
            made: HashSet::new(),
        }
    }

    async fn prepare(&mut self, restoring: &Restoring, rows: &[Row]) -> Result<(), DatabaseError> {
        let Some(place) = self.place.filter(|_| restoring.dialect() == Dialect::Postgres) else {
            return Ok(());
        };
        for row in rows {
            if let Some(Cell::Long(occurred_ms)) = row.get(place)
                && self.made.insert(day_of(*occurred_ms))
            {
                restoring
                    .execute(&table_in_one_step(day_of(*occurred_ms)), vec![])
                    .await?;
            }
        }
        Ok(())
    }
}
