//! The checks behind every route of health and `service.health`: one set, cheap, bounded, and told to nobody who may not know.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, Link, OwnRedis, Process, Reply, TestApp, TestDatabase, eventually, on_each_engine};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Those that are for whoever may read figures.
const ROUTES: [&str; 6] = [
    "/api/health/detailed",
    "/api/health/cache",
    "/api/health/database",
    "/api/health/performance",
    "/api/status",
    "/api/performance",
];

const COMPONENTS: [&str; 8] = [
    "database",
    "connections",
    "search",
    "cache",
    "redis",
    "usage",
    "requests",
    "memory",
];

const HEALTH: &str = "{ service { health { component status latencyMs message ageMs since } } }";

/// The checks of an answer that have one of these names.
fn checks<'a>(answer: &'a Value, names: &[&str]) -> Vec<&'a Value> {
    let checks = answer["checks"].as_array().unwrap();
    let is_meant = |check: &&Value| names.contains(&check["component"].as_str().unwrap());
    checks.iter().filter(is_meant).collect()
}

fn instant(text: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(text.as_str().unwrap(), &Rfc3339).unwrap()
}

/// The one check of a name.
fn the_check<'a>(answer: &'a Value, name: &str) -> &'a Value {
    checks(answer, &[name])[0]
}

