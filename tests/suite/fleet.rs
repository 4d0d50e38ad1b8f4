//! Several instances over one database and one Redis: what one of them reads the others do not, and none brings back what was.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tests::{Engine, Link, OwnRedis, Process, Reply, TestDatabase, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Of a busy machine, Redis is slow to be asked.
const PATIENT: &str = "--redis-timeout-ms=10000";

const ICONS: &str =
    "query($names: [String!]!) { icons(names: $names) { ... on Icon { name body } ... on IconNotFound { name } } }";
const PUT: &str = "mutation($icons: [PutIconInput!]!) { putIcons(input: { prefix: \"s\", icons: $icons }) { userErrors { message } } }";
const DELETE: &str =
    "mutation($names: [IconName!]!) { deleteIcons(input: { names: $names }) { deleted userErrors { message } } }";

fn body(path: &str) -> String {
    format!("<path d=\"{path}\"/>")
}

/// A set `s` of icons with these keys, each drawn by the path that stands beside it.
async fn imported(icons: &[(String, String)]) -> TestDatabase {
    let icons: Map<String, Value> = icons
        .iter()
        .map(|(key, path)| (key.clone(), json!({ "body": body(path) })))
        .collect();
    let set = json!({ "prefix": "s", "width": 24, "height": 24, "icons": icons });
    TestDatabase::with_set(Engine::Postgres, &set).await
}

/// Serves with a Redis, which it has reached.
async fn serve(database_url: &str, redis: &OwnRedis, flags: &[&str]) -> Process {
    Process::serve_beside_redis(BINARY, database_url, &redis.url(), flags).await
}

async fn ask(server: &Process, names: &[String]) -> Reply {
    let reply = server
        .post(&json!({ "query": ICONS, "variables": { "names": names } }))
        .await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    reply
}

/// How often a server has read icons from the database, whoever it was for.
async fn loads(server: &Process) -> u64 {
    let metrics = server.get("/metrics").await.text;
    let counts = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("cache_load_duration_seconds_count{kind=\"icon\"} "));
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}

fn assert_done(reply: &Reply) {
    assert!(reply.text.contains("\"userErrors\":[]"), "{}", reply.text);
}

/// Redis holds all writes back until each instance stands before it with its lease: then one of them is first, however busy the
/// machine is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_on_every_instance_takes_one_statement() {
    let redis = OwnRedis::start().await;
    let icons: Vec<(String, String)> = (0..20)
        .map(|number| (format!("pin-{number}"), format!("M{number} 1")))
        .collect();
    let database = imported(&icons).await;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(serve(database.url(), &redis, &[PATIENT, "--max-concurrent-requests=1000"]).await);
    }
    let mut names: Vec<String> = icons.iter().map(|(key, _)| format!("s:{key}")).collect();
    names.push("s:nothing".to_owned());
    redis.command(&["CLIENT", "PAUSE", "60000", "WRITE"]);
    let crowd = join_all(servers.iter().flat_map(|server| (0..50).map(|_| ask(server, &names))));
    let release = async {
        eventually("each of them asks for the lease", async || {
            redis.command(&["INFO", "clients"]).contains("blocked_clients:3")
        })
        .await;
        redis.command(&["CLIENT", "UNPAUSE"]);
    };
    let (replies, ()) = tokio::join!(crowd, release);
    for reply in &replies {
        assert_eq!(reply.texts("/icons", "name"), names);
        assert_eq!(reply.data("/icons/7/body"), &json!(body("M7 1")));
    }
    let mut loads_by_server = Vec::new();
    for server in &servers {
        loads_by_server.push(loads(server).await);
    }
    assert_eq!(loads_by_server.iter().sum::<u64>(), 1, "{loads_by_server:?}");
    assert_eq!(replies.iter().map(Reply::statements).sum::<u32>(), 1);
}

/// Whoever took a lease may have died with it: others go on when they have waited for as long as Redis may take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_nobody_returns_is_not_waited_for() {
    let redis = OwnRedis::start().await;
    let database = imported(&[("pin".to_owned(), "M1 1".to_owned())]).await;
    let name = ["s:pin".to_owned()];
    let first = serve(database.url(), &redis, &[]).await;
    ask(&first, &name).await;
    let mut entry = String::new();
    eventually("it is in redis", async || {
        entry = redis.command(&["KEYS", "iconql:v1:*:icon:*:1"]).trim().to_owned();
        !entry.is_empty()
    })
    .await;
    // A lease that does not end, of an instance that is gone.
    redis.command(&["DEL", &entry]);
    let lease = format!("{}:lease", entry.strip_suffix(":1").unwrap());
    redis.command(&["SET", &lease, "1"]);
    let second = serve(database.url(), &redis, &[]).await;
    let reply = ask(&second, &name).await;
    assert_eq!(
        (reply.statements(), reply.data("/icons/0/body")),
        (1, &json!(body("M1 1")))
    );
}

/// The answer of the database with the icon is under way while another instance deletes that icon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_while_it_is_read_is_kept_nowhere() {
    const OLD: &str = "M4711 4711";
    let redis = OwnRedis::start().await;
    let icons = [("home", OLD), ("sun", "M1 1")].map(|(key, path)| (key.to_owned(), path.to_owned()));
    let database = imported(&icons).await;
    let (link, held_url) = Link::to_database(&database).await;
    let reader = serve(&held_url, &redis, &[PATIENT]).await;
    let writer = serve(database.url(), &redis, &[PATIENT]).await;
    let [home, sun] = ["s:home", "s:sun"].map(|name| [name.to_owned()]);
    assert_eq!(ask(&reader, &sun).await.data("/icons/0/body"), &json!(body("M1 1")));
    link.hold(OLD);
    let reading = ask(&reader, &home);
    let deleting = async {
        eventually("the icon is on its way", async || link.held() > 0).await;
        let delete = json!({ "query": DELETE, "variables": { "names": home } });
        assert_done(&writer.post(&delete).await);
        let new = json!({ "key": "sun", "svg": format!("<svg viewBox=\"0 0 24 24\">{}</svg>", body("M2 2")) });
        assert_done(
            &writer
                .post(&json!({ "query": PUT, "variables": { "icons": [new] } }))
                .await,
        );
        assert!(!ask(&writer, &home).await.text.contains(OLD));
        eventually("the reader has heard of it", async || {
            ask(&reader, &sun).await.data("/icons/0/body") == &json!(body("M2 2"))
        })
        .await;
        // Whoever asks now is not shown what is still on its way either.
        let (reply, ()) = tokio::join!(ask(&reader, &home), async {
            assert!(link.held() > 0);
            link.release();
        });
        assert!(!reply.text.contains(OLD), "{}", reply.text);
    };
    let (reply, ()) = tokio::join!(reading, deleting);
    assert!(!reply.text.contains(OLD), "{}", reply.text);
    // What comes later into Redis than that would have.
    ask(&reader, &["s:another".to_owned()]).await;
    eventually("what was read is in redis", async || {
        redis.command(&["KEYS", "iconql:v1:*:icon:*:1"]).lines().count() >= 3
    })
    .await;
    for key in redis.command(&["KEYS", "iconql:v1:*:1"]).lines() {
        assert!(!redis.command(&["GET", key.trim()]).contains(OLD), "{key}");
    }
    let new = serve(database.url(), &redis, &[PATIENT]).await;
    for server in [&reader, &writer, &new] {
        for _ in 0..3 {
            assert_eq!(ask(server, &home).await.data("/icons/0"), &json!({ "name": "s:home" }));
        }
    }
}
