//! What instances share in Redis, and a Redis that fails in every way there is: it costs nobody an answer.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};
use tests::{Builder, Engine, Iconql, OwnRedis, Process, Reply, TestApp, TestDatabase, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const ICONS: &str = r#"{ icons(names: ["garden:tree", "garden:nothing", "shed:saw", "garden:face"]) {
    ... on Icon { name body tags aliases characters variants(first: 5) { name } set { name license { title } } } ... on IconNotFound { name } } }"#;

/// Of a busy machine, Redis is slow to be asked.
const PATIENT: &str = "--redis-timeout-ms=5000";

async fn garden(redis: &str) -> Builder {
    TestApp::build_with_garden(Engine::Sqlite)
        .await
        .cached()
        .flag(&format!("--redis-url={redis}"))
}

/// Waits until Redis is `state` to the server.
async fn redis_is(app: &TestApp, state: &str) {
    eventually(&format!("redis is {state}"), async || {
        app.get("/api/health").await.json["redis"] == state
    })
    .await;
}

async fn icons(app: &TestApp) -> Reply {
    let reply = app.graphql(ICONS).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    reply
}

/// Keys of things, without leases.
fn kept(redis: &OwnRedis) -> usize {
    let keys = redis.command(&["KEYS", "iconql:v1:*:1"]);
    keys.lines().filter(|key| !key.trim().is_empty()).count()
}

