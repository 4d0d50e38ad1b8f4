//! A server in the test's own process, over its own database.

mod keys;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use api::Stores;
use domain::{
    access::{Access, Clock, Keys},
    catalog::{
        Catalog,
        import::{ImportReport, Importer, find_sources},
    },
    database::{Database, DatabaseError, OpenMode},
    operations::Operations,
    search::Search,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    database::{Engine, TestDatabase},
    reply::Reply,
    shared,
};

/// The clock of every test: 2026-09-01T12:00:00Z.
pub const NOW_MS: i64 = 1_788_264_000_000;

/// A running server and what it runs on. Both end with it.
pub struct TestApp {
    // The server goes before its database.
    server: Option<api::RunningServer>,
    pool: Database,
    search: Search,
    keys: Keys,
    clock_ms: Arc<AtomicI64>,
    database: TestDatabase,
    client: reqwest::Client,
    base_url: String,
}

/// A server about to start.
pub struct Builder {
    database: TestDatabase,
    /// Of a shared database, which has been indexed already.
    search: Option<Search>,
    flags: Vec<String>,
}

impl TestApp {
    /// A server over an empty database of its own.
    pub async fn start(engine: Engine) -> Self {
        Self::build(engine).await.start().await
    }

    /// A server over an empty database of its own, which [`Self::import`] may fill.
    pub async fn build(engine: Engine) -> Builder {
        Builder::over(TestDatabase::fresh(engine).await, None)
    }

    /// A server over an empty database on a PostgreSQL of a test's own.
    pub async fn build_on(url: &str) -> Builder {
        let database = TestDatabase::of_postgres(url);
        database.migrate().await;
        Builder::over(database, None)
    }

    /// A server over the garden and the shed of `fixtures/`, only to be read.
    pub async fn with_garden(engine: Engine) -> Self {
        Self::build_with_garden(engine).await.start().await
    }

    /// As [`Self::with_garden`], with flags still to be given.
    pub async fn build_with_garden(engine: Engine) -> Builder {
        let (database, search) = shared::garden(engine).await;
        Builder::over(database, Some(search))
    }

    /// A server over the starter sets, only to be read.
    pub async fn with_starter(engine: Engine) -> Self {
        Self::build_with_starter(engine).await.start().await
    }

    /// As [`Self::with_starter`], with flags still to be given.
    pub async fn build_with_starter(engine: Engine) -> Builder {
        let (database, search) = shared::starter(engine).await;
        Builder::over(database, Some(search))
    }

    /// Another server over the database of this one, which has to live as long.
    pub fn build_beside(&self) -> Builder {
        Builder::over(self.database.read_too(), None)
    }

    pub fn engine(&self) -> Engine {
        self.database.engine()
    }

    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The pool that the server uses.
    pub fn pool(&self) -> &Database {
        &self.pool
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Sends a document.
    pub async fn graphql(&self, query: &str) -> Reply {
        self.post(&json!({ "query": query })).await
    }

    /// Sends a document with variables.
    pub async fn graphql_with(&self, query: &str, variables: Value) -> Reply {
        self.post(&json!({ "query": query, "variables": variables })).await
    }

    /// Sends a body to `/graphql`.
    pub async fn post(&self, body: &Value) -> Reply {
        self.send(self.request(Method::POST, "/graphql").json(body)).await
    }

    /// Fetches a path.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// A request still to be completed. It asks for no compression by itself.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url))
    }

