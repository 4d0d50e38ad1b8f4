//! Each alert is provoked by its cause, and goes away with it. Figures are a process's, so each test has one of its own.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Engine, Process, Reply, Socket, TestDatabase, eventually, fixture, on_each_engine};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Something fires at the second look that finds it wrong, and is resolved soon.
const QUICK: [&str; 4] = [
    "--alert-interval-ms=100",
    "--alert-fire-after-ms=100",
    "--alert-resolve-after-ms=300",
    "--alert-window-seconds=2",
];

const ALERT: &str = "id rule severity state value threshold message since acknowledged instance resolvedAt";

/// Serves the garden.
pub(crate) async fn serve(database: &TestDatabase, flags: &[&str]) -> Process {
    let import = tests::Iconql::new(BINARY, &["import"]).arg(fixture("garden.json"));
    let _ = import.database(database.url()).run().await.succeeded();
    Process::serve(BINARY, database.url(), &[&QUICK[..], flags].concat())
}

/// Whoever follows the alerts of a server, by which no request is made.
pub(crate) struct Following(Socket);

impl Following {
    pub(crate) async fn of(server: &Process) -> Self {
        let mut socket = Socket::ready(server.base_url()).await;
        socket
            .subscribe("a", &format!("subscription {{ alerts {{ {ALERT} }} }}"))
            .await;
        socket.settle().await;
        Self(socket)
    }

    /// The next alert of a rule that has this state; others may come before.
    pub(crate) async fn next(&mut self, rule: &str, state: &str) -> Value {
        loop {
            let message = self.0.receive().await;
            let alert = &message["payload"]["data"]["alerts"];
            assert!(alert.is_object(), "{message}");
            if alert["rule"] == rule {
                assert_eq!(alert["state"], state, "{alert}");
                return alert.clone();
            }
        }
    }

    /// An alert that fires and, once `mended` has been waited for, is resolved: one, and the same.
    async fn fires_and_is_resolved(&mut self, rule: &str, mended: impl Future<Output = ()>) -> Value {
        let fired = self.next(rule, "FIRING").await;
        assert_eq!(fired["resolvedAt"], Value::Null);
        mended.await;
        let resolved = self.next(rule, "RESOLVED").await;
        for field in ["id", "since", "threshold", "message", "severity"] {
            assert_eq!(fired[field], resolved[field], "{resolved}");
        }
        assert!(
            resolved["resolvedAt"].as_str() >= resolved["since"].as_str(),
            "{resolved}"
        );
        fired
    }
}

async fn get(server: &Process, path: &str, times: usize) -> Vec<Reply> {
    let mut replies = Vec::new();
    while replies.len() < times {
        let some = (times - replies.len()).min(50);
        replies.extend(join_all((0..some).map(|_| server.get(path))).await);
    }
    replies
}

/// A value of `/metrics`, by the line's beginning.
pub(crate) async fn figure(server: &Process, line: &str) -> f64 {
    let metrics = server.get("/metrics").await.text;
    let found = metrics
        .lines()
        .find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0.0, |value| value.parse().unwrap())
}

pub(crate) fn number(alert: &Value, field: &str) -> f64 {
    alert[field].as_f64().unwrap_or_else(|| panic!("{field} of {alert}"))
}

/// Rows of a rule, and those of them that are active.
pub(crate) async fn rows(database: &TestDatabase, rule: &str) -> [i64; 2] {
    let sql = format!("SELECT COUNT(*), COUNT(*) - COALESCE(SUM(state), 0) FROM alert WHERE rule = '{rule}'");
    database.numbers::<2>(&sql).await[0]
}

/// What is told is stored then.
pub(crate) async fn until_rows_are(database: &TestDatabase, rule: &str, expected: [i64; 2]) {
    eventually(&format!("{expected:?} of {rule}"), async || {
        rows(database, rule).await == expected
    })
    .await;
}

/// Has requests wait for the database until they are let go: readers on PostgreSQL, writers on SQLite.
async fn hold(database: &TestDatabase) -> tests::Held {
    match database.engine() {
        Engine::Postgres => database.hold_table("icon").await,
        Engine::Sqlite => database.hold_write_lock().await,
    }
}

