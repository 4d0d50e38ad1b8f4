//! How requests end that nobody waits for any more, and how the server ends under load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;
use tests::{Engine, Iconql, Running, TestDatabase, Wire, address, eventually, fixture};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

async fn serve(database: &TestDatabase, flags: &[&str]) -> (Running, String) {
    let import = Iconql::new(BINARY, &["import"])
        .arg(fixture("garden.json"))
        .database(database.url());
    let _ = import.run().await.succeeded();
    let command = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"]).database(database.url());
    let mut server = flags.iter().fold(command, Iconql::arg).spawn();
    let base_url = server.base_url().await;
    (server, base_url)
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: iconql\r\n\r\n")
}

/// A query that reads the catalog.
fn tree() -> String {
    let body = json!({ "query": r#"{ icon(by: { name: "garden:tree" }) { name set { name } } }"# }).to_string();
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: iconql\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_taken_while_load_balancers_notice() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let (server, base_url) = serve(
        &database,
        &["--shutdown-delay-ms=600000", "--shutdown-grace-ms=3600000"],
    )
    .await;
    let mut kept = Wire::connect(&base_url);
    eventually("it is ready", async || {
        kept.send(get("/api/health/ready"));
        let answer = kept.answer();
        assert_eq!(answer.header("connection"), "");
        answer.status == 200
    })
    .await;
    server.signal("TERM");
    eventually("it is not ready", async || {
        let mut probe = Wire::connect(&base_url);
        probe.send(get("/api/health/ready"));
        let answer = probe.answer();
        answer.status == 503 && answer.body == r#"{"status":"draining"}"#
    })
    .await;
    for mut wire in [kept, Wire::connect(&base_url)] {
        wire.send(tree());
        let answer = wire.answer();
        assert_eq!((answer.status, answer.header("connection")), (200, "close"));
        assert_eq!(wire.rest(), "", "and then it is closed");
    }
    server.signal("TERM");
    let ended = server.end().await;
    assert_eq!(ended.status, Some(0));
    assert!(ended.stderr.contains("told to end a second time"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_do_not_keep_the_server() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let (server, base_url) = serve(&database, &[]).await;
    let mut kept = Wire::connect(&base_url);
    kept.send(get("/api/health/live"));
    assert_eq!(kept.answer().status, 200);
    let mut silent = Wire::connect(&base_url);
    server.signal("TERM");
    assert_eq!((kept.rest(), silent.rest()), (String::new(), String::new()));
    let ended = server.end().await;
    assert_eq!(ended.status, Some(0));
    assert!(!ended.stderr.contains("were cut"), "{}", ended.stderr);
}

/// Two servers behind a balancer that looks at the first one's readiness.
struct Fleet {
    servers: [String; 2],
    is_first_ready: AtomicBool,
    answered: [AtomicUsize; 2],
    is_over: AtomicBool,
}

impl Fleet {
    /// Sends one request after another, on connections that are kept, until it is over. Each is answered.
    fn load(&self) {
        let mut connection: Option<(usize, Wire)> = None;
        while !self.is_over.load(Ordering::Relaxed) {
            let (server, wire) = connection.get_or_insert_with(|| self.connect());
            wire.send(tree());
            let answer = wire.answer();
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.body.contains("garden:tree"), "{answer:?}");
            self.answered[*server].fetch_add(1, Ordering::Relaxed);
            if answer.header("connection") == "close" {
                connection = None;
            }
        }
    }

    /// To the first server while it is ready, and to the second where the first takes nobody.
    fn connect(&self) -> (usize, Wire) {
        if self.is_first_ready.load(Ordering::Relaxed)
            && let Ok(wire) = Wire::try_connect(&self.servers[0])
        {
            return (0, wire);
        }
        (1, Wire::connect(&self.servers[1]))
    }

    fn watch(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let Ok(mut probe) = Wire::try_connect(&self.servers[0]) else {
                break;
            };
            probe.send(get("/api/health/ready"));
            let is_ready = probe.answer().status == 200;
            self.is_first_ready.fetch_and(is_ready, Ordering::Relaxed);
            let _ = probe.is_quiet_for(Duration::from_millis(10));
        }
    }

    fn answered(&self, server: usize) -> usize {
        self.answered[server].load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_no_request() {
    let databases = [
        TestDatabase::fresh(Engine::Sqlite).await,
        TestDatabase::fresh(Engine::Sqlite).await,
    ];
    let flags = ["--shutdown-delay-ms=300"];
    let (first, first_url) = serve(&databases[0], &flags).await;
    let (_second, second_url) = serve(&databases[1], &flags).await;
    let fleet = Arc::new(Fleet {
        servers: [first_url, second_url],
        is_first_ready: AtomicBool::new(true),
        answered: Default::default(),
        is_over: AtomicBool::new(false),
    });
    let spawn = |work: fn(&Fleet)| {
        let fleet = Arc::clone(&fleet);
        thread::spawn(move || work(&fleet))
    };
    let mut threads: Vec<_> = (0..8).map(|_| spawn(Fleet::load)).collect();
    threads.push(spawn(Fleet::watch));
    eventually("the first one is under load", async || fleet.answered(0) > 200).await;
    first.signal("TERM");
    let ended = first.end().await;
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("were cut"), "{}", ended.stderr);
    let by_then = fleet.answered(1);
    eventually("the second one is under load", async || {
        fleet.answered(1) > by_then + 200
    })
    .await;
    fleet.is_over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("every request was answered");
    }
}

/// Requests that run, from the server's own figures, without the one that asks.
fn in_flight(base_url: &str) -> i64 {
    let mut wire = Wire::connect(base_url);
    wire.send(get("/metrics"));
    let text = wire.answer().body;
    let line = text.lines().find(|line| line.starts_with("http_requests_in_flight "));
    let figure = line.and_then(|line| line.split(' ').nth(1)?.parse::<i64>().ok());
    figure.unwrap_or_else(|| panic!("no figure in {text}")) - 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_ends_when_its_client_has_gone() {
    let database = TestDatabase::fresh(Engine::Postgres).await;
    let flags = ["--request-timeout-ms=600000", "--query-timeout-ms=600000"];
    let (server, base_url) = serve(&database, &flags).await;
    let lock = database.hold_table("icon").await;
    let mut leaving = Wire::connect(&base_url);
    leaving.send(tree());
    eventually("it runs", async || in_flight(&base_url) == 1).await;
    drop(leaving);
    eventually("it is given up", async || in_flight(&base_url) == 0).await;

    let socket = tokio::net::TcpStream::connect(address(&base_url)).await.unwrap();
    let (requests, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("{base_url}/graphql")).header("content-type", "application/json");
    let mut requests = requests.ready().await.unwrap();
    let (response, mut body) = requests.send_request(request.body(()).unwrap(), false).unwrap();
    let document = r#"{"query":"{ icon(by: { name: \"garden:tree\" }) { name } }"}"#;
    body.send_data(document.into(), true).unwrap();
    eventually("it runs", async || in_flight(&base_url) == 1).await;
    body.send_reset(h2::Reason::CANCEL);
    drop(response);
    eventually("it is given up", async || in_flight(&base_url) == 0).await;
    lock.release().await;
    server.signal("TERM");
    drop(requests);
    assert_eq!(server.end().await.status, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_is_told_and_finishes() {
    let database = TestDatabase::fresh(Engine::Postgres).await;
    let flags = ["--request-timeout-ms=600000", "--query-timeout-ms=600000"];
    let (server, base_url) = serve(&database, &flags).await;
    let lock = database.hold_table("icon").await;
    let socket = tokio::net::TcpStream::connect(address(&base_url)).await.unwrap();
    let (requests, connection) = h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::post(format!("{base_url}/graphql")).header("content-type", "application/json");
    let mut requests = requests.ready().await.unwrap();
    let (response, mut body) = requests.send_request(request.body(()).unwrap(), false).unwrap();
    let document = r#"{"query":"{ icon(by: { name: \"garden:tree\" }) { name } }"}"#;
    body.send_data(document.into(), true).unwrap();
    eventually("it runs", async || in_flight(&base_url) == 1).await;
    server.signal("TERM");
    eventually("no more requests are taken", async || {
        requests.clone().ready().await.is_err()
    })
    .await;
    lock.release().await;
    assert_eq!(response.await.unwrap().status(), 200);
    assert!(connection.await.unwrap().is_ok(), "it ends in order");
    assert_eq!(server.end().await.status, Some(0));
}
