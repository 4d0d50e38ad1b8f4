//! What becomes of alerts when others, the database or a clock are in the way.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{Engine, Held, Iconql, Process, Socket, TestApp, TestDatabase, eventually, fixture, on_each_engine};

use crate::alerts_kept::{ACKNOWLEDGE, BINARY, LITTLE, QUICK, active, count, free_port, global_id, serve, the_alert};

/// Of somebody else.
const ID: &str = "0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293";
const OTHER_ID: &str = "0f3a1c52-7d4e-4a8b-9c1d-2e5f60718294";

/// The database's clock.
fn now(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Engine::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    }
}

/// Stores an alert of an instance that is nowhere, of which everybody was told: one that was resolved where `resolved` is an instant of SQL's, and
/// else one whose cause was seen at `seen`.
fn insertion(id: &str, seen: &str, resolved: Option<&str>) -> String {
    let (state, resolved) = (u8::from(resolved.is_some()), resolved.unwrap_or("NULL"));
    format!(
        "UPDATE alert_state SET revision = revision + 1; \
         INSERT INTO alert (id, rule, instance, severity, state, value, threshold, message, since_ms, seen_ms, resolved_ms, told, tell_after_ms, revision) \
         SELECT '{id}', 'memory', 'elsewhere:1', 2, {state}, 2, 1, 'elsewhere:1: full', 0, {seen}, {resolved}, 2, 0, revision FROM alert_state"
    )
}

/// Has nobody else store an alert until that is let go.
async fn hold(database: &TestDatabase) -> Held {
    match database.engine() {
        Engine::Postgres => database.hold_table("alert").await,
        Engine::Sqlite => database.hold_write_lock().await,
    }
}

/// Looks whose alerts could not be stored.
async fn failures(server: &Process) -> u32 {
    let metrics = server.get("/metrics").await.text;
    let found = (metrics.lines()).find_map(|line| line.strip_prefix("alert_store_failures_total "));
    found.unwrap().parse().unwrap()
}

/// What fires of a rule, by its id as the database has it.
async fn firing(server: &Process, rule: &str) -> Option<String> {
    let alert = active(server).await.into_iter().find(|alert| alert["rule"] == rule)?;
    let id = URL_SAFE_NO_PAD.decode(alert["id"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(id).unwrap();
    Some(text.strip_prefix("Alert:").unwrap().to_owned())
}

async fn next(socket: &mut Socket) -> Value {
    socket.receive().await["payload"]["data"]["alerts"].clone()
}

on_each_engine! {
    async fn who_could_not_speak_while_the_database_was_away_has_time_to(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = serve(&database, free_port(), &[LITTLE]);
        the_alert(&server).await;
        eventually("it is stored", async || count(&database, "state = 0").await == 1).await;
        let held = hold(&database).await;
        // Another has said last that its own goes on when it still could.
        held.run(&insertion(ID, &format!("{} - 61000", now(engine)), None)).await;
        let before = failures(&server).await;
        eventually("the database is away for over ten seconds", async || failures(&server).await >= before + 6).await;
        held.run("COMMIT").await;
        drop(held);
        let own = format!("SELECT seen_ms FROM alert WHERE id <> '{ID}'");
        // What it finds it has resolved by then.
        for _ in 0..3 {
            let seen = database.number(&own).await;
            eventually("it says that its own goes on", async || database.number(&own).await > seen).await;
        }
        assert_eq!(count(&database, &format!("id = '{ID}' AND state = 0")).await, 1);
        eventually("it tells of both", async || active(&server).await.len() == 2).await;
    }

    async fn an_old_alert_that_somebody_acknowledges_is_told_to_nobody(engine) {
        let database = TestDatabase::fresh(engine).await;
        database.run(&insertion(ID, "0", Some(now(engine)))).await;
        let [first, second] = [(); 2].map(|()| Process::serve(BINARY, database.url(), &QUICK));
        let mut sockets = Vec::new();
        for server in [&first, &second] {
            let mut socket = Socket::ready(server.base_url()).await;
            socket.subscribe("a", "subscription { alerts { id state } }").await;
            socket.settle().await;
            sockets.push(socket);
        }
        let [id, other] = [ID, OTHER_ID].map(|id| global_id(&format!("Alert:{id}")));
        let revision = database.number("SELECT revision FROM alert").await;
        let reply = first.post(&json!({ "query": ACKNOWLEDGE, "variables": { "id": id } })).await;
        assert_eq!(reply.data("/acknowledgeAlert/userErrors"), &json!([]));
        let alert = reply.data("/acknowledgeAlert/alert");
        assert_eq!((&alert["state"], &alert["acknowledged"]), (&json!("RESOLVED"), &json!(true)));
        assert_eq!(database.number("SELECT revision FROM alert").await, revision);
        database.run(&insertion(OTHER_ID, now(engine), None)).await;
        for socket in &mut sockets {
            assert_eq!(next(socket).await, json!({ "id": other, "state": "FIRING" }));
        }
    }

    async fn what_others_have_resolved_is_not_set_firing_again(engine) {
        let database = TestDatabase::fresh(engine).await;
        let import = Iconql::new(BINARY, &["import"]).arg(fixture("garden.json"));
        let _ = import.database(database.url()).run().await.succeeded();
        let server = serve(&database, free_port(), &["--cache-enabled=false"]);
        database.run("ALTER TABLE icon RENAME TO gone").await;
        let held = hold(&database).await;
        for _ in 0..6 {
            assert_eq!(server.get("/icons/garden/tree.svg").await.status, 503);
        }
        let mut id = String::new();
        eventually("it fires, and cannot be stored", async || {
            id = firing(&server, "error_share").await.unwrap_or_default();
            !id.is_empty()
        }).await;
        // As if it had been stored, without this instance being told so, and others had heard nothing of it since.
        held.run(&insertion(&id, "0", Some(now(engine)))).await;
        held.run("COMMIT").await;
        drop(held);
        eventually("its cause is still there, and another fires", async || {
            firing(&server, "error_share").await.is_some_and(|other| other != id)
        }).await;
        assert_eq!(count(&database, &format!("id = '{id}' AND state = 1")).await, 1);
        let of_rule = active(&server).await.into_iter().filter(|alert| alert["rule"] == "error_share").count();
        assert_eq!(of_rule, 1);
    }

    async fn alerts_are_old_by_the_clock_of_the_database(engine) {
        // The server's own is of another day.
        let app = TestApp::build(engine).await.flag("--alerts-enabled=true").flag("--alert-interval-ms=100");
        for (id, days) in [(ID, 29_i64), (OTHER_ID, 31)] {
            let resolved = format!("{} - {}", now(engine), days * 86_400_000);
            app.database().run(&insertion(id, "0", Some(&resolved))).await;
        }
        let app = app.start().await;
        eventually("one is old", async || count(app.database(), "TRUE").await < 2).await;
        assert_eq!(count(app.database(), &format!("id = '{ID}'")).await, 1);
    }
}
