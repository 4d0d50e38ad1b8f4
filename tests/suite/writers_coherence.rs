//! What is put and deleted is so at once for whoever asks the instance that did it, by every way, and soon for all others.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tests::{Engine, NOW_MS, OwnRedis, Process, Reply, Socket, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Of a busy machine, Redis is slow to be asked.
const PATIENT: &str = "--redis-timeout-ms=5000";

const PUT: &str = "mutation($icons: [PutIconInput!]!) { putIcons(input: { prefix: \"s\", icons: $icons }) { icons { body } userErrors { message } } }";
const DELETE: &str =
    "mutation($names: [IconName!]!) { deleteIcons(input: { names: $names }) { deleted userErrors { message } } }";

/// An icon by each of the ways in which its answer is kept.
const WAYS: [(&str, &str); 4] = [
    ("{ icon(by: { name: \"s:home\" }) { body } }", "/data/icon/body"),
    (
        "{ icons(names: [\"s:home\", \"s:sun\"]) { ... on Icon { body } } }",
        "/data/icons/0/body",
    ),
    (
        "query($first: Int = 9) { iconSet(prefix: \"s\") { icons(first: $first) { nodes { body } } } }",
        "/data/iconSet/icons/nodes/0/body",
    ),
    ("{ icon(by: { name: \"s:house\" }) { body } }", "/data/icon/body"),
];

fn body(path: &str) -> String {
    format!("<path d=\"{path}\"/>")
}

fn set() -> Value {
    json!({
        "prefix": "s", "width": 24, "height": 24,
        "icons": { "home": { "body": body("home") }, "sun": { "body": body("sun") } }, "aliases": { "house": { "parent": "home" } },
    })
}

fn put(path: &str) -> Value {
    let icon = |key: &str| json!({ "key": key, "svg": format!("<svg viewBox=\"0 0 24 24\">{}</svg>", body(path)) });
    json!({ "query": PUT, "variables": { "icons": [icon("home")] } })
}

async fn send(base_url: &str, body: &Value) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Reply::read(
        client
            .post(format!("{base_url}/graphql"))
            .json(body)
            .send()
            .await
            .unwrap(),
    )
    .await
}

fn assert_done(reply: &Reply) {
    assert!(reply.text.contains("\"userErrors\":[]"), "{}", reply.text);
}

/// What an instance answers in each way, twice: what is kept, and what it was kept from.
async fn seen(base_url: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    for (document, pointer) in WAYS.iter().chain(&WAYS) {
        let reply = send(base_url, &json!({ "query": document })).await;
        assert!(reply.errors().is_empty(), "{}", reply.text);
        seen.push(reply.json.pointer(pointer).cloned().unwrap_or_default());
    }
    seen
}

/// Keys that a search finds; none while there is no index.
async fn found(base_url: &str, query: &str) -> Option<Vec<String>> {
    let document = format!("{{ search(query: {query:?}) {{ nodes {{ key }} }} }}");
    let reply = send(base_url, &json!({ "query": document })).await;
    reply.errors().is_empty().then(|| reply.texts("/search/nodes", "key"))
}