/// A request that [`hold`] keeps waiting.
fn waiting(engine: Engine) -> Value {
    json!({ "query": match engine {
        Engine::Postgres => r#"{ icon(by: { name: "garden:tree" }) { body } }"#,
        Engine::Sqlite => "mutation { setSwitch(input: { switch: COMPRESSION, on: true }) { userErrors { code } } }",
    } })
}

pub(crate) const PATIENT: [&str; 6] = [
    "--query-timeout-ms=600000",
    "--request-timeout-ms=600000",
    "--db-acquire-timeout-ms=600000",
    "--cache-enabled=false",
    "--max-concurrent-requests=1000",
    // No other rule has a say.
    "--slo-error-rate=0.5",
];

on_each_engine! {
    async fn requests_that_fail(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = serve(&database, &["--cache-enabled=false"]).await;
        let mut following = Following::of(&server).await;
        database.run("ALTER TABLE icon RENAME TO gone").await;
        for reply in get(&server, "/icons/garden/tree.svg", 6).await {
            assert_eq!(reply.status, 503, "{}", reply.text);
        }
        database.run("ALTER TABLE gone RENAME TO icon").await;
        // Nothing fails any more: the window moves on.
        let fired = following.fires_and_is_resolved("error_share", async {}).await;
        assert_eq!((&fired["severity"], &fired["threshold"]), (&json!("WARNING"), &json!(0.001)));
        let instance = fired["instance"].as_str().unwrap();
        assert!(server.base_url().ends_with(instance.rsplit_once(':').unwrap().1), "{fired}");
        let message = fired["message"].as_str().unwrap();
        // Five are enough, and the sixth may be of the next quarter of a second.
        assert!([5, 6].iter().any(|failed| message.starts_with(&format!("{instance}: {failed} of "))), "{fired}");
        assert!(number(&fired, "value") > 0.001, "{fired}");
        until_rows_are(&database, "error_share", [1, 0]).await;
    }

    async fn operations_that_fail_with_a_status_that_says_nothing(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = serve(&database, &["--cache-enabled=false", "--slo-error-rate=0.5", "--alert-window-seconds=5"]).await;
        let mut following = Following::of(&server).await;
        let mut socket = Socket::ready(server.base_url()).await;
        let icon = r#"{ icon(by: { name: "garden:tree" }) { body } }"#;
        database.run("ALTER TABLE icon RENAME TO gone").await;
        // Whoever asks how the server does hides nothing, however often.
        for reply in get(&server, "/api/health/live", 100).await {
            assert_eq!(reply.status, 200);
        }
        for _ in 0..3 {
            let reply = server.post(&json!({ "query": icon })).await;
            assert_eq!((reply.status, reply.errors().len()), (200, 1), "{}", reply.text);
        }
        for id in ["a", "b", "c"] {
            socket.subscribe(id, icon).await;
            // The errors, and the end.
            for kind in ["next", "complete"] {
                assert_eq!(socket.receive().await["type"], kind);
            }
        }
        let fired = following.next("error_share", "FIRING").await;
        let message = fired["message"].as_str().unwrap();
        assert!([5, 6].iter().any(|failed| message.contains(&format!(": {failed} of "))), "{fired}");
        database.run("ALTER TABLE gone RENAME TO icon").await;
        assert_eq!(following.next("error_share", "RESOLVED").await["id"], fired["id"]);
        assert!(figure(&server, r#"operations_total{outcome="fault"}"#).await >= 6.0);
    }

    async fn a_budget_that_is_spent_too_fast(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = serve(&database, &["--cache-enabled=false", "--max-concurrent-requests=1000"]).await;
        let [mut fast, mut slow] = [Following::of(&server).await, Following::of(&server).await];
        database.run("ALTER TABLE icon RENAME TO gone").await;
        get(&server, "/icons/garden/tree.svg", 6).await;
        database.run("ALTER TABLE gone RENAME TO icon").await;
        // The share of a window that is as long as the process is old: one of a hundred is ten times too much.
        let alert = fast.fires_and_is_resolved("error_budget_fast", async { drop(get(&server, "/icons/garden/tree.svg", 500).await) }).await;
        assert_eq!((&alert["severity"], &alert["threshold"]), (&json!("CRITICAL"), &json!(14.4)));
        let alert = slow.fires_and_is_resolved("error_budget_slow", async { drop(get(&server, "/icons/garden/tree.svg", 700).await) }).await;
        assert_eq!((&alert["severity"], &alert["threshold"]), (&json!("WARNING"), &json!(6.0)));
        for rule in ["error_budget_fast", "error_budget_slow"] {
            until_rows_are(&database, rule, [1, 0]).await;
        }
        assert_eq!(figure(&server, r#"http_requests_total{method="GET",endpoint="/icons/{prefix}/{file}",status="503"}"#).await.to_bits(), 6.0_f64.to_bits());
    }

    async fn requests_that_take_too_long(engine) {
        let database = TestDatabase::fresh(engine).await;
        let flags = [&PATIENT[..], &["--slo-latency-p95-ms=50", "--slo-latency-p99-ms=60"]].concat();
        let server = Arc::new(serve(&database, &flags).await);
        let [mut of_95, mut of_99] = [Following::of(&server).await, Following::of(&server).await];
        let held = hold(&database).await;
        let requests: Vec<_> = (0..60).map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.post(&waiting(engine)).await })
        }).collect();
        let line = "http_requests_in_flight";
        eventually("all of them wait", async || figure(&server, line).await > 60.0).await;
        // Twice as long as any of them may take.
        let mut ticks = tokio::time::interval(Duration::from_millis(120));
        ticks.tick().await;
        ticks.tick().await;
        held.release().await;
        for request in requests {
            assert!(request.await.unwrap().errors().is_empty());
        }
        let fired = of_95.fires_and_is_resolved("latency_p95", async {}).await;
        assert!(number(&fired, "value") > 50.0 && number(&fired, "threshold").to_bits() == 50.0_f64.to_bits(), "{fired}");
        let fired = of_99.fires_and_is_resolved("latency_p99", async {}).await;
        assert!(number(&fired, "value") > 60.0, "{fired}");
    }

    async fn a_pool_that_has_nothing_left(engine) {
        let database = TestDatabase::fresh(engine).await;
        // A reader of SQLite waits for nobody who writes, but for the one connection that whoever waits to write has.
        let (size, icon) = match engine {
            Engine::Postgres => ("--db-pool-size=2", waiting(engine)),
            Engine::Sqlite => ("--db-pool-size=1", waiting(Engine::Postgres)),
        };
        let flags = [&PATIENT[..], &[size, "--slo-latency-p95-ms=600000", "--slo-latency-p99-ms=600000"]].concat();
        let server = Arc::new(serve(&database, &flags).await);
        let mut following = Following::of(&server).await;
        let held = hold(&database).await;
        let bodies = [vec![waiting(engine)], vec![icon; 5]].concat();
        let requests: Vec<_> = bodies.into_iter().map(|body| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.post(&body).await })
        }).collect();
        let fired = following.next("pool_exhausted", "FIRING").await;
        assert_eq!((&fired["severity"], &fired["threshold"]), (&json!("CRITICAL"), &json!(0.0)));
        assert!(number(&fired, "value") >= 1.0, "{fired}");
        // It is told without any of them.
        let active = server.post(&json!({ "query": "{ service { activeAlerts { rule state } } }" })).await;
        assert_eq!(active.data("/service/activeAlerts"), &json!([{ "rule": "pool_exhausted", "state": "FIRING" }]));
        assert!(figure(&server, "db_connections_waiting").await >= 1.0);
        if engine == Engine::Postgres {
            eventually("it is stored meanwhile", async || rows(&database, "pool_exhausted").await == [1, 1]).await;
        }
        held.release().await;
        for request in requests {
            assert!(request.await.unwrap().errors().is_empty());
        }
        assert_eq!(following.next("pool_exhausted", "RESOLVED").await["id"], fired["id"]);
        eventually("that is stored", async || rows(&database, "pool_exhausted").await == [1, 0]).await;
    }

    async fn what_is_popular_and_not_in_memory(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = serve(&database, &["--analytics-processing-interval=1", "--alert-window-seconds=5", "--response-cache-enabled=false", "--slo-popular-hit-rate=0.9"]).await;
        let mut following = Following::of(&server).await;
        let names: Vec<String> = database.lines("SELECT name FROM icon WHERE name LIKE 'garden:%' ORDER BY name LIMIT 10").await;
        let events: Vec<Value> = names.iter().map(|name| json!({ "icon": name })).collect();
        let record = "mutation($events: [UsageEventInput!]!) { recordUsage(input: { events: $events }) { accepted } }";
        let recorded = server.post(&json!({ "query": record, "variables": { "events": events } })).await;
        assert_eq!(recorded.data("/recordUsage/accepted"), names.len());
        let look = json!({ "query": "query($names: [String!]!) { icons(names: $names) { ... on Icon { body } } }", "variables": { "names": names } });
        let miss = r#"cache_popular_lookups_total{status="miss"}"#;
        let forget = json!({ "query": r#"mutation { invalidateCache(input: { pattern: "*" }) { userErrors { code } } }"# });
        // Once it is known what is popular, it is never where it is looked for.
        let misses = async || {
            server.post(&forget).await;
            assert!(server.post(&look).await.errors().is_empty());
            figure(&server, miss).await
        };
        eventually("popular icons are missed", async || misses().await > 0.0).await;
        let keep_missing = async {
            loop {
                misses().await;
            }
        };
        let fired = tokio::select! {
            fired = following.next("popular_hit_rate", "FIRING") => fired,
            () = keep_missing => unreachable!("it has no end"),
        };
        assert!(number(&fired, "value") < number(&fired, "threshold"), "{fired}");
        // Now they stay.
        for _ in 0..20 {
            assert!(server.post(&look).await.errors().is_empty());
        }
        assert!(figure(&server, r#"cache_popular_lookups_total{status="hit"}"#).await > 0.0);
        following.next("popular_hit_rate", "RESOLVED").await;
    }

    async fn usage_that_is_not_rolled_up(engine) {
        let database = TestDatabase::fresh(engine).await;
        // Long enough for each to say in time that it is still so.
        let stopped = ["--analytics-processing-interval=86400", "--alert-rollup-behind-seconds=1", "--alert-resolve-after-ms=5000"];
        let first = serve(&database, &stopped).await;
        let second = Process::serve(BINARY, database.url(), &[&QUICK[..], &stopped].concat());
        let [mut here, mut there] = [Following::of(&first).await, Following::of(&second).await];
        let record = json!({ "query": r#"mutation { recordUsage(input: { events: [{ icon: "garden:tree" }] }) { accepted } }"# });
        assert_eq!(first.post(&record).await.data("/recordUsage/accepted"), 1);
        let fired = here.next("rollup_behind", "FIRING").await;
        assert_eq!((&fired["instance"], &fired["threshold"]), (&Value::Null, &json!(1.0)), "{fired}");
        assert!(number(&fired, "value") > 1.0, "{fired}");
        // It is one alert, whichever of them was first.
        assert_eq!(there.next("rollup_behind", "FIRING").await["id"], fired["id"]);
        for server in [&first, &second] {
            eventually("each has seen it", async || figure(server, "usage_rollup_behind_seconds").await > 1.0).await;
            assert_eq!(figure(server, r#"alerts_firing{rule="rollup_behind"}"#).await.to_bits(), 1.0_f64.to_bits());
        }
        until_rows_are(&database, "rollup_behind", [1, 1]).await;
        let _third = Process::serve(BINARY, database.url(), &["--alerts-enabled=false"]);
        for following in [&mut here, &mut there] {
            assert_eq!(following.next("rollup_behind", "RESOLVED").await["id"], fired["id"]);
        }
        until_rows_are(&database, "rollup_behind", [1, 0]).await;
    }
}
