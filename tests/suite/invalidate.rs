//! `invalidateCache`: what is kept is read again, on every instance, though the feed tells of nothing.

use serde_json::{Value, json};
use tests::{Engine, OwnRedis, Process, Reply, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const INVALIDATE: &str = "mutation($input: InvalidateCacheInput!) {
    invalidateCache(input: $input) { entries userErrors { field code message } } }";

fn set(prefix: &str) -> Value {
    let icon = |path: &str| json!({ "body": format!("<path d=\"{path}\"/>") });
    json!({ "prefix": prefix, "icons": { "x": icon("M1 1"), "xy": icon("M2 2"), "z": icon("M3 3") } })
}

async fn two_sets(engine: Engine) -> TestApp {
    let app = TestApp::build(engine)
        .await
        .flag("--response-cache-enabled=false")
        .flag("--cache-ttl-negative-seconds=3600")
        .start()
        .await;
    for prefix in ["s", "t"] {
        app.import_json(&set(prefix)).await;
    }
    app
}

/// How many entries went.
async fn invalidate(app: &TestApp, input: Value) -> i64 {
    let reply = app.graphql_with(INVALIDATE, json!({ "input": input })).await;
    assert_eq!(reply.data("/invalidateCache/userErrors"), &json!([]), "{input}");
    reply.data("/invalidateCache/entries").as_i64().unwrap()
}

fn body_of(name: &str) -> String {
    format!("{{ icon(by: {{ name: \"{name}\" }}) {{ body }} }}")
}

/// An icon's body; none where there is no such icon.
async fn body(app: &TestApp, name: &str) -> Option<String> {
    let reply = app.graphql(&body_of(name)).await;
    reply
        .data("/icon")
        .get("body")
        .map(|body| body.as_str().unwrap().to_owned())
}

async fn is_kept(app: &TestApp, name: &str) -> bool {
    app.graphql(&body_of(name)).await.statements() == 0
}

/// By hand, of which nobody tells.
async fn redraw(database: &TestDatabase, name: &str, path: &str) {
    let sql = format!("UPDATE icon SET body = '<path d=\"{path}\"/>' WHERE name = '{name}'");
    database.run(&sql).await;
}

async fn send(server: &Process, query: &str, variables: &Value) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/graphql", server.base_url());
    let request = client
        .post(url)
        .json(&json!({ "query": query, "variables": variables }));
    Reply::read(request.send().await.unwrap()).await
}

const NAMES: [&str; 8] = ["s:x", "s:xy", "s:z", "s:no", "t:x", "t:z", "u:x", "s:face"];

