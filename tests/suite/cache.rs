//! What is kept: the same answers without a statement, and never what was before a change that is known.

use serde_json::{Map, Value, json};
use tests::{
    Engine, Iconql, NOW_MS, OwnPostgres, Process, Reply, TestApp, TestDatabase, eventually, fixture, on_each_engine,
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Everything that is kept of an icon, by every way to it.
const ALL: &str = r"query($name: String!) {
    icon(by: { name: $name }) { ...all } icons(names: [$name]) { ... on Icon { ...all } }
}
fragment all on Icon { id name body width hidden tags characters aliases categories contentHash set { name total } license { title }
    variants(first: 10) { name } aliasOf { name body } }";

fn body(text: &str) -> Value {
    json!({ "body": format!("<path d=\"{text}\"/>") })
}

/// A set called `s`, of icons with bodies of their own.
fn set(icons: &[(&str, &str)], rest: &Value) -> Value {
    let icons: Map<String, Value> = icons
        .iter()
        .map(|(key, path)| ((*key).to_owned(), body(path)))
        .collect();
    let mut set = json!({ "prefix": "s", "icons": icons });
    set.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    set
}

async fn all(app: &TestApp, name: &str) -> Reply {
    let reply = app.graphql_with(ALL, json!({ "name": name })).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    reply
}

/// One field of an icon.
async fn field(app: &TestApp, name: &str, field: &str) -> Value {
    let document = format!("query($name: String!) {{ icon(by: {{ name: $name }}) {{ {field} }} }}");
    let reply = app.graphql_with(&document, json!({ "name": name })).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    reply.json["data"]["icon"].clone()
}

async fn send(base_url: &str, query: &str) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{base_url}/graphql"))
        .json(&json!({ "query": query }));
    Reply::read(request.send().await.unwrap()).await
}

