//! What is followed: `liveMetrics`, and `catalogChanged` over several instances; `service { pool }` beside them.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Engine, Iconql, Socket, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const METRICS: &str =
    "subscription($every: Int! = 60000) { liveMetrics(intervalMs: $every) { at instance requestsPerSecond errorRate
    p50Ms p95Ms p99Ms inFlight subscribers cpuShare residentBytes pool { max open idle waiting acquireP99Ms } } }";

/// Sends `subscribe` with variables.
async fn follow(socket: &mut Socket, id: &str, every_ms: i64) {
    let payload = json!({ "query": METRICS, "variables": { "every": every_ms } });
    socket
        .send(&json!({ "id": id, "type": "subscribe", "payload": payload }))
        .await;
}

/// The next snapshot.
async fn snapshot(socket: &mut Socket) -> Value {
    let message = socket.receive().await;
    assert_eq!(message["type"], "next", "{message}");
    assert_eq!(message["payload"].get("errors"), None, "{message}");
    message["payload"]["data"]["liveMetrics"].clone()
}

fn number(snapshot: &Value, field: &str) -> f64 {
    snapshot[field]
        .as_f64()
        .unwrap_or_else(|| panic!("{field} of {snapshot}"))
}

#[tokio::test]
async fn a_snapshot_comes_at_once_and_tells_how_the_instance_does() {
    let app = TestApp::build(Engine::Sqlite)
        .await
        .flag("--db-pool-size=3")
        .start()
        .await;
    let mut socket = Socket::ready(app.base_url()).await;
    // The second would come after a minute.
    follow(&mut socket, "a", 60_000).await;
    let seen = snapshot(&mut socket).await;
    let (_, port) = app.base_url().rsplit_once(':').unwrap();
    assert!(
        seen["instance"].as_str().unwrap().ends_with(&format!(":{port}")),
        "{seen}"
    );
    assert!(seen["at"].as_str().unwrap().starts_with("2026-09-01T12:"), "{seen}");
    assert_eq!(seen["pool"]["max"], 3);
    assert!(seen["pool"]["idle"].as_i64() <= seen["pool"]["open"].as_i64(), "{seen}");
    assert!(number(&seen, "residentBytes") > 1e6, "{seen}");
    for share in ["errorRate", "cpuShare"] {
        assert!((0.0..=1.0).contains(&number(&seen, share)), "{seen}");
    }
    assert!(
        number(&seen, "p50Ms") <= number(&seen, "p95Ms") && number(&seen, "p95Ms") <= number(&seen, "p99Ms"),
        "{seen}"
    );
}

#[tokio::test]
async fn snapshots_go_on_coming() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut socket = Socket::ready(app.base_url()).await;
    follow(&mut socket, "a", 250).await;
    let mut times = Vec::new();
    for _ in 0..4 {
        times.push(snapshot(&mut socket).await["at"].as_str().unwrap().to_owned());
    }
    assert!(times.is_sorted() && times.first() != times.last(), "{times:?}");
    // Each answered a request, which the next snapshots show.
    eventually("requests are seen", async || {
        app.graphql("{ __typename }").await;
        let seen = snapshot(&mut socket).await;
        number(&seen, "requestsPerSecond") > 0.0 && number(&seen, "p99Ms") > 0.0
    })
    .await;
}

#[tokio::test]
async fn the_interval_has_bounds() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut socket = Socket::ready(app.base_url()).await;
    for (id, every_ms) in [
        ("1", 249),
        ("2", 60_001),
        ("3", 0),
        ("4", -1),
        ("5", i64::from(i32::MAX)),
    ] {
        follow(&mut socket, id, every_ms).await;
        let message = socket.receive().await;
        let error = &message["payload"]["errors"][0];
        assert_eq!(
            (&message["id"], &error["extensions"]["code"]),
            (&json!(id), &json!("BAD_USER_INPUT")),
            "{message}"
        );
        assert_eq!(error["message"], "`intervalMs` is from 250 to 60000");
        assert_eq!(socket.receive().await, json!({ "id": id, "type": "complete" }));
    }
    for (id, every_ms) in [("6", 250), ("7", 60_000)] {
        follow(&mut socket, id, every_ms).await;
        snapshot(&mut socket).await;
        socket.complete(id).await;
        socket.settle().await;
    }
}

