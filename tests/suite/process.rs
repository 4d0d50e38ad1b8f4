//! The server as a process: how it starts, what it tells of its work, how it ends.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use serde_json::json;
use tests::{Collector, Engine, Held, Iconql, Reply, Running, Span, TestDatabase, eventually, fixture};
use tokio::task::JoinHandle;

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// A server over the garden.
async fn serve(database: &TestDatabase) -> Iconql {
    let import = Iconql::new(BINARY, &["import"])
        .arg(fixture("garden.json"))
        .database(database.url());
    let _ = import.run().await.succeeded();
    Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"]).database(database.url())
}

fn address(base_url: &str) -> SocketAddr {
    base_url.strip_prefix("http://").unwrap().parse().unwrap()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn ask(base_url: &str, query: &str) -> reqwest::RequestBuilder {
    client()
        .post(format!("{base_url}/graphql"))
        .json(&json!({ "query": query }))
}

const TREE: &str = r#"{ icon(by: { name: "garden:tree" }) { name set { name } } }"#;

/// A server with one request that waits for a lock that the test holds.
struct Busy {
    database: TestDatabase,
    lock: Held,
    server: Running,
    base_url: String,
    request: JoinHandle<reqwest::Result<reqwest::Response>>,
}

impl Busy {
    async fn start(flags: &[&str]) -> Self {
        let database = TestDatabase::fresh(Engine::Postgres).await;
        let command = serve(&database)
            .await
            .env("REQUEST_TIMEOUT_MS", "600000")
            .env("QUERY_TIMEOUT_MS", "600000");
        let mut server = flags.iter().fold(command, Iconql::arg).spawn();
        let base_url = server.base_url().await;
        let lock = database.hold_table("icon").await;
        let request = tokio::spawn(ask(&base_url, TREE).send());
        let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
                       WHERE datname = current_database() AND NOT granted";
        eventually("the request waits", async || database.number(waiting).await > 0).await;
        Self {
            database,
            lock,
            server,
            base_url,
            request,
        }
    }

    async fn stops_listening(&self) {
        let address = address(&self.base_url);
        eventually("it takes no more connections", async || {
            TcpStream::connect(address).is_err()
        })
        .await;
    }
}

/// Sends the rest of a request on a connection that is open already, and reads the answer to its end.
fn finish(mut connection: &TcpStream, rest: &str) -> String {
    connection.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_what_runs_end_and_takes_nothing_new() {
    let mut busy = Busy::start(&[]).await;
    // A check of readiness that began to be sent before.
    let check = TcpStream::connect(address(&busy.base_url)).unwrap();
    (&check).write_all(b"GET /api/health/ready HTTP/1.1\r\n").unwrap();
    // The server has taken the connection once it has answered a later one.
    let live = reqwest::get(format!("{}/api/health/live", busy.base_url))
        .await
        .unwrap();
    assert_eq!(live.status(), 200);
    busy.server.signal("TERM");
    busy.stops_listening().await;
    let answer = finish(&check, "host: iconql\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.ends_with(r#"{"status":"draining"}"#),
        "{answer:?}"
    );
    assert!(!busy.request.is_finished());
    assert_eq!(busy.server.status(), None);

    busy.lock.release().await;
    let reply = Reply::read(busy.request.await.unwrap().unwrap()).await;
    assert_eq!(reply.data("/icon/name"), "garden:tree");
    let ended = busy.server.end().await;
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("shutting down: running requests have 30000 ms"),
        "{}",
        ended.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_cuts_what_runs() {
    for signals in [["TERM", "TERM"], ["INT", "TERM"]] {
        let busy = Busy::start(&[]).await;
        busy.server.signal(signals[0]);
        busy.stops_listening().await;
        busy.server.signal(signals[1]);
        let ended = busy.server.end().await;
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("told to end a second time"), "{}", ended.stderr);
        assert!(busy.request.await.unwrap().is_err(), "the request was cut");
        // Until here the lock was held, so nothing but the signal ended it.
        busy.lock.release().await;
        drop(busy.database);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_is_cut() {
    let busy = Busy::start(&["--shutdown-grace-ms=50"]).await;
    busy.server.signal("TERM");
    let ended = busy.server.end().await;
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("some requests did not end in time and were cut"),
        "{}",
        ended.stderr
    );
    assert!(busy.request.await.unwrap().is_err(), "the request was cut");
    busy.lock.release().await;
}

#[tokio::test]
async fn an_embedded_database_is_closed_in_order() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let mut server = serve(&database).await.spawn();
    let base_url = server.base_url().await;
    assert_eq!(
        Reply::read(ask(&base_url, TREE).send().await.unwrap())
            .await
            .data("/icon/name"),
        "garden:tree"
    );
    let file = database.url().strip_prefix("sqlite://").unwrap().to_owned();
    let folder = std::path::Path::new(&file).parent().unwrap();
    assert!(
        std::fs::read_dir(folder).unwrap().count() > 1,
        "while it serves, a log lies beside the database"
    );
    server.signal("INT");
    assert_eq!(server.end().await.status, Some(0));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

#[tokio::test]
async fn a_port_that_is_taken_is_one_line() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let command = Iconql::new(BINARY, &["serve"])
        .arg(format!("--listen={address}"))
        .database(database.url());
    let ended = command.run().await;
    let expected = format!(
        "cannot listen on {address}: Address already in use (os error 98); free the port or set LISTEN to another"
    );
    assert_eq!(ended.complaint(1), expected);
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn the_greeting_says_where_and_what_to_try() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let mut server = serve(&database).await.spawn();
    let base_url = server.base_url().await;
    eventually("the greeting is whole", async || {
        server.stdout().contains("icons(names:")
    })
    .await;
    let greeting = server.stdout();
    for path in ["/graphql", "/graphiql", "/api/health"] {
        assert!(greeting.contains(&format!("{base_url}{path}\n")), "{greeting}");
        let status = reqwest::get(format!("{base_url}{path}")).await.unwrap().status();
        assert!(status == 200 || path == "/graphql", "{path}: {status}");
    }
    assert!(greeting.contains(&format!("  Icons     {base_url}/\n")), "{greeting}");
    let mut server = serve(&database)
        .await
        .arg("--environment=production")
        .arg("--public-url=https://icons.example")
        .spawn();
    eventually("it greets", async || server.stdout().contains("Health")).await;
    assert!(
        server.stdout().contains("  GraphQL   https://icons.example/graphql\n"),
        "{}",
        server.stdout()
    );
    assert!(!server.stdout().contains("graphiql"), "{}", server.stdout());
    server.signal("TERM");
    assert_eq!(server.status().and_then(|status| status.code()).unwrap_or(0), 0);
}

/// Logs say what kind of work it was and never whose.
#[tokio::test]
async fn logs_hold_statements_and_no_values() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::fresh(engine).await;
        let command = serve(&database)
            .await
            .arg("--slow-query-threshold-ms=0")
            .arg("--log-level=debug");
        let mut server = command.spawn();
        let base_url = server.base_url().await;
        let request = ask(&base_url, TREE).header("x-request-id", "my-request-7");
        let reply = Reply::read(request.send().await.unwrap()).await;
        assert_eq!(reply.header("x-request-id"), "my-request-7");
        eventually("the request is logged", async || server.stderr().contains("answered")).await;
        let log = server.stderr();
        let answered = log.lines().find(|line| line.contains("answered")).unwrap();
        assert!(
            answered.contains("my-request-7") && answered.contains("status=200"),
            "{answered}"
        );
        let slow: Vec<&str> = log.lines().filter(|line| line.contains("slow statement")).collect();
        assert!(
            slow.iter()
                .any(|line| line.contains("query_type=\"icons") && line.contains("icon.id, icon.name")),
            "{log}"
        );
        assert!(
            slow.iter().any(|line| line.contains("my-request-7")),
            "a slow statement belongs to its request: {log}"
        );
        for value in ["garden", "tree", "Tree"] {
            assert!(!log.contains(value), "{value} is in the log: {log}");
        }
    }
    // By default neither is worth a line.
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let mut server = serve(&database).await.spawn();
    let base_url = server.base_url().await;
    assert_eq!(
        Reply::read(ask(&base_url, TREE).send().await.unwrap()).await.status,
        200
    );
    server.signal("TERM");
    let log = server.end().await.stderr;
    assert!(!log.contains("answered") && !log.contains("slow statement"), "{log}");
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// The span above another one.
fn parent_of<'a>(spans: &'a [Span], span: &Span) -> Option<&'a Span> {
    spans.iter().find(|other| other.id == span.parent)
}

