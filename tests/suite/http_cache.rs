//! Answers to GET that are kept as they were sent, headers and all: what is sent again is what would be answered, to whom it would be.
//!
//! Only in production are they kept: elsewhere each answer tells how long it took.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Engine, Process, Reply, TestApp, eventually, fixture, on_each_engine};

const TREE: &str = "query Tree($name: IconName!) { icon(by: { name: $name }) { name body set { name } } }";

/// Headers that differ from one answer to the next.
const OF_ONE_ANSWER: [&str; 3] = ["x-request-id", "age", "date"];

async fn app(engine: Engine, flags: &[&str]) -> TestApp {
    let builder = TestApp::build(engine).await.cached().flag("--environment=production");
    let app = flags
        .iter()
        .fold(builder, |builder, flag| builder.flag(flag))
        .start()
        .await;
    app.import(&[fixture("garden.json")]).await;
    register(&app, TREE).await;
    app
}

fn hash(text: &str) -> Value {
    use sha2::{Digest as _, Sha256};
    let hash: [u8; 32] = Sha256::digest(text).into();
    let hex = hash.map(|byte| format!("{byte:02x}")).concat();
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hex } })
}

async fn register(app: &TestApp, document: &str) {
    let body = json!({ "query": document, "extensions": hash(document), "variables": { "name": "garden:tree" } });
    let reply = app.post(&body).await;
    assert_eq!((reply.status, reply.codes()), (200, vec![]), "{}", reply.text);
}

fn get(app: &TestApp, name: &str) -> RequestBuilder {
    app.request(Method::GET, "/graphql").query(&[
        ("extensions", hash(TREE).to_string()),
        ("variables", json!({ "name": name }).to_string()),
    ])
}

