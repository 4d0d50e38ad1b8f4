//! graphql-transport-ws: every way in which a socket ends, with its code and its reason. 4500 is among the unit tests.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Engine, Iconql, Socket, TestApp, TestDatabase, Wire, on_each_engine};

use crate::errors::with_slow_sets;

const CHANGES: &str = "subscription { catalogChanged { kind } }";

async fn garden() -> TestApp {
    TestApp::with_garden(Engine::Sqlite).await
}

async fn garden_with(flag: &str) -> TestApp {
    TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag(flag)
        .start()
        .await
}

/// A message with this type and payload.
fn message(kind: &str, payload: &Value) -> String {
    json!({ "id": "1", "type": kind, "payload": payload }).to_string()
}

#[tokio::test]
async fn messages_that_are_none_are_bad_requests() {
    let app = garden().await;
    let texts = [
        String::new(),
        "hello".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        r#"{"type":"ping"#.to_owned(),
        "{}".to_owned(),
        r#"{"type":1}"#.to_owned(),
        r#"{"type":"start","id":"1","payload":{"query":"{ __typename }"}}"#.to_owned(),
        r#"{"type":"connection_ack"}"#.to_owned(),
        r#"{"type":"complete"}"#.to_owned(),
        r#"{"type":"complete","id":""}"#.to_owned(),
        r#"{"type":"complete","id":1}"#.to_owned(),
        r#"{"type":"subscribe","payload":{"query":"{ __typename }"}}"#.to_owned(),
        r#"{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}"#.to_owned(),
        r#"{"type":"subscribe","id":7,"payload":{"query":"{ __typename }"}}"#.to_owned(),
        r#"{"type":"subscribe","id":"1"}"#.to_owned(),
        message("next", &json!({})),
        message("error", &json!([])),
        message("ping", &json!("x")),
        message("pong", &json!([])),
        message("connection_init", &json!(7)),
        message("subscribe", &Value::Null),
        message("subscribe", &json!("{ __typename }")),
        message("subscribe", &json!({})),
        message("subscribe", &json!({ "query": 1 })),
        message("subscribe", &json!({ "query": "{ __typename }", "variables": [] })),
        message("subscribe", &json!({ "query": "{ __typename }", "operationName": 1 })),
        message("subscribe", &json!({ "query": "{ __typename }", "extensions": "x" })),
        format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(257)),
        format!(r#"{{"type":"{}"}}"#, "ü".repeat(300)),
    ];
    for greeted in [false, true] {
        for text in &texts {
            let mut socket = if greeted {
                Socket::ready(app.base_url()).await
            } else {
                Socket::open(app.base_url()).await
            };
            socket.send_text(text).await;
            let (code, reason) = socket.closed().await;
            assert_eq!(code, 4400, "{text}: {reason}");
            assert!((1..=123).contains(&reason.len()), "{text}: {reason}");
        }
        let mut socket = Socket::open(app.base_url()).await;
        socket.send_binary(br#"{"type":"ping"}"#).await;
        assert_eq!(
            socket.closed().await,
            (4400, "Messages are text, not binary".to_owned())
        );
    }
}

#[tokio::test]
async fn the_rules_of_the_greeting() {
    let app = garden().await;
    // An operation before it.
    let mut socket = Socket::open(app.base_url()).await;
    socket.subscribe("1", "{ __typename }").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".to_owned()));
    // A key that is none.
    for name in ["authorization", "Authorization", "AUTHORIZATION"] {
        for value in [json!("Bearer nonsense"), json!("nonsense"), json!(7), Value::Null] {
            let mut socket = Socket::open(app.base_url()).await;
            let init = json!({ "type": "connection_init", "payload": { "a": 1, name: value } });
            socket.send(&init).await;
            assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()), "{init}");
        }
    }
    // A second one, also while something runs.
    for query in [None, Some(CHANGES)] {
        let mut socket = Socket::ready(app.base_url()).await;
        if let Some(query) = query {
            socket.subscribe("1", query).await;
        }
        socket.send(&json!({ "type": "connection_init" })).await;
        assert_eq!(
            socket.closed().await,
            (4429, "Too many initialisation requests".to_owned())
        );
    }
}

#[tokio::test]
async fn a_greeting_comes_in_time() {
    let app = garden_with("--websocket-init-timeout-ms=100").await;
    let mut socket = Socket::open(app.base_url()).await;
    // Pings are none.
    socket.send(&json!({ "type": "ping" })).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong" }));
    assert_eq!(
        socket.closed().await,
        (4408, "Connection initialisation timeout".to_owned())
    );
}