    /// Sends a request and reads its answer.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        Reply::read(request.send().await.expect("the server answers")).await
    }

    /// Imports files, folders or packages at `now_ms`, and lets them be found.
    pub async fn import_at(&self, now_ms: i64, paths: &[PathBuf]) -> ImportReport {
        let report = self.import_unsearched(now_ms, paths).await;
        self.index().await;
        report
    }

    /// As [`Self::import_at`], for tests that search nothing: an index of every icon takes long without optimisation.
    pub async fn import_unsearched(&self, now_ms: i64, paths: &[PathBuf]) -> ImportReport {
        assert!(self.database.is_own(), "a shared database is only read");
        let sources = find_sources(paths).unwrap_or_else(|error| panic!("{error}"));
        let report = Importer::new(self.pool.clone(), now_ms)
            .import(sources, |_, _| {})
            .await;
        self.catch_up().await;
        report.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Has the server know what has changed, as the process finds out every second.
    pub async fn catch_up(&self) {
        if let Some(server) = &self.server {
            let caught_up = server.catalog().catch_up().await;
            caught_up.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    /// Has the server roll up what was recorded; how many events that were.
    pub async fn roll_up(&self) -> u64 {
        let rolled_up = self.try_to_roll_up().await;
        rolled_up.unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Self::roll_up`], where it may fail.
    pub async fn try_to_roll_up(&self) -> Result<u64, DatabaseError> {
        let server = self.server.as_ref().expect("it runs");
        server.usage().roll_up().await
    }

    /// Has the server write how it did, as the process does every minute.
    pub async fn write_operations(&self) {
        let written = self.operations().write().await;
        written.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Where the server notes how it does.
    pub fn operations(&self) -> &Operations {
        self.server.as_ref().expect("it runs").operations()
    }

    /// Has the server make the days of usage to come, and forget those that were kept long enough.
    pub async fn keep_usage(&self) {
        let server = self.server.as_ref().expect("it runs");
        let kept = server.usage().keep_days().await;
        kept.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Brings the search up to date, as the process does every second.
    pub async fn index(&self) {
        let refreshed = self.search.refresh(&self.pool).await;
        refreshed.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Imports files, folders or packages at [`NOW_MS`].
    pub async fn import(&self, paths: &[PathBuf]) -> ImportReport {
        self.import_at(NOW_MS, paths).await
    }

    /// Imports one IconifyJSON document at [`NOW_MS`].
    pub async fn import_json(&self, set: &Value) -> ImportReport {
        self.import_json_at(NOW_MS, set).await
    }

    /// Imports one IconifyJSON document at `now_ms`.
    pub async fn import_json_at(&self, now_ms: i64, set: &Value) -> ImportReport {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("set.json");
        std::fs::write(&file, set.to_string()).expect("a temporary file can be written");
        self.import_at(now_ms, &[file]).await
    }

    /// Has the server forget what it keeps, so that it asks the database.
    pub fn forget(&self) {
        if let Some(server) = &self.server {
            server.catalog().cache().forget();
        }
    }

    /// Runs SQL behind the server's back, of which it knows nothing but that what it keeps is not so.
    pub async fn sql(&self, sql: &str) {
        assert!(self.database.is_own(), "a shared database is only read");
        self.pool
            .run(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        self.forget();
    }

    /// As [`Self::sql`], of a server that forgets nothing and asks what has changed: whether it was told.
    pub async fn sql_and_keep(&self, sql: &str) -> Result<(), String> {
        assert!(self.database.is_own(), "a shared database is only read");
        let ran = self.pool.run(sql).await;
        ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let server = self.server.as_ref().expect("it runs");
        server.catalog().catch_up().await.map_err(|error| error.to_string())
    }

    /// Takes the server itself, to stop it.
    pub fn take_server(&mut self) -> api::RunningServer {
        self.server.take().expect("the server is taken once")
    }
}

/// Whether every server that says nothing of it is to keep nothing: `ICONQL_TEST_CACHE=off` has all tests show that answers are
/// the same without the cache. Those of the cache itself, and of what it saves, say that theirs is [`Builder::cached`].
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says it in no other way"
)]
fn is_without_cache() -> bool {
    std::env::var("ICONQL_TEST_CACHE").is_ok_and(|cache| cache == "off")
}

impl Builder {
    fn over(database: TestDatabase, search: Option<Search>) -> Self {
        Self {
            database,
            search,
            flags: Vec::new(),
        }
    }

    /// What it will have, for a test to change before it starts.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Adds a flag, as `--max-aliases=3`.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Keeps what it reads however the tests are run, for those that are about that.
    #[must_use]
    pub fn cached(self) -> Self {
        self.flag("--cache-enabled=true")
    }

    /// Starts the server on a free port, configured as the command line would be.
    pub async fn start(self) -> TestApp {
        let own = [
            "iconql",
            "serve",
            "--listen=127.0.0.1:0",
            "--db-pool-size=5",
            "--db-pool-min=1",
            // Hundreds of tests come from one address: those of the budget turn it on.
            "--rate-limit-enabled=false",
            // What is worked out in the background would take statements from those that count them.
            "--cache-intelligence-enabled=false",
            // Figures are a process's, and this one has hundreds of servers.
            "--alerts-enabled=false",
            // Each rolls up usage when its test says so.
            "--analytics-processing-interval=86400",
            // And a busy machine is no reason to shed what they send at once.
            "--max-concurrent-requests=1000",
        ];
        let url = format!("--database-url={}", self.database.url());
        let says_nothing = !self.flags.iter().any(|flag| flag.starts_with("--cache-"));
        let without_cache = (says_nothing && is_without_cache()).then(|| "--cache-enabled=false".to_owned());
        let arguments = own
            .into_iter()
            .map(str::to_owned)
            .chain([url])
            .chain(without_cache)
            .chain(self.flags)
            .map(OsString::from);
        // No variables: the developer's own must not decide what a test sees.
        let resolved = api::config::resolve(&arguments.collect::<Vec<_>>(), |_| None);
        let config = resolved.unwrap_or_else(|error| panic!("{error}")).cli.config;
        let pool = Database::open(&config.database(), OpenMode::Existing)
            .await
            .expect("the test's database opens");
        let search = self.search.unwrap_or_else(Search::in_memory);
        let stores = Stores {
            catalog: Catalog::new(pool.clone()),
            search: search.clone(),
        };
        let clock_ms = Arc::new(AtomicI64::new(NOW_MS));
        let shown = Arc::clone(&clock_ms);
        let clock = Clock::new(move || shown.load(Ordering::Relaxed));
        let access = Access::load(&pool, clock.clone()).await.expect("the keys can be read");
        let server = api::start(&config, config.switches(), stores, access.clone(), clock)
            .await
            .expect("a free port can be had");
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        TestApp {
            base_url: format!("http://{}", server.address()),
            server: Some(server),
            pool,
            search,
            keys: access.keys,
            clock_ms,
            database: self.database,
            client: client.build().expect("a plain client"),
        }
    }
}
