//! GraphQL over HTTP: methods, types of content, headers, and what depends on where the service runs.

use reqwest::{Client, ClientBuilder, Method, header};
use serde_json::{Value, json};
use tests::{Engine, Reply, TestApp, on_each_engine};

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
        r#"{"query":"{ __typename }","extensions":{"a":1},"unknown":[]}"#,
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

#[tokio::test]
async fn a_request_id_goes_in_and_out() {
    let app = garden().await;
    let send = |id: &str| {
        app.request(Method::GET, "/api/health/live")
            .header("x-request-id", id.to_owned())
    };
    for id in [
        "a",
        "0af7651916cd43dd8448eb211c80319c",
        "client-1:2/3_4.5+6=",
        &"x".repeat(128),
    ] {
        assert_eq!(app.send(send(id)).await.header("x-request-id"), id);
    }
    for id in ["", "two words", "<script>", "a\tb", "ü", &"x".repeat(129)] {
        let given = app.send(send(id)).await.header("x-request-id").to_owned();
        assert!(given.len() == 36 && given != id, "{id}: {given}");
    }
    let mut seen = std::collections::HashSet::new();
    for path in [
        "/nothing",
        "/graphql",
        "/metrics",
        "/icons/garden/tree.svg",
        "/api/health/live",
    ] {
        assert!(
            seen.insert(app.get(path).await.header("x-request-id").to_owned()),
            "{path}"
        );
    }
}

fn client(build: impl Fn(ClientBuilder) -> ClientBuilder) -> Client {
    build(
        Client::builder()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd(),
    )
    .build()
    .unwrap()
}

#[tokio::test]
async fn answers_are_compressed_as_the_client_accepts() {
    let app = garden().await;
    let query =
        json!({ "query": "{ iconSet(prefix: \"garden\") { icons { nodes { id name body svg contentHash } } } }" });
    let plain = app.post(&query).await;
    assert_eq!(plain.header("content-encoding"), "");
    let readers = [
        ("gzip", client(|builder| builder.gzip(true))),
        ("br", client(|builder| builder.brotli(true))),
        ("deflate", client(|builder| builder.deflate(true))),
        ("zstd", client(|builder| builder.zstd(true))),
    ];
    for (encoding, reader) in readers {
        let request = app
            .request(Method::POST, "/graphql")
            .header(header::ACCEPT_ENCODING, encoding)
            .json(&query);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], encoding);
        assert!(
            response.headers()["vary"]
                .to_str()
                .unwrap()
                .to_lowercase()
                .contains("accept-encoding"),
            "{encoding}"
        );
        let bytes = response.bytes().await.unwrap();
        assert!(
            bytes.len() * 2 < plain.text.len(),
            "{encoding}: {} of {}",
            bytes.len(),
            plain.text.len()
        );
        let read = reader
            .post(format!("{}/graphql", app.base_url()))
            .json(&query)
            .send()
            .await
            .unwrap();
        assert_eq!(read.text().await.unwrap(), plain.text, "{encoding}");
    }
    for accepted in ["identity", "gzip;q=0", "unknown"] {
        let reply = app
            .send(
                app.request(Method::POST, "/graphql")
                    .header(header::ACCEPT_ENCODING, accepted)
                    .json(&query),
            )
            .await;
        assert_eq!(
            (reply.header("content-encoding"), &reply.text),
            ("", &plain.text),
            "{accepted}"
        );
    }
    // Small answers are not worth it.
    let small = app
        .request(Method::POST, "/graphql")
        .header(header::ACCEPT_ENCODING, "gzip")
        .json(&json!({ "query": "{ __typename }" }));
    assert_eq!(app.send(small).await.header("content-encoding"), "");
}

