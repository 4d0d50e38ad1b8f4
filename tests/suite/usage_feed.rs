//! `usageFeed`: what is recorded, on whatever instance, as those see it who follow it.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, OwnRedis, Process, Socket, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Of a busy machine, Redis is slow to be asked, and a test is slow to read.
const PATIENT: [&str; 2] = ["--redis-timeout-ms=5000", "--websocket-queue-events=10000"];

const RECORD: &str = "mutation($events: [UsageEventInput!]!) { recordUsage(input: { events: $events }) { accepted duplicates rejected { code } } }";

const FEED: &str =
    "subscription($filter: UsageFeedFilter, $every: Int! = 250) { usageFeed(filter: $filter, intervalMs: $every) {
    at total top { name count icon { prefix } } } }";

/// Two sets of some icons each.
async fn filled(engine: Engine) -> TestDatabase {
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    let icons: serde_json::Map<String, Value> = ["a", "b", "c", "begun", "done"]
        .into_iter()
        .map(|key| (key.to_owned(), body.clone()))
        .collect();
    let database = TestDatabase::with_set(engine, &json!({ "prefix": "u", "icons": icons })).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("v.json");
    std::fs::write(&file, json!({ "prefix": "v", "icons": { "a": body } }).to_string()).unwrap();
    let import = tests::Iconql::new(BINARY, &["import"])
        .arg(&file)
        .database(database.url());
    let _ = import.run().await.succeeded();
    database
}

/// Records events, all of which are new.
async fn record(server: &Process, events: &[Value]) {
    let reply = server
        .post(&json!({ "query": RECORD, "variables": { "events": events } }))
        .await;
    assert_eq!(reply.data("/recordUsage/accepted"), events.len(), "{}", reply.text);
}

fn event(icon: &str, kind: &str) -> Value {
    json!({ "icon": icon, "kind": kind, "userId": "ann", "sessionId": "s" })
}

/// What subscriptions of one socket were told, summed up by their ids.
struct Follower {
    socket: Socket,
    totals: BTreeMap<String, i64>,
    icons: BTreeMap<(String, String), i64>,
}

impl Follower {
    /// Follows with these filters, and returns when all of them are followed.
    async fn begin(server: &Process, filters: &[Value]) -> Self {
        let mut follower = Self {
            socket: Socket::ready(server.base_url()).await,
            totals: BTreeMap::new(),
            icons: BTreeMap::new(),
        };
        for (id, filter) in filters.iter().enumerate() {
            let payload = json!({ "query": FEED, "variables": { "filter": filter } });
            follower
                .socket
                .send(&json!({ "id": id.to_string(), "type": "subscribe", "payload": payload }))
                .await;
        }
        while follower.totals.len() < filters.len() {
            follower.read().await;
        }
        follower
    }

    /// Takes the next tick into the sums.
    async fn read(&mut self) {
        let message = self.socket.receive().await;
        let (id, payload) = (message["id"].as_str().unwrap().to_owned(), &message["payload"]);
        assert_eq!(
            (&message["type"], payload.get("errors"), payload.get("extensions")),
            (&json!("next"), None, None),
            "{message}"
        );
        let tick = &payload["data"]["usageFeed"];
        let top = tick["top"].as_array().unwrap();
        let counts: Vec<i64> = top.iter().map(|icon| icon["count"].as_i64().unwrap()).collect();
        // There are fewer icons than a tick names.
        assert_eq!(tick["total"].as_i64().unwrap(), counts.iter().sum::<i64>(), "{tick}");
        assert!(counts.is_sorted_by(|one, next| one >= next), "{tick}");
        for (icon, count) in top.iter().zip(counts) {
            let name = icon["name"].as_str().unwrap();
            assert_eq!(icon["icon"]["prefix"], name.split(':').next().unwrap(), "{tick}");
            *self.icons.entry((id.clone(), name.to_owned())).or_default() += count;
        }
        *self.totals.entry(id).or_default() += tick["total"].as_i64().unwrap();
    }

