//! `liveMetrics` of a fleet: several instances, and the Redis that they share.

use std::cell::Cell;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, OwnRedis, Process, Socket, TestApp, TestDatabase, eventually, fixture};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Of a busy machine, Redis is slow to be asked.
const PATIENT: &str = "--redis-timeout-ms=5000";

const METRICS: &str = "subscription($every: Int! = 60000, $scope: MetricsScope!) { liveMetrics(intervalMs: $every, scope: $scope) {
    instance requestsPerSecond usageEventsPerSecond errorRate p50Ms p95Ms p99Ms inFlight subscribers cpuShare residentBytes
    pool { max open } caches { layer hits misses breaker } } }";

/// Two instances of three and of four connections, over one database and one Redis.
struct Two {
    redis: OwnRedis,
    database: TestDatabase,
    servers: [Process; 2],
}

impl Two {
    async fn start() -> Self {
        let redis = OwnRedis::start().await;
        let set: Value = serde_json::from_str(&std::fs::read_to_string(fixture("garden.json")).unwrap()).unwrap();
        let database = TestDatabase::with_set(Engine::Sqlite, &set).await;
        let serve = async |size: &str| {
            Process::serve_beside_redis(BINARY, database.url(), &redis.url(), &[PATIENT, size]).await
        };
        let servers = [serve("--db-pool-size=3").await, serve("--db-pool-size=4").await];
        Self {
            redis,
            database,
            servers,
        }
    }
}

/// Somebody who asks for snapshots, one subscription after the other.
struct Watcher {
    socket: Socket,
    asked: Cell<u32>,
}

impl Watcher {
    async fn of(server: &Process) -> Self {
        Self {
            socket: Socket::ready(server.base_url()).await,
            asked: Cell::default(),
        }
    }