/// A server has read the icons and put them into Redis. What it answered.
async fn filled(redis: &OwnRedis) -> (TestApp, String) {
    let app = garden(&redis.url()).await.start().await;
    redis_is(&app, "up").await;
    let text = icons(&app).await.text;
    // Four names, two sets, and four lists of each of two icons but for variants.
    eventually("it is all in redis", async || kept(redis) >= 12).await;
    (app, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_instance_read_another_finds() {
    let redis = OwnRedis::start().await;
    let (_first, expected) = filled(&redis).await;
    let second = garden(&redis.url()).await.flag(PATIENT).start().await;
    redis_is(&second, "up").await;
    let reply = icons(&second).await;
    assert_eq!((reply.statements(), &reply.text), (0, &expected));
    assert_eq!(icons(&second).await.statements(), 0);
    let off = garden(&redis.url())
        .await
        .flag("--redis-caching-enabled=false")
        .start()
        .await;
    redis_is(&off, "up").await;
    let reply = icons(&off).await;
    assert!(reply.statements() > 0);
    assert_eq!(reply.text, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_asked_node_by_node() {
    let nodes = OwnRedis::start_cluster_of_three().await;
    let urls: Vec<String> = nodes
        .iter()
        .map(|node| node.url().split(',').next().unwrap().to_owned())
        .collect();
    let url = urls.join(",");
    let first = garden(&url).await.flag(PATIENT).start().await;
    redis_is(&first, "up").await;
    let expected = icons(&first).await.text;
    eventually("it is all in the cluster", async || {
        nodes.iter().map(kept).sum::<usize>() >= 12
    })
    .await;
    assert!(
        nodes.iter().filter(|node| kept(node) > 0).count() > 1,
        "keys lie on several nodes"
    );
    let second = garden(&url).await.flag(PATIENT).start().await;
    redis_is(&second, "up").await;
    let reply = icons(&second).await;
    assert_eq!((reply.statements(), &reply.text), (0, &expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_fails_costs_nobody_an_answer() {
    for failure in [
        "KILL",
        "STOP",
        "flushed",
        "rubbish",
        "other values",
        "another type",
        "full",
    ] {
        let mut redis = OwnRedis::start().await;
        let (first, expected) = filled(&redis).await;
        let second = garden(&redis.url()).await.start().await;
        redis_is(&second, "up").await;
        let keys = redis.command(&["KEYS", "iconql:v1:*:1"]);
        let keys: Vec<&str> = keys.lines().map(str::trim).filter(|key| !key.is_empty()).collect();
        match failure {
            "KILL" => redis.kill(),
            "STOP" => redis.signal("STOP"),
            "flushed" => drop(redis.command(&["FLUSHALL"])),
            "rubbish" => {
                for key in &keys {
                    redis.command(&["SET", key, "rubbish"]);
                }
            }
            // Each key has what belongs under another.
            "other values" => {
                for pair in keys.windows(2) {
                    redis.command(&["COPY", pair[0], pair[1], "REPLACE"]);
                }
            }
            "another type" => {
                for key in &keys {
                    redis.command(&["DEL", key]);
                    redis.command(&["LPUSH", key, "rubbish"]);
                }
            }
            _ => {
                redis.command(&["FLUSHALL"]);
                redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
            }
        }
        for app in [&first, &second] {
            for _ in 0..5 {
                app.forget();
                assert_eq!(icons(app).await.text, expected, "{failure}");
            }
        }
        match failure {
            "KILL" => redis.start_again().await,
            "STOP" => redis.signal("CONT"),
            _ => {}
        }
        redis_is(&second, "up").await;
        second.forget();
        assert_eq!(icons(&second).await.text, expected, "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_never_one_costs_nobody_an_answer() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let talkative = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [&silent, &talkative].map(|listener| listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in talkative.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 512]);
            let _ = connection.write_all(b"$9999999\r\nrubbish\r\n+OK\r\n");
        }
    });
    let expected = icons(&TestApp::with_garden(Engine::Sqlite).await).await.text;
    for address in addresses {
        let app = garden(&format!("redis://{address}")).await.start().await;
        for _ in 0..3 {
            app.forget();
            assert_eq!(icons(&app).await.text, expected);
        }
    }
}

/// A change by a third process, told over Redis or, where its channel is cut, found in the feed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_redis_from_before_a_change_is_not_shown_after_it() {
    for is_cut in [false, true] {
        let redis = OwnRedis::start().await;
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.json");
        let redis_url = redis.url();
        let import = async |path: &str| {
            let set = json!({ "prefix": "s", "icons": { "a": { "body": format!("<path d=\"{path}\"/>") }, "b": { "body": "<path d=\"M9 9\"/>" } } });
            std::fs::write(&file, set.to_string()).unwrap();
            let import = Iconql::new(BINARY, &["import"]).arg(&file).database(database.url());
            let _ = import.env("REDIS_URL", &redis_url).run().await.succeeded();
        };
        import("M1 1").await;
        let flag = format!("--redis-url={redis_url}");
        let servers = [
            Process::serve(BINARY, database.url(), &[&flag]),
            Process::serve(BINARY, database.url(), &[&flag]),
        ];
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let bodies = async |server: &Process| {
            let query = json!({ "query": r#"{ icons(names: ["s:a", "s:b"]) { ... on Icon { body } } }"# });
            let request = client.post(format!("{}/graphql", server.base_url())).json(&query);
            let reply = Reply::read(request.send().await.unwrap()).await;
            reply
                .data("/icons")
                .as_array()
                .unwrap()
                .iter()
                .map(|icon| icon["body"].clone())
                .collect::<Vec<Value>>()
        };
        let at = |path: &str| vec![json!(format!("<path d=\"{path}\"/>")), json!("<path d=\"M9 9\"/>")];
        eventually("both are in redis", async || {
            assert_eq!(bodies(&servers[0]).await, at("M1 1"));
            kept(&redis) >= 2
        })
        .await;
        assert_eq!(bodies(&servers[1]).await, at("M1 1"));
        for path in ["M2 2", "M3 3", "M4 4"] {
            if is_cut {
                redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
            }
            import(path).await;
            for server in &servers {
                eventually("the change is seen", async || bodies(server).await == at(path)).await;
                // And stays seen.
                for _ in 0..20 {
                    assert_eq!(bodies(server).await, at(path));
                }
            }
        }
    }
}
