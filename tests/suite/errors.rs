//! Every public error code, and that internal ones tell nothing.

use std::{collections::BTreeSet, fs};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Reply, TestApp, Wire, on_each_engine, workspace_root};

/// The codes that this file provokes.
const PROVOKED: [&str; 15] = [
    "BAD_USER_INPUT",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "INTERNAL",
    "LIMIT_EXCEEDED",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "OVERLOADED",
    "PAYLOAD_TOO_LARGE",
    "RATE_LIMITED",
    "TIMEOUT",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNSUPPORTED_MEDIA_TYPE",
];

/// Those of `http.rs`, `persisted.rs` and `trusted.rs`.
const PROVOKED_ELSEWHERE: [&str; 6] = [
    "NOT_ACCEPTABLE",
    "PERSISTED_QUERY_HASH_MISMATCH",
    "PERSISTED_QUERY_ID_REQUIRED",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_IN_LIST",
    "PERSISTED_QUERY_NOT_SUPPORTED",
];

#[test]
fn every_documented_code_is_provoked() {
    let text = fs::read_to_string(workspace_root().join("docs/errors.md")).unwrap();
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<&str> = rows.map(|(code, _)| code).collect();
    assert_eq!(documented, PROVOKED.into_iter().chain(PROVOKED_ELSEWHERE).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_all_connections_is_overloaded() {
    let builder = TestApp::build_with_garden(tests::Engine::Sqlite).await;
    let app = builder.flag("--max-connections=1").start().await;
    let mut busy = Wire::connect(app.base_url());
    busy.begin_body();
    let answer = Wire::connect(app.base_url()).asked("/graphql");
    assert_eq!((answer.status, answer.code()), (503, "OVERLOADED".to_owned()));
}

/// A server whose sets take seconds to read.
pub(crate) async fn with_slow_sets(engine: tests::Engine, flags: &[&str]) -> TestApp {
    // What is kept would not be slow again.
    let mut builder = TestApp::build(engine).await.flag("--cache-enabled=false");
    for flag in flags {
        builder = builder.flag(flag);
    }
    let app = builder.start().await;
    app.import(&[tests::fixture("shed.json")]).await;
    app.sql("ALTER TABLE icon_set RENAME TO icon_set_quick").await;
    app.sql(
        "CREATE VIEW icon_set AS SELECT * FROM icon_set_quick WHERE (WITH RECURSIVE count (x) AS \
         (SELECT 1 UNION ALL SELECT x + 1 FROM count WHERE x < 4000000) SELECT COUNT(*) FROM count) > 0",
    )
    .await;
    app
}

const SET: &str = r#"{ iconSet(prefix: "shed") { name } }"#;

fn assert_internal(reply: &Reply, code: &str) {
    assert_eq!(reply.codes(), [code], "{}", reply.text);
    let error = &reply.errors()[0];
    assert_eq!(
        error["extensions"]["errorId"].as_str().map(str::len),
        Some(36),
        "{}",
        reply.text
    );
    let members: Vec<&String> = error["extensions"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "errorId"], "{}", reply.text);
    for secret in [
        "SELECT",
        "icon_set",
        "sqlite",
        "postgres",
        "relation",
        "table",
        "statement",
    ] {
        assert!(!reply.text.contains(secret), "{secret} in {}", reply.text);
    }
}

on_each_engine! {
    async fn a_document_that_cannot_be_read(engine) {
        let app = TestApp::with_garden(engine).await;
        for document in ["", "{", "}", "{ icon( }", "query", "{ a b: }", "hello", "{ icon(by: { name: \"mdi:home }) { name } }", "\u{0}", "{}", "{ a(b: $) }"] {
            let reply = app.graphql(document).await;
            assert_eq!(reply.codes(), ["GRAPHQL_PARSE_FAILED"], "{document}");
            assert_eq!((reply.status, reply.json.get("data")), (200, None), "{document}");
        }
    }

    async fn a_document_that_does_not_fit_the_schema(engine) {
        let app = TestApp::with_garden(engine).await;
        let documents = [
            "{ nonsense }", "{ icon }", "{ service { version { x } } }", "{ icons { __typename } }", "{ ...missing }", "mutation { putIcons }",
            "subscription { nonsense { id } }", "fragment f on Icon { name }", "{ __typename } fragment unused on Icon { name }", "query($a: Int) { __typename }",
            "{ service @unknown { version } }", "{ iconSet(prefix: \"a\", prefix: \"b\") { name } }", "{ a: iconSet(prefix: \"a\") { name } a: iconSet(prefix: \"b\") { name } }",
            "{ iconSet(prefix: \"a\") { ... on Icon { name } } }", "query a { __typename } query a { __typename }", "type A { b: Int }",
            "{ iconSet(prefix: \"a\", extra: 1) { name } }", "{ iconSet { name } }", "{ icon(by: { name: \"a:b\", name: \"a:b\" }) { key } }",
            "query($a: IconBy! = { name: \"a:b\", name: \"a:c\" }) { icon(by: $a) { key } }", "{ __typename @unknown }", "{ __typename @skip }",
            "{ __typename(a: 1) }", "{ __typename { a } }", "{ __typename @skip(if: true) @skip(if: true) }", "query($a: Int @unknown) { iconSets(first: $a) { totalCount } }",
        ];
        for document in documents {
            let reply = app.graphql(document).await;
            let expected = [Some(&"GRAPHQL_VALIDATION_FAILED"), Some(&"GRAPHQL_PARSE_FAILED")];
            assert!(expected.contains(&reply.codes().first()), "{document}: {}", reply.text);
            assert_eq!((reply.status, reply.json.get("data")), (200, None), "{document}");
            assert_eq!(reply.statements(), 0, "{document}");
        }
    }

    async fn what_a_client_sent_comes_back_in_part(engine) {
        let app = TestApp::with_garden(engine).await;
        let long = "n".repeat(15_000);
        let spaced = "n ".repeat(7_500);
        let documents = [
            format!("{{ {long} }}"), format!("{{ ...{long} }}"), format!("{{ service @{long} {{ version }} }}"), format!("{{ __typename @{long} }}"),
            format!("{{ service {{ {long}: version {long}: startedAt }} }}"), format!("query(${long}: Int) {{ __typename }}"), format!("query($a: {long}) {{ __typename }}"),
            format!("{{ icon(by: {{ name: \"{long}\" }}) {{ key }} }}"), format!("{{ icon(by: {{ {long}: 1, {long}: 1 }}) {{ key }} }}"), format!("{{ iconSets(first: \"{spaced}\") {{ totalCount }} }}"),
            format!("{{ iconSets(orderBy: {long}) {{ totalCount }} }}"), format!("{{ iconSets(orderBy: \"{spaced}\") {{ totalCount }} }}"), format!("fragment {long} on Query {{ ...{long} }} {{ ...{long} }}"),
            format!("{{ {long} ] }}"), format!("{{ {spaced} ] }}"), format!("query {long} {{ a }} query {long} {{ b }}"), format!("{{ a }} # {spaced}\n ]"),
        ];
        for document in documents {
            let reply = app.graphql(&document).await;
            assert!(!reply.errors().is_empty(), "{document:.60}");
            for error in reply.errors() {
                let message = error["message"].as_str().unwrap();
                let reflected = message.matches('n').count();
                assert!(reflected < 2 * 200 + 50 && message.len() < 1_500, "{document:.60}: {message}");

            }
        }
        let query = "query($a: Int, $b: [String!]!) { iconSets(first: $a) { totalCount } icons(names: $b) { __typename } }";
        for variables in [json!({ "a": long, "b": [] }), json!({ "a": { &long: [spaced] }, "b": [] }), json!({ "b": { &long: &long } }), json!(long), json!([spaced])] {
            let reply = app.graphql_with(query, variables.clone()).await;
            assert!(!reply.errors().is_empty(), "{:.60}", variables.to_string());
            for error in reply.errors() {
                let message = error["message"].as_str().unwrap();
                assert!(message.chars().count() <= 301, "{:.60}: {message}", variables.to_string());
            }
        }
    }

    async fn literals_that_are_no_values(engine) {
        let app = TestApp::with_garden(engine).await;
        let documents = [
            r#"{ icon(by: { name: "No Name" }) { key } }"#, r#"{ icon(by: "x") { key } }"#, "{ icon(by: {}) { key } }", "{ iconSet(prefix: 5) { name } }",
            "{ iconSets(first: 1.5) { totalCount } }", "{ iconSets(orderBy: SIZE) { totalCount } }", "{ iconSets(orderBy: null) { totalCount } }",
"{ icons(names: null) { __typename } }", "{ icons(names: [1]) { __typename } }",
            "{ changes(since: 99999999999) { hasMore } }", r#"{ icon(by: { character: { prefix: "a" } }) { key } }"#,
        ];
        for document in documents {
            let reply = app.graphql(document).await;
            let codes = reply.codes();
            assert!(!codes.is_empty() && codes.iter().all(|code| *code == "BAD_USER_INPUT"), "{document}: {}", reply.text);
            assert_eq!((reply.status, reply.json.get("data")), (200, None), "{document}");
            assert_eq!(reply.statements(), 0, "{document}");
        }
    }

    async fn requests_that_are_none(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--max-body-bytes=2000").start().await;
        let post = |path: &str, content_type: &'static str, body: String| app.send(app.request(Method::POST, path).header("content-type", content_type).body(body));
        let cases = [
            (post("/graphql", "text/plain", "{}".to_owned()).await, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (post("/graphql", "application/json", "x".repeat(2001)).await, 413, "PAYLOAD_TOO_LARGE"),
            (post("/graphql", "application/json", "{".to_owned()).await, 400, "BAD_USER_INPUT"),
            (post("/icons/garden/tree.svg", "application/json", String::new()).await, 405, "METHOD_NOT_ALLOWED"),
            (app.send(app.request(Method::PUT, "/graphql")).await, 405, "METHOD_NOT_ALLOWED"),
            (app.get("/nothing").await, 404, "NOT_FOUND"),
            (app.get("/icons/garden/nothing.svg").await, 404, "NOT_FOUND"),
        ];
        for (reply, status, code) in cases {
            assert_eq!((reply.status, reply.codes()), (status, vec![code]), "{}", reply.text);
            assert!(reply.header("content-type").starts_with("application/json"), "{}", reply.header("content-type"));
            assert!(reply.errors()[0]["message"].as_str().is_some_and(|message| message.len() > 10), "{}", reply.text);
            assert_eq!(reply.json.as_object().unwrap().keys().collect::<Vec<_>>(), ["errors"]);
        }
    }

    async fn more_than_is_answered(engine) {
        let app = TestApp::with_garden(engine).await;
        let reply = app.graphql_with("query($n: [String!]!) { icons(names: $n) { __typename } service { version } }", json!({ "n": vec!["a:b"; 501] })).await;
        assert_eq!(reply.codes(), ["LIMIT_EXCEEDED"]);
        // The field cannot be null, so neither can what it stands in: the operation failed while it ran.
        assert_eq!(reply.json.get("data"), Some(&Value::Null));
    }

    async fn what_only_some_may_do(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--environment=production").start().await;
        let reply = app.graphql("mutation { putSynonyms(input: { groups: [] }) { groups } }").await;
        assert_eq!((reply.status, reply.codes(), &reply.json["data"]), (200, vec!["FORBIDDEN"], &json!({ "putSynonyms": null })));
    }

    async fn who_is_refused_whole(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--websocket-max-connections-per-client=1").flag("--websocket-max-connections=2").start().await;
        let follow = async || {
            let request = app.request(Method::POST, "/graphql").header("accept", "text/event-stream");
            request.json(&json!({ "query": "subscription { catalogChanged { kind } }" })).send().await.unwrap()
        };
        let _first = follow().await;
        let reply = Reply::read(follow().await).await;
        assert_eq!((reply.status, reply.codes()), (429, vec!["RATE_LIMITED"]));
        let few = TestApp::build_with_garden(engine).await.flag("--websocket-max-connections=1").start().await;
        let _socket = tests::Socket::open(few.base_url()).await;
        let refusal = tests::Socket::open_with(few.base_url(), &[]).await.err().unwrap();
        assert_eq!((refusal.status, refusal.code.as_str()), (503, "OVERLOADED"));
        let reply = app.send(app.request(Method::POST, "/graphql").bearer_auth("nonsense").json(&json!({ "query": "{ __typename }" }))).await;
        assert_eq!((reply.status, reply.codes()), (401, vec!["UNAUTHENTICATED"]));
    }

    async fn a_fault_of_the_server_shows_only_its_id(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[tests::fixture("shed.json")]).await;
        app.sql("ALTER TABLE icon_set RENAME TO icon_set_gone").await;
        let reply = app.graphql(r#"{ iconSet(prefix: "shed") { name } icon(by: { name: "shed:saw" }) { key } }"#).await;
        assert_internal(&reply, "INTERNAL");
        assert_eq!((reply.status, &reply.json["data"]), (200, &json!({ "iconSet": null, "icon": { "key": "saw" } })));
        let again = app.graphql(SET).await;
        assert_ne!(again.errors()[0]["extensions"]["errorId"], reply.errors()[0]["extensions"]["errorId"]);
    }

    async fn a_statement_that_takes_too_long_is_given_up(engine) {
        let app = with_slow_sets(engine, &["--query-timeout-ms=100"]).await;
        let reply = app.graphql(r#"{ iconSet(prefix: "shed") { name } icon(by: { name: "shed:saw" }) { key } }"#).await;
        assert_internal(&reply, "TIMEOUT");
        assert_eq!((reply.status, &reply.json["data"]), (200, &json!({ "iconSet": null, "icon": { "key": "saw" } })));
    }

    async fn a_request_that_takes_too_long_is_given_up(engine) {
        let app = with_slow_sets(engine, &["--request-timeout-ms=200"]).await;
        let reply = app.graphql(SET).await;
        assert_eq!((reply.status, reply.codes()), (503, vec!["TIMEOUT"]), "{}", reply.text);
        assert!(!reply.header("x-request-id").is_empty());
    }

    async fn no_free_connection_is_a_reason_to_come_back(engine) {
        let app = with_slow_sets(engine, &["--db-pool-size=1", "--db-acquire-timeout-ms=50", "--query-timeout-ms=600"]).await;
        let (one, other) = tokio::join!(app.graphql(SET), app.graphql(SET));
        let mut codes = [one.codes(), other.codes()].concat();
        codes.sort_unstable();
        assert_eq!(codes.last(), Some(&"UNAVAILABLE"), "{} {}", one.text, other.text);
        let refused = if one.codes() == ["UNAVAILABLE"] { one } else { other };
        assert_internal(&refused, "UNAVAILABLE");
    }
}
