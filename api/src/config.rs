//! The configuration: every value with its one default, its unit and its meaning, and where it came from.
//!
//! The flags below are the single declaration. `iconql.toml` and the environment are turned into flags before parsing, so
//! that all three take the same values and meet the same checks.

mod alerts;
mod cache;
mod connections;
mod database;
mod documents;
mod http;
mod limits;
mod redis;
mod slo;
mod sources;
mod switches;
mod telemetry;
mod traffic;
mod usage;
mod websocket;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

pub use alerts::{AlertArgs, WebhookUrl};
pub use cache::CacheArgs;
pub use connections::ConnectionArgs;
pub use database::DatabaseArgs;
pub use documents::{DocumentArgs, Mode};
pub use http::HttpArgs;
pub use limits::LimitArgs;
pub use redis::RedisArgs;
pub use slo::SloArgs;
pub use sources::{ConfigError, Origin, Resolved, resolve};
pub use telemetry::{LogFormat, TelemetryArgs};
pub use traffic::TrafficArgs;
pub use usage::UsageArgs;
pub use websocket::WebsocketArgs;

/// Where the service runs, which decides what it tells about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// Introspection, GraphiQL and timings are on.
    Development,
    /// They are off.
    Production,
}

/// Everything that can be configured.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Read this file instead of iconql.toml; `ICONQL_CONFIG` can name it too
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,

    /// production turns off introspection, suggestions, GraphiQL and timings
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "development",
        help_heading = "Service"
    )]
    pub environment: Environment,

    /// Address and port to listen on
    #[arg(
        long,
        global = true,
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS",
        help_heading = "Service"
    )]
    pub listen: SocketAddr,

    /// How the outside reaches this service, as `https://icons.example.com`; without it, addresses in answers are paths
    #[arg(long, global = true, value_name = "URL", value_parser = http::parse_public_url, help_heading = "Service")]
    pub public_url: Option<String>,

    /// Folder of the embedded database and of the search index
    #[arg(
        long,
        global = true,
        default_value = "data",
        value_name = "FOLDER",
        help_heading = "Service"
    )]
    pub data_dir: PathBuf,

    /// Threads that answer requests; as many as cores when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024), value_name = "COUNT", help_heading = "Service")]
    pub worker_threads: Option<u16>,

    #[command(flatten)]
    pub database: DatabaseArgs,

    #[command(flatten)]
    pub redis: RedisArgs,

    #[command(flatten)]
    pub cache: CacheArgs,

    #[command(flatten)]
    pub http: HttpArgs,

    #[command(flatten)]
    pub documents: DocumentArgs,

    #[command(flatten)]
    pub connections: ConnectionArgs,

    #[command(flatten)]
    pub limits: LimitArgs,

    #[command(flatten)]
    pub traffic: TrafficArgs,

    #[command(flatten)]
    pub usage: UsageArgs,

    #[command(flatten)]
    pub websocket: WebsocketArgs,

    #[command(flatten)]
    pub slo: SloArgs,

    #[command(flatten)]
    pub alerts: AlertArgs,

    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

impl Config {
    /// Whether the service hides how it works.
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// Whether browsers reach the service by https, here or at a proxy before it.
    pub fn is_https(&self) -> bool {
        let public = self.public_url.as_deref();
        self.connections.tls_cert_file.is_some() || public.is_some_and(|url| url.starts_with("https://"))
    }

    /// How long requests go on being taken after SIGTERM, while load balancers notice.
    pub fn shutdown_delay(&self) -> Duration {
        // Whoever serves in production has a load balancer that looks every few seconds; whoever develops has none.
        const IN_PRODUCTION: Duration = Duration::from_secs(5);
        match self.http.shutdown_delay_ms {
            Some(delay) => Duration::from_millis(delay),
            None if self.is_production() => IN_PRODUCTION,
            None => Duration::ZERO,
        }
    }

    /// What the database room needs.
    pub fn database(&self) -> domain::database::DatabaseConfig {
        self.database.to_domain(&self.data_dir)
    }

    /// As [`Self::database`], for work that no request waits for: a statement of it may take long.
    pub fn database_for_work(&self) -> domain::database::DatabaseConfig {
        const QUERY_TIMEOUT: Duration = Duration::from_hours(1);
        domain::database::DatabaseConfig {
            query_timeout: QUERY_TIMEOUT,
            ..self.database()
        }
    }

    /// The read replicas of the database, where there are any.
    ///
    /// # Errors
    /// Where the database can have none.
    pub(crate) fn replicas(&self) -> Result<Option<domain::database::Replicas>, domain::database::ReplicaError> {
        self.database.replicas(&self.data_dir)
    }

    /// What the cache needs.
    pub fn cache(&self) -> domain::cache::CacheConfig {
        self.cache.to_domain(self.http.cdn_stale_seconds)
    }

    /// What the room of usage needs.
    pub fn usage(&self) -> domain::usage::UsageConfig {
        self.usage.to_domain(self.traffic.concurrent_requests())
    }

    /// What the document stage needs.
    pub fn documents(&self) -> schema::DocumentsConfig {
        self.documents.to_schema(!self.is_production())
    }

    /// What the schema room needs.
    pub fn limits(&self) -> schema::Limits {
        self.limits.to_schema(self.http.request_timeout_ms)
    }
}
