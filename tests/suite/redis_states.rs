//! A Redis that goes from one bad state to the next while instances serve: no answer is wrong or missing, and what is in memory
//! costs nothing.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tests::{Engine, OwnRedis, Process, Reply, TestApp, TestDatabase, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const ICONS: &str =
    "query($names: [String!]!) { icons(names: $names) { ... on Icon { name body } ... on IconNotFound { name } } }";

/// More than are asked for while the tests last, so that there is always something that nobody has read.
const PINS: usize = 6000;

/// Requests that each connection completes in each state, and after it.
const ROUNDS: usize = 8;

fn name(number: usize) -> String {
    format!("s:pin-{number}")
}

fn body(number: usize) -> String {
    format!("<path d=\"M{number} 1\"/>")
}

async fn pins() -> TestDatabase {
    let icons: Map<String, Value> = (0..PINS)
        .map(|number| (format!("pin-{number}"), json!({ "body": body(number) })))
        .collect();
    TestDatabase::with_set(Engine::Sqlite, &json!({ "prefix": "s", "icons": icons })).await
}

/// Two instances over one Redis, and what every connection to them has asked so far.
struct Fleet {
    /// Keeps what it has read.
    lasting: Process,
    /// Asks Redis for everything, whatever it was asked before.
    forgetful: Process,
    next: AtomicUsize,
    rounds: [AtomicUsize; 6],
}

impl Fleet {
    async fn start(redis: &OwnRedis, database: &TestDatabase) -> Self {
        let url = format!("--redis-url={}", redis.url());
        let serve = |flags: &[&str]| {
            let flags = [&[url.as_str(), "--response-cache-enabled=false"], flags].concat();
            Process::serve(BINARY, database.url(), &flags)
        };
        let fleet = Self {
            lasting: serve(&[]),
            forgetful: serve(&["--cache-memory-bytes=0", "--performance-optimization-enabled=false"]),
            next: AtomicUsize::new(10),
            rounds: Default::default(),
        };
        fleet.are("up", "up").await;
        // What is in memory from now on.
        fleet.ask(&fleet.lasting, 0..10).await;
        fleet
    }

    /// Waits until health says so of both.
    async fn are(&self, status: &str, redis: &str) {
        for server in [&self.lasting, &self.forgetful] {
            eventually(&format!("health is {status}, and redis {redis}"), async || {
                let health = server.get("/api/health").await;
                assert_eq!(health.status, 200, "{}", health.text);
                health.json["status"] == status && health.json["redis"] == redis
            })
            .await;
        }
    }

    /// An answer, which has to be what the database has.
    async fn ask(&self, server: &Process, numbers: std::ops::Range<usize>) -> Reply {
        let names: Vec<String> = numbers.clone().map(name).chain(["s:nothing".to_owned()]).collect();
        let reply = server
            .post(&json!({ "query": ICONS, "variables": { "names": names } }))
            .await;
        let expected: Vec<Value> = numbers
            .map(|number| json!({ "name": name(number), "body": body(number) }))
            .chain([json!({ "name": "s:nothing" })])
            .collect();
        assert_eq!((reply.status, reply.data("/icons")), (200, &json!(expected)));
        reply
    }

