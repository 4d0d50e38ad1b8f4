//! How many sockets and streams there may be, of whom, and how their figures are read.

use std::{future::Future, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, Process, Reply, Socket, TestApp, TestDatabase, Wire, eventually};

const CHANGES: &str = "subscription { catalogChanged { kind } }";

async fn garden_with(flags: &[&str]) -> TestApp {
    let mut builder = TestApp::build_with_garden(Engine::Sqlite).await;
    for flag in flags {
        builder = builder.flag(flag);
    }
    builder.start().await
}

/// A stream of events, opened.
async fn events(app: &TestApp) -> reqwest::Response {
    let request = app
        .request(Method::POST, "/graphql")
        .header("accept", "text/event-stream");
    request.json(&json!({ "query": CHANGES })).send().await.unwrap()
}

/// Tries until a socket is opened: places are free when the server has noticed.
async fn opens(app: &TestApp) -> Socket {
    let mut opened = None;
    eventually("there is a place again", async || {
        opened = Socket::open_with(app.base_url(), &[]).await.ok();
        opened.is_some()
    })
    .await;
    opened.unwrap()
}

#[tokio::test]
async fn sockets_and_streams_of_a_client_are_counted_together() {
    let app = garden_with(&["--websocket-max-connections-per-client=3"]).await;
    let mut sockets = [Socket::ready(app.base_url()).await, Socket::open(app.base_url()).await];
    let stream = events(&app).await;
    assert_eq!(stream.status(), 200);
    let refusal = Socket::open_with(app.base_url(), &[]).await.err().unwrap();
    assert_eq!(
        (refusal.status, refusal.code.as_str(), refusal.retry_after.as_deref()),
        (429, "RATE_LIMITED", Some("10"))
    );
    let reply = Reply::read(events(&app).await).await;
    assert_eq!(
        (reply.status, reply.codes(), reply.header("retry-after")),
        (429, vec!["RATE_LIMITED"], "10")
    );
    // Those that are open, and requests of other kinds, know nothing of it.
    assert_eq!(sockets[0].settle().await, [Value::Null; 0]);
    assert_eq!(app.graphql("{ __typename }").await.data("/__typename"), "Query");
    drop(stream);
    let socket = opens(&app).await;
    assert_eq!(events(&app).await.status(), 429);
    socket.close().await;
    drop(sockets);
    opens(&app).await;
    let mut streams = Vec::new();
    eventually("streams take the places of sockets", async || {
        let stream = events(&app).await;
        if stream.status() == 200 {
            streams.push(stream);
        }
        streams.len() == 3
    })
    .await;
}

#[tokio::test]
async fn all_of_them_are_counted_too() {
    let app = garden_with(&["--websocket-max-connections=2"]).await;
    let socket = Socket::ready(app.base_url()).await;
    let _stream = events(&app).await;
    let refusal = Socket::open_with(app.base_url(), &[]).await.err().unwrap();
    assert_eq!(
        (refusal.status, refusal.code.as_str(), refusal.retry_after.as_deref()),
        (503, "OVERLOADED", Some("10"))
    );
    let reply = Reply::read(events(&app).await).await;
    assert_eq!((reply.status, reply.codes()), (503, vec!["OVERLOADED"]));
    socket.close().await;
    opens(&app).await;
}

