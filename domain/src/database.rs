//! The connection to SQLite or PostgreSQL: how it is opened, how its statements are counted and timed, what its failures mean.
//!
//! It knows no table. Rooms that do build their statements with its dialect and run them here.

mod columns;
mod connect;
mod dialect;
mod error;
mod file;
mod pool;
mod replicas;
mod slow;
mod snapshot;
mod statements;
mod writing;

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, QueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

pub(crate) use columns::Columns;
pub use connect::{DatabaseConfig, OpenMode};
pub(crate) use dialect::Dialect;
pub use error::DatabaseError;
pub(crate) use file::FileUse;
pub use pool::PoolState;
pub(crate) use pool::PoolUser;
use pool::PoolUsers;
pub(crate) use replicas::Asking;
pub use replicas::{MOST_LAG, ReplicaError, ReplicaStanding, ReplicaState, Replicas, check_replica_urls};
use slow::SlowLog;
pub(crate) use slow::SlowStatements;
pub(crate) use snapshot::Snapshot;
pub use statements::StatementCount;
pub(crate) use writing::Writing;

/// A pool of connections, and the count of statements that whoever holds this handle has run. Clones share both.
#[derive(Clone)]
pub struct Database {
    connection: DatabaseConnection,
    dialect: Dialect,
    query_timeout: Duration,
    slow_query_threshold: Duration,
    statements: Arc<StatementCount>,
    /// Requests write one after another.
    turns: Arc<Semaphore>,
    users: PoolUsers,
    /// Of PostgreSQL, where there are some.
    replicas: Option<Replicas>,
    /// Those that [`Self::query`] asks before the pool.
    asked_first: Option<Replicas>,
    slow: SlowLog,
}

impl Database {
    /// The same pool under a new count, for one request.
    #[must_use]
    pub fn counted_by(&self, statements: Arc<StatementCount>) -> Self {
        Self {
            statements,
            replicas: self.replicas.as_ref().map(Replicas::of_request),
            ..self.clone()
        }
    }

    /// Statements of whoever holds this handle.
    pub(crate) fn statements_run(&self) -> u32 {
        self.statements.get()
    }

    /// The raw connection, for the migrations.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Whether the database is a file that this process may migrate by itself.
    pub fn is_embedded(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// Asks the database for nothing, to learn whether it answers.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        self.query("ping", "SELECT 1", vec![]).await.map(|_| ())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs one reading statement. `query_type` names it in metrics and logs.
    pub async fn query(
        &self,
        query_type: &'static str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, DatabaseError> {
        if let Some(replicas) = &self.asked_first {
            // Few ask replicas, and everybody else's futures would be as large.
            let asked = Box::pin(replicas.query(self, query_type, (sql, &values))).await;
            if let Some(answer) = asked {
                return answer;
            }
        }
        let _user = self.pool_user();
        self.run_on(&self.connection, query_type, (sql, values), statements::record_wait)
            .await
    }

    /// `waited` is told how long the statement had no connection.
    async fn run_on(
        &self,
        connection: &impl ConnectionTrait,
        query_type: &'static str,
        (sql, values): (&str, Vec<Value>),
        waited: impl FnOnce(Duration),
    ) -> Result<Vec<QueryResult>, DatabaseError> {
        let statement = Statement::from_sql_and_values(self.dialect.backend(), sql, values);
        let span = tracing::info_span!(
            "db.query",
            otel.kind = "client",
            db.system.name = self.dialect.system_name(),
            db.operation.name = query_type,
        );
        self.statements.add_one();
        let started = std::time::Instant::now();
        let result = tokio::time::timeout(self.query_timeout, connection.query_all_raw(statement))
            .instrument(span)
            .await;
        let elapsed = started.elapsed();
        waited(statements::record(query_type, sql, elapsed, self.slow_query_threshold));
        if elapsed >= self.slow_query_threshold {
            self.slow.note(query_type, sql, elapsed);
        }
        let timed_out = || DatabaseError::Timeout {
            after_ms: self.query_timeout.as_millis(),
        };
        match result {
            Ok(rows) => rows.map_err(|error| match DatabaseError::from(error) {
                // PostgreSQL has the same limit, and its clock was a moment faster.
                DatabaseError::Cancelled => timed_out(),
                error => error,
            }),
            Err(_) => Err(timed_out()),
        }
    }

    /// Starts a writing transaction. It holds SQLite's one write lock from here on, so that it cannot fail half way for want of it.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DatabaseError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.connection
            .begin_with_options(options)
            .await
            .map_err(DatabaseError::from)
    }

    /// Starts a writing transaction of a request, which cannot wait for long.
    pub(crate) async fn write(&self) -> Result<Writing, DatabaseError> {
        Writing::begin(self).await
    }

    /// Starts a writing transaction that no request waits for, and that keeps none waiting where it needs not.
    pub(crate) async fn work(&self) -> Result<Writing, DatabaseError> {
        Writing::begin_work(self).await
    }

    /// Starts to read one moment of the database.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, DatabaseError> {
        Snapshot::begin(self).await
    }

    /// Runs SQL that returns nothing, outside any transaction.
    pub async fn run(&self, sql: &str) -> Result<(), DatabaseError> {
        self.connection
            .execute_unprepared(sql)
            .await
            .map(|_| ())
            .map_err(DatabaseError::from)
    }

    /// Closes every connection, so that SQLite leaves one file and no log beside it.
    pub async fn close(&self) -> Result<(), DatabaseError> {
        self.connection.close_by_ref().await.map_err(DatabaseError::from)
    }
}
