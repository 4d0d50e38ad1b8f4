//! GraphQL over server-sent events, in distinct connections mode.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Reply, TestApp, on_each_engine};

const CHANGES: &str = "subscription { catalogChanged { kind prefix count } }";

async fn garden() -> TestApp {
    TestApp::with_garden(Engine::Sqlite).await
}

fn post(app: &TestApp, query: &str) -> RequestBuilder {
    app.request(Method::POST, "/graphql")
        .header("accept", "text/event-stream")
        .json(&json!({ "query": query }))
}

fn get(app: &TestApp, query: &str) -> RequestBuilder {
    app.request(Method::GET, "/graphql")
        .header("accept", "text/event-stream")
        .query(&[("query", query)])
}

/// What is written for these responses and the end.
fn written(responses: &[Value]) -> String {
    let next = responses
        .iter()
        .map(|response| format!("event: next\ndata: {response}\n\n"));
    next.collect::<String>() + "event: complete\ndata:\n\n"
}

fn assert_stream(response: &Reply) {
    assert_eq!(response.status, 200, "{}", response.text);
    assert!(response.header("content-type").starts_with("text/event-stream"));
    assert_eq!(response.header("cache-control"), "no-store");
    assert_eq!(response.header("x-accel-buffering"), "no");
    assert_eq!(response.header("content-encoding"), "");
}

/// The next frame of a stream that lasts. None at its end.
pub(crate) async fn frame(response: &mut Response, held: &mut String) -> Option<String> {
    while !held.contains("\n\n") {
        let chunk = tokio::time::timeout(Duration::from_mins(1), response.chunk()).await;
        let chunk = chunk
            .expect("something comes within a minute")
            .expect("the stream is not cut");
        held.push_str(std::str::from_utf8(&chunk?).expect("frames are UTF-8"));
    }
    let end = held.find("\n\n")? + 2;
    Some(held.drain(..end).collect())
}

#[tokio::test]
async fn queries_are_answered_by_one_event_and_the_end() {
    let app = garden().await;
    let typename = json!({ "data": { "__typename": "Query" } });
    for request in [
        post(&app, "{ __typename }"),
        get(&app, "{ __typename }"),
        get(&app, "query { __typename }"),
    ] {
        let reply = app.send(request.header("accept-encoding", "gzip, br, zstd")).await;
        assert_stream(&reply);
        assert_eq!(reply.text, written(std::slice::from_ref(&typename)));
    }
    // Lines of an answer are no lines of the stream.
    let reply = app
        .send(post(
            &app,
            "{ icon(by: { name: \"garden:tree\" }) { svg(options: { title: \"a\\nb\\r\\n\\nc\" }) } }",
        ))
        .await;
    assert_stream(&reply);
    assert_eq!(
        reply.text.lines().filter(|line| line.starts_with("data:")).count(),
        2,
        "{}",
        reply.text
    );
    assert_eq!(reply.text.matches("\n\n").count(), 2, "{}", reply.text);
    // Larger than what is compressed elsewhere.
    let large = "{ iconSet(prefix: \"garden\") { icons { nodes { id name body svg } } } }";
    let reply = app.send(post(&app, large).header("accept-encoding", "gzip")).await;
    assert_stream(&reply);
    assert!(reply.text.len() > 2000);
}