#[tokio::test]
async fn operations_of_a_socket_are_counted() {
    let app = garden_with(&["--websocket-max-operations=2"]).await;
    let mut socket = Socket::ready(app.base_url()).await;
    socket.subscribe("1", CHANGES).await;
    socket.subscribe("2", CHANGES).await;
    for _ in 0..2 {
        socket.subscribe("3", "{ __typename }").await;
        let message = socket.receive().await;
        assert_eq!(
            (&message["id"], &message["type"]),
            (&json!("3"), &json!("error")),
            "{message}"
        );
        let extensions = &message["payload"][0]["extensions"];
        assert_eq!(
            extensions,
            &json!({ "code": "LIMIT_EXCEEDED", "limit": "maxSocketOperations", "max": 2, "actual": 3 })
        );
    }
    // Another socket has its own.
    let mut other = Socket::ready(app.base_url()).await;
    other.subscribe("1", "{ __typename }").await;
    assert_eq!(other.receive().await["type"], "next");
    socket.complete("2").await;
    socket.subscribe("3", "{ __typename }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn many_queries_at_once_are_all_answered() {
    let app = garden_with(&[]).await;
    let mut socket = Socket::ready(app.base_url()).await;
    for id in 0..100 {
        socket
            .subscribe(
                &id.to_string(),
                "{ iconSet(prefix: \"garden\") { icons { nodes { id name body svg } } } }",
            )
            .await;
    }
    let mut completed = std::collections::HashSet::new();
    let mut answered = std::collections::HashSet::new();
    while completed.len() < 100 {
        let message = socket.receive().await;
        let id = message["id"].as_str().unwrap().to_owned();
        match message["type"].as_str().unwrap() {
            "next" => assert!(answered.insert(id)),
            "complete" => assert!(answered.contains(&id) && completed.insert(id)),
            other => panic!("{other}: {message}"),
        }
    }
    assert_eq!(answered.len(), 100);
}

#[tokio::test]
async fn pages_of_other_sites_open_no_socket() {
    let app = garden_with(&["--cors-origins=https://app.example"]).await;
    let own = app.base_url();
    for (origin, allowed) in [
        (own, true),
        ("https://app.example", true),
        ("http://app.example", false),
        ("https://evil.example", false),
        ("http://localhost:1", false),
        ("null", false),
    ] {
        let opened = Socket::open_with(own, &[("origin", origin)]).await;
        match opened {
            Ok(mut socket) => {
                assert!(allowed, "{origin}");
                assert_eq!(socket.settle().await, [Value::Null; 0]);
            }
            Err(refusal) => {
                assert!(!allowed, "{origin}");
                assert_eq!((refusal.status, refusal.code.as_str()), (403, "FORBIDDEN"), "{origin}");
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_become_a_socket_is_refused() {
    let app = garden_with(&[]).await;
    let upgrade = || app.request(Method::GET, "/graphql").header("upgrade", "websocket");
    for (request, status) in [
        (upgrade(), 400),
        (upgrade().header("connection", "upgrade"), 426),
        (
            upgrade()
                .header("connection", "upgrade")
                .header("sec-websocket-version", "8"),
            426,
        ),
    ] {
        let reply = app.send(request).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (status, vec!["BAD_USER_INPUT"]),
            "{}",
            reply.text
        );
    }
    let post = app
        .request(Method::POST, "/graphql")
        .header("upgrade", "websocket")
        .json(&json!({ "query": "{ __typename }" }));
    assert_eq!(app.send(post).await.data("/__typename"), "Query");
}

/// What a mutation over a socket may do, as over HTTP.
#[tokio::test]
async fn scopes_are_those_of_the_request_for_the_socket() {
    let app = garden_with(&["--environment=production"]).await;
    let mut socket = Socket::ready(app.base_url()).await;
    socket
        .subscribe("1", "mutation { putSynonyms(input: { groups: [] }) { groups } }")
        .await;
    let message = socket.receive().await;
    assert_eq!(
        message["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "{message}"
    );
    // Who gave this machine another name is no page of it.
    let app = garden_with(&[]).await;
    let renamed = [("host", "evil.example"), ("origin", "http://evil.example")];
    let mut socket = Socket::open_with(app.base_url(), &renamed).await.unwrap();
    socket.send(&json!({ "type": "connection_init" })).await;
    socket.receive().await;
    socket
        .subscribe("1", "mutation { putSynonyms(input: { groups: [] }) { groups } }")
        .await;
    let message = socket.receive().await;
    assert_eq!(
        message["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "{message}"
    );
}

/// The value of a line of `/metrics`; 0 where there is none.
async fn figure(client: &reqwest::Client, base_url: &str, name: &str) -> u64 {
    let text = client
        .get(format!("{base_url}/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().unwrap())
}

async fn becomes<F: Future<Output = u64>>(what: &str, expected: u64, figure: impl Fn() -> F) {
    eventually(&format!("{what} is {expected}"), async || figure().await == expected).await;
}

#[tokio::test]
async fn figures_of_sockets_and_streams() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let process = Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), database.url(), &[]);
    let (base_url, client) = (
        process.base_url(),
        reqwest::Client::builder().no_proxy().build().unwrap(),
    );
    let read = |name| {
        let (client, base_url) = (reqwest::Client::clone(&client), base_url);
        move || {
            let client = client.clone();
            async move { figure(&client, base_url, name).await }
        }
    };
    let mut socket = Socket::ready(base_url).await;
    for id in ["1", "2", "3"] {
        socket.subscribe(id, CHANGES).await;
    }
    becomes("sockets", 1, read("websocket_connections")).await;
    becomes("subscriptions", 3, read("subscriptions_active")).await;
    socket.complete("2").await;
    becomes("subscriptions", 2, read("subscriptions_active")).await;
    let request = client
        .post(format!("{base_url}/graphql"))
        .header("accept", "text/event-stream");
    let stream = request.json(&json!({ "query": CHANGES })).send().await.unwrap();
    becomes("streams", 1, read("event_streams")).await;
    becomes("subscriptions", 3, read("subscriptions_active")).await;
    // Who goes away without a word is noticed.
    drop(stream);
    becomes("streams", 0, read("event_streams")).await;
    becomes("subscriptions", 2, read("subscriptions_active")).await;
    socket.subscribe("1", CHANGES).await;
    assert_eq!(socket.closed().await.0, 4409);
    becomes("sockets", 0, read("websocket_connections")).await;
    becomes("subscriptions", 0, read("subscriptions_active")).await;
    becomes("closes", 1, read("websocket_closes_total{code=\"4409\"}")).await;
    becomes("messages in", 6, read("websocket_messages_total{direction=\"in\"}")).await;
    becomes("messages out", 1, read("websocket_messages_total{direction=\"out\"}")).await;
    let mut socket = Socket::open(base_url).await;
    assert_eq!(socket.settle().await, [Value::Null; 0]);
    socket.close().await;
    becomes("closes by the client", 1, read("websocket_closes_total{code=\"1005\"}")).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_live_figures_costs_no_memory() {
    const SNAPSHOT: &str = "subscription { liveMetrics(intervalMs: 250) { at instance requestsPerSecond errorRate p50Ms p95Ms p99Ms \
         inFlight subscribers cpuShare residentBytes pool { max open idle waiting acquireP99Ms } } }";
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let flags = [
        "--websocket-ping-interval-ms=3600000",
        "--write-timeout-ms=600000",
        "--websocket-queue-bytes=65536",
    ];
    let process = Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), database.url(), &flags);
    let (base_url, client) = (
        process.base_url(),
        reqwest::Client::builder().no_proxy().build().unwrap(),
    );
    let mut socket = Socket::ready(base_url).await;
    for id in 0..100 {
        socket.subscribe(&format!("{id:0>256}"), SNAPSHOT).await;
    }
    becomes("subscriptions", 100, || {
        figure(&client, base_url, "subscriptions_active")
    })
    .await;
    let before = figure(&client, base_url, "process_resident_memory_bytes").await;
    eventually("events are dropped", async || {
        figure(&client, base_url, "subscription_events_dropped_total").await > 500
    })
    .await;
    let grown = figure(&client, base_url, "process_resident_memory_bytes")
        .await
        .saturating_sub(before);
    assert!(grown < 32 << 20, "{} MB more", grown >> 20);
    assert_eq!(figure(&client, base_url, "subscriptions_active").await, 100);
}

#[tokio::test]
async fn a_client_that_pings_and_reads_no_answers_is_not_read_either() {
    /// The largest there is: its answer has nearly as many bytes.
    const PAYLOAD_BYTES: u8 = 125;
    /// More than the buffers of both ends hold, and as much as a server that goes on reading would have to answer.
    const MOST_BYTES: usize = 256 << 20;
    let app = garden_with(&["--write-timeout-ms=600000", "--websocket-init-timeout-ms=600000"]).await;
    let mut wire = Wire::connect(app.base_url());
    wire.send(
        "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
    );
    wire.try_for(Duration::from_secs(2));
    let head = [0x89, 0x80 | PAYLOAD_BYTES, 0, 0, 0, 0];
    let ping = [head.as_slice(), &[0; PAYLOAD_BYTES as usize]].concat();
    let pings = ping.repeat(1_000);
    let flood = tokio::task::spawn_blocking(move || {
        let mut sent = 0;
        while sent < MOST_BYTES && wire.try_send(&pings).is_ok() {
            sent += pings.len();
        }
        sent
    });
    assert!(flood.await.unwrap() < MOST_BYTES);
    assert_eq!(app.graphql("{ __typename }").await.status, 200);
}