#[tokio::test]
async fn one_subprotocol_is_spoken() {
    let app = garden().await;
    for protocols in [None, Some("graphql-ws"), Some("graphql-transport-ws2, soap")] {
        let headers: Vec<_> = protocols
            .map(|protocols| ("sec-websocket-protocol", protocols))
            .into_iter()
            .collect();
        let socket = Socket::request(app.base_url(), &headers).await;
        let mut socket = socket.expect("it is opened, to be closed with a reason");
        assert_eq!(socket.protocol(), None);
        assert_eq!(
            socket.closed().await,
            (4406, "Subprotocol not acceptable".to_owned()),
            "{protocols:?}"
        );
    }
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let mut socket = Socket::request(app.base_url(), &both).await.expect("a socket");
    assert_eq!(socket.protocol(), Some("graphql-transport-ws"));
    assert_eq!(socket.settle().await, [Value::Null; 0]);
}

#[tokio::test]
async fn an_id_is_of_one_operation_at_a_time() {
    let app = garden().await;
    let long = "ü".repeat(100);
    for (id, reason) in [
        ("1", "Subscriber for 1 already exists".to_owned()),
        (&long, format!("Subscriber for {} already exists", "ü".repeat(46))),
    ] {
        let mut socket = Socket::ready(app.base_url()).await;
        socket.subscribe(id, CHANGES).await;
        socket.subscribe("other", CHANGES).await;
        socket.subscribe(id, "{ __typename }").await;
        assert_eq!(socket.closed().await, (4409, reason));
    }
}