fn lasting_headers(reply: &Reply) -> Vec<(String, String)> {
    let mut headers: Vec<_> = reply
        .headers
        .iter()
        .filter(|(name, _)| !OF_ONE_ANSWER.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    headers
}

on_each_engine! {
    async fn what_is_sent_again_is_what_would_be_answered(engine) {
        let (keeping, plain) = (app(engine, &[]).await, app(engine, &["--cache-enabled=false"]).await);
        for headers in [
            &[][..],
            &[("accept", "application/graphql-response+json")],
            &[("accept-encoding", "zstd")],
            &[("accept-encoding", "br")],
            &[("accept-encoding", "gzip, br;q=0")],
            &[("if-none-match", "\"other\"")],
            &[("cookie", "a=b"), ("user-agent", "somebody")],
            &[("origin", "https://example.com")],
            &[("x-iconql-cost", "1")],
        ] {
            let with = |app: &TestApp| headers.iter().fold(get(app, "garden:tree"), |request, (name, value)| request.header(*name, *value));
            let expected = plain.send(with(&plain)).await;
            for time in 0..3 {
                let reply = keeping.send(with(&keeping)).await;
                assert_eq!((reply.status, &reply.text), (expected.status, &expected.text), "{headers:?} {time}");
                // A body of known length says so, where one that is compressed on its way cannot.
                let but_length = |reply: &Reply| {
                    let mut headers = lasting_headers(reply);
                    headers.retain(|(name, _)| name != "content-length" && name != "transfer-encoding");
                    headers
                };
                assert_eq!(but_length(&reply), but_length(&expected), "{headers:?} {time}");
                assert_ne!(reply.header("x-request-id"), "");
            }
        }
    }
}

#[tokio::test]
async fn what_is_sent_again_is_counted_as_ever() {
    let app = app(Engine::Sqlite, &[]).await;
    // Figures are a process's: this one has its own.
    let binary = env!("CARGO_BIN_EXE_iconql-under-test");
    let server = Process::serve(binary, app.database().url(), &["--environment=production"]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/graphql", server.base_url());
    let variables = json!({ "name": "garden:tree" });
    let body = json!({ "query": TREE, "extensions": hash(TREE), "variables": variables });
    let registered = Reply::read(client.post(&url).json(&body).send().await.unwrap()).await;
    let query = [
        ("extensions", hash(TREE).to_string()),
        ("variables", variables.to_string()),
    ];
    let get = || client.get(&url).query(&query);
    for _ in 0..4 {
        let reply = Reply::read(get().send().await.unwrap()).await;
        assert_eq!((reply.status, &reply.text), (200, &registered.text));
    }
    let tag = Reply::read(get().send().await.unwrap()).await.header("etag").to_owned();
    let known = get().header("if-none-match", &tag).header("x-request-id", "my-id");
    let known = Reply::read(known.send().await.unwrap()).await;
    assert_eq!(
        (known.status, known.text.as_str(), known.header("x-request-id")),
        (304, "", "my-id")
    );
    assert_eq!((known.header("etag"), known.header("content-type")), (tag.as_str(), ""));
    let bytes = registered.text.len() * 6;
    let expected = [
        // One was worked out and kept, and one was not sent.
        r#"cache_operations_total{layer="http",operation="get",status="hit"} 5"#.to_owned(),
        r#"cache_operations_total{layer="http",operation="get",status="miss"} 1"#.to_owned(),
        r#"http_requests_total{method="GET",endpoint="/graphql",status="200"} 5"#.to_owned(),
        r#"http_requests_total{method="GET",endpoint="/graphql",status="304"} 1"#.to_owned(),
        r#"http_request_duration_seconds_count{method="GET",endpoint="/graphql"} 6"#.to_owned(),
        r#"graphql_operations_total{operation="other",kind="query",outcome="ok"} 7"#.to_owned(),
    ];
    let metrics = server.base_url().to_owned() + "/metrics";
    eventually("everything is counted", async || {
        let text = Reply::read(client.get(&metrics).send().await.unwrap()).await.text;
        let sent = text
            .lines()
            .find_map(|line| line.strip_prefix(r#"http_response_bytes_total{encoding="identity"} "#));
        expected.iter().all(|line| text.lines().any(|found| found == line))
            && sent.is_some_and(|sent| sent.parse::<usize>().unwrap_or_default() >= bytes)
    })
    .await;
}

on_each_engine! {
    async fn what_was_sent_goes_with_what_it_was_made_of(engine) {
        let app = app(engine, &[]).await;
        let first = app.send(get(&app, "garden:tree")).await;
        let icon = app.get("/icons/garden/tree.svg").await;
        assert_eq!((first.status, icon.status), (200, 200));
        for _ in 0..2 {
            assert_eq!(app.send(get(&app, "garden:tree")).await.text, first.text);
            assert_eq!(app.get("/icons/garden/tree.svg").await.text, icon.text);
        }
        let changed = json!({ "prefix": "garden", "icons": { "tree": { "body": "<path d=\"M7 7\"/>" } } });
        app.import_json(&changed).await;
        assert!(app.send(get(&app, "garden:tree")).await.text.contains("M7 7"));
        assert!(app.get("/icons/garden/tree.svg").await.text.contains("M7 7"));
        app.sql("DELETE FROM icon").await;
        assert_eq!(app.get("/icons/garden/tree.svg").await.status, 404);
        assert_eq!(app.send(get(&app, "garden:tree")).await.data("/icon"), &Value::Null);
    }
}

#[tokio::test]
async fn whoever_says_who_they_are_is_answered_for_themselves() {
    let app = app(Engine::Sqlite, &[]).await;
    let first = app.send(get(&app, "garden:tree")).await;
    assert_eq!(app.send(get(&app, "garden:tree")).await.text, first.text);
    let refused = app.send(get(&app, "garden:tree").bearer_auth("iq_wrong")).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    let told = app.send(get(&app, "garden:tree").header("x-iconql-cost", "1")).await;
    assert!(told.json["extensions"]["cost"].is_object(), "{}", told.text);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = app.send(get(&app, "garden:tree").header("traceparent", parent)).await;
    assert!(
        traced
            .header("traceparent")
            .contains("0af7651916cd43dd8448eb211c80319c")
    );
    let stream = app
        .send(get(&app, "garden:tree").header("accept", "text/event-stream"))
        .await;
    assert!(stream.header("content-type").starts_with("text/event-stream"));
    assert_eq!(
        app.send(get(&app, "garden:tree").header("accept", "text/html"))
            .await
            .status,
        406
    );
    // And it is kept for the others all the same.
    assert_eq!(app.send(get(&app, "garden:tree")).await.text, first.text);
}

#[tokio::test]
async fn what_is_one_callers_is_nobody_elses_on_the_way_either() {
    let app = app(Engine::Sqlite, &[]).await;
    let told = app.send(get(&app, "garden:tree").header("x-iconql-cost", "1")).await;
    assert_eq!((told.header("cache-control"), told.header("etag")), ("no-store", ""));
    let vary: Vec<&str> = Vec::from_iter(["accept", "accept-encoding", "apollographql-client-name"]);
    for _ in 0..2 {
        let reply = app.send(get(&app, "garden:tree")).await;
        let all = reply
            .headers
            .get_all("vary")
            .iter()
            .map(|value| value.to_str().unwrap());
        let mut named: Vec<&str> = all.flat_map(|value| value.split(", ")).collect();
        named.sort_unstable();
        assert_eq!(named, vary);
    }
}

#[tokio::test]
async fn what_has_not_changed_keeps_its_protection() {
    let app = app(Engine::Sqlite, &[]).await;
    let plain = app_without_cache().await;
    for app in [&app, &plain] {
        let drawn = app.get("/icons/garden/tree.svg").await;
        let tag = drawn.header("etag").to_owned();
        let known = app
            .request(Method::GET, "/icons/garden/tree.svg")
            .header("if-none-match", tag);
        let known = app.send(known).await;
        assert_eq!(known.status, 304);
        let policy = known.header("content-security-policy");
        assert!(
            policy.is_empty() || policy == drawn.header("content-security-policy"),
            "{policy}"
        );
        assert_eq!(known.header("x-frame-options"), "");
    }
}

async fn app_without_cache() -> TestApp {
    app(Engine::Sqlite, &["--cache-enabled=false"]).await
}

#[tokio::test]
async fn what_is_kept_costs_what_it_would() {
    let app = app(
        Engine::Sqlite,
        &["--rate-limit-enabled=true", "--rate-limit-cost-per-minute=10"],
    )
    .await;
    let mut left = Vec::new();
    loop {
        let reply = app.send(get(&app, "garden:tree")).await;
        if reply.status != 200 {
            assert_eq!((reply.status, reply.codes()), (429, vec!["RATE_LIMITED"]));
            break;
        }
        let remaining = reply.header("ratelimit").split(";r=").nth(1).unwrap_or_default();
        let remaining = remaining.split(';').next().unwrap_or_default();
        for name in ["ratelimit", "ratelimit-policy"] {
            assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{name}");
        }
        left.push(remaining.parse::<u32>().expect("what is left"));
    }
    // Each costs the same, whoever answers it.
    let steps: Vec<u32> = left.windows(2).map(|pair| pair[0] - pair[1]).collect();
    assert!(
        steps.len() >= 2 && steps.iter().all(|step| *step == steps[0] && *step > 0),
        "{left:?}"
    );
}

#[tokio::test]
async fn headers_are_limited_before_anything_is_looked_up() {
    let app = app(Engine::Sqlite, &["--max-header-bytes=4096"]).await;
    for _ in 0..2 {
        assert_eq!(app.send(get(&app, "garden:tree")).await.status, 200);
    }
    let long = app
        .send(get(&app, "garden:tree").header("x-long", "x".repeat(5000)))
        .await;
    assert_eq!(long.status, 431);
}

#[tokio::test]
async fn whole_answers_are_told_of_wherever_they_are_kept() {
    let app = app(Engine::Sqlite, &[]).await;
    let (_, key) = app.create_key(&["metrics:read"]).await;
    for _ in 0..3 {
        assert_eq!(app.send(get(&app, "garden:tree")).await.status, 200);
    }
    let caches = "{ service { caches { layer entries bytes capacityBytes hits misses loads hitRate breaker } } }";
    let reply = app.graphql_as(&key, caches).await;
    let responses = reply.data("/service/caches/0");
    assert_eq!(
        (&responses["layer"], &responses["breaker"]),
        (&json!("RESPONSE"), &json!("CLOSED"))
    );
    // It was worked out when its document was sent, then found by its hash and kept as it was sent, then sent again twice.
    assert_eq!(
        (&responses["misses"], &responses["loads"], &responses["hits"]),
        (&json!(1), &json!(1), &json!(3))
    );
    assert_eq!(responses["hitRate"], json!(0.75));
    assert_eq!(responses["capacityBytes"], json!(67_108_864.0));
    assert!(responses["bytes"].as_f64().unwrap() > 200.0, "{responses}");
}

#[tokio::test]
async fn what_was_kept_while_nothing_was_counted_is_paid_for_afterwards() {
    let app = app(
        Engine::Sqlite,
        &["--rate-limit-enabled=false", "--rate-limit-cost-per-minute=10"],
    )
    .await;
    for _ in 0..20 {
        assert_eq!(app.send(get(&app, "garden:tree")).await.status, 200);
    }
    let (_, key) = app.create_key(&["admin"]).await;
    let on = "mutation { setSwitch(input: { switch: RATE_LIMIT, on: true }) { userErrors { message } } }";
    assert_eq!(app.graphql_as(&key, on).await.codes(), Vec::<&str>::new());
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(app.send(get(&app, "garden:tree")).await.status);
    }
    assert_eq!((statuses[0], statuses[19]), (200, 429), "{statuses:?}");
}