#[tokio::test]
async fn compression_can_be_turned_off_and_begin_elsewhere() {
    let send = |app: &TestApp, query: &str| {
        app.request(Method::POST, "/graphql")
            .header(header::ACCEPT_ENCODING, "gzip")
            .json(&json!({ "query": query }))
    };
    let off = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--compression-enabled=false")
        .start()
        .await;
    let large = "{ iconSet(prefix: \"garden\") { icons { nodes { id name body svg contentHash } } } }";
    assert_eq!(off.send(send(&off, large)).await.header("content-encoding"), "");
    let early = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--compression-min-bytes=20")
        .start()
        .await;
    let response = send(&early, "{ __typename }").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

on_each_engine! {
    async fn health_says_what_there_is(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[tests::fixture("shed.json")]).await;
        for (path, expected) in [
            ("/api/health/live", json!({ "status": "up" })), ("/api/health/ready", json!({ "status": "up" })),
            ("/api/health", json!({ "status": "up", "version": "0.1.0", "database": "up", "generation": 1 })),
        ] {
            let reply = app.get(path).await;
            assert_eq!((reply.status, reply.json), (200, expected), "{path}");
        }
        app.sql("DROP TABLE catalog_state").await;
        let reply = app.get("/api/health").await;
        assert_eq!((reply.status, reply.json), (503, json!({ "status": "down", "version": "0.1.0", "database": "down" })));
        assert_eq!(app.get("/api/health/live").await.status, 200);
    }

    async fn every_documented_figure_is_served(engine) {
        let app = TestApp::with_garden(engine).await;
        app.graphql(r#"{ icons(names: ["garden:tree"]) { ... on Icon { set { name } } } }"#).await;
        app.graphql("{ nonsense }").await;
        app.get("/icons/garden/tree.svg").await;
        app.get("/nothing/at/all").await;
        let reply = app.get("/metrics").await;
        assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
        let documentation = std::fs::read_to_string(tests::workspace_root().join("docs/metrics.md")).unwrap();
        let documented = documentation.lines().filter(|line| line.starts_with("| `")).flat_map(|line| line.split('|').nth(1).unwrap().split(','));
        let mut names = 0;
        for name in documented.map(|name| name.trim().trim_matches('`')) {
            names += 1;
            // A group is documented by its beginning.
            let type_line = format!("# TYPE {}", name.strip_suffix('*').map_or(format!("{name} "), str::to_owned));
            assert!(reply.text.contains(&type_line), "{name} is documented and not served");
        }
        assert!(names >= 8, "{names} names");
        for sample in [
            r#"http_requests_total{method="GET",endpoint="/icons/{prefix}/{file}",status="200"}"#,
            r#"http_requests_total{method="GET",endpoint="unmatched",status="404"}"#,
            r#"http_requests_total{method="POST",endpoint="/graphql",status="200"}"#,
            r#"graphql_operations_total{operation="other",kind="query",outcome="ok"}"#,
            r#"graphql_operations_total{operation="other",kind="query",outcome="refused"}"#,
            r#"dataloader_batch_size_count{loader="icons_by_name"}"#, r#"db_query_duration_seconds_count{query_type="icons_by_name"}"#,
            r#"http_request_duration_seconds_bucket{method="POST",endpoint="/graphql",le="+Inf"}"#,
        ] {
            assert!(reply.text.contains(sample), "{sample} is not in\n{}", reply.text);
        }
        for line in reply.text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let name = line.split(' ').nth(2).unwrap();
            assert!(reply.text.contains(&format!("# HELP {name} ")), "{name} is not described");
            assert!(documentation.contains(&format!("`{name}`")) || name.starts_with("process_"), "{name} is not documented");
        }
        assert_eq!(app.get("/api/metrics").await.status, 200);
        let off = TestApp::build_with_garden(engine).await.flag("--prometheus-metrics-enabled=false").start().await;
        assert_eq!((off.get("/metrics").await.status, off.get("/api/metrics").await.status), (404, 404));
    }

    async fn production_tells_less(engine) {
        let open = TestApp::with_garden(engine).await;
        let closed = TestApp::build_with_garden(engine).await.flag("--environment=production").start().await;
        for query in ["{ __schema { queryType { name } } }", r#"{ __type(name: "Icon") { name } }"#] {
            assert!(open.graphql(query).await.errors().is_empty(), "{query}");
            let reply = closed.graphql(query).await;
            assert_eq!((reply.codes(), reply.json.get("data")), (vec!["GRAPHQL_VALIDATION_FAILED"], None), "{query}");
        }
        assert_eq!(closed.graphql("{ __typename }").await.data("/__typename"), "Query");
        let misspelt = "{ iconSts { totalCount } }";
        assert!(open.graphql(misspelt).await.text.contains("iconSets"));
        assert!(!closed.graphql(misspelt).await.text.contains("iconSets"));
        for path in ["/schema.graphql", "/graphiql", "/graphiql/assets/x.js"] {
            assert_eq!(closed.get(path).await.status, 404, "{path}");
        }
        assert_eq!(open.get("/schema.graphql").await.status, 200);
        assert!(!open.graphql("{ __typename }").await.header("server-timing").is_empty());
        assert_eq!(closed.graphql("{ __typename }").await.header("server-timing"), "");
        let get = "/graphql?query=%7B__typename%7D";
        assert_eq!(open.get(get).await.data("/__typename"), "Query");
        let reply = closed.get(get).await;
        assert_eq!((reply.status, reply.codes()), (400, vec!["BAD_USER_INPUT"]));
        let icons = r#"{ icons(names: ["garden:tree", "shed:saw"]) { ... on Icon { svg set { name } } } }"#;
        assert_eq!(closed.graphql(icons).await.text, open.graphql(icons).await.text);
    }
}

