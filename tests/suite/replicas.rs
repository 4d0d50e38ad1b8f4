//! Analytics from read replicas: which server answers, how far it is behind, and that no client meets what happens to it.

use std::future::Future;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Iconql, OwnPostgres, TestApp, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// A day and an hour of the tests' clock, now among them.
const RANGE: &str = r#"range: { from: "2026-08-31T12:00:00Z", to: "2026-09-01T13:00:00Z" }"#;

/// What an answer says.
#[derive(Debug)]
struct Told {
    lag_ms: Option<f64>,
    figures: Value,
    statements: u32,
}

impl Told {
    fn total(&self) -> u64 {
        self.figures["usageSeries"][0]["total"].as_u64().unwrap()
    }
}

/// Asks for some of everything. It is answered, whoever does it.
async fn ask(app: &TestApp) -> Told {
    let query = format!(
        "{{ analytics {{ replicaLagMs usageSeries({RANGE}, interval: HOUR) {{ total }} topIcons({RANGE}, first: 3) {{ name count }} \
         distribution({RANGE}, dimension: KIND) {{ key count }} users({RANGE}) {{ activeUsers sessions }} }} }}"
    );
    let reply = app.graphql(&query).await;
    let mut figures = reply.data("/analytics").clone();
    let lag_ms = figures.as_object_mut().unwrap().remove("replicaLagMs").unwrap();
    Told {
        lag_ms: lag_ms.as_f64(),
        figures,
        statements: reply.statements(),
    }
}

/// Records and rolls up so many events more.
async fn record(app: &TestApp, count: usize) {
    let events: Vec<Value> = (0..count)
        .map(|session| json!({ "icon": "u:a", "kind": "COPY", "sessionId": format!("session {session}") }))
        .collect();
    let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
    let reply = app.send(request.json(&json!({ "events": events }))).await;
    assert_eq!(reply.json["accepted"], count, "{}", reply.text);
    assert_eq!(app.roll_up().await, count as u64);
}

/// A server that reads from these replicas, over a database with seven events.
async fn start(primary: &OwnPostgres, replicas: &[&OwnPostgres]) -> TestApp {
    let urls: Vec<String> = replicas.iter().map(|replica| replica.url("iconql", "right")).collect();
    let app = TestApp::build_on(&primary.url("iconql", "right")).await;
    let app = app
        .flag(&format!("--database-replica-url={}", urls.join(",")))
        .start()
        .await;
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    app.import_json(&json!({ "prefix": "u", "icons": { "a": body } })).await;
    record(&app, 7).await;
    app
}

/// Does what `scenario` does while clients go on asking, each of whom is answered.
async fn while_asked(app: &TestApp, scenario: impl Future<Output = ()>) {
    let asking = async {
        loop {
            ask(app).await;
        }
    };
    tokio::select! {
        () = scenario => {}
        () = asking => {}
    }
}

async fn eventually_told(app: &TestApp, what: &str, is_so: impl Fn(&Told) -> bool) {
    eventually(what, async || is_so(&ask(app).await)).await;
}

/// A figure of a replica's.
async fn figure(app: &TestApp, name: &str, replica: &OwnPostgres) -> f64 {
    let text = app.get("/metrics").await.text;
    let sample = format!("{name}{{replica=\"{}\"}} ", replica.address());
    let line = text.lines().find_map(|line| line.strip_prefix(&sample));
    line.unwrap_or_else(|| panic!("no {sample}in\n{text}")).parse().unwrap()
}

async fn fallbacks(app: &TestApp) -> u64 {
    let text = app.get("/metrics").await.text;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("db_replica_fallbacks_total "));
    line.unwrap().parse().unwrap()
}