on_each_engine! {
    async fn one_set_of_checks_is_behind_all(engine) {
        let app = TestApp::build_with_garden(engine).await.cached().start().await;
        let detailed = app.get("/api/health/detailed").await;
        assert_eq!((detailed.status, detailed.header("cache-control")), (200, "no-store"), "{}", detailed.text);
        let names: Vec<&str> = detailed.json["checks"].as_array().unwrap().iter().map(|check| check["component"].as_str().unwrap()).collect();
        assert_eq!(names, COMPONENTS);
        let database = the_check(&detailed.json, "database");
        assert_eq!((&database["status"], &database["message"]), (&json!("up"), &Value::Null));
        assert!(database["latencyMs"].as_f64().unwrap() > 0.0 && database["ageMs"].as_f64().unwrap() < 60_000.0, "{database}");
        assert!(database["since"].as_str().unwrap().starts_with("2026-09-01T12:"), "{database}");
        assert_eq!((&the_check(&detailed.json, "redis")["status"], &detailed.json["generation"]), (&json!("disabled"), &json!(2)));
        assert_eq!(detailed.json["searchGeneration"], 2);

        let told = app.graphql(HEALTH).await;
        assert_eq!(told.statements(), 0, "a request pays for no check");
        assert_eq!(told.texts("/service/health", "component"), COMPONENTS);
        // Some of them move while others are asked: what is compared is what stays.
        for name in ["database", "search", "cache", "redis", "usage"] {
            let own = the_check(&detailed.json, name);
            let other = told.data("/service/health").as_array().unwrap().iter().find(|check| check["component"] == name).unwrap();
            assert_eq!(own["status"].as_str().unwrap().to_uppercase(), other["status"].as_str().unwrap());
            assert_eq!((&own["message"], &own["since"].as_str().unwrap()[..16]), (&other["message"], &other["since"].as_str().unwrap()[..16]));
        }
        for (path, names) in [
            ("/api/health/cache", &["cache", "redis"][..]), ("/api/health/database", &["database", "connections"]), ("/api/health/performance", &["requests", "memory"]),
        ] {
            let reply = app.get(path).await;
            let all = reply.json["checks"].as_array().unwrap();
            assert_eq!((reply.status, checks(&reply.json, names).len(), all.len()), (200, names.len(), names.len()), "{}", reply.text);
        }
        let status = app.get("/api/status").await.json;
        for name in COMPONENTS {
            assert!(status["components"][name].is_string(), "{status}");
        }
        assert_eq!((&status["components"]["database"], &status["environment"], &status["version"]), (&json!("up"), &json!("development"), &json!("0.1.0")));
        assert_eq!(status["instance"], detailed.json["instance"]);
    }

    async fn what_is_told_beside_the_checks_is_what_graphql_tells(engine) {
        let app = TestApp::build_with_garden(engine).await.cached().start().await;
        let told = app.graphql("{ service { caches { layer capacityBytes breaker } pool { max waiting } } }").await;
        let layers = app.get("/api/health/cache").await.json["layers"].clone();
        for (place, layer) in told.data("/service/caches").as_array().unwrap().iter().enumerate() {
            for field in ["layer", "breaker"] {
                assert_eq!(layers[place][field], layer[field].as_str().unwrap().to_lowercase(), "{layers}");
            }
            assert_eq!(layers[place]["capacityBytes"], layer["capacityBytes"]);
        }
        // The server's own work may have to wait at this moment.
        eventually("nothing waits", async || app.get("/api/health/database").await.json["pool"]["waiting"] == 0).await;
        let database = app.get("/api/health/database").await.json;
        assert_eq!(&database["pool"]["max"], told.data("/service/pool/max"));
        let expected = match engine { Engine::Sqlite => "sqlite", Engine::Postgres => "postgresql" };
        assert_eq!(database["engine"], expected);
        let performance = app.get("/api/performance").await.json;
        for field in ["requests", "requestsPerSecond", "errorRate", "p50Ms", "p95Ms", "p99Ms", "inFlight", "subscribers", "cpuShare", "residentBytes"] {
            assert!(performance[field].is_number(), "{field} of {performance}");
        }
        assert_eq!((&performance["windowSeconds"], performance["caches"].as_array().map(Vec::len)), (&json!(60), layers.as_array().map(Vec::len)));
    }

    async fn nothing_is_told_to_strangers(engine) {
        let closed = TestApp::build(engine).await.flag("--environment=production").start().await;
        let (_, admin) = closed.create_key(&["admin", "analytics:read", "usage:write"]).await;
        let (_, metrics) = closed.create_key(&["metrics:read"]).await;
        let open = TestApp::start(engine).await;
        for path in ROUTES {
            let from_afar = open.request(Method::GET, path).header("x-forwarded-for", "192.0.2.7");
            for refused in [
                closed.get(path).await,
                closed.send(closed.request(Method::GET, path).bearer_auth(&admin)).await,
                open.send(from_afar).await,
            ] {
                assert_eq!((refused.status, refused.codes()), (403, vec!["FORBIDDEN"]), "{path}: {}", refused.text);
                assert_eq!(refused.errors()[0]["extensions"]["scope"], "metrics:read");
                assert!(!refused.text.contains("database") && !refused.text.contains("version"), "{}", refused.text);
            }
            let unknown = closed.send(closed.request(Method::GET, path).bearer_auth("iconql_nothing")).await;
            assert_eq!((unknown.status, unknown.codes()), (401, vec!["UNAUTHENTICATED"]), "{path}");
            let told = closed.send(closed.request(Method::GET, path).bearer_auth(&metrics)).await;
            assert_eq!(told.status, 200, "{path}: {}", told.text);
            assert_eq!(closed.send(closed.request(Method::POST, path)).await.status, 405, "{path}");
        }
        assert_eq!(closed.graphql(HEALTH).await.codes(), ["FORBIDDEN"]);
        assert!(closed.graphql_as(&metrics, HEALTH).await.errors().is_empty());
        // Whoever balances load has no key.
        for path in ["/api/health", "/api/health/live", "/api/health/ready"] {
            let reply = closed.get(path).await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            assert!(!reply.text.contains("message"), "{path}: {}", reply.text);
        }
    }

    async fn what_is_switched_off_is_disabled(engine) {
        // How requests do is the process's, and other tests' requests are slow and fail.
        let forgiving = ["--slo-latency-p95-ms=60000", "--slo-latency-p99-ms=60000", "--slo-error-rate=0.999"];
        let mut app = TestApp::build_with_garden(engine).await.flag("--cache-enabled=false");
        for flag in forgiving {
            app = app.flag(flag);
        }
        let app = app.start().await;
        let detailed = app.get("/api/health/detailed").await.json;
        assert_eq!((&detailed["status"], &the_check(&detailed, "cache")["status"]), (&json!("up"), &json!("disabled")));
    }
}

/// How often a server has asked for the generation.
async fn looks(server: &Process) -> u64 {
    let metrics = server.get("/metrics").await.text;
    let line = r#"db_query_duration_seconds_count{query_type="generation"} "#;
    let count = metrics.lines().find_map(|found| found.strip_prefix(line));
    count.map_or(0, |count| count.parse().unwrap())
}