#[tokio::test]
async fn headers_that_keep_browsers_safe() {
    let app = garden().await;
    for path in [
        "/graphql",
        "/nothing",
        "/metrics",
        "/icons/garden/tree.svg",
        "/schema.graphql",
        "/api/health",
    ] {
        assert_eq!(
            app.get(path).await.header("x-content-type-options"),
            "nosniff",
            "{path}"
        );
    }
    assert_eq!(app.graphql("{ __typename }").await.header("cache-control"), "no-store");
    let timing = app
        .graphql("{ service { generation } }")
        .await
        .header("server-timing")
        .to_owned();
    assert!(
        timing.contains("parse;dur=") && timing.contains("execute;dur=") && timing.ends_with("db;desc=\"1 statement\""),
        "{timing}"
    );
}

#[tokio::test]
async fn pages_of_other_origins_call_only_where_they_may() {
    let preflight = |app: &TestApp, origin: &str| {
        app.request(Method::OPTIONS, "/graphql")
            .header(header::ORIGIN, origin.to_owned())
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
    };
    let closed = garden().await;
    assert_eq!(
        closed
            .send(preflight(&closed, "https://a.example"))
            .await
            .header("access-control-allow-origin"),
        ""
    );
    let some = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--cors-origins=https://a.example,https://b.example")
        .start()
        .await;
    for (origin, allowed) in [
        ("https://a.example", "https://a.example"),
        ("https://b.example", "https://b.example"),
        ("https://c.example", ""),
    ] {
        let reply = some.send(preflight(&some, origin)).await;
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
        let request = some
            .request(Method::POST, "/graphql")
            .header(header::ORIGIN, origin)
            .json(&json!({ "query": "{ __typename }" }));
        assert_eq!(some.send(request).await.header("access-control-allow-origin"), allowed);
    }
    let any = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--cors-origins=*")
        .start()
        .await;
    let reply = any.send(preflight(&any, "https://c.example")).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "*"));
    assert!(reply.header("access-control-allow-headers").contains("content-type"));
}

mod traces {
    use tests::{Process, TestDatabase};

    use super::{Client, Engine, Value, json};

    /// Only a process of its own has a tracer of its own.
    #[tokio::test]
    async fn a_trace_goes_on_and_comes_back() {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let binary = env!("CARGO_BIN_EXE_iconql-under-test");
        let traced = Process::serve(binary, database.url(), &["--opentelemetry-tracing-enabled=true"]);
        let untraced = Process::serve(binary, database.url(), &[]);
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let answered = async |process: &Process, parent: Option<&str>| {
            let mut request = Client::builder()
                .no_proxy()
                .build()
                .unwrap()
                .post(format!("{}/graphql", process.base_url()));
            if let Some(parent) = parent {
                request = request.header("traceparent", parent);
            }
            let response = request
                .json(&json!({ "query": "{ __typename }" }))
                .send()
                .await
                .unwrap();
            let traceparent = response
                .headers()
                .get("traceparent")
                .map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(response.json::<Value>().await.unwrap()["data"]["__typename"], "Query");
            traceparent
        };
        let returned = answered(&traced, Some(given)).await.expect("a trace is on");
        let parts: Vec<&str> = returned.split('-').collect();
        assert_eq!(
            (parts[0], parts[1], parts[3]),
            ("00", "0af7651916cd43dd8448eb211c80319c", "01")
        );
        assert_ne!(parts[2], "b7ad6b7169203331");
        let own = answered(&traced, None).await.expect("a trace is on");
        assert_ne!(own.split('-').nth(1), Some(parts[1]));
        assert!(answered(&traced, Some("nonsense")).await.is_some());
        assert_eq!(answered(&untraced, Some(given)).await, None);
    }
}