    fn seen(&self, id: &str, icon: &str) -> i64 {
        self.icons
            .get(&(id.to_owned(), icon.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    /// Reads until subscription `id` was told of `count` uses of an icon.
    async fn until(&mut self, id: &str, icon: &str, count: i64) {
        while self.seen(id, icon) < count {
            self.read().await;
        }
    }

    /// Records a use on `server` until it is seen here: from then on all that it records is.
    async fn until_heard(&mut self, server: &Process) {
        let before = self.seen("0", "u:begun");
        while self.seen("0", "u:begun") == before {
            record(server, &[event("u:begun", "RENDER")]).await;
            self.read().await;
        }
    }

    /// What each subscription was told but for what tells beginning and end.
    fn sums(&self) -> Vec<(String, String, i64)> {
        let marks = ["u:begun", "u:done"];
        let sums = self
            .icons
            .iter()
            .filter(|((_, icon), _)| !marks.contains(&icon.as_str()));
        sums.map(|((id, icon), count)| (id.clone(), icon.clone(), *count))
            .collect()
    }
}

on_each_engine! {
    async fn what_any_instance_records_is_told_on_each_once(engine) {
        let redis = OwnRedis::start().await;
        let database = filled(engine).await;
        let serve = async || Process::serve_beside_redis(BINARY, database.url(), &redis.url(), &PATIENT).await;
        let servers = [serve().await, serve().await];
        let filters = [
            json!(null), json!({}), json!({ "prefixes": ["u"] }), json!({ "names": ["u:a", "v:a"] }), json!({ "kinds": ["COPY", "VIEW"] }),
            json!({ "prefixes": ["v"], "kinds": ["VIEW"] }), json!({ "prefixes": ["none"], "names": ["u:a"] }),
            json!({ "prefixes": [], "names": ["u:a", "u:a"], "kinds": ["RENDER"] }),
        ];
        let passes = |filter: &Value, icon: &str, kind: &str| {
            let has = |list: &str, value: &str| filter[list].as_array().is_none_or(|list| list.is_empty() || list.iter().any(|one| one == value));
            has("prefixes", icon.split(':').next().unwrap()) && has("names", icon) && has("kinds", kind)
        };
        let mut followers = [Follower::begin(&servers[0], &filters).await, Follower::begin(&servers[1], &filters).await];
        followers[0].until_heard(&servers[1]).await;
        followers[1].until_heard(&servers[0]).await;
        // Each server records its own, some of it twice, some of it nothing.
        let mut expected: BTreeMap<(String, String), i64> = BTreeMap::new();
        for round in 0..20 {
            for (place, server) in servers.iter().enumerate() {
                let mut events = Vec::new();
                for (icon, kind, times) in [("u:a", "COPY", 1 + place), ("u:a", "RENDER", 2), ("u:b", "VIEW", round % 3), ("v:a", "VIEW", 3), ("v:a", "SEARCH_PICK", 1)] {
                    events.extend(vec![event(icon, kind); times]);
                    let passed = filters.iter().enumerate().filter(|(_, filter)| times > 0 && passes(filter, icon, kind));
                    for (id, _) in passed {
                        *expected.entry((id.to_string(), icon.to_owned())).or_default() += i64::try_from(times).unwrap();
                    }
                }
                events[0]["id"] = json!(format!("018f6f5e-7c1a-7000-8000-{:012x}", round * 2 + place));
                record(server, &events).await;
                let again = json!([events[0], { "icon": "u:none" }]);
                let reply = server.post(&json!({ "query": RECORD, "variables": { "events": again } })).await;
                assert_eq!(reply.data("/recordUsage"), &json!({ "accepted": 0, "duplicates": 1, "rejected": [{ "code": "UNKNOWN_ICON" }] }));
            }
        }
        for server in &servers {
            record(server, &[event("u:done", "VIEW")]).await;
        }
        let expected: Vec<_> = expected.into_iter().map(|((id, icon), count)| (id, icon, count)).collect();
        for follower in &mut followers {
            // Of each server the last comes last, in every subscription that it passes the filter of.
            for id in ["0", "1", "2", "4"] {
                follower.until(id, "u:done", 2).await;
            }
            eventually("those that the end does not pass have read as much", async || {
                follower.read().await;
                follower.sums().len() == expected.len() && follower.sums().iter().zip(&expected).all(|(seen, expected)| seen.2 >= expected.2)
            }).await;
            assert_eq!(follower.sums(), expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_gone_under_the_feed_leaves_what_the_instance_records_itself() {
    let mut redis = OwnRedis::start().await;
    let database = filled(Engine::Sqlite).await;
    let servers = {
        let serve = async || Process::serve_beside_redis(BINARY, database.url(), &redis.url(), &PATIENT).await;
        [serve().await, serve().await]
    };
    let [one, other] = &servers;
    let mut follower = Follower::begin(one, &[json!(null)]).await;
    follower.until_heard(other).await;
    redis.kill();
    for server in &servers {
        eventually("redis is away", async || {
            server.get("/api/health").await.json["redis"] == "down"
        })
        .await;
    }
    record(other, &vec![event("u:b", "VIEW"); 9]).await;
    record(one, &vec![event("u:a", "VIEW"); 7]).await;
    follower.until("0", "u:a", 7).await;
    redis.start_again().await;
    follower.until_heard(other).await;
    record(other, &vec![event("u:c", "VIEW"); 5]).await;
    follower.until("0", "u:c", 5).await;
    // What the other had recorded meanwhile is lost here, and kept where it counts.
    assert_eq!(
        (
            follower.seen("0", "u:a"),
            follower.seen("0", "u:b"),
            follower.seen("0", "u:c")
        ),
        (7, 0, 5)
    );
    assert_eq!(database.number("SELECT COUNT(*) FROM usage_event JOIN usage_name ON usage_name.id = usage_event.icon WHERE name = 'u:b'").await, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_counted_that_nobody_follows() {
    let database = filled(Engine::Sqlite).await;
    let server = Process::serve(BINARY, database.url(), &[]);
    let producers = async || {
        let text = server.get("/metrics").await.text;
        let line = text
            .lines()
            .find(|line| line.starts_with("live_producers{of=\"usage\"}"));
        line.map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
    };
    assert_eq!(producers().await.as_deref(), Some("0"));
    record(&server, &[event("u:a", "VIEW")]).await;
    // What was before is not told.
    for _ in 0..2 {
        let mut follower = Follower::begin(&server, &[json!(null)]).await;
        assert_eq!(producers().await.as_deref(), Some("1"));
        record(&server, &[event("u:b", "VIEW")]).await;
        follower.until("0", "u:b", 1).await;
        assert_eq!((follower.totals["0"], follower.seen("0", "u:a")), (1, 0));
        drop(follower);
        eventually("nobody follows", async || producers().await.as_deref() == Some("0")).await;
    }
}

#[tokio::test]
async fn intervals_and_filters_have_bounds() {
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--batch-max-size=3")
        .start()
        .await;
    let mut socket = Socket::ready(app.base_url()).await;
    let bad = |message: &str| json!({ "code": "BAD_USER_INPUT", "message": message });
    let too_many = json!({ "code": "LIMIT_EXCEEDED", "limit": "maxBatch", "max": 3, "actual": 4 });
    let interval = || bad("`intervalMs` is from 250 to 60000");
    for (id, (every, filter, expected)) in [
        (249, json!(null), Some(interval())),
        (60_001, json!(null), Some(interval())),
        (-1, json!(null), Some(interval())),
        (250, json!({ "prefixes": ["a", "b", "c", "d"] }), Some(too_many.clone())),
        (
            250,
            json!({ "prefixes": ["a"], "names": ["a:b", "c:d"], "kinds": ["COPY"] }),
            Some(too_many),
        ),
        (
            250,
            json!({ "prefixes": ["a"], "names": ["a:b"], "kinds": ["COPY"] }),
            None,
        ),
        (250, json!({ "prefixes": [], "names": [] }), None),
    ]
    .into_iter()
    .enumerate()
    {
        let payload = json!({ "query": FEED, "variables": { "every": every, "filter": filter } });
        socket
            .send(&json!({ "id": id.to_string(), "type": "subscribe", "payload": payload }))
            .await;
        let message = socket.receive().await;
        let payload = &message["payload"];
        let Some(expected) = expected else {
            assert_eq!(
                (&payload["data"]["usageFeed"]["total"], payload.get("errors")),
                (&json!(0), None),
                "{message}"
            );
            socket.complete(&id.to_string()).await;
            socket.settle().await;
            continue;
        };
        let error = &payload["errors"][0];
        for (field, value) in expected.as_object().unwrap() {
            let found = if field == "message" {
                &error[field]
            } else {
                &error["extensions"][field]
            };
            assert_eq!(found, value, "{message}");
        }
        assert_eq!(
            socket.receive().await,
            json!({ "id": id.to_string(), "type": "complete" })
        );
    }
    // The longest is followed too; its first tick comes with its end.
    let payload = json!({ "query": FEED, "variables": { "every": 60_000 } });
    socket
        .send(&json!({ "id": "long", "type": "subscribe", "payload": payload }))
        .await;
    assert_eq!(socket.settle().await, [Value::Null; 0]);
    let payload = json!({ "query": FEED, "variables": { "filter": { "names": ["no name"] } } });
    socket
        .send(&json!({ "id": "name", "type": "subscribe", "payload": payload }))
        .await;
    let message = socket.receive().await;
    assert_eq!(
        (&message["type"], &message["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("BAD_USER_INPUT")),
        "{message}"
    );
}

on_each_engine! {
    async fn the_feed_needs_its_scope_and_ends_with_its_key(engine) {
        let app = TestApp::build(engine).await.flag("--environment=production").start().await;
        let (_, metrics) = app.create_key(&["metrics:read", "usage:write", "admin"]).await;
        let (id, analytics) = app.create_key(&["analytics:read"]).await;
        let open = async |key: &str| {
            let mut socket = Socket::open_with(app.base_url(), &[("authorization", &format!("Bearer {key}"))]).await.unwrap();
            socket.send(&json!({ "type": "connection_init" })).await;
            assert_eq!(socket.receive().await["type"], "connection_ack");
            socket
        };
        for (key, document, scope) in [
            (&metrics, FEED, "analytics:read"),
            (&analytics, "subscription { liveMetrics(scope: FLEET) { subscribers } }", "metrics:read"),
        ] {
            let mut socket = open(key).await;
            socket.subscribe("1", document).await;
            let message = socket.receive().await;
            let extensions = &message["payload"]["errors"][0]["extensions"];
            assert_eq!((&extensions["code"], &extensions["scope"]), (&json!("FORBIDDEN"), &json!(scope)), "{message}");
        }
        let mut socket = open(&analytics).await;
        socket.subscribe("1", FEED).await;
        assert_eq!(socket.receive().await["payload"]["data"]["usageFeed"]["total"], 0);
        // Over a stream of events as well.
        let request = app.request(Method::POST, "/graphql").bearer_auth(&analytics).header("accept", "text/event-stream");
        let mut stream = request.json(&json!({ "query": FEED })).send().await.unwrap();
        let mut chunk = async || String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        let (begun, first) = (chunk().await, chunk().await);
        assert_eq!(begun, ":\n\n");
        assert!(first.contains("\"usageFeed\":{") && first.contains("\"total\":0"), "{first}");
        app.revoke_key(id).await;
        let mut last = String::new();
        while let Some(chunk) = stream.chunk().await.unwrap() {
            last.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        assert!(last.contains("\"UNAUTHENTICATED\"") && last.ends_with("event: complete\ndata:\n\n"), "{last}");
        let mut end = socket.receive_or_close().await;
        while end.is_ok() {
            end = socket.receive_or_close().await;
        }
        assert_eq!(end, Err((4403, "Forbidden".to_owned())));
    }
}