on_each_engine! {
    async fn whoever_wrote_it_sees_it_at_once(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        app.import_json_at(NOW_MS, &set()).await;
        let url = app.base_url();
        assert_eq!(seen(url).await, vec![json!(body("home")); 8]);
        for round in 0..5 {
            let path = format!("{round}");
            assert_done(&app.post(&put(&path)).await);
            assert_eq!(seen(url).await, vec![json!(body(&path)); 8], "round {round}");
            // It is kept again.
            assert_eq!(app.graphql(WAYS[1].0).await.statements(), 0);
        }
        assert_done(&app.post(&json!({ "query": DELETE, "variables": { "names": ["s:house", "s:home"] } })).await);
        let [gone, next] = [Value::Null, json!(body("sun"))];
        assert_eq!(seen(url).await[..4], [gone.clone(), gone.clone(), next, gone]);
        app.index().await;
        assert_eq!(found(url, "home").await.unwrap(), Vec::<String>::new());
    }

    async fn a_read_under_way_brings_nothing_back(engine) {
        let redis = OwnRedis::start().await;
        let app = TestApp::build(engine).await.flag(&format!("--redis-url={}", redis.url())).flag(PATIENT).start().await;
        app.import_json(&set()).await;
        // Mutations that were sent, and that were answered; after an odd number, the icon is gone.
        let (sent, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let state = |count: usize| if count % 2 == 1 { Value::Null } else { json!(body(&format!("{count}"))) };
        assert_done(&app.post(&put("0")).await);
        assert_done(&app.post(&json!({ "query": DELETE, "variables": { "names": ["s:house"] } })).await);
        let read = async |number: usize| {
            let mut reads = 0;
            while answered.load(Ordering::SeqCst) < 60 {
                let before = answered.load(Ordering::SeqCst);
                if number == 0 {
                    // There is always something to be read, and to be kept.
                    app.forget();
                }
                let (document, pointer) = WAYS[number % 2];
                let reply = app.graphql(document).await;
                assert!(reply.errors().is_empty(), "{}", reply.text);
                let value = reply.json.pointer(pointer).cloned().unwrap_or_default();
                let lawful = before..=sent.load(Ordering::SeqCst);
                assert!(lawful.clone().any(|count| state(count) == value), "{value} in {lawful:?}");
                reads += 1;
            }
            reads
        };
        let write = async {
            for count in 1..=60 {
                sent.store(count, Ordering::SeqCst);
                let mutation = match count % 2 {
                    1 => json!({ "query": DELETE, "variables": { "names": ["s:home"] } }),
                    _ => put(&format!("{count}")),
                };
                assert_done(&app.post(&mutation).await);
                answered.store(count, Ordering::SeqCst);
            }
        };
        let (reads, ()) = tokio::join!(futures_util::future::join_all((0..6).map(read)), write);
        assert!(reads.iter().all(|reads| *reads > 10), "{reads:?}");
    }

    async fn searches_and_followers_hear_of_it(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let server = Process::serve(BINARY, database.url(), &[]);
        let url = server.base_url();
        eventually("there is an index", async || found(url, "home").await.is_some_and(|found| found == ["home"])).await;
        let mut socket = Socket::ready(url).await;
        socket.subscribe("a", "subscription { catalogChanged { kind prefix count names } }").await;
        let icon = json!({ "key": "rocket", "svg": "<svg viewBox=\"0 0 24 24\"><g/></svg>", "tags": ["space ship"] });
        // A subscription does not say when it has begun, so the icon comes and goes until it has told of that.
        let mut told = None;
        for _ in 0..20 {
            assert_done(&send(url, &json!({ "query": PUT, "variables": { "icons": [icon] } })).await);
            for query in ["rocket", "space ship", "s:rocket"] {
                assert_eq!(found(url, query).await.unwrap(), ["rocket"], "{query}");
            }
            assert_done(&send(url, &json!({ "query": DELETE, "variables": { "names": ["s:rocket"] } })).await);
            for query in ["rocket", "space ship"] {
                assert_eq!(found(url, query).await.unwrap(), Vec::<String>::new(), "{query}");
            }
            let patience = std::time::Duration::from_secs(3);
            if let Ok(message) = tokio::time::timeout(patience, socket.receive()).await {
                let change = message["payload"]["data"]["catalogChanged"].clone();
                assert!(change["kind"] == "ADDED" || change["kind"] == "REMOVED", "{message}");
                assert_eq!((&change["count"], &change["names"]), (&json!(1), &json!(["s:rocket"])));
                told = Some(change);
                break;
            }
        }
        assert!(told.is_some());
    }

    async fn a_restart_keeps_it(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let server = Process::serve(BINARY, database.url(), &[]);
        assert_done(&send(server.base_url(), &put("new")).await);
        let rocket = json!({ "key": "rocket", "svg": "<svg viewBox=\"0 0 24 24\"><g/></svg>" });
        assert_done(&send(server.base_url(), &json!({ "query": PUT, "variables": { "icons": [rocket] } })).await);
        assert_done(&send(server.base_url(), &json!({ "query": DELETE, "variables": { "names": ["s:sun"] } })).await);
        server.signal("KILL");
        drop(server);
        let server = Process::serve(BINARY, database.url(), &[]);
        assert_eq!(seen(server.base_url()).await, vec![json!(body("new")); 8]);
        eventually("it is found", async || found(server.base_url(), "rocket").await.is_some_and(|found| found == ["rocket"])).await;
        assert_eq!(found(server.base_url(), "sun").await.unwrap(), Vec::<String>::new());
    }
}

/// From now on nobody can listen to what instances tell each other, and all else is as it was.
fn cut_channel(redis: &OwnRedis) {
    redis.command(&["ACL", "SETUSER", "default", "resetchannels"]);
    redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
}

/// Two instances over one database, that share a Redis or do not: each writes in turn. From a round on their channel may be cut.
async fn check_instances(redis: Option<&OwnRedis>, cut_from: usize) {
    let database = TestDatabase::with_set(Engine::Postgres, &set()).await;
    let flags: Vec<String> = redis.map_or_else(Vec::new, |redis| {
        vec![format!("--redis-url={}", redis.url()), PATIENT.to_owned()]
    });
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let servers = [
        Process::serve(BINARY, database.url(), &flags),
        Process::serve(BINARY, database.url(), &flags),
    ];
    let mut old = json!(body("home"));
    for server in &servers {
        assert_eq!(seen(server.base_url()).await, vec![old.clone(); 8]);
    }
    for round in 0..12 {
        if let Some(redis) = redis.filter(|_| round == cut_from) {
            cut_channel(redis);
        }
        let (writer, other) = (servers[round % 2].base_url(), servers[(round + 1) % 2].base_url());
        let path = format!("{round}");
        let new = json!(body(&path));
        assert_done(&send(writer, &put(&path)).await);
        assert_eq!(seen(writer).await, vec![new.clone(); 8], "round {round}");
        eventually("the other follows", async || {
            let seen = seen(other).await;
            assert!(seen.iter().all(|value| *value == old || *value == new), "{seen:?}");
            seen.iter().all(|value| *value == new)
        })
        .await;
        assert_eq!(seen(other).await, vec![new.clone(); 8], "round {round}");
        old = new;
    }
    // What was deleted is kept by none of them either.
    assert_done(
        &send(
            servers[0].base_url(),
            &json!({ "query": DELETE, "variables": { "names": ["s:home", "s:house"] } }),
        )
        .await,
    );
    assert_eq!(seen(servers[0].base_url()).await[0], Value::Null);
    eventually("it is gone there too", async || {
        seen(servers[1].base_url()).await[0] == Value::Null
    })
    .await;
    assert_eq!(seen(servers[1].base_url()).await, seen(servers[0].base_url()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_follow_each_other_through_redis() {
    let redis = OwnRedis::start().await;
    check_instances(Some(&redis), usize::MAX).await;
}

/// What is kept in Redis, they still share; of changes they learn from the feed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_follow_each_other_while_their_channel_is_cut() {
    let redis = OwnRedis::start().await;
    check_instances(Some(&redis), 8).await;
    assert_eq!(redis.listeners(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_follow_each_other_without_redis() {
    check_instances(None, usize::MAX).await;
}