/// Figures are a process's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_ask_one_asks_the_database() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let server = Process::serve(BINARY, database.url(), &[]);
    let (before, started) = (looks(&server).await, Instant::now());
    let paths = [
        "/api/health/detailed",
        "/api/health",
        "/api/health/ready",
        "/api/status",
        "/api/health/database",
    ];
    for _ in 0..10 {
        let replies = join_all(paths.iter().cycle().take(50).map(|path| server.get(path))).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    }
    let looks = looks(&server).await - before;
    // The first, and one more for each second that has passed.
    assert!(looks <= started.elapsed().as_secs() + 2, "{looks} for 500 requests");
    assert!(looks > 0);
}

/// A database that takes statements and says nothing, as one that was stopped: whoever asks is told so, and since when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_nothing_is_told_of() {
    let database = TestDatabase::fresh(Engine::Postgres).await;
    let (link, url) = Link::to_database(&database).await;
    // Nothing that waits for it would come back within this test.
    let flags = [
        "--query-timeout-ms=600000",
        "--request-timeout-ms=600000",
        "--db-acquire-timeout-ms=600000",
    ];
    let server = Process::serve(BINARY, &url, &flags);
    let up = server.get("/api/health/detailed").await;
    assert_eq!(
        (up.status, &the_check(&up.json, "database")["status"]),
        (200, &json!("up")),
        "{}",
        up.text
    );
    link.hold("");
    let told = async |path: &str| -> Reply {
        let told = tokio::time::timeout(Duration::from_mins(1), server.get(path)).await;
        told.unwrap_or_else(|_| panic!("{path} waits for the database"))
    };
    let mut first = Value::Null;
    eventually("it is found out", async || {
        let reply = told("/api/health/detailed").await;
        first = the_check(&reply.json, "database").clone();
        reply.status == 503
    })
    .await;
    let message = first["message"].as_str().unwrap();
    assert!(message.starts_with("it has not answered for "), "{first}");
    assert_eq!((&first["status"], &first["latencyMs"]), (&json!("down"), &Value::Null));
    for path in ["/api/health/database", "/api/health/detailed"] {
        let again = told(path).await;
        let database = the_check(&again.json, "database");
        assert_eq!(
            (again.status, database["status"].as_str()),
            (503, Some("down")),
            "{}",
            again.text
        );
        // As near as two clocks tell.
        let apart = (instant(&database["since"]) - instant(&first["since"])).whole_milliseconds();
        assert!(apart.abs() < 100, "{database} and {first}");
        assert_eq!(again.json["generation"], 0, "what it told before is known still");
    }
    assert_eq!(told("/api/status").await.json["components"]["database"], "down");
    for (path, status) in [
        ("/api/health", 503),
        ("/api/health/ready", 503),
        ("/api/health/live", 200),
        ("/api/health/cache", 200),
    ] {
        assert_eq!(told(path).await.status, status, "{path}");
    }
    link.release();
    eventually("it is up again", async || {
        told("/api/health/detailed").await.status == 200
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_gone_degrades_and_no_more() {
    let mut redis = OwnRedis::start().await;
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let server = Process::serve_beside_redis(BINARY, database.url(), &redis.url(), &[]).await;
    eventually("it is up", async || {
        the_check(&server.get("/api/health/cache").await.json, "redis")["status"] == "up"
    })
    .await;
    redis.kill();
    eventually("it is told", async || {
        let cache = server.get("/api/health/cache").await;
        // Whoever asks has the circuit find out.
        server
            .post(&json!({ "query": "{ icon(by: { name: \"s:a\" }) { name } }" }))
            .await;
        cache.status == 200 && cache.json["status"] == "degraded" && the_check(&cache.json, "redis")["status"] == "down"
    })
    .await;
    let detailed = server.get("/api/health/detailed").await;
    assert_eq!(
        (detailed.status, &detailed.json["status"]),
        (200, &json!("degraded")),
        "{}",
        detailed.text
    );
    assert_eq!(server.get("/api/health/ready").await.status, 200);
}