/// What health makes of the replicas, and how each stands.
async fn health(app: &TestApp) -> (String, Vec<String>) {
    let reply = app.get("/api/health/database").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = reply.json["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["component"] == "replicas").unwrap();
    let replicas = reply.json["replicas"].as_array().unwrap();
    let standings = replicas.iter().map(|replica| text(&replica["standing"]));
    (text(&check["status"]), standings.collect())
}

/// Waits for what health is to say: it looks once a second.
async fn eventually_health(app: &TestApp, status: &str, standings: &[&str]) {
    eventually("health says so", async || {
        let (said, stand) = health(app).await;
        said == status && stand == standings
    })
    .await;
}

on_each_engine! {
    async fn without_replicas_there_is_no_lag(engine) {
        let app = TestApp::with_garden(engine).await;
        let reply = app.graphql("{ analytics { replicaLagMs } }").await;
        assert_eq!((reply.data("/analytics/replicaLagMs"), reply.statements()), (&Value::Null, 0));
        assert_eq!(health(&app).await, ("disabled".to_owned(), vec![]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_lags_says_so_and_one_that_caught_up_too() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let app = start(&primary, &[&replica]).await;
    let beside = app.build_beside().start().await;
    let behind = replica.database();
    while_asked(
        &app,
        Box::pin(async {
            eventually_told(&app, "the replica answers what the primary would", |told| {
                told.lag_ms == Some(0.0) && told.total() == 7
            })
            .await;
            assert_eq!(ask(&app).await.figures, ask(&beside).await.figures);
            eventually_health(&app, "up", &["asked"]).await;
            // What nobody asked any database for, it says as well.
            eventually("it says so by itself", async || {
                let reply = app.graphql("{ analytics { replicaLagMs } }").await;
                assert_eq!(reply.statements(), 0);
                *reply.data("/analytics/replicaLagMs") == json!(0.0)
            })
            .await;

            replica.pause().await;
            record(&app, 5).await;
            eventually_told(&app, "it is asked, and says how far it is behind", |told| {
                told.lag_ms.is_some_and(|lag_ms| lag_ms >= 2_000.0) && told.total() == 7
            })
            .await;
            assert!(figure(&app, "db_replica_lag_seconds", &replica).await >= 2.0);
            eventually("health says how far", async || {
                let reply = app.get("/api/health/detailed").await;
                let lag_ms = &reply.json["replicas"][0]["lagMs"];
                lag_ms.as_f64().unwrap() >= 2_000.0 && reply.text.contains(&format!("{} is ", replica.address()))
            })
            .await;
            assert_eq!(ask(&beside).await.total(), 12);
            replica.resume().await;
            eventually_told(&app, "it has caught up", |told| {
                told.lag_ms == Some(0.0) && told.total() == 12
            })
            .await;

            // Cut off, it has replayed all that it ever got.
            let conninfo = behind
                .lines("SELECT current_setting('primary_conninfo')")
                .await
                .remove(0);
            for (setting, is_streaming) in [("", 0), (conninfo.as_str(), 1)] {
                behind
                    .run(&format!(
                        "ALTER SYSTEM SET primary_conninfo = '{}'",
                        setting.replace('\'', "''")
                    ))
                    .await;
                behind.run("SELECT pg_reload_conf()").await;
                eventually("it is connected or is not", async || {
                    behind.number("SELECT count(*) FROM pg_stat_wal_receiver").await == is_streaming
                })
                .await;
                if is_streaming == 0 {
                    record(&app, 3).await;
                    eventually_told(&app, "it is known to be behind", |told| {
                        told.lag_ms.is_some_and(|lag_ms| lag_ms >= 1_000.0) && told.total() == 12
                    })
                    .await;
                }
            }
            eventually_told(&app, "it has caught up again", |told| {
                told.lag_ms == Some(0.0) && told.total() == 15
            })
            .await;
        }),
    )
    .await;
    assert_eq!(ask(&app).await.figures, ask(&beside).await.figures);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_goes_and_comes_back_is_noticed_by_nobody() {
    let primary = OwnPostgres::start().await;
    let (mut one, mut other) = (primary.replica().await, primary.replica().await);
    // Neither is there when the server starts.
    one.stop();
    other.stop();
    let app = start(&primary, &[&one, &other]).await;
    let beside = app.build_beside().start().await;
    let (by_primary, before) = (ask(&beside).await, fallbacks(&app).await);
    while_asked(
        &app,
        Box::pin(async {
            let told = ask(&app).await;
            assert_eq!((told.lag_ms, told.statements), (None, by_primary.statements));
            eventually_health(&app, "down", &["away", "away"]).await;
            other.start_again().await;
            eventually_told(&app, "the one that came is asked", |told| told.lag_ms == Some(0.0)).await;
            eventually_health(&app, "degraded", &["away", "asked"]).await;
            one.start_again().await;
            eventually_health(&app, "up", &["asked", "asked"]).await;
            for end in [OwnPostgres::stop, OwnPostgres::crash] {
                end(&mut one);
                eventually("it is known to be away", async || {
                    figure(&app, "db_replica_up", &one).await == 0.0
                })
                .await;
                for _ in 0..6 {
                    let told = ask(&app).await;
                    assert!(told.lag_ms.is_some(), "the other is there");
                    assert_eq!((told.total(), told.statements), (7, by_primary.statements));
                }
                end(&mut other);
                eventually("none is there", async || {
                    figure(&app, "db_replica_up", &other).await == 0.0
                })
                .await;
                for _ in 0..6 {
                    let told = ask(&app).await;
                    assert_eq!(
                        (told.lag_ms, told.statements),
                        (None, by_primary.statements),
                        "it is asked alone"
                    );
                    assert_eq!(told.figures, by_primary.figures);
                }
                one.start_again().await;
                other.start_again().await;
                eventually_health(&app, "up", &["asked", "asked"]).await;
            }
        }),
    )
    .await;
    assert!(fallbacks(&app).await > before);
    assert_eq!(ask(&app).await.figures, by_primary.figures);
}

/// Whose connections all stand, and say nothing: the request's own deadline would be the end of who waited for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_replica_is_waited_for_once() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let app = start(&primary, &[&replica]).await;
    let beside = app.build_beside().start().await;
    for _ in 0..2 {
        eventually_told(&app, "the replica answers", |told| {
            told.lag_ms == Some(0.0) && told.total() == 7
        })
        .await;
        let by_primary = ask(&beside).await;
        replica.freeze();
        // Those who come before it is known to be silent.
        let together = futures_util::future::join_all((0..20).map(|_| ask(&app))).await;
        for told in together {
            assert_eq!(told.figures, by_primary.figures);
        }
        eventually("it is known to be away", async || {
            figure(&app, "db_replica_up", &replica).await == 0.0
        })
        .await;
        for _ in 0..5 {
            let told = ask(&app).await;
            assert_eq!(
                (told.lag_ms, told.statements),
                (None, by_primary.statements),
                "it is asked no more"
            );
        }
        replica.thaw();
    }
    eventually_told(&app, "it is asked again", |told| told.lag_ms == Some(0.0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_replica_of_the_database_is_not_asked() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let app = start(&primary, &[&replica]).await;
    eventually_told(&app, "the replica answers", |told| told.lag_ms.is_some()).await;
    while_asked(
        &app,
        Box::pin(async {
            replica.database().run("SELECT pg_promote()").await;
            eventually_told(&app, "a server that takes writes is not asked", |told| {
                told.lag_ms.is_none()
            })
            .await;
            eventually("that is shown", async || {
                figure(&app, "db_replica_up", &replica).await == 0.0
            })
            .await;
            eventually_health(&app, "down", &["unfit"]).await;
        }),
    )
    .await;
    // The primary itself, and another database of a replica's.
    let second = primary.replica().await;
    for (url, expected) in [
        (primary.url("iconql", "right"), "it takes writes itself"),
        (
            second.url("postgres", "right"),
            "it has another database than DATABASE_URL names",
        ),
    ] {
        let server = Iconql::new(BINARY, &["serve"])
            .database(&primary.url("iconql", "right"))
            .env("LISTEN", "127.0.0.1:0")
            .env("DATABASE_REPLICA_URL", &url)
            .spawn();
        eventually("it says so", async || {
            server
                .stderr()
                .lines()
                .any(|line| line.contains("this is no read replica of the database") && line.contains(expected))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_servers_did_is_asked_of_a_replica_and_what_indexes_do_of_the_primary() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let app = start(&primary, &[&replica]).await;
    let beside = app.build_beside().start().await;
    let above = primary.database();
    let answer = async || {
        assert_eq!(
            app.graphql("query Known { __typename }").await.data("/__typename"),
            "Query"
        );
        app.write_operations().await;
    };
    // The lag, how many there were, whether the new index is known, and what it took to know.
    let ask = async |app: &TestApp| {
        let query = format!(
            "{{ analytics {{ replicaLagMs latency(operation: \"Known\", {RANGE}, interval: DAY) {{ count }} \
             database({RANGE}) {{ indexes {{ index }} }} }} }}"
        );
        let reply = app.graphql(&query).await;
        let points = reply.data("/analytics/latency").as_array().unwrap();
        let count: u64 = points.iter().map(|point| point["count"].as_u64().unwrap()).sum();
        let indexes = reply.texts("/analytics/database/indexes", "index");
        let lag_ms = reply.data("/analytics/replicaLagMs").as_f64();
        (
            lag_ms,
            count,
            indexes.iter().any(|index| index == "newer"),
            reply.statements(),
        )
    };
    answer().await;
    eventually("the replica answers", async || {
        ask(&app).await == (Some(0.0), 1, false, 2)
    })
    .await;
    replica.pause().await;
    answer().await;
    above.run("CREATE INDEX newer ON operations_figures (bucket)").await;
    assert_eq!(ask(&beside).await, (None, 2, true, 2));
    let (lag_ms, count, is_index_known, statements) = ask(&app).await;
    assert!(lag_ms.is_some());
    assert_eq!((count, is_index_known, statements), (1, true, 2));
    replica.resume().await;
    eventually("it has caught up", async || ask(&app).await == (Some(0.0), 2, true, 2)).await;
}
