//! Opening the database: pool sizes, SQLite's pragmas, PostgreSQL's timeouts.

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, DatabaseConnection, DbErr, RuntimeErr,
    sqlx::{ConnectOptions as _, postgres::PgConnectOptions, sqlite::SqliteConnectOptions},
};
use tokio::sync::Semaphore;

use super::{Database, DatabaseError, Dialect, StatementCount, pool::PoolUsers, slow::SlowLog, statements};

/// Where the database is and how patiently it is used.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// `sqlite://FILE` or `postgres://…`.
    pub url: String,
    /// Most connections; by engine when left out: 20 on PostgreSQL, two more than the cores on SQLite.
    pub pool_size: Option<u32>,
    /// Connections kept open; by engine when left out: 5 on PostgreSQL, 1 on SQLite.
    pub pool_min: Option<u32>,
    /// How long a statement waits for a connection.
    pub acquire_timeout: Duration,
    /// The age at which a connection is closed and opened anew.
    pub connection_recycle: Duration,
    /// How long a statement may run.
    pub query_timeout: Duration,
    /// How long a writer waits for another to end.
    pub lock_timeout: Duration,
    /// From when on a statement is logged as slow.
    pub slow_query_threshold: Duration,
}

/// What opening may do to a SQLite file that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Make the file and its folder.
    Create,
    /// Fail with [`DatabaseError::Missing`].
    Existing,
}

/// After this long unused a connection is checked before it is handed out, since a firewall may have cut it.
const CHECK_AFTER_IDLE: Duration = Duration::from_secs(10);

impl Database {
    /// Opens the database that `config` names.
    pub async fn open(config: &DatabaseConfig, mode: OpenMode) -> Result<Self, DatabaseError> {
        let dialect = dialect_of(&config.url)?;
        let options = match dialect {
            Dialect::Sqlite => {
                prepare_file(&config.url, mode)?;
                let (mut options, max) = pool_options(config, (cores() + 2, 1));
                let lock_timeout = config.lock_timeout;
                options
                    .map_sqlx_sqlite_opts(move |sqlite| sqlite_options(sqlite, mode, max).busy_timeout(lock_timeout));
                options
            }
            Dialect::Postgres => postgres_options(config),
        };
        Ok(Self {
            connection: connect(options).await?,
            dialect,
            query_timeout: config.query_timeout,
            slow_query_threshold: config.slow_query_threshold,
            statements: Arc::new(StatementCount::default()),
            turns: Arc::new(Semaphore::new(1)),
            users: PoolUsers::default(),
            slow: SlowLog::default(),
            replicas: None,
            asked_first: None,
        })
    }
}

/// A pool for a PostgreSQL that need not be there: it is connected to when somebody asks for something.
pub(super) async fn connect_when_asked(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    let mut options = postgres_options(config);
    options.connect_lazy(true);
    connect(options).await
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, DatabaseError> {
    let mut connection = sea_orm::Database::connect(options).await?;
    statements::time_executions(&mut connection);
    Ok(connection)
}

/// What both engines are told, and how many connections there may be, which is `most` where nobody says.
fn pool_options(config: &DatabaseConfig, (most, least): (u32, u32)) -> (ConnectOptions, u32) {
    let mut options = ConnectOptions::new(driver_url(&config.url));
    let max = config.pool_size.unwrap_or(most);
    options
        .max_connections(max)
        .min_connections(config.pool_min.unwrap_or(least).min(max))
        .acquire_timeout(config.acquire_timeout)
        .connect_timeout(config.acquire_timeout)
        .max_lifetime(config.connection_recycle)
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(CHECK_AFTER_IDLE)
        .sqlx_logging(false);
    (options, max)
}

fn postgres_options(config: &DatabaseConfig) -> ConnectOptions {
    let (mut options, _) = pool_options(config, (20, 5));
    let lock_timeout_ms = config.lock_timeout.as_millis().to_string();
    options
        .statement_timeout(config.query_timeout)
        .map_sqlx_postgres_opts(move |postgres| postgres.options([("lock_timeout", &lock_timeout_ms)]))
        .set_application_name(PROGRAM);
    options
}

/// How a server of PostgreSQL that a URL names is reached.
///
/// # Errors
/// [`DatabaseError::BadUrl`], which does not repeat the URL: it may hold a password.
pub(super) fn postgres_server(url: &str) -> Result<PgConnectOptions, DatabaseError> {
    if dialect_of(url)? != Dialect::Postgres {
        return Err(DatabaseError::BadUrl {
            reason: "it does not begin with postgres:".to_owned(),
        });
    }
    let parsed = driver_url(url).parse::<PgConnectOptions>();
    let options = parsed.map_err(|error| DatabaseError::from(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))))?;
    Ok(options.application_name(PROGRAM).disable_statement_logging())
}