    /// Follows every `every_ms`; the subscription's id.
    async fn follow(&mut self, every_ms: u32, scope: &str) -> String {
        let id = self.asked.replace(self.asked.get() + 1).to_string();
        let payload = json!({ "query": METRICS, "variables": { "every": every_ms, "scope": scope } });
        self.socket
            .send(&json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
        id
    }

    /// The next snapshot of the one subscription there is.
    async fn next(&mut self) -> Value {
        let message = self.socket.receive().await;
        assert_eq!(
            (&message["type"], message["payload"].get("errors")),
            (&json!("next"), None),
            "{message}"
        );
        message["payload"]["data"]["liveMetrics"].clone()
    }

    /// The first snapshot of a new subscription, which ends then.
    async fn look(&mut self, scope: &str) -> Value {
        let id = self.follow(60_000, scope).await;
        let seen = self.next().await;
        self.socket.complete(&id).await;
        self.socket.settle().await;
        seen
    }

    /// Looks until the pool of all instances has so many connections.
    async fn until_pool_is(&mut self, max: u64) {
        eventually(&format!("the fleet has {max} connections"), async || {
            self.look("FLEET").await["pool"]["max"] == max
        })
        .await;
    }
}

/// What `/metrics` of a server has in the lines that begin with `name` and have `label` in them, summed up.
async fn counted(server: &Process, name: &str, label: &str) -> u64 {
    let text = server.get("/metrics").await.text;
    sum(&text, name, label)
}

fn sum(text: &str, name: &str, label: &str) -> u64 {
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let lines = text.lines().filter(of_name).filter(|line| line.contains(label));
    lines
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum()
}

fn number(snapshot: &Value, field: &str) -> f64 {
    snapshot[field]
        .as_f64()
        .unwrap_or_else(|| panic!("{field} of {snapshot}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_is_the_sum_of_what_its_instances_say_to_prometheus() {
    let two = Two::start().await;
    let [one, other] = &two.servers;
    let mut watcher = Watcher::of(one).await;
    let mut beside = Watcher::of(other).await;
    for _ in 0..3 {
        beside.follow(60_000, "INSTANCE").await;
        beside.next().await;
    }
    let icons = json!({ "query": "{ icons(names: [\"garden:tree\", \"garden:rose\", \"garden:none\"]) { ... on Icon { body } } }" });
    let usage = json!({ "query": "mutation { recordUsage(input: { events: [{ icon: \"garden:tree\" }, { icon: \"garden:rose\" }] }) { accepted } }" });
    for (server, rounds) in [(one, 7), (other, 30)] {
        for _ in 0..rounds {
            assert!(server.post(&icons).await.errors().is_empty());
            assert_eq!(server.post(&usage).await.data("/recordUsage/accepted"), 2);
        }
    }
    // What health says without its table is an error of the server's.
    two.database.open().await.run("DROP TABLE catalog_state").await.unwrap();
    for (server, failures) in [(one, 2), (other, 5)] {
        // It asks its database once a second.
        eventually("the table is missed", async || {
            server.get("/api/health").await.status == 503
        })
        .await;
        for _ in 1..failures {
            assert_eq!(server.get("/api/health").await.status, 503);
        }
    }
    let texts = [one.get("/metrics").await.text, other.get("/metrics").await.text];
    let of_both = |name: &str, label: &str| texts.iter().map(|text| sum(text, name, label)).sum::<u64>();
    let failed = of_both("http_requests_total", "status=\"5");
    assert_eq!((failed, of_both("subscriptions_active", "")), (7, 3));
    let [hits, misses] = ["hit", "miss"].map(|status| {
        of_both(
            "cache_operations_total",
            &format!("layer=\"memory\",operation=\"get\",status=\"{status}\""),
        )
    });
    assert!(hits >= 30 && misses >= 2, "{hits} {misses}");
    let expected = json!({ "pool": 7, "subscribers": 4, "hits": hits, "misses": misses });
    let mut last = Value::Null;
    eventually(&format!("the fleet is the sum of both: {expected}"), async || {
        let seen = watcher.look("FLEET").await;
        assert_eq!(seen["instance"], Value::Null);
        let memory = seen["caches"]
            .as_array()
            .unwrap()
            .iter()
            .find(|layer| layer["layer"] == "MEMORY")
            .unwrap();
        let now = json!({ "pool": seen["pool"]["max"], "subscribers": seen["subscribers"], "hits": memory["hits"], "misses": memory["misses"] });
        if now != last {
            println!("the fleet says {now}");
            last.clone_from(&now);
        }
        now == expected
    })
    .await;
    // Figures of the last minute are not taken at the same moment: the longer it is, the less that matters.
    eventually(
        "rates and bytes are the sum of both, and times lie between",
        async || {
            // Some of the last minute's requests always fail, however long this takes.
            for server in [one, other] {
                assert_eq!(server.get("/api/health").await.status, 503);
            }
            let (fleet, own, others) = (
                watcher.look("FLEET").await,
                watcher.look("INSTANCE").await,
                beside.look_beside().await,
            );
            assert!(own["instance"].is_string() && own["instance"] != others["instance"]);
            let is_sum = |field: &str| {
                let ratio = number(&fleet, field) / (number(&own, field) + number(&others, field));
                (0.9..1.1).contains(&ratio)
            };
            let is_between = |field: &str| {
                let of_each = [number(&own, field), number(&others, field)];
                let (low, high) = (of_each[0].min(of_each[1]), of_each[0].max(of_each[1]));
                (low * 0.98..=high * 1.02).contains(&number(&fleet, field))
            };
            ["requestsPerSecond", "usageEventsPerSecond", "residentBytes"]
                .into_iter()
                .all(is_sum)
                && ["errorRate", "p50Ms", "p99Ms"].into_iter().all(is_between)
                && number(&fleet, "errorRate") > 0.0
        },
    )
    .await;
}

impl Watcher {
    /// As [`Self::look`], where other subscriptions go on.
    async fn look_beside(&mut self) -> Value {
        let id = self.follow(60_000, "INSTANCE").await;
        loop {
            let message = self.socket.receive().await;
            if message["id"] == id {
                return message["payload"]["data"]["liveMetrics"].clone();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_died_drops_out() {
    let two = Two::start().await;
    let Two {
        servers: [one, other],
        redis: _redis,
        database: _database,
    } = two;
    let mut watcher = Watcher::of(&one).await;
    watcher.until_pool_is(7).await;
    // Its end tells nobody.
    drop(other);
    watcher.follow(1000, "FLEET").await;
    eventually("it is gone", async || watcher.next().await["pool"]["max"] == 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_gone_under_fleet_metrics_leaves_the_instance_alone_until_it_is_back() {
    let mut two = Two::start().await;
    let [one, other] = &two.servers;
    let (mut here, mut there) = (Watcher::of(one).await, Watcher::of(other).await);
    for watcher in [&mut here, &mut there] {
        watcher.follow(250, "FLEET").await;
    }
    for state in ["killed", "held still"] {
        for watcher in [&mut here, &mut there] {
            eventually("the fleet is whole", async || watcher.next().await["pool"]["max"] == 7).await;
        }
        match state {
            "killed" => two.redis.kill(),
            _ => two.redis.signal("STOP"),
        }
        for (watcher, own) in [(&mut here, 3), (&mut there, 4)] {
            eventually("each is alone", async || watcher.next().await["pool"]["max"] == own).await;
        }
        // Who comes now is told of the instance alone, and of no error.
        let mut late = Watcher::of(one).await;
        eventually("it is known that redis is away", async || {
            one.get("/api/health").await.json["redis"] == "down"
        })
        .await;
        assert_eq!(late.look("FLEET").await["pool"]["max"], 3, "{state}");
        match state {
            "killed" => two.redis.start_again().await,
            _ => two.redis.signal("CONT"),
        }
    }
    for watcher in [&mut here, &mut there] {
        eventually("the fleet is whole again", async || {
            watcher.next().await["pool"]["max"] == 7
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_told_that_nobody_follows() {
    let two = Two::start().await;
    let [one, other] = &two.servers;
    let told = || two.redis.command(&["KEYS", "iconql:v1:*:live:*"]);
    let heard = || two.redis.command(&["PUBSUB", "CHANNELS", "iconql:v1:*:live:*"]);
    let producers = async |server: &Process| counted(server, "live_producers", "of=\"fleet\"").await;
    assert_eq!((told().trim(), heard().trim()), ("", ""));
    let mut watcher = Watcher::of(one).await;
    let id = watcher.follow(250, "FLEET").await;
    eventually("both are seen", async || watcher.next().await["pool"]["max"] == 7).await;
    // The other tells, and gathers nothing.
    assert_eq!((producers(one).await, producers(other).await), (1, 0));
    assert!(told().contains(":live:vitals:1:wanted:5"), "{}", told());
    assert_eq!(heard().lines().count(), 1, "{}", heard());
    watcher.socket.complete(&id).await;
    eventually("nothing is left", async || {
        producers(one).await == 0 && told().trim().is_empty() && heard().trim().is_empty()
    })
    .await;
}

#[tokio::test]
async fn without_redis_the_fleet_is_the_instance() {
    let app = TestApp::build(Engine::Sqlite)
        .await
        .flag("--db-pool-size=3")
        .start()
        .await;
    let mut watcher = Watcher {
        socket: Socket::ready(app.base_url()).await,
        asked: Cell::default(),
    };
    let (fleet, own) = (watcher.look("FLEET").await, watcher.look("INSTANCE").await);
    assert_eq!(
        (&fleet["instance"], &fleet["pool"]["max"], &own["pool"]["max"]),
        (&Value::Null, &json!(3), &json!(3))
    );
    let layers = |snapshot: &Value| -> Vec<Value> {
        let layers = snapshot["caches"].as_array().unwrap().iter();
        layers.map(|layer| json!([layer["layer"], layer["breaker"]])).collect()
    };
    assert_eq!(layers(&fleet), layers(&own));
    // As over sockets, so over streams of events.
    let request = app
        .request(Method::POST, "/graphql")
        .header("accept", "text/event-stream");
    let body = json!({ "query": METRICS, "variables": { "scope": "FLEET" } });
    let mut response = request.json(&body).send().await.unwrap();
    let chunk = response.chunk().await.unwrap().unwrap();
    assert_eq!(&chunk[..], b":\n\n", "so that it is known to have begun");
    let first = String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(
        first.starts_with("event: next\ndata: {\"data\":{\"liveMetrics\":{\"instance\":null,"),
        "{first}"
    );
}

/// Every kind of figures, followed over as many sockets as there may be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sockets_that_are_gone_at_once_leave_nothing_behind() {
    const SOCKETS: u64 = 1000;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        rustix::process::Rlimit {
            current: limit.maximum,
            ..limit
        }
    })
    .unwrap();
    let redis = OwnRedis::start().await;
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let flags = [
        PATIENT,
        "--websocket-max-connections-per-client=1000",
        "--max-connections-per-client=2000",
    ];
    let server = Process::serve_beside_redis(BINARY, database.url(), &redis.url(), &flags).await;
    let documents = [
        "subscription { liveMetrics(intervalMs: 60000) { subscribers } }",
        "subscription { liveMetrics(intervalMs: 60000, scope: FLEET) { subscribers } }",
        "subscription { usageFeed(intervalMs: 60000) { total } }",
    ];
    let mut sockets = Vec::new();
    for document in documents.iter().cycle().take(usize::try_from(SOCKETS).unwrap()) {
        let mut socket = Socket::ready(server.base_url()).await;
        socket.subscribe("1", document).await;
        sockets.push(socket);
    }
    let figures = async || {
        let text = server.get("/metrics").await.text;
        [
            ("subscriptions_active", ""),
            ("websocket_connections", ""),
            ("live_producers", "\"fleet\""),
            ("live_producers", "\"usage\""),
        ]
        .map(|(name, label)| sum(&text, name, label))
    };
    eventually("all of them are followed", async || {
        figures().await == [SOCKETS, SOCKETS, 1, 1]
    })
    .await;
    drop(sockets);
    eventually("nothing is left", async || figures().await == [0, 0, 0, 0]).await;
}