#[tokio::test]
async fn refused_documents_are_events_and_malformed_requests_are_not() {
    let app = garden().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { a: catalogChanged { kind } b: catalogChanged { kind } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let reply = app.send(post(&app, query)).await;
        assert_stream(&reply);
        let event = reply
            .text
            .strip_prefix("event: next\ndata: ")
            .and_then(|rest| rest.strip_suffix("\n\nevent: complete\ndata:\n\n"));
        let response: Value = serde_json::from_str(event.unwrap_or_else(|| panic!("{query}: {}", reply.text))).unwrap();
        assert_eq!(response["errors"][0]["extensions"]["code"], code, "{query}: {response}");
        assert_eq!(response.get("data"), None, "{query}");
    }
    let malformed = || {
        app.request(Method::POST, "/graphql")
            .header("accept", "text/event-stream")
    };
    for (request, status, code) in [
        (malformed().body("{}"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            malformed().header("content-type", "application/json").body("{"),
            400,
            "BAD_USER_INPUT",
        ),
        (malformed().json(&json!({ "query": 1 })), 400, "BAD_USER_INPUT"),
        (
            get(&app, "mutation { putSynonyms(input: { groups: [] }) { groups } }"),
            405,
            "METHOD_NOT_ALLOWED",
        ),
    ] {
        let reply = app.send(request).await;
        assert_eq!((reply.status, reply.codes()), (status, vec![code]), "{}", reply.text);
        assert!(reply.header("content-type").starts_with("application/json"), "{code}");
    }
}

#[tokio::test]
async fn mutations_are_posted() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mutation = "mutation { putSynonyms(input: { groups: [{ words: [\"a\", \"b\"] }] }) { groups } }";
    let reply = app.send(get(&app, mutation)).await;
    assert_eq!(
        (reply.status, reply.codes(), reply.header("allow")),
        (405, vec!["METHOD_NOT_ALLOWED"], "POST")
    );
    let reply = app.send(post(&app, mutation)).await;
    assert_eq!(
        reply.text,
        written(&[json!({ "data": { "putSynonyms": { "groups": 1 } } })])
    );
}

on_each_engine! {
    async fn a_subscription_outlives_what_a_request_may_take(engine) {
        let builder = TestApp::build(engine).await;
        let app = builder.flag("--request-timeout-ms=1000").flag("--websocket-ping-interval-ms=400").start().await;
        let mut held = String::new();
        let response = post(&app, CHANGES).header("accept-encoding", "gzip").send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut response = response;
        assert_stream(&Reply { status, headers, text: String::new(), json: Value::Null });
        // Nothing happens, longer than a request may take, and says so.
        for _ in 0..4 {
            assert_eq!(frame(&mut response, &mut held).await.as_deref(), Some(":\n\n"));
        }
        for prefix in ["rose", "oak"] {
            let set = json!({ "prefix": prefix, "icons": { "one": { "body": "<path d=\"M0 0h1\"/>" } } });
            app.import_json_at(NOW_MS, &set).await;
            let mut told = Some(":\n\n".to_owned());
            while told.as_deref() == Some(":\n\n") {
                told = frame(&mut response, &mut held).await;
            }
            let data = format!("event: next\ndata: {{\"data\":{{\"catalogChanged\":{{\"kind\":\"ADDED\",\"prefix\":\"{prefix}\",\"count\":1}}}}}}\n\n");
            assert_eq!(told, Some(data));
        }
    }

    async fn something_comes_before_the_first_event(engine) {
        // Nothing happens, and the first sign of life that is due comes in an hour.
        let app = TestApp::build(engine).await.flag("--websocket-ping-interval-ms=3600000").start().await;
        for request in [post(&app, CHANGES), get(&app, CHANGES)] {
            let mut response = request.send().await.unwrap();
            assert_eq!(frame(&mut response, &mut String::new()).await.as_deref(), Some(":\n\n"));
        }
    }

    async fn at_its_end_the_server_completes_streams(engine) {
        let mut app = TestApp::start(engine).await;
        let (mut one, mut other) = (post(&app, CHANGES).send().await.unwrap(), get(&app, CHANGES).send().await.unwrap());
        let ending = tokio::spawn(app.take_server().shut_down(Duration::from_mins(1)));
        for response in [&mut one, &mut other] {
            let mut held = String::new();
            assert_eq!(frame(response, &mut held).await.as_deref(), Some(":\n\n"));
            assert_eq!(frame(response, &mut held).await.as_deref(), Some("event: complete\ndata:\n\n"));
            assert_eq!(frame(response, &mut held).await, None);
        }
        ending.await.unwrap();
    }
}