#[tokio::test]
async fn a_message_is_no_larger_than_a_body() {
    let app = garden_with("--max-body-bytes=2000").await;
    let ping = r#"{"type":"ping"}"#;
    let padded = |length: usize| ping.to_owned() + &" ".repeat(length - ping.len());
    let mut socket = Socket::ready(app.base_url()).await;
    socket.send_text(&padded(2000)).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong" }));
    for length in [2001, 4001, 3_000_000] {
        let mut socket = Socket::ready(app.base_url()).await;
        socket.send_text(&padded(length)).await;
        assert_eq!(
            socket.closed().await,
            (1009, "A message has at most 2000 bytes".to_owned()),
            "{length}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_for_a_socket_is_told_why() {
    let app = garden().await;
    let answer = |headers: &str| {
        let mut wire = Wire::connect(app.base_url());
        wire.send(format!(
            "GET /graphql HTTP/1.1\r\nhost: iconql\r\nupgrade: websocket\r\n{headers}\r\n"
        ));
        wire.answer()
    };
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (headers, status) in [
        (
            format!("connection: upgrade\r\nsec-websocket-version: 13\r\n{key}"),
            101,
        ),
        (format!("connection: upgrade\r\nsec-websocket-version: 8\r\n{key}"), 426),
        (format!("connection: upgrade\r\n{key}"), 426),
        (format!("sec-websocket-version: 13\r\n{key}"), 400),
        ("connection: upgrade\r\nsec-websocket-version: 13\r\n".to_owned(), 400),
        (
            "connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: short\r\n".to_owned(),
            400,
        ),
    ] {
        let answer = answer(&headers);
        assert_eq!(answer.status, status, "{headers}");
        if status != 101 {
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{headers}");
        }
        if status == 426 {
            assert_eq!(answer.header("sec-websocket-version"), "13");
        }
    }
}

#[tokio::test]
async fn who_answers_no_ping_is_gone() {
    let app = garden_with("--websocket-ping-interval-ms=50").await;
    let mut alive = Socket::ready(app.base_url()).await;
    let silent = Socket::ready(app.base_url()).await;
    let ((), ()) = tokio::join!(silent.ignored(), alive.pinged(5));
    assert_eq!(alive.settle().await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_socket_is_not_open_for_nothing() {
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--websocket-idle-timeout-ms=100")
        .flag("--websocket-ping-interval-ms=50")
        .start()
        .await;
    let mut busy = Socket::ready(app.base_url()).await;
    busy.subscribe("1", CHANGES).await;
    let mut idle = Socket::ready(app.base_url()).await;
    let (closed, ()) = tokio::join!(idle.closed(), busy.pinged(6));
    assert_eq!(closed, (1000, "Idle".to_owned()));
    assert_eq!(busy.settle().await, [Value::Null; 0]);
    busy.complete("1").await;
    assert_eq!(busy.closed().await, (1000, "Idle".to_owned()));
}

on_each_engine! {
    async fn a_key_comes_with_the_greeting_or_the_request(engine) {
        const ADMIN: &str = "mutation { putSynonyms(input: { groups: [] }) { groups } }";
        let app = TestApp::build(engine).await.flag("--environment=production").flag("--websocket-max-connections-per-client=2").start().await;
        let (id, key) = app.create_key(&["admin"]).await;
        let bearer = format!("Bearer {key}");
        let by_request = [("authorization", bearer.as_str())];
        let mut sockets = Vec::new();
        for name in ["authorization", "AUTHORIZATION"] {
            let mut socket = Socket::open(app.base_url()).await;
            socket.send(&json!({ "type": "connection_init", "payload": { name: bearer } })).await;
            sockets.push(socket);
        }
        for socket in &mut sockets {
            assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
            socket.subscribe("1", ADMIN).await;
            assert_eq!(socket.receive().await["payload"], json!({ "data": { "putSynonyms": { "groups": 0 } } }));
        }
        // They are the key's by now, and no longer the address's.
        assert_eq!(Socket::open_with(app.base_url(), &by_request).await.err().unwrap().status, 429);
        let mut third = Socket::open(app.base_url()).await;
        third.send(&json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
        assert_eq!(third.closed().await.0, 4429);
        // A revoked one is felt.
        app.revoke_key(id).await;
        for mut socket in sockets {
            assert_eq!(socket.receive().await["type"], "complete");
            assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()));
        }
        let refusal = Socket::open_with(app.base_url(), &by_request).await.err().unwrap();
        assert_eq!((refusal.status, refusal.code.as_str()), (401, "UNAUTHENTICATED"));
        let (id, key) = app.create_key(&["admin"]).await;
        let bearer = format!("Bearer {key}");
        let mut socket = Socket::open_with(app.base_url(), &[("authorization", &bearer)]).await.unwrap();
        socket.send(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket.subscribe("1", ADMIN).await;
        assert_eq!(socket.receive().await["payload"], json!({ "data": { "putSynonyms": { "groups": 0 } } }));
        socket.receive().await;
        let stream = app.request(reqwest::Method::POST, "/graphql").header("accept", "text/event-stream").bearer_auth(&key);
        let stream = stream.json(&json!({ "query": CHANGES })).send().await.unwrap();
        app.revoke_key(id).await;
        assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()));
        let text = stream.text().await.unwrap();
        assert!(text.contains("UNAUTHENTICATED") && text.ends_with("event: complete\ndata:\n\n"), "{text}");
    }

    async fn at_its_end_the_server_answers_queries_and_closes_the_rest(engine) {
        let mut app = with_slow_sets(engine, &[]).await;
        let mut sockets = Vec::new();
        for query in ["{ __typename }", CHANGES, r#"{ iconSet(prefix: "shed") { name } }"#] {
            let mut socket = Socket::ready(app.base_url()).await;
            socket.subscribe("1", query).await;
            if query == "{ __typename }" {
                assert_eq!([socket.receive().await["type"].clone(), socket.receive().await["type"].clone()], ["next", "complete"]);
            }
            socket.settle().await;
            sockets.push((socket, query.contains("iconSet")));
        }
        let ungreeted = Socket::open(app.base_url()).await;
        sockets.push((ungreeted, false));
        let ending = tokio::spawn(app.take_server().shut_down(Duration::from_mins(1)));
        for (mut socket, is_asking) in sockets {
            if is_asking {
                let next = socket.receive().await;
                assert_eq!(next["payload"]["data"]["iconSet"]["name"], "shed", "{next}");
                assert_eq!(socket.receive().await["type"], "complete");
            }
            assert_eq!(socket.closed().await, (1001, "Going away".to_owned()));
            socket.close().await;
        }
        ending.await.unwrap();
    }
}

#[tokio::test]
async fn the_process_waits_for_its_sockets_and_for_none_too_long() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let mut process = Iconql::new(
        env!("CARGO_BIN_EXE_iconql-under-test"),
        &["serve", "--listen=127.0.0.1:0"],
    )
    .database(database.url())
    .spawn();
    let base_url = process.base_url().await;
    let mut socket = Socket::ready(&base_url).await;
    socket.subscribe("1", CHANGES).await;
    // Another never answers.
    let silent = Socket::ready(&base_url).await;
    process.signal("TERM");
    assert_eq!(socket.closed().await, (1001, "Going away".to_owned()));
    let ended = process.end().await;
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("were cut"), "{}", ended.stderr);
    drop(silent);
}