on_each_engine! {
    async fn what_is_named_is_read_again_and_nothing_else(engine) {
        let app = two_sets(engine).await;
        for (input, gone) in [
            (json!({ "names": ["s:x"] }), &["s:x", "s:face"][..]),
            (json!({ "names": ["s:x", "t:z", "s:no"] }), &["s:x", "s:no", "t:z", "s:face"]),
            (json!({ "prefixes": ["s"] }), &["s:x", "s:xy", "s:z", "s:no", "s:face"]),
            (json!({ "prefixes": ["u", "t"] }), &["t:x", "t:z", "u:x"]),
            (json!({ "pattern": "s:z" }), &["s:z", "s:face"]),
            (json!({ "pattern": "s:x*" }), &["s:x", "s:xy", "s:z", "s:no", "s:face"]),
            (json!({ "pattern": "?:z" }), &["s:x", "s:xy", "s:z", "s:no", "t:x", "t:z", "s:face"]),
            (json!({ "pattern": "x*" }), &[]),
            (json!({ "names": [] }), &[]),
            (json!({ "prefixes": [] }), &[]),
            (json!({ "pattern": "*" }), &NAMES),
        ] {
            for name in NAMES {
                body(&app, name).await;
            }
            let entries = invalidate(&app, input.clone()).await;
            assert!(entries >= i64::try_from(gone.len()).unwrap() && (entries > 0) != gone.is_empty(), "{input}: {entries}");
            // What may be a code point depends on its set.
            for name in NAMES {
                assert_eq!(!is_kept(&app, name).await, gone.contains(&name), "{name} after {input}");
            }
        }
    }

    async fn what_was_changed_by_hand_is_seen_by_all(engine) {
        let database = TestDatabase::fresh(engine).await;
        let redis = OwnRedis::start().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.json");
        std::fs::write(&file, set("s").to_string()).unwrap();
        let _ = tests::Iconql::new(BINARY, &["import"]).arg(&file).database(database.url()).run().await.succeeded();
        let flag = format!("--redis-url={}", redis.url());
        let servers = [
            Process::serve(BINARY, database.url(), &[&flag]),
            Process::serve(BINARY, database.url(), &[&flag]),
            Process::serve(BINARY, database.url(), &[]),
        ];
        // Whole answers, icons' answers, and icons.
        let ask = "query($names: [String!]!) { icons(names: $names) { ... on Icon { body } ... on IconNotFound { name } } }";
        let variables = json!({ "names": ["s:x", "s:zz-new"] });
        let seen = async |server: &Process| {
            let reply = send(server, ask, &variables).await;
            reply.data("/icons/0/body").as_str().unwrap().to_owned()
        };
        let (mut shown, mut version) = (r#"<path d="M1 1"/>"#.to_owned(), 0);
        for input in [json!({ "names": ["s:x"] }), json!({ "prefixes": ["s"] }), json!({ "pattern": "s:*" }), json!({ "pattern": "*" })] {
            for server in &servers {
                for _ in 0..2 {
                    assert_eq!(seen(server).await, shown);
                }
            }
            eventually("it is in redis", async || redis.command(&["KEYS", "iconql:v1:*:1"]).contains(":icon:")).await;
            version += 1;
            redraw(&database, "s:x", &format!("M8 {version}")).await;
            assert_eq!(seen(&servers[0]).await, shown, "nobody told");
            shown = format!("<path d=\"M8 {version}\"/>");
            let reply = send(&servers[1], INVALIDATE, &json!({ "input": input })).await;
            assert!(reply.data("/invalidateCache/entries").as_i64().unwrap() >= 3, "{}", reply.text);
            assert_eq!(seen(&servers[1]).await, shown, "{input}");
            for server in &servers {
                eventually("it is seen", async || seen(server).await == shown).await;
            }
            // One that starts finds in Redis what was there before, and knows it for that.
            let new = Process::serve(BINARY, database.url(), &[&flag]);
            assert_eq!(seen(&new).await, shown, "{input}");
        }
    }

    async fn rows_that_came_and_went_by_hand_are_seen(engine) {
        let app = two_sets(engine).await;
        assert_eq!(body(&app, "s:z").await.as_deref(), Some(r#"<path d="M3 3"/>"#));
        app.database().run("DELETE FROM icon WHERE name = 's:z'").await;
        assert!(body(&app, "s:z").await.is_some());
        invalidate(&app, json!({ "pattern": "s:?" })).await;
        assert_eq!(body(&app, "s:z").await, None);
        // And before anything of the set is kept.
        assert_eq!(invalidate(&app, json!({ "pattern": "t:*" })).await, 0);
    }

    async fn it_is_a_generation_in_which_nothing_changed(engine) {
        let app = two_sets(engine).await;
        let generation = async || app.graphql("{ service { generation } }").await.data("/service/generation").as_i64().unwrap();
        assert_eq!(generation().await, 2);
        invalidate(&app, json!({ "pattern": "s:*" })).await;
        invalidate(&app, json!({ "names": ["s:x"] })).await;
        assert_eq!(generation().await, 4);
        let changes = app.graphql("{ changes(since: 2) { generation hasMore changes { kind } } }").await;
        assert_eq!(changes.data("/changes"), &json!({ "generation": 4, "hasMore": false, "changes": [] }));
        assert_eq!(app.database().number("SELECT COUNT(*) FROM cache_invalidation").await, 2);
        // Nothing that was remembered matters after this.
        invalidate(&app, json!({ "pattern": "*" })).await;
        assert_eq!(app.database().number("SELECT COUNT(*) FROM cache_invalidation").await, 1);
        invalidate(&app, json!({ "prefixes": ["s"] })).await;
        app.database().run("UPDATE cache_invalidation SET at_ms = at_ms - 7776100000").await;
        invalidate(&app, json!({ "prefixes": ["s"] })).await;
        assert_eq!(app.database().number("SELECT COUNT(*) FROM cache_invalidation").await, 1);
        // The search goes on, and imports do.
        app.index().await;
        assert_eq!(app.graphql("{ search(query: \"xy\") { totalCount generation } }").await.data("/search"), &json!({ "totalCount": 2, "generation": 7 }));
        app.import_json(&set("u")).await;
        assert_eq!(generation().await, 8);
        assert!(body(&app, "u:x").await.is_some());
    }

    async fn what_cannot_be_meant_is_refused(engine) {
        let app = TestApp::build(engine).await.flag("--environment=production").flag("--batch-max-size=2").start().await;
        let (_, admin) = app.create_key(&["admin"]).await;
        let (_, other) = app.create_key(&["usage:write", "analytics:read", "metrics:read"]).await;
        let send = async |key: &str, input: &str| {
            let document = format!("mutation {{ invalidateCache(input: {input}) {{ entries userErrors {{ field code }} }} }}");
            app.graphql_as(key, &document).await
        };
        let forbidden = send(&other, "{ pattern: \"*\" }").await;
        assert_eq!(forbidden.codes(), ["FORBIDDEN"], "{}", forbidden.text);
        for (input, field, code) in [
            ("{ pattern: \"\" }", json!(["pattern"]), "INVALID"),
            ("{ pattern: \"mdi\" }", json!(["pattern"]), "INVALID"),
            ("{ pattern: \"mdi:[a-z]\" }", json!(["pattern"]), "INVALID"),
            ("{ prefixes: [\"mdi\", \"M DI\"] }", json!(["prefixes", "1"]), "INVALID"),
            ("{ prefixes: [\"a\", \"b\", \"c\"] }", json!(["prefixes"]), "TOO_LARGE"),
            ("{ names: [\"a:a\", \"a:b\", \"a:c\"] }", json!(["names"]), "TOO_LARGE"),
        ] {
            let reply = send(&admin, input).await;
            let expected = json!({ "entries": 0, "userErrors": [{ "field": field, "code": code }] });
            assert_eq!(reply.data("/invalidateCache"), &expected, "{input}");
        }
        let pattern = |length: usize| format!("{{ pattern: \"{}\" }}", "*".repeat(length));
        assert_eq!(send(&admin, &pattern(258)).await.data("/invalidateCache/userErrors/0/code"), "INVALID");
        assert_eq!(app.database().number("SELECT generation FROM catalog_state").await, 0);
        for input in ["{ names: [\"a b\"] }", "{ names: [\"a:b\"], pattern: \"*\" }", "{}"] {
            assert!(!send(&admin, input).await.errors().is_empty(), "{input}");
        }
        for input in [pattern(257).as_str(), "{ prefixes: [\"a\", \"b\"] }", "{ names: [\"a:a\", \"a:b\"] }"] {
            assert_eq!(send(&admin, input).await.data("/invalidateCache/userErrors"), &json!([]), "{input}");
        }
        assert_eq!(app.database().number("SELECT generation FROM catalog_state").await, 3);
    }
}

/// A batch of everything that is kept of an icon is dropped from this instance's memory.
#[tokio::test]
async fn memory_is_let_go_of() {
    let app = TestApp::build(Engine::Sqlite).await.cached().start().await;
    app.import_json(&set("s")).await;
    let entries = async || {
        let reply = app.graphql("{ service { caches { entries bytes } } }").await;
        reply.data("/service/caches/1").clone()
    };
    let many = r#"{ icons(names: ["s:x", "s:xy", "s:z"]) { ... on Icon { name tags set { name } } } }"#;
    app.graphql(many).await;
    // Three icons, their tags, their set.
    assert_eq!(entries().await["entries"], 7);
    // And their three answers, and the whole one.
    assert_eq!(invalidate(&app, json!({ "pattern": "*" })).await, 11);
    assert_eq!(entries().await, json!({ "entries": 0, "bytes": 0.0 }));
    assert_eq!(invalidate(&app, json!({ "pattern": "*" })).await, 0);
}
