//! graphql-transport-ws: what operations are answered with, and in which order.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Socket, TestApp, on_each_engine};

use crate::errors::with_slow_sets;

const CHANGES: &str = "subscription { catalogChanged { kind prefix count } }";

async fn garden() -> TestApp {
    TestApp::with_garden(Engine::Sqlite).await
}

/// A set with one icon.
fn set(prefix: &str) -> Value {
    json!({ "prefix": prefix, "icons": { "one": { "body": "<path d=\"M0 0h1\"/>" } } })
}

fn added(id: &str, prefix: &str) -> Value {
    let change = json!({ "kind": "ADDED", "prefix": prefix, "count": 1 });
    json!({ "id": id, "type": "next", "payload": { "data": { "catalogChanged": change } } })
}

fn completed(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}

/// `extensions.code` of each error of an `error` message.
fn codes(message: &Value) -> Vec<&str> {
    assert_eq!(message["type"], "error", "{message}");
    let errors = message["payload"].as_array().expect("an array of errors");
    assert!(!errors.is_empty(), "{message}");
    errors
        .iter()
        .map(|error| error["extensions"]["code"].as_str().expect("a code"))
        .collect()
}

/// Changes the catalog until somebody who follows it is told, for a subscription does not say when it has begun.
async fn until_told(app: &TestApp, socket: &mut Socket, prefix: &str) -> Value {
    for number in 0..1000 {
        app.import_json_at(NOW_MS, &set(&format!("{prefix}{number}"))).await;
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(100), socket.receive()).await {
            return message;
        }
    }
    panic!("nobody is told of {prefix}");
}

#[tokio::test]
async fn pings_are_answered_at_any_time() {
    let app = garden().await;
    let mut socket = Socket::open(app.base_url()).await;
    assert_eq!(socket.protocol(), Some("graphql-transport-ws"));
    for round in 0..2 {
        for (ping, pong) in [
            (json!({ "type": "ping" }), json!({ "type": "pong" })),
            (json!({ "type": "ping", "payload": null }), json!({ "type": "pong" })),
            (
                json!({ "type": "ping", "payload": { "a": [1, null] } }),
                json!({ "type": "pong", "payload": { "a": [1, null] } }),
            ),
        ] {
            socket.send(&ping).await;
            assert_eq!(socket.receive().await, pong);
        }
        // One that nobody asked for, and an end of what never began.
        socket.send(&json!({ "type": "pong", "payload": {} })).await;
        socket.complete("nothing").await;
        if round == 0 {
            socket
                .send(&json!({ "type": "connection_init", "payload": { "any": 1 } }))
                .await;
            assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        }
    }
    assert_eq!(socket.settle().await, [Value::Null; 0]);
    socket.close().await;
}

#[tokio::test]
async fn queries_and_mutations_are_answered_and_completed() {
    let app = garden().await;
    let mut socket = Socket::ready(app.base_url()).await;
    let message = json!({ "id": "é\"1", "type": "subscribe", "payload": {
        "query": "query A { __typename } query B($n: IconName!) { icon(by: { name: $n }) { key } }",
        "operationName": "B", "variables": { "n": "garden:tree" }, "extensions": {},
    } });
    for _ in 0..2 {
        socket.send(&message).await;
        let next = json!({ "id": "é\"1", "type": "next", "payload": { "data": { "icon": { "key": "tree" } } } });
        assert_eq!(socket.receive().await, next);
        assert_eq!(socket.receive().await, completed("é\"1"));
    }
    let own = TestApp::start(Engine::Sqlite).await;
    let mut socket = Socket::ready(own.base_url()).await;
    socket
        .subscribe(
            "m",
            "mutation { putSynonyms(input: { groups: [{ words: [\"a\", \"b\"] }] }) { groups } }",
        )
        .await;
    let next = json!({ "id": "m", "type": "next", "payload": { "data": { "putSynonyms": { "groups": 1 } } } });
    assert_eq!(socket.receive().await, next);
    assert_eq!(socket.receive().await, completed("m"));
}

#[tokio::test]
async fn what_is_refused_ends_with_errors_and_its_id_is_free_again() {
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--max-aliases=0")
        .start()
        .await;
    let mut socket = Socket::ready(app.base_url()).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: __typename }", "LIMIT_EXCEEDED"),
        (
            "query A { __typename } query B { __typename }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ iconSet(prefix: 5) { name } }", "BAD_USER_INPUT"),
        ("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { catalogChanged { nonsense } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { catalogChanged { kind } other: catalogChanged { kind } }",
            "LIMIT_EXCEEDED",
        ),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        socket.subscribe("1", query).await;
        let message = socket.receive().await;
        assert!(codes(&message).contains(&code), "{query}: {message}");
        assert_eq!(message["id"], "1");
    }
    // Errors while it runs are part of the answer.
    socket
        .subscribe("1", "{ nodes(ids: [\"x\"]) { id } service { version } }")
        .await;
    let next = socket.receive().await;
    assert_eq!(next["type"], "next", "{next}");
    assert_eq!(socket.receive().await, completed("1"));
}

on_each_engine! {
    async fn a_subscription_is_told_of_what_happens(engine) {
        let app = TestApp::start(engine).await;
        let mut socket = Socket::ready(app.base_url()).await;
        socket.subscribe("1", CHANGES).await;
        // Another one is answered meanwhile.
        socket.subscribe("2", "{ __typename }").await;
        assert_eq!(socket.receive().await["payload"], json!({ "data": { "__typename": "Query" } }));
        assert_eq!(socket.receive().await, completed("2"));
        assert_eq!(until_told(&app, &mut socket, "early").await["id"], "1");
        socket.subscribe("2", CHANGES).await;
        socket.complete("1").await;
        socket.settle().await;
        // Nothing more of the first.
        assert_eq!(until_told(&app, &mut socket, "late").await["id"], "2");
        for message in socket.settle().await {
            assert_eq!(message["id"], "2", "{message}");
        }
        // Its id is free again.
        socket.subscribe("1", "{ __typename }").await;
        let mut messages = Vec::new();
        while messages.last() != Some(&completed("1")) {
            messages.push(socket.receive().await);
        }
        // Events come in their order.
        for prefix in ["rose", "oak", "elm"] {
            app.import_json_at(NOW_MS, &set(prefix)).await;
        }
        let mut told = socket.receive().await;
        while told["payload"]["data"]["catalogChanged"]["prefix"].as_str().is_some_and(|prefix| prefix.starts_with("late")) {
            told = socket.receive().await;
        }
        assert_eq!(told, added("2", "rose"));
        for prefix in ["oak", "elm"] {
            assert_eq!(socket.receive().await, added("2", prefix));
        }
        socket.close().await;
    }

    async fn a_query_that_takes_too_long_is_given_up(engine) {
        let app = with_slow_sets(engine, &["--request-timeout-ms=200"]).await;
        let mut socket = Socket::ready(app.base_url()).await;
        socket.subscribe("1", r#"{ iconSet(prefix: "shed") { name } }"#).await;
        let message = socket.receive().await;
        assert_eq!((&message["id"], codes(&message)), (&json!("1"), vec!["TIMEOUT"]));
        socket.subscribe("1", "{ __typename }").await;
        assert_eq!(socket.receive().await["type"], "next");
    }
}