async fn health(base_url: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client
        .get(format!("{base_url}/api/health"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

on_each_engine! {
    async fn what_was_read_takes_no_statement_and_is_the_same(engine) {
        let app = TestApp::build_with_garden(engine).await.cached().start().await;
        let off = TestApp::build_with_garden(engine).await.flag("--cache-enabled=false").start().await;
        let tiny = TestApp::build_with_garden(engine).await.flag("--cache-memory-bytes=0").start().await;
        for name in ["garden:tree", "garden:no-such-icon", "shed:saw", "garden:e001", "no-such-set:tree"] {
            let cold = all(&app, name).await;
            let hot = all(&app, name).await;
            let without = all(&off, name).await;
            assert_eq!((hot.statements(), &hot.text), (0, &without.text), "{name}");
            assert_eq!(cold.text, without.text, "{name}");
            assert!(cold.statements() > 0 && without.statements() > 0, "{name}");
            assert!(all(&off, name).await.statements() > 0, "{name}");
            // Room for nothing is no failure either.
            assert_eq!(all(&tiny, name).await.text, without.text, "{name}");
        }
    }

    async fn a_change_is_seen_at_once_by_who_made_it(engine) {
        let app = TestApp::start(engine).await;
        let nothing = json!({});
        app.import_json(&set(&[("home", "M0 0h1z"), ("sun", "M1 1h1z")], &nothing)).await;
        for name in ["s:home", "s:sun", "s:moon", "s:face"] {
            all(&app, name).await;
        }
        let mut next = set(&[("home", "M0 0h2z"), ("sun", "M1 1h1z"), ("moon", "M3 3h1z")], &nothing);
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:home", "body").await["body"], r#"<path d="M0 0h2z"/>"#);
        assert_eq!(field(&app, "s:moon", "body").await["body"], r#"<path d="M3 3h1z"/>"#);
        assert_eq!(field(&app, "s:moon", "set { total }").await["set"]["total"], 3);
        // Of these, the feed tells nothing under the icon's own name.
        next["aliases"] = json!({ "house": { "parent": "home" } });
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:home", "aliases").await["aliases"], json!(["s:house"]));
        next["chars"] = json!({ "face": "sun" });
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:sun", "characters").await["characters"], json!(["face"]));
        assert_eq!(field(&app, "s:face", "name").await["name"], "s:sun");
        let character = r#"{ icon(by: { character: { prefix: "s", codepoint: "face" } }) { name } }"#;
        assert_eq!(app.graphql(character).await.data("/icon/name"), "s:sun");
        next["chars"] = json!({ "face": "moon" });
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:face", "name").await["name"], "s:moon");
        assert_eq!(app.graphql(character).await.data("/icon/name"), "s:moon");
        // An icon of that very name comes first.
        next["icons"]["face"] = body("M4 4h1z");
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:face", "name").await["name"], "s:face");
        next["info"] = json!({ "name": "Signs" });
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:home", "set { name }").await["set"]["name"], "Signs");
        next["icons"].as_object_mut().unwrap().remove("home");
        next["aliases"] = json!({});
        next["icons"]["sun"]["hidden"] = json!(true);
        app.import_json(&next).await;
        assert_eq!(field(&app, "s:home", "name").await, Value::Null);
        assert_eq!(field(&app, "s:house", "name").await, Value::Null);
        assert_eq!(field(&app, "s:sun", "hidden").await["hidden"], true);
    }

    async fn exactly_what_changed_is_read_again(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        let icons = [("home", "M0 0h1z"), ("sun", "M1 1h1z")];
        app.import_json(&set(&icons, &json!({}))).await;
        let bodies = "{ icons(names: [\"s:home\", \"s:sun\"]) { ... on Icon { name body } } }";
        let sun = "{ icon(by: { name: \"s:sun\" }) { body } }";
        app.graphql(bodies).await;
        app.import_json(&set(&[("home", "M0 0h9z"), ("sun", "M1 1h1z")], &json!({}))).await;
        let reply = app.graphql(sun).await;
        assert_eq!((reply.statements(), reply.data("/icon/body")), (0, &json!(r#"<path d="M1 1h1z"/>"#)));
        assert_eq!(app.graphql(bodies).await.statements(), 1);
        assert_eq!(app.graphql(bodies).await.statements(), 0);
    }

    async fn variants_that_come_and_go_are_seen_by_icons_that_stay(engine) {
        let app = TestApp::start(engine).await;
        let variants = async || field(&app, "s:home", "variants { name }").await["variants"].clone();
        app.import_json(&set(&[("home", "M0 0h1z")], &json!({ "suffixes": { "outline": "Outline" } }))).await;
        assert_eq!(variants().await, json!([]));
        let both = set(&[("home", "M0 0h1z"), ("home-outline", "M0 0h2z")], &json!({ "suffixes": { "outline": "Outline" } }));
        app.import_json(&both).await;
        assert_eq!(variants().await, json!([{ "name": "s:home-outline" }]));
        assert_eq!(variants().await, json!([{ "name": "s:home-outline" }]));
        app.import_json(&set(&[("home", "M0 0h1z")], &json!({ "suffixes": { "outline": "Outline" } }))).await;
        assert_eq!(variants().await, json!([]));
    }

    async fn another_process_is_followed_and_never_in_halves(engine) {
        let database = TestDatabase::fresh(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.json");
        let import = async |set: &Value| {
            std::fs::write(&file, set.to_string()).unwrap();
            let _ = Iconql::new(BINARY, &["import"]).arg(&file).database(database.url()).run().await.succeeded();
        };
        import(&set(&[("home", "M0 0h1z")], &json!({ "info": { "name": "One" } }))).await;
        let servers = [Process::serve(BINARY, database.url(), &[]), Process::serve(BINARY, database.url(), &[])];
        let document = r#"{ icons(names: ["s:home", "t:home"]) { ... on Icon { body set { name } } ... on IconNotFound { name } } }"#;
        for server in &servers {
            assert_eq!(send(server.base_url(), document).await.data("/icons/0/set/name"), "One");
        }
        import(&set(&[("home", "M0 0h2z")], &json!({ "info": { "name": "Two" } }))).await;
        for server in &servers {
            eventually("the change is seen", async || {
                let reply = send(server.base_url(), document).await;
                let icon = reply.data("/icons/0").clone();
                let old = json!({ "body": r#"<path d="M0 0h1z"/>"#, "set": { "name": "One" } });
                let new = json!({ "body": r#"<path d="M0 0h2z"/>"#, "set": { "name": "Two" } });
                assert!(icon == old || icon == new, "{icon}");
                icon == new
            })
            .await;
        }
        // What was not there, and is asked for before anybody has told of it.
        let mut other = set(&[("home", "M5 0h2z")], &json!({ "info": { "name": "Other" } }));
        other["prefix"] = json!("t");
        import(&other).await;
        for server in &servers {
            eventually("the new set is seen", async || {
                let reply = send(server.base_url(), document).await;
                assert!(reply.errors().is_empty(), "{}", reply.text);
                reply.json.pointer("/data/icons/1/set/name") == Some(&json!("Other"))
            })
            .await;
        }
    }

    async fn a_feed_that_cannot_be_read_is_told_and_read_again(engine) {
        let app = TestApp::start(engine).await;
        app.import_json(&set(&[("home", "M0 0h1z")], &json!({}))).await;
        let health = async || app.get("/api/health").await.json;
        assert_eq!((health().await["status"].as_str(), health().await.get("cache")), (Some("up"), None));
        field(&app, "s:home", "body").await;
        let catch_up = app.sql_and_keep("ALTER TABLE catalog_change RENAME TO catalog_change_gone").await;
        assert!(catch_up.is_err());
        // Health is looked at once a second.
        eventually("it is told", async || {
            let told = health().await;
            (told["status"].as_str(), told["cache"].as_str()) == (Some("degraded"), Some("behind"))
        })
        .await;
        assert_eq!(field(&app, "s:home", "body").await["body"], r#"<path d="M0 0h1z"/>"#);
        assert!(app.sql_and_keep("ALTER TABLE catalog_change_gone RENAME TO catalog_change").await.is_ok());
        eventually("it is read again", async || health().await["status"] == "up").await;
    }

    async fn the_layers_are_told_of(engine) {
        let app = TestApp::build(engine).await.cached().flag("--response-cache-enabled=false").start().await;
        app.import_json_at(NOW_MS, &set(&[("home", "M0 0h1z")], &json!({}))).await;
        field(&app, "s:home", "body").await;
        field(&app, "s:home", "body").await;
        let (_, key) = app.create_key(&["metrics:read"]).await;
        let caches = "{ service { caches { layer entries bytes capacityBytes hits misses stale loads evictions p50Ms p99Ms hitRate breaker } } }";
        let reply = app.graphql_as(&key, caches).await;
        let layers = reply.data("/service/caches");
        let [responses, memory, redis] = layers.as_array().unwrap().as_slice() else { panic!("{layers}") };
        assert_eq!((&responses["layer"], &responses["breaker"], &responses["hits"]), (&json!("RESPONSE"), &json!("DISABLED"), &json!(0)));
        assert_eq!((&memory["layer"], &memory["breaker"], &memory["capacityBytes"]), (&json!("MEMORY"), &json!("CLOSED"), &json!(134_217_728.0)));
        assert_eq!((&memory["hits"], &memory["misses"], &memory["loads"], &memory["stale"]), (&json!(1), &json!(1), &json!(1), &json!(0)));
        assert_eq!((&memory["entries"], &memory["hitRate"]), (&json!(1), &json!(0.5)));
        assert!(memory["bytes"].as_f64().unwrap() > 400.0 && memory["p99Ms"].as_f64().unwrap() > 0.0, "{memory}");
        assert_eq!((&redis["layer"], &redis["breaker"]), (&json!("REDIS"), &json!("DISABLED")));
        let (_, other) = app.create_key(&["usage:write"]).await;
        let refused = app.graphql_as(&other, "{ service { version caches { layer } } }").await;
        assert_eq!(refused.codes(), ["FORBIDDEN"]);
    }
}

/// A database that goes away: what is kept is shown on, the rest is not to be had.
#[tokio::test]
async fn what_is_kept_outlives_the_database() {
    let mut postgres = OwnPostgres::start().await;
    let url = postgres.url("iconql", "right");
    for arguments in [
        vec!["migrate", "up"],
        vec!["import", fixture("garden.json").to_str().unwrap()],
    ] {
        let _ = Iconql::new(BINARY, &arguments).database(&url).run().await.succeeded();
    }
    let flags = ["--db-acquire-timeout-ms=300", "--cache-memory-ttl-seconds=1"];
    let server = Process::serve(BINARY, &url, &flags);
    let tree = r#"{ icon(by: { name: "garden:tree" }) { name body set { name } } }"#;
    let before = send(server.base_url(), tree).await;
    assert_eq!(before.data("/icon/name"), "garden:tree");
    postgres.stop();
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
    // Longer than anything is kept.
    for _ in 0..25 {
        ticks.tick().await;
        let reply = send(server.base_url(), tree).await;
        assert_eq!(reply.text, before.text);
    }
    let other = send(server.base_url(), r#"{ icon(by: { name: "garden:flower" }) { name } }"#).await;
    assert_eq!(other.codes(), ["UNAVAILABLE"], "{}", other.text);
    postgres.start_again().await;
    eventually("it reads again", async || {
        send(server.base_url(), r#"{ icon(by: { name: "garden:flower" }) { name } }"#)
            .await
            .errors()
            .is_empty()
    })
    .await;
    eventually("it is well again", async || {
        health(server.base_url()).await["status"] == "up"
    })
    .await;
}

/// Requests that miss the same at once, over HTTP, take one statement together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_takes_one_statement() {
    let app = TestApp::build_with_garden(Engine::Sqlite).await.cached().start().await;
    let crowd = (0..100).map(|_| app.graphql(r#"{ icon(by: { name: "garden:tree" }) { name body } }"#));
    let replies = futures_util::future::join_all(crowd).await;
    assert!(replies.iter().all(|reply| reply.data("/icon/name") == "garden:tree"));
    assert_eq!(replies.iter().map(Reply::statements).sum::<u32>(), 1);
}
