//! SQL behind the server's back: figures read, and locks held.

use std::time::Duration;

use domain::database::{Database, DatabaseConfig, OpenMode};

use crate::database::{Engine, TestDatabase};

/// A transaction that a test holds open on a connection of its own; dropping it rolls it back.
pub struct Held {
    connection: Database,
}

impl TestDatabase {
    /// The whole numbers of a statement's rows, all of one width.
    pub async fn numbers<const WIDTH: usize>(&self, sql: &str) -> Vec<[i64; WIDTH]> {
        let pool = self.open().await;
        let rows = pool
            .query("test", sql, vec![])
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let row = rows.iter().map(|row| {
            std::array::from_fn(|column| {
                row.try_get_by_index(column)
                    .unwrap_or_else(|error| panic!("{sql}: {error}"))
            })
        });
        let numbers = row.collect();
        let _ = pool.close().await;
        numbers
    }

    /// The one whole number that a statement gives.
    pub async fn number(&self, sql: &str) -> i64 {
        match self.numbers::<1>(sql).await.as_slice() {
            [[number]] => *number,
            rows => panic!("{sql}: {} rows", rows.len()),
        }
    }

    /// The texts of a statement's one column.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let pool = self.open().await;
        let rows = pool
            .query("test", sql, vec![])
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let lines = rows
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap_or_else(|error| panic!("{sql}: {error}")));
        let lines = lines.collect();
        let _ = pool.close().await;
        lines
    }

    /// Runs SQL that gives nothing.
    pub async fn run(&self, sql: &str) {
        let pool = self.open().await;
        pool.run(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let _ = pool.close().await;
    }

    /// Keeps every other writer out until the transaction is dropped or released.
    pub async fn hold_write_lock(&self) -> Held {
        let begin = match self.engine() {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN; UPDATE catalog_state SET generation = generation",
        };
        Held::begin(self.url(), begin).await
    }

    /// Begins a transaction by `begin`, and keeps it open.
    pub async fn hold(&self, begin: &str) -> Held {
        Held::begin(self.url(), begin).await
    }

    /// Keeps everybody out of a table of PostgreSQL, readers too.
    pub async fn hold_table(&self, table: &str) -> Held {
        assert_eq!(self.engine(), Engine::Postgres, "SQLite has no such lock");
        Held::begin(
            self.url(),
            &format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"),
        )
        .await
    }
}

impl Held {
    async fn begin(url: &str, begin: &str) -> Self {
        let config = DatabaseConfig {
            url: url.to_owned(),
            pool_size: Some(1),
            pool_min: Some(1),
            acquire_timeout: Duration::from_secs(30),
            connection_recycle: Duration::from_hours(1),
            query_timeout: Duration::from_mins(1),
            lock_timeout: Duration::from_mins(1),
            slow_query_threshold: Duration::from_mins(1),
        };
        let connection = Database::open(&config, OpenMode::Existing)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        connection
            .run(begin)
            .await
            .unwrap_or_else(|error| panic!("{begin}: {error}"));
        Self { connection }
    }

    /// Does more in it.
    pub async fn run(&self, sql: &str) {
        let ran = self.connection.run(sql).await;
        ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Lets the others go on.
    pub async fn release(self) {
        self.connection
            .run("ROLLBACK")
            .await
            .expect("a transaction can be rolled back");
        let _ = self.connection.close().await;
    }
}
