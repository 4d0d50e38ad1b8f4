//! GraphQL over HTTP: methods, bodies, types of content, and what the status says.

use reqwest::{Method, header};
use serde_json::json;
use tests::{Engine, Reply, TestApp};

const GRAPHQL_JSON: &str = "application/graphql-response+json";

async fn garden() -> TestApp {
    TestApp::with_garden(Engine::Sqlite).await
}

/// Sends a document and asks for one type of answer.
async fn accepting(app: &TestApp, accept: &str, query: &str) -> Reply {
    app.send(
        app.request(Method::POST, "/graphql")
            .header(header::ACCEPT, accept)
            .json(&json!({ "query": query })),
    )
    .await
}

async fn body(app: &TestApp, content_type: &str, body: impl Into<reqwest::Body>) -> Reply {
    app.send(
        app.request(Method::POST, "/graphql")
            .header(header::CONTENT_TYPE, content_type)
            .body(body),
    )
    .await
}

#[tokio::test]
async fn the_answers_type_is_the_one_accepted() {
    let app = garden().await;
    let cases = [
        ("application/json", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("application/*", "application/json; charset=utf-8"),
        (GRAPHQL_JSON, "application/graphql-response+json; charset=utf-8"),
        (
            "application/graphql-response+json, application/json;q=0.9",
            "application/graphql-response+json; charset=utf-8",
        ),
    ];
    for (accept, expected) in cases {
        for query in ["{ __typename }", "{ nonsense }"] {
            let reply = accepting(&app, accept, query).await;
            assert_eq!(reply.header("content-type"), expected, "{accept}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_not_made() {
    let app = garden().await;
    for accept in [
        "text/html",
        "application/xml, text/html;q=0.9",
        "application/json;q=0",
        "application/json; charset=latin1",
    ] {
        for query in ["{ __typename }", "{"] {
            let reply = accepting(&app, accept, query).await;
            assert_eq!((reply.status, reply.codes()), (406, vec!["NOT_ACCEPTABLE"]), "{accept}");
        }
        let get = app
            .request(Method::GET, "/graphql?query=%7B__typename%7D")
            .header(header::ACCEPT, accept);
        assert_eq!(app.send(get).await.status, 406, "{accept}");
    }
}

#[tokio::test]
async fn the_status_depends_on_the_answers_type() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.import(&[tests::fixture("garden.json")]).await;
    app.sql("DELETE FROM icon_set").await;
    let partial = r#"{ icon(by: { name: "garden:tree" }) { set { name } } }"#;
    let nothing = r#"{ icons(names: ["garden:tree"]) { ... on Icon { set { name } } } }"#;
    let cases = [
        ("{ __typename }", 200, 200),
        ("{", 200, 400),
        ("{ nonsense }", 200, 400),
        (r#"{ icon(by: { name: "X" }) { key } }"#, 200, 400),
        (partial, 200, 200),
        (nothing, 200, 200),
    ];
    for (query, json, graphql_json) in cases {
        assert_eq!(accepting(&app, "application/json", query).await.status, json, "{query}");
        assert_eq!(
            accepting(&app, GRAPHQL_JSON, query).await.status,
            graphql_json,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_body_is_json() {
    let app = garden().await;
    let good = r#"{"query":"{ __typename }"}"#;
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "Application/JSON",
        GRAPHQL_JSON,
    ] {
        assert_eq!(
            body(&app, content_type, good).await.data("/__typename"),
            "Query",
            "{content_type}"
        );
    }
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "application/json-patch+json",
        "",
        "json",
    ] {
        let reply = body(&app, content_type, good).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (415, vec!["UNSUPPORTED_MEDIA_TYPE"]),
            "{content_type}"
        );
    }
    let untyped = app.send(app.request(Method::POST, "/graphql").body(good)).await;
    assert_eq!(untyped.status, 415);
    let bad = [
        "",
        "{",
        "null",
        "[]",
        r#"[{"query":"{ __typename }"}]"#,
        r#""{ __typename }""#,
        "{}",
        r#"{"query":null}"#,
        r#"{"query":5}"#,
        r#"{"query":["{ __typename }"]}"#,
        r#"{"query":"{ __typename }","variables":[]}"#,
        r#"{"query":"{ __typename }","variables":"{}"}"#,
        r#"{"query":"{ __typename }","operationName":5}"#,
        r#"{"query":"{ __typename }"} x"#,
        "{\"query\":\"\u{1}\"}",
    ];
    for text in bad {
        let reply = body(&app, "application/json", text).await;
        assert_eq!((reply.status, reply.codes()), (400, vec!["BAD_USER_INPUT"]), "{text}");
    }
    let not_text = body(&app, "application/json", vec![b'{', 0xff, b'}']).await;
    assert_eq!((not_text.status, not_text.codes()), (400, vec!["BAD_USER_INPUT"]));
    let generous = [
        r#"{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}"#,
        r#"{"query":"{ __typename }","extensions":{"a":1,"persistedQuery":null},"unknown":[]}"#,
        r#"{"query":"query Q { __typename }","operationName":"Q"}"#,
    ];
    for text in generous {
        assert_eq!(
            body(&app, "application/json", text).await.data("/__typename"),
            "Query",
            "{text}"
        );
    }
}

#[tokio::test]
async fn queries_can_be_sent_by_get() {
    let app = garden().await;
    let get = |query: &[(&'static str, &'static str)]| app.request(Method::GET, "/graphql").query(query);
    let document = "query Q($name: IconName!) { icon(by: { name: $name }) { key } }";
    let reply = app
        .send(get(&[
            ("query", document),
            ("variables", r#"{"name":"garden:tree"}"#),
            ("operationName", "Q"),
        ]))
        .await;
    assert_eq!(reply.data("/icon/key"), "tree");
    assert_eq!(
        app.send(get(&[("query", "{ __typename }"), ("variables", "")]))
            .await
            .data("/__typename"),
        "Query"
    );
    for query in [[("query", "mutation { x }")], [("query", "subscription { x }")]] {
        let reply = app.send(get(&query)).await;
        assert_eq!((reply.status, reply.codes()), (405, vec!["METHOD_NOT_ALLOWED"]));
        assert_eq!(reply.header("allow"), "POST");
    }
    let bad: [&[(&str, &str)]; 5] = [
        &[],
        &[("variables", "{}")],
        &[("query", "{ __typename }"), ("variables", "[]")],
        &[("query", "{ __typename }"), ("variables", "{")],
        &[("query", "{ __typename }"), ("variables", "5")],
    ];
    for query in bad {
        let reply = app.send(get(query)).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (400, vec!["BAD_USER_INPUT"]),
            "{query:?}"
        );
    }
    let head = app
        .send(app.request(Method::HEAD, "/graphql?query=%7B__typename%7D"))
        .await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let app = garden().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = app.send(app.request(method.clone(), "/graphql")).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (405, vec!["METHOD_NOT_ALLOWED"]),
            "{method}"
        );
        assert_eq!(reply.header("allow"), "GET, POST");
    }
    for path in [
        "/api/health",
        "/api/health/live",
        "/metrics",
        "/icons/garden/tree.svg",
        "/schema.graphql",
    ] {
        let reply = app.send(app.request(Method::POST, path)).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (405, vec!["METHOD_NOT_ALLOWED"]),
            "{path}"
        );
        assert!(
            reply.header("allow").contains("GET"),
            "{path}: {}",
            reply.header("allow")
        );
    }
    for path in [
        "/",
        "/graphql/",
        "/graphql/x",
        "/api",
        "/icons",
        "/favicon.ico",
        "/%ff",
        "/../etc/passwd",
    ] {
        let reply = app.get(path).await;
        assert_eq!((reply.status, reply.codes()), (404, vec!["NOT_FOUND"]), "{path}");
    }
}
