//! A SQLite file that no server works with: one that is being written for the first time, or one that is only read.

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous},
};
use tokio::sync::Semaphore;

use super::{Database, DatabaseError, Dialect, StatementCount, pool::PoolUsers, slow::SlowLog};

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileUse {
    /// Write it. It is worth nothing before it is whole, so there is nothing beside it by which it could be mended.
    Write,
    /// Read it, and leave it as it is.
    Read,
}

/// Nobody waits for a single row of it.
const PATIENCE: Duration = Duration::from_hours(1);

impl Database {
    /// Opens the file at `path`, which has to be there, with one connection.
    pub(crate) async fn open_file(path: &Path, file_use: FileUse) -> Result<Self, DatabaseError> {
        // A path may hold what means something in a URL.
        let path = path.to_owned();
        let mut options = ConnectOptions::new("sqlite://file");
        options
            .max_connections(1)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(move |sqlite| sqlite_options(sqlite.filename(&path), file_use));
        Ok(Self {
            connection: sea_orm::Database::connect(options).await?,
            dialect: Dialect::Sqlite,
            query_timeout: PATIENCE,
            slow_query_threshold: PATIENCE,
            statements: Arc::new(StatementCount::default()),
            turns: Arc::new(Semaphore::new(1)),
            users: PoolUsers::default(),
            slow: SlowLog::default(),
            replicas: None,
            asked_first: None,
        })
    }
}

fn sqlite_options(options: SqliteConnectOptions, file_use: FileUse) -> SqliteConnectOptions {
    let options = options.create_if_missing(false);
    match file_use {
        FileUse::Read => options.read_only(true),
        FileUse::Write => options
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .locking_mode(SqliteLockingMode::Exclusive),
    }
}
