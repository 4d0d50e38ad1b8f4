//! Databases that live as long as a test, or, where tests only read, as long as the process.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use domain::{
    catalog::import::{Importer, find_sources},
    database::{Database, DatabaseConfig, OpenMode},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{
    app::NOW_MS,
    shared::{self, RUNTIME},
};

/// Every migration, the first first: one that is added stands here too.
pub const MIGRATIONS: &[&str] = &[
    "m20261101_000001_catalog",
    "m20261121_000002_keywords",
    "m20261121_000003_synonyms",
    "m20261121_000004_access",
    "m20261121_000005_administration",
    "m20261122_000006_popularity",
    "m20261122_000007_usage",
    "m20261122_000008_co_usage",
    "m20261122_000009_usage_storage",
    "m20261123_000010_usage_ranking",
    "m20261123_000011_operations",
    "m20261123_000012_alert",
];

/// A database engine that iconql runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database with today's tables. Its own test's alone unless it came from `crate::shared`; gone when it is dropped.
pub struct TestDatabase {
    engine: Engine,
    url: String,
    place: Place,
}

/// Where a database lies, and so what is to be removed.
enum Place {
    File {
        _folder: TempDir,
    },
    Server {
        name: String,
    },
    /// On a server that ends with its test.
    Elsewhere,
    /// Outlives this handle, which only reads.
    Shared,
}

impl TestDatabase {
    /// An empty catalog for one test.
    pub async fn fresh(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                let url = sqlite_url(&folder.path().join("iconql.db"));
                Self {
                    engine,
                    url,
                    place: Place::File { _folder: folder },
                }
            }
            Engine::Postgres => {
                let name = unused_name();
                let url = create_on_server(&name).await;
                Self {
                    engine,
                    url,
                    place: Place::Server { name },
                }
            }
        };
        database.migrate().await;
        database
    }

    /// A catalog for one test that has one IconifyJSON document, imported at [`NOW_MS`].
    pub async fn with_set(engine: Engine, set: &Value) -> Self {
        let database = Self::fresh(engine).await;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("set.json");
        std::fs::write(&file, set.to_string()).expect("a temporary file can be written");
        let sources = find_sources(&[file]).expect("the set is found");
        let pool = database.open().await;
        let report = Importer::new(pool.clone(), NOW_MS).import(sources, |_, _| {}).await;
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        assert!(report.failed_sets() == 0, "{report:?}");
        pool.close().await.expect("a database can be closed");
        database
    }

    /// An empty catalog that stays until the process ends, for `crate::shared` to fill.
    pub(crate) async fn lasting(engine: Engine, name: &str) -> Self {
        let url = match engine {
            Engine::Sqlite => sqlite_url(&shared::folder().join(format!("{name}.db"))),
            Engine::Postgres => {
                let name = format!("iconql_test_{}_{name}", std::process::id());
                let url = create_on_server(&name).await;
                shared::drop_at_exit(&server_url(), &name);
                url
            }
        };
        let database = Self {
            engine,
            url,
            place: Place::Shared,
        };
        database.migrate().await;
        database
    }

    /// Another handle to a lasting database.
    pub(crate) fn share(&self) -> Self {
        assert!(
            matches!(self.place, Place::Shared),
            "only a lasting database can be shared"
        );
        self.read_too()
    }

    /// Another handle, for as long as this one lives, that only reads.
    pub(crate) fn read_too(&self) -> Self {
        Self {
            engine: self.engine,
            url: self.url.clone(),
            place: Place::Shared,
        }
    }

    /// A handle to whatever lies on a PostgreSQL server of a test's own.
    pub fn of_postgres(url: &str) -> Self {
        Self {
            engine: Engine::Postgres,
            url: url.to_owned(),
            place: Place::Elsewhere,
        }
    }

    /// Whether a test may change it.
    pub(crate) fn is_own(&self) -> bool {
        !matches!(self.place, Place::Shared)
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// What `--database-url` takes.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A pool of its own, for a test to look at or break what the server works with.
    pub async fn open(&self) -> Database {
        open(&self.url).await
    }

    pub(crate) async fn migrate(&self) {
        let database = self.open().await;
        migration::up(database.connection())
            .await
            .expect("a new database can be migrated");
        database.close().await.expect("a database can be closed");
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Server { name } = &self.place else { return };
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let (done, wait) = std::sync::mpsc::channel();
        RUNTIME.spawn(async move {
            let _ = server().await.run(&sql).await;
            let _ = done.send(());
        });
        let _ = wait.recv();
    }
}

/// Opens any database with few connections, since many tests run at once.
async fn open(url: &str) -> Database {
    let config = DatabaseConfig {
        url: url.to_owned(),
        pool_size: Some(2),
        pool_min: Some(0),
        acquire_timeout: Duration::from_secs(30),
        connection_recycle: Duration::from_hours(1),
        query_timeout: Duration::from_secs(30),
        lock_timeout: Duration::from_mins(1),
        slow_query_threshold: Duration::from_secs(30),
    };
    Database::open(&config, OpenMode::Create)
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// A name that no other test of this or another process has.
fn unused_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "iconql_test_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The server that holds the tests' databases.
#[expect(clippy::disallowed_methods, reason = "scripts/postgres.sh says it in no other way")]
fn server_url() -> String {
    std::env::var("ICONQL_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "ICONQL_TEST_POSTGRES_URL is not set: run the tests with `make test`, or `scripts/postgres.sh cargo test`"
        )
    })
}

async fn create_on_server(name: &str) -> String {
    let base = server_url();
    let (address, _) = base
        .rsplit_once('/')
        .expect("ICONQL_TEST_POSTGRES_URL ends with the name of a database");
    let url = format!("{address}/{name}");
    let sql = format!("CREATE DATABASE {name}");
    let created = RUNTIME.spawn(async move { server().await.run(&sql).await }).await;
    created
        .expect("creating a database does not panic")
        .unwrap_or_else(|error| panic!("cannot create {name}: {error}"));
    url
}

/// The connection that makes and drops databases. It belongs to [`RUNTIME`], since those of the tests end with them.
async fn server() -> &'static Database {
    static SERVER: OnceCell<Database> = OnceCell::const_new();
    SERVER.get_or_init(async || open(&server_url()).await).await
}