#[tokio::test]
async fn figures_need_their_scope() {
    let app = TestApp::start(Engine::Sqlite).await;
    // A request that a proxy sent on is nobody's in particular.
    let mut socket = Socket::open_with(app.base_url(), &[("x-forwarded-for", "192.0.2.7")])
        .await
        .unwrap();
    socket.send(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
    follow(&mut socket, "a", 1000).await;
    let message = socket.receive().await;
    let error = &message["payload"]["errors"][0];
    let (code, scope) = (&error["extensions"]["code"], &error["extensions"]["scope"]);
    assert_eq!(
        (code, scope),
        (&json!("FORBIDDEN"), &json!("metrics:read")),
        "{message}"
    );
    assert_eq!(socket.receive().await, json!({ "id": "a", "type": "complete" }));

    let query = json!({ "query": "{ service { version pool { max waiting } } }" });
    let own = app.post(&query).await;
    assert_eq!(own.data("/service/pool"), &json!({ "max": 5, "waiting": 0 }));
    let request = app
        .request(reqwest::Method::POST, "/graphql")
        .header("x-forwarded-for", "192.0.2.7");
    let other = app.send(request.json(&query)).await;
    assert_eq!(
        (other.codes(), &other.json["data"]["service"]["pool"]),
        (vec!["FORBIDDEN"], &Value::Null),
        "{}",
        other.text
    );
    assert!(
        other.json["data"]["service"]["version"].is_string(),
        "the rest is answered: {}",
        other.text
    );
}

#[tokio::test]
async fn the_registry_says_the_same() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let mut server = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"])
        .database(database.url())
        .spawn();
    let base_url = server.base_url().await;
    let mut socket = Socket::ready(&base_url).await;
    for id in ["a", "b", "c"] {
        follow(&mut socket, id, 250).await;
    }
    eventually("three subscriptions are counted", async || {
        number(&snapshot(&mut socket).await, "subscribers").to_bits() == 3.0_f64.to_bits()
    })
    .await;
    let text = reqwest::get(format!("{base_url}/metrics"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.lines().any(|line| line == "subscriptions_active 3"), "{text}");
    // The request that asks.
    assert!(text.lines().any(|line| line == "http_requests_in_flight 1"), "{text}");
    socket.complete("a").await;
    socket.complete("b").await;
    eventually("one subscription is left", async || {
        number(&snapshot(&mut socket).await, "subscribers").to_bits() == 1.0_f64.to_bits()
    })
    .await;
}

on_each_engine! {
    async fn every_instance_tells_what_another_process_imported(engine) {
        let database = TestDatabase::fresh(engine).await;
        let serve = || Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"]).database(database.url()).spawn();
        let (mut one, mut other) = (serve(), serve());
        let mut sockets = Vec::new();
        for server in [&mut one, &mut other] {
            let mut socket = Socket::ready(&server.base_url().await).await;
            socket.subscribe("a", "subscription { catalogChanged { generation kind prefix names(first: 1) } }").await;
            sockets.push(socket);
        }
        let folder = tempfile::tempdir().unwrap();
        // A subscription does not say when it has begun, so there are imports until each has told one.
        let mut told = [None, None];
        for generation in 1..100 {
            let file = folder.path().join(format!("s{generation}.json"));
            let set = json!({ "prefix": format!("s{generation}"), "icons": { "one": { "body": "<path d=\"M0 0h1\"/>" } } });
            std::fs::write(&file, set.to_string()).unwrap();
            let import = Iconql::new(BINARY, &["import"]).arg(&file).database(database.url());
            let _ = import.run().await.succeeded();
            for (socket, told) in sockets.iter_mut().zip(&mut told) {
                if let Ok(message) = tokio::time::timeout(Duration::from_secs(3), socket.receive()).await {
                    let change = &message["payload"]["data"]["catalogChanged"];
                    let (prefix, name) = (format!("s{generation}"), format!("s{generation}:one"));
                    let expected = json!({ "generation": generation, "kind": "ADDED", "prefix": prefix, "names": [name] });
                    assert_eq!(change, &expected, "{message}");
                    *told = Some(generation);
                }
            }
            if told.iter().all(Option::is_some) {
                return;
            }
        }
        panic!("{told:?}");
    }
}
