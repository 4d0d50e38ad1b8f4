//! Headers: ids and traces of requests, compression, and what browsers are told.

use reqwest::{Client, ClientBuilder, Method, header};
use serde_json::{Value, json};
use tests::{Engine, TestApp};

async fn garden() -> TestApp {
    TestApp::with_garden(Engine::Sqlite).await
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
        let vary = response.headers().get_all("vary").iter();
        assert!(
            vary.map(|value| value.to_str().unwrap().to_lowercase())
                .any(|names| names.contains("accept-encoding")),
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
}

#[tokio::test]
async fn what_took_how_long_is_told() {
    let app = TestApp::build_with_garden(Engine::Sqlite).await.cached().start().await;
    let tree = "{ icon(by: { name: \"garden:tree\" }) { name } }";
    for (query, counts) in [
        (
            "{ service { generation } }",
            r#"db;desc="1 statement", cache;desc="0 of 0 in memory""#,
        ),
        (tree, r#"db;desc="1 statement", cache;desc="0 of 1 in memory""#),
        (
            "{ icon(by: { name: \"garden:tree\" }) { key } }",
            r#"db;desc="0 statements", cache;desc="1 of 1 in memory""#,
        ),
        (tree, r#"db;desc="0 statements", cache;desc="whole answer""#),
    ] {
        let reply = app.graphql(query).await;
        let parts: Vec<&str> = reply.header("server-timing").splitn(4, ", ").collect();
        let [times @ .., rest] = parts.as_slice() else {
            panic!("{parts:?}")
        };
        let names = times.iter().map(|part| part.split(";dur=").next().unwrap_or_default());
        assert!(names.eq(["parse", "validate", "execute"]), "{parts:?}");
        for part in times {
            let dur = part.split_once('=').and_then(|(_, dur)| dur.parse::<f64>().ok());
            assert!(dur.is_some_and(|dur| dur >= 0.0), "{part}");
        }
        assert_eq!(*rest, counts, "{query}");
    }
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

#[tokio::test]
async fn pages_of_other_origins_may_send_and_see_what_is_named() {
    let sorted = |list: &str| {
        let mut names: Vec<String> = list.split(',').map(|name| name.trim().to_lowercase()).collect();
        names.sort();
        names.join(" ")
    };
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--cors-origins=https://a.example")
        .start()
        .await;
    let ask = |method: Method, origin: &'static str| {
        let request = app.request(method, "/graphql?query=%7B__typename%7D");
        request
            .header(header::ORIGIN, origin)
            .header("access-control-request-method", "POST")
    };
    let preflight = app.send(ask(Method::OPTIONS, "https://a.example")).await;
    assert_eq!(sorted(preflight.header("access-control-allow-methods")), "get post");
    assert_eq!(
        sorted(preflight.header("access-control-allow-headers")),
        "apollo-require-preflight apollographql-client-name apollographql-client-version authorization content-type \
         graphql-require-preflight traceparent tracestate x-apollo-operation-name x-iconql-cost x-request-id"
    );
    assert_eq!(preflight.header("access-control-max-age"), "7200");
    let answer = app.send(ask(Method::GET, "https://a.example")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://a.example");
    assert_eq!(
        sorted(answer.header("access-control-expose-headers")),
        "etag ratelimit ratelimit-policy retry-after server-timing x-request-id"
    );
    for reply in [preflight, answer] {
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        let vary: Vec<_> = reply
            .headers
            .get_all("vary")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        assert!(
            vary.iter().any(|value| value.to_lowercase().contains("origin")),
            "{vary:?}"
        );
    }
    // A stranger is told nothing at all.
    for method in [Method::OPTIONS, Method::GET] {
        let reply = app.send(ask(method, "https://b.example")).await;
        let told = reply
            .headers
            .keys()
            .find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(told, None);
    }
}

#[tokio::test]
async fn nothing_in_an_answer_runs() {
    const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
    let app = garden().await;
    for (path, csp, resource, frame) in [
        (
            "/icons/garden/tree.svg",
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
            "cross-origin",
            "",
        ),
        ("/icons/garden/none.svg", NOTHING, "same-origin", "DENY"),
        ("/graphql?query=%7B__typename%7D", NOTHING, "same-origin", "DENY"),
        ("/graphql?query=%3Cscript%3E", NOTHING, "same-origin", "DENY"),
        ("/nothing", NOTHING, "same-origin", "DENY"),
        ("/api/health", NOTHING, "same-origin", "DENY"),
        ("/metrics", NOTHING, "same-origin", "DENY"),
        ("/schema.graphql", NOTHING, "same-origin", "DENY"),
    ] {
        let reply = app.get(path).await;
        assert_eq!(reply.header("content-security-policy"), csp, "{path}");
        assert_eq!(reply.header("cross-origin-resource-policy"), resource, "{path}");
        assert_eq!(reply.header("x-frame-options"), frame, "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(reply.header("server"), "", "{path}");
        assert_eq!(reply.header("strict-transport-security"), "", "{path}");
    }
    let page = app.get("/graphiql").await;
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    for (url, expected) in [
        ("https://icons.example", "max-age=31536000"),
        ("http://icons.example", ""),
    ] {
        let builder = TestApp::build_with_garden(Engine::Sqlite).await;
        let app = builder.flag(&format!("--public-url={url}")).start().await;
        assert_eq!(
            app.get("/api/health/live").await.header("strict-transport-security"),
            expected
        );
    }
}

#[tokio::test]
async fn answers_are_compressed_from_so_many_bytes_on() {
    let app = garden().await;
    // A field is answered under the name that it is given.
    let document = |name: usize| format!("{{ {}: __typename }}", "x".repeat(name));
    let shortest = app.graphql(&document(1)).await.text.len() - 1;
    for (bytes, encoding) in [(499_usize, ""), (500, "gzip")] {
        let padding = bytes - shortest;
        let query = document(padding);
        assert_eq!(app.graphql(&query).await.text.len(), bytes);
        let request = app.request(Method::POST, "/graphql").json(&json!({ "query": query }));
        let reply = request.header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
        let given = reply
            .headers()
            .get("content-encoding")
            .map_or("", |value| value.to_str().unwrap());
        assert_eq!(given, encoding, "{bytes} bytes");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_another_one() {
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--compression-min-bytes=20")
        .start()
        .await;
    let get = async |encoding: &'static str, known: Option<&str>| {
        let request = app.request(Method::GET, "/icons/garden/tree.svg");
        let request = request.header(header::ACCEPT_ENCODING, encoding);
        let request = match known {
            Some(tag) => request.header(header::IF_NONE_MATCH, tag.to_owned()),
            None => request,
        };
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
                .to_owned()
        };
        assert_eq!(header("vary"), "accept-encoding");
        (response.status().as_u16(), header("content-encoding"), header("etag"))
    };
    let (_, _, strong) = get("identity", None).await;
    assert!(strong.starts_with('"'), "{strong}");
    let weak = format!("W/{strong}");
    for encoding in ["zstd", "br", "gzip", "deflate"] {
        assert_eq!(get(encoding, None).await, (200, encoding.to_owned(), weak.clone()));
        for known in [&strong, &weak] {
            assert_eq!(get(encoding, Some(known)).await.0, 304, "{encoding} {known}");
            assert_eq!(get("identity", Some(known)).await.0, 304, "{known}");
        }
    }
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
        // The client's trace went through here, though nobody writes it down.
        let returned = answered(&untraced, Some(given)).await.expect("the client has a trace");
        let parts: Vec<&str> = returned.split('-').collect();
        assert_eq!(
            (parts[0], parts[1], parts[3]),
            ("00", "0af7651916cd43dd8448eb211c80319c", "01")
        );
        assert_ne!(parts[2], "b7ad6b7169203331");
        for parent in [None, Some("nonsense")] {
            assert_eq!(answered(&untraced, parent).await, None);
        }
    }
}