    /// Asks again and again over one connection.
    async fn keep_asking(&self, connection: usize) {
        loop {
            match connection % 3 {
                0 => {
                    // Names that nothing has are kept for seconds only, so that one of the names may have to be read again.
                    let reply = self.ask_for_what_is_there(0..10).await;
                    assert_eq!(reply.statements(), 0, "what is in memory costs nothing");
                }
                1 => {
                    let first = self.next.fetch_add(3, Ordering::Relaxed) % (PINS - 3);
                    let reply = self.ask(&self.lasting, first..first + 3).await;
                    assert!(reply.statements() <= 1, "{}", reply.statements());
                }
                _ => {
                    let reply = self.ask(&self.forgetful, 0..10).await;
                    assert!(reply.statements() <= 1, "{}", reply.statements());
                }
            }
            self.rounds[connection].fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn ask_for_what_is_there(&self, numbers: std::ops::Range<usize>) -> Reply {
        let names: Vec<String> = numbers.clone().map(name).collect();
        let reply = self
            .lasting
            .post(&json!({ "query": ICONS, "variables": { "names": names } }))
            .await;
        let bodies: Vec<String> = numbers.map(body).collect();
        assert_eq!(reply.texts("/icons", "body"), bodies);
        reply
    }

    /// Until each connection has had some more answers.
    async fn go_on(&self) {
        let rounds = || self.rounds.each_ref().map(|rounds| rounds.load(Ordering::Relaxed));
        let before = rounds();
        eventually("everybody goes on", async || {
            rounds().iter().zip(before).all(|(now, before)| *now >= before + ROUNDS)
        })
        .await;
    }

    /// Runs `scenario` while six connections ask.
    async fn serve_during(&self, scenario: impl Future<Output = ()>) {
        tokio::select! {
            _ = join_all((0..6).map(|connection| self.keep_asking(connection))) => {}
            () = scenario => {}
        }
    }
}

/// Takes connections at `address`, and answers whatever it is told with `answer`; where there is none, with nothing.
async fn impostor(address: SocketAddr, answer: Option<&'static [u8]>) -> JoinHandle<()> {
    let mut listener = None;
    // The Redis that was there has only just gone.
    eventually("the port is free", async || {
        listener = TcpListener::bind(address).await.ok();
        listener.is_some()
    })
    .await;
    let listener = listener.expect("it was bound");
    tokio::spawn(async move {
        // They end with the impostor.
        let mut connections = JoinSet::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            connections.spawn(async move {
                let mut told = [0; 4096];
                while let Ok(1..) = connection.read(&mut told).await {
                    if let Some(answer) = answer {
                        let _ = connection.write_all(answer).await;
                    }
                }
            });
        }
    })
}

/// What Redis cannot be asked in, and the way out of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_away_is_done_without_and_found_again() {
    let mut redis = OwnRedis::start().await;
    let database = pins().await;
    let fleet = Fleet::start(&redis, &database).await;
    fleet
        .serve_during(async {
            for state in ["killed", "held still", "garbage", "a protocol error", "silent"] {
                let mut impostor_at = None;
                match state {
                    "held still" => redis.signal("STOP"),
                    _ => redis.kill(),
                }
                match state {
                    "garbage" => impostor_at = Some(impostor(redis.address(), Some(b"\x00\xff\x16 what?\n\n")).await),
                    "a protocol error" => {
                        impostor_at = Some(impostor(redis.address(), Some(b"*-7\r\n$-9\r\n:x\r\n")).await);
                    }
                    "silent" => impostor_at = Some(impostor(redis.address(), None).await),
                    _ => {}
                }
                fleet.are("degraded", "down").await;
                fleet.go_on().await;
                if let Some(impostor) = impostor_at {
                    impostor.abort();
                    let _ = impostor.await;
                }
                match state {
                    "held still" => redis.signal("CONT"),
                    _ => redis.start_again().await,
                }
                fleet.are("up", "up").await;
                fleet.go_on().await;
            }
        })
        .await;
}

/// What Redis goes on answering in: it is full, it has forgotten everything, it is another one on the same port, and nobody is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_full_or_empty_is_used_as_far_as_it_goes() {
    let mut redis = OwnRedis::start().await;
    let database = pins().await;
    let fleet = Fleet::start(&redis, &database).await;
    let in_redis = async |redis: &OwnRedis| {
        eventually("it is in redis again", async || {
            redis.command(&["KEYS", "iconql:v1:*:1"]).lines().count() >= 10
        })
        .await;
    };
    fleet
        .serve_during(async {
            in_redis(&redis).await;
            // Nothing can be written any more, and nothing is there.
            redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
            redis.command(&["FLUSHALL"]);
            fleet.go_on().await;
            fleet.are("up", "up").await;
            assert_eq!(redis.command(&["DBSIZE"]).trim(), "0");
            redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
            in_redis(&redis).await;
            fleet.go_on().await;
            // Empty, on the same port, before anybody could notice or after.
            redis.kill();
            redis.start_again().await;
            fleet.are("up", "up").await;
            in_redis(&redis).await;
            fleet.go_on().await;
            // The channel alone.
            for _ in 0..3 {
                redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
                fleet.go_on().await;
                fleet.are("up", "up").await;
            }
            eventually("both listen again", async || redis.listeners() == 2).await;
        })
        .await;
}

/// A lease that cannot be given is nobody else's either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_is_asked_once_for_each_miss() {
    let redis = OwnRedis::start().await;
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag(&format!("--redis-url={}", redis.url()))
        .flag("--redis-timeout-ms=1000")
        .cached()
        .start()
        .await;
    eventually("redis is up", async || {
        app.get("/api/health").await.json["redis"] == "up"
    })
    .await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    redis.command(&["CONFIG", "RESETSTAT"]);
    for name in ["garden:tree", "garden:flower", "garden:nothing"] {
        let reply = app
            .graphql(&format!("{{ icon(by: {{ name: \"{name}\" }}) {{ body }} }}"))
            .await;
        assert_eq!(reply.statements(), 1, "{}", reply.text);
    }
    let said = redis.command(&["INFO", "commandstats"]);
    assert!(said.contains("cmdstat_mget:calls=3,"), "{said}");
}
