//! Alerts are kept: across a kill, until they are old; and who may know of them, and acknowledge them.

use std::net::TcpListener;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{Engine, OwnRedis, Process, Socket, TestApp, TestDatabase, eventually, on_each_engine};

use crate::event_streams::frame;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

pub(crate) const QUICK: [&str; 5] = [
    "--alert-interval-ms=100",
    "--alert-fire-after-ms=0",
    "--alert-resolve-after-ms=300",
    // However busy the machine is.
    "--slo-latency-p95-ms=600000",
    "--slo-latency-p99-ms=600000",
];

/// More than this no process can do with.
pub(crate) const LITTLE: &str = "--alert-memory-bytes=1";

const ACTIVE: &str = "{ service { activeAlerts { id rule severity state value threshold message since acknowledged acknowledgedBy instance } } }";

pub(crate) const ACKNOWLEDGE: &str = "mutation($id: ID!) { acknowledgeAlert(input: { id: $id }) { alert { id state acknowledged acknowledgedAt acknowledgedBy } userErrors { field code } } }";

const NODE: &str =
    "query($id: ID!) { node(id: $id) { ... on Alert { id rule state acknowledged acknowledgedBy resolvedAt since } } }";

/// A server on a port of its own, which it has again when it is started anew.
pub(crate) fn serve(database: &TestDatabase, port: u16, flags: &[&str]) -> Process {
    let listen = format!("--listen=127.0.0.1:{port}");
    Process::serve(BINARY, database.url(), &[&QUICK[..], &[&listen], flags].concat())
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

pub(crate) async fn active(server: &Process) -> Vec<Value> {
    let reply = server.post(&json!({ "query": ACTIVE })).await;
    assert_eq!(reply.statements(), 0, "they are in memory");
    reply.data("/service/activeAlerts").as_array().unwrap().clone()
}

/// The one alert that fires.
pub(crate) async fn the_alert(server: &Process) -> Value {
    let mut found = Vec::new();
    eventually("it fires", async || {
        found = active(server).await;
        !found.is_empty()
    })
    .await;
    assert_eq!((found.len(), &found[0]["rule"]), (1, &json!("memory")), "{found:?}");
    found.remove(0)
}

async fn node(server: &Process, id: &Value) -> Value {
    let reply = server.post(&json!({ "query": NODE, "variables": { "id": id } })).await;
    reply.data("/node").clone()
}

pub(crate) fn global_id(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The next event of a stream, which says now and then that it is still there.
async fn event(stream: &mut reqwest::Response, held: &mut String) -> Option<String> {
    let mut told = frame(stream, held).await;
    while told.as_deref() == Some(":\n\n") {
        told = frame(stream, held).await;
    }
    told
}

pub(crate) async fn count(database: &TestDatabase, condition: &str) -> i64 {
    database
        .number(&format!("SELECT COUNT(*) FROM alert WHERE {condition}"))
        .await
}

on_each_engine! {
    async fn an_alert_goes_on_through_a_kill_and_ends_with_its_cause(engine) {
        let database = TestDatabase::fresh(engine).await;
        let port = free_port();
        let server = serve(&database, port, &[LITTLE]);
        let alert = the_alert(&server).await;
        assert_eq!((&alert["severity"], &alert["state"], &alert["threshold"]), (&json!("CRITICAL"), &json!("FIRING"), &json!(1.0)));
        let instance = alert["instance"].as_str().unwrap();
        assert!(instance.ends_with(&format!(":{port}")) && alert["message"].as_str().unwrap().starts_with(instance), "{alert}");
        let metrics = server.get("/metrics").await.text;
        assert!(metrics.lines().any(|line| line == r#"alerts_firing{rule="memory"} 1"#), "{metrics}");
        let resident = metrics.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes ")).unwrap().parse::<f64>().unwrap();
        let value = alert["value"].as_f64().unwrap();
        assert!(value > resident / 4.0 && value < resident * 4.0, "{value} and {resident}");
        eventually("it is stored", async || count(&database, "state = 0").await == 1).await;
        assert_eq!(server.get("/api/status").await.json["activeAlerts"], 1);

        let acknowledged = server.post(&json!({ "query": ACKNOWLEDGE, "variables": { "id": alert["id"] } })).await;
        assert_eq!(acknowledged.data("/acknowledgeAlert/userErrors"), &json!([]));
        assert_eq!(acknowledged.data("/acknowledgeAlert/alert/acknowledgedBy"), "address/127.0.0.1");
        assert_eq!(active(&server).await[0]["acknowledged"], true);
        drop(server);

        // Killed, and started anew where it was.
        let server = serve(&database, port, &[LITTLE]);
        let still = the_alert(&server).await;
        assert_eq!((&still["id"], &still["acknowledged"], &still["since"]), (&alert["id"], &json!(true), &alert["since"]));
        // It looks, and sees what is so already.
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
        for _ in 0..10 {
            ticks.tick().await;
            assert_eq!(active(&server).await.len(), 1);
        }
        assert_eq!(count(&database, "TRUE").await, 1);
        drop(server);

        // Killed, and its cause is gone.
        let server = serve(&database, port, &["--alert-memory-bytes=1000000000000"]);
        eventually("it is resolved", async || active(&server).await.is_empty()).await;
        eventually("that is stored", async || count(&database, "state = 1").await == 1).await;
        let resolved = node(&server, &alert["id"]).await;
        assert_eq!((&resolved["state"], &resolved["acknowledged"], &resolved["rule"]), (&json!("RESOLVED"), &json!(true), &json!("memory")));
        assert!(resolved["resolvedAt"].as_str() > resolved["since"].as_str(), "{resolved}");
        assert_eq!(count(&database, "TRUE").await, 1);
    }

    async fn what_an_instance_that_is_gone_has_left_behind_is_resolved_by_another(engine) {
        let database = TestDatabase::fresh(engine).await;
        let dying = serve(&database, free_port(), &[LITTLE]);
        let other = Process::serve(BINARY, database.url(), &QUICK);
        let alert = the_alert(&dying).await;
        // What one fires the others tell of.
        assert_eq!(the_alert(&other).await["id"], alert["id"]);
        let mut socket = Socket::ready(other.base_url()).await;
        socket.subscribe("a", "subscription { alerts { id state } }").await;
        let told = |state: &str| json!({ "id": alert["id"], "state": state });
        assert_eq!(socket.receive().await["payload"]["data"]["alerts"], told("FIRING"));
        drop(dying);
        // A minute later.
        eventually("it is resolved", async || {
            database.run("UPDATE alert SET seen_ms = seen_ms - 61000").await;
            active(&other).await.is_empty()
        }).await;
        assert_eq!(socket.receive().await["payload"]["data"]["alerts"], told("RESOLVED"));
        assert_eq!((count(&database, "state = 1").await, count(&database, "TRUE").await), (1, 1));
    }

    async fn what_one_fires_others_tell_of_beside_redis_and_without(engine) {
        let mut redis = OwnRedis::start().await;
        let database = TestDatabase::fresh(engine).await;
        let beside = async |flags: &[&str]| Process::serve_beside_redis(BINARY, database.url(), &redis.url(), flags).await;
        let dying = beside(&[&QUICK[..], &[LITTLE]].concat()).await;
        let other = beside(&QUICK).await;
        let alone = Process::serve(BINARY, database.url(), &QUICK);
        let alert = the_alert(&dying).await;
        let following = json!({ "query": "subscription { alerts { id state } }" });
        let mut streams = Vec::new();
        for server in [&other, &alone] {
            let request = reqwest::Client::new().post(format!("{}/graphql", server.base_url())).header("accept", "text/event-stream");
            streams.push((request.json(&following).send().await.unwrap(), String::new()));
        }
        let told = |state: &str| {
            let answer = json!({ "data": { "alerts": { "id": alert["id"], "state": state } } });
            format!("event: next\ndata: {answer}\n\n")
        };
        for (stream, held) in &mut streams {
            assert_eq!(event(stream, held).await, Some(told("FIRING")));
        }
        redis.kill();
        let acknowledged = other.post(&json!({ "query": ACKNOWLEDGE, "variables": { "id": alert["id"] } })).await;
        assert_eq!(acknowledged.data("/acknowledgeAlert/userErrors"), &json!([]));
        for server in [&dying, &alone] {
            eventually("it is known that somebody has seen it", async || active(server).await[0]["acknowledged"] == true).await;
        }
        drop(dying);
        eventually("it is resolved", async || {
            database.run("UPDATE alert SET seen_ms = seen_ms - 61000").await;
            count(&database, "state = 1").await == 1
        }).await;
        for (stream, held) in &mut streams {
            assert_eq!(event(stream, held).await, Some(told("RESOLVED")));
        }
    }

    async fn one_that_lives_and_was_given_up_fires_anew(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = serve(&database, free_port(), &[LITTLE]);
        let alert = the_alert(&server).await;
        eventually("it is stored", async || count(&database, "state = 0").await == 1).await;
        // As another does that has heard nothing of it.
        database.run("UPDATE alert_state SET revision = revision + 1; UPDATE alert SET state = 1, resolved_ms = since_ms, revision = (SELECT revision FROM alert_state)").await;
        eventually("another fires", async || {
            active(&server).await.first().is_some_and(|other| other["id"] != alert["id"])
        }).await;
        eventually("it is stored", async || count(&database, "state = 0").await == 1).await;
        assert_eq!(count(&database, "TRUE").await, 2);
    }

    async fn alerts_are_told_to_who_may_know_and_acknowledged_by_who_may_change(engine) {
        let app = TestApp::build(engine).await.flag("--environment=production").start().await;
        let (admin_id, admin) = app.create_key(&["admin"]).await;
        let (_, second) = app.create_key(&["admin"]).await;
        let (_, metrics) = app.create_key(&["metrics:read"]).await;
        let id = "0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293";
        app.sql("UPDATE alert_state SET revision = 1").await;
        app.sql(&format!(
            "INSERT INTO alert (id, rule, instance, severity, state, value, threshold, message, since_ms, seen_ms, told, tell_after_ms, revision) \
             VALUES ('{id}', 'rollup_behind', '', 1, 0, 700, 600, 'usage waits', 1788264000000, 1788264000000, 2, 0, 1)"
        )).await;
        eventually("it is known", async || {
            let reply = app.graphql_as(&metrics, ACTIVE).await;
            reply.data("/service/activeAlerts").as_array().is_some_and(|active| active.len() == 1)
        }).await;
        let told = app.graphql_as(&metrics, ACTIVE).await;
        assert_eq!(told.data("/service/activeAlerts/0"), &json!({
            "id": global_id(&format!("Alert:{id}")), "rule": "rollup_behind", "severity": "WARNING", "state": "FIRING", "value": 700.0, "threshold": 600.0,
            "message": "usage waits", "since": "2026-09-01T12:00:00Z", "acknowledged": false, "acknowledgedBy": null, "instance": null,
        }));
        let ask = async |key: Option<&str>, query: &str, id: &str| {
            let request = app.request(reqwest::Method::POST, "/graphql").json(&json!({ "query": query, "variables": { "id": id } }));
            app.send(match key { Some(key) => request.bearer_auth(key), None => request }).await
        };
        let own = global_id(&format!("Alert:{id}"));
        for (key, query, scope) in [
            (None, ACTIVE, "metrics:read"), (Some(admin.as_str()), ACTIVE, "metrics:read"),
            (None, NODE, "metrics:read"), (Some(&admin), NODE, "metrics:read"),
            (None, ACKNOWLEDGE, "admin"), (Some(&metrics), ACKNOWLEDGE, "admin"),
        ] {
            let refused = ask(key, query, &own).await;
            assert_eq!(refused.codes(), ["FORBIDDEN"], "{query}: {}", refused.text);
            assert_eq!(refused.errors()[0]["extensions"]["scope"], scope);
            assert!(!refused.text.contains("usage waits"), "{}", refused.text);
        }
        let stream = json!({ "query": "subscription { alerts { id } }" });
        let stream = app.send(app.request(reqwest::Method::POST, "/graphql").header("accept", "text/event-stream").json(&stream)).await;
        assert!(stream.text.contains("FORBIDDEN") && !stream.text.contains(&own), "{}", stream.text);
        for (wrong, code) in [
            ("nonsense".to_owned(), "INVALID"), (global_id("Job:0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293"), "INVALID"), (global_id("Alert:1"), "INVALID"),
            (global_id("Alert:0f3a1c52-7d4e-4a8b-9c1d-2e5f60718294"), "NOT_FOUND"),
        ] {
            let reply = ask(Some(&admin), ACKNOWLEDGE, &wrong).await;
            assert_eq!(reply.data("/acknowledgeAlert"), &json!({ "alert": null, "userErrors": [{ "field": ["id"], "code": code }] }), "{wrong}");
        }
        assert_eq!(ask(Some(&metrics), NODE, &global_id("Alert:0f3a1c52-7d4e-4a8b-9c1d-2e5f60718294")).await.data("/node"), &Value::Null);
        let first = ask(Some(&admin), ACKNOWLEDGE, &own).await.data("/acknowledgeAlert").clone();
        let by = format!("key/{admin_id}");
        assert_eq!((&first["userErrors"], &first["alert"]["acknowledgedBy"], &first["alert"]["state"]), (&json!([]), &json!(by), &json!("FIRING")));
        // Who has seen it first stays who has.
        assert_eq!(ask(Some(&second), ACKNOWLEDGE, &own).await.data("/acknowledgeAlert"), &first);
        let found = ask(Some(&metrics), NODE, &own).await;
        assert_eq!(found.data("/node/acknowledgedBy"), &json!(by));
        let active = app.graphql_as(&metrics, ACTIVE).await;
        assert_eq!(active.data("/service/activeAlerts/0/acknowledgedBy"), &json!(by));
        let icon = app.graphql(&format!("{{ icon(by: {{ id: \"{own}\" }}) {{ name }} }}")).await;
        assert_eq!(icon.codes(), ["BAD_USER_INPUT"]);
    }

    async fn old_alerts_are_forgotten(engine) {
        let database = TestDatabase::fresh(engine).await;
        let numbers = match engine {
            Engine::Sqlite => "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10003) SELECT n FROM numbers",
            Engine::Postgres => "SELECT n FROM generate_series(1, 10003) AS numbers (n)",
        };
        let now = match engine {
            Engine::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Engine::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        };
        // The last three are a minute older than thirty days, and the one before is a minute younger.
        database.run("UPDATE alert_state SET revision = 10003").await;
        database.run(&format!(
            "INSERT INTO alert (id, rule, instance, severity, state, value, threshold, message, since_ms, seen_ms, resolved_ms, told, tell_after_ms, revision) \
             SELECT 'id-' || n, 'memory', 'a:1', 1, 1, 1, 1, '', 0, 0, {now} - CASE WHEN n > 10000 THEN 2592060000 WHEN n = 10000 THEN 2591940000 ELSE 0 END, 2, 0, n \
             FROM ({numbers}) AS made"
        )).await;
        let _server = Process::serve(BINARY, database.url(), &QUICK);
        eventually("they are gone", async || count(&database, "TRUE").await <= 10_000).await;
        // Of 10,003 the newest 10,000 are kept, and of those none that is too old.
        assert_eq!(database.numbers::<3>("SELECT COUNT(*), MIN(revision), MAX(revision) FROM alert").await, [[9997, 4, 10_000]]);
    }
}
