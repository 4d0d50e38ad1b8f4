#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where backticks only disturb"
)]

use std::{path::Path, time::Duration};

use clap::Args;
use domain::database::{DatabaseConfig, MOST_LAG, ReplicaError, Replicas, check_replica_urls};

/// Where icons are stored.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// sqlite://FILE or postgres://USER@HOST/NAME; iconql.db in the data folder when left out
    #[arg(long, global = true, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<String>,

    /// Read replicas, written as DATABASE_URL is, comma-separated; analytics are asked of them first
    #[arg(long, global = true, value_parser = parse_replica_urls, value_name = "URLS", help_heading = "Database")]
    pub database_replica_url: Option<String>,

    /// Most connections; 20 on PostgreSQL and two more than cores on SQLite when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "COUNT", help_heading = "Database")]
    pub db_pool_size: Option<u32>,

    /// Connections kept open; 5 on PostgreSQL and 1 on SQLite when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(0..=10_000), value_name = "COUNT", help_heading = "Database")]
    pub db_pool_min: Option<u32>,

    /// Milliseconds a statement waits for a connection
    #[arg(long, global = true, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "Database")]
    pub db_acquire_timeout_ms: u64,

    /// Seconds after which a connection is opened anew
    #[arg(long, global = true, default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=604_800), value_name = "SECONDS", help_heading = "Database")]
    pub db_connection_recycle_seconds: u64,

    /// Milliseconds a reading statement may run
    #[arg(long, global = true, default_value_t = 4000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "Database")]
    pub query_timeout_ms: u64,

    /// Milliseconds an import or a migration waits for another to end
    #[arg(long, global = true, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000), value_name = "MS", help_heading = "Database")]
    pub db_lock_timeout_ms: u64,

    /// Milliseconds from which a statement is logged as slow
    #[arg(long, global = true, default_value_t = 100, value_parser = clap::value_parser!(u64).range(0..=600_000), value_name = "MS", help_heading = "Database")]
    pub slow_query_threshold_ms: u64,
}

impl DatabaseArgs {
    pub(super) fn to_domain(&self, data_dir: &Path) -> DatabaseConfig {
        DatabaseConfig {
            url: self.url(data_dir),
            pool_size: self.db_pool_size,
            pool_min: self.db_pool_min,
            acquire_timeout: Duration::from_millis(self.db_acquire_timeout_ms),
            connection_recycle: Duration::from_secs(self.db_connection_recycle_seconds),
            query_timeout: Duration::from_millis(self.query_timeout_ms),
            lock_timeout: Duration::from_millis(self.db_lock_timeout_ms),
            slow_query_threshold: Duration::from_millis(self.slow_query_threshold_ms),
        }
    }

    /// The replicas, where there are any. None of them need be there.
    ///
    /// # Errors
    /// Where the database can have none. What is wrong with a URL, parsing has ruled out.
    pub(crate) fn replicas(&self, data_dir: &Path) -> Result<Option<Replicas>, ReplicaError> {
        let urls = self.database_replica_url.as_deref();
        urls.map(|urls| Replicas::open(&self.to_domain(data_dir), urls, MOST_LAG))
            .transpose()
    }

    fn url(&self, data_dir: &Path) -> String {
        match &self.database_url {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", data_dir.join("iconql.db").display()),
        }
    }
}

fn parse_replica_urls(text: &str) -> Result<String, String> {
    check_replica_urls(text)
        .map(|()| text.to_owned())
        .map_err(|error| error.to_string())
}