#[tokio::test]
async fn traces_go_out_by_otlp_under_the_callers() {
    let collector = Collector::start();
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let command = serve(&database).await.arg("--opentelemetry-tracing-enabled=true");
    let command = command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "50");
    let mut server = command.spawn();
    let base_url = server.base_url().await;
    let request = ask(&base_url, TREE).header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    let reply = Reply::read(request.send().await.unwrap()).await;
    assert_eq!(reply.header("traceparent").split('-').nth(1), Some(TRACE));

    let of_trace = || {
        collector
            .spans()
            .into_iter()
            .filter(|span| span.trace == TRACE)
            .collect::<Vec<_>>()
    };
    eventually("the request's span arrives", async || {
        of_trace().iter().any(|span| span.name == "POST /graphql")
    })
    .await;
    let head = collector.heads()[0].to_lowercase();
    assert!(
        head.starts_with("post /v1/traces http/1.1\r\n") && head.contains("content-type: application/x-protobuf"),
        "{head}"
    );
    eventually("and its statements'", async || {
        of_trace().iter().filter(|span| span.name == "db.query").count() == 2
    })
    .await;
    let spans = of_trace();
    for query in spans.iter().filter(|span| span.name == "db.query") {
        let mut top = query;
        while let Some(parent) = parent_of(&spans, top) {
            top = parent;
        }
        assert_eq!(
            (top.name.as_str(), top.parent.as_str()),
            ("POST /graphql", CALLER),
            "{spans:?}"
        );
        assert_ne!(
            parent_of(&spans, query).map(|span| span.name.as_str()),
            Some("POST /graphql"),
            "{spans:?}"
        );
    }
    assert_eq!(
        reply.header("traceparent").split('-').nth(2),
        spans
            .iter()
            .find(|span| span.parent == CALLER)
            .map(|span| span.id.as_str())
    );
    server.signal("TERM");
    let ended = server.end().await;
    assert_eq!(ended.status, Some(0));
    assert!(
        !ended.stderr.contains("panicked") && !ended.stderr.contains("opentelemetry"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn traces_that_wait_are_sent_at_the_end() {
    let collector = Collector::start();
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let command = serve(&database).await.env("OPENTELEMETRY_TRACING_ENABLED", "true");
    let command = command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    let mut server = command.spawn();
    let base_url = server.base_url().await;
    assert_eq!(
        Reply::read(ask(&base_url, TREE).send().await.unwrap()).await.status,
        200
    );
    server.signal("TERM");
    assert_eq!(server.end().await.status, Some(0));
    assert!(
        collector.spans().iter().any(|span| span.name == "POST /graphql"),
        "{:?}",
        collector.spans()
    );
}

/// Nobody who collects traces may keep requests from being answered, or the server from ending.
#[tokio::test]
async fn a_collector_that_is_gone_is_no_harm() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let command = serve(&database).await.env("OPENTELEMETRY_TRACING_ENABLED", "true");
    let command = command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{gone}"))
        .env("OTEL_BSP_SCHEDULE_DELAY", "10");
    let mut server = command.spawn();
    let base_url = server.base_url().await;
    for _ in 0..5 {
        let answer = tokio::time::timeout(Duration::from_secs(10), ask(&base_url, TREE).send()).await;
        assert_eq!(answer.unwrap().unwrap().status(), 200);
    }
    server.signal("TERM");
    let ended = server.end().await;
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}