/// What servers know connections of this program by.
const PROGRAM: &str = "iconql";

fn dialect_of(url: &str) -> Result<Dialect, DatabaseError> {
    match url.split(':').next() {
        Some("sqlite") => Ok(Dialect::Sqlite),
        Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
        _ => Err(DatabaseError::BadUrl {
            reason: "it begins with neither sqlite: nor postgres:".to_owned(),
        }),
    }
}

/// The URL as the driver has it, which knows PostgreSQL by one of its two names.
fn driver_url(url: &str) -> String {
    url.strip_prefix("postgresql:")
        .map_or_else(|| url.to_owned(), |rest| format!("postgres:{rest}"))
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}

/// Rows that SQLite's thread reads ahead of who asked for them: a page has no more.
const ROWS_HANDED_OVER: usize = 128;

/// Pages of a file that all connections keep together: of a table with an entry for each icon, all but the last of each way to a row.
const PAGES_KIB: u32 = 32 * 1_024;
/// What each keeps at least, as SQLite has it.
const LEAST_PAGES_KIB: u32 = 2 * 1_024;

fn sqlite_options(options: SqliteConnectOptions, mode: OpenMode, connections: u32) -> SqliteConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    options
        .create_if_missing(mode == OpenMode::Create)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged is there after a power cut too. Writers gather what they write, so that it costs them little.
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(200)
        // A page of rows is handed over as one, instead of waiting for the reader in its midst.
        .row_buffer_size(ROWS_HANDED_OVER)
        .pragma("temp_store", "memory")
        .pragma(
            "cache_size",
            format!("-{}", (PAGES_KIB / connections.max(1)).max(LEAST_PAGES_KIB)),
        )
}

/// Makes the folder of the file, or says that the file is missing.
fn prepare_file(url: &str, mode: OpenMode) -> Result<(), DatabaseError> {
    let Some(path) = sqlite_path(url) else {
        return Ok(());
    };
    match mode {
        OpenMode::Existing if !path.exists() => Err(DatabaseError::Missing {
            path: path.display().to_string(),
        }),
        OpenMode::Existing => Ok(()),
        OpenMode::Create => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => {
                std::fs::create_dir_all(folder).map_err(|error| DatabaseError::CannotOpen {
                    reason: format!("cannot create the folder {}: {error}", folder.display()),
                })
            }
            _ => Ok(()),
        },
    }
}

/// The file of a `sqlite:` URL; none for a database in memory.
fn sqlite_path(url: &str) -> Option<&Path> {
    let rest = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    let file = rest.split('?').next().unwrap_or(rest);
    (!file.is_empty() && file != ":memory:").then(|| Path::new(file))
}

#[cfg(test)]
mod tests {
    use sea_orm::sqlx::{Connection as _, SqliteConnection, query_scalar};

    /// Cargo takes how it is compiled from `.cargo/config.toml` of the folder that it is called in, and of no other.
    #[tokio::test]
    async fn sqlite_is_compiled_as_it_is_to_be() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory");
        let options = query_scalar("PRAGMA compile_options").fetch_all(&mut connection);
        let options: Vec<String> = options.await.expect("they can be asked for");
        let has = |option: &str| options.iter().any(|known| known == option);
        assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
        assert!(
            !has("ENABLE_MEMORY_MANAGEMENT") && !has("ENABLE_API_ARMOR"),
            "{options:?}"
        );
    }
}
